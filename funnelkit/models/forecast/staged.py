"""What became of deals that were in a stage for so many days: the chances of those that are in it now.

A deal that moved on is no longer like one that is still there. So of each stage and age only the past deals
count that were in it that long, from that day on (the landmark estimator of Aalen and Johansen: Putter and
Spitoni 2018, Stat. Methods Med. Res. 27:2081-2092). It assumes nothing of how stages follow each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from funnelkit.models.forecast.chances import Chance, Curve, chance, curve
from funnelkit.statistics.competing import aalen_johansen

WON, LOST = "won", "lost"
_MARKS = (*range(15), *range(21, 92, 7), *range(120, 4000, 30))
"""Days in a stage from which chances are counted: each one at first, then weeks and months."""


class Stay(Struct, frozen=True):
    """Deals that were as long in a stage, and of which the same became after as many days."""

    days: int
    """In the stage."""
    wait: int
    """From its entry until the outcome, or until they were last seen."""
    outcome: str
    """``WON``, ``LOST``, or nothing of open ones."""
    n: int


class Stays(Struct, frozen=True, dict=True):
    """The stays in one stage, or in all of them."""

    of: Sequence[Stay]

    @cached_property
    def _known(self) -> dict[int, Curve]:
        return {}

    def since(self, mark: int) -> Curve:
        """What became of those that were in it for more than *mark* days, from the day after on."""
        if mark not in self._known:
            ends: dict[str, dict[int, int]] = {WON: {}, LOST: {}}
            still: dict[int, int] = {}
            for one in self.of:
                day = one.wait - mark - 1
                if one.days > mark and day >= 0:
                    counts = ends[one.outcome] if one.outcome else still
                    counts[day] = counts.get(day, 0) + one.n
            self._known[mark] = curve(aalen_johansen(ends, still), ends, still)
        return self._known[mark]


class Staged(Struct, frozen=True):
    """One stage, and all stages, towards which few deals are drawn."""

    own: Stays
    everyone: Stays

    def chance(self, age: int, after: int, days: int) -> Chance | None:
        """How likely a deal that is in the stage for *age* days is won within *days*, without the first *after*."""
        mark = _MARKS[bisect_right(_MARKS, age) - 1]
        return chance(self.own.since(mark), self.everyone.since(mark), age - mark - 1, days, after=after)


def staged(stays: Mapping[str, Sequence[Stay]]) -> dict[str, Staged]:
    """The chances of each stage, by the stays in it."""
    everyone = Stays([one for several in stays.values() for one in several])
    return {stage: Staged(Stays(several), everyone) for stage, several in stays.items()}
