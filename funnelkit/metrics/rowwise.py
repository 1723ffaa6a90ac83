"""A small table in memory, counted row by row: up to here, grouping costs more than it saves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from funnelkit import collect
from funnelkit.metrics import placing
from funnelkit.metrics.aggregate import Answer, Stream, Wins
from funnelkit.metrics.columns import KEPT, event_day

if TYPE_CHECKING:
    from funnelkit.metrics.entries import Histogram
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.windows import Timeline


class Rows:
    """The rows of one table as lists of cells."""

    def __init__(self, table: str, columns: Iterable[str], facts: Facts) -> None:
        frame, given = facts.with_derived(table, columns)
        self.rows = collect.count(frame)
        self._cells: dict[str, list[Any]] = {c: collect.cells(frame[c]) for c in given}
        self._pieces: dict[tuple[str, ...], list[int | None]] = {}
        self._table = table

    def extent(self, column: str, status: frozenset[str] = frozenset()) -> tuple[int, int] | None:
        """The first and last day in *column*."""
        days = self._column(column)
        if status:
            of = zip(days, self._column("status"), strict=True)
            known = {day for day, word in of if word in status and day is not None}
        else:
            known = {day for day in days if day is not None}
        return (min(known), max(known)) if known else None

    def wins(self, histogram: Histogram) -> Wins:
        """What the rows that pass the filters say of the first wins."""
        days, lags, kept = self._column(histogram.date), self._column(histogram.of), self._cells.get(KEPT)
        begun: set[int] = set()
        won: set[int] = set()
        found: dict[int, int] = {}
        for i, day in enumerate(days):
            if day is None or (kept is not None and not kept[i]):
                continue
            begun.add(day)
            if (lag := lags[i]) is not None:
                won.add(day + lag)
                found[lag] = found.get(lag, 0) + 1
        return Wins(min(begun, default=None), min(won, default=None), found)

    def answer(self, stream: Stream, timeline: Timeline) -> Answer:
        """Each row is a group."""
        pieces = self._placed(stream, stream.days[0], timeline)
        if stream.day is not None:
            return Answer(columns=self._cells, counts=None, rows=self.rows, pieces=pieces)
        starts = self._column("start")
        ends = self._placed(stream, "end", timeline)
        several = [first != last for first, last in zip(pieces, ends, strict=True)]
        wide = [i for i, over in enumerate(several) if over and starts[i] is not None]
        pieces = list(pieces)
        for i in wide:
            pieces[i] = None
        cells = self._cells | {placing.START: starts, placing.END: self._column("end")}
        return Answer(columns=cells, counts=None, rows=self.rows, pieces=pieces, wide=wide)

    def _placed(self, stream: Stream, day: str, timeline: Timeline) -> list[int | None]:
        if (day,) not in self._pieces:
            found = placing.listed(self._column(day), timeline)
            if event_day(self._table, day):
                # Without a day it did not happen.
                found = [None if piece == timeline.undated else piece for piece in found]
            self._pieces[day,] = found
        return self._pieces[day,]

    def _column(self, name: str) -> list[Any]:
        return self._cells.get(name) or [None] * self.rows
