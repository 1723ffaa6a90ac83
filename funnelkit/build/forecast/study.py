"""The study of a forecast: the answer in words, and the tables behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.forecast import accuracies, tables
from funnelkit.build.forecast.asked import GROUPS, Asked, Given
from funnelkit.build.forecast.assemble import Tell, assemble
from funnelkit.build.forecast.notes import notes
from funnelkit.build.forecast.said import sentences
from funnelkit.build.forecast.stages import stages
from funnelkit.periods import from_day, is_partial
from funnelkit.reports import Span
from funnelkit.studies import Study

if TYPE_CHECKING:
    from funnelkit.build.forecast.assemble import Assembled
    from funnelkit.studies import Table


def study(given: Given, asked: Asked, tell: Tell) -> Study:
    """What the metrics will be; UsageError where the files do not tell."""
    made = assemble(given.data, asked, tell)
    request, period = asked.request, asked.period
    return Study(
        command="forecast",
        title=f"Forecast by {asked.grain}",
        as_of=from_day(given.data.as_of),
        timezone=request.timezone,
        currency=given.data.currency,
        period=Span(
            start=from_day(period.start),
            end=from_day(period.end),
            label=period.label,
            partial=is_partial(period, given.data.as_of),
        ),
        filters=tuple(str(f) for f in request.where),
        sentences=tuple(sentences(made)),
        tables=tuple(_tables(made)),
        sources=tuple(given.sources),
        warnings=(*given.notes, *notes(made)),
    )


def _tables(made: Assembled) -> Iterator[Table]:
    yield tables.whole(made)
    if goals := [one for one in made.asked.goals if one.period.end > made.data.as_of]:
        yield tables.targets(goals, made)
    yield from (tables.course(one, made) for one in made.forecasts if one.known)
    yield accuracies.accuracy(made)
    yield from stages(made)
    if made.asked.request.by:
        yield tables.groups(made, made.daily.groups[: made.asked.request.top or GROUPS])
