"""``funnelkit why``: why a metric changed from one period to another, or differs between two segments."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """Why a metric changed: volume, rates, prices and mix, by segment, adding up to the change.

\b
  funnelkit why win_rate deals.csv --period 2026-Q3
  funnelkit why revenue_won leads.csv deals.csv --period 2026-Q3 --compare yoy --by channel,owner
  funnelkit why win_rate leads.csv deals.csv --between channel=paid_search,email --by owner
  funnelkit why cac leads.csv deals.csv ads.csv --period last-month -f json | jq '.tables[1].rows'
"""


def why(
    metric: Annotated[str | None, typer.Argument(metavar="METRIC", help="What changed; `funnelkit metrics` lists what there is.", show_default=False)] = None,
    files: a.Files = None,
    period: a.PeriodSpec = None,
    compare: Annotated[str | None, typer.Option("--compare", metavar="SPEC", help="From which period: prev (unless said otherwise), yoy or a period.")] = None,
    between: Annotated[list[str] | None, typer.Option("--between", metavar="DIM=A,B", help="Two segments instead of two periods; given twice, each is a side of its own.")] = None,
    by: Annotated[list[str] | None, typer.Option("--by", metavar="DIM,...", help="Take the change apart by these, each on its own; else by the one that tells most.")] = None,
    where: a.Where = None,
    top: Annotated[int | None, typer.Option("--top", metavar="N", help="Only the first N segments; the rest summed in one row.")] = None,
    as_of: a.AsOf = None,
    timezone: a.Timezone = None,
    currency: a.Currency = None,
    horizon: a.Horizon = None,
    anchor: a.Anchor = None,
    stage_entry: a.StageEntry = None,
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
    """Take the change apart and write what it is made of."""
    options = a.options(locals())

    from funnelkit.cli.answer import answer
    from funnelkit.errors import UsageError
    from funnelkit.pipeline import explaining
    from funnelkit.render import study

    if metric is None:
        raise UsageError(
            "no metric was named",
            hint="Say which, as in `funnelkit why win_rate deals.csv --period last-month`.",
        )
    answer(
        lambda observe: explaining.why(metric, files or [], options, between or (), observe),
        study,
        format=format,
        output=output,
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
    )
