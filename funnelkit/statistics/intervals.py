"""Limits and tests for rates, counts, means and quantiles, from counts and sums alone.

Every function takes what a group-by can return: counts, sums, sums of squares, or a histogram as
(value, count) pairs with the values in ascending order. Limits are two-sided at *level*. Where a
statistic is undefined (no trials, fewer than two values) they raise ValueError: that "n/a" and its
reason are told to people is the caller's business.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from funnelkit.statistics.special import (
    binomial_mass,
    deviate,
    gamma_quantile,
    normal_p,
    odds_quantile,
    odds_tails,
    outside,
    t_cdf,
    t_quantile,
    upper,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


# A report asks for the limits of the same few counts many times.
_gamma_quantile = lru_cache(maxsize=4096)(gamma_quantile)
_t_quantile = lru_cache(maxsize=4096)(t_quantile)

_APART = 1e100
"""What two rates are counted in cannot differ by so much."""
_SAME = 1e-7
"""Two probabilities this near to each other, relatively, count as equal, as in R's binom.test."""


def wilson(x: float, n: float, level: float = 0.95, *, corrected: bool = False) -> tuple[float, float]:
    """Limits of the rate x / n (Wilson 1927, JASA 22:209-212).

    An effective number of trials need not be whole. *corrected* for continuity (Newcombe 1998, Stat
    Med 17:857-872, method 4) they are wider, and cover at least *level* and not on average.

    >>> [round(limit, 4) for limit in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    if not (n > 0 and 0 <= x <= n):
        raise ValueError(f"not a rate: {x} of {n}")
    z = deviate(level)
    middle = x + z * z / 2
    half = z * math.sqrt(x * (n - x) / n + z * z / 4)
    if corrected:
        low, high = (_corrected(count, n, z) for count in (x, n - x))
        return low, 1 - high
    # The lower limit as a quotient, so that it keeps its digits near 0 and is 0 at 0 of n.
    low = x * x / (n * (middle + half))
    return low, 1.0 if x == n else (middle + half) / (n + z * z)


def newcombe(
    x1: float, n1: float, x2: float, n2: float, level: float = 0.95, *, corrected: bool = False
) -> tuple[float, float, float]:
    """x1 / n1 - x2 / n2 and its limits (Newcombe 1998, Stat Med 17:873-890, method 10; 11 *corrected*).

    >>> [round(value, 4) for value in newcombe(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    (low1, high1), (low2, high2) = (wilson(x, n, level, corrected=corrected) for x, n in ((x1, n1), (x2, n2)))
    p1, p2 = x1 / n1, x2 / n2
    difference = (x1 * n2 - x2 * n1) / (n1 * n2)
    low = difference - math.hypot(p1 - low1, high2 - p2)
    return difference, low, difference + math.hypot(high1 - p1, p2 - low2)


def two_proportion_p(x1: int, n1: int, x2: int, n2: int) -> float:
    """Two-sided p of equal rates, from the pooled z (Pearson's chi-squared, not corrected).

    It is 1 where all or none succeeded. Below 5 expected successes or failures it is too small.
    """
    if not (0 <= x1 <= n1 and 0 <= x2 <= n2 and min(n1, n2) > 0):
        raise ValueError(f"not rates: {x1} of {n1} and {x2} of {n2}")
    pooled = (x1 + x2) * (n1 + n2 - x1 - x2)
    if pooled == 0:
        return 1.0
    z = (x1 * n2 - x2 * n1) * math.sqrt((n1 + n2) / (pooled * n1 * n2))
    return normal_p(z)


def poisson(count: int, level: float = 0.95) -> tuple[float, float]:
    """Exact limits of the expected number where *count* happened (Garwood 1936, Biometrika 28:437-442).

    >>> [round(limit, 4) for limit in poisson(10)]
    [4.7954, 18.3904]
    """
    if count < 0:
        raise ValueError(f"not a count: {count}")
    beyond = outside(level)
    low = _gamma_quantile(beyond, count) if count else 0.0
    return low, _gamma_quantile(1 - beyond, count + 1)


def poisson_ratio(
    c1: int, e1: float, c2: int, e2: float, level: float = 0.95
) -> tuple[float, float, float, float]:
    """The ratio of the rates c1 / e1 and c2 / e2, its exact limits, and the two-sided p of 1.

    Given c1 + c2, c1 is binomial (Przyborowski and Wilenski 1940, Biometrika 31:313-323): the limits
    are Clopper and Pearson's (1934), p adds up all outcomes that are no likelier, as R's poisson.test
    does. Ratio and upper limit are infinite where c2 is 0.
    """
    if min(c1, c2) < 0 or c1 + c2 == 0 or min(e1, e2) <= 0 or not 1 / _APART < e1 / e2 < _APART:
        raise ValueError(f"not two rates: {c1} in {e1} and {c2} in {e2}")
    beyond, scale = outside(level), e2 / e1
    p = _binomial_p(c1, c1 + c2, e1 / e2)
    low = scale * odds_quantile(beyond, c1, c2 + 1) if c1 else 0.0
    if c2 == 0:
        return math.inf, low, math.inf, p
    return c1 / c2 * scale, low, scale * odds_quantile(1 - beyond, c1 + 1, c2), p


def mean_t(n: int, total: float, squares: float, level: float = 0.95) -> tuple[float, float]:
    """Limits of the mean (Student 1908) in the unit of the values, from n, their sum and sum of squares."""
    mean, variance = _mean(n, total, squares)
    half = _t_quantile(upper(level), n - 1) * math.sqrt(variance)
    return mean - half, mean + half


def welch(
    n1: int, s1: float, q1: float, n2: int, s2: float, q2: float, level: float = 0.95
) -> tuple[float, float, float, float]:
    """Mean 1 less mean 2, its limits, and the two-sided p of 0 (Welch 1947, Biometrika 34:28-35).

    From n, sum and sum of squares of each side; degrees of freedom by Satterthwaite. Where all values
    of both sides are equal, nothing is left to chance: the limits are the difference, p is 0 or 1.
    """
    (mean1, variance1), (mean2, variance2) = _mean(n1, s1, q1), _mean(n2, s2, q2)
    difference, variance = mean1 - mean2, variance1 + variance2
    if variance == 0:
        return difference, difference, difference, 1.0 if difference == 0 else 0.0
    share1, share2 = variance1 / variance, variance2 / variance
    df = 1 / (share1 * share1 / (n1 - 1) + share2 * share2 / (n2 - 1))
    error = math.sqrt(variance)
    half = t_quantile(upper(level), df) * error
    return difference, difference - half, difference + half, 2 * t_cdf(-abs(difference) / error, df)


def quantile(histogram: Sequence[tuple[float, int]], q: float) -> float:
    """The *q* quantile, linear between order statistics (Hyndman and Fan 1996, type 7).

    >>> quantile([(1, 2), (4, 1), (10, 1)], 0.5)
    2.5
    """
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile is of a share between 0 and 1, and not {q:g}")
    ends = _ends(histogram)
    place = (ends[-1] - 1) * q
    rank = math.floor(place)
    low = _ranked(histogram, ends, rank)
    high = _ranked(histogram, ends, min(rank + 1, ends[-1] - 1))
    return float(low + (high - low) * (place - rank))


def median_limits(histogram: Sequence[tuple[float, int]], level: float = 0.95) -> tuple[float, float | None]:
    """Limits of the median: two of the values (Thompson 1936, Ann. Math. Stat. 7:122-128).

    At least *level* is covered, whatever the distribution. Too few values give no limits: the upper is
    None, and the lower is 0, below which no duration and no amount lies (or the least value, if it does).
    """
    return quantile_limits(histogram, 0.5, level)


def quantile_limits(
    histogram: Sequence[tuple[float, int]], q: float, level: float = 0.95
) -> tuple[float, float | None]:
    """The same of the *q* quantile, 0 < q < 1, of which either limit may be missing.

    >>> quantile_limits([(day, 1) for day in range(1, 101)], 0.9)
    (84, 96)
    """
    if not 0 < q < 1:
        raise ValueError(f"a quantile with limits is of a share between 0 and 1, and not {q:g}")
    ends = _ends(histogram)
    n = ends[-1]
    low, above = _lowest_rank(n, q, level), _lowest_rank(n, 1 - q, level)
    return (
        _ranked(histogram, ends, low - 1) if low else min(0, _ranked(histogram, ends, 0)),
        _ranked(histogram, ends, n - above) if above else None,
    )


def _corrected(x: float, n: float, z: float) -> float:
    """The lower limit of a rate, corrected for continuity."""
    if x == 0:
        return 0.0
    # Below 0 for parts of a trial only.
    root = math.sqrt(max(0.0, z * z - 2 - 1 / n + 4 * x / n * (n - x + 1)))
    return max(0.0, (2 * x + z * z - 1 - z * root) / (2 * (n + z * z)))


def _mean(n: int, total: float, squares: float) -> tuple[float, float]:
    """The mean and the variance of that mean."""
    if n < 2:
        raise ValueError(f"no variance from {n} values")
    # Sums of whole cents are exact, and in fractions nothing cancels.
    spread = n * Fraction(squares) - Fraction(total) ** 2
    return float(Fraction(total) / n), max(0.0, float(spread / (n * n * (n - 1))))


def _binomial_p(k: int, n: int, odds: float) -> float:
    """P of all outcomes of *n* trials that are no likelier than *k*."""
    middle = n * odds / (1 + odds)
    if k > middle:
        k, middle, odds = n - k, n - middle, 1 / odds
    limit = binomial_mass(k, n, odds) * (1 + _SAME)
    # From the mean upwards the probabilities fall, so the far end begins where they are small enough.
    far = bisect_left(
        range(n + 1), True, lo=math.ceil(middle), key=lambda i: binomial_mass(i, n, odds) <= limit
    )
    below = odds_tails(odds, k + 1, n - k)[1] if k < n else 1.0
    above = odds_tails(odds, far, n - far + 1)[0] if far <= n else 0.0
    return min(1.0, below + above)


@lru_cache(maxsize=4096)
def _lowest_rank(n: int, q: float, level: float) -> int:
    """The 1-based rank, among *n* values, of the lower limit of the *q* quantile; 0 where there is none."""
    beyond, odds = outside(level) * (1 + 1e-12), q / (1 - q)

    def safe(rank: int) -> bool:
        """Whether it is rare enough that fewer than *rank* values lie below the quantile."""
        return rank <= n and odds_tails(odds, rank, n - rank + 1)[1] <= beyond

    rank = min(n, max(0, round(n * q + 0.5 - deviate(level) * math.sqrt(n * q * (1 - q)))))
    while rank > 0 and not safe(rank):
        rank -= 1
    while safe(rank + 1):
        rank += 1
    return rank


def _ends(histogram: Sequence[tuple[float, int]]) -> list[int]:
    """How many values there are up to each entry. Raises ValueError where these are no values in order."""
    if any(count < 0 for _, count in histogram):
        raise ValueError("a value cannot occur less often than never")
    if any(first[0] > second[0] for first, second in pairwise(histogram)):
        raise ValueError("the values of a histogram must ascend")
    ends = list(accumulate(count for _, count in histogram))
    if not ends or ends[-1] == 0:
        raise ValueError("no values")
    return ends


def _ranked(histogram: Sequence[tuple[float, int]], ends: Sequence[int], rank: int) -> float:
    """The value of 0-based *rank*."""
    return histogram[bisect_right(ends, rank)][0]
