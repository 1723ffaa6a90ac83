"""The answers of cohorts in words, the most important one first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.metrics import conversion
from funnelkit.metrics.fold import TOTAL
from funnelkit.rounding import fixed, percent
from funnelkit.statistics import intervals

if TYPE_CHECKING:
    from funnelkit.build.cohorts.counted import Cohort, Leads
    from funnelkit.build.cohorts.paying import Paid


def of_leads(leads: Leads, things: str) -> Iterator[str]:
    """How the newest cohort will do, and whether the newest complete one did better than the one before it."""
    cohorts = leads.of(TOTAL)
    if not cohorts:
        yield "No lead was created in the period."
        return
    yield _newest(leads, cohorts[-1], things)
    horizon, enough = leads.asked.request.horizon, leads.asked.request.min_n
    complete = [c for c in leads.whole(cohorts) if c.has_had(horizon) and c.size >= enough]
    if len(complete) > 1 and not leads.undated:
        yield _complete(complete[-2], complete[-1], horizon)


def _newest(leads: Leads, cohort: Cohort, things: str) -> str:
    horizon = leads.asked.request.horizon
    so_far = f"Of the {cohort.size:,} lead{'s' * (cohort.size > 1)} of {cohort.period.label}, {percent(cohort.reached / cohort.size)} are {things}"
    if leads.undated or cohort.has_had(horizon):
        return f"{so_far} so far."
    found = conversion.projected(cohort.found, leads.curve, horizon)
    if found.value is None or found.interval is None or found.share_elapsed is None:
        return f"{so_far} so far, too early to say how many will be."
    low, high = found.interval
    return (
        f"{so_far} so far; with {percent(found.share_elapsed, 0)} of their time passed, {percent(found.value)} "
        f"({percent(low)} to {percent(high)}) are to be expected within {horizon} days."
    )


def _complete(before: Cohort, after: Cohort, horizon: int) -> str:
    """The last two cohorts that have had the whole horizon, against each other."""
    then, now = before.by(horizon), after.by(horizon)
    _, low, high = intervals.newcombe(now, after.size, then, before.size)
    called = "more than" if low > 0 or high < 0 else "not more than"
    return (
        f"Of the cohorts that have had {horizon} days, {after.period.label} converted {percent(now / after.size)} in them, "
        f"{before.period.label} {percent(then / before.size)}: {called} noise."
    )


def of_payments(paid: Paid, currency: str | None, least: int) -> Iterator[str]:
    """How many customers come back, and what one brings, over all cohorts that are old enough.

    Nothing is said of fewer than *least* customers: two of them are an anecdote, and stand in the tables.
    """
    if not paid.cohorts:
        yield "No customer paid for the first time in the period."
        return
    ages = [age for age in range(1, paid.ages) if paid.old(age)]
    if not ages:
        yield f"No cohort is old enough yet to say who paid again in a later {paid.grain}."
        return
    enough = [age for age in ages if _customers(paid, age) >= least]
    if not enough:
        yield (
            f"Only {_customers(paid, ages[0]):,} customers are in cohorts whose next {paid.grain} is over, too few to say who comes "
            f"back (--min-n {least}); the tables have them."
        )
        return
    ages = enough
    yield f"Of the customers whose next {paid.grain} is over, {_back(paid, ages[0])} paid again in it." + (
        f" After {ages[-1]} {paid.grain}s it is {_back(paid, ages[-1])}." if len(ages) > 1 else ""
    )
    yield _latest(paid, ages[0], least)
    if paid.money:
        old = paid.old(ages[-1])
        first, last = (_worth(paid, old, age, currency) for age in (0, ages[-1]))
        yield f"A customer of the oldest cohorts brings {first} in the first {paid.grain} and {last} up to {ages[-1]} {paid.grain}s later."


def _customers(paid: Paid, age: int) -> int:
    """How many customers the cohorts have that are so old."""
    return sum(map(paid.cells.size, paid.old(age)))


def _latest(paid: Paid, age: int, least: int) -> str:
    """The newest cohort of at least *least* customers that has had the age."""
    cohort = next((c for c in reversed(paid.old(age)) if paid.cells.size(c) >= least), None)
    if cohort is None:
        return f"No single {paid.grain} that is so old has {least:,} customers or more (--min-n)."
    active, size = paid.cells.active(cohort, age), paid.cells.size(cohort)
    return (
        f"The latest such {paid.grain} with {least:,} customers or more is {paid.pieces[cohort].label}: of {size:,} who first "
        f"paid in it, {percent(active / size)} ({active:,}) paid again in the next."
    )


def _back(paid: Paid, age: int) -> str:
    active, size = sum(paid.cells.active(c, age) for c in paid.old(age)), _customers(paid, age)
    return f"{percent(active / size)} ({active:,} of {size:,})"


def _worth(paid: Paid, old: Sequence[int], age: int, currency: str | None) -> str:
    amount = sum(paid.cells.so_far(c, age) for c in old) / (paid.unit * sum(map(paid.cells.size, old)))
    return f"{currency} {fixed(amount, 2)}" if currency else fixed(amount, 2)
