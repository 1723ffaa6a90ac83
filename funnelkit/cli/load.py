"""``funnelkit load``: keep the tables of exports, so that reports need not read them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

if TYPE_CHECKING:
    from funnelkit.pipeline.keeping import Done

HELP = """Keep the tables of exports in a folder, which reports then take in their place.

\b
  funnelkit load exports/*.csv -o kept
  funnelkit report kept new-leads.csv

Run again, it reads only what is new or has changed. A report refuses a table whose file has changed since.
"""


@shares(
    a.FILES,
    a.TIMEZONE,
    *a.STYLES,
    a.ENGINE,
    a.MEMORY_LIMIT,
    *a.CONFIGURATION,
    a.QUIET,
    a.DEBUG,
)
def load(
    asked: Asked,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FOLDER", help="The folder: a new one, or one of kept tables.")] = "kept",
    only: Annotated[bool, typer.Option("--only", help="Remove from the folder what is not named.")] = False,
) -> None:  # fmt: skip
    """Read what has to be read, and write the folder."""
    from pathlib import Path

    from funnelkit.cli import output as out
    from funnelkit.cli.boundary import printable
    from funnelkit.cli.progress import Progress
    from funnelkit.pipeline import keeping

    with Progress(quiet=asked.quiet) as progress:
        made = keeping.keep(asked.files, Path(output), asked.options, progress.show, only=only)
    for one in made.files:
        out.talk(printable(_said(one)), quiet=asked.quiet)
    for problem in made.passed_over:
        out.talk(printable(f"{problem}; it was passed over"), quiet=asked.quiet)
    # Said under --quiet too: it is about the people in the files.
    out.talk(
        f"wrote {output}: tables with the personal data of {len(made.files)} file{'s' * (len(made.files) > 1)}; only you can read them"
    )


def _said(done: Done) -> str:
    entry = done.entry
    used = entry.rows - sum(aside.count for aside in entry.aside)
    rows = f"{entry.kind.table}, {used:,} of {entry.rows:,} rows used"
    told = {
        "read": f"read, since {done.why}: {rows}" if done.why else f"read: {rows}",
        "unchanged": "unchanged, not read again",
        "not named": "not named, stays in the folder",
    }
    return f"{entry.reading.file}: {told[done.what]}"
