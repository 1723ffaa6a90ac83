"""Which records of an export are rows of its table, told as they come, many at a time; none of them is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from funnelkit.engines import Aside, Batch
from funnelkit.engines._odd_rows import ODD, oddity, padded_footer

FOOTER = 100
"""No footer has more lines."""


class Sieve:
    """What goes through is a row of the table; what does not is accounted for."""

    def __init__(self, width: int, needed: int) -> None:
        """A header promises *width* cells, of which a row must have *needed*."""
        self._width = width
        self._needed = needed
        self._odd: dict[str, list[int]] = {}
        self._short = 0
        self._last: list[tuple[int, Callable[[Sequence[Any]], list[str]], Sequence[Any]]] = []

    def rows(self, batch: Batch) -> tuple[Sequence[int], Sequence[Sequence[Any]]]:
        """The rows of *batch* that fit, and their lines."""
        for reason, found in batch.aside.items():
            self._odd.setdefault(reason, []).extend(found)
        lines, rows = self._fitting(batch)
        ends = zip(lines[-FOOTER:], rows[-FOOTER:], strict=True)
        self._last = [*self._last, *((line, batch.texts, row) for line, row in ends)][-FOOTER:]
        return lines, rows

    def _fitting(self, batch: Batch) -> tuple[Sequence[int], Sequence[Sequence[Any]]]:
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

    def done(self) -> tuple[int, tuple[Aside, ...]]:
        """How many of the last rows are none after all, which only the end shows; and all that is none."""
        footer = padded_footer([texts(row) for _, texts, row in self._last]) if self._width > 2 else 0
        # Some tools leave blank cells at the end of rows out. Where no other row is short, the last one is torn.
        torn = int(self._short == 1 and not footer and len(self._last[-1][2]) < self._width)
        gone = footer or torn
        at_end = [line for line, _, _ in self._last[len(self._last) - gone :]]
        self._odd.setdefault("torn" if torn else "footer", []).extend(at_end)
        aside = tuple(
            Aside(reason=reason, message=message, lines=tuple(sorted(self._odd[reason])))
            for reason, message in ODD.items()
            if self._odd.get(reason)
        )
        return gone, aside


def turned(rows: Sequence[Sequence[Any]], positions: Sequence[int]) -> list[Sequence[Any]]:
    """Some columns of *rows*; a row that ends before one has nothing there."""
    if len(positions) * 3 > len(rows[0]) and len(set(map(len, rows))) == 1:
        # To turn all columns round at once is quicker than to pick several.
        turned = list(zip(*rows, strict=True))
        return [turned[position] for position in positions]
    try:
        return [list(map(itemgetter(position), rows)) for position in positions]
    except IndexError:
        return [[row[p] if p < len(row) else "" for row in rows] for p in positions]
