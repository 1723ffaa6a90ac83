"""Sums of measures day by day, by group: for limits of which a day is the unit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from operator import mul
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.fold import ROWS, TOTAL, Key, added, fitting
from funnelkit.metrics.spread import spread

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.entries import Measure
    from funnelkit.metrics.windows import Window

Days = dict[int, int]


class Table(Struct, frozen=True):
    """Some measures on every day on which one of them is not 0, in one group."""

    days: list[int]
    sums: dict[str, list[int]]


class Daily:
    """Sums by measure, group and day; what has no day is left out, and so is what is after the day *until* of its table."""

    def __init__(self, until: Mapping[str, int]) -> None:
        self._until = until
        self._sums: dict[str, dict[Key, Days]] = {}
        self._ranged: dict[str, set[Key]] = {}
        self._tables: dict[tuple[tuple[str, ...], Key], Table] = {}

    def add(self, stream: Stream, answer: Answer, measures: Sequence[Measure]) -> None:
        """Count *measures* in what the engine answered to *stream*."""
        for measure in measures:
            sums: dict[Key, Days] = {}
            ranged: set[Key] = set()
            for key, day, amount, whole in _folded(stream, answer, measure):
                if day > self._until.get(measure.table, day):
                    continue
                for one in {key, TOTAL}:
                    days = sums.setdefault(one, {})
                    days[day] = days.get(day, 0) + amount
                    if not whole:
                        ranged.add(one)
            self._sums[measure.id], self._ranged[measure.id] = sums, ranged

    def merge(self, keys: Sequence[Key], into: Key) -> None:
        """Add up the groups *keys* as the group *into*."""
        for name, sums in self._sums.items():
            days: Days = {}
            for day, amount in chain.from_iterable(sums.get(key, {}).items() for key in keys):
                days[day] = days.get(day, 0) + amount
            sums[into] = days
            if self._ranged[name] & {*keys}:
                self._ranged[name].add(into)

    def is_ranged(self, name: str, key: Key) -> bool:
        """Whether some of it is given for several days at once."""
        return key in self._ranged.get(name, ())

    def between(self, names: tuple[str, ...], key: Key, window: Window) -> Table:
        """The measures *names* on the days of *window*, of everything on those that are over."""
        table = self._table(names, key)
        first = 0 if window.everything else bisect_left(table.days, window.start)
        last = bisect_right(table.days, window.end)
        return Table(table.days[first:last], {name: sums[first:last] for name, sums in table.sums.items()})

    def _table(self, names: tuple[str, ...], key: Key) -> Table:
        if (known := self._tables.get((names, key))) is None:
            several = {name: self._sums.get(name, {}).get(key, {}) for name in names}
            days = sorted({day for sums in several.values() for day, amount in sums.items() if amount})
            lists = {name: [sums.get(day, 0) for day in days] for name, sums in several.items()}
            known = self._tables[names, key] = Table(days, lists)
        return known


def product(table: Table, first: str, second: str) -> int:
    """The sum over days of the products of two measures."""
    return sum(map(mul, table.sums[first], table.sums[second]))


def _folded(stream: Stream, answer: Answer, measure: Measure) -> Iterator[tuple[Key, int, int, bool]]:
    """(group, day, amount, whether it was given for that day alone) of the dated rows that fit *measure*."""
    keys, flags = ([answer.column(c) for c in columns] for columns in (stream.by, stream.flags))
    ends = [answer.column(stream.days[0]), answer.column(stream.days[-1])]
    amounts = answer.counts if measure.column is None else answer.column(measure.column or ROWS)
    fits, at = fitting(stream, measure.where), len(keys)
    ranges: dict[tuple[int, int], dict[Key, int]] = {}
    for row, amount in added([*keys, *ends, *flags], amounts).items():
        start, end = row[at : at + 2]
        if start is None or end is None or not fits(row[at + 2 :]):
            continue
        if start == end:
            yield row[:at], start, amount, True
        else:
            parts = ranges.setdefault((start, end), {})
            parts[row[:at]] = parts.get(row[:at], 0) + amount
    for (start, end), parts in ranges.items():
        for key, day, part in spread(sorted(parts.items()), start, end, range(start + 1, end + 1)):
            yield key, day, part, False
