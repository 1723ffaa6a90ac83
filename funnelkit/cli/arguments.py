"""Arguments and options that several commands share, each written once; ``shares`` gives them to a command."""

from __future__ import annotations

from copy import copy
from inspect import Parameter
from typing import Self

import typer


class Shared(Parameter):
    """A parameter of several commands, as typer reads it from the signature of a function."""

    __slots__ = ()

    def saying(self, help: str) -> Self:
        """The same option of a command that has other words for it."""
        info = copy(self.default)
        info.help = help
        return self.replace(default=info)


def _shared(
    name: str, kind: object, default: object, help: str, metavar: str | None = None, short: str = ""
) -> Shared:
    names = [f"--{name.replace('_', '-')}", *([short] if short else [])]
    info = typer.Option(default, *names, metavar=metavar, help=help)
    return Shared(name, Parameter.KEYWORD_ONLY, default=info, annotation=kind)


def word(name: str, metavar: str, help: str, *, default: str | None = None, short: str = "") -> Shared:
    """An option that takes a text."""
    return _shared(name, str if default else str | None, default, help, metavar, short)


def words(name: str, metavar: str, help: str, *, short: str = "") -> Shared:
    """An option that may be given several times."""
    return _shared(name, list[str] | None, None, help, metavar, short)


def number(name: str, metavar: str, help: str) -> Shared:
    """An option that takes a whole number."""
    return _shared(name, int | None, None, help, metavar)


def flag(name: str, help: str, *, short: str = "") -> Shared:
    """An option that takes nothing."""
    return _shared(name, bool, False, help, short=short)


FILES = Shared(
    "files",
    Parameter.KEYWORD_ONLY,
    annotation=list[str] | None,
    default=typer.Argument(
        None,
        metavar="[KIND=]FILE...",
        help="Exports as CSV, Excel, Parquet or Arrow; also folders and patterns. KIND= says what a file is: deals=export.csv. "
        "Without files, those of funnelkit.yaml.",
        show_default=False,
    ),
)

BY = words("by", "DIM,...", "Break down by channel, campaign, owner, ...; several nest.")
WHERE = words("where", "DIM=VALUE,...", "Only these; != for all but these. May be repeated.")
PERIOD = word(
    "period", "SPEC", "2026-Q3, 2026-10, 2026-W46, 2026, FY2026, last-month, ytd, 2026-01-01..2026-03-31."
)
COMPARE = word(
    "compare",
    "SPEC",
    "prev, yoy or a period: the change, and whether it is more than noise. Several with commas.",
)
METRICS = words("metrics", "ID,...", "Only these; `funnelkit metrics` lists them.")
TOP = number("top", "N", "Only the first N groups; the rest summed in one row.")

AS_OF = word(
    "as_of", "DATE", "The report's today; else the last day on which something happened in the data."
)
TIMEZONE = word("timezone", "ZONE", "Days are days of this zone; else UTC.")
CURRENCY = word("currency", "CODE", "The report's currency, for which others need rates.")
FRAME = (AS_OF, TIMEZONE, CURRENCY)
"""The day, the zone and the currency that all numbers are of."""

HORIZON = number("horizon", "DAYS", "How long a lead has to convert to count as mature; 90.")
ANCHOR = word(
    "anchor",
    "ANCHOR",
    "What puts rates into the period: cohort (what was created in it), event (what came in it over what began "
    "in it) or close; else leads are by cohort, win rates by close.",
)
STAGE_ENTRY = word(
    "stage_entry",
    "WORD",
    "reached: who came further has been in a stage; strict: only with a day or status of its own.",
)
MIN_N = number("min_n", "N", "Groups with fewer are shown but not judged; 30.")

ROWS = (
    flag("drop_tests", "Set rows aside that look like tests."),
    flag("dedupe_emails", "Leads with the same e-mail address are one, the earliest."),
    flag("merge_unknown", "Blanks and words for unknown are one group, (unknown)."),
)
"""Which rows count, and which are one."""
CLAMP_NEGATIVE = flag("clamp_negative", "Durations below 0 count as 0; else they are left out.")
WORTH = (
    flag("gross", "Refunds are not taken off what customers paid over time."),
    flag("first_close", "A deal is closed when it first was, by the history of its stages."),
    word("constant_currency", "DATE", "Convert all money at the rate of this day."),
)
"""When deals and payments count, and for how much."""

STYLES = (
    word("date_order", "ORDER", "dmy or mdy, where the files leave it open."),
    word("decimal", "SIGN", "The decimal sign, where the files leave it open."),
)
"""How dates and numbers are written in the files."""
READING = (*STYLES, flag("strict", "Exit 3 where any row or cell cannot be read."))
"""How files are read by commands that answer from them."""

FORMAT = word("format", "FORMAT", "terminal, json, csv or md.", short="-f")
OUTPUT = words("output", "FILE", "Write a file; its suffix picks the format. May be repeated.", short="-o")
ENGINE = word("engine", "NAME", "auto, pandas, duckdb or spark.", default="auto")
MEMORY_LIMIT = word(
    "memory_limit",
    "SIZE",
    "Such as 4GB instead of 1.2GB: what is more is spilled to disk; duckdb only.",
)
CONFIGURATION = (
    word("config", "FILE", "The configuration; else funnelkit.yaml here or above."),
    flag("no_config", "Read no configuration."),
)
QUIET = flag("quiet", "Say nothing on stderr but errors.", short="-q")
VERBOSE = flag("verbose", "Say on stderr what each file was read as.", short="-v")
DEBUG = flag("debug", "Show the trace of an error.")
NO_COLOR = flag("no_color", "No colour (nor with NO_COLOR set).")
ANSWER = (FORMAT, OUTPUT, ENGINE, MEMORY_LIMIT, *CONFIGURATION, QUIET, VERBOSE, DEBUG, NO_COLOR)
"""Where an answer goes and what it is worked out with; the last options of every command that has one."""
