"""Times to an event in several groups: are the curves the same, and how many days lie between them.

The log-rank test asks the former; the restricted mean, which is the area under a curve up to a day
that all groups have been followed to, answers the latter in days even where no median is reached.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.statistics.frequencies import occurred
from funnelkit.statistics.special import chi2_above, deviate, normal_p
from funnelkit.statistics.survival import Curve, kaplan_meier, survival_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOTHING = 1e-10
"""A variance this small, relatively, is what subtraction leaves of 0."""


class Times(Struct, frozen=True):
    """The ages in whole days of one group, each with how many entities."""

    events: Mapping[int, int]
    censored: Mapping[int, int]
    """Ages at which entities were last seen without the event."""


class LogRank(Struct, frozen=True, kw_only=True):
    """The events of each group against those that equal curves would bring."""

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    variance: tuple[float, ...]
    """Of observed less expected, per group."""
    statistic: float
    df: int
    """Groups that can be compared, less one; 0 where none can."""
    p: float


class DaysBetween(Struct, frozen=True, kw_only=True):
    """A difference of restricted means in days, with its limits."""

    value: float
    low: float
    high: float
    p: float
    tau: int
    """The day up to which it was taken."""


def logrank(groups: Sequence[Times]) -> LogRank:
    """The log-rank test of equal curves (Mantel 1966; Peto and Peto 1972, JRSS A 135:185-207).

    On every day with an event the numbers of events in the groups are hypergeometric under equality.
    Chi-squared with as many degrees of freedom as the covariance has rank; p is 1 where that is 0.
    """
    size = len(groups)
    left = [occurred(g.events) + occurred(g.censored) for g in groups]
    expected = [0.0] * size
    covariance = [[0.0] * size for _ in groups]
    for day in sorted({day for g in groups for day in (*g.events, *g.censored)}):
        came, all_ = sum(g.events.get(day, 0) for g in groups), sum(left)
        if came:
            shares = [n / all_ for n in left]
            spread = came * (all_ - came) / (all_ - 1) if all_ > 1 else 0.0
            for i, share in enumerate(shares):
                expected[i] += came * share
                for j, other in enumerate(shares):
                    covariance[i][j] += spread * share * ((i == j) - other)
        left = [n - g.events.get(day, 0) - g.censored.get(day, 0) for n, g in zip(left, groups, strict=True)]
    observed = tuple(sum(g.events.values()) for g in groups)
    excess = [o - e for o, e in zip(observed, expected, strict=True)]
    statistic, df = _quadratic(excess, covariance)
    return LogRank(
        observed=observed,
        expected=tuple(expected),
        variance=tuple(covariance[i][i] for i in range(size)),
        statistic=statistic,
        df=df,
        p=chi2_above(statistic, df) if df else 1.0,
    )


def common_follow_up(groups: Sequence[Times]) -> int:
    """The last day on which every group was still observed: the least of their highest ages.

    Raises ValueError where a group is empty.
    """
    ages = [[day for counts in (g.events, g.censored) for day, n in counts.items() if n] for g in groups]
    if not ages or not all(ages):
        raise ValueError("a group without entities has no follow-up")
    return min(map(max, ages))


def restricted_mean(curve: Curve, tau: int) -> tuple[float, float]:
    """The mean of min(days to the event, *tau*) and its standard error (Irwin 1949, J. Hygiene 47:188).

    The standard error is that of the estimate, from Greenwood's variance of the curve, and not the
    spread of the days themselves. *tau* must not lie beyond the last day that was observed, which the
    curve does not know; before the beginning it raises ValueError.

    >>> restricted_mean(kaplan_meier({1: 1, 3: 1}, {}), 3)[0]
    2.0
    """
    if tau < 0:
        raise ValueError(f"day {tau} is before the beginning")
    days = [day for day in curve.times if day <= tau]
    levels = (1.0, *curve.survival)
    ends = (*days[1:], tau)
    # The area to the right of each step, from the last one backwards.
    area, variance = 0.0, 0.0
    for i in reversed(range(len(days))):
        area += (ends[i] - days[i]) * levels[i + 1]
        left, came = curve.at_risk[i], curve.events[i]
        if came < left:
            variance += area**2 * came / (left * (left - came))
    return (days[0] if days else tau) + area, math.sqrt(variance)


def days_between(first: Times, second: Times, tau: int | None = None, level: float = 0.95) -> DaysBetween:
    """Restricted mean of *first* less that of *second*, up to the common follow-up or *tau* if given.

    (Royston and Parmar 2013, BMC Med Res Methodol 13:152.) Limits and p are normal. Raises ValueError
    where *tau* is before the beginning, or beyond the follow-up of a group of which some were then still
    without the event.
    """
    tau = common_follow_up([first, second]) if tau is None else tau
    curves = [kaplan_meier(g.events, g.censored) for g in (first, second)]
    for group, curve in zip((first, second), curves, strict=True):
        last = common_follow_up([group])
        if tau > last and survival_at(curve, last) > 0:
            raise ValueError(f"day {tau} is beyond the follow-up of {last} days")
    (mean1, error1), (mean2, error2) = (restricted_mean(curve, tau) for curve in curves)
    value, error = mean1 - mean2, math.hypot(error1, error2)
    half = deviate(level) * error
    p = normal_p(value / error) if error else float(value == 0)
    return DaysBetween(value=value, low=value - half, high=value + half, p=p, tau=tau)


def _quadratic(vector: Sequence[float], matrix: Sequence[Sequence[float]]) -> tuple[float, int]:
    """How far *vector* is from 0 for a covariance that may be singular, and the rank of the covariance.

    The quadratic form with a generalised inverse, by elimination that leaves out what has no variance.
    """
    v, m = list(vector), [list(row) for row in matrix]
    todo = set(range(len(v)))
    least = _NOTHING * max((m[i][i] for i in todo), default=0.0)
    total, rank = 0.0, 0
    while todo:
        at = max(todo, key=lambda i: m[i][i])
        if m[at][at] <= least:
            break
        todo.remove(at)
        total += v[at] ** 2 / m[at][at]
        rank += 1
        for i in todo:
            ratio = m[i][at] / m[at][at]
            v[i] -= ratio * v[at]
            for j in todo:
                m[i][j] -= ratio * m[at][j]
    return total, rank
