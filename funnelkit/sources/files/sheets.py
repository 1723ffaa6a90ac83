"""The sheets of workbooks that hold a table and that nobody read, over all inputs: one file may be read twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from funnelkit.sources.files.export import Export
from funnelkit.tables import Note


def unread(exports: Sequence[Export[Any]]) -> dict[int, Note]:
    """A note for each workbook among *exports* with tables that none of them is, by the place of its first export."""
    books: dict[str, list[int]] = {}
    for place, export in enumerate(exports):
        if export.sheet is not None:
            books.setdefault(export.sha256, []).append(place)
    found = {}
    for places in books.values():
        same = [exports[place] for place in places]
        read = dict.fromkeys(export.sheet or "" for export in same)
        others = dict.fromkeys(name for export in same for name in export.others if name not in read)
        if others:
            found[places[0]] = Note(code="other_sheets", message=_said(same[0].file, [*read], [*others]))
    return found


def _said(file: str, read: Sequence[str], others: Sequence[str]) -> str:
    was = f"sheet {read[0]!r} was" if len(read) == 1 else f"sheets {', '.join(map(repr, read))} were"
    return (
        f"{file}: {was} read; {', '.join(map(repr, others))} {'holds' if len(others) == 1 else 'hold'} "
        f"a table too and {'was' if len(others) == 1 else 'were'} not. Name a file's sheets under `sources:` in "
        "funnelkit.yaml, or say what to read: leads=FILE deals=FILE"
    )
