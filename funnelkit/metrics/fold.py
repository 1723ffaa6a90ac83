"""What an engine answered, folded from days into pieces of the timeline.

This is the one place where Python goes over many rows, so rows are counted as plain tuples first
and taken apart only once per different tuple.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from funnelkit.metrics.columns import DERIVED, EVENT_DAYS, KEPT

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.language import Histogram
    from funnelkit.metrics.windows import Timeline

Key = tuple[str, ...]
"""A group of the breakdown; the empty one is the total."""
TOTAL: Key = ()
Flags = tuple[Any, ...]
Cell = tuple[Key, int | None, Flags]
"""A group, a piece of time (None: it did not happen, or over several pieces), and flags."""
Where = Mapping[str, frozenset[Any]]
ROWS = ""
"""Stands for the number of rows where else a column to add up is named."""


class Folded(Struct, frozen=True):
    """Sums of a column by cell; ranges of days that reach over a border between pieces apart."""

    cells: Iterable[tuple[Cell, int]]
    ranges: Mapping[tuple[int, int], Mapping[Cell, int]] = field(default_factory=dict)
    """The sums by start and end; the piece is None."""


class Placed(Struct, frozen=True):
    """The groups of an answer, each in its piece of the timeline."""

    stream: Stream
    answer: Answer
    pieces: list[int | None]
    wide: list[int]
    """The places of groups whose range of days reaches over several pieces; their piece is None."""


def place(stream: Stream, answer: Answer, timeline: Timeline) -> Placed:
    """The groups of *answer* in the pieces of *timeline*."""
    pieces = _pieces(stream, answer.column(stream.days[0]), timeline)
    if stream.day is not None:
        return Placed(stream, answer, pieces, [])
    ends = _pieces(stream, answer.column("end"), timeline)
    wide = [i for i, (first, last) in enumerate(zip(pieces, ends, strict=True)) if first != last]
    wide = [i for i in wide if answer.column("start")[i] is not None]
    for i in wide:
        pieces[i] = None
    return Placed(stream, answer, pieces, wide)


def fold(placed: Placed, column: str) -> Folded:
    """The sums of *column*, or with ``ROWS`` the numbers of rows."""
    stream, answer = placed.stream, placed.answer
    amounts = answer.counts if column == ROWS else answer.column(column)
    keys = [answer.column(c) for c in stream.by]
    flags = [answer.column(c) for c in stream.flags]
    ranges: dict[tuple[int, int], dict[Cell, int]] = {}
    for i in placed.wide:
        cell: Cell = (tuple(k[i] for k in keys), None, tuple(f[i] for f in flags))
        sums = ranges.setdefault((answer.column("start")[i], answer.column("end")[i]), {})
        sums[cell] = sums.get(cell, 0) + ((1 if amounts is None else amounts[i]) or 0)
    at = len(keys)
    rows = added([*keys, placed.pieces, *flags], amounts).items()
    return Folded((((row[:at], row[at], row[at + 1 :]), n) for row, n in rows), ranges)


def fold_values(placed: Placed, histogram: Histogram) -> Iterator[tuple[Cell, int | None, int | None, int]]:
    """(cell, value, day, rows) of the rows that fit *histogram*; the day only where it is aged.

    The flag of the cell is the value of the column that the histogram is split by.
    """
    stream, answer = placed.stream, placed.answer
    named = _inputs(stream, (KEPT, *histogram.where, *filter(None, [histogram.split])))
    keys = [answer.column(c) for c in stream.by]
    days = answer.column(histogram.date) if histogram.aged else [None] * answer.rows
    columns = [
        *keys,
        placed.pieces,
        answer.column(histogram.of),
        days,
        *(answer.column(c) for c in named),
    ]
    at = len(keys)
    fits = fitting(stream.table, named, histogram.where)
    splits: dict[Flags, Flags | None] = {}
    for row, n in added(columns, answer.counts).items():
        flags = row[at + 3 :]
        if flags not in splits:
            split = _flag(stream.table, histogram.split, dict(zip(named, flags, strict=True)))
            splits[flags] = (split,) if fits(flags) else None
        if (chosen := splits[flags]) is not None:
            yield (row[:at], row[at], chosen), row[at + 1], row[at + 2], n


def fitting(table: str, names: Sequence[str], where: Where) -> Callable[[Flags], bool]:
    """Whether flags called *names* pass the filters and *where*."""
    known: dict[Flags, bool] = {}

    def fits(flags: Flags) -> bool:
        if flags not in known:
            named = dict(zip(names, flags, strict=True))
            known[flags] = bool(named.get(KEPT, 1)) and all(
                _flag(table, column, named) in values for column, values in where.items()
            )
        return known[flags]

    return fits


def _flag(table: str, column: str | None, named: Mapping[str, Any]) -> Any:
    """The value of the flag *column*, derived where it must be."""
    if column is None:
        return None
    return DERIVED[table, column][1](named) if (table, column) in DERIVED else named.get(column)


def _inputs(stream: Stream, columns: Sequence[str]) -> tuple[str, ...]:
    """The flags of *stream* that *columns* are made of."""
    found = dict.fromkeys(i for c in columns for i in DERIVED.get((stream.table, c), ((c,),))[0])
    return tuple(c for c in found if c in stream.flags)


def _pieces(stream: Stream, days: list[int | None], timeline: Timeline) -> list[int | None]:
    found: dict[int | None, int | None] = {day: timeline.piece(day) for day in set(days)}
    if (stream.table, stream.day) in EVENT_DAYS:
        # Without a day it did not happen.
        found[None] = None
    return [found[day] for day in days]


def added(columns: Sequence[list[Any]], amounts: Sequence[int | None] | None) -> Mapping[Any, int]:
    """*amounts* added up by equal rows of *columns*; None counts rows, and what is missing is nothing."""
    rows = zip(*columns, strict=True)
    if amounts is None:
        return Counter(rows)
    sums: dict[Any, int] = {}
    for row, amount in zip(rows, amounts, strict=True):
        if amount:
            sums[row] = sums.get(row, 0) + amount
    return sums
