"""A table on an engine, grouped there: what comes back has a row for each group and piece of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.collect import Frame
from funnelkit.metrics import placing
from funnelkit.metrics.aggregate import Answer, Squares, Stream, Wins
from funnelkit.metrics.columns import KEPT, WITHIN, event_day
from funnelkit.metrics.ranks import Ranks

if TYPE_CHECKING:
    from funnelkit.metrics.entries import Histogram
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.windows import Timeline

_ROWS, _LEAST, _HIGH, _LOW = "_rows", "_least", "_high", "_low"
_PRODUCTS = ("_upper", "_mixed", "_lower")
_SPLIT = 1 << 20
"""Squares are summed in two halves of their numbers, so that none overflows 64 bits."""


class Groups:
    """One table, asked by group."""

    def __init__(self, table: str, columns: Iterable[str], facts: Facts) -> None:
        frame, given = facts.with_derived(table, columns)
        self._frame = frame.select(*given) if given else frame
        self._given = frozenset(given)
        self._table = table
        self._by_day: dict[tuple[str | None, Timeline], Frame] = {}
        """The rows with their pieces, by the day that places them: each several times asked for is placed once."""

    def extent(self, column: str, status: frozenset[str] = frozenset()) -> tuple[int, int] | None:
        """The first and last day in *column*."""
        if column not in self._given:
            return None
        frame = self._frame
        if status:
            frame = frame.filter(nw.col("status").is_in(sorted(status)))
        return collect.extent(frame, column)

    def wins(self, histogram: Histogram) -> Wins:
        """What the rows that pass the filters say of the first wins."""
        kept = self._frame.filter(nw.col(KEPT)) if KEPT in self._given else self._frame
        if not {histogram.date, histogram.of} <= self._given:
            return Wins(None, None, {})
        begun = collect.extent(kept, histogram.date)
        won = kept.filter(~nw.col(histogram.of).is_null())
        first = collect.extent(won.with_columns(_won=nw.col(histogram.date) + nw.col(histogram.of)), "_won")
        lags = collect.columns(won.group_by(histogram.of).agg(nw.len().alias(_ROWS)))
        return Wins(
            begun[0] if begun else None,
            first[0] if first else None,
            dict(zip(lags[histogram.of], map(int, lags[_ROWS]), strict=True)),
        )

    def answer(self, stream: Stream, timeline: Timeline) -> Answer:
        """The groups of *stream*."""
        frame = self._placed(stream, timeline)
        money = stream.is_money and stream.value in self._given and not isinstance(frame, nw.DataFrame)
        keys = [c for c in (*stream.by, *stream.flags) if c in self._given]
        if stream.daily:
            keys += [c for c in (*stream.days, WITHIN) if c in self._given]
        if stream.value in self._given and not money:
            keys.append(stream.value)
        sums = [nw.len().alias(_ROWS), *(nw.col(c).sum() for c in stream.sums)]
        ranks = None
        if money:
            (day,) = stream.days
            dated = frame if day in self._given else frame.with_columns(nw.lit(None, nw.Int64).alias(day))
            ranks = Ranks(dated.select(*keys, day, stream.value), day, stream.by, stream.value)
            frame = _with_squares(frame, stream.value)
            sums += [nw.col(stream.value).min().alias(_LEAST)]
            sums += [nw.col(c).sum() for c in (stream.value, *_PRODUCTS)]
        places = [c for c in (placing.PIECE, placing.START, placing.END) if c in collect.names(frame)]
        cells = collect.columns(frame.group_by(*keys, *places).agg(*sums))
        return _answer(stream, cells, ranks)

    def _placed(self, stream: Stream, timeline: Timeline) -> Frame:
        event = event_day(self._table, stream.day) is not None
        if self._given.issuperset(stream.days):
            frame = self._dated(stream.day, timeline)
            if event and stream.day:
                frame = frame.filter(~nw.col(stream.day).is_null())
        else:
            # What has no day anywhere never happened, or is not dated.
            frame = self._frame.head(0) if event else self._frame
            frame = frame.with_columns(nw.lit(timeline.undated).alias(placing.PIECE))
        if stream.value in self._given:
            return frame.filter(~nw.col(stream.value).is_null())
        # What nothing gives is missing in every row.
        return frame.head(0) if stream.value else frame

    def _dated(self, day: str | None, timeline: Timeline) -> Frame:
        """All rows with the pieces of *day*, or of their ranges of days."""
        if (day, timeline) not in self._by_day:
            self._by_day[day, timeline] = (
                placing.placed_ranges(self._frame, timeline)
                if day is None
                else placing.placed(self._frame, day, timeline)
            )
        return self._by_day[day, timeline]


def _answer(stream: Stream, cells: dict[str, list[Any]], ranks: Ranks | None) -> Answer:
    counts = [int(n) for n in cells.pop(_ROWS)]
    squares = _squares(cells, counts, stream.value) if ranks else None
    return Answer(
        columns=cells,
        counts=counts,
        rows=len(counts),
        pieces=cells.pop(placing.PIECE),
        wide=[i for i, start in enumerate(cells.get(placing.START, ())) if start is not None],
        squares=squares,
        ranks=ranks,
    )


def _with_squares(frame: Frame, value: str) -> Frame:
    """*frame* with the products that its squares are made of; columns first, since engines agree on plain sums."""
    low = nw.col(value) % _SPLIT
    halves = frame.with_columns(low.alias(_LOW), ((nw.col(value) - low) // _SPLIT).alias(_HIGH))
    high, low = nw.col(_HIGH), nw.col(_LOW)
    return halves.with_columns(
        (high * high).alias(_PRODUCTS[0]), (high * low).alias(_PRODUCTS[1]), (low * low).alias(_PRODUCTS[2])
    )


def _squares(cells: dict[str, list[Any]], counts: list[int], value: str) -> Squares:
    upper, mixed, lower = ([int(n) for n in cells.pop(name)] for name in _PRODUCTS)
    squares = [a * _SPLIT * _SPLIT + 2 * b * _SPLIT + c for a, b, c in zip(upper, mixed, lower, strict=True)]
    return Squares(
        n=counts,
        total=[int(n) for n in cells.pop(value)],
        squares=squares,
        least=[int(n) for n in cells.pop(_LEAST)],
    )
