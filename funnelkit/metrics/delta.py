"""How far chance alone would have moved the effects of a change: the delta method, by numbers.

An effect hangs on the sums of its own segment, and through totals and shares on those of all others.
Slopes are taken over steps as long as chance would move a sum, so that they hold where effects bend.
Small segments know little of their own variance (1 of 1 has none), so every segment is taken to hold
one average case more than it does; one that a side lacks might as well have had a case there.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from funnelkit.metrics.shifts import Shifts, Values
    from funnelkit.metrics.variation import Sample

Key = TypeVar("Key", bound=Hashable)
_Row = tuple[float, ...]
_Matrix = Sequence[_Row]


class _Slopes(Struct, frozen=True):
    """How every effect of a segment, and their sum, changes with each sum of both sides."""

    own: _Matrix
    every: _Matrix
    """Through the totals."""
    absent: _Row
    """By one case on the side that has none, where there is such a side."""


def errors(
    shifts: Shifts, before: Mapping[Key, Sample], after: Mapping[Key, Sample], counts: Sequence[bool]
) -> tuple[dict[Key, _Row], _Row] | None:
    """The standard errors of the effects of every segment and of all of them, the sum of effects last.

    None where the variance of some sum is not known. *counts* says which sums count cases.
    """
    case = _average_case([*before.values(), *after.values()], counts)
    if case is None:
        return None
    spreads = {key: _spread(before[key], after[key], case) for key in before}
    work = _Work(shifts, together(before), together(after), counts)
    slopes = {key: work.slopes(before[key], after[key], spreads[key]) for key in before}
    width, effects = 2 * len(counts), range(len(shifts.effects) + 1)
    whole = [tuple(math.fsum(s[i][j] for s in spreads.values()) for j in range(width)) for i in range(width)]
    single = {
        key: tuple(_own(slope, spreads[key], whole, e) for e in effects) for key, slope in slopes.items()
    }
    return single, tuple(_total(slopes, spreads, width, e) for e in effects)


def _own(slope: _Slopes, spread: _Matrix, whole: _Matrix, e: int) -> float:
    """The error of effect *e* of one segment: of its own sums both ways, of all others through the totals."""
    own, every = [row[e] for row in slope.own], [row[e] for row in slope.every]
    variance = _form(own, spread, own) + 2 * _form(own, spread, every) + _form(every, whole, every)
    return math.sqrt(max(variance, 0.0) + slope.absent[e] ** 2)


def _total(slopes: Mapping[Key, _Slopes], spreads: Mapping[Key, _Matrix], width: int, e: int) -> float:
    through = [math.fsum(s.every[i][e] for s in slopes.values()) for i in range(width)]
    found = 0.0
    for key, slope in slopes.items():
        gradient = [slope.own[i][e] + through[i] for i in range(width)]
        found += max(_form(gradient, spreads[key], gradient), 0.0) + slope.absent[e] ** 2
    return math.sqrt(found)


class _Work(Struct, frozen=True):
    shifts: Shifts
    before: Values
    after: Values
    """All segments together."""
    counts: Sequence[bool]

    def slopes(self, before: Sample, after: Sample, spread: _Matrix) -> _Slopes:
        place = (*before.values, *after.values, *self.before, *self.after)
        width = len(spread)
        steps = [math.sqrt(max(spread[i][i], 0.0)) for i in range(width)]
        rows = [self._slope(place, i, steps[i % width]) for i in range(2 * width)]
        return _Slopes(rows[:width], rows[width:], self._absent(place))

    def _slope(self, place: _Row, i: int, step: float) -> _Row:
        if not step:
            return (0.0,) * (len(self.shifts.effects) + 1)
        # Not down to 0, where rates are not defined any more.
        low = min(step, place[i] / 2) if place[i] >= 0 else step
        up, down = (self._at((*place[:i], place[i] + by, *place[i + 1 :])) for by in (step, -low))
        return tuple((a - b) / (step + low) for a, b in zip(up, down, strict=True))

    def _absent(self, place: _Row) -> _Row:
        """What one case would change that is like those of the other side, where a side has none at all."""
        n = len(self.counts)
        first, second = place[:n], place[n : 2 * n]
        there = second if not any(first) else first
        cases = max((v for v, counted in zip(there, self.counts, strict=True) if counted), default=0.0)
        if (any(first) and any(second)) or cases <= 0:
            return (0.0,) * (len(self.shifts.effects) + 1)
        one = [v / cases for v in there]
        at = 0 if there is second else n
        moved = list(place)
        for start in (at, 2 * n + at):
            for i, v in enumerate(one):
                moved[start + i] += v
        return tuple(b - a for a, b in zip(self._at(place), self._at(tuple(moved)), strict=True))

    def _at(self, place: _Row) -> _Row:
        n = len(self.counts)
        found = self.shifts.of(place[:n], place[n : 2 * n], place[2 * n : 3 * n], place[3 * n :])
        return (*found, math.fsum(found))


def together(side: Mapping[Key, Sample]) -> Values:
    """The sums of all segments of a side."""
    return tuple(math.fsum(column) for column in zip(*(s.values for s in side.values()), strict=True))


def _average_case(samples: Sequence[Sample], counts: Sequence[bool]) -> _Matrix | None:
    """The variance of one case of all there are; None where it is not known."""
    size = range(len(counts))
    known = [s.spread for s in samples if s.spread is not None]
    if len(known) < len(samples):
        return None
    cases = max((math.fsum(s.values[i] for s in samples) for i in size if counts[i]), default=0.0)
    if cases <= 0:
        # Without a count, amounts of equal size stand for cases.
        total, squares = math.fsum(s.values[0] for s in samples), math.fsum(k[0][0] for k in known)
        cases = total**2 / squares if squares else math.inf
    share = 1 / cases if cases else 0.0
    return [tuple(share * math.fsum(k[i][j] for k in known) for j in size) for i in size]


def _spread(before: Sample, after: Sample, case: _Matrix) -> _Matrix:
    """The matrix of both sides, which vary apart from each other."""
    n = len(case)
    rows: list[_Row] = []
    for side, sample in enumerate((before, after)):
        more = 1.0 if any(sample.values) else 0.0
        for row, average in zip(sample.spread or (), case, strict=True):
            own = [v + more * a for v, a in zip(row, average, strict=True)]
            rows.append((*(0.0,) * (n * side), *own, *(0.0,) * (n * (1 - side))))
    return rows


def _form(left: Sequence[float], matrix: _Matrix, right: Sequence[float]) -> float:
    return math.fsum(
        a * v * b
        for a, row in zip(left, matrix, strict=True)
        if a
        for v, b in zip(row, right, strict=True)
        if v
    )
