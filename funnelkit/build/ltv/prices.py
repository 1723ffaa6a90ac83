"""What customers under contract pay a term, by how long they have been there: prices rise, and who stays may pay more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from funnelkit.statistics import ratios
from funnelkit.statistics.special import t_quantile, upper

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Limited
    from funnelkit.build.ltv.histories import Key
    from funnelkit.models.lifetime.groups import Floats
    from funnelkit.statistics.moments import Moments

Paid = Mapping[int, "Moments"]
"""For how many terms customers have paid -> the moments of what each of these brought."""


class Prices(Struct, frozen=True, kw_only=True, eq=False):
    """The mean payment of each age, and how groups differ from it."""

    known: Floats
    """Of those who were there: of the first term, after one renewal, after two ..., in the currency."""
    levels: Mapping[Key, Limited]
    """What each group paid, over what as many payments at the same ages bring on average, with its limits."""

    def at(self, ages: Floats) -> Floats:
        """The payment at each of *ages*: after the last that is known it stays."""
        return np.asarray(self.known[np.minimum(ages, self.known.size - 1).astype(int)])

    @property
    def last(self) -> float:
        """The payment of all later ages."""
        return float(self.known[-1])

    @property
    def above(self) -> Floats:
        """By how much each of the known ones is above the last."""
        return np.asarray(self.known - self.known[-1])


def prices(ages: Mapping[int, int], paid: Mapping[Key, Paid], unit: int, least: int) -> Prices:
    """From what was brought at each age by all, and by how many terms the customers of each group have paid for.

    An age has a mean of its own where *least* customers have paid at it, and all before.
    """
    if not paid[()]:
        return Prices(known=np.zeros(1), levels=dict.fromkeys(paid, (0.0, 0.0, 0.0)))
    ends = {terms: found.n for terms, found in paid[()].items()}
    there = np.array([sum(n for terms, n in ends.items() if terms > age) for age in range(max(ends))])
    enough = int(np.argmin(there >= least)) if (there < least).any() else there.size
    means = [ages.get(age, 0) / int(there[age]) for age in range(enough)]
    if not means:
        # Of so few customers one mean for all ages.
        means = [sum(ages.values()) / int(there.sum())]
    known = np.array(means) / unit
    levels = {key: _level(_sums(means, found), own=not key) for key, found in paid.items()}
    return Prices(known=known, levels=levels)


def _sums(means: list[float], paid: Paid) -> ratios.PairSums:
    """Of each customer what was brought, and what as many payments bring on average."""
    rows = []
    for terms, found in paid.items():
        due = _total(Fraction(means[min(age, len(means) - 1)]) for age in range(terms))
        rows.append((found, due))
    return ratios.PairSums(
        sum(found.n for found, _ in rows),
        Fraction(sum(found.total for found, _ in rows)),
        _total(found.n * due for found, due in rows),
        Fraction(sum(found.squares for found, _ in rows)),
        _total(found.n * due * due for found, due in rows),
        _total(found.total * due for found, due in rows),
    )


def _level(sums: ratios.PairSums, *, own: bool) -> Limited:
    """The quotient with its limits; of all together, whose *own* means these are, it is 1."""
    if not sums.y > 0 or not sums.x > 0:
        return (1.0, 1.0, 1.0) if own else (0.0, 0.0, 0.0)
    value = float(sums.x / sums.y)
    low, high = _limits(sums, value)
    if own:
        return 1.0, low / value, high / value
    return value, low, high


def _limits(sums: ratios.PairSums, value: float) -> tuple[float, float]:
    if sums.n < 2:
        # Of one customer nothing tells how others differ.
        return 0.0, math.inf
    if ratios.supports(sums, share=False):
        return ratios.limits(sums, share=False) or (value, value)
    half = t_quantile(upper(0.95), sums.n - 1) * math.sqrt(max(sums.variance(sums.x / sums.y), 0.0))
    return max(value - half, 0.0), value + half


def _total(several: Iterable[Fraction]) -> Fraction:
    return sum(several, Fraction(0))
