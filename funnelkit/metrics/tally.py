"""What the engine counted, by group and piece of time: all that metrics are worked out from.

Totals are sums of the groups, never separate questions, so a breakdown always adds up to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from funnelkit.metrics.fold import ROWS, TOTAL, Flags, Folded, Key, Placed, fitting, fold, fold_values, place
from funnelkit.metrics.language import Histogram, Measure
from funnelkit.metrics.spread import spread

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.windows import Timeline, Window

Value = tuple[int | None, Any, int | None]
"""A value of a histogram's column, of the column it is split by, and the age of the row in days."""
Counts = dict[Value, int]


class Sums(dict[Key, list[int]]):
    """Sums by group and piece; a group that is not there yet begins with zeros."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self._pieces = pieces

    def __missing__(self, key: Key) -> list[int]:
        self[key] = [0] * self._pieces
        return self[key]


class Tally:
    """Sums of measures and counts of histogram values, by group and piece of the timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._running: dict[str, dict[Key, list[int]]] = {}
        self._counts: dict[str, dict[Key, list[Counts]]] = {}

    def add(self, stream: Stream, answer: Answer, wanted: Sequence[Measure | Histogram]) -> None:
        """Count *wanted* in what the engine answered to *stream*."""
        placed = place(stream, answer, self.timeline)
        self._add_measures(placed, [one for one in wanted if isinstance(one, Measure)])
        for one in wanted:
            if isinstance(one, Histogram):
                self._counts[one.id] = self._histogram(placed, one)

    def sum(self, measure: Measure, key: Key, window: Window) -> int:
        """What *measure* adds up to in the group *key* and *window*, in the column's smallest unit.

        What was not asked for, or does not occur, is 0.
        """
        running = self._running.get(measure.id, {}).get(key)
        if running is None:
            return 0
        return self.timeline.total(running, window, cumulative=measure.cumulative)

    def values(self, histogram: Histogram, key: Key, window: Window) -> Counts:
        """How often each value occurs in the group *key* and *window*."""
        return _together(counts for _, counts in self.pieces(histogram, key, window))

    def pieces(self, histogram: Histogram, key: Key, window: Window) -> Iterator[tuple[int, Counts]]:
        """The values of each piece of *window* that has any, with the number of the piece."""
        pieces = self._counts.get(histogram.id, {}).get(key, [])
        span = [*self.timeline.span(window), *([self.timeline.undated] if window.everything else [])]
        return ((i, pieces[i]) for i in span if pieces and pieces[i])

    def keys(self, parts: Iterable[Measure | Histogram], windows: Sequence[Window]) -> set[Key]:
        """Every group in which one of *parts* occurs in one of *windows*; the total left out."""
        found: set[Key] = set()
        for part in parts:
            known = (
                self._running.get(part.id, {}) if isinstance(part, Measure) else self._counts.get(part.id, {})
            )
            found |= {k for k in known if k not in found and any(self._occurs(part, k, w) for w in windows)}
        return found - {TOTAL}

    def _occurs(self, part: Measure | Histogram, key: Key, window: Window) -> bool:
        if isinstance(part, Measure):
            return self.sum(part, key, window) != 0
        return next(self.pieces(part, key, window), None) is not None

    def merge(self, keys: Sequence[Key], into: Key) -> None:
        """Add up the groups *keys* as the group *into*."""
        for running in self._running.values():
            _merge_sums(running, keys, into)
        for counts in self._counts.values():
            _merge_counts(counts, keys, into)

    def _add_measures(self, placed: Placed, measures: Sequence[Measure]) -> None:
        for column in dict.fromkeys(m.column or ROWS for m in measures):
            several = [m for m in measures if (m.column or ROWS) == column]
            folded = fold(placed, column)
            for measure, sums in zip(several, self._sums(placed.stream, folded, several), strict=True):
                running = {key: list(accumulate(pieces, initial=0)) for key, pieces in sums.items()}
                if placed.stream.by:
                    _merge_sums(running, list(running), TOTAL)
                self._running[measure.id] = running

    def _sums(self, stream: Stream, folded: Folded, measures: Sequence[Measure]) -> list[Sums]:
        """The sums by group and piece, for each of the measures of one column."""
        tests = [fitting(stream.table, stream.flags, m.where) for m in measures]
        sums = [Sums(self.timeline.pieces) for _ in measures]
        chosen: dict[Flags, list[Sums]] = {}
        for (key, piece, flags), amount in folded.cells:
            if flags not in chosen:
                chosen[flags] = [found for found, fits in zip(sums, tests, strict=True) if fits(flags)]
            if piece is not None:
                for found in chosen[flags]:
                    found[key][piece] += amount
        for (start, end), cells in folded.ranges.items():
            for found, fits in zip(sums, tests, strict=True):
                parts: dict[Key, int] = {}
                for (key, _, flags), amount in cells.items():
                    if fits(flags):
                        parts[key] = parts.get(key, 0) + amount
                for key, day, part in spread(sorted(parts.items()), start, end, self.timeline.cuts):
                    found[key][self.timeline.piece(day)] += part
        return sums

    def _histogram(self, placed: Placed, histogram: Histogram) -> dict[Key, list[Counts]]:
        counts: dict[Key, list[Counts]] = {}
        as_of = self.timeline.as_of
        for (key, piece, (split,)), number, day, n in fold_values(placed, histogram):
            if piece is None or (number is None and histogram.split is None):
                continue
            if key not in counts:
                counts[key] = [{} for _ in range(self.timeline.pieces)]
            value, cell = (number, split, None if day is None else as_of - day), counts[key][piece]
            cell[value] = cell.get(value, 0) + n
        if placed.stream.by:
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
