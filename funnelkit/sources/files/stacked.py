"""Several tables in one file, one below the other: where does another one begin?

An empty line alone says nothing, since spreadsheets leave them inside of tables. Another table
begins below an empty line where a line of names stands over values that cannot belong to the table
above: another number of cells, or words where that one has numbers. Titles and lines that begin
with # may stand between the empty line and the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from funnelkit.engines import Batch
from funnelkit.styles import MISSING_TEXT

Cells = Sequence[Any]
_LOOK = 16
"""So many lines below an empty one are enough to know a table by."""
_SAMPLE = 50
_PARTED = re.compile(r"\d[-/:]\d")
"""A date or a time, and no number."""
_MARK = re.compile(r"#\s|#$")


class Own(Struct, frozen=True, kw_only=True):
    """What is known of the table above, to tell its rows from another table's."""

    width: int
    """The cells of its header, those without a name at the end included."""
    names: tuple[str, ...]
    ragged: bool
    """Its rows are not all equally wide, so that the width of a row says nothing."""
    typed: frozenset[int]
    """The columns of numbers and dates."""
    worded: frozenset[int]


class Found(Struct, frozen=True, kw_only=True):
    """One of several tables in a file."""

    begin: int
    """The line of its title, or of its header."""
    line: int
    """The line of its header."""
    header: Cells
    above: tuple[tuple[int, Cells], ...]
    """The lines between the empty one and the header."""
    below: tuple[tuple[int, Cells], ...]
    """Its first rows."""


def own(header: Cells, below: Iterable[Cells]) -> Own:
    """What the rows *below* a *header* show."""
    sample = [row for row, _ in zip((r for r in below if any(r)), range(_SAMPLE), strict=False)]
    typed, worded = set(), set()
    for position in range(len(header)):
        cells = [text for row in sample if position < len(row) and (text := _word(row[position]))]
        figures = sum(map(is_figure, cells))
        if cells and figures * 5 >= len(cells) * 4:
            typed.add(position)
        elif cells and figures * 5 <= len(cells):
            worded.add(position)
    return Own(
        width=len(header),
        names=_trimmed(header),
        ragged=len(set(map(len, sample))) > 1,
        typed=frozenset(typed),
        worded=frozenset(worded),
    )


def begins(rows: Sequence[Cells], position: int, above: Own | None) -> int | None:
    """The position of the header of another table, where one begins at *position*, which is below an empty line."""
    marked = False
    for at in range(position, min(position + _LOOK, len(rows))):
        row = _trimmed(rows[at])
        if len(row) <= 1 or sum(map(bool, row)) == 1:
            marked = marked or bool(row and _MARK.match(row[0]))
            continue
        below = rows[at + 1] if at + 1 < len(rows) and any(rows[at + 1]) else ()
        return at if _is_header(row) and _is_other(rows[at], below, above, marked=marked) else None
    return None


def _is_other(names: Cells, below: Cells, above: Own | None, *, marked: bool) -> bool:
    """Whether *names* over the row *below* can be no rows of the table *above*."""
    header, row = _trimmed(names), _trimmed(below)
    figures = {i for i, cell in enumerate(row) if is_figure(cell)}
    fits = 1 < len(row) <= len(header) and bool(figures)
    if above is None:
        return marked or fits
    if marked and header != above.names:
        return True
    if any(map(is_figure, header)):
        return False
    if len(names) != above.width:
        # A row of the table above has as many cells as its header, unless its rows are uneven.
        return len(below) == len(names) and (fits or not above.ragged)
    named = {i for i, cell in enumerate(header) if _word(cell)}
    words = {i for i, cell in enumerate(row) if _word(cell)} - figures
    # The names stand over every column of figures, and what is below them cannot be of the table above.
    over = {i for i in above.typed if i < len(header)}
    return fits and over <= named and bool(figures & above.worded or words & above.typed)


def _is_header(row: Sequence[str]) -> bool:
    """Whether the cells of *row* are names of columns: words, and none of them twice."""
    filled = [cell for cell in row if cell]
    words = sum(not is_figure(cell) and "@" not in cell and "://" not in cell for cell in filled)
    distinct = len({cell.casefold() for cell in filled}) == len(filled)
    return len(filled) >= 2 and distinct and words * 3 >= len(filled) * 2 and not is_figure(filled[0])


def is_figure(cell: str) -> bool:
    """Whether *cell* is a number or a date in any style, perhaps with a unit.

    >>> [is_figure(c) for c in ("16/04/2015", "US$ 3,215", "4.5%", "0", "Day 1", "Nth day", "")]
    [True, True, True, True, False, False, False]
    """
    digits = sum(map(str.isdigit, cell))
    letters = sum(map(str.isalpha, cell))
    return digits > 0 and letters <= (max(3, digits) if digits > 1 else 1)


def is_marked(row: Cells) -> bool:
    """Whether a line is a remark such as Google Analytics writes above its tables."""
    return bool(row) and bool(_MARK.match(str(row[0]))) and not any(row[1:])


def _word(cell: Any) -> str:
    """The text of *cell*, empty where it stands for no value."""
    text = str(cell).strip()
    return "" if text.lower() in MISSING_TEXT else text


def _trimmed(cells: Cells) -> tuple[str, ...]:
    """The texts of *cells* without the empty ones at the end."""
    texts = [" ".join(str(cell).split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def tables(batches: Iterable[tuple[Sequence[int], Sequence[Cells]]]) -> Iterator[Found]:
    """Every table of a file that begins below an empty line, a title or nothing at all."""
    for block in _blocks(batches):
        rows = [row for _, row in block]
        at = begins(rows, 0, None)
        if at is not None and not _is_list(rows[at:]):
            yield Found(
                begin=block[0][0],
                line=block[at][0],
                header=rows[at],
                above=tuple(block[:at]),
                below=tuple(block[at + 1 :]),
            )


def above(
    rows: Sequence[tuple[int, Cells]], header_line: int
) -> tuple[int | None, int, Sequence[tuple[int, Cells]]]:
    """What the *rows* above a header are.

    On which line the first other table begins, if there is one; on which line the header's own titles
    begin; and its preamble, its own titles first.
    """
    found = next(tables([([line for line, _ in rows], [row for _, row in rows])]), None)
    if found is None:
        return None, rows[0][0] if rows else header_line, rows
    at = len(rows)
    while at and not any(rows[at - 1][1]):
        at -= 1
    while at and len([cell for cell in rows[at - 1][1] if cell]) == 1:
        at -= 1
    begin = rows[at][0] if at < len(rows) else header_line
    if begin <= found.line:
        return None, begin, rows
    return found.line, begin, [*rows[at:], *(row for row in rows if row[0] < found.line)]


def _is_list(rows: Sequence[Cells]) -> bool:
    """Whether *rows* are settings, a name and a value in each, and no table."""
    found = [_trimmed(row) for row in rows]
    if not all(len(row) == 2 for row in found):
        return False
    values = [row[1] for row in found[1:]]
    alike = len({bool(_PARTED.search(value)) for value in values}) < 2
    return any(row[0].endswith(":") for row in found) or not all(map(is_figure, values)) or not alike


def _blocks(
    batches: Iterable[tuple[Sequence[int], Sequence[Cells]]],
) -> Iterator[list[tuple[int, Cells]]]:
    """The first records of every run of lines without an empty one among them."""
    block: list[tuple[int, Cells]] = []
    for lines, rows in batches:
        for line, row in zip(lines, rows, strict=True):
            if any(row):
                if len(block) < _LOOK + _SAMPLE:
                    block.append((line, row))
            elif block:
                yield block
                block = []
    if block:
        yield block


def only(
    batches: Iterable[tuple[Sequence[int], Sequence[Cells]]], header: Cells, below: Iterable[Cells]
) -> Iterator[Batch]:
    """The rows of one table; the lines of other tables below it are set aside.

    *below* are its first rows. Where its *header* comes again the table goes on, as in files that were put together by hand.
    """
    state = _State(list(header), below)
    held_lines: list[int] = []
    held: list[Cells] = []
    for lines, rows in batches:
        if held or not all(map(any, rows)) or state.other or state.header in rows:
            lines, rows = [*held_lines, *lines], [*held, *rows]
            # What follows the last empty line may only be known with the next batch.
            cut = state.undecided(rows)
            held_lines, held = list(lines[cut:]), rows[cut:]
            yield state.split(lines[:cut], rows[:cut])
        else:
            state.marked = bool(rows) and is_marked(rows[-1])
            yield Batch(lines=lines, rows=rows)
    if held:
        yield state.split(held_lines, held)


class _State(Struct):
    """Whether the lines that come are those of another table."""

    header: list[Any]
    below: Iterable[Cells]
    own: Own | None = None
    other: bool = False
    empty: bool = False
    """The last line was an empty one."""
    marked: bool = False
    """The last line with anything on it began with # and held nothing else."""

    def table(self) -> Own:
        """What is known of the table, looked at only where an empty line asks for it."""
        self.own = self.own or own(self.header, self.below)
        return self.own

    def undecided(self, rows: Sequence[Cells]) -> int:
        """From where on nothing can be said before more lines are seen."""
        for at in range(len(rows) - 1, max(len(rows) - _LOOK, 0) - 1, -1):
            if not any(rows[at]):
                return at
        return len(rows)

    def split(self, lines: Sequence[int], rows: Sequence[Cells]) -> Batch:
        """The table's own of *rows*, and the lines of the others."""
        own_lines: list[int] = []
        own_rows: list[Cells] = []
        aside: Mapping[str, list[int]] = {"other_table": [], "repeated_header": []}
        for at, (line, row) in enumerate(zip(lines, rows, strict=True)):
            if not any(row):
                self.empty = True
                if not row:
                    continue
            elif row == self.header:
                # Below lines with # it is the same report once more, for other days or for a part of the same visitors.
                self.other, self.empty = self.marked, False
                aside["other_table" if self.other else "repeated_header"].append(line)
                continue
            elif self.empty:
                self.empty = False
                self.other = self.other or begins(rows, at, self.table()) is not None
            if any(row):
                self.marked = is_marked(row)
            if self.other:
                aside["other_table"].append(line)
            else:
                own_lines.append(line)
                own_rows.append(row)
        return Batch(lines=own_lines, rows=own_rows, aside=aside)
