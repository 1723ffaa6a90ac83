"""What the engine counted, by group and piece of time: all that metrics are worked out from.

Totals are sums of the groups, never separate questions, so a breakdown always adds up to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeVar

from funnelkit.metrics.conversion import LeadDay
from funnelkit.metrics.daily import Daily
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.metrics.fold import (
    ROWS,
    TOTAL,
    Flags,
    Folded,
    Key,
    fitting,
    fold,
    fold_days,
    fold_squares,
    fold_values,
)
from funnelkit.metrics.spread import spread
from funnelkit.statistics.moments import NONE, Moments

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.ranks import Ordered, Ranks
    from funnelkit.metrics.windows import Timeline, Window

Value = tuple[int, Any]
"""A value of a histogram's column, and of the column it is split by."""
Counts = dict[Value, int]
Part = TypeVar("Part")
_PLANNED = frozenset({"costs"})
"""Tables that tell of days to come: salaries of a whole month are not those of its customers so far."""
_RANGED = frozenset({"spend", "web", "search"})
"""Tables whose rows may be for a range of days, which may reach over the last day that counts."""


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

    def __init__(
        self,
        timeline: Timeline,
        ranked: AbstractSet[str],
        returning: Mapping[Window, Mapping[str, int]],
    ) -> None:
        self.timeline = timeline
        self._returning = returning
        """What is counted customer by customer, by window."""
        self._ranked = ranked
        """The histograms of which a median is asked for."""
        self._running: dict[str, dict[Key, list[int]]] = {}
        self._counts: dict[str, dict[Key, list[Counts]]] = {}
        self._moments: dict[str, dict[Key, list[Moments]]] = {}
        """Of histograms of which an engine does not count the values one by one."""
        self._ranks: dict[str, Ranks] = {}
        self._days: dict[str, dict[Key, list[dict[int, LeadDay]]]] = {}
        self._ending = _PLANNED | _RANGED if timeline.stops else _PLANNED
        """The tables of which nothing after the as-of day counts."""
        self.daily = Daily(dict.fromkeys(self._ending, timeline.as_of))
        """Measures of which the days are kept apart."""

    def add(self, stream: Stream, answer: Answer, wanted: Sequence[Measure | Histogram]) -> None:
        """Count *wanted* in what the engine answered to *stream*."""
        measures = [one for one in wanted if isinstance(one, Measure)]
        if stream.daily:
            self.daily.add(stream, answer, measures)
        else:
            self._add_measures(stream, answer, measures)
        for one in wanted:
            if isinstance(one, Measure):
                continue
            if stream.daily:
                self._days[one.id] = self._by_day(stream, answer, one)
            elif answer.squares is not None and answer.ranks is not None:
                self._moments[one.id] = self._squares(stream, answer, one)
                if one.id in self._ranked:
                    self._ranks[one.id] = answer.ranks
                    answer.ranks.find(one.where, self.timeline)
            else:
                self._counts[one.id] = self._histogram(stream, answer, one)

    def sum(self, measure: Measure, key: Key, window: Window) -> int:
        """What *measure* adds up to in the group *key* and *window*, in the column's smallest unit.

        What was not asked for, or does not occur, is 0.
        """
        if measure.of_customers:
            return self.of_customers(measure.of_customers, key, window)
        running = self._running.get(measure.id, {}).get(key)
        if running is None:
            return 0
        if measure.table in self._ending:
            window = self.timeline.so_far(window)
        return self.timeline.total(running, window, cumulative=measure.cumulative)

    def of_customers(self, word: str, key: Key, window: Window) -> int:
        """What was counted customer by customer; of groups nothing is."""
        return self._returning.get(window, {}).get(word, 0) if key == TOTAL else 0

    def values(self, histogram: Histogram, key: Key, window: Window) -> Counts:
        """How often each value occurs in the group *key* and *window*; not of money that an engine summed."""
        return _together(self._in(self._counts.get(histogram.id, {}).get(key), window))

    def by_piece(self, histogram: Histogram) -> Iterator[tuple[int, Value, int]]:
        """(piece, value, rows) of all rows."""
        for piece, counts in enumerate(self._counts.get(histogram.id, {}).get(TOTAL, ())):
            yield from ((piece, value, n) for value, n in counts.items())

    def is_summed(self, histogram: Histogram) -> bool:
        """Whether an engine summed the values of *histogram* instead of counting them one by one."""
        return histogram.id in self._moments

    def moments(self, histogram: Histogram, key: Key, window: Window) -> Moments:
        """Number, sum and squares of the values in the group *key* and *window*, where an engine summed them."""
        return sum(self._in(self._moments[histogram.id].get(key), window), start=NONE)

    def ordered(self, histogram: Histogram, key: Key, window: Window) -> Ordered:
        """Of summed values those at the ranks of the median and its limits."""
        return self._ranks[histogram.id].ordered(key, window)

    def days(self, histogram: Histogram, key: Key, window: Window) -> Iterator[tuple[int, LeadDay]]:
        """The leads of the group *key* created in *window*, by the day of that, of a histogram with ages."""
        for days in self._in(self._days.get(histogram.id, {}).get(key), window):
            yield from days.items()

    def days_by_piece(self, histogram: Histogram) -> Iterator[tuple[int, int, LeadDay]]:
        """(piece, day, leads) of all dated leads."""
        for piece, days in enumerate(self._days.get(histogram.id, {}).get(TOTAL, ())):
            yield from ((piece, day, leads) for day, leads in days.items())

    def keys(self, parts: Iterable[Measure | Histogram], windows: Sequence[Window]) -> set[Key]:
        """Every group in which one of *parts* occurs in one of *windows*; the total left out."""
        found: set[Key] = set()
        for part in parts:
            known = self._groups(part)
            found |= {k for k in known if k not in found and any(self._occurs(part, k, w) for w in windows)}
        return found - {TOTAL}

    def _groups(self, part: Measure | Histogram) -> Iterable[Key]:
        if isinstance(part, Measure):
            return self._running.get(part.id, {})
        return self._moments.get(part.id) or self._counts.get(part.id, {})

    def _occurs(self, part: Measure | Histogram, key: Key, window: Window) -> bool:
        if isinstance(part, Measure):
            return self.sum(part, key, window) != 0
        if self.is_summed(part):
            return self.moments(part, key, window).n > 0
        return any(self._in(self._counts.get(part.id, {}).get(key), window))

    def merge(self, keys: Sequence[Key], into: Key, beside: Sequence[Key]) -> None:
        """Add up the groups *keys* as the group *into*; *beside* are all the others."""
        for running in self._running.values():
            _merge(running, keys, into, _added)
        for counts in self._counts.values():
            _merge(counts, keys, into, _each(_together))
        for moments in self._moments.values():
            _merge(moments, keys, into, _each(_summed))
        for days in self._days.values():
            _merge(days, keys, into, _each(_together_by_day))
        for ranks in self._ranks.values():
            ranks.merge(into, beside, self.timeline)
        self.daily.merge(keys, into)

    def _in(self, pieces: Sequence[Part] | None, window: Window) -> Iterator[Part]:
        """Those of *pieces* that *window* is made of."""
        span = [*self.timeline.span(window), *([self.timeline.undated] if window.everything else [])]
        return (pieces[i] for i in span) if pieces else iter(())

    def _add_measures(self, stream: Stream, answer: Answer, measures: Sequence[Measure]) -> None:
        for column in dict.fromkeys(m.column or ROWS for m in measures):
            several = [m for m in measures if (m.column or ROWS) == column]
            folded = fold(stream, answer, column)
            for measure, sums in zip(several, self._sums(stream, folded, several), strict=True):
                running = {key: list(accumulate(pieces, initial=0)) for key, pieces in sums.items()}
                if stream.by:
                    _merge(running, list(running), TOTAL, _added)
                self._running[measure.id] = running

    def _sums(self, stream: Stream, folded: Folded, measures: Sequence[Measure]) -> list[Sums]:
        """The sums by group and piece, for each of the measures of one column."""
        tests = [fitting(stream, m.where) for m in measures]
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

    def _histogram(self, stream: Stream, answer: Answer, histogram: Histogram) -> dict[Key, list[Counts]]:
        counts: dict[Key, list[Counts]] = {}
        for key, piece, value, split, n in fold_values(stream, answer, histogram):
            if key not in counts:
                counts[key] = [{} for _ in range(self.timeline.pieces)]
            cell = counts[key][piece]
            cell[value, split] = cell.get((value, split), 0) + n
        if stream.by:
            _merge(counts, list(counts), TOTAL, _each(_together))
        return counts

    def _by_day(
        self, stream: Stream, answer: Answer, histogram: Histogram
    ) -> dict[Key, list[dict[int, LeadDay]]]:
        found: dict[Key, list[dict[int, LeadDay]]] = {}
        for key, day, split, within, n in fold_days(stream, answer, histogram):
            if key not in found:
                found[key] = [{} for _ in range(self.timeline.pieces)]
            days = found[key][self.timeline.piece(day)]
            leads = LeadDay(n, n if within else 0, 0 if split else n)
            days[day] = days[day] + leads if day in days else leads
        if stream.by:
            _merge(found, list(found), TOTAL, _each(_together_by_day))
        return found

    def _squares(self, stream: Stream, answer: Answer, histogram: Histogram) -> dict[Key, list[Moments]]:
        found: dict[Key, list[Moments]] = {}
        for key, piece, moments in fold_squares(stream, answer, histogram):
            if key not in found:
                found[key] = [NONE] * self.timeline.pieces
            found[key][piece] += moments
        if stream.by:
            _merge(found, list(found), TOTAL, _each(_summed))
        return found


def _merge(
    known: dict[Key, Part], keys: Sequence[Key], into: Key, together: Callable[[Sequence[Part]], Part]
) -> None:
    if several := [known[key] for key in keys if key in known]:
        known[into] = together(several)


def _added(several: Sequence[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*several, strict=True)]


def _each(together: Callable[[Iterable[Part]], Part]) -> Callable[[Sequence[list[Part]]], list[Part]]:
    """What puts lists of pieces together, piece by piece."""
    return lambda several: [together(pieces) for pieces in zip(*several, strict=True)]


def _summed(several: Iterable[Moments]) -> Moments:
    return sum(several, start=NONE)


def _together(several: Iterable[Mapping[Value, int]]) -> Counts:
    found: Counts = {}
    for counts in several:
        for value, n in counts.items():
            found[value] = found.get(value, 0) + n
    return found


def _together_by_day(several: Iterable[Mapping[int, LeadDay]]) -> dict[int, LeadDay]:
    found: dict[int, LeadDay] = {}
    for days in several:
        for day, leads in days.items():
            found[day] = found[day] + leads if day in found else leads
    return found
