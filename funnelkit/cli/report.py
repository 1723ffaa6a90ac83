"""``funnelkit report``: the funnel report."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """The funnel report of leads, deals, ad spend and what else is loaded.

\b
  funnelkit report leads.csv deals.csv
  funnelkit report leads.csv deals.xlsx ads.csv --by channel --grain month --period 2026-Q3 --compare prev
  funnelkit report *.csv -f json | jq .metrics.cac.value
  funnelkit report *.csv -o weekly.md -o weekly.json -o weekly.csv
"""


def report(
    files: a.Files = None,
    by: a.By = None,
    where: a.Where = None,
    period: a.PeriodSpec = None,
    grain: Annotated[str | None, typer.Option("--grain", metavar="GRAIN", help="A trend by day, week, month, quarter or year.")] = None,
    compare: Annotated[str | None, typer.Option("--compare", metavar="SPEC", help="prev, yoy or a period: the change, and whether it is more than noise. Several with commas.")] = None,
    metrics: Annotated[list[str] | None, typer.Option("--metrics", metavar="ID,...", help="Only these; `funnelkit metrics` lists them.")] = None,
    sort: Annotated[str | None, typer.Option("--sort", metavar="METRIC", help="Order the groups by this metric.")] = None,
    top: a.Top = None,
    as_of: a.AsOf = None,
    timezone: a.Timezone = None,
    currency: a.Currency = None,
    horizon: a.Horizon = None,
    anchor: a.Anchor = None,
    stage_entry: a.StageEntry = None,
    min_n: a.MinN = None,
    probability: a.Probability = None,
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
    """Make the report and write it where it was asked for."""
    options = a.options(locals())

    from funnelkit import render
    from funnelkit.cli.answer import answer
    from funnelkit.pipeline import reporting

    answer(
        lambda observe: reporting.report(files or [], options, observe),
        render,
        format=format,
        output=output,
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
    )
