"""The exports that a name means: those in a folder, those that fit a pattern, those within an archive."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from funnelkit.errors import MissingInputError, SourceError
from funnelkit.listing import some
from funnelkit.pipeline import manifest
from funnelkit.sources.files import unpack
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.pipeline.inputs import Input

_SHOWN = 3
"""So many folders are named of those that are not read."""


def files(argument: str) -> list[str]:
    """The exports that a name on the command line means: of a file, a pattern, a folder or an archive.

    Raises MissingInputError where a folder or a pattern has none.
    """
    if os.path.isdir(argument):
        inside = inside_of(argument)
        if not inside:
            below = _below(argument)
            raise MissingInputError(
                f"{argument}: there are no exports in this folder",
                hint=f"There are some in {some(below, _SHOWN)}; name these, or all with '{argument.rstrip('/')}/**/*.csv'."
                if below
                else "It holds no CSV or Excel file.",
            )
        return unpacked(inside)
    if glob.has_magic(argument) and not os.path.exists(argument):
        matched = matching(argument)
        if not matched:
            raise MissingInputError(
                f"{argument}: no file matches this pattern", hint="Check the folder and the spelling."
            )
        return unpacked(matched)
    return unpacked([argument])


def matching(pattern: str) -> list[str]:
    """The files that a pattern means, by name."""
    return sorted({p for p in glob.glob(pattern, recursive=True) if os.path.isfile(p)})


def inside_of(folder: str) -> list[str]:
    """The exports and archives in *folder* itself, by name."""
    found = [p for p in Path(folder).iterdir() if p.is_file() and unpack.is_input(p.name)]
    return sorted(str(p) for p in found if not (manifest.is_table(p.name) and manifest.is_in(folder)))


def notes(inputs: Sequence[Input]) -> list[Note]:
    """What is in the folders among *inputs* and is not read, because only files in the folder itself are."""
    folders = dict.fromkeys(one.whole for one in inputs if one.whole and os.path.isdir(one.whole))
    return [
        Note(
            code="subfolders",
            message=f"{folder}: the exports in {some(below, _SHOWN)} are not read, only those in the folder itself; "
            f"name all with '{folder.rstrip('/')}/**/*.csv'",
        )
        for folder in folders
        if (below := _below(folder))
    ]


def _below(folder: str) -> list[str]:
    """The folders within *folder* that hold exports, by name."""
    return sorted(
        inside
        for inside, _, names in os.walk(folder)
        if inside != folder
        and any(map(unpack.is_input, names))
        and not any(part.startswith((".", "__")) for part in Path(os.path.relpath(inside, folder)).parts)
    )


def unpacked(files: Sequence[str]) -> list[str]:
    """*files*, with the exports that are in them in the place of archives."""
    return [name for file in files for name in _inside(file)]


def _inside(file: str) -> list[str]:
    try:
        names = unpack.exports(Path(file), file)
    except (SourceError, OSError):
        # What is wrong with it is told when it is read, beside what there is to say of the other files.
        return [file]
    return [file] if names is None else [f"{file}/{name}" for name in names]
