"""What the engine counted, by group and piece of time: all that metrics are worked out from.

Totals are sums of the groups, never separate questions, so a breakdown always adds up to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from funnelkit.metrics.fold import ROWS, TOTAL, Folded, Key, fitting, flag, fold, fold_values
from funnelkit.metrics.language import Histogram, Measure
from funnelkit.metrics.spread import spread

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.windows import Timeline, Window

Value = tuple[int | None, Any, int | None]
"""A value of a histogram's column, of the column it is split by, and the age of the row in days."""
Counts = dict[Value, int]


class Tally:
    """Sums of measures and counts of histogram values, by group and piece of the timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.spread_rows = 0
        """How many rows have a range of days that a border between two periods cuts."""
        self._running: dict[str, dict[Key, list[int]]] = {}
        self._counts: dict[str, dict[Key, list[Counts]]] = {}

    def add(self, stream: Stream, answer: Answer, wanted: Sequence[Measure | Histogram]) -> None:
        """Count *wanted* in what the engine answered to *stream*."""
        folded = fold(stream, answer, self.timeline)
        rows = sum(sum(cells.values()) for cells in folded.ranges.get(ROWS, {}).values())
        self.spread_rows += rows if stream.table == "spend" else 0
        for one in wanted:
            if isinstance(one, Histogram):
                self._counts[one.id] = self._histogram(stream, answer, one)
            else:
                self._running[one.id] = self._measure(stream, folded, one)

    def sum(self, measure: Measure, key: Key, window: Window) -> int:
        """What *measure* adds up to in the group *key* and *window*, in the column's smallest unit."""
        running = self._running[measure.id].get(key)
        if running is None:
            return 0
        return self.timeline.total(running, window, cumulative=measure.cumulative)

    def values(self, histogram: Histogram, key: Key, window: Window) -> Counts:
        """How often each value occurs in the group *key* and *window*."""
        return _together(counts for _, counts in self.pieces(histogram, key, window))

    def pieces(self, histogram: Histogram, key: Key, window: Window) -> Iterator[tuple[int, Counts]]:
        """The values of each piece of *window* that has any, with the number of the piece."""
        pieces = self._counts[histogram.id].get(key, [])
        span = [*self.timeline.span(window), *([self.timeline.undated] if window.everything else [])]
        return ((i, pieces[i]) for i in span if pieces and pieces[i])

    def keys(self) -> set[Key]:
        """Every group that something was counted in, the total left out."""
        tables = (*self._running.values(), *self._counts.values())
        return {key for by_key in tables for key in by_key} - {TOTAL}

    def merge(self, keys: Sequence[Key], into: Key) -> None:
        """Add up the groups *keys* as the group *into*."""
        for running in self._running.values():
            _merge_sums(running, keys, into)
        for counts in self._counts.values():
            _merge_counts(counts, keys, into)

    def _measure(self, stream: Stream, folded: Folded, measure: Measure) -> dict[Key, list[int]]:
        sums: dict[Key, list[int]] = {}
        fits = fitting(stream, measure.where)
        column = measure.column or ROWS
        for (key, piece, flags), amount in folded.cells.get(column, {}).items():
            if piece is not None and fits(flags):
                sums.setdefault(key, [0] * self.timeline.pieces)[piece] += amount
        for (start, end), cells in folded.ranges.get(column, {}).items():
            parts: dict[Key, int] = {}
            for (key, _, flags), amount in cells.items():
                if fits(flags):
                    parts[key] = parts.get(key, 0) + amount
            for key, day, part in spread(sorted(parts.items()), start, end, self.timeline.cuts):
                sums.setdefault(key, [0] * self.timeline.pieces)[self.timeline.piece(day)] += part
        running = {key: list(accumulate(pieces, initial=0)) for key, pieces in sums.items()}
        if stream.by:
            _merge_sums(running, list(running), TOTAL)
        return running

    def _histogram(self, stream: Stream, answer: Answer, histogram: Histogram) -> dict[Key, list[Counts]]:
        counts: dict[Key, list[Counts]] = {}
        fits = fitting(stream, histogram.where)
        split = {
            flags: flag(stream.table, histogram.split, dict(zip(stream.flags, flags, strict=True)))
            for flags in (set(answer.flags) if histogram.split else ())
        }
        as_of = self.timeline.as_of if histogram.aged else None
        for (key, piece, flags), number, day, rows in fold_values(
            stream, answer, self.timeline, histogram.of
        ):
            if piece is None or not fits(flags) or (number is None and not split):
                continue
            if key not in counts:
                counts[key] = [{} for _ in range(self.timeline.pieces)]
            age = None if as_of is None or day is None else as_of - day
            value, cell = (number, split.get(flags), age), counts[key][piece]
            cell[value] = cell.get(value, 0) + rows
        if stream.by:
            _merge_counts(counts, list(counts), TOTAL)
        return counts


def _merge_sums(running: dict[Key, list[int]], keys: Sequence[Key], into: Key) -> None:
    if several := [running[key] for key in keys if key in running]:
        running[into] = [sum(column) for column in zip(*several, strict=True)]


def _merge_counts(counts: dict[Key, list[Counts]], keys: Sequence[Key], into: Key) -> None:
    if several := [counts[key] for key in keys if key in counts]:
        counts[into] = [_together(pieces) for pieces in zip(*several, strict=True)]


def _together(several: Iterable[Counts]) -> Counts:
    found: Counts = {}
    for counts in several:
        for value, n in counts.items():
            found[value] = found.get(value, 0) + n
    return found
