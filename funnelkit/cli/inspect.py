"""``funnelkit inspect``: what each file is, how it was read, what was set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import OWN, Asked, shares

if TYPE_CHECKING:
    from funnelkit.inspection import Inspection

HELP = """What each file is, how each column is read and why, and which rows are set aside.

\b
  funnelkit inspect leads.csv
  funnelkit inspect *.csv -f json | jq '.files[] | {file, table, sums}'
  funnelkit inspect deals.csv --rejects rejects.csv
"""


@shares(
    a.FILES,
    a.TIMEZONE,
    *a.STYLES,
    OWN,
    a.ENGINE,
    a.MEMORY_LIMIT,
    *a.CONFIGURATION,
    a.QUIET,
    a.DEBUG,
    a.NO_COLOR,
)
def inspect(
    asked: Asked,
    format: Annotated[str | None, typer.Option("--format", "-f", metavar="FORMAT", help="terminal or json.")] = None,
    rejects: Annotated[str | None, typer.Option("--rejects", metavar="FILE", help="Write the rows that are not used, or have cells that cannot be read, as CSV.")] = None,
) -> None:  # fmt: skip
    """Look at the files; a refused one makes the exit code 3."""
    from funnelkit.cli import output as out
    from funnelkit.cli.progress import Progress
    from funnelkit.pipeline import inspecting
    from funnelkit.render import inspection

    inspection.check(format)
    with Progress(quiet=asked.quiet) as progress:
        seen = inspecting.inspect(asked.files, asked.options, progress.show, rejects=rejects is not None)
    if rejects is not None:
        _write_rejects(rejects, seen)
    out.emit(inspection.render(seen.files, format, width=out.width(), color=out.colored(asked.no_color)))
    codes = [one.error.exit_code for one in seen.files if one.error and not one.stray]
    if codes:
        raise typer.Exit(3 if 3 in codes else codes[0])


def _write_rejects(target: str, seen: Inspection) -> None:
    from pathlib import Path

    from funnelkit.cli import output as out
    from funnelkit.errors import UsageError
    from funnelkit.render.files import write
    from funnelkit.render.inspection import rejects

    path = Path(target)
    if target == "-" or (
        path.exists() and any(path.samefile(f.file) for f in seen.files if Path(f.file).exists())
    ):
        raise UsageError(
            f"--rejects {target}: not a file to write to", hint="Name a new file, such as rejects.csv."
        )
    write({path: rejects.render(seen.rejects)}, private=True)
    rows = len(seen.rejects)
    told = (
        f"{rows} row{'s' * (rows > 1)} as they stand in the files, with the personal data in them"
        if rows
        else "no rows"
    )
    # Said under --quiet too: it is about the people in the file.
    out.talk(f"wrote {target}: {told}; only you can read it")
