"""One table of one file: its header, how it is written, and a way to its text cells.

Recognition is handed in as a function, so that reading knows nothing of presets or words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct

from funnelkit.errors import SourceError
from funnelkit.sources.dialect import HEADER_WITHIN, Dialect

Record = tuple[int, Sequence[str]]
"""The line that a record begins on, counted from 1, and its cells."""
Records = Sequence[Record]
Kind = TypeVar("Kind")


class Export(Struct, Generic[Kind], frozen=True, kw_only=True):
    """One table of one file: what it is, and how to come by its text cells."""

    file: str
    """The path as the user gave it, for messages and for the report."""
    sha256: str
    header: tuple[str, ...]
    """Trimmed; the second of two equal names is called ``name (2)``."""
    dialect: Dialect
    sheet: str | None
    preamble: tuple[str, ...]
    """The lines above the header, cells joined by blanks."""
    kind: Kind
    """What recognition said of the header."""
    open: Callable[[], Iterator[Record]]
    """The records below the header."""

    @property
    def name(self) -> str:
        """The file name without its folder."""
        return Path(self.file).name


class Proposal(Struct, Generic[Kind], frozen=True, kw_only=True):
    """A header that somebody understands."""

    kind: Kind
    score: float
    """How well; the best of a file's delimiters or sheets wins, the first of equals."""


Recognise = Callable[[tuple[str, ...], Records, str], Proposal[Kind] | None]
"""What a header is, given the records below it and the file's name; None for no header at all."""


def first_header(found: Records, recognise: Recognise[Kind], file: str) -> tuple[Proposal[Kind], int] | None:
    """The first header among the first *found* records that is understood, and its position."""
    for position, (_, cells) in enumerate(found[:HEADER_WITHIN]):
        if _may_be_header(cells):
            proposal = recognise(distinct(cells), found[position + 1 :], file)
            if proposal:
                return proposal, position
    return None


def _may_be_header(cells: Sequence[str]) -> bool:
    """Whether a record has at least two names, and more names than numbers."""
    filled = [cell for cell in cells if cell.strip()]
    numbers = sum(cell.lstrip(" -+($€£")[:1].isdigit() for cell in filled)
    return len(filled) >= 2 and numbers * 2 < len(filled)


def distinct(cells: Sequence[str]) -> tuple[str, ...]:
    """Header names, trimmed, with repeated ones numbered.

    >>> distinct([" Cost", "Currency code", "Currency code"])
    ('Cost', 'Currency code', 'Currency code (2)')
    """
    seen: dict[str, int] = {}
    names = []
    for cell in cells:
        name = " ".join(cell.replace("\ufeff", "").split())
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} ({seen[name]})" if seen[name] > 1 and name else name)
    return tuple(names)


def joined(above: Records) -> tuple[str, ...]:
    """The records above a header as lines of text."""
    lines = (" ".join(cell.strip() for cell in cells if cell.strip()) for _, cells in above)
    return tuple(line for line in lines if line)


def unrecognised(file: str, header: Sequence[str]) -> SourceError:
    """The refusal of a file whose header nobody understands, with what would settle it."""
    shown = ", ".join(cell.strip() for cell in header[:8]) + (", ..." if len(header) > 8 else "")
    name = Path(file).name
    error = SourceError(
        f"{file}: this is no export that funnelkit knows; its header reads: {shown}",
        hint="It was compared with every preset and with the usual words for leads (a created date), deals "
        "(a status or stage), ad spend (a date and a cost), emails, payments and web sessions.\n"
        f"Say what it is with KIND=FILE (leads={name}), or name its columns in funnelkit.yaml:\n"
        f"  sources:\n    - path: {name}\n      table: leads\n      columns: "
        "{created_at: NAME OF ITS DATE COLUMN}",
        code="unrecognised",
    )
    error.header = tuple(cell.strip() for cell in header)
    return error
