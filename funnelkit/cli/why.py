"""``funnelkit why``: why a metric changed from one period to another, or differs between two segments."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import OWN, Asked, shares

HELP = """Why a metric changed: volume, rates, prices and mix, by segment, adding up to the change.

\b
  funnelkit why win_rate deals.csv --period 2026-Q3
  funnelkit why revenue_won leads.csv deals.csv --period 2026-Q3 --compare yoy --by channel,owner
  funnelkit why win_rate leads.csv deals.csv --between channel=paid_search,email --by owner
  funnelkit why cac leads.csv deals.csv ads.csv --period last-month -f json | jq '.tables[1].rows'
"""


@shares(
    a.PERIOD,
    a.COMPARE.saying("From which period: prev (unless said otherwise), yoy or a period."),
    OWN,
    a.FILES,
    a.BY.saying("Take the change apart by these, each on its own; else by the one that tells most."),
    a.WHERE,
    a.TOP.saying("Only the first N segments; the rest summed in one row."),
    *a.FRAME,
    a.HORIZON,
    a.ANCHOR,
    a.STAGE_ENTRY,
    a.MIN_N,
    *a.ROWS,
    a.CLAMP_NEGATIVE,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def why(
    asked: Asked,
    metric: Annotated[str | None, typer.Argument(metavar="METRIC", help="What changed; `funnelkit metrics` lists what there is.", show_default=False)] = None,
    between: Annotated[list[str] | None, typer.Option("--between", metavar="DIM=A,B", help="Two segments instead of two periods; given twice, each is a side of its own.")] = None,
) -> None:  # fmt: skip
    """Take the change apart and write what it is made of."""
    from funnelkit.errors import UsageError
    from funnelkit.pipeline import explaining
    from funnelkit.render import study

    if metric is None:
        raise UsageError(
            "no metric was named",
            hint="Say which, as in `funnelkit why win_rate deals.csv --period last-month`.",
        )
    asked.answer(
        lambda observe: explaining.why(metric, asked.files, asked.options, between or (), observe), study
    )
