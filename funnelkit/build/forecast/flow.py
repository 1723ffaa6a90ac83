"""Deals from creation to outcome, or leads from creation to win, as counts by day: what a billion rows reduce to.

All that is asked of them can be asked of any day in the past as well, which is how the forecast is tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from funnelkit.models.forecast.chances import Chance, Curve, chance, curve
from funnelkit.models.forecast.pipeline import Open
from funnelkit.models.forecast.staged import LOST, WON, Staged
from funnelkit.statistics.competing import aalen_johansen


class Group(Struct, frozen=True):
    """Cases that began on one day and ended alike on another."""

    begun: int
    ended: int | None
    """None for those that have not."""
    outcome: str
    """``WON``, ``LOST``, or nothing."""
    n: int
    money: int = 0
    """What they are worth together, in the smallest unit."""
    unpriced: int = 0
    """Those of them without an amount."""


class Flow(Struct, frozen=True, kw_only=True, dict=True):
    """All cases up to a day."""

    groups: Sequence[Group]
    day: int
    """What came later is not known."""
    stages: Mapping[str, Staged] = {}
    """What became of the cases that were in a stage for as long, by stage, where a history tells."""
    open: Sequence[Open] = ()
    """The open cases by stage, age and amount, where more is known of them than the groups tell."""

    def at(self, day: int) -> Flow:
        """What was known at the end of *day*: nothing of stages, and amounts as they became."""
        kept = [
            one
            if one.ended is not None and one.ended <= day
            else Group(one.begun, None, "", one.n, one.money, one.unpriced)
            for one in self.groups
            if one.begun <= day
        ]
        return Flow(groups=kept, day=day)

    @cached_property
    def curve(self) -> Curve:
        """What share was won, and what share still open, by age (Aalen and Johansen)."""
        ends: dict[str, dict[int, int]] = {WON: {}, LOST: {}}
        still: dict[int, int] = {}
        for one in self.groups:
            counts, until = (still, self.day) if one.ended is None else (ends[one.outcome], one.ended)
            if until >= one.begun:
                counts[until - one.begun] = counts.get(until - one.begun, 0) + one.n
        return curve(aalen_johansen(ends, still), ends, still)

    @cached_property
    def standing(self) -> Sequence[Open]:
        """The open cases by age."""
        if self.open:
            return self.open
        ages: dict[int, list[tuple[int, int, int]]] = {}
        for one in self.groups:
            if one.ended is None:
                ages.setdefault(self.day - one.begun, []).append((one.n, one.money, one.unpriced))
        return [
            Open(stage="", age=age, amounts=_alike(several), unpriced=sum(bare for _, _, bare in several))
            for age, several in sorted(ages.items())
        ]

    def wins(self, start: int, end: int) -> tuple[int, int]:
        """How many were won from *start* to *end*, both included, and their money."""
        won = [
            one
            for one in self.groups
            if one.outcome == WON and one.ended is not None and start <= one.ended <= end
        ]
        return sum(one.n for one in won), sum(one.money for one in won)

    @cached_property
    def begun(self) -> dict[int, float]:
        """How many began on each day."""
        found: dict[int, float] = {}
        for one in self.groups:
            found[one.begun] = found.get(one.begun, 0) + one.n
        return found

    def chance(self, one: Open, after: int, days: int) -> Chance | None:
        """How likely a case like *one* is won within the next *days*, without the first *after* of them."""
        if one.stage in self.stages:
            return self.stages[one.stage].chance(one.age, after, days)
        return chance(None, self.curve, one.age, days, after=after)

    def yet_to_begin(self, day: int, start: int, end: int) -> Chance | None:
        """How likely a case that begins on *day* is won from *start* to *end*."""
        return chance(None, self.curve, -1, end - day + 1, after=max(0, start - day))


def _alike(several: Sequence[tuple[int, int, int]]) -> dict[int, int]:
    """Amounts of groups as if those of a group were equal: the same sum, in whole units."""
    found: dict[int, int] = {}
    for n, money, bare in several:
        priced = n - bare
        if priced <= 0:
            continue
        each, rest = divmod(money, priced)
        for amount, count in ((each, priced - rest), (each + 1, rest)):
            if count:
                found[amount] = found.get(amount, 0) + count
    return found
