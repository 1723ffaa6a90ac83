"""What leaves an engine as Python values: sums, extents, different values, a few lines. Nothing else does.

Every frame is a narwhals frame. One in memory is asked column by column, since a whole select costs
a millisecond there; a lazy one is asked once, and only for what comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
SEPARATOR = "\x1f"
"""Stands between texts that an engine has joined, and in none of them."""


def frame(native: Any) -> Frame:
    """The narwhals frame of an engine's own."""
    found: Frame = nw.from_native(native)
    return found


def names(table: Frame) -> list[str]:
    """The names of its columns."""
    return table.columns if isinstance(table, nw.DataFrame) else table.collect_schema().names()


def columns(table: Frame) -> dict[str, list[Any]]:
    """Every column of a small result, as Python integers and text; None where missing."""
    if isinstance(table, nw.DataFrame):
        return {name: cells(table[name]) for name in table.columns}
    rows = fetched(table.to_native())
    return {name: [row[i] for row in rows] for i, name in enumerate(names(table))}


def fetched(native: Any) -> list[tuple[Any, ...]]:
    """The rows of an engine's own lazy frame. All that comes to this machine from another one comes through here."""
    # The class is asked: a frame of Spark Connect takes any name for that of a column.
    duck = hasattr(type(native), "fetchall")
    found: list[tuple[Any, ...]] = native.fetchall() if duck else native.collect()
    return found


def cells(series: nw.Series[Any]) -> list[Any]:
    """The cells of one column in memory."""
    native, kind = series.to_native(), series.dtype
    plain = "int64" if kind.is_integer() else "bool" if kind == nw.Boolean else None
    if plain and not series.null_count():
        # Without missing cells a tenth of the time: they are not made objects one by one.
        whole: list[Any] = native.to_numpy(dtype=plain).tolist()
        return whole
    found: list[Any] = native.to_numpy(dtype=object, na_value=None).tolist()
    return found


def rows(table: Frame) -> list[tuple[Any, ...]]:
    """The rows of a small result."""
    return list(zip(*columns(table).values(), strict=True))


def count(table: Frame) -> int:
    """How many rows there are."""
    return len(table) if isinstance(table, nw.DataFrame) else int(rows(table.select(nw.len()))[0][0])


def any_of(table: Frame, condition: nw.Expr) -> bool:
    """Whether *condition* holds for any row."""
    hits = table.select(hit=condition.fill_null(False))
    if isinstance(hits, nw.DataFrame):
        return bool(hits["hit"].any())
    return bool(rows(hits.filter(nw.col("hit")).head(1)))


def any_missing(table: Frame, column: str) -> bool:
    """Whether *column* is missing in any row."""
    if isinstance(table, nw.DataFrame):
        return table[column].null_count() > 0
    # As a plain condition on a column it is answered from what an engine knows of its parts.
    return bool(rows(table.filter(nw.col(column).is_null()).select(column).head(1)))


def distinct(table: Frame, column: str) -> list[Any]:
    """The different values of one column, in their order; what is missing is left out."""
    if isinstance(table, nw.DataFrame):
        return sorted(value for value in cells(table[column].unique()) if value is not None)
    # Some engines number all rows to find the different ones; grouping costs them little.
    known = table.filter(~nw.col(column).is_null()).group_by(column).agg(nw.len().alias("_n"))
    return sorted(columns(known.select(column))[column])


def latest(table: Frame, of: Sequence[str], below: int | None = None) -> int | None:
    """The largest number in several columns together, as far as it has them; only of those *below* one."""
    known = [column for column in of if column in names(table)]
    found = []
    if isinstance(table, nw.DataFrame):
        for column in known:
            numbers = table[column]
            if below is not None:
                numbers = numbers.drop_nulls()
                numbers = numbers.filter(numbers < below)
            found += [int(numbers.max())] if _any_cell(numbers) else []
    elif known:
        cells = [nw.col(c) if below is None else nw.when(nw.col(c) < below).then(nw.col(c)) for c in known]
        asked = table.select(*(cell.alias(c) for cell, c in zip(cells, known, strict=True)))
        found = [int(n) for n in rows(asked.select(*(nw.col(c).max() for c in known)))[0] if n is not None]
    return max(found, default=None)


def any_between(table: Frame, of: Sequence[str], low: int, high: int) -> bool:
    """Whether any number in several columns is above *low* and below *high*."""
    known = [column for column in of if column in names(table)]
    if isinstance(table, nw.DataFrame):
        return any(((n > low) & (n < high)).any() for n in (table[c].drop_nulls() for c in known))
    inside = [(nw.col(c) > low) & (nw.col(c) < high) for c in known]
    return bool(known) and any_of(table, nw.any_horizontal(*inside, ignore_nulls=True))


def extent(table: Frame, column: str) -> tuple[int, int] | None:
    """The smallest and the largest number of one column, or None where it has none."""
    if isinstance(table, nw.DataFrame):
        numbers = table[column]
        return (int(numbers.min()), int(numbers.max())) if _any_cell(numbers) else None
    ((least, most),) = rows(table.select(least=nw.col(column).min(), most=nw.col(column).max()))
    return None if least is None else (int(least), int(most))


def _any_cell(series: nw.Series[Any]) -> bool:
    """Whether any cell is not missing."""
    return series.null_count() < len(series)


def totals(table: Frame, of: list[str]) -> list[int]:
    """The sum of each of some columns of whole numbers."""
    if isinstance(table, nw.DataFrame):
        return [int(table[column].sum() or 0) for column in of]
    return [int(n or 0) for n in rows(table.select(*(nw.col(c).sum() for c in of)))[0]] if of else []


LINES = 1_000
"""So many lines are named of rows that may be many; the others are counted."""


def lines(table: Frame) -> tuple[int, ...]:
    """The lines that its rows stand on, in their order."""
    return tuple(sorted(map(int, columns(table.select("source_row"))["source_row"])))


def first_lines(table: Frame) -> tuple[tuple[int, ...], int]:
    """The lines that its rows stand on, of a lazy frame only the first ``LINES``; and how many more there are."""
    if isinstance(table, nw.DataFrame):
        return lines(table), 0
    # A number below zero is that of a row whose line nobody knows.
    found = lines(table.sort("source_row").head(LINES + 1))
    known = tuple(line for line in found[:LINES] if line > 0)
    return known, (count(table) if len(found) > LINES else len(found)) - len(known)
