"""``funnelkit report``: the funnel report."""

from __future__ import annotations

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

HELP = """The funnel report of leads, deals, ad spend and what else is loaded.

\b
  funnelkit report leads.csv deals.csv
  funnelkit report leads.csv deals.xlsx ads.csv --by channel --grain month --period 2026-Q3 --compare prev
  funnelkit report *.csv -f json | jq .metrics.cac.value
  funnelkit report *.csv -o weekly.md -o weekly.json -o weekly.csv
"""


@shares(
    a.FILES,
    a.BY,
    a.WHERE,
    a.PERIOD,
    a.word("grain", "GRAIN", "A trend by day, week, month, quarter or year."),
    a.COMPARE,
    a.METRICS,
    a.word("sort", "METRIC", "Order the groups by this metric."),
    a.TOP,
    *a.FRAME,
    a.HORIZON,
    a.ANCHOR,
    a.STAGE_ENTRY,
    a.MIN_N,
    a.word(
        "probability",
        "SOURCE",
        "Of pipeline_weighted: own (the stage history), mature (open deals counted too) or crm.",
    ),
    *a.ROWS,
    a.CLAMP_NEGATIVE,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def report(asked: Asked) -> None:
    """Make the report and write it where it was asked for."""
    from funnelkit import render
    from funnelkit.pipeline import reporting

    asked.answer(lambda observe: reporting.report(asked.files, asked.options, observe), render)
