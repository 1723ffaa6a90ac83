"""Conversion of leads that are still young: over those old enough, and completed for the others.

"So far" is what a person can count, but it makes every recent cohort look worse than it is. *Mature*
takes only leads that have had the whole horizon; *projected* divides what has happened within the
horizon by the share of it that has had its time, by the Kaplan-Meier curve of all leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from funnelkit.metrics import survival
from funnelkit.metrics.cell import Mature, Projected
from funnelkit.metrics.intervals import wilson

if TYPE_CHECKING:
    from funnelkit.metrics.tally import Counts


class Cohort(Struct):
    """Leads with a date of creation, reduced to what maturity needs."""

    leads: int = 0
    within: int = 0
    """Those won within the horizon, young or not."""
    old: int = 0
    """Those at least as old as the horizon."""
    old_within: int = 0
    ages: dict[int, int] = field(default_factory=dict)
    """Leads by age in days, cut at the horizon."""

    def add(self, other: Cohort) -> None:
        """Take in the leads of *other*."""
        self.leads += other.leads
        self.within += other.within
        self.old += other.old
        self.old_within += other.old_within
        for age, n in other.ages.items():
            self.ages[age] = self.ages.get(age, 0) + n


def cohort(counts: Counts, horizon: int) -> Cohort:
    """The leads of *counts*: (days to the win, whether won, age)."""
    found = Cohort()
    for (lag, _, age), n in counts.items():
        if age is None:
            continue
        # A win before the lead is a wrong date, but a win; it only says nothing about time.
        within = lag is not None and lag <= horizon
        found.leads += n
        found.within += n if within else 0
        if age >= horizon:
            found.old += n
            found.old_within += n if within else 0
        capped = min(age, horizon)
        found.ages[capped] = found.ages.get(capped, 0) + n
    return found


def mature(found: Cohort, horizon: int) -> Mature:
    """Conversion within *horizon* of the leads that are old enough."""
    value = found.old_within / found.old if found.old else None
    return Mature(value=value, numerator=found.old_within, denominator=found.old, horizon_days=horizon)


def projected(found: Cohort, curve: survival.Curve, horizon: int) -> Projected:
    """Conversion within *horizon* once all leads are old enough, if they convert as *curve* says."""
    share = survival.share_elapsed(curve, found.ages, horizon)
    ripe = found.leads * share if share else 0.0
    if not ripe or found.within > ripe:
        return Projected(value=None, interval=None, share_elapsed=share)
    # As if so many leads, and not more, had had their time.
    return Projected(value=found.within / ripe, interval=wilson(found.within, ripe), share_elapsed=share)


def timing(several: Iterable[tuple[int, Counts]], since: int | None, as_of: int) -> survival.Curve:
    """The curve of the days from lead to win, over leads created from day *since* on.

    A win before its lead came at once; one without a date says nothing about time and is left out.
    """
    won: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for _, counts in several:
        for (lag, has_won, age), n in counts.items():
            if age is None or (since is not None and as_of - age < since):
                continue
            if not has_won:
                waiting[age] = waiting.get(age, 0) + n
            elif lag is not None:
                won[max(lag, 0)] = won.get(max(lag, 0), 0) + n
    return survival.kaplan_meier(won, waiting)


def waits(counts: Counts) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Days until deals were won or lost, and days for which those still open have been so."""
    closed: dict[int, int] = {}
    censored: dict[int, int] = {}
    for (days, status, _), n in counts.items():
        if days is None or days < 0:
            continue
        side = closed if status in ("won", "lost") else censored
        side[days] = side.get(days, 0) + n
    return closed, censored
