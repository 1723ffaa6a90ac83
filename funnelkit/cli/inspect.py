"""``funnelkit inspect``: what each file is, how it was read, what was set aside."""

from __future__ import annotations

import typer

from funnelkit.cli import arguments as a

HELP = """What each file is, how each column is read and why, and which rows are set aside.

\b
  funnelkit inspect leads.csv
  funnelkit inspect *.csv -f json | jq '.files[] | {file, table, sums}'
"""


def inspect(
    files: a.Files = None,
    timezone: a.Timezone = None,
    date_order: a.DateOrder = None,
    decimal: a.Decimal = None,
    format: a.Format = None,
    engine: a.EngineName = "auto",
    config: a.Config = None,
    no_config: a.NoConfig = False,
    debug: a.Debug = False,
    no_color: a.NoColor = False,
) -> None:
    """Look at the files; a refused one makes the exit code 3."""
    from funnelkit.cli import output as out
    from funnelkit.pipeline import inspecting
    from funnelkit.pipeline.options import Options
    from funnelkit.render import inspection

    inspection.check(format)
    options = Options(
        timezone=timezone,
        date_order=date_order,
        decimal=decimal,
        engine=engine,
        config=config,
        no_config=no_config,
    )
    seen = inspecting.inspect(files or [], options)
    out.emit(inspection.render(seen, format, color=out.colored(no_color)))
    codes = [one.error.exit_code for one in seen if one.error]
    if codes:
        raise typer.Exit(3 if 3 in codes else codes[0])
