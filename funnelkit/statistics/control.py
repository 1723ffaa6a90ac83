"""Which points of a series are out of the ordinary: control charts for rates, counts and money.

With thousands of trials a plain p chart calls every month unusual, because months differ by more than
chance within one. Laney's charts measure that and widen the limits by it.
"""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.statistics.special import t_cdf

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 12
"""Periods before the last one without which nothing is said."""
_FAR = 3.5
"""Median distances beyond which an amount is out of the ordinary."""
_MOVING_RANGE = 2 / math.sqrt(math.pi)
"""Expected distance of two standard normal values (1.128)."""
_MAD = 0.6744897501960817
"""Median distance from the middle, in standard deviations, of a normal value."""
_MEAN_DISTANCE = math.sqrt(2 / math.pi)
"""Mean distance from the middle, in standard deviations, of a normal value."""


class Point(Struct, frozen=True):
    """A value of a series and the limits within which it is ordinary."""

    value: float
    low: float
    high: float

    @property
    def side(self) -> int:
        """1 above the limits, -1 below, 0 within."""
        return (self.value > self.high) - (self.value < self.low)


class Chart(Struct, frozen=True):
    """A series with its limits."""

    centre: float
    points: tuple[Point, ...]
    overdispersion: float = 1.0
    """How many times as far as chance would the points are apart."""


class Judged(Struct, frozen=True):
    """The last value of a series against all those before it."""

    value: float
    centre: float
    low: float
    high: float
    p: float
    """Two-sided, of a value so far off, or of averages that have moved so far, by chance alone."""
    beyond: bool
    """Whether the value, or its moving average, is beyond three standard deviations."""


def last_rate(rates: Sequence[tuple[int, int]]) -> Judged | None:
    """The last of some rates in order of time by Laney's p' and the averages of Roberts; None of too few.

    Both charts are of the rates before it, so that it does not widen its own limits.
    """
    if len(rates) <= FEWEST or not (centre := _pooled(rates[:-1])) or centre == 1:
        return None
    return _last(rates, p_chart(rates[:-1]), math.sqrt(centre * (1 - centre)), 1.0)


def last_count(counts: Sequence[tuple[int, float]]) -> Judged | None:
    """The last of some counts per exposure by Laney's u' in the same way."""
    if len(counts) <= FEWEST or not (centre := _pooled(counts[:-1])):
        return None
    return _last(counts, u_chart(counts[:-1]), math.sqrt(centre), math.inf)


def over(found: Judged, days: float) -> Judged:
    """What was found of counts per day, for a period of so many *days*: what people count."""
    return replace(
        found,
        value=found.value * days,
        centre=found.centre * days,
        low=found.low * days,
        high=found.high * days,
    )


def last_value(values: Sequence[float]) -> Judged | None:
    """The last of some amounts by its distance from the median of those before it, in median distances."""
    if len(values) <= FEWEST:
        return None
    *before, value = values
    middle, spread = median(before), _spread(before)
    if not spread:
        return None
    z = (value - middle) / spread
    half = _FAR * spread
    return Judged(value, middle, middle - half, middle + half, _p(z, len(before)), abs(z) > _FAR)


def _last(
    series: Sequence[tuple[int, float]], chart: Chart, sigma: float, most: float, k: float = 3.0
) -> Judged:
    centre = chart.centre
    # Less than chance would have it is luck, and no reason for narrow limits.
    sigma *= max(1.0, chart.overdispersion)
    zs = [(x / n - centre) * math.sqrt(n) / sigma for x, n in series]
    x, n = series[-1]
    half = k * sigma / math.sqrt(n)
    settled = ewma(zs, 0.0, 1.0, k=k).points[-1]
    moved = settled.value / settled.high * k
    p = min(1.0, 2 * min(_p(zs[-1], len(series) - 1), _p(moved, len(series) - 1)))
    return Judged(
        x / n,
        centre,
        max(0.0, centre - half),
        min(most, centre + half),
        p,
        abs(zs[-1]) > k or settled.side != 0,
    )


def _p(z: float, points: int) -> float:
    """Of *z* whose standard deviation is known from so many points: moving ranges tell as much as 0.6 of them."""
    return 2 * t_cdf(-abs(z), 0.6 * points)


def p_chart(rates: Sequence[tuple[int, int]], *, laney: bool = True, k: float = 3.0) -> Chart:
    """Rates (successes, trials) in order of time, with limits *k* standard deviations wide.

    Laney's p' (2002, Quality Engineering 14:531-537), or Shewhart's p. Raises ValueError where a
    period has no trials; leave out a period that is not over.
    """
    centre = _pooled(rates)
    if any(x > n for x, n in rates):
        raise ValueError("more successes than trials")
    return _chart(rates, centre, math.sqrt(centre * (1 - centre)), 1.0, laney, k)


def u_chart(counts: Sequence[tuple[int, float]], *, laney: bool = True, k: float = 3.0) -> Chart:
    """Counts per exposure (count, days or money) in order of time: Laney's u', or Shewhart's u.

    Raises ValueError where a period has no exposure; leave out a period that is not over.
    """
    centre = _pooled(counts)
    return _chart(counts, centre, math.sqrt(centre), math.inf, laney, k)


def ewma(values: Sequence[float], target: float, sigma: float, weight: float = 0.3, k: float = 3.0) -> Chart:
    """Exponentially weighted averages, which show small shifts that last (Roberts 1959).

    Starts from *target*; *sigma* is the standard deviation of one value. Limits are those of each
    point, narrower at the start, and after some ten points those of a chart that has settled. Raises
    ValueError where *weight* is not above 0 and at most 1, and for limits of less than no width.
    """
    if not (0 < weight <= 1 and min(sigma, k) >= 0):
        raise ValueError(f"no chart with a weight of {weight:g} and limits {k:g} times {sigma:g} away")
    level, points = target, []
    for number, value in enumerate(values, start=1):
        level = weight * value + (1 - weight) * level
        settled = 1 - (1 - weight) ** (2 * number)
        half = k * sigma * math.sqrt(weight / (2 - weight) * settled)
        points.append(Point(level, target - half, target + half))
    return Chart(target, tuple(points))


def robust_z(values: Sequence[float]) -> list[float]:
    """How many standard deviations each value is from the median, undisturbed by outliers.

    The standard deviation is taken from the median distance; where more than half of the values are
    equal, from the mean distance (Iglewicz and Hoaglin 1993). 0 where all are. Flag beyond 3.5. Raises
    ValueError for a value that is not finite.

    >>> [round(z, 2) for z in robust_z([1, 2, 3, 4, 100])]
    [-1.35, -0.67, 0.0, 0.67, 65.43]
    """
    if not values:
        return []
    if not all(map(math.isfinite, values)):
        raise ValueError("an infinite value is no distance from the others")
    middle, spread = median(values), _spread(values)
    return [(value - middle) / spread if spread else 0.0 for value in values]


def _spread(values: Sequence[float]) -> float:
    """The standard deviation of *values*, undisturbed by outliers."""
    middle = median(values)
    distances = [abs(value - middle) for value in values]
    return median(distances) / _MAD or math.fsum(distances) / len(distances) / _MEAN_DISTANCE


def _pooled(series: Sequence[tuple[int, float]]) -> float:
    if not series or not all(x >= 0 and n > 0 for x, n in series):
        raise ValueError("every period needs a count and something it is counted against")
    return sum(x for x, _ in series) / math.fsum(n for _, n in series)


def _chart(
    series: Sequence[tuple[int, float]], centre: float, sigma: float, most: float, laney: bool, k: float
) -> Chart:
    """The series as quotients, with limits for *sigma* the standard deviation at a size of 1."""
    if k < 0:
        raise ValueError(f"no limits {k:g} standard deviations away")
    spread = 1.0
    if laney and sigma and len(series) > 1:
        deviates = [(x / n - centre) * math.sqrt(n) / sigma for x, n in series]
        spread = math.fsum(abs(b - a) for a, b in pairwise(deviates)) / (len(series) - 1) / _MOVING_RANGE
    points = []
    for x, n in series:
        half = k * sigma * spread / math.sqrt(n)
        points.append(Point(x / n, max(0.0, centre - half), min(most, centre + half)))
    return Chart(centre, tuple(points), spread)
