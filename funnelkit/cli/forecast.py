"""``funnelkit forecast``: what will be by the end of a period, and how sure that is."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import OWN, Asked, shares

HELP = """What won deals, customers, leads or payments will be by the end of a period, and beyond.

\b
  funnelkit forecast deals.csv
  funnelkit forecast leads.csv deals.csv --period 2026-Q4 --metrics revenue_won,customers_new
  funnelkit forecast payments.csv --metrics revenue_net --grain month --ahead 12 --method holt_winters_additive
  funnelkit forecast deals.csv --by owner -f json

What is in already, what the open deals bring by what became of deals of their age, what leads that are in
bring, what is still to begin, and the error of such forecasts in the past beside that of naive ones.
"""


@shares(
    a.FILES,
    a.BY,
    a.WHERE,
    a.METRICS.saying(
        "What adds up over days: revenue_won, deals_won, customers_new, leads, revenue_net, spend, ..."
    ),
    OWN,
    a.TOP.saying("Of --by only the N largest groups; 12."),
    a.PERIOD.saying(
        "What is forecast as a whole: 2026-Q4, 2026, this-month, 2026-10-01..2026-12-31; else the running quarter."
    ),
    *a.FRAME,
    a.HORIZON,
    a.MIN_N,
    *a.ROWS,
    a.CLAMP_NEGATIVE,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def forecast(
    asked: Asked,
    method: Annotated[str, typer.Option("--method", metavar="NAME", help="auto; pipeline (open deals), completion (leads already in), series; or a model: ses, holt, damped, holt_winters_additive, ..., naive, seasonal_naive.")] = "auto",
    grain: Annotated[str | None, typer.Option("--grain", metavar="GRAIN", help="The periods of the series: week, month, quarter or year; month.")] = None,
    ahead: Annotated[int | None, typer.Option("--ahead", metavar="N", help="So many of them; 13 weeks, 6 months, 4 quarters, 2 years.")] = None,
) -> None:  # fmt: skip
    """Make the study and write it where it was asked for."""
    from msgspec.structs import replace

    from funnelkit.pipeline import forecasting
    from funnelkit.render import study

    options = replace(asked.options, grain=grain)
    asked.answer(
        lambda observe: forecasting.forecast(asked.files, options, observe, method=method, ahead=ahead), study
    )
