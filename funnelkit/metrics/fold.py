"""What an engine answered, folded from days into pieces of the timeline.

This is the one loop over many rows in Python, so it is kept to dictionary look-ups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any

from funnelkit.metrics.columns import DERIVED, EVENT_DAYS, KEPT

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.windows import Timeline

Key = tuple[str, ...]
"""A group of the breakdown; the empty one is the total."""
TOTAL: Key = ()
Cell = tuple[Key, int | None, tuple[Any, ...]]
"""A group, a piece of time (None: it did not happen) and the values of the flags."""
ROWS = ""
"""Stands for the number of rows where else a column to add up is named."""


@dataclass
class Folded:
    """Row counts and sums by cell, and of ranges of days that reach over a border between pieces."""

    cells: dict[str, dict[Cell, int]]
    """By summed column, ``ROWS`` for the count."""
    ranges: dict[str, dict[tuple[int, int], dict[Cell, int]]] = field(default_factory=dict)
    """The same by start and end, with piece None."""


def fold(stream: Stream, answer: Answer, timeline: Timeline) -> Folded:
    """The sums of *answer* in the pieces of *timeline*."""
    keys = answer.keys if stream.by else repeat(TOTAL)
    if stream.day is None:
        return _fold_ranges(answer, keys, timeline)
    places = list(zip(keys, _pieces(stream, answer, timeline), answer.flags, strict=False))
    cells = {ROWS: _added(places, answer.counts)}
    cells |= {column: _added(places, amounts) for column, amounts in answer.sums.items()}
    return Folded(cells)


def fold_values(
    stream: Stream, answer: Answer, timeline: Timeline, column: str
) -> Iterator[tuple[Cell, int | None, int | None, int]]:
    """(cell, value of *column*, day, rows) of each group of *answer*."""
    keys = answer.keys if stream.by else repeat(TOTAL)
    places = zip(keys, _pieces(stream, answer, timeline), answer.flags, strict=False)
    return zip(places, answer.values[column], answer.days[0], answer.counts, strict=False)


def fitting(stream: Stream, where: Mapping[str, frozenset[Any]]) -> Callable[[tuple[Any, ...]], bool]:
    """Whether flags pass the filters and *where*."""
    known: dict[tuple[Any, ...], bool] = {}

    def fits(flags: tuple[Any, ...]) -> bool:
        if flags not in known:
            named = dict(zip(stream.flags, flags, strict=True))
            known[flags] = bool(named.get(KEPT, 1)) and all(
                flag(stream.table, column, named) in values for column, values in where.items()
            )
        return known[flags]

    return fits


def flag(table: str, column: str, named: Mapping[str, Any]) -> Any:
    """The value of the flag *column*, derived where it must be."""
    return DERIVED[table, column][1](named) if (table, column) in DERIVED else named.get(column)


def _pieces(stream: Stream, answer: Answer, timeline: Timeline) -> list[int | None]:
    happens_once = (stream.table, stream.day or "") in EVENT_DAYS
    found: dict[int | None, int | None] = {day: timeline.piece(day) for day in set(answer.days[0])}
    if happens_once:
        found[None] = None
    return [found[day] for day in answer.days[0]]


def _added(places: list[Cell], amounts: list[int | None] | list[int]) -> dict[Cell, int]:
    """*amounts* added up by place; missing ones count as nothing."""
    if amounts and all(amount == 1 for amount in amounts):
        return Counter(places)
    sums: dict[Cell, int] = {}
    for place, amount in zip(places, amounts, strict=True):
        if amount:
            sums[place] = sums.get(place, 0) + amount
    return sums


def _fold_ranges(answer: Answer, keys: Iterable[Key], timeline: Timeline) -> Folded:
    folded = Folded({column: {} for column in (ROWS, *answer.sums)})
    columns = {ROWS: answer.counts, **answer.sums}
    starts, ends = answer.days
    for i, (key, start, end) in enumerate(zip(keys, starts, ends, strict=False)):
        piece = timeline.piece(start)
        whole = start is None or end is None or timeline.piece(end) == piece
        cell: Cell = (key, piece if whole else None, answer.flags[i])
        for column, amounts in columns.items():
            if amount := amounts[i]:
                sums = folded.cells[column]
                if not whole:
                    assert start is not None and end is not None
                    sums = folded.ranges.setdefault(column, {}).setdefault((start, end), {})
                sums[cell] = sums.get(cell, 0) + amount
    return folded
