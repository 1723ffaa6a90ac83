"""``funnelkit init``: write down how files are read, so that next week's run cannot decide otherwise."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

HELP = """Write a funnelkit.yaml that pins how these files are read.

\b
  funnelkit init leads.csv deals.csv
  funnelkit init exports/*.csv -o funnelkit.yaml

What the files leave open can be said here once: --date-order dmy, --decimal , --timezone Europe/Berlin.
"""


@shares(
    a.FILES,
    a.TIMEZONE,
    a.CURRENCY.saying("The report's currency."),
    *a.STYLES,
    a.QUIET,
    a.DEBUG,
)
def init(
    asked: Asked,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")] = "funnelkit.yaml",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:  # fmt: skip
    """Look at the files and write the configuration."""
    from pathlib import Path

    from msgspec.structs import replace

    from funnelkit.cli import output as out
    from funnelkit.cli.boundary import printable
    from funnelkit.cli.progress import Progress
    from funnelkit.errors import UsageError
    from funnelkit.pipeline import starting
    from funnelkit.render.files import write

    target = Path(output)
    if output != "-" and target.exists() and not force:
        raise UsageError(
            f"{output}: there is one already", hint="Use --force to replace it, or -o to write another."
        )
    folder = target.parent if output != "-" else Path.cwd()
    options = replace(asked.options, no_config=True)
    with Progress(quiet=asked.quiet) as progress:
        start = starting.configuration(asked.files, options, folder, progress.show)
    if output == "-":
        out.emit(start.text.encode())
    else:
        write({target: start.text.encode()})
        out.talk(
            f"wrote {output}; from now on `funnelkit report` in this folder needs no arguments",
            quiet=asked.quiet,
        )
    for question in start.open:
        out.talk(f"to be settled: {printable(question)}", quiet=asked.quiet)
