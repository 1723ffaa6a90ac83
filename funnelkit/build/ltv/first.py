"""The first purchase: what it brings on average, how surely that is known, and how it goes with those after it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
from msgspec import Struct

from funnelkit.build.ltv import spread
from funnelkit.metrics import statistics
from funnelkit.statistics.moments import NONE, Moments

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Limited
    from funnelkit.build.ltv.histories import Key
    from funnelkit.collect import Frame


class First(Struct, frozen=True, kw_only=True):
    """What the first purchase of a new customer brings."""

    value: float
    low: float
    high: float
    error: float = 0.0
    """The standard error of the mean."""
    shared: float = 0.0
    """The covariance of this mean with that of the amounts of later purchases, of which some are by the same customers."""

    def plus(self, later: Limited, amount: float) -> Limited:
        """Both together, where *later* purchases bring *amount* each: the limits of each, put together as its own variance.

        Zou and Donner 2008, Statistics in Medicine 27:1693-1702 (MOVER), which keeps limits that are not symmetric.
        """
        value, low, high = later
        together = 0.0
        if self.error > 0 and amount > 0 and value > 0 and low > 0 and math.isfinite(high):
            error = value * math.log(high / low) / (2 * _Z)
            together = self.shared * value / amount / (self.error * error) if error > 0 else 0.0
            together = min(max(together, -1.0), 1.0)
        down = _length(self.value - self.low, value - low, together)
        up = _length(self.high - self.value, high - value, together)
        return self.value + value, self.value + value - down, self.value + value + up


_Z = 1.959963984540054


def moments(people: Frame, by: Sequence[str], unit: int) -> Mapping[Key, Moments]:
    """Of what the first purchases brought in parts of *unit*, by group and, under the key (), of all."""
    found: dict[Key, Moments] = {}
    everybody = people.with_columns(_all=nw.lit(0))
    for (*words, _), (one,) in spread.moments(everybody, [*by, "_all"], ["first_spent"], unit):
        for key in {(), tuple(map(str, words))}:
            found[key] = found.get(key, NONE) + one
    return found


def first(found: Moments, unit: int, repeaters: int, goes: float) -> First:
    """From the moments of what a group's first purchases brought in parts of *unit*.

    So many of them are among those whose later amounts are known, each with the part *goes* of the covariance of all.
    """
    cell = statistics.mean(found, Fraction(1, unit), money=True)
    value = float(cell.value or 0.0)
    if cell.interval is None:
        # Of one customer nothing tells how others differ.
        return First(value=value, low=min(value, 0.0), high=math.inf)
    low, high = cell.interval
    n = found.n
    spread_of = (found.squares - Fraction(found.total) ** 2 / n) / (n - 1) / unit**2
    return First(
        value=value,
        low=float(low),
        high=math.inf if high is None else float(high),
        error=math.sqrt(spread_of / n),
        shared=goes * repeaters / n,
    )


def goes_together(rows: Sequence[tuple[Any, ...]], unit: int) -> float:
    """The covariance of the first amount and the mean of the later ones over those who bought again, over their number.

    Each row ends with the sum of the first amounts, x, what was brought by x purchases, and how many customers these are.
    """
    if not rows:
        return 0.0
    begun, x, spent, n = np.array([row[-4:] for row in rows], dtype=np.float64).T
    mean, total = spent / x / unit, float(n.sum())
    between = float(begun @ mean) / unit / total - float(begun.sum()) / unit / total * float(n @ mean) / total
    return between / total


def _length(one: float, other: float, together: float) -> float:
    if math.isinf(one) or math.isinf(other):
        return math.inf
    return math.sqrt(max(one**2 + other**2 + 2 * together * one * other, 0.0))
