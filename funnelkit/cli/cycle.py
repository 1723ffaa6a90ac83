"""``funnelkit cycle``: how long deals take, with those still open and those lost."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import OWN, Asked, shares

HELP = """How long deals take and how they end, with those still open.

\b
  funnelkit cycle deals.csv
  funnelkit cycle deals.csv --by owner --period 2026 --horizon 60
  funnelkit cycle leads.csv deals.csv --by channel --top 5 -f json
  funnelkit cycle deals.csv history.csv --stages

Averages of won deals leave out what takes long. Here open deals count for as long as they have been seen.
With --stages the same of each stage, from a stage history: rows of deal, stage and the day it was entered.
"""


@shares(
    a.FILES,
    a.BY,
    a.WHERE,
    OWN,
    a.TOP.saying("Of --by only the N largest groups; 12."),
    a.PERIOD.saying("Only deals created in it: 2026-Q3, 2026, last-quarter, 2026-01-01..2026-03-31."),
    *a.FRAME,
    a.HORIZON,
    a.MIN_N,
    *a.ROWS,
    a.CLAMP_NEGATIVE,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def cycle(
    asked: Asked,
    stages: Annotated[bool, typer.Option("--stages", help="How long in each stage, and how likely to be won from there: needs a stage history.")] = False,
    reentries: Annotated[str, typer.Option("--reentries", metavar="WAY", help="Of a deal that came back to a stage: sum of its stays, or first.")] = "sum",
) -> None:  # fmt: skip
    """Make the study and write it where it was asked for."""
    from funnelkit.pipeline import cycling
    from funnelkit.render import study

    wanted = reentries if stages else None
    asked.answer(lambda observe: cycling.cycle(asked.files, asked.options, observe, stages=wanted), study)
