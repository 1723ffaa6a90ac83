"""What an engine answered, folded into groups, pieces of the timeline and the measures that rows fit.

This is the one place where Python goes over many rows, so rows are counted as plain tuples first
and taken apart only once per different tuple.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from funnelkit import words
from funnelkit.metrics.columns import KEPT, WITHIN, derived, derives
from funnelkit.metrics.placing import END, START
from funnelkit.statistics.moments import Moments

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.entries import Histogram

Key = tuple[str, ...]
"""A group of the breakdown; the empty one is the total."""
TOTAL: Key = ()
Flags = tuple[Any, ...]
Cell = tuple[Key, int | None, Flags]
"""A group, a piece of time (None: it did not happen, or over several pieces), and flags."""
Where = Mapping[str, frozenset[Any]]
Value = tuple[Key, int, int, Any, int]
EITHER = frozenset({0, 1})
"""Of the column of rows that filters keep: those that they do not keep as well."""
ROWS = ""
"""Stands for the number of rows where else a column to add up is named."""


class Folded(Struct, frozen=True):
    """Sums of a column by cell; ranges of days that reach over a border between pieces apart."""

    cells: Iterable[tuple[Cell, int]]
    ranges: Mapping[tuple[int, int], Mapping[Cell, int]] = field(default_factory=dict)
    """The sums by start and end; the piece is None."""


def fold(stream: Stream, answer: Answer, column: str) -> Folded:
    """The sums of *column*, or with ``ROWS`` the numbers of rows."""
    amounts = answer.counts if column == ROWS else answer.column(column)
    keys = [answer.column(c) for c in stream.by]
    flags = [answer.column(c) for c in stream.flags]
    ranges: dict[tuple[int, int], dict[Cell, int]] = {}
    for i in answer.wide:
        cell: Cell = (tuple(k[i] for k in keys), None, tuple(f[i] for f in flags))
        sums = ranges.setdefault((answer.column(START)[i], answer.column(END)[i]), {})
        sums[cell] = sums.get(cell, 0) + ((1 if amounts is None else amounts[i]) or 0)
    at = len(keys)
    rows = added([*keys, answer.pieces, *flags], amounts).items()
    return Folded((((row[:at], row[at], row[at + 1 :]), n) for row, n in rows), ranges)


def fold_values(stream: Stream, answer: Answer, histogram: Histogram) -> Iterator[Value]:
    """(group, piece, value, split, rows) of the rows that fit *histogram* and have a value.

    The split is the value of the column that the histogram is split by.
    """
    keys, at = [answer.column(c) for c in stream.by], len(stream.by)
    flags = [answer.column(c) for c in stream.flags]
    choose = splits(stream, histogram)
    for row, n in added([*keys, answer.pieces, answer.column(histogram.of), *flags], answer.counts).items():
        if row[at] is not None and row[at + 1] is not None and (split := choose(row[at + 2 :])) is not None:
            yield row[:at], row[at], row[at + 1], split[0], n


def fold_days(
    stream: Stream, answer: Answer, histogram: Histogram
) -> Iterator[tuple[Key, int, Any, bool, int]]:
    """(group, day, split, within the horizon, rows) of the dated rows that fit *histogram*."""
    keys, at = [answer.column(c) for c in stream.by], len(stream.by)
    flags = [answer.column(c) for c in stream.flags]
    days, within = answer.column(stream.days[0]), answer.column(WITHIN)
    choose = splits(stream, histogram)
    for row, n in added([*keys, days, within, *flags], answer.counts).items():
        if row[at] is not None and (split := choose(row[at + 2 :])) is not None:
            yield row[:at], row[at], split[0], bool(row[at + 1]), n


def fold_squares(stream: Stream, answer: Answer, histogram: Histogram) -> Iterator[tuple[Key, int, Moments]]:
    """(group, piece, moments) of the groups that fit *histogram*, which an engine has summed."""
    assert answer.squares is not None
    keys, flags = ([answer.column(c) for c in columns] for columns in (stream.by, stream.flags))
    choose = splits(stream, histogram)
    summed = answer.squares
    for i, piece in enumerate(answer.pieces):
        if piece is not None and choose(tuple(f[i] for f in flags)) is not None:
            moments = Moments(summed.n[i], summed.total[i], summed.squares[i], summed.least[i])
            yield tuple(k[i] for k in keys), piece, moments


def splits(stream: Stream, histogram: Histogram) -> Callable[[Flags], tuple[Any] | None]:
    """The value of the column that *histogram* is split by, of flags that fit it; None for those that do not."""
    fits = fitting(stream, histogram.where)
    known: dict[Flags, tuple[Any] | None] = {}

    def choose(flags: Flags) -> tuple[Any] | None:
        if flags not in known:
            named = dict(zip(stream.flags, flags, strict=True))
            known[flags] = (_flag(stream, histogram.split, named),) if fits(flags) else None
        return known[flags]

    return choose


def fitting(stream: Stream, where: Where) -> Callable[[Flags], bool]:
    """Whether flags of *stream* pass the filters and *where*."""
    known: dict[Flags, bool] = {}
    anyhow = where.get(KEPT) == EITHER
    asked = {
        column: frozenset(_spelt(column, v) for v in values)
        for column, values in where.items()
        if column != KEPT
    }

    def fits(flags: Flags) -> bool:
        if flags not in known:
            named = dict(zip(stream.flags, flags, strict=True))
            known[flags] = (anyhow or bool(named.get(KEPT, 1))) and all(
                _spelt(column, _flag(stream, column, named)) in values for column, values in asked.items()
            )
        return known[flags]

    return fits


_NAMES = frozenset(("stage", "pipeline"))
"""Columns of which capitals and blanks say nothing."""


def _spelt(column: str | None, value: Any) -> Any:
    """*value* of *column* as it is compared with others."""
    return words.fold(value) if column in _NAMES and isinstance(value, str) else value


def _flag(stream: Stream, column: str | None, named: Mapping[str, Any]) -> Any:
    """The value of the flag *column*, derived where it must be."""
    if column is None:
        return None
    return derived(column, stream.path, named) if derives(stream.table, column) else named.get(column)


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
