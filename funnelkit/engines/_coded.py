"""Text cells in memory, once per different value: which rows count, and what their cells are.

Part of the pandas engine; rules and styles are followed on the values, and spread to the rows by code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct

from funnelkit import bulk
from funnelkit.engines import Aside, BadCells, Batch
from funnelkit.plans import ColumnPlan, RowRule
from funnelkit.styles import BAD, Bad, DateStyle, NumberStyle

_INT64_MAX = 2**63 - 1


Codes = np.ndarray[Any, np.dtype[np.int32]]
Rows = np.ndarray[Any, np.dtype[np.bool_]]
"""Which rows, by their places."""
_FOOTER = 100
"""No footer has more lines."""


class Coded(Struct, frozen=True):
    codes: Codes
    values: list[str]


class PandasText(Struct, frozen=True):
    """Text cells as codes into the different values of each column."""

    columns: Mapping[str, Coded]
    lines: np.ndarray[Any, np.dtype[np.int64]]
    aside: tuple[Aside, ...] = ()

    @property
    def rows(self) -> int:
        """How many records there are, those set aside while reading included."""
        return len(self.lines) + sum(len(a.lines) for a in self.aside)

    def distinct(self, header: str) -> Sequence[str]:
        """The different cells of one column; where nearly each is another, some come again."""
        return self.columns[header].values

    def unplain(self, header: str) -> Sequence[str]:
        """The different cells of a text column, those at least that are more than a plain word."""
        return self.columns[header].values

    def mentions(self, header: str, words: Sequence[str]) -> bool:
        """Whether any of *words*, in small letters, stands in any cell of a column."""
        cells = "\n".join(self.columns[header].values).lower()
        return any(word in cells for word in words)

    def at(self, header: str, lines: Sequence[int]) -> list[str]:
        """The cells of one column in the records that begin on *lines*."""
        coded = self.columns[header]
        return [coded.values[code] for code in coded.codes[np.isin(self.lines, list(lines))].tolist()]

    def lines_with(self, header: str, cells: Sequence[str]) -> list[int]:
        """The lines of the records that have one of *cells* in a column."""
        coded = self.columns[header]
        wanted = np.isin(np.array(coded.values, dtype=object), list(cells))
        lines: list[int] = self.lines[wanted[coded.codes]].tolist()
        return lines


ODD = {
    "blank": "blank row",
    "footer": "a lone text under the table",
    "ragged": "the row does not have the cells that the header promises",
    "torn": "the file ends within this row: it was cut off",
    "other_table": "a line of another table in the same file",
    "repeated_header": "the header again",
}


def oddity(cells: Sequence[str], width: int, needed: int) -> str | None:
    """Why a record that is not as wide as the header is no row, or None where it still is one."""
    filled = [i for i, cell in enumerate(cells) if cell.strip()]
    if not filled:
        return "blank"
    if len(filled) == 1 and len(cells) == 1 and width > 1:
        return "footer"
    if filled[-1] >= width or len(cells) < needed:
        return "ragged"
    return None


def padded_footer(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the end are lines of words that a spreadsheet has padded to the width of the table."""
    lone = 0
    words = False
    for row in reversed(rows):
        filled = [cell for cell in map(str.strip, row) if cell]
        if len(filled) != 1:
            break
        lone += 1
        # A row may well hold its id and nothing else; an id has no blanks.
        words |= " " in filled[0]
    return lone if words else 0


class _Column:
    """One column on the way from batches of cells to codes."""

    def __init__(self) -> None:
        # A dictionary that numbers what it does not know yet: the quickest coding that goes on from batch to batch.
        self._known: dict[str, int] = defaultdict(count().__next__)
        self._codes: list[Codes] = []
        self._rest: list[Sequence[str]] = []
        self._new = False

    def add(self, cells: Sequence[str]) -> None:
        """Take *cells* in. They are coded at the end where they are the only ones, and never where each is new."""
        if len(self._rest) == 1 and not self._codes:
            self._code(self._rest.pop())
            self._new = len(self._known) * 10 > len(self._codes[0]) * 9
        if self._rest or not self._codes or self._new:
            self._rest.append(cells)
        else:
            self._code(cells)

    def _code(self, cells: Sequence[str]) -> None:
        self._codes.append(np.fromiter(map(self._known.__getitem__, cells), np.int32, len(cells)))

    def coded(self, rows: int) -> Coded:
        """The first *rows* rows. Values that only later ones have are left out."""
        values: Any = list(self._known)
        self._known.clear()
        if self._rest and not self._codes:
            codes, distinct = pd.factorize(np.array(self._rest.pop(), dtype=object))
            self._codes.append(codes.astype(np.int32))
            values = distinct.tolist()
        for cells in self._rest:
            # Each is a value of its own: to look for the few that come again would take longer than it saves.
            self._codes.append(np.arange(len(values), len(values) + len(cells), dtype=np.int32))
            values += cells
        self._rest.clear()
        joined = np.concatenate(self._codes)[:rows] if self._codes else np.array([], dtype=np.int32)
        # Codes go up from 0 in the order of the rows.
        return Coded(joined, values[: int(joined.max(initial=-1)) + 1])


class Coding:
    """The columns of a table on the way from batches of rows to codes; rows themselves are not kept."""

    def __init__(self, headers: Mapping[str, int], width: int) -> None:
        self._headers = headers
        self._width = width
        self._needed = 1 + max(headers.values(), default=0)
        self._columns = {header: _Column() for header in headers}
        self._lines: list[np.ndarray[Any, np.dtype[np.int64]]] = []
        self._odd: dict[str, list[int]] = {}
        self._short = 0
        self._last: list[tuple[Callable[[Sequence[Any]], list[str]], Sequence[Any]]] = []

    def add(self, batch: Batch) -> None:
        """Code the rows of *batch*; those that do not fit are set aside."""
        for reason, found in batch.aside.items():
            self._odd.setdefault(reason, []).extend(found)
        lines, rows = self._fitting(batch)
        if not rows:
            return
        columns = _columns(rows, list(self._headers.values()))
        for header, cells in zip(self._headers, columns, strict=True):
            self._columns[header].add(batch.texts(cells))
        self._lines.append(np.fromiter(lines, np.int64, len(rows)))
        self._last = [*self._last, *((batch.texts, row) for row in rows[-_FOOTER:])][-_FOOTER:]

    def _fitting(self, batch: Batch) -> tuple[Sequence[int], Sequence[Sequence[Any]]]:
        """The rows that fit, and their lines."""
        lines, rows = batch.lines, batch.rows
        if set(map(len, rows)) <= {self._width} and all(map(any, rows)):
            return lines, rows
        kept = []
        for at, row in enumerate(rows):
            strange = len(row) != self._width or not any(row)
            if strange and (kind := oddity(batch.texts(row), self._width, self._needed)):
                self._odd.setdefault(kind, []).append(lines[at])
            else:
                self._short += len(row) < self._width
                kept.append(at)
        return [lines[at] for at in kept], [rows[at] for at in kept]

    def done(self) -> PandasText:
        """All columns, without the footer at their end."""
        footer = padded_footer([texts(row) for texts, row in self._last]) if self._width > 2 else 0
        lines = np.concatenate(self._lines) if self._lines else np.array([], dtype=np.int64)
        # Some tools leave blank cells at the end of rows out. Where no other row is short, the last one is torn.
        torn = int(self._short == 1 and not footer and len(self._last[-1][1]) < self._width)
        kept = len(lines) - footer - torn
        self._odd.setdefault("torn" if torn else "footer", []).extend(lines[kept:].tolist())
        aside = tuple(
            Aside(reason=reason, message=message, lines=tuple(sorted(self._odd[reason])))
            for reason, message in ODD.items()
            if self._odd.get(reason)
        )
        coded = {header: column.coded(kept) for header, column in self._columns.items()}
        return PandasText(coded, lines[:kept], aside)


def _columns(rows: Sequence[Sequence[Any]], positions: Sequence[int]) -> list[Sequence[Any]]:
    """Some columns of *rows*; a row that ends before one has nothing there."""
    if len(positions) * 3 > len(rows[0]) and len(set(map(len, rows))) == 1:
        # To turn all columns round at once is quicker than to pick several.
        turned = list(zip(*rows, strict=True))
        return [turned[position] for position in positions]
    try:
        return [list(map(itemgetter(position), rows)) for position in positions]
    except IndexError:
        return [[row[p] if p < len(row) else "" for row in rows] for p in positions]


def promising(text: PandasText, rules: Sequence[RowRule]) -> Mapping[str, set[str]]:
    """Header -> the patterns of *rules* that may fit one of its cells: few columns hold a total row at all."""
    asked: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        if rule.pattern is not None:
            for header in rule.headers:
                asked[header].add(rule.pattern)
    return {h: bulk.fitting(patterns, text.columns[h].values) for h, patterns in asked.items()}


def hits(text: PandasText, rule: RowRule, promising: Mapping[str, set[str]]) -> Rows:
    """The rows that *rule* means, which are looked for in the columns that are `promising`."""
    if rule.pattern is None:
        return _bare(text, rule.headers)
    fits = re.compile(rule.pattern, re.IGNORECASE).fullmatch
    hit: Rows = np.zeros(len(text.lines), dtype=bool)
    for header in rule.headers:
        if rule.pattern in promising[header]:
            hit |= _where(text.columns[header], fits)
    for header in rule.unless if hit.any() else ():
        coded = text.columns[header]
        blank = np.array(bulk.missing(coded.values), dtype=bool)[coded.codes]
        hit &= blank | _where(coded, fits)
    return hit


def _bare(text: PandasText, headers: Sequence[str]) -> Rows:
    """The rows with nothing under any of *headers*."""
    hit: Rows = np.ones(len(text.lines), dtype=bool)
    for header in headers:
        if not hit.any():
            break
        coded = text.columns[header]
        bare = np.array(bulk.missing(coded.values), dtype=bool)
        for value in np.flatnonzero(bare):
            # "(not set)" is what an analytics tool calls a row; the names of a total row are blank.
            bare[value] = coded.values[value].strip().lower() != "(not set)"
        hit &= bare[coded.codes]
    return hit


def _where(coded: Coded, fits: Callable[[str], object]) -> Rows:
    """The rows whose trimmed cell *fits*."""
    answers = np.array([bool(fits(value.strip())) for value in coded.values], dtype=bool)
    rows: Rows = answers[coded.codes]
    return rows


def typed(coded: Coded, column: ColumnPlan) -> tuple[Any, Rows]:
    """The typed column, and which rows had a cell that its style cannot read."""
    parsed = bulk.parse(column.style, coded.values)
    whole = isinstance(column.style, NumberStyle | DateStyle) or column.style.kind == "instant"
    if whole:
        parsed = _in_range(parsed)
    bad = np.zeros(len(parsed), dtype=bool)
    if Bad in set(map(type, parsed)):
        bad = np.array([p is BAD for p in parsed], dtype=bool)
        parsed = [None if p is BAD else p for p in parsed]
    if whole:
        missing = np.array([p is None for p in parsed], dtype=bool)
        numbers = np.array([0 if p is None else p for p in parsed], dtype=np.int64)
        array: Any = pd.arrays.IntegerArray(numbers[coded.codes], missing[coded.codes])
    else:
        array = pd.array(np.array(parsed, dtype=object), dtype="str").take(coded.codes)
    return array, bad[coded.codes]


def _in_range(parsed: list[Any]) -> list[Any]:
    """*parsed* where a number that 64 bits do not hold is bad."""
    numbers = [p for p in parsed if isinstance(p, int)]
    if not numbers or (max(numbers) <= _INT64_MAX and min(numbers) >= -_INT64_MAX):
        return parsed
    return [BAD if isinstance(p, int) and abs(p) > _INT64_MAX else p for p in parsed]


def asides(text: PandasText, column: ColumnPlan, lost: Any, wrong: Any) -> list[Aside]:
    """Rows without a needed cell: those where it is missing, and those where it cannot be read."""
    found = []
    for reason, mask, say in (
        ("missing_value", lost & ~wrong, f"no value in column {column.header!r} ({column.target})"),
        ("bad_value", lost & wrong, f"column {column.header!r} ({column.target}) cannot be read"),
    ):
        if mask.any():
            example = bad_cells(text, column, mask).example if reason == "bad_value" else ""
            message = f"{say}: {example!r}" if example else say
            lines = tuple(text.lines[mask].tolist())
            found.append(Aside(reason=reason, message=message, lines=lines, column=column.header))
    return found


def bad_cells(text: PandasText, column: ColumnPlan, mask: Any) -> BadCells:
    coded = text.columns[column.header]
    first = int(np.flatnonzero(mask)[0])
    return BadCells(
        target=column.target,
        header=column.header,
        lines=tuple(text.lines[mask].tolist()),
        example=coded.values[coded.codes[first]][:40],
    )
