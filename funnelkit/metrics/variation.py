"""Sums of a segment, and how far chance alone would have moved them.

Rows come as a Poisson process, each with its amount: a count varies by itself, a sum of amounts by
the sum of their squares, and two sums vary together by the rows that count in both. Ad cost is what
was billed and does not vary. What an export gives only as a sum (claimed conversion value) has no
such measure, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.anatomy import MEASURE, OLD, ROWS, TOTAL, WITHIN, Anatomy, Piece, Sum
from funnelkit.metrics.columns import table_columns
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.statistics.moments import Moments

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.windows import Window

_SUMMED = frozenset({"spend", "emails", "web", "social", "search"})
"""Tables whose rows are sums already."""
_EXACT = frozenset({"cost"})


class Sample(Struct, frozen=True):
    """The sums of a segment in one period."""

    values: tuple[float, ...]
    spread: tuple[tuple[float, ...], ...] | None
    """Their variances and covariances; None where one of them is not known."""


class Sampler:
    """Takes the sums of an anatomy from what was counted."""

    def __init__(self, catalog: Catalog, anatomy: Anatomy, scales: Mapping[str, Mapping[str, int]]) -> None:
        self._catalog = catalog
        self._sums = anatomy.sums
        self._pieces = anatomy.pieces
        self._scales = scales
        pairs = ((a, b) for i, a in enumerate(self._pieces) for b in self._pieces[i:])
        self._overlaps = {frozenset(pair): self._overlap(*pair) for pair in pairs}

    @property
    def parts(self) -> Iterator[Measure | Histogram]:
        """All that must be counted."""
        yield from (self.part(piece) for piece in self._pieces)
        yield from (found for found in self._overlaps.values() if found)

    def part(self, piece: Piece) -> Measure | Histogram:
        """The entry of the catalogue that *piece* is of."""
        return (self._catalog.measures if piece.kind == MEASURE else self._catalog.histograms)[piece.of]

    @property
    def counts(self) -> tuple[bool, ...]:
        """Which sums count rows or events, so that a value of 0 might as well have been 1."""
        return tuple(all(self._is_count(piece) for piece, _ in one) for one in self._sums)

    def sample(self, evaluator: Evaluator, key: Key, window: Window) -> Sample:
        """The sums in the group *key* and *window*."""
        values = {piece: self._value(evaluator, piece, key, window) for piece in self._pieces}
        sums = tuple(_worth(one, values) for one in self._sums)
        rows = []
        for i, first in enumerate(self._sums):
            found = [self._together(evaluator, first, second, values, key, window) for second in self._sums]
            if self._running(first):
                # What is open is what it is: its ins and outs have come and gone together.
                found = [abs(sums[i]) if i == j else 0.0 for j in range(len(sums))]
            rows.append(found)
        known = [tuple(v for v in row if v is not None) for row in rows]
        complete = all(len(row) == len(self._sums) for row in known)
        return Sample(sums, tuple(known) if complete else None)

    def _value(self, evaluator: Evaluator, piece: Piece, key: Key, window: Window) -> float:
        part = self.part(piece)
        if isinstance(part, Measure):
            return evaluator.tally.sum(part, key, window) / self._scale(part.table, part.column)
        if piece.kind in (OLD, WITHIN):
            cohort = evaluator.maturing.cohort(part, key, window)
            return float(cohort.old if piece.kind == OLD else cohort.old_within)
        found = self._moments(evaluator, part, key, window)
        return float(found.n if piece.kind == ROWS else found.total / self._scale(part.table, part.of))

    def _moments(self, evaluator: Evaluator, part: Histogram, key: Key, window: Window) -> Moments:
        if evaluator.tally.is_summed(part):
            return evaluator.tally.moments(part, key, window)
        money = self._kind(part.table, part.of) == "money"
        found: dict[int, int] = {}
        for (value, _), n in evaluator.tally.values(part, key, window).items():
            # Negative days are mistakes of the source, negative amounts are not.
            if money or value >= 0:
                found[value] = found.get(value, 0) + n
        return Moments.of(found)

    def _together(
        self,
        evaluator: Evaluator,
        first: Sum,
        second: Sum,
        values: Mapping[Piece, float],
        key: Key,
        window: Window,
    ) -> float | None:
        """The covariance of two sums; None where it is not known."""
        found = 0.0
        for a, times_a in first:
            for b, times_b in second:
                both = self._both(evaluator, a, b, values, key, window)
                if both is None:
                    return None
                found += float(times_a * times_b) * both
        return found

    def _both(
        self,
        evaluator: Evaluator,
        a: Piece,
        b: Piece,
        values: Mapping[Piece, float],
        key: Key,
        window: Window,
    ) -> float | None:
        one, other = self.part(a), self.part(b)
        if a.kind != MEASURE or b.kind != MEASURE:
            return self._of_histogram(evaluator, a, b, values, key, window) if a.of == b.of else 0.0
        assert isinstance(one, Measure)
        assert isinstance(other, Measure)
        if one.table != other.table or {one.column, other.column} & _EXACT:
            return 0.0
        if one.table in _SUMMED:
            if not (self._is_count(a) and self._is_count(b)):
                return None
            # Clicks are impressions, opens are deliveries: the smaller is a part of the larger.
            return min(values[a], values[b])
        found = self._overlaps[frozenset((a, b))]
        if found is None:
            # How two amounts of one row (paid and refunded) go together is not known.
            return None if one.column and other.column and one.column != other.column else 0.0
        scale = self._scale(one.table, one.column) * self._scale(other.table, other.column)
        if isinstance(found, Measure):
            return evaluator.tally.sum(found, key, window) / scale
        return self._moments(evaluator, found, key, window).squares / scale

    def _of_histogram(
        self,
        evaluator: Evaluator,
        a: Piece,
        b: Piece,
        values: Mapping[Piece, float],
        key: Key,
        window: Window,
    ) -> float:
        part, kinds = self.part(a), {a.kind, b.kind}
        if kinds == {TOTAL}:
            assert isinstance(part, Histogram)
            scale = self._scale(part.table, part.of)
            return self._moments(evaluator, part, key, window).squares / scale**2
        # Rows with themselves, totals with their rows, conversions with their cohort.
        return (
            min(values[a], values[b]) if kinds <= {OLD, WITHIN, ROWS} else values[a if a.kind == TOTAL else b]
        )

    def _overlap(self, a: Piece, b: Piece) -> Measure | Histogram | None:
        """What counts the rows that are in both measures; None where there are none, or their rows are not there."""
        one, other = self.part(a), self.part(b)
        if not (isinstance(one, Measure) and isinstance(other, Measure)) or one.table in _SUMMED:
            return None
        if (one.table, one.date) != (other.table, other.date) or one.cumulative or other.cumulative:
            return None
        where = dict(one.where)
        for column, values in other.where.items():
            where[column] = where.get(column, values) & values
        if not all(where.values()):
            return None
        name = f"both_{one.id}_{other.id}"
        needs = tuple(dict.fromkeys((*one.needs, *other.needs)))
        columns = [c for c in (one.column, other.column) if c]
        if len(set(columns)) == 2:
            return None
        if len(columns) < 2:
            amount = columns[0] if columns else None
            return Measure(id=name, table=one.table, column=amount, where=where, date=one.date, needs=needs)
        return Histogram(
            id=name, table=one.table, of=columns[0], where=where, date=one.date or "", needs=needs
        )

    def _running(self, one: Sum) -> bool:
        parts = (self.part(piece) for piece, _ in one)
        return any(isinstance(part, Measure) and part.cumulative for part in parts)

    def _is_count(self, piece: Piece) -> bool:
        part = self.part(piece)
        if isinstance(part, Histogram):
            return piece.kind != TOTAL
        return part.column is None or self._kind(part.table, part.column) == "integer"

    def _kind(self, table: str, column: str) -> str:
        return table_columns()[table][column]

    def _scale(self, table: str, column: str | None) -> int:
        return int(10 ** self._scales.get(table, {}).get(column or "", 0))


def _worth(one: Sum, values: Mapping[Piece, float]) -> float:
    """What a sum comes to: in fractions first, so that cents add up to the cent."""
    return float(sum((Fraction(values[piece]) * times for piece, times in one), start=Fraction(0)))
