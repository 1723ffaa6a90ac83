"""``funnelkit cycle``: how long deals take, with those still open and those lost."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """How long deals take and how they end, with those still open.

\b
  funnelkit cycle deals.csv
  funnelkit cycle deals.csv --by owner --period 2026 --horizon 60
  funnelkit cycle leads.csv deals.csv --by channel --top 5 -f json
  funnelkit cycle deals.csv history.csv --stages

Averages of won deals leave out what takes long. Here open deals count for as long as they have been seen.
With --stages the same of each stage, from a stage history: rows of deal, stage and the day it was entered.
"""


def cycle(
    files: a.Files = None,
    by: a.By = None,
    where: a.Where = None,
    stages: Annotated[bool, typer.Option("--stages", help="How long in each stage, and how likely to be won from there: needs a stage history.")] = False,
    reentries: Annotated[str, typer.Option("--reentries", metavar="WAY", help="Of a deal that came back to a stage: sum of its stays, or first.")] = "sum",
    top: Annotated[int | None, typer.Option("--top", metavar="N", help="Of --by only the N largest groups; 12.")] = None,
    period: Annotated[str | None, typer.Option("--period", metavar="SPEC", help="Only deals created in it: 2026-Q3, 2026, last-quarter, 2026-01-01..2026-03-31.")] = None,
    as_of: a.AsOf = None,
    timezone: a.Timezone = None,
    currency: a.Currency = None,
    horizon: a.Horizon = None,
    min_n: a.MinN = None,
    drop_tests: a.DropTests = False,
    dedupe_emails: a.DedupeEmails = False,
    merge_unknown: a.MergeUnknown = False,
    clamp_negative: a.ClampNegative = False,
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
    from funnelkit.pipeline import cycling
    from funnelkit.render import study

    answer(
        lambda observe: cycling.cycle(files or [], options, observe, stages=reentries if stages else None),
        study,
        format=format,
        output=output,
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
    )
