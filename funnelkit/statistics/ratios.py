"""Limits and tests of a quotient of two sums that vary together: return on ad spend, win rate by value.

The unit is a day, a deal or a customer, with an amount on top and one below; what happens within a
unit goes together, so that clicks are not so many independent trials. All rests on the first two
terms of Taylor's series (delta method) of units. Money is skewed: a few large amounts are most of a
sum, and then so many units tell no more than fewer of one size would. That number of equal units
(Kish 1965, Survey Sampling) gives the degrees of freedom, and limits are taken on the scale on which
the estimate is nearly normal: odds for shares, logarithms for others. Fieller's limits, on the plain
scale with a degree of freedom for every unit, held the truth in 86 to 91 of 100 samples of 30 such
deals, these in 93 to 96; of even amounts both do in 95.
"""

from __future__ import annotations

import math
from fractions import Fraction

from msgspec import Struct

from funnelkit.statistics.intervals import wilson
from funnelkit.statistics.special import t_cdf, t_quantile, upper

FEWEST = 7
"""Units below which nothing is said: a week of days."""
_EFFECTIVE = 3
"""Equal units to which they must come, or one of them is most of the sum."""
_SUMS = 2
"""What a quotient takes from its units: the sum above the line and the one below it."""
_NOTHING = 50
"""Limits that differ by the exponential of this rule nothing out."""
Limits = tuple[float, float]


class PairSums(Struct, frozen=True):
    """Sums over units of an amount *x* above and an amount *y* below, which add up over groups."""

    n: int
    """How many units."""
    x: Fraction
    y: Fraction
    xx: Fraction
    """Sum of the squares of *x*."""
    yy: Fraction
    xy: Fraction
    """Sum of the products."""

    def shifted(self, by: Fraction) -> PairSums:
        """The same with *x* less so many times *y*, whose quotient is less by so much."""
        return PairSums(
            self.n,
            self.x - by * self.y,
            self.y,
            self.xx - 2 * by * self.xy + by**2 * self.yy,
            self.yy,
            self.xy - by * self.yy,
        )

    def variance(self, ratio: Fraction) -> float:
        """That of x / y, where *ratio* is taken for its true value."""
        residual = self.xx - 2 * ratio * self.xy + ratio**2 * self.yy
        return float(residual * self.n / (self.n - 1) / self.y**2)


class Difference(Struct, frozen=True):
    """One quotient less another."""

    value: float
    low: float
    high: float
    p: float
    """Two-sided p of no difference."""


def effective(sums: PairSums, *, share: bool) -> float:
    """To how many units of one size they come: of a *share* by what it is a part of, else by what is on top."""
    total, squares = (sums.x, sums.xx) if sums.x and not share else (sums.y, sums.yy)
    return min(float(sums.n), float(total**2 / squares)) if squares else 0.0


def supports(sums: PairSums, *, share: bool) -> bool:
    """Whether there are units enough, none of which is most of the sum."""
    return sums.n >= FEWEST and sums.y > 0 and effective(sums, share=share) >= _EFFECTIVE


def limits(sums: PairSums, *, share: bool, level: float = 0.95) -> Limits | None:
    """The limits of x / y; None where nothing varies, nothing is on top, or nothing can be ruled out.

    A *share* is never above 1 in any unit, and has limits at 0 and 1 too. Raises ValueError where the
    units are too few.
    """
    if not supports(sums, share=share):
        raise ValueError(f"no limits of {sums.n} units")
    units, ratio = effective(sums, share=share), sums.x / sums.y
    if share and ratio > 1:
        raise ValueError("a part of more than the whole")
    if share and ratio in (0, 1):
        return wilson(float(ratio) * units, units, level)
    variance = sums.variance(ratio)
    if ratio <= 0 or variance <= 0:
        return None
    half = t_quantile(upper(level), units - 1) * math.sqrt(variance)
    value = float(ratio)
    if half > _NOTHING * value * (1 - value if share else 1):
        return None
    if not share:
        return value * math.exp(-half / value), value * math.exp(half / value)
    odds, step = value / (1 - value), math.exp(half / value / (1 - value))
    return odds / step / (1 + odds / step), odds * step / (1 + odds * step)


def difference(first: PairSums, second: PairSums, *, share: bool, level: float = 0.95) -> Difference | None:
    """The *first* quotient less the *second*, by t on the variances that they have if both are the same.

    Each variance is that of its equal units, of which the two sums that it is made of cost two: with one
    less for all units, few large amounts against many were called different in 5.8 of 100 samples that
    had the same quotient, so in less than 5. Degrees of freedom by Satterthwaite. None where nothing
    varies. Raises ValueError where the units are too few.
    """
    sides = first, second
    if not all(supports(side, share=share) for side in sides):
        raise ValueError(f"no test of {first.n} and {second.n} units")
    common = (first.x + second.x) / (first.y + second.y)
    units = [effective(side, share=share) for side in sides]
    variances = [
        side.variance(common) * (side.n - 1) / side.n * m / (m - _SUMS)
        for side, m in zip(sides, units, strict=True)
    ]
    whole = math.fsum(variances)
    if whole <= 0:
        return None
    freedom = whole**2 / math.fsum(v * v / (m - 1) for v, m in zip(variances, units, strict=True))
    value, error = float(first.x / first.y - second.x / second.y), math.sqrt(whole)
    half = t_quantile(upper(level), freedom) * error
    return Difference(value, value - half, value + half, 2 * t_cdf(-abs(value) / error, freedom))
