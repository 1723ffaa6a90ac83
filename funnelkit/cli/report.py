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
    by: Annotated[list[str] | None, typer.Option("--by", metavar="DIM,...", help="Break down by channel, campaign, owner, ...; several nest.")] = None,
    where: Annotated[list[str] | None, typer.Option("--where", metavar="DIM=VALUE,...", help="Only these; != for all but these. May be repeated.")] = None,
    period: Annotated[str | None, typer.Option("--period", metavar="SPEC", help="2026-Q3, 2026-10, 2026-W46, 2026, FY2026, last-month, ytd, 2026-01-01..2026-03-31.")] = None,
    grain: Annotated[str | None, typer.Option("--grain", metavar="GRAIN", help="A trend by day, week, month, quarter or year.")] = None,
    compare: Annotated[str | None, typer.Option("--compare", metavar="SPEC", help="prev, yoy or a period: the change, and whether it is more than noise. Several with commas.")] = None,
    metrics: Annotated[list[str] | None, typer.Option("--metrics", metavar="ID,...", help="Only these; `funnelkit metrics` lists them.")] = None,
    sort: Annotated[str | None, typer.Option("--sort", metavar="METRIC", help="Order the groups by this metric.")] = None,
    top: Annotated[int | None, typer.Option("--top", metavar="N", help="Only the first N groups; the rest summed in one row.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The report's today; else the last day on which something happened in the data.")] = None,
    timezone: a.Timezone = None,
    currency: Annotated[str | None, typer.Option("--currency", metavar="CODE", help="The report's currency, for which others need rates.")] = None,
    horizon: Annotated[int | None, typer.Option("--horizon", metavar="DAYS", help="How long a lead has to convert to count as mature; 90.")] = None,
    min_n: Annotated[int | None, typer.Option("--min-n", metavar="N", help="Groups with fewer are shown but not judged; 30.")] = None,
    drop_tests: Annotated[bool, typer.Option("--drop-tests", help="Set rows aside that look like tests.")] = False,
    date_order: a.DateOrder = None,
    decimal: a.Decimal = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 where any row or cell cannot be read.")] = False,
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
    from pathlib import Path

    from funnelkit import render
    from funnelkit.cli import output as out
    from funnelkit.cli.progress import Progress
    from funnelkit.pipeline import reporting
    from funnelkit.pipeline.options import Options
    from funnelkit.render.files import write

    # Names of formats are checked first: reading takes longer than a spelling mistake should.
    targets = [(path, format or render.for_path(path)) for path in output or ()]
    shown = format or render.DEFAULT
    render.check(shown)
    options = Options(
        by=out.listed(by),
        where=where or (),
        period=period,
        grain=grain,
        compare=compare,
        metrics=out.listed(metrics),
        sort=sort,
        top=top,
        as_of=as_of,
        timezone=timezone,
        currency=currency,
        horizon=horizon,
        min_n=min_n,
        drop_tests=drop_tests,
        date_order=date_order,
        decimal=decimal,
        strict=strict,
        engine=engine,
        memory_limit=memory_limit,
        config=config,
        no_config=no_config,
    )
    with Progress(quiet=quiet) as progress:
        made = reporting.report(files or [], options, progress.show)
    for source in made.sources if verbose else ():
        out.talk(f"{source.file}: {source.table}, {source.used} of {source.rows} rows used")
    if not targets:
        out.emit(render.render(made, shown, width=out.width(), color=out.colored(no_color)))
        return
    write({Path(path): render.render(made, name) for path, name in targets})
    for path, _ in targets:
        out.talk(f"wrote {path}", quiet=quiet)
