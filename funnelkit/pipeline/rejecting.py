"""The rows of an export that are not used, and those with cells that cannot be read, as they stand in the file.

They are looked up in a second reading: the first keeps no rows that it does not need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from funnelkit.inspection import Reject

if TYPE_CHECKING:
    from funnelkit.engines import Aside
    from funnelkit.sources.loaded import Loaded

_EXAMPLES = 3
"""The text of so many rows is shown for each reason."""
UNREADABLE = "unreadable_cell"
"""The reason of rows that are used, but for one cell that counts as missing."""


def rejects(loaded: Loaded, aside: Sequence[Aside]) -> Iterator[Reject]:
    """Every row set *aside* or with an unreadable cell, in the order of the file; once for each reason."""
    found = [(line, one.reason, one.column) for one in aside for line in one.lines]
    found += [(line, UNREADABLE, bad.header) for bad in loaded.bad for line in bad.lines]
    cells = rows_at(loaded, {line for line, _, _ in found})
    for line, reason, column in sorted(found, key=lambda one: one[0]):
        yield Reject(
            file=loaded.export.file,
            line=line,
            reason=reason,
            column=column,
            header=loaded.export.header,
            cells=cells.get(line, ()),
        )


def examples(loaded: Loaded, aside: Sequence[Aside]) -> dict[int, str]:
    """The text of the first rows of each reason, cells that say nothing left out, by line."""
    named = [*(one.lines for one in aside), *(one.lines for one in loaded.bad)]
    wanted = {line for lines in named for line in lines[:_EXAMPLES]}
    return {
        line: " | ".join(text for cell in cells if (text := " ".join(cell.split())))
        for line, cells in rows_at(loaded, wanted).items()
    }


def rows_at(loaded: Loaded, lines: set[int]) -> Mapping[int, Sequence[str]]:
    """The cells of the records that begin on *lines*."""
    found: dict[int, Sequence[str]] = {}
    if lines:
        last = max(lines)
        for line, cells in loaded.export.everything():
            if line in lines:
                found[line] = cells
            if line >= last:
                break
    return found
