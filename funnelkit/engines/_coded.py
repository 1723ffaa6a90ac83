"""Text cells in memory, once per different value: which rows count, and what their cells are.

Part of the pandas engine; rules and styles are followed on the values, and spread to the rows by code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct

from funnelkit import bulk
from funnelkit.engines import Aside, BadCells
from funnelkit.plans import ColumnPlan, RowRule
from funnelkit.styles import BAD, Bad, DateStyle, NumberStyle

_INT64_MAX = 2**63 - 1


class Coded(Struct, frozen=True):
    codes: np.ndarray[Any, np.dtype[np.intp]]
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
        """The different cells of one column."""
        return self.columns[header].values


ODD = {
    "blank": "blank row",
    "footer": "a lone text under the table",
    "ragged": "the row does not have the cells that the header promises",
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


def padded_footer(rows: list[Sequence[str]]) -> int:
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


def cells_at(rows: list[Sequence[str]], position: int) -> list[str]:
    """One column of *rows*; a row that ends before it has nothing there."""
    try:
        return list(map(itemgetter(position), rows))
    except IndexError:
        return [row[position] if position < len(row) else "" for row in rows]


def encoded(cells: list[str]) -> Coded:
    codes, values = pd.factorize(np.array(cells, dtype=object) if cells else np.array([], dtype=object))
    return Coded(codes, values.tolist())


def hits(text: PandasText, rule: RowRule) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The rows that *rule* means."""
    if rule.pattern is not None:
        # Few columns hold a total row at all: one look at each tells.
        headers = [h for h in rule.headers if bulk.any_fits(rule.pattern, text.columns[h].values)]
    else:
        headers = list(rule.headers)
    hit: np.ndarray[Any, np.dtype[np.bool_]] = np.full(len(text.lines), rule.pattern is None)
    pattern = re.compile(rule.pattern, re.IGNORECASE) if rule.pattern is not None else None
    for header in headers:
        if pattern is None:
            if not hit.any():
                break
            coded = text.columns[header]
            hit &= np.array(bulk.missing(coded.values), dtype=bool)[coded.codes]
        else:
            hit |= _where(text.columns[header], pattern.fullmatch)
    if pattern is not None and hit.any():
        for header in rule.unless:
            coded = text.columns[header]
            blank = np.array(bulk.missing(coded.values), dtype=bool)[coded.codes]
            hit &= blank | _where(coded, pattern.fullmatch)
    return hit


def _where(coded: Coded, fits: Callable[[str], object]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The rows whose trimmed cell *fits*."""
    answers = np.array([bool(fits(value.strip())) for value in coded.values], dtype=bool)
    rows: np.ndarray[Any, np.dtype[np.bool_]] = answers[coded.codes]
    return rows


def typed(coded: Coded, column: ColumnPlan) -> tuple[Any, np.ndarray[Any, np.dtype[np.bool_]]]:
    """The typed column, and which rows had a cell that its style cannot read."""
    parsed = bulk.parse(column.style, coded.values)
    whole = isinstance(column.style, NumberStyle | DateStyle)
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
            found.append(Aside(reason=reason, message=message, lines=tuple(text.lines[mask].tolist())))
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
