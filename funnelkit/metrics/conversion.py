"""Conversion of leads that are still young: over those old enough, and completed for the others.

"So far" is what a person can count, but it makes every recent cohort look worse than it is. *Mature*
takes only leads that have had the whole horizon; *projected* divides what has happened within the
horizon by the share of it that has had its time, by the Kaplan-Meier curve of all leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from funnelkit.metrics.cell import Mature, Number, Projected
from funnelkit.statistics import survival
from funnelkit.statistics.intervals import wilson

if TYPE_CHECKING:
    from funnelkit.metrics.tally import Counts


class LeadDay(Struct, frozen=True):
    """Leads that were created on one day."""

    leads: int = 0
    within: int = 0
    """Those won within the horizon."""
    waiting: int = 0
    """Those not won."""

    def __add__(self, other: LeadDay) -> LeadDay:
        """The leads of both together."""
        return LeadDay(self.leads + other.leads, self.within + other.within, self.waiting + other.waiting)


class Cohort(Struct):
    """Leads with a date of creation, reduced to what maturity needs."""

    leads: int = 0
    within: int = 0
    """Those won within the horizon, young or not."""
    old: int = 0
    """Those at least as old as the horizon."""
    old_within: int = 0
    undated: int = 0
    """Those within the horizon of whom no curve tells, since nobody knows their day."""
    ages: dict[int, int] = field(default_factory=dict)
    """Leads by age in days, cut at the horizon."""

    def take(self, leads: LeadDay, age: int, horizon: int) -> None:
        """Take in the leads of a day that is *age* days ago."""
        self.leads += leads.leads
        self.within += leads.within
        if age >= horizon:
            self.old += leads.leads
            self.old_within += leads.within
        capped = min(age, horizon)
        self.ages[capped] = self.ages.get(capped, 0) + leads.leads


def mature(found: Cohort, horizon: int) -> Mature:
    """Conversion within *horizon* of the leads that are old enough."""
    won, old = found.old_within, found.old
    return Mature(
        value=won / old if old else None,
        numerator=won,
        denominator=old,
        horizon_days=horizon,
        interval=wilson(won, old) if old else None,
    )


def projected(found: Cohort, curve: survival.Curve, horizon: int) -> Projected:
    """Conversion within *horizon* once all leads are old enough, if they convert as *curve* says."""
    share = survival.share_elapsed(curve, found.ages, horizon)
    ripe = found.leads * share if share else 0.0
    timed = found.within - found.undated
    if not ripe or timed > ripe:
        return Projected(value=None, interval=None, share_elapsed=share)
    # Who has had all of the time and did not convert will not do so.
    most = 1 - (found.old - found.old_within) / found.leads
    value = min(timed / ripe + found.undated / found.leads, most)
    # As if so many leads, and not more, had had their time.
    return Projected(value=value, interval=wilson(value * ripe, ripe), share_elapsed=share)


def timing(lags: Mapping[int, int], days: Iterable[tuple[int, LeadDay]], as_of: int) -> survival.Curve:
    """The curve of the days from lead to win: of *lags* of won leads, and of those that still wait.

    *days* are dated leads by the day of their creation, each day once.
    A win before its lead came at once; one without a date says nothing about time and is left out.
    """
    won: dict[int, int] = {}
    for lag, n in lags.items():
        won[max(lag, 0)] = won.get(max(lag, 0), 0) + n
    waiting = {as_of - day: leads.waiting for day, leads in days if leads.waiting}
    return survival.kaplan_meier(won, waiting)


def outcomes(counts: Counts) -> tuple[Mapping[Number, int], Mapping[Number, int]]:
    """The values of won entities and of the others."""
    won: dict[Number, int] = {}
    other: dict[Number, int] = {}
    for (value, has_won), n in counts.items():
        side = won if has_won else other
        side[value] = side.get(value, 0) + n
    return won, other


def waits(counts: Counts) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Days until deals were won or lost, and days for which those still open have been so."""
    closed: dict[int, int] = {}
    censored: dict[int, int] = {}
    for (days, status), n in counts.items():
        if days < 0:
            continue
        side = closed if status in ("won", "lost") else censored
        side[days] = side.get(days, 0) + n
    return closed, censored
