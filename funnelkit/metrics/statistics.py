"""Statistics of one histogram as cells: means, quantiles and survival times.

A histogram counts whole numbers: days, or money in its smallest unit; *unit* is what one of these is
worth. Negative days are mistakes of the source and left out; negative amounts are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from funnelkit.metrics.cell import Cell, Number
from funnelkit.metrics.reasons import (
    NO_SCORES,
    NO_VALUES,
    NOT_REACHED,
    ONE_OUTCOME,
    ONE_VERDICT,
    ONE_VERDICT_OF_SALES,
    Reason,
)
from funnelkit.statistics import agreement, intervals, ratios, survival
from funnelkit.statistics.moments import Moments

Histogram = Mapping[int, int]


def empty(reason: Reason) -> Cell:
    """The cell of a metric that has no value."""
    return Cell(value=None, reason=reason.code, message=reason.message)


def mean(found: Moments, unit: Fraction, method: str | None = None, *, money: bool = False) -> Cell:
    """The mean, with t limits from two values on; of money they are taken on the scale of logarithms.

    Of 30 amounts as skewed as those of deals (logarithms with a standard deviation of 1) plain limits
    hold the truth in 88 of 100 samples, these in 92; of 100 in 92 and 94; of even amounts both in 95.

    >>> mean(Moments.of({45: 1, 54: 1, 39: 1}), Fraction(1)).value
    46.0
    """
    if not found.n:
        return empty(NO_VALUES)
    limits, kind = _limits_of_money(found) if money else None, "log_t"
    if limits is None and found.n > 1:
        low, high = intervals.mean_t(found.n, found.total, found.squares)
        if found.least is not None and found.least >= 0:
            # Few and skewed values would have the mean of durations reach below zero.
            low = max(low, 0.0)
        limits, kind = (low, high), "t"
    if limits:
        limits = limits[0] * float(unit), limits[1] * float(unit)
    top, bottom = found.total * unit.numerator, unit.denominator
    return Cell(
        value=top / (bottom * found.n),
        numerator=top if bottom == 1 else top / bottom,
        denominator=found.n,
        n=found.n,
        interval=limits,
        interval_type=kind if limits else None,
        method=method,
    )


def _limits_of_money(found: Moments) -> tuple[float, float] | None:
    """Those of a quotient of the sum and the number of amounts; None where some are negative or these are few."""
    n, total, squares = (Fraction(v) for v in (found.n, found.total, found.squares))
    sums = ratios.PairSums(found.n, total, n, squares, n, total)
    if found.least is None or found.least < 0 or not total or not ratios.supports(sums, share=False):
        return None
    return ratios.limits(sums, share=False)


def quantile(ordered: Sequence[tuple[int, int]], q: float, unit: Fraction) -> Cell:
    """The *q* quantile of values and their counts in order, with limits by order statistics."""
    if not ordered:
        return empty(NO_VALUES)
    low, high = intervals.quantile_limits(ordered, q)
    value = Fraction(intervals.quantile(ordered, q)) * unit
    return Cell(
        value=float(value),
        n=sum(n for _, n in ordered),
        interval=(_worth(low, unit), None if high is None else _worth(high, unit)),
        interval_type="order",
    )


def survival_quantile(
    curve: survival.Curve, entities: int, q: float = 0.5, otherwise: Reason = NOT_REACHED
) -> Cell:
    """The quantile *q* of a Kaplan-Meier *curve* of so many *entities*, those without the event among them.

    *otherwise* is said where the curve does not come so far.
    """
    if not entities:
        return empty(NO_VALUES)
    days = survival.quantile(curve, q)
    if days is None:
        return empty(otherwise)
    low, high = survival.quantile_limits(curve, q)
    return Cell(
        value=days,
        n=entities,
        interval=None if low is None else (low, high),
        interval_type=None if low is None else "km",
    )


def share(part: int, of: int) -> Cell:
    """*part* of so many cases, with Wilson's limits."""
    if not of:
        return empty(NO_VALUES)
    limits = intervals.wilson(part, of)
    return Cell(
        value=part / of, numerator=part, denominator=of, n=of, interval=limits, interval_type="wilson"
    )


def area(good: Mapping[Number, int], bad: Mapping[Number, int]) -> Cell:
    """How often a good one has the higher score, by the scores of the *good* and the *bad*."""
    if not (good and bad):
        return empty(NO_SCORES if not (good or bad) else ONE_OUTCOME)
    return _estimated(agreement.auc(good, bad), sum(good.values()) + sum(bad.values()), "auc")


def agreed(both: int, first: int, second: int, neither: int) -> Cell:
    """Cohen's kappa of two judges, who call good *both*, the *first* alone, the *second* alone, *neither*."""
    n = both + first + second + neither
    if not n:
        return empty(NO_VALUES)
    if min(both + first, second + neither) == 0:
        return empty(ONE_VERDICT)
    if min(both + second, first + neither) == 0:
        return empty(ONE_VERDICT_OF_SALES)
    return _estimated(agreement.kappa([[both, first], [second, neither]]), n, "kappa")


def _estimated(found: agreement.Estimate, n: int, kind: str) -> Cell:
    return Cell(value=found.value, n=n, interval=(found.low, found.high), interval_type=kind)


def _worth(value: Number, unit: Fraction) -> Number:
    return value if unit == 1 else float(Fraction(value) * unit)
