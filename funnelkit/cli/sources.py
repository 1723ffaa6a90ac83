"""``funnelkit sources``: the exports that are known, where to click to get them, and a start for a new one."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

HELP = """The exports that are known by name, and where to click to get them.

\b
  funnelkit sources
  funnelkit sources hubspot_deals
  funnelkit sources new export.csv -o presets/our_tool.yaml

`sources NAME` explains one preset or lists those of a tool; `sources new FILE` starts a preset from a file.
Any other file is read by the words in its header, if a person would understand them.
"""


@shares(
    *a.CONFIGURATION,
    a.DEBUG,
)
def sources(
    asked: Asked,
    name: Annotated[str | None, typer.Argument(help="A preset or a tool; or the word new.", show_default=False)] = None,
    file: Annotated[str | None, typer.Argument(help="With new: an export of the tool.", show_default=False)] = None,
    format: Annotated[str | None, typer.Option("--format", "-f", metavar="FORMAT", help="terminal or json.")] = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="With new: where to; else stdout.")] = "-",
    force: Annotated[bool, typer.Option("--force", help="With new: replace an existing file.")] = False,
) -> None:  # fmt: skip
    """List the presets, explain one, or start one."""
    from funnelkit.cli import output as out
    from funnelkit.errors import UsageError
    from funnelkit.pipeline import catalogue
    from funnelkit.pipeline.reading import presets, read_config

    catalogue.check(format)
    read = read_config(asked.options)
    known = presets(read)
    if name == "new":
        _start(file, output, force=force)
        return
    if file is not None:
        raise UsageError(f"{file}: one name is enough", hint="Or start a preset: funnelkit sources new FILE")
    found = catalogue.chosen(known, name) if name else list(known)
    if format == "json":
        out.emit(catalogue.document(found))
    elif name and len(found) == 1:
        out.emit(catalogue.explained(found[0], read, out.width()))
    else:
        out.emit(catalogue.listing(found, out.width()))


def _start(file: str | None, output: str, *, force: bool) -> None:
    from pathlib import Path

    from funnelkit.cli import output as out
    from funnelkit.errors import UsageError
    from funnelkit.pipeline import drafting
    from funnelkit.render.files import make_folder, write

    if file is None:
        raise UsageError(
            "sources new: no file was named", hint="Name an export: funnelkit sources new export.csv"
        )
    if output != "-" and Path(output).exists() and not force:
        raise UsageError(
            f"{output}: there is one already", hint="Use --force to replace it, or -o to write another."
        )
    name = drafting.name_of(Path(output if output != "-" else file).stem)
    text = drafting.draft(Path(file), name)
    if output == "-":
        out.emit(text.encode())
        return
    make_folder(Path(output))
    write({Path(output): text.encode()})
    out.talk(
        f"wrote {output}; complete the lines with TODO, and name its folder under `presets:` in funnelkit.yaml"
    )
