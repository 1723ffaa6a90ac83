"""The command and its subcommands. Each is imported when it is asked for, and no sooner."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from funnelkit import __version__
from funnelkit.cli import check, init, inspect, load, metrics, report, schema, sources
from funnelkit.cli.boundary import guarded
from funnelkit.cli.light import LightCommand, LightGroup

HELP = """The funnel of marketing and sales, from the exports of their tools.

\b
  funnelkit report leads.csv deals.csv
  funnelkit report leads.csv deals.xlsx ads.csv --by channel --compare prev
  funnelkit inspect *.csv

Each number says which file, which rows, which rule, and how sure.
"""

app = typer.Typer(
    name="funnelkit",
    cls=LightGroup,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("report", cls=LightCommand, help=report.HELP)(report.report)
app.command("check", cls=LightCommand, help=check.HELP)(check.check)
app.command("inspect", cls=LightCommand, help=inspect.HELP)(inspect.inspect)
app.command("metrics", cls=LightCommand, help=metrics.HELP)(metrics.metrics)
app.command("sources", cls=LightCommand, help=sources.HELP)(sources.sources)
app.command("load", cls=LightCommand, help=load.HELP)(load.load)
app.command("init", cls=LightCommand, help=init.HELP)(init.init)
app.command("schema", cls=LightCommand, help=schema.HELP)(schema.schema)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"funnelkit {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Hold the options of the command itself."""


def run(arguments: Sequence[str]) -> int:
    """Run the command with *arguments*; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # The same bytes everywhere, also where the locale or Windows would have others.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")

    def command() -> int:
        try:
            app(list(arguments), prog_name="funnelkit")
            return 0
        except SystemExit as end:
            return int(end.code or 0)

    return guarded(command, arguments)
