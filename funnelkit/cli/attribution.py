"""``funnelkit attribution``: which touches are given how much of what was won."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """Which channels, sources or campaigns are given how much of what was won, by every model side by side.

\b
  funnelkit attribution touches.csv leads.csv deals.csv ads.csv
  funnelkit attribution touches.csv deals.csv --by campaign --model markov,u_shaped,last
  funnelkit attribution leads.csv deals.csv
  funnelkit attribution touches.csv deals.csv ads.csv --reconcile

Touches are rows of a person, a time and a channel. Without any, leads' first and latest source are what is known.
Attribution is not causation: it shares out what was won, and does not tell what would have been won anyway.
"""


def attribution(
    files: a.Files = None,
    by: Annotated[list[str] | None, typer.Option("--by", metavar="DIM", help="channel, source, medium or campaign; channel.")] = None,
    model: Annotated[list[str] | None, typer.Option("--model", metavar="NAME,...", help="Models, the one that counts first: linear, first, last, last_non_direct, linear_distinct, u_shaped, w_shaped, full_path, j_shaped, inverse_j, time_decay, markov, shapley, shapley_rate.")] = None,
    of: Annotated[str | None, typer.Option("--of", metavar="WHAT", help="Conversions: deal, customer, payment, lead, mql, sal, sql or opportunity.")] = None,
    window: Annotated[int | None, typer.Option("--window", metavar="DAYS", help="Touches older than this at the conversion earn nothing; 90.")] = None,
    half_life: Annotated[int | None, typer.Option("--half-life", metavar="DAYS", help="Of time_decay: so much older is half as much; 7, for sales that take months 30.")] = None,
    order: Annotated[int | None, typer.Option("--order", metavar="K", help="Of markov: so many touches back are looked at; 1.")] = None,
    weights: Annotated[str | None, typer.Option("--weights", metavar="F,M,L", help="Of u_shaped: first touch, those between, last; 40,20,40.")] = None,
    direct: Annotated[list[str] | None, typer.Option("--direct", metavar="NAME,...", help="What last_non_direct passes over; direct.")] = None,
    reconcile: Annotated[bool, typer.Option("--reconcile", help="What ad platforms claim beside what the CRM has.")] = False,
    where: a.Where = None,
    top: Annotated[int | None, typer.Option("--top", metavar="N", help="Only the N that are given most, the others as one; 20.")] = None,
    period: Annotated[str | None, typer.Option("--period", metavar="SPEC", help="Only conversions in it: 2026-Q3, 2026, last-quarter, 2026-01-01..2026-03-31.")] = None,
    as_of: a.AsOf = None,
    timezone: a.Timezone = None,
    currency: a.Currency = None,
    min_n: a.MinN = None,
    drop_tests: a.DropTests = False,
    dedupe_emails: a.DedupeEmails = False,
    merge_unknown: a.MergeUnknown = False,
    gross: a.Gross = False,
    first_close: a.FirstClose = False,
    constant_currency: a.ConstantCurrency = None,
    date_order: a.DateOrder = None,
    decimal: a.Decimal = None,
    strict: a.Strict = False,
    format: a.Format = None,
    output: a.Output = None,
    engine: a.EngineName = "auto",
    memory_limit: a.MemoryLimit = None,
    config: a.Config = None,
    no_config: a.NoConfig = False,
    quiet: a.Quiet = False,
    verbose: a.Verbose = False,
    debug: a.Debug = False,
    no_color: a.NoColor = False,
) -> None:  # fmt: skip
    """Make the study and write it where it was asked for."""
    options = a.options(locals())

    from funnelkit.cli.answer import answer
    from funnelkit.cli.output import listed
    from funnelkit.pipeline import attributing
    from funnelkit.render import study

    said = attributing.Said(
        of=of,
        models=tuple(listed(model)),
        window=window,
        half_life=half_life,
        order=order,
        weights=weights,
        direct=tuple(listed(direct)),
        reconcile=reconcile,
    )
    answer(
        lambda observe: attributing.attribution(files or [], options, observe, said),
        study,
        format=format,
        output=output,
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
    )
