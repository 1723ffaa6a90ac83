"""Whether a score or a judgement of marketing agrees with what sales found.

From how many entities had each score, by outcome. Use only entities old enough to have an outcome, and the score
as it was at hand-over: a score that went on rising with the deal would be proved by itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from funnelkit.statistics.frequencies import occurred
from funnelkit.statistics.intervals import wilson
from funnelkit.statistics.special import deviate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


Score = TypeVar("Score", int, float)

_STEPS = 60
"""Halvings of an interval of length 1 that reach the precision of a float."""


class Estimate(Struct, frozen=True):
    """A measure of agreement, its standard error and its limits."""

    value: float
    stderr: float
    low: float
    high: float


class Bin(Struct, frozen=True):
    """Entities with neighbouring scores."""

    least: float
    most: float
    """Lowest and highest score in it."""
    good: int
    n: int
    low: float
    high: float
    """Limits of the rate good / n (Wilson)."""


def auc(good: Mapping[Score, int], bad: Mapping[Score, int], level: float = 0.95) -> Estimate:
    """The chance that a good entity has a higher score than a bad one, ties counting one half.

    Mann and Whitney's U as a share; standard error by Hanley and McNeil 1982 (Radiology 143:29-36),
    from the area and both numbers; limits by Newcombe 2006 (Stat Med 25:559-573, method 5), which stay
    within 0 and 1 and do not vanish where the scores separate completely. Raises ValueError where one
    side is empty.
    """
    m, n = occurred(good), occurred(bad)
    if not (m and n):
        raise ValueError("without both outcomes there is nothing to tell apart")
    higher, wins = m, 0
    for score in _scores(good, bad):
        # Twice the pairs that are won, which is whole.
        wins += bad.get(score, 0) * (2 * higher - good.get(score, 0))
        higher -= good.get(score, 0)
    area = wins / (2 * m * n)
    z = deviate(level)
    return Estimate(
        area,
        math.sqrt(max(0.0, _area_variance(area, m, n, m, n))),
        1 - _farthest(1 - area, m, n, z),
        _farthest(area, m, n, z),
    )


def calibration(good: Mapping[Score, int], bad: Mapping[Score, int], parts: int = 10) -> list[Bin]:
    """Rates of good ones in *parts* of about equal size, by ascending score; equal scores stay together.

    There are fewer parts where the scores do not tell so many apart. Raises ValueError for no parts.
    """
    if parts < 1:
        raise ValueError(f"not a number of parts: {parts}")
    total, before = occurred(good) + occurred(bad), 0
    members: dict[int, list[Score]] = {}
    for score in _scores(good, bad):
        here = good.get(score, 0) + bad.get(score, 0)
        if here:
            # The part in which the middle one of its entities lies.
            members.setdefault((2 * before + here) * parts // (2 * total), []).append(score)
            before += here
    return [_bin(scores, good, bad) for scores in members.values()]


def lift(good: Mapping[Score, int], bad: Mapping[Score, int], share: float) -> float:
    """How many times the overall rate the rate is among the *share* of entities with the highest scores.

    Of a score that the border cuts, the entities count in proportion. Raises ValueError where nobody
    is good, or *share* is not above 0 and at most 1.
    """
    positive = occurred(good)
    total = positive + occurred(bad)
    if not positive or not 0 < share <= 1:
        raise ValueError(f"no lift of the top {share:g} where {positive} of {total} are good")
    left, found = share * total, 0.0
    for score in reversed(_scores(good, bad)):
        here = good.get(score, 0) + bad.get(score, 0)
        taken = min(left, here)
        found += good.get(score, 0) * taken / here if here else 0.0
        left -= taken
    return found / (share * positive)


def brier(good: Mapping[Score, int], bad: Mapping[Score, int], certain: float = 1.0) -> float:
    """The mean squared distance of scores from outcomes, 0 the best (Brier 1950, Mon. Weather Rev. 78:1-3).

    *certain* is the score that would mean probability 1: 100 of a score in percent. Raises ValueError
    where a score is no probability on that scale, and where there are none.
    """
    total = occurred(good) + occurred(bad)
    if not total or not certain > 0 or not all(0 <= score <= certain for score in (*good, *bad)):
        raise ValueError(f"not probabilities on a scale from 0 to {certain:g}")
    missed = math.fsum(n * (1 - score / certain) ** 2 for score, n in good.items())
    return (missed + math.fsum(n * (score / certain) ** 2 for score, n in bad.items())) / total


def kappa(table: Sequence[Sequence[int]], level: float = 0.95) -> Estimate:
    """Agreement of two judges beyond chance, 1 the best (Cohen 1960, Educ. Psych. Meas. 20:37-46).

    *table* has how many the first put into the class of the row and the second into that of the
    column. Standard error by Fleiss, Cohen and Everitt 1969 (Psych. Bull. 72:323-327). Raises
    ValueError where this is no such table, and where chance alone would make them agree always.
    """
    if any(len(row) != len(table) or min(row) < 0 for row in table):
        raise ValueError("a table of two judges has a row and a column for each class, and no number below 0")
    total = sum(map(sum, table))
    if not total:
        raise ValueError("nothing was judged")
    rows = [sum(row) / total for row in table]
    columns = [sum(column) / total for column in zip(*table, strict=True)]
    expected = math.fsum(r * c for r, c in zip(rows, columns, strict=True))
    if expected >= 1:
        raise ValueError("both judges put everything into one class")
    agreed = sum(table[i][i] for i in range(len(rows))) / total
    value = (agreed - expected) / (1 - expected)
    spread = math.fsum(
        cell / total * (((i == j) - (columns[i] + rows[j]) * (1 - value)) ** 2)
        for i, row in enumerate(table)
        for j, cell in enumerate(row)
    )
    centre = value - expected * (1 - value)
    error = math.sqrt(max(0.0, spread - centre**2) / total) / (1 - expected)
    half = deviate(level) * error
    return Estimate(value, error, max(-1.0, value - half), min(1.0, value + half))


def _scores(good: Mapping[Score, int], bad: Mapping[Score, int]) -> list[Score]:
    """All scores, ascending."""
    return sorted(set(good) | set(bad))


def _bin(scores: Sequence[Score], good: Mapping[Score, int], bad: Mapping[Score, int]) -> Bin:
    x = sum(good.get(score, 0) for score in scores)
    n = x + sum(bad.get(score, 0) for score in scores)
    return Bin(scores[0], scores[-1], x, n, *wilson(x, n))


def _area_variance(area: float, m: int, n: int, good: float, bad: float) -> float:
    """The variance of an area where scores are exponential; *good* and *bad* weigh the two sides."""
    two_good, two_bad = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (good - 1) * (two_good - area**2) + (bad - 1) * (two_bad - area**2)
    return (area * (1 - area) + spread) / (m * n)


def _farthest(area: float, m: int, n: int, z: float) -> float:
    """The largest area of which *area* is no more than *z* standard errors away."""
    # With the mean of both numbers on each side the variance is the same for 1 - area.
    mean = (m + n) / 2
    low, high = area, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if (middle - area) ** 2 <= z * z * _area_variance(middle, m, n, mean, mean):
            low = middle
        else:
            high = middle
    return high
