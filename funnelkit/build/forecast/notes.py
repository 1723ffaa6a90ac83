"""What is to be said of a forecast: what it leaves out, and on what it rests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.forecast.choice import JUDGED
from funnelkit.build.forecast.said import chosen
from funnelkit.models.forecast.series import Refusal
from funnelkit.periods import from_day
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.forecast.assemble import Assembled
    from funnelkit.build.forecast.forecasted import Forecasted


def notes(made: Assembled) -> Iterator[Note]:
    """The notes, each once."""
    told: set[str] = set()
    for one in made.forecasts:
        for note in _of(one, made):
            if note.message not in told:
                told.add(note.message)
                yield note


def _of(one: Forecasted, made: Assembled) -> Iterator[Note]:
    if reason := made.daily.reason(one.metric):
        yield Note(code=reason.code, message=f"{one.metric.id} cannot be forecast: {reason.message}.")
        return
    past = one.outlook.past
    if past.stale:
        yield Note(
            code="data_end",
            message=f"{one.metric.id} ends on {from_day(past.end)}, and the forecast begins there: nothing has happened for "
            "longer than ever before. If that is no gap in the files, forecast a longer --grain.",
        )
    if one.choice is not None:
        yield Note(code="series_chosen", message=f"{one.metric.id}: {chosen(one.choice, JUDGED)}")
    if one.why_not:
        yield Note(
            code="no_open_cases", message=f"{one.metric.id} is told by its series alone: {one.why_not}."
        )
    if one.way is None or not one.taken:
        return
    found = one.way.parts(made.asked.period)
    if isinstance(found, Refusal):
        yield Note(
            code=found.code,
            message=f"{one.metric.id} is told by its series alone: {found.message}.",
        )
        return
    pipeline = found.pipeline
    if pipeline and pipeline.unanswered_deals:
        yield Note(
            code="too_old",
            message=f"Open cases older than any ten of those before them were while still open: {pipeline.unanswered_deals:,}. "
            "They count for nothing.",
        )
    if pipeline and pipeline.unpriced and one.metric.unit == "money":
        yield Note(
            code="unpriced",
            message=f"Open deals without an amount, which count for nothing: {pipeline.unpriced:,}.",
        )
    if found.short:
        yield Note(
            code="short_sighted",
            message="For some open cases no earlier one was followed for as long as the period still lasts: their wins are a lower bound.",
        )
