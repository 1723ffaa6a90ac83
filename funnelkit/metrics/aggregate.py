"""The sums that leave an engine: one group-by for each table and anchor date, by piece of the timeline.

Each table is grouped on its own, and only the small results are put side by side: joining spend to
leads first would repeat every cost row once per lead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from funnelkit import collect
from funnelkit.metrics.columns import KEPT, WITHIN, inputs, table_columns
from funnelkit.metrics.stages import Path

if TYPE_CHECKING:
    from funnelkit.metrics.entries import Histogram, Measure
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.ranks import Ranks
    from funnelkit.metrics.windows import Timeline


class Stream(Struct, frozen=True):
    """One question to one table: counts, sums and values by group and piece of time."""

    table: str
    day: str | None
    """The anchor date; None for the start and end of a range of days."""
    by: tuple[str, ...]
    flags: tuple[str, ...]
    """Columns of few values that measures select by."""
    path: Path
    """The stages by which leads go, from which some of these follow."""
    sums: tuple[str, ...] = ()
    value: str = ""
    """A column whose values are counted one by one, or summed with their squares; rows without one are left out."""
    daily: bool = False
    """Whether each day is kept apart, since ages count."""

    @property
    def days(self) -> tuple[str, ...]:
        """The columns of its days."""
        return (self.day,) if self.day else ("start", "end")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it reads."""
        value = (self.value,) if self.value else ()
        within = (WITHIN,) if self.daily else ()
        return tuple(dict.fromkeys((*self.by, *self.days, *self.flags, *value, *within, *self.sums)))

    @property
    def is_money(self) -> bool:
        """Whether its values are money, of which there are as many as rows."""
        return bool(self.value) and table_columns()[self.table].get(self.value) == "money"


class Squares(Struct, frozen=True):
    """Of each group the number of values, their sum, the sum of their squares, and the least."""

    n: list[int]
    total: list[int]
    squares: list[int]
    least: list[int]


class Answer(Struct, frozen=True, kw_only=True):
    """What came back for a stream: groups, column by column."""

    columns: Mapping[str, list[Any]]
    """Keys, values and sums, as integers and text; None where missing."""
    counts: list[int] | None
    """How many rows each group has; None where each row is a group."""
    rows: int
    """How many groups there are."""
    pieces: list[int | None]
    """The piece of each group; None where it did not happen, or lies in several."""
    wide: Sequence[int] = ()
    """The places of groups whose range of days, *start* to *end*, reaches over several pieces."""
    squares: Squares | None = None
    """In place of the values of money, where an engine sums them."""
    ranks: Ranks | None = None
    """The way to some of these values by their rank."""

    def column(self, name: str) -> list[Any]:
        """One column; what nothing gives is missing in every row."""
        return self.columns.get(name) or [None] * self.rows


class Wins(Struct, frozen=True):
    """When the dated rows of a histogram of lags begin, and all its lags."""

    first_lead: int | None
    first_win: int | None
    lags: Mapping[int, int]


class Source(Protocol):
    """One table, asked for sums."""

    def extent(self, column: str, status: frozenset[str] = frozenset()) -> tuple[int, int] | None:
        """The first and last day in *column*, of rows with one of some values of status where these are given."""

    def wins(self, histogram: Histogram) -> Wins:
        """What the rows that pass the filters say of the first wins."""

    def answer(self, stream: Stream, timeline: Timeline) -> Answer:
        """The groups of *stream*."""


def plan(
    wanted: Iterable[Measure | Histogram], facts: Facts, by: tuple[str, ...]
) -> dict[Stream, list[Measure | Histogram]]:
    """The streams that answer *wanted*, and what each of them answers."""
    shared: dict[tuple[str, str | None, str, bool], list[Measure | Histogram]] = {}
    for one in wanted:
        value = getattr(one, "of", "")
        if not getattr(one, "daily", False):
            shared.setdefault((one.table, one.date, value, False), []).append(one)
        if getattr(one, "aged", False) or getattr(one, "daily", False):
            shared.setdefault((one.table, one.date, "", True), []).append(one)
    return {
        _stream(table, day, value, daily, together, facts, by): together
        for (table, day, value, daily), together in shared.items()
    }


def _stream(
    table: str,
    day: str | None,
    value: str,
    daily: bool,
    together: Sequence[Measure | Histogram],
    facts: Facts,
    by: tuple[str, ...],
) -> Stream:
    flags: list[str] = [KEPT] if facts.filters else []
    for one in together:
        for column in (*one.where, *filter(None, [getattr(one, "split", None)])):
            read = inputs(table, column, facts.path)
            flags += [c for c in read if facts.lacks_column(table, c) is None]
    columns = (getattr(one, "column", None) for one in together)
    return Stream(
        table=table,
        day=day,
        by=by if set(by) <= set(facts.dimensions(table)) else (),
        flags=tuple(dict.fromkeys(flags)),
        path=facts.path,
        value=value,
        sums=tuple(dict.fromkeys(c for c in columns if c and facts.has(table, c))),
        daily=daily,
    )


def distinct(facts: Facts, dimension: str) -> set[str]:
    """The values of *dimension* in all tables that have it."""
    found: set[str] = set()
    for table, frame in facts.frames.items():
        if facts.has(table, dimension):
            found.update(collect.distinct(frame, dimension))
    return found
