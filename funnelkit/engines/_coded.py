"""Text cells in memory, once per different value, with a code for each row.

Part of the pandas engine: rules and styles are followed on the values, and spread to the rows by code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct

from funnelkit.engines import Aside, Batch
from funnelkit.engines._sifted import Sieve, turned

Codes = np.ndarray[Any, np.dtype[np.int32]]
Rows = np.ndarray[Any, np.dtype[np.bool_]]
"""Which rows, by their places."""


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
        self._sieve = Sieve(width, 1 + max(headers.values(), default=0))
        self._columns = {header: _Column() for header in headers}
        self._lines: list[np.ndarray[Any, np.dtype[np.int64]]] = []

    def add(self, batch: Batch) -> None:
        """Code the rows of *batch*; those that do not fit are set aside."""
        lines, rows = self._sieve.rows(batch)
        if not rows:
            return
        columns = turned(rows, list(self._headers.values()))
        for header, cells in zip(self._headers, columns, strict=True):
            self._columns[header].add(batch.texts(cells))
        self._lines.append(np.fromiter(lines, np.int64, len(rows)))

    def done(self) -> PandasText:
        """All columns, without the footer at their end."""
        gone, aside = self._sieve.done()
        lines = np.concatenate(self._lines) if self._lines else np.array([], dtype=np.int64)
        kept = len(lines) - gone
        coded = {header: column.coded(kept) for header, column in self._columns.items()}
        return PandasText(coded, lines[:kept], aside)
