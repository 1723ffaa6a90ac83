"""Statistics of one histogram as cells: means, quantiles and survival times.

A histogram counts whole numbers: days, or money in its smallest unit; *unit* is what one of these is
worth. Negative days are mistakes of the source and left out; negative amounts are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from funnelkit.metrics import intervals, survival
from funnelkit.metrics.cell import Cell, Number
from funnelkit.metrics.moments import Moments
from funnelkit.metrics.reasons import NO_VALUES, NOT_REACHED, Reason

Histogram = Mapping[int, int]


def empty(reason: Reason) -> Cell:
    """The cell of a metric that has no value."""
    return Cell(value=None, reason=reason.code, message=reason.message)


def mean(found: Moments, unit: Fraction, method: str | None = None) -> Cell:
    """The mean, with t limits from two values on.

    >>> mean(Moments.of({45: 1, 54: 1, 39: 1}), Fraction(1)).value
    46.0
    """
    if not found.n:
        return empty(NO_VALUES)
    limits = None
    if found.n > 1:
        low, high = intervals.mean_t(found.n, found.total, found.squares)
        if found.least is not None and found.least >= 0:
            # Few and skewed values would have the mean of durations reach below zero.
            low = max(low, 0.0)
        limits = low * float(unit), high * float(unit)
    top, bottom = found.total * unit.numerator, unit.denominator
    return Cell(
        value=top / (bottom * found.n),
        numerator=top if bottom == 1 else top / bottom,
        denominator=found.n,
        n=found.n,
        interval=limits,
        interval_type="t" if limits else None,
        method=method,
    )


def quantile(ordered: Sequence[tuple[int, int]], q: float, unit: Fraction, *, limits: bool) -> Cell:
    """The *q* quantile of values and their counts in order; for a median with limits by order statistics."""
    if not ordered:
        return empty(NO_VALUES)
    interval: tuple[Number, Number | None] | None = None
    if limits:
        low, high = intervals.median_limits(ordered)
        interval = _worth(low, unit), None if high is None else _worth(high, unit)
    value = Fraction(intervals.quantile(ordered, q)) * unit
    return Cell(
        value=float(value),
        n=sum(n for _, n in ordered),
        interval=interval,
        interval_type="order" if interval else None,
    )


def survival_median(curve: survival.Curve, entities: int) -> Cell:
    """The median of a Kaplan-Meier *curve* of so many *entities*, those without the event among them."""
    if not entities:
        return empty(NO_VALUES)
    days = survival.median(curve)
    if days is None:
        return empty(NOT_REACHED)
    low, high = survival.median_limits(curve)
    return Cell(
        value=days,
        n=entities,
        interval=None if low is None else (low, high),
        interval_type=None if low is None else "km",
    )


def _worth(value: Number, unit: Fraction) -> Number:
    return value if unit == 1 else float(Fraction(value) * unit)
