"""The days of the new deals created in a period until they were won or lost, or since then while they are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.counting import count
from funnelkit.build.periods import Spans
from funnelkit.errors import UsageError
from funnelkit.metrics import catalog
from funnelkit.metrics.counted import Counted
from funnelkit.metrics.fold import TOTAL
from funnelkit.statistics import competing, survival
from funnelkit.statistics.curves import Times

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.fold import Key

WAITS = "deal_waits"


class Waits(Struct, frozen=True, dict=True):
    """Deals of one group by whole days: until they were won or lost, and for how long the others have been open."""

    won: Mapping[int, int]
    lost: Mapping[int, int]
    open: Mapping[int, int]

    @property
    def deals(self) -> int:
        """How many there are."""
        return sum(sum(counts.values()) for counts in (self.won, self.lost, self.open))

    @property
    def longest(self) -> int:
        """The highest age in days at which any of them was seen."""
        return max((day for counts in (self.won, self.lost, self.open) for day in counts), default=0)

    def tells(self, age: int) -> bool:
        """Whether what becomes of them by *age* is known: one was seen so long, or none is open any more."""
        return age <= self.longest or not self.incidence.open[-1]

    @cached_property
    def incidence(self) -> competing.Incidence:
        """The shares won and lost by age (Aalen and Johansen)."""
        return competing.aalen_johansen({"won": self.won, "lost": self.lost}, self.open)

    @cached_property
    def closing(self) -> Times:
        """Days until they were closed, however that was."""
        closed = {day: self.won.get(day, 0) + self.lost.get(day, 0) for day in {*self.won, *self.lost}}
        return Times(closed, self.open)

    @cached_property
    def curve(self) -> survival.Curve:
        """The share not yet closed by age (Kaplan and Meier)."""
        return survival.kaplan_meier(self.closing.events, self.closing.censored)

    def naive(self, day: int) -> float:
        """The share won by *day* if lost deals could still be won: what 1 - Kaplan-Meier says."""
        curve = survival.kaplan_meier(
            self.won, {d: self.lost.get(d, 0) + self.open.get(d, 0) for d in {*self.lost, *self.open}}
        )
        return 1 - survival.survival_at(curve, day)


class Cycles(Struct, frozen=True, dict=True):
    """The waits of all deals and of each group."""

    request: Request
    spans: Spans
    counted: Counted

    @cached_property
    def groups(self) -> Sequence[Key]:
        """The groups that have any deals, the largest first."""
        if not self.request.by:
            return ()
        keys = self.counted.tally.keys([catalog.load().histograms[WAITS]], [self.spans.window])
        sizes = {key: self.of(key).deals for key in sorted(keys)}
        return sorted((key for key, size in sizes.items() if size), key=lambda key: -sizes[key])

    def of(self, key: Key = TOTAL) -> Waits:
        """The waits of one group."""
        histogram = catalog.load().histograms[WAITS]
        found: dict[str, dict[int, int]] = {"won": {}, "lost": {}, "open": {}}
        for (days, status), n in self.counted.tally.values(histogram, key, self.spans.window).items():
            if days >= 0:
                found[status][days] = found[status].get(days, 0) + n
        return Waits(**found)


def cycles_of(data: Dataset, request: Request) -> Cycles:
    """The waits of the new deals of *data*; UsageError where the files do not tell."""
    known = catalog.load()
    done = count(data, request, known, (), [known.histograms[WAITS]])
    if reason := done.counted.lacks.get(WAITS):
        raise UsageError(
            f"nothing says how long deals take: {reason.message}",
            hint="Load an export of deals with the days on which each was created and closed, the lost and open ones among them.",
        )
    cycles = Cycles(request, done.spans, done.counted)
    if not cycles.of().deals:
        raise UsageError(
            "no new deal was created in the period", hint="Give another --period, or leave it out."
        )
    return cycles
