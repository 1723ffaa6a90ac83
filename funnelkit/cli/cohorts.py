"""``funnelkit cohorts``: leads by when they came, customers by when they first paid, and what became of them by age."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """What has become of leads by age, month by month, and what will; or who pays again.

\b
  funnelkit cohorts leads.csv deals.csv
  funnelkit cohorts leads.csv --stage mql --grain week --age-days 7
  funnelkit cohorts leads.csv deals.csv --by channel --top 3 --horizon 60
  funnelkit cohorts payments.csv --of payments -o cohorts.csv

A cohort is all leads of a month. Recent ones look worse than they are: what is still young is marked, and completed.
"""


def cohorts(
    files: a.Files = None,
    of: Annotated[str | None, typer.Option("--of", metavar="KIND", help="leads or payments; else leads, where some are loaded.")] = None,
    stage: Annotated[str, typer.Option("--stage", metavar="STAGE", help="What leads become: mql, sal, sql, opportunity, customer or a stage of your own.")] = "customer",
    grain: Annotated[str | None, typer.Option("--grain", metavar="GRAIN", help="Cohorts by day, week, month, quarter or year; month.")] = None,
    age_days: Annotated[int | None, typer.Option("--age-days", metavar="DAYS", help="From one age of leads to the next; 30 by month, 7 by week.")] = None,
    ages: Annotated[int | None, typer.Option("--ages", metavar="N", help="So many ages at most; 12.")] = None,
    by: a.By = None,
    where: a.Where = None,
    top: Annotated[int | None, typer.Option("--top", metavar="N", help="Of --by the N largest groups apart, the rest as one; 5.")] = None,
    period: Annotated[str | None, typer.Option("--period", metavar="SPEC", help="Only the cohorts of it: 2026-Q3, 2026, last-quarter, 2026-01-01..2026-03-31.")] = None,
    as_of: a.AsOf = None,
    timezone: a.Timezone = None,
    currency: a.Currency = None,
    horizon: a.Horizon = None,
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
    """Make the study and write it where it was asked for."""
    options = a.options(locals())

    from funnelkit.cli.answer import answer
    from funnelkit.pipeline import cohorting
    from funnelkit.render import study

    answer(
        lambda observe: cohorting.cohorts(
            files or [], options, observe, of=of, stage=stage, step=age_days, ages=ages
        ),
        study,
        format=format,
        output=output,
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
    )
