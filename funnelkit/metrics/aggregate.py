"""The sums that leave the engine: one group-by per table and anchor date, keyed by whole days.

Each table is grouped on its own, and only the small results are put side by side: joining spend to
leads first would repeat every cost row once per lead. Loaded only when a report is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.metrics.columns import DERIVED, KEPT, table_columns

if TYPE_CHECKING:
    from funnelkit.metrics.facts import Facts, Frame
    from funnelkit.metrics.language import Histogram, Measure

FEW_ROWS = 20_000
"""Up to here, grouping in the engine costs more than it saves: the rows are their own groups."""
_ROWS = "rows_of_group"


class Stream(Struct, frozen=True):
    """One question to one table: counts, sums and values by group and day."""

    table: str
    day: str | None
    """The anchor date; None for the start and end of a range of days."""
    by: tuple[str, ...]
    flags: tuple[str, ...]
    """Columns of few values that measures select by."""
    values: tuple[str, ...]
    """Columns whose values are counted one by one."""
    sums: tuple[str, ...]

    @property
    def days(self) -> tuple[str, ...]:
        """The columns of its days."""
        return (self.day,) if self.day else ("start", "end")

    @property
    def keys(self) -> tuple[str, ...]:
        """What it is grouped by."""
        return tuple(dict.fromkeys((*self.by, *self.days, *self.flags, *self.values)))


class Answer(Struct, frozen=True):
    """What came back for a stream: groups, column by column."""

    columns: Mapping[str, list[Any]]
    """Keys and sums, as integers and text; None where missing."""
    counts: list[int] | None
    """How many rows each group has; None where each row is a group."""
    rows: int
    """How many groups there are."""

    def column(self, name: str) -> list[Any]:
        """One column; what nothing gives is missing in every row."""
        return self.columns.get(name) or [None] * self.rows


def plan(
    wanted: Iterable[Measure | Histogram], facts: Facts, by: tuple[str, ...]
) -> dict[Stream, list[Measure | Histogram]]:
    """The streams that answer *wanted*, and what each of them answers."""
    shared: dict[tuple[str, str | None, str], list[Measure | Histogram]] = {}
    for one in wanted:
        # Days are few and go along with the counts; amounts are many and get a stream of their own.
        value = getattr(one, "of", "")
        own = value if table_columns()[one.table].get(value) == "money" else ""
        shared.setdefault((one.table, one.date, own), []).append(one)
    return {
        _stream(table, day, together, facts, by): together for (table, day, _), together in shared.items()
    }


def _stream(
    table: str, day: str | None, together: Sequence[Measure | Histogram], facts: Facts, by: tuple[str, ...]
) -> Stream:
    flags: list[str] = [KEPT] if facts.filters else []
    for one in together:
        for column in (*one.where, *filter(None, [getattr(one, "split", None)])):
            inputs = DERIVED[table, column][0] if (table, column) in DERIVED else (column,)
            flags += [c for c in inputs if facts.lacks_column(table, c) is None]
    columns = (getattr(one, "column", None) for one in together)
    return Stream(
        table=table,
        day=day,
        by=by if set(by) <= set(facts.dimensions(table)) else (),
        flags=tuple(dict.fromkeys(flags)),
        values=tuple(dict.fromkeys(of for one in together if (of := getattr(one, "of", None)))),
        sums=tuple(dict.fromkeys(c for c in columns if c and facts.has(table, c))),
    )


def answers(streams: Iterable[Stream], facts: Facts, few_rows: int = FEW_ROWS) -> dict[Stream, Answer]:
    """What the engine says to each of *streams*."""
    by_table: dict[str, list[Stream]] = {}
    for stream in streams:
        by_table.setdefault(stream.table, []).append(stream)
    return {
        stream: answer
        for table, several in by_table.items()
        for stream, answer in _table_answers(table, several, facts, few_rows)
    }


def distinct(facts: Facts, dimension: str) -> set[str]:
    """The values of *dimension* in all tables that have it."""
    found: set[str] = set()
    for table, frame in facts.frames.items():
        if facts.has(table, dimension):
            found.update(collect.distinct(frame, dimension))
    return found


def _table_answers(
    table: str, streams: Sequence[Stream], facts: Facts, few_rows: int
) -> Iterable[tuple[Stream, Answer]]:
    # Columns are built once for all streams; what follows are plain sums, which all engines agree on.
    needed = dict.fromkeys(column for s in streams for column in (*s.keys, *s.sums))
    derived = {c: facts.derived(table, c) for c in needed if not facts.has(table, c)}
    given = [c for c in needed if derived.get(c, c) is not None]
    frame = facts.frames[table]
    if expressions := [e for e in derived.values() if e is not None]:
        frame = frame.with_columns(*expressions)
    if isinstance(frame, nw.DataFrame) and len(frame) <= few_rows:
        cells = {column: collect.cells(frame[column]) for column in given}
        for stream in streams:
            yield stream, Answer(cells, None, len(frame))
        return
    for stream in streams:
        yield stream, _grouped(stream, frame.select(*given), given)


def _grouped(stream: Stream, frame: Frame, given: Sequence[str]) -> Answer:
    keys = [c for c in stream.keys if c in given]
    sums = [nw.len().alias(_ROWS), *(nw.col(c).sum() for c in stream.sums)]
    cells = collect.columns(frame.group_by(*keys).agg(*sums) if keys else frame.select(*sums))
    counts = [int(n) for n in cells.pop(_ROWS)]
    return Answer(cells, counts, len(counts))
