"""Whether rates differ by more than chance, and how small a difference could have been seen.

Two rates are tested in `intervals`; here are several rates, small counts, rates within strata, many
tests at once, and the power that belongs beside every difference that was not called.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.statistics.special import chi2_above, deviate, normal_cdf

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAME = 1e-7
"""Two probabilities this near to each other, relatively, count as equal, as in R's fisher.test."""
_NEGLIGIBLE = 1e-20
_STEPS = 60
"""Halvings of an interval of length 1 that reach the precision of a float."""
_MOST = 20_000
"""A standard deviation of the number of successes up to which all likely outcomes are added up one by one."""
_ENOUGH = 5
"""Expected successes and failures from which on chi-squared holds (Cochran 1954)."""


class ChiSquared(Struct, frozen=True):
    """Pearson's test of equal rates."""

    statistic: float
    df: int
    p: float
    least_expected: float
    """The smallest number of successes or failures that equal rates would bring."""

    @property
    def reliable(self) -> bool:
        """Whether enough is expected everywhere for p to be trusted."""
        return self.least_expected >= _ENOUGH


class CommonOdds(Struct, frozen=True):
    """The odds ratio that all strata share, its limits, and the test of 1."""

    ratio: float
    low: float
    high: float
    statistic: float
    p: float


def chi_squared(rates: Sequence[tuple[int, int]]) -> ChiSquared:
    """The test of equal rates (successes, trials) in two or more groups (Pearson 1900), not corrected.

    Where all or none succeeded p is 1. Raises ValueError where a group has no trials.

    >>> chi_squared([(83, 86), (90, 93), (129, 136), (70, 82)]).df
    3
    """
    if len(rates) < 2 or not all(0 <= x <= n and n > 0 for x, n in rates):
        raise ValueError(f"not rates of several groups: {', '.join(f'{x} of {n}' for x, n in rates)}")
    successes, trials = sum(x for x, _ in rates), sum(n for _, n in rates)
    rarer = min(successes, trials - successes)
    least = min(n for _, n in rates) * rarer / trials
    df = len(rates) - 1
    if not rarer:
        return ChiSquared(0.0, df, 1.0, least)
    # (x N - n X)^2 is exact in whole numbers; nothing cancels.
    scale = successes * (trials - successes)
    statistic = math.fsum((x * trials - n * successes) ** 2 / (n * scale) for x, n in rates)
    return ChiSquared(statistic, df, chi2_above(statistic, df), least)


def fisher_exact(x1: int, n1: int, x2: int, n2: int) -> float:
    """Two-sided p of equal rates given their sum (Fisher 1935): of all outcomes that are no likelier.

    Raises ValueError where they are so many that `chi_squared` holds as well, and at once.

    >>> round(fisher_exact(3, 4, 1, 4), 6)
    0.485714
    """
    if not (0 <= x1 <= n1 and 0 <= x2 <= n2):
        raise ValueError(f"not rates: {x1} of {n1} and {x2} of {n2}")
    drawn, low, high = x1 + x2, max(0, x1 + x2 - n2), min(n1, x1 + x2)
    if n1 * n2 * drawn * (n1 + n2 - drawn) > _MOST**2 * max(n1 + n2 - 1, 1) * (n1 + n2) ** 2:
        raise ValueError(f"too many for an exact test: {x1} of {n1} and {x2} of {n2}")
    mode = min(high, max(low, (drawn + 1) * (n1 + 1) // (n1 + n2 + 2)))
    # Chances relative to the likeliest outcome, outwards from it until they no longer matter.
    chances = {mode: 1.0}
    for step, end in ((1, high), (-1, low)):
        k, chance = mode, 1.0
        while k != end and (chance > _NEGLIGIBLE or (chance > 0 and (x1 - k) * step > 0)):
            up = (n1 - k) * (drawn - k), (k + 1) * (n2 - drawn + k + 1)
            down = k * (n2 - drawn + k), (n1 - k + 1) * (drawn - k + 1)
            chance *= up[0] / up[1] if step > 0 else down[0] / down[1]
            k += step
            chances[k] = chance
    limit = chances.get(x1, 0.0) * (1 + _SAME)
    ordered = sorted(chances.values())
    return math.fsum(c for c in ordered if c <= limit) / math.fsum(ordered)


def mantel_haenszel(
    strata: Sequence[tuple[int, int, int, int]], *, corrected: bool = True, level: float = 0.95
) -> CommonOdds:
    """Two rates x1 / n1 and x2 / n2 compared within *strata* of (x1, n1, x2, n2).

    Odds ratio and test by Mantel and Haenszel 1959 (JNCI 22:719-748), *corrected* for continuity or
    not; limits by Robins, Breslow and Greenland 1986 (Biometrics 42:311-323). Raises ValueError where
    no stratum has successes of one side against failures of the other, both ways.
    """
    agree = cross = agree_part = mixed = cross_part = excess = variance = 0.0
    for x1, n1, x2, n2 in strata:
        n, y1, y2 = n1 + n2, n1 - x1, n2 - x2
        if min(x1, y1, x2, y2) < 0:
            raise ValueError(f"not rates: {x1} of {n1} and {x2} of {n2}")
        if n < 2:
            continue
        r, s, p = x1 * y2 / n, y1 * x2 / n, (x1 + y2) / n
        agree, cross = agree + r, cross + s
        agree_part, mixed = agree_part + p * r, mixed + p * s + (1 - p) * r
        cross_part += (1 - p) * s
        excess += (x1 * n2 - x2 * n1) / n
        variance += n1 * n2 * (x1 + x2) * (y1 + y2) / (n * n * (n - 1))
    if not (agree and cross):
        raise ValueError("no odds ratio: one side has only successes or only failures")
    ratio = agree / cross
    error = math.sqrt(agree_part / agree**2 + mixed / (agree * cross) + cross_part / cross**2)
    half = deviate(level) * math.sqrt(0.5) * error
    away = max(0.0, abs(excess) - 0.5) if corrected else abs(excess)
    statistic = away**2 / variance
    return CommonOdds(
        ratio, ratio * math.exp(-half), ratio * math.exp(half), statistic, chi2_above(statistic, 1)
    )


def power(p1: float, n1: float, p2: float, n2: float, level: float = 0.95) -> float:
    """The chance that rates *p1* and *p2* of so many trials are found different (Fleiss 1981).

    For the pooled z test in the direction of the difference, as R's power.prop.test. Raises ValueError
    where these are no rates.
    """
    if not (0 <= p1 <= 1 and 0 <= p2 <= 1 and min(n1, n2) > 0):
        raise ValueError(f"not rates: {p1:g} of {n1} and {p2:g} of {n2}")
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    under_equality = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    error = math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    beyond = abs(p1 - p2) - deviate(level) * under_equality
    if error == 0:
        return float(beyond > 0)
    return normal_cdf(beyond / error)


def detectable(
    p1: float, n1: float, n2: float, chance: float = 0.8, level: float = 0.95
) -> tuple[float | None, float | None]:
    """The rates below and above *p1* that *n2* trials would tell from it with the *chance*.

    *p1* is the rate of *n1* trials. None where even 0 or 1 would not be told from it. Raises
    ValueError where there are no trials.
    """
    if not (0 <= p1 <= 1 and min(n1, n2) > 0):
        raise ValueError(f"not a rate: {p1:g} of {n1} against {n2}")

    def nearest(end: float) -> float | None:
        if power(p1, n1, end, n2, level) < chance:
            return None
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if power(p1, n1, p1 + (end - p1) * middle, n2, level) < chance:
                low = middle
            else:
                high = middle
        return p1 + (end - p1) * high

    return nearest(0.0), nearest(1.0)


def false_discovery(ps: Sequence[float]) -> list[float]:
    """Values of p adjusted for being many (Benjamini and Hochberg 1995, JRSS B 57:289-300), in their order.

    Calling those of at most 0.05 makes 5 % of the calls wrong on average. Raises ValueError where one
    is no probability.

    >>> false_discovery([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.03]
    """
    if not all(0 <= p <= 1 for p in ps):
        raise ValueError("a p lies between 0 and 1")
    adjusted = [1.0] * len(ps)
    least = 1.0
    for rank, at in sorted(enumerate(sorted(range(len(ps)), key=ps.__getitem__), start=1), reverse=True):
        least = min(least, ps[at] * len(ps) / rank)
        adjusted[at] = least
    return adjusted
