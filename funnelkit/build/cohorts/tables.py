"""The tables of leads: how far each cohort has come and how far it will, and its triangle of ages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.cohorts.ladder import Ladder, ladder
from funnelkit.build.cohorts.request import ALL, rate, share
from funnelkit.build.entries import dimensions, named, number
from funnelkit.metrics import conversion
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.cohorts.counted import Cohort, Leads
    from funnelkit.metrics.fold import Key

_NO_CURVE = Reason("no_denominator", "too few leads have reached the stage to say how long it takes")
_TOO_YOUNG = Reason("too_young", "too little of the time has passed")


def tables_of(leads: Leads, key: Key, others: int = 0) -> Iterator[Table]:
    """The cohorts of one group, and their triangle."""
    cohorts = leads.of(key)
    name = f"{' · '.join(key)}: " if key else ""
    if others:
        name = f"other {others:,} groups: "
    yield _overview(leads, key, cohorts, name)
    if not leads.undated:
        yield _triangle(leads, key, cohorts, name)


def _title(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _names(leads: Leads, key: Key) -> tuple[Field, ...]:
    return (
        *(dimensions(leads.asked.request.by) if key else ()),
        Field(id="cohort", label="created in", unit=TEXT),
    )


def _overview(leads: Leads, key: Key, cohorts: Sequence[Cohort], name: str) -> Table:
    """How far each cohort has come, and how far it will."""
    horizon, things = leads.asked.request.horizon, leads.asked.things
    names = _names(leads, key)
    steps = ladder(cohorts, leads.ladder_ages, leads.since)
    rows = [_row(leads, key, cohort, cohort.period.label, steps) for cohort in cohorts]
    return Table(
        id="cohorts_by" if key else "cohorts",
        title=f"{name}{things} so far and to come" if name else _title(f"{things} so far and to come"),
        fields=(
            *names,
            Field(id="leads", label="leads", unit="count"),
            Field(id="reached", label=things, unit="count"),
            Field(id="so_far", label="so far", unit="ratio"),
            Field(id="elapsed", label="time elapsed", unit="ratio"),
            Field(id="completed", label=f"within {horizon} d", unit="ratio"),
            Field(id="ladder", label="chain ladder", unit="ratio"),
            Field(id="ladder_error", label="Mack's error", unit="number"),
        ),
        names=len(names),
        rows=(*rows, _row(leads, key, leads.together(key), ALL, None)) if len(rows) > 1 else tuple(rows),
        caption=f"so far; completed to {horizon} days by the time that conversion takes, and by the chain ladder from age to age, Mack's error of it in {things}",
    )


def _row(leads: Leads, key: Key, cohort: Cohort, label: str, steps: Ladder | None) -> tuple[Entry, ...]:
    horizon = leads.asked.request.horizon
    young = not cohort.has_had(horizon)
    beyond = (steps.share(cohort), steps.error(cohort)) if steps else ()
    return (
        *named(key),
        Entry(text=label),
        number(cohort.size, young=cohort.period.end > leads.as_of),
        number(cohort.reached, young=young),
        rate(cohort.reached, cohort.size, young=young) if cohort.size else Entry(),
        *(Entry(cell=cell) for cell in _completed(leads, cohort)),
        *(Entry(cell=cell) for cell in beyond),
        *(Entry(),) * (2 - len(beyond)),
    )


def _completed(leads: Leads, cohort: Cohort) -> tuple[Cell, Cell]:
    """The share of the time that has passed, and conversion within the horizon completed by it."""
    if leads.undated:
        return empty(leads.undated), empty(leads.undated)
    found = conversion.projected(cohort.found, leads.curve, leads.asked.request.horizon)
    if found.share_elapsed is None:
        return empty(_NO_CURVE), empty(_NO_CURVE)
    elapsed = Cell(value=found.share_elapsed, n=cohort.found.leads)
    if found.value is None:
        return elapsed, empty(_TOO_YOUNG)
    return elapsed, Cell(
        value=found.value,
        numerator=cohort.found.within,
        n=cohort.found.leads,
        interval=found.interval,
        interval_type="wilson",
        method="Kaplan-Meier",
    )


def _triangle(leads: Leads, key: Key, cohorts: Sequence[Cohort], name: str) -> Table:
    """The share of each cohort that had reached the stage by each age."""
    names, things = _names(leads, key), leads.asked.things
    rows = [
        (
            *named(key),
            Entry(text=cohort.period.label),
            number(cohort.size, young=cohort.period.end > leads.as_of),
            *(_by_age(cohort, age) for age in leads.ages),
        )
        for cohort in cohorts
    ]
    whole = leads.whole(cohorts)
    pooled = [[cohort for cohort in whole if cohort.has_had(age)] for age in leads.ages]
    if len(rows) > 1 and pooled[0]:
        rows.append(
            (
                *named(key),
                Entry(text=ALL),
                number(sum(cohort.size for cohort in pooled[0])),
                *(_pooled(old, age) for old, age in zip(pooled, leads.ages, strict=True)),
            )
        )
    more = f"; the first {len(leads.ages)} ages, --ages shows more" if leads.more_ages else ""
    return Table(
        id="reached_by" if key else "reached",
        title=f"{name}{things} by age" if name else _title(f"{things} by age"),
        fields=(
            *names,
            Field(id="leads", label="leads", unit="count"),
            *(Field(id=f"day_{age}", label=f"{age} d", unit="ratio") for age in leads.ages),
        ),
        names=len(names),
        rows=tuple(rows),
        caption=f"share of the leads that had become {things} so many days after they were created{more}",
    )


def _by_age(cohort: Cohort, age: int) -> Entry:
    if not cohort.has_begun(age):
        return Entry()
    return rate(cohort.by(age), cohort.size, young=not cohort.has_had(age))


def _pooled(cohorts: Sequence[Cohort], age: int) -> Entry:
    """All the cohorts together that have had the age: other ones from age to age."""
    if not cohorts:
        return Entry()
    reached, size = sum(cohort.by(age) for cohort in cohorts), sum(cohort.size for cohort in cohorts)
    return Entry(cell=share(reached, size))
