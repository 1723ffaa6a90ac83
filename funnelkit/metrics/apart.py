"""A change taken apart into effects by segment that add up to it, each with the limits that chance sets.

Limits come by the delta method from the variances of the sums: an effect hangs on the sums of its own
segment, and through totals and shares on those of all others.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from funnelkit.metrics.special import normal_p, normal_quantile

if TYPE_CHECKING:
    from funnelkit.metrics.shifts import Shifts, Values
    from funnelkit.metrics.variation import Sample

Key = TypeVar("Key", bound=Hashable)
_Row = tuple[float, ...]
_ROUNDING = 1e-9


class Estimate(Struct, frozen=True):
    """An effect and its standard error; None where nothing is known of chance."""

    value: float
    error: float | None

    @property
    def limits(self) -> tuple[float, float] | None:
        """The limits at 95 %."""
        if self.error is None:
            return None
        half = normal_quantile(0.975) * self.error
        return self.value - half, self.value + half

    @property
    def p(self) -> float:
        """Two-sided p of no effect at all; 1 where nothing is known."""
        if self.error is None or self.value == 0:
            return 1.0
        return normal_p(self.value / self.error) if self.error else 0.0


class Apart(Struct, Generic[Key], frozen=True, kw_only=True):
    """The effects of a change, in the order of the effects asked about, and their sum last."""

    segments: Mapping[Key, tuple[Estimate, ...]]
    total: tuple[Estimate, ...]
    expected: Mapping[Key, float]
    """What each segment would have brought had all of them changed alike."""


def take_apart(
    shifts: Shifts, before: Mapping[Key, Sample], after: Mapping[Key, Sample], counts: Sequence[bool]
) -> Apart[Key]:
    """The change from *before* to *after*; both have the same segments. *counts* says which sums are counts.

    The effects add up to the change of the metric of all segments, which both periods must have.
    """
    every = tuple(_all(period) for period in (before, after))
    work = _Work(shifts, every[0], every[1], len(counts))
    spreads = {key: _spread(before[key], after[key], counts) for key in before}
    slopes = {key: work.slopes(before[key].values, after[key].values, spreads[key]) for key in before}
    values = {key: _summed(shifts.of(before[key].values, after[key].values, *every)) for key in before}
    total = [math.fsum(row[i] for row in values.values()) for i in range(len(shifts.effects) + 1)]
    _check(total, shifts, every[0], every[1])
    errors = _errors(slopes, spreads) if all(s is not None for s in spreads.values()) else None
    shares = _shares(shifts, before, after)
    return Apart(
        segments={
            key: tuple(
                Estimate(v, None if errors is None else e)
                for v, e in zip(row, errors[0][key] if errors else row, strict=True)
            )
            for key, row in values.items()
        },
        total=tuple(
            Estimate(v, None if errors is None else e)
            for v, e in zip(total, errors[1] if errors else total, strict=True)
        ),
        expected={key: share * total[-1] for key, share in shares.items()},
    )


def _all(period: Mapping[Key, Sample]) -> Values:
    return tuple(math.fsum(column) for column in zip(*(s.values for s in period.values()), strict=True))


def _summed(effects: list[float]) -> _Row:
    return (*effects, math.fsum(effects))


def _check(total: Sequence[float], shifts: Shifts, before: Values, after: Values) -> None:
    """The effects add up to the change, or all of this is wrong."""
    old, new = shifts.value(before), shifts.value(after)
    assert old is not None
    assert new is not None
    off = abs(total[-1] - (new - old))
    assert off <= _ROUNDING * max(1.0, abs(old), abs(new)), f"effects do not add up: {off}"


def _shares(shifts: Shifts, before: Mapping[Key, Sample], after: Mapping[Key, Sample]) -> dict[Key, float]:
    """The mean share of each segment in what the metric is weighed by."""
    weights = [{key: shifts.weight(s.values) for key, s in period.items()} for period in (before, after)]
    wholes = [math.fsum(period.values()) or 1.0 for period in weights]
    return {key: sum(w[key] / whole for w, whole in zip(weights, wholes, strict=True)) / 2 for key in before}


class _Slopes(Struct, frozen=True):
    """How every effect of a segment, and their sum, changes with each sum of both periods."""

    own: Sequence[_Row]
    every: Sequence[_Row]


class _Work(Struct, frozen=True):
    shifts: Shifts
    before: Values
    after: Values
    size: int

    def slopes(self, before: Values, after: Values, spread: _Spread | None) -> _Slopes:
        """The slopes over steps as long as the standard errors, which is as far as chance would move the sums."""
        place = (*before, *after, *self.before, *self.after)
        width = 2 * self.size
        steps = [math.sqrt(spread[i][i]) if spread else 0.0 for i in range(width)]
        rows = [self._slope(place, i, steps[i % width]) for i in range(2 * width)]
        return _Slopes(rows[:width], rows[width:])

    def _slope(self, place: _Row, i: int, step: float) -> _Row:
        if not step:
            return (0.0,) * (len(self.shifts.effects) + 1)
        low = min(step, place[i]) if place[i] >= 0 else step
        up, down = (self._at((*place[:i], place[i] + by, *place[i + 1 :])) for by in (step, -low))
        return tuple((a - b) / (step + low) for a, b in zip(up, down, strict=True))

    def _at(self, place: _Row) -> _Row:
        n = self.size
        return _summed(self.shifts.of(place[:n], place[n : 2 * n], place[2 * n : 3 * n], place[3 * n :]))


_Spread = Sequence[_Row]
"""Variances and covariances of the sums of both periods, in one matrix."""


def _spread(before: Sample, after: Sample, counts: Sequence[bool]) -> _Spread | None:
    """The matrix of both periods, which vary apart from each other."""
    if before.spread is None or after.spread is None:
        return None
    n = len(counts)
    rows: list[_Row] = []
    for side, sample in enumerate((before, after)):
        assert sample.spread is not None
        there = any(sample.values)
        for i, row in enumerate(sample.spread):
            # 0 of 20 might as well have been 1.
            own = [v + (i == j and counts[i] and there) for j, v in enumerate(row)]
            rows.append((*(0.0,) * (n * side), *own, *(0.0,) * (n * (1 - side))))
    return rows


def _errors(
    slopes: Mapping[Key, _Slopes], spreads: Mapping[Key, _Spread | None]
) -> tuple[dict[Key, _Row], _Row]:
    """The standard errors of the effects of every segment, and of the total."""
    known = {key: spread for key, spread in spreads.items() if spread is not None}
    width = len(next(iter(known.values())))
    whole = [
        tuple(math.fsum(s[i][j] for s in known.values()) for j in range(width)) for i in range(width)
    ]
    effects = range(len(next(iter(slopes.values())).own[0]))
    found: dict[Key, _Row] = {}
    for key, slope in slopes.items():
        row = []
        for e in effects:
            own, every = [r[e] for r in slope.own], [r[e] for r in slope.every]
            # Of its own sums through both ways, of all others through the totals.
            matrix = known[key]
            variance = _form(own, matrix, own) + 2 * _form(own, matrix, every) + _form(every, whole, every)
            row.append(math.sqrt(max(variance, 0.0)))
        found[key] = tuple(row)
    total = []
    for e in effects:
        through = [math.fsum(s.every[i][e] for s in slopes.values()) for i in range(width)]
        variance = math.fsum(
            _form(gradient, known[key], gradient)
            for key, slope in slopes.items()
            for gradient in [[slope.own[i][e] + through[i] for i in range(width)]]
        )
        total.append(math.sqrt(max(variance, 0.0)))
    return found, tuple(total)


def _form(left: Sequence[float], matrix: _Spread, right: Sequence[float]) -> float:
    return math.fsum(
        a * v * b
        for a, row in zip(left, matrix, strict=True)
        if a
        for v, b in zip(row, right, strict=True)
        if v
    )
