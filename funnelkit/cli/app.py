"""The command and its subcommands. Each is imported when it is asked for, and no sooner."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from funnelkit import __version__
from funnelkit.cli.boundary import guarded
from funnelkit.cli.light import LightCommand, LightGroup

HELP = """The funnel of marketing and sales, from the exports of their tools.

\b
  funnelkit report leads.csv deals.csv
  funnelkit report leads.csv deals.xlsx ads.csv --by channel --compare prev
  funnelkit inspect *.csv

Each number says which file, which rows, which rule, and how sure.
"""

COMMANDS = (
    "report",
    "why",
    "cohorts",
    "cycle",
    "ltv",
    "attribution",
    "forecast",
    "check",
    "inspect",
    "metrics",
    "sources",
    "load",
    "init",
    "schema",
)
"""Each is a module here that has a function of its name, and what --help says of it in ``HELP``."""


def app(arguments: Sequence[str]) -> typer.Typer:
    """What *arguments* are for: the command that they begin with, else all.

    To build a command takes typer as long as a thousand leads take to be read, and one of them is enough.
    """
    made = typer.Typer(
        name="funnelkit",
        cls=LightGroup,
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(root)
    for name in [n for n in COMMANDS if n in arguments[:1]] or COMMANDS:
        module = import_module(f"funnelkit.cli.{name}")
        made.command(name, cls=LightCommand, help=module.HELP)(getattr(module, name))
    return made


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"funnelkit {__version__}")
        raise typer.Exit


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
            app(arguments)(list(arguments), prog_name="funnelkit")
            return 0
        except SystemExit as end:
            return int(end.code or 0)

    return guarded(command, arguments)
