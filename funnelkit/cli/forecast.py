"""``funnelkit forecast``: what will be by the end of a period, and how sure that is."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """What won deals, customers, leads or payments will be by the end of a period, and beyond.

\b
  funnelkit forecast deals.csv
  funnelkit forecast leads.csv deals.csv --period 2026-Q4 --metrics revenue_won,customers_new
  funnelkit forecast payments.csv --metrics revenue_net --grain month --ahead 12 --method holt_winters_additive
  funnelkit forecast deals.csv --by owner -f json

What is in already, what the open deals bring by what became of deals of their age, what leads that are in
bring, what is still to begin, and the error of such forecasts in the past beside that of naive ones.
"""


def forecast(
    files: a.Files = None,
    by: a.By = None,
    where: a.Where = None,
    metrics: Annotated[list[str] | None, typer.Option("--metrics", metavar="ID,...", help="What adds up over days: revenue_won, deals_won, customers_new, leads, revenue_net, spend, ...")] = None,
    method: Annotated[str, typer.Option("--method", metavar="NAME", help="auto; pipeline (open deals), completion (leads already in), series; or a model: ses, holt, damped, holt_winters_additive, ..., naive, seasonal_naive.")] = "auto",
    grain: Annotated[str | None, typer.Option("--grain", metavar="GRAIN", help="The periods of the series: week, month, quarter or year; month.")] = None,
    ahead: Annotated[int | None, typer.Option("--ahead", metavar="N", help="So many of them; 13 weeks, 6 months, 4 quarters, 2 years.")] = None,
    top: Annotated[int | None, typer.Option("--top", metavar="N", help="Of --by only the N largest groups; 12.")] = None,
    period: Annotated[str | None, typer.Option("--period", metavar="SPEC", help="What is forecast as a whole: 2026-Q4, 2026, this-month, 2026-10-01..2026-12-31; else the running quarter.")] = None,
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
    from funnelkit.pipeline import forecasting
    from funnelkit.render import study

    answer(
        lambda observe: forecasting.forecast(files or [], options, observe, method=method, ahead=ahead),
        study,
        format=format,
        output=output,
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
    )
