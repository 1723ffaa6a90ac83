"""The study of leads: by when they were created and by age, how many have reached a stage, and how many will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.cohorts import counting
from funnelkit.build.cohorts.ladder import Ladder, ladder
from funnelkit.build.cohorts.request import ALL, Given, rate, share, span
from funnelkit.build.cohorts.said import of_leads
from funnelkit.build.cohorts.toward import toward
from funnelkit.errors import UsageError
from funnelkit.metrics import conversion
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.periods import from_day
from funnelkit.studies import TEXT, Entry, Field, Study, Table
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.cohorts.counting import Cohort, Leads
    from funnelkit.build.cohorts.request import Asked
    from funnelkit.metrics.fold import Key

_NO_CURVE = Reason(
    "no_denominator", "no lead has reached the stage within the horizon, so nothing says how long it takes"
)
_TOO_YOUNG = Reason("too_young", "too little of the time has passed")
_ONE = {"customer": "customer", "opportunity": "opportunity", "mql": "MQL", "sal": "SAL", "sql": "SQL"}
_PLURALS = {
    "customer": "customers",
    "opportunity": "opportunities",
    "mql": "MQLs",
    "sal": "SALs",
    "sql": "SQLs",
}


def study(given: Given, asked: Asked) -> Study:
    """The cohorts of the leads, as a whole and by group; UsageError where the files do not tell."""
    request = asked.request
    leads = counting.count(toward(given.data, asked.stage), asked)
    if leads.reason:
        raise UsageError(
            f"nothing says which leads became {_PLURALS[asked.stage]}: {leads.reason.message}",
            hint="Name another --stage, or load the deals as well.",
        )
    tables = list(_tables(leads, TOTAL))
    for key, others in leads.groups(asked.groups) if request.by else ():
        tables += _tables(leads, key, others)
    return Study(
        command="cohorts",
        title=f"Leads by {asked.grain} of creation, and {_PLURALS[asked.stage]} by age",
        as_of=from_day(given.data.as_of),
        timezone=request.timezone,
        currency=given.data.currency,
        period=span(leads.main, leads.as_of),
        filters=tuple(str(f) for f in request.where),
        sentences=tuple(of_leads(leads, _PLURALS[asked.stage])),
        tables=tuple(tables),
        sources=tuple(given.sources),
        warnings=(*given.notes, *_notes(leads)),
    )


def _tables(leads: Leads, key: Key, others: int = 0) -> Iterator[Table]:
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
    dimensions = leads.asked.request.by if key else ()
    return (
        *(Field(id=dimension, label=dimension, unit=TEXT) for dimension in dimensions),
        Field(id="cohort", label="created in", unit=TEXT),
    )


def _overview(leads: Leads, key: Key, cohorts: Sequence[Cohort], name: str) -> Table:
    """How far each cohort has come, and how far it will."""
    horizon, things = leads.asked.request.horizon, _PLURALS[leads.asked.stage]
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
        caption=f"so far; completed to {horizon} days by the time that conversion takes, and by the chain ladder from age to age",
    )


def _row(leads: Leads, key: Key, cohort: Cohort, label: str, steps: Ladder | None) -> tuple[Entry, ...]:
    horizon = leads.asked.request.horizon
    young = not cohort.has_had(horizon)
    beyond = (steps.share(cohort), steps.error(cohort)) if steps else ()
    return (
        *(Entry(text=value) for value in key),
        Entry(text=label),
        Entry(cell=Cell(value=cohort.size), young=cohort.period.end > leads.as_of),
        Entry(cell=Cell(value=cohort.reached), young=young),
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
    names, things = _names(leads, key), _PLURALS[leads.asked.stage]
    rows = [
        (
            *(Entry(text=value) for value in key),
            Entry(text=cohort.period.label),
            Entry(cell=Cell(value=cohort.size), young=cohort.period.end > leads.as_of),
            *(_by_age(cohort, age) for age in leads.ages),
        )
        for cohort in cohorts
    ]
    whole = leads.whole(cohorts)
    pooled = [[cohort for cohort in whole if cohort.has_had(age)] for age in leads.ages]
    if len(rows) > 1 and pooled[0]:
        rows.append(
            (
                *(Entry(text=value) for value in key),
                Entry(text=ALL),
                Entry(cell=Cell(value=sum(cohort.size for cohort in pooled[0]))),
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


def _notes(leads: Leads) -> Iterator[Note]:
    things = _PLURALS[leads.asked.stage]
    if leads.undated:
        yield Note(code=leads.undated.code, message=f"There are no ages: {leads.undated.message}.")
    if found := leads.truncated:
        yield Note(
            code="left_truncated",
            message=f"{found.said(_ONE[leads.asked.stage], things)} The chain ladder and the row {ALL} of the triangle leave them out.",
        )
    if undated := leads.counted.undated("leads", "created_at"):
        yield Note(code="undated", message=f"Leads without a date of creation, in no cohort: {undated:,}.")
    together = leads.together(TOTAL)
    apart = together.reached - sum(together.lags.values())
    if apart and not leads.undated:
        yield Note(
            code="no_age",
            message=f"Of {together.reached:,} {things}, those without a date of that, or with one before the lead's: "
            f"{apart:,}. They count so far, and under no age.",
        )
