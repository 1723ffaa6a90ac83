"""How likely an open deal of some age is won within some days, and how well that is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from funnelkit.statistics.competing import Incidence

PRIOR = 10.0
"""The curve of all deals counts as so many deals beside those of a stage."""
FEWEST = 10
"""Where fewer deals of any stage were seen open beyond an age, nothing is said of that age."""


class Curve(Struct, frozen=True):
    """Past deals: what share was won, and what share still open, by each age."""

    times: tuple[int, ...]
    won: tuple[float, ...]
    open: tuple[float, ...]
    beyond: tuple[int, ...]
    """How many were seen open after that age: those from which the rest of the curve is known."""
    deals: int

    def at(self, age: int) -> tuple[float, float, int]:
        """The share won and the share open by the end of day *age*, and how many were seen beyond it."""
        step = bisect_right(self.times, age)
        return (
            (self.won[step - 1], self.open[step - 1], self.beyond[step - 1])
            if step
            else (0.0, 1.0, self.deals)
        )


class Chance(Struct, frozen=True):
    """The probability of one kind of open deal."""

    p: float
    variance: float
    """Of the estimate *p*, as if it came from so many deals."""
    deals: int
    """Past deals of its own stage that were seen open beyond its age."""
    reaches: bool
    """Whether any past deal was seen for as long; else p leaves out what may be won later."""


def curve(
    found: Incidence, counts: Mapping[str, Mapping[int, int]], censored: Mapping[int, int], won: str = "won"
) -> Curve:
    """The curve from the shares *found* and the counts by age from which they were worked out.

    *counts* are those of each outcome, *censored* those last seen open, as `aalen_johansen` takes them.
    """
    left = sum(censored.values()) + sum(sum(days.values()) for days in counts.values())
    deals, beyond = left, []
    for day in found.times:
        left -= censored.get(day, 0) + sum(days.get(day, 0) for days in counts.values())
        beyond.append(left)
    return Curve(found.times, found.shares[won], found.open, tuple(beyond), deals)


def chance(
    own: Curve | None,
    everyone: Curve,
    age: int,
    days: int,
    *,
    after: int = 0,
    prior: float = PRIOR,
    fewest: int = FEWEST,
) -> Chance | None:
    """The probability that a deal open at *age* is won within the next *days*; None from too few deals.

    P(won by age + days | open at age) = (F(age + days) - F(age)) / S(age), F and S being the shares won
    and open. That of the deal's *own* stage is drawn towards that of *everyone* as if *prior* deals of
    the latter stood beside the n of its own: (n p + prior p_all) / (n + prior). Where fewer than *fewest*
    deals of all stages were seen open beyond this age there is no answer. The variance is p' (1 - p') /
    (n + prior + 1) with p' half a case away from 0 and 1, for 0 wins of few are no proof of impossibility;
    a stage without a curve is taken to be like all deals, and n + prior is then how many those are.
    Wins within the first *after* of these days are left out.
    """
    general, support = _conditional(everyone, age, days, after)
    if support < fewest or general is None:
        return None
    special, n = _conditional(own, age, days, after) if own else (None, 0)
    p = general if special is None else (n * special + prior * general) / (n + prior)
    weight = support if own is None else n + min(prior, support)
    kept_off = (p * weight + 0.5) / (weight + 1)
    return Chance(
        p=min(1.0, max(0.0, p)),
        variance=kept_off * (1 - kept_off) / (weight + 1),
        deals=n,
        reaches=bool(everyone.times) and age + days <= everyone.times[-1],
    )


def _conditional(found: Curve, age: int, days: int, after: int) -> tuple[float | None, int]:
    """The probability by this curve alone, and of how many it is known; None where none were open."""
    _, still, beyond = found.at(age)
    if not (beyond and still > 0):
        return None, 0
    return (found.at(age + days)[0] - found.at(age + after)[0]) / still, beyond
