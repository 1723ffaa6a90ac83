"""Limits of a quotient of two sums that vary together: return on ad spend, click rate over campaigns.

The unit is a day or a campaign, with an amount on top and one below; what happens within a unit goes
together, so that clicks are not so many independent trials.
"""

from __future__ import annotations

import math
from fractions import Fraction

from msgspec import Struct

from funnelkit.metrics.special import t_quantile, upper


class PairSums(Struct, frozen=True):
    """Sums over units of an amount *x* above and an amount *y* below, which add up over groups."""

    n: int
    """How many units."""
    x: int
    y: int
    xx: int
    """Sum of the squares of *x*."""
    yy: int
    xy: int
    """Sum of the products."""

    def __add__(self, other: PairSums) -> PairSums:
        """The sums of both together."""
        return PairSums(
            self.n + other.n,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.yy + other.yy,
            self.xy + other.xy,
        )


def ratio(sums: PairSums, level: float = 0.95) -> tuple[float, float | None, float | None]:
    """Sum of x over sum of y, and its limits (Fieller 1954, JRSS B 16:175-185) by t of the units.

    The limits are the ratios r for which the mean of x - r y is no more than t standard errors from 0.
    Both are None where y itself might be 0 by that measure: then no ratio can be ruled out. Raises
    ValueError for fewer than two units, where y adds up to nothing, and for sums that no units have.
    """
    n = sums.n
    if n < 2 or not sums.y:
        raise ValueError(f"no ratio of {n} units with a sum of {sums.y} to divide by")
    value, scale = Fraction(sums.x, sums.y), Fraction(n, n - 1)
    # Of the sums of x - value y and of y, in fractions, where nothing cancels.
    below = scale * (sums.yy - Fraction(sums.y**2, n))
    both = scale * (sums.xy - value * sums.yy)
    residual = scale * (sums.xx - 2 * value * sums.xy + value**2 * sums.yy)
    if min(below, residual) < 0:
        raise ValueError(f"no {n} units have such sums: {sums}")
    t2 = t_quantile(upper(level), n - 1) ** 2
    # For r = value + d: (d y)^2 = t^2 (residual - 2 d both + d^2 below).
    a, b = sums.y**2 - t2 * float(below), t2 * float(both)
    if a <= 0:
        return float(value), None, None
    root = math.sqrt(b * b + a * t2 * float(residual))
    return float(value), float(value) - (b + root) / a, float(value) + (root - b) / a
