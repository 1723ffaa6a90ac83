"""``funnelkit cohorts``: leads by when they came, customers by when they first paid, and what became of them by age."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

HELP = """What has become of leads by age, month by month, and what will; or who pays again.

\b
  funnelkit cohorts leads.csv deals.csv
  funnelkit cohorts leads.csv --stage mql --grain week --age-days 7
  funnelkit cohorts leads.csv deals.csv --by channel --top 3 --horizon 60
  funnelkit cohorts payments.csv --of payments -o cohorts.csv

A cohort is all leads of a month. Recent ones look worse than they are: what is still young is marked, and completed.
"""


@shares(
    a.FILES,
    a.BY,
    a.WHERE,
    a.TOP.saying("Of --by the N largest groups apart, the rest as one; 5."),
    a.PERIOD.saying("Only the cohorts of it: 2026-Q3, 2026, last-quarter, 2026-01-01..2026-03-31."),
    *a.FRAME,
    a.HORIZON,
    a.STAGE_ENTRY,
    a.MIN_N,
    *a.ROWS,
    a.CLAMP_NEGATIVE,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def cohorts(
    asked: Asked,
    of: Annotated[str | None, typer.Option("--of", metavar="KIND", help="leads or payments; else leads, where some are loaded.")] = None,
    stage: Annotated[str, typer.Option("--stage", metavar="STAGE", help="What leads become: mql, sal, sql, opportunity, customer or a stage of your own.")] = "customer",
    grain: Annotated[str | None, typer.Option("--grain", metavar="GRAIN", help="Cohorts by day, week, month, quarter or year; month.")] = None,
    age_days: Annotated[int | None, typer.Option("--age-days", metavar="DAYS", help="From one age of leads to the next; 30 by month, 7 by week.")] = None,
    ages: Annotated[int | None, typer.Option("--ages", metavar="N", help="So many ages at most; 12.")] = None,
) -> None:  # fmt: skip
    """Make the study and write it where it was asked for."""
    from msgspec.structs import replace

    from funnelkit.pipeline import cohorting
    from funnelkit.render import study

    options = replace(asked.options, grain=grain)
    asked.answer(
        lambda observe: cohorting.cohorts(
            asked.files, options, observe, of=of, stage=stage, step=age_days, ages=ages
        ),
        study,
    )
