"""Everything that a report needs from the engine: first its days, then, by pieces of the timeline, its sums.

Loaded only when a report is built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit.agreements import DAILY, Sla
from funnelkit.metrics import firstpaid, returning
from funnelkit.metrics.aggregate import Answer, Source, Stream, plan
from funnelkit.metrics.beginning import Truncation, truncation
from funnelkit.metrics.columns import KEPT
from funnelkit.metrics.conversion import timing
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.metrics.facts import Facts, Filters, facts
from funnelkit.metrics.fold import fitting
from funnelkit.metrics.grouped import Groups
from funnelkit.metrics.rowwise import Rows
from funnelkit.metrics.stages import USUAL, Path
from funnelkit.metrics.survey import Survey
from funnelkit.metrics.tally import Tally
from funnelkit.statistics.survival import Curve

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.reasons import Reason
    from funnelkit.metrics.windows import Timeline, Window

FEW_ROWS = 20_000
"""Up to here, grouping in an engine costs more than it saves: the rows are their own groups."""
_CLOSED = frozenset({"won", "lost", "other"})
_ANCHORS = ("created_at", "closed_at", "sent_at", "paid_at", "date", None)
"""Days on which a row happened: entries of stages and days of other rows are something else."""


class Asked(Struct, frozen=True):
    """What is going to be counted, and the tables that will be asked."""

    facts: Facts
    plan: Mapping[Stream, Sequence[Measure | Histogram]]
    sources: Mapping[str, Source]
    lacks: Mapping[str, Reason]
    """Why a measure or histogram says nothing, by id, as far as columns tell."""
    extents: Mapping[str, tuple[int, int]]
    """The first and last day on which something happened, by table."""

    def days(self, *tables: str) -> list[int]:
        """The first and last day on which something happened in *tables*; empty where nothing did."""
        ends = [day for table in tables for day in self.extents.get(table, ())]
        return [min(ends), max(ends)] if ends else []

    def truncated(self, histogram: Histogram) -> Truncation | None:
        """How the rows of *histogram* begin, where they begin without their first wins."""
        if histogram.id in self.lacks:
            return None
        return truncation(self.sources[histogram.table].wins(histogram))

    def count(self, timeline: Timeline, ranked: AbstractSet[str]) -> Counted:
        """Ask for everything, by the pieces of *timeline*; of the histograms *ranked* also for values by rank."""
        answers = {s: self.sources[s.table].answer(s, timeline) for s in self.plan}
        survey = Survey(self.facts, answers)
        lacks = dict(self.lacks)
        for part in (part for several in self.plan.values() for part in several):
            reasons = (survey.reason(need) for need in part.needs)
            if part.id not in lacks and (reason := next(filter(None, reasons), None)):
                lacks[part.id] = reason
        tally = Tally(timeline, ranked, self._returning(timeline, lacks))
        for stream, answer in answers.items():
            tally.add(stream, answer, [one for one in self.plan[stream] if one.id not in lacks])
        return Counted(self, answers, tally, survey, lacks)

    def _returning(
        self, timeline: Timeline, lacks: Mapping[str, Reason]
    ) -> Mapping[Window, Mapping[str, int]]:
        """What is counted customer by customer; nothing where nobody asks for it."""
        parts = (part for several in self.plan.values() for part in several if part.id not in lacks)
        words = {getattr(part, "of_customers", "") for part in parts} - {""}
        if not words:
            return {}
        frame = self.facts.frames["payments"]
        kept = self.facts.derived("payments", KEPT) if self.facts.filters else None
        asked = (frame if kept is None else frame.filter(kept)), timeline.every, timeline.as_of
        found: dict[Window, Mapping[str, int]] = {}
        if words - {*firstpaid.WORDS}:
            found |= returning.counted(*asked, products=bool(words & {*returning.PRODUCTS}))
        if words & {*firstpaid.WORDS}:
            for window, values in firstpaid.counted(*asked).items():
                found[window] = {**found.get(window, {}), **values}
        return found


class Counted(Struct, frozen=True):
    """The answers of the engine, and what they say about the files as a whole."""

    asked: Asked
    answers: Mapping[Stream, Answer]
    tally: Tally
    survey: Survey
    lacks: Mapping[str, Reason]
    """Why a measure or histogram says nothing, by id."""

    @property
    def facts(self) -> Facts:
        """The linked tables."""
        return self.asked.facts

    def timing(self, histogram: Histogram, since: int | None) -> Curve:
        """The curve of the lags of *histogram*, over leads created from day *since* on."""
        timeline = self.tally.timeline
        first = timeline.piece(since) if since is not None else 0
        pieces = range(first, timeline.piece(timeline.as_of) + 1)
        lags: dict[int, int] = {}
        for piece, (lag, won), n in self.tally.by_piece(histogram):
            if won and piece in pieces:
                lags[lag] = lags.get(lag, 0) + n
        kept = [(day, n) for piece, day, n in self.tally.days_by_piece(histogram) if piece in pieces]
        return timing(lags, kept, timeline.as_of)

    def undated(self, table: str, day: str | None) -> int:
        """How many rows of *table* that pass the filters have no date."""
        missing = self.tally.timeline.undated
        return self._rows(table, day, lambda answer: [i for i, p in enumerate(answer.pieces) if p == missing])

    def never_dated(self, table: str, day: str) -> bool:
        """Whether rows of *table* pass the filters, of which none has a date."""
        missing = self.tally.timeline.undated

        def dated(answer: Answer) -> list[int]:
            return [i for i, p in enumerate(answer.pieces) if p is not None and p != missing]

        return self.undated(table, day) > 0 and self._rows(table, day, dated) == 0

    def undated_wins(self) -> int:
        """How many won deals that pass the filters have no day on which they were closed."""
        return self._undated_deals("closed_at", "won")

    def undue(self) -> int:
        """How many open deals that pass the filters have no day on which they are expected to close."""
        return self._undated_deals("expected_close_at", "open")

    def _undated_deals(self, day: str, status: str) -> int:
        missing = self.tally.timeline.undated

        def chosen(answer: Answer) -> list[int]:
            if "status" not in answer.columns:
                return []
            statuses = answer.column("status")
            return [i for i, p in enumerate(answer.pieces) if p == missing and statuses[i] == status]

        return self._rows("deals", day, chosen)

    def spread(self) -> int:
        """How many rows of spend are for a range of days that a border between pieces cuts."""
        return self._rows("spend", None, lambda answer: answer.wide)

    def _rows(self, table: str, day: str | None, chosen: Callable[[Answer], Sequence[int]]) -> int:
        """How many rows of the *chosen* groups of *table* pass the filters."""
        for stream, answer in self.answers.items():
            if (stream.table, stream.day, stream.value, stream.daily) == (table, day, "", False):
                fits = fitting(stream, {})
                columns = [answer.column(c) for c in stream.flags]
                kept = [i for i in chosen(answer) if fits(tuple(column[i] for column in columns))]
                return sum(answer.counts[i] for i in kept) if answer.counts else len(kept)
        return 0


def ask(
    dataset: Dataset,
    filters: Filters,
    by: tuple[str, ...],
    wanted: Iterable[Measure | Histogram],
    horizon: int,
    few_rows: int = FEW_ROWS,
    sla: Sla = DAILY,
    path: Path = USUAL,
) -> Asked:
    """Prepare to count *wanted*; ``PROBES`` of the survey must be among them."""
    known = facts(dataset, filters, horizon, sla, path)
    parts = list(dict.fromkeys(wanted))
    lacks = {part.id: reason for part in parts if (reason := known.lacks(part))}
    planned = plan([part for part in parts if part.id not in lacks], known, by)
    sources = {table: _source(table, planned, known, few_rows) for table in {s.table for s in planned}}
    return Asked(known, planned, sources, lacks, _extents(planned, sources))


def _source(table: str, planned: Iterable[Stream], known: Facts, few_rows: int) -> Source:
    columns = dict.fromkeys(column for s in planned if s.table == table for column in s.columns)
    frame = known.frames[table]
    few = isinstance(frame, nw.DataFrame) and len(frame) <= few_rows
    if few:
        return Rows(table, columns, known)
    # Most reports are small, and need nothing of what groups in an engine.

    return Groups(table, columns, known)


def _extents(planned: Iterable[Stream], sources: Mapping[str, Source]) -> dict[str, tuple[int, int]]:
    """The first and last day of each table; the close date of an open deal is only a hope."""
    found: dict[str, tuple[int, int]] = {}
    for table, day in dict.fromkeys((s.table, s.day) for s in planned if s.day in _ANCHORS):
        for column in (day,) if day else ("start", "end"):
            status = _CLOSED if (table, day) == ("deals", "closed_at") else frozenset()
            if ends := sources[table].extent(column, status):
                before = found.get(table, ends)
                found[table] = min(before[0], ends[0]), max(before[1], ends[1])
    return found
