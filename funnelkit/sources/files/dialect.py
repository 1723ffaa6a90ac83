"""How a text file is written: where under which delimiter a header may stand, and its records.

The delimiter and the header line are only proposed here: recognition decides, since the header is
the line that somebody understands.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Literal

from msgspec import Struct

from funnelkit.errors import SourceError
from funnelkit.sources.files.text import LONGEST, Text, too_long

DELIMITERS = (",", "\t", ";", "|")
HEADER_WITHIN = 80
"""Tools put at most a title, an account, a date range and some settings above the header, with empty lines."""
_DECLARED = re.compile(r'"?sep=([^\w\s]|\t)', re.IGNORECASE)
"""The first line of a file that says how spreadsheets are to split it."""

Row = tuple[int, Sequence[str]]
"""A line number, counted from 1, and the cells of the record that begins there; an empty line has none."""


class Dialect(Struct, frozen=True, kw_only=True):
    """How one table of one file is written."""

    encoding: str
    delimiter: str
    header_line: int
    """The line of the header, counted from 1; 0 where a file has no lines, and its rows are counted."""

    @property
    def counted(self) -> Literal["line", "row"]:
        """What the numbers of its records count."""
        return "line" if self.header_line else "row"


class Head(Struct, frozen=True, kw_only=True):
    """The first lines of a text under one delimiter, empty ones too."""

    delimiter: str
    records: tuple[Row, ...]


def heads(beginning: str, delimiter: str | None = None, *, complete: bool = True) -> Iterator[Head]:
    """The first lines of a text under every delimiter that splits any of them."""
    declared = _DECLARED.match(beginning)
    usual = dict.fromkeys([*(declared.groups() if declared else ()), *DELIMITERS])
    for candidate in (delimiter,) if delimiter else [sign for sign in usual if sign in beginning]:
        found = tuple(islice(rows(beginning, candidate), HEADER_WITHIN + 60))
        if not complete:
            found = found[:-1] or found  # the last one may be cut in the middle
        if delimiter or any(len(cells) > 1 for _, cells in found):
            yield Head(delimiter=candidate, records=found)


def rows(text: str, delimiter: str) -> Iterator[Row]:
    """The lines of a short *text* as records, each with the line that it begins on; empty ones too."""
    csv.field_size_limit(LONGEST)
    reader = _reader(io.StringIO(text, newline=""), delimiter)
    guarded = '="' in text
    line = 1
    for cells in reader:
        if guarded:
            cells = _bare(cells)
        yield line, cells if len(cells) != 1 else _unwrapped(cells, delimiter, None)
        line = reader.line_num + 1


def batches(
    text: Text, delimiter: str, *, skip: int = 0, width: int | None = None
) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    """The records of *text* below its first *skip* lines, many at a time, with the lines they begin on.

    An empty line is a record without cells. A record that is wrapped whole in quotes, as Excel
    sometimes leaves it, is read a second time; *width* tells it from a line of words. Raises
    SourceError where a cell is too long, and at the end of a file in which a quote is never closed.
    """
    csv.field_size_limit(LONGEST)
    # A header that the file does not have stands on no line of it.
    line = begin = skip + (0 if text.names else 1)
    with text.lines() as lines:
        deque(islice(lines, skip), maxlen=0)
        for begins, after, found in _records(text, lines, delimiter, line):
            if text.guarded:
                found = [_bare(cells) for cells in found]
            if 1 in map(len, found):
                found = [_unwrapped(cells, delimiter, width) for cells in found]
            begin, line = begins[-1], after
            yield begins, found
    if line > begin + 1 and _is_open(text, delimiter, begin):
        raise SourceError(
            f"{text.content.file}, line {begin}: a quote is opened and never closed, so that all lines below it are one cell",
            hint="Close the quote, or download the export again: it may be cut off.",
            code="open_quote",
        )


def _records(
    text: Text, lines: Iterator[str], delimiter: str, line: int
) -> Iterator[tuple[Sequence[int], int, list[list[str]]]]:
    """Records, many at a time, with the lines they begin on and the one after the last; the first begins on *line*."""
    while taken := list(islice(lines, text.batch)):
        found = _plain(taken, delimiter)
        if found is None:
            break
        begins = range(line, line + len(taken))
        line += len(taken)
        yield begins, line, found
    reader = _reader(chain(taken, lines), delimiter)
    try:
        while True:
            found, ends = [], [line + reader.line_num]
            for cells in islice(reader, text.batch):
                found.append(cells)
                ends.append(line + reader.line_num)
            if not found:
                break
            yield ends[:-1], ends[-1], found
    except csv.Error:
        raise too_long(text.content.file, line + reader.line_num, "cell") from None


def _reader(lines: Iterable[str], delimiter: str, *, strict: bool = False) -> Any:
    """The records of *lines*. Some writers leave a blank between the delimiter and the quote."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)


def _bare(cells: Sequence[str]) -> list[str]:
    """The texts of cells that are written as formulas, ``="007"``."""
    return [c[2:-1] if c.startswith('="') and c.endswith('"') and len(c) > 2 else c for c in cells]


def _plain(lines: Sequence[str], delimiter: str) -> list[list[str]] | None:
    """The cells of *lines* without a quote among them, which need only be split; None for others."""
    text = "".join(lines)
    if '"' in text:
        return None
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        return None
    return [line.split(delimiter) if line else [] for line in text.removesuffix("\n").split("\n")]


def _unwrapped(cells: list[str], delimiter: str, width: int | None) -> list[str]:
    """The record inside a lone cell; the cell itself where it holds words and no record."""
    if len(cells) != 1 or delimiter not in cells[0]:
        return cells
    inner = list(_reader(io.StringIO(cells[0], newline=""), delimiter))
    if len(inner) != 1:
        return cells
    # "(c) salesforce.com, inc. All rights reserved" has a comma too, but not half as many as a row.
    fits = width is None or len(inner[0]) == width or len(inner[0]) > max(width // 2, 2)
    return inner[0] if fits else cells


def _is_open(text: Text, delimiter: str, line: int) -> bool:
    """Whether the last record of *text*, which begins on *line*, opens a quote that is never closed."""
    with text.lines() as lines:
        try:
            deque(_reader(islice(lines, line - 1, None), delimiter, strict=True), maxlen=0)
        except csv.Error as error:
            return "end of data" in str(error)
    return False
