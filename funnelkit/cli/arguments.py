"""Arguments and options that several commands share, each written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.pipeline.options import Options

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KIND=]FILE...",
        help="Exports as CSV, Excel, Parquet or Arrow; also folders and patterns. KIND= says what a file is: deals=export.csv. "
        "Without files, those of funnelkit.yaml.",
        show_default=False,
    ),
]
Config = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="The configuration; else funnelkit.yaml here or above."),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Read no configuration.")]
Timezone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Days are days of this zone; else UTC.")
]
DateOrder = Annotated[
    str | None,
    typer.Option("--date-order", metavar="ORDER", help="dmy or mdy, where the files leave it open."),
]
Decimal = Annotated[
    str | None,
    typer.Option("--decimal", metavar="SIGN", help="The decimal sign, where the files leave it open."),
]
Format = Annotated[
    str | None, typer.Option("--format", "-f", metavar="FORMAT", help="terminal, json, csv or md.")
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write a file; its suffix picks the format. May be repeated."
    ),
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(
        "--memory-limit",
        metavar="SIZE",
        help="Such as 4GB instead of 1.2GB: what is more is spilled to disk; duckdb only.",
    ),
]
EngineName = Annotated[str, typer.Option("--engine", metavar="NAME", help="auto, pandas, duckdb or spark.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr what each file was read as.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour (nor with NO_COLOR set).")]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="DIM,...", help="Break down by channel, campaign, owner, ...; several nest."
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="DIM=VALUE,...", help="Only these; != for all but these. May be repeated."
    ),
]
PeriodSpec = Annotated[
    str | None,
    typer.Option(
        "--period",
        metavar="SPEC",
        help="2026-Q3, 2026-10, 2026-W46, 2026, FY2026, last-month, ytd, 2026-01-01..2026-03-31.",
    ),
]
Top = Annotated[
    int | None,
    typer.Option("--top", metavar="N", help="Only the first N groups; the rest summed in one row."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The report's today; else the last day on which something happened in the data.",
    ),
]
Currency = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="The report's currency, for which others need rates."),
]
Horizon = Annotated[
    int | None,
    typer.Option("--horizon", metavar="DAYS", help="How long a lead has to convert to count as mature; 90."),
]
Anchor = Annotated[
    str | None,
    typer.Option(
        "--anchor",
        metavar="ANCHOR",
        help="What puts rates into the period: cohort (what was created in it), event (what came in it over what began "
        "in it) or close; else leads are by cohort, win rates by close.",
    ),
]
StageEntry = Annotated[
    str | None,
    typer.Option(
        "--stage-entry",
        metavar="WORD",
        help="reached: who came further has been in a stage; strict: only with a day or status of its own.",
    ),
]
MinN = Annotated[
    int | None, typer.Option("--min-n", metavar="N", help="Groups with fewer are shown but not judged; 30.")
]
Probability = Annotated[
    str | None,
    typer.Option(
        "--probability",
        metavar="SOURCE",
        help="Of pipeline_weighted: own (the stage history), mature (open deals counted too) or crm.",
    ),
]
DropTests = Annotated[bool, typer.Option("--drop-tests", help="Set rows aside that look like tests.")]
DedupeEmails = Annotated[
    bool,
    typer.Option("--dedupe-emails", help="Leads with the same e-mail address are one, the earliest."),
]
MergeUnknown = Annotated[
    bool, typer.Option("--merge-unknown", help="Blanks and words for unknown are one group, (unknown).")
]
ClampNegative = Annotated[
    bool, typer.Option("--clamp-negative", help="Durations below 0 count as 0; else they are left out.")
]
Gross = Annotated[
    bool, typer.Option("--gross", help="Refunds are not taken off what customers paid over time.")
]
FirstClose = Annotated[
    bool,
    typer.Option("--first-close", help="A deal is closed when it first was, by the history of its stages."),
]
ConstantCurrency = Annotated[
    str | None,
    typer.Option("--constant-currency", metavar="DATE", help="Convert all money at the rate of this day."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 where any row or cell cannot be read.")]


def options(given: Mapping[str, Any]) -> Options:
    """The options among the parameters of a command, *given* by name; the others are the command's own.

    Every command calls it with its ``locals()`` first of all, so that none forgets to hand one on.
    """
    from funnelkit.cli.output import listed
    from funnelkit.pipeline.options import Options

    kept = {name: given[name] for name in Options.__struct_fields__ if name in given}
    kept |= {name: listed(kept[name]) for name in ("by", "metrics") if name in kept}
    kept |= {name: kept[name] or () for name in ("where",) if name in kept}
    return Options(**kept)
