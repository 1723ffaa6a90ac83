"""The study of leads: by when they were created and by age, how many have reached a stage, and how many will."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.cohorts import counting
from funnelkit.build.cohorts.request import ALL, Given, span
from funnelkit.build.cohorts.said import of_leads
from funnelkit.build.cohorts.tables import tables_of
from funnelkit.build.cohorts.toward import toward
from funnelkit.errors import UsageError
from funnelkit.metrics.fold import TOTAL
from funnelkit.periods import from_day
from funnelkit.studies import Study
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.cohorts.counted import Leads
    from funnelkit.build.cohorts.request import Asked


def study(given: Given, asked: Asked) -> Study:
    """The cohorts of the leads, as a whole and by group; UsageError where the files do not tell."""
    request = asked.request
    leads = counting.count(toward(given.data, asked.stage, asked.request.path), asked)
    if leads.reason:
        raise UsageError(
            f"nothing says which leads became {asked.things}: {leads.reason.message}",
            hint="Name another --stage, or load the deals as well.",
        )
    tables = list(tables_of(leads, TOTAL))
    for key, others in leads.groups(asked.groups) if request.by else ():
        tables += tables_of(leads, key, others)
    return Study(
        command="cohorts",
        title=f"Leads by {asked.grain} of creation, and {asked.things} by age",
        as_of=from_day(given.data.as_of),
        timezone=request.timezone,
        currency=given.data.currency,
        period=span(leads.main, leads.as_of),
        filters=tuple(str(f) for f in request.where),
        sentences=tuple(of_leads(leads, asked.things)),
        tables=tuple(tables),
        sources=tuple(given.sources),
        warnings=(*given.notes, *_notes(leads)),
    )


def _notes(leads: Leads) -> Iterator[Note]:
    things = leads.asked.things
    if leads.undated:
        yield Note(code=leads.undated.code, message=f"There are no ages: {leads.undated.message}.")
    if found := leads.truncated:
        yield Note(
            code="left_truncated",
            message=f"{found.said(leads.asked.thing, things)} The chain ladder and the row {ALL} of the triangle leave them out.",
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
