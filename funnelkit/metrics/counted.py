"""Everything that a report needs from the engine, asked once, before periods are thought of.

Loaded only when a report is built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.aggregate import FEW_ROWS, Answer, Stream, answers, plan
from funnelkit.metrics.facts import Facts, Filters, facts
from funnelkit.metrics.fold import fitting
from funnelkit.metrics.survey import Survey
from funnelkit.metrics.tally import Tally

if TYPE_CHECKING:
    from funnelkit.metrics.language import Histogram, Measure
    from funnelkit.metrics.reasons import Reason
    from funnelkit.metrics.windows import Timeline
    from funnelkit.tables import Dataset

_CLOSED = ("won", "lost", "other")
_ANCHORS = ("created_at", "closed_at", "sent_at", "paid_at", None)
"""Days on which a row happened: entries of stages and days of other rows are something else."""


class Counted(Struct, frozen=True):
    """The answers of the engine, and what they say about the files as a whole."""

    facts: Facts
    answers: Mapping[Stream, Answer]
    plan: Mapping[Stream, Sequence[Measure | Histogram]]
    survey: Survey
    lacks: Mapping[str, Reason]
    """Why a measure or histogram says nothing, by id."""

    def tally(self, timeline: Timeline) -> Tally:
        """The answers by piece of *timeline*."""
        tally = Tally(timeline)
        for stream, answer in self.answers.items():
            tally.add(stream, answer, [one for one in self.plan[stream] if one.id not in self.lacks])
        return tally

    def days(self, *tables: str) -> list[int]:
        """The first and last day on which something happened in *tables*; empty where nothing did."""
        extents = (
            _days(stream, answer)
            for stream, answer in self.answers.items()
            if stream.table in tables and stream.day in _ANCHORS
        )
        ends = [day for days in extents if days for day in (min(days), max(days))]
        return [min(ends), max(ends)] if ends else []

    def undated(self, table: str, day: str | None) -> int:
        """How many rows of *table* that pass the filters have no date."""
        return self._rows(table, day, lambda first, last: first is None)

    def spread(self, timeline: Timeline) -> int:
        """How many rows of spend are for a range of days that a border between pieces cuts."""
        piece = timeline.piece
        return self._rows("spend", None, lambda first, last: piece(first) != piece(last))

    def _rows(self, table: str, day: str | None, chosen: Callable[[int | None, int | None], bool]) -> int:
        """How many rows of *table* that pass the filters have *chosen* first and last days."""
        for stream, answer in self.answers.items():
            if (stream.table, stream.day) == (table, day):
                ends = (answer.column(stream.days[0]), answer.column(stream.days[-1]))
                found = [i for i, (first, last) in enumerate(zip(*ends, strict=True)) if chosen(first, last)]
                fits = fitting(stream.table, stream.flags, {})
                kept = [i for i in found if fits(tuple(answer.column(c)[i] for c in stream.flags))]
                return sum(answer.counts[i] for i in kept) if answer.counts else len(kept)
        return 0


def count(
    dataset: Dataset,
    filters: Filters,
    by: tuple[str, ...],
    wanted: Iterable[Measure | Histogram],
    few_rows: int = FEW_ROWS,
) -> Counted:
    """Ask the engine for *wanted*; ``PROBES`` of the survey must be among them."""
    known = facts(dataset, filters)
    parts = list(dict.fromkeys(wanted))
    lacks = {part.id: reason for part in parts if (reason := known.lacks(part))}
    planned = plan([part for part in parts if part.id not in lacks], known, by)
    found = answers(planned, known, few_rows)
    survey = Survey(known, found)
    for part in parts:
        reasons = (survey.reason(need) for need in part.needs)
        if part.id not in lacks and (reason := next(filter(None, reasons), None)):
            lacks[part.id] = reason
    return Counted(known, found, planned, survey, lacks)


def _days(stream: Stream, answer: Answer) -> set[int]:
    """The days of a stream; the close date of an open deal is only a hope."""
    if stream.table == "deals" and stream.day == "closed_at":
        dated = zip(answer.column("closed_at"), answer.column("status"), strict=True)
        return {day for day, status in dated if day is not None and status in _CLOSED}
    return {day for column in stream.days for day in answer.column(column) if day is not None}
