"""The tables as the metrics see them: which columns they have, derived ones among them.

Everything here is an expression that an engine works out by itself; nothing is collected. Loaded
only when a report is built, so narwhals may stand at the top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit.agreements import DAILY, UNTOUCHED_DAYS, Sla
from funnelkit.columns import ENGAGEMENTS, INSTANTS
from funnelkit.dimensions import DIMENSIONS
from funnelkit.metrics import courses, response, stages
from funnelkit.metrics.columns import (
    DURATIONS,
    KEPT,
    LINKED,
    OVERDUE,
    QUALIFIED,
    RIPE,
    SETTLED,
    WITHIN,
    event_day,
    table_columns,
)
from funnelkit.metrics.reasons import (
    NO_BRAND,
    NO_MQL_DAY,
    UNLINKED_ACTIVITIES,
    Reason,
    missing_dimension,
    no_column,
    no_dates,
    not_loaded,
)

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.entries import Histogram, Measure


Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
Filters = Sequence[tuple[str, tuple[str, ...], bool]]
"""Dimension, values, and whether these values are left out instead of kept."""


class Facts(Struct, frozen=True):
    """The linked tables, with what can be derived from their columns."""

    frames: Mapping[str, Frame]
    columns: Mapping[str, frozenset[str]]
    """What each table has: of files and of linking."""
    as_of: int
    filters: Filters
    horizon: int
    """The days within which a conversion counts as one of its cohort."""
    instant: int | None = None
    """The last instant that the leads tell of; None where they hold days alone."""
    sla: int = response.DAY
    """The minutes within which a lead is to be answered."""
    clamped: bool = False
    """Whether durations below 0 count as 0."""
    sla_in_days: bool = False
    """Whether that was said in days."""
    path: stages.Path = stages.USUAL
    """The stages by which leads go."""

    def dimensions(self, table: str) -> tuple[str, ...]:
        """The dimensions that *table* has."""
        return tuple(d for d in DIMENSIONS if d in self.columns.get(table, ()))

    def lacks(self, wanted: Measure | Histogram) -> Reason | None:
        """Why *wanted* cannot be counted at all, as far as columns tell."""
        table = wanted.table
        if table not in self.frames:
            return not_loaded(table)
        for dimension, _, _ in self.filters:
            if dimension not in self.columns[table]:
                return missing_dimension(table, dimension)
        read = [c for c in wanted.where if c != "is_paid" and c in table_columns()[table]]
        column = getattr(wanted, "column", None) or getattr(wanted, "of", None)
        if column and not getattr(wanted, "optional", False):
            read.append(column)
        if getattr(wanted, "of_customers", ""):
            read += ["amount", "customer"]
        if "is_paid" in wanted.where and "channel" not in self.columns[table]:
            return missing_dimension(table, "channel")
        return next((r for r in (self.lacks_column(table, c) for c in read) if r), None)

    def lacks_day(self, table: str, day: str | None) -> Reason | None:
        """Why the rows of *table* belong to no period."""
        if day is None:
            day = "start"
        if event_day(table, day) or day in self.columns[table]:
            return None
        return no_dates(table, "date" if day == "start" else day)

    def has(self, table: str, column: str) -> bool:
        """Whether some file, or linking, gave *column*."""
        return column in self.columns.get(table, ())

    def lacks_column(self, table: str, column: str) -> Reason | None:
        """Why *column* of *table* says nothing."""
        for source in DURATIONS.get((table, column), ()):
            if not self.has(table, source):
                return no_dates(table, source)
        if pair := courses.stages(column):
            without = [stage for stage in pair if self._day(stage) is None]
            return no_dates(table, self._named(without[0])[0]) if without else None
        if column == QUALIFIED and not self.has(table, "mql_at"):
            return NO_MQL_DAY
        column = _MADE_OF.get((table, column), column)
        derived = (table, column) in DURATIONS or column == "timed"
        derived |= any(column == stages.missing(day) and self.has(table, day) for day in self._entries(table))
        if derived or self.has(table, column):
            return None
        if column in ("in_quota", "due_in_quota"):
            return no_column(table, "owner") if "quotas" in self.frames else not_loaded("quotas")
        if column in ("touches", "touched"):
            return UNLINKED_ACTIVITIES if "activities" in self.frames else not_loaded("activities")
        if column == "branded":
            return NO_BRAND
        if column == "engaged":
            lacking = [c for c in ENGAGEMENTS if not self.has(table, c)]
            return no_column(table, lacking[0] if len(lacking) < len(ENGAGEMENTS) else "engagements")
        if column == "revenue":
            # Customers are made of deals, and their revenue of the amounts.
            return no_column("deals", "amount") if "deals" in self.frames else not_loaded("deals")
        return no_column(
            table,
            {"customer": "customer_id", "owned": "owner", "searches": "impressions"}.get(column, column),
        )

    def with_derived(self, table: str, columns: Iterable[str]) -> tuple[Frame, list[str]]:
        """The frame of *table* with those of *columns* that are derived, and which of all there are.

        Columns are built first, so that only plain sums follow, on which all engines agree.
        """
        derived = {c: self.derived(table, c) for c in columns if not self.has(table, c)}
        frame = self.frames[table]
        if made := [e for e in derived.values() if e is not None]:
            frame = frame.with_columns(*made)
        return frame, [c for c in columns if derived.get(c, c) is not None]

    def derived(self, table: str, column: str) -> nw.Expr | None:
        """*column* of *table* where it is derived from others; None where nothing gives it."""
        found = _kept(self.filters) if column == KEPT else self._derived(table, column)
        return None if found is None else found.alias(column)

    def _derived(self, table: str, column: str) -> nw.Expr | None:
        if stage := event_day(table, column):
            return self._day(stage)
        if pair := courses.stages(column):
            first, last = map(self._day, pair)
            if first is None or last is None or not self.has(table, "created_at"):
                return None
            # Who is in a stage without a day of it counts there since creation, as in the counts of stages.
            first = nw.coalesce(first, nw.col("created_at"))
            return courses.days(column, first, last, self.as_of, self.horizon)
        for day in self._entries(table):
            if column == stages.missing(day) and self.has(table, day):
                return nw.col(day).is_null()
        if column == "free":
            return (nw.col("amount") == 0).fill_null(False) if self.has(table, "amount") else None
        if column in ("response_minutes", "response_age"):
            return self._response(column)
        if column == RIPE and self.has(table, "created_at"):
            return (nw.col("created_at") <= self.as_of - self.horizon).fill_null(False)
        if column == SETTLED and self.has(table, "created_at"):
            days = [nw.col(c) for c in ("mql_at", "created_at") if self.has(table, c)]
            return (nw.coalesce(*days) <= self.as_of - UNTOUCHED_DAYS).fill_null(False)
        if column == OVERDUE and self.has(table, "expected_close_at"):
            return (nw.col("expected_close_at") < self.as_of).fill_null(False)
        if column == QUALIFIED and self.has(table, "mql_at"):
            won = nw.col("won_at") if self.has(table, "won_at") else nw.col("mql_at")
            return (nw.col("mql_at") <= nw.coalesce(won, nw.col("mql_at"))).fill_null(False)
        if column == "lag_days" and self.has(table, "won_at") and self.has(table, "created_at"):
            return self._length(nw.col("won_at") - nw.col("created_at"))
        if column == WITHIN:
            lag = self._derived(table, "lag_days")
            # A win before the lead is a wrong date, but a win; it only says nothing about time.
            return None if lag is None else (lag <= self.horizon).fill_null(False)
        if not (self.has(table, "created_at") and self.has(table, "closed_at")):
            return None
        cycle = nw.col("closed_at") - nw.col("created_at")
        if column == "cycle_days":
            return self._length(cycle)
        if column == "timed":
            return (cycle >= 0).fill_null(False)
        if column == "wait_days":
            open_for = nw.lit(self.as_of) - nw.col("created_at")
            waited = nw.when(nw.col("status") == "open").then(open_for).otherwise(cycle)
            return self._length(waited)
        return None

    def _length(self, duration: nw.Expr) -> nw.Expr:
        """*duration* as it counts: below 0 it is a mistake, which is left out later, or 0."""
        return nw.when(duration < 0).then(nw.lit(0)).otherwise(duration) if self.clamped else duration

    def _entries(self, table: str) -> list[str]:
        """The columns of *table* with days on which a stage was entered."""
        return [day for _, day in self.path.entry_dates] if table == "leads" else []

    def _named(self, stage: str) -> tuple[str, ...]:
        """The columns that tell when *stage* was entered: of a customer the win alone, which counts as one."""
        ends = {"lead": ("created_at",), "customer": ("won_at",)}
        return ends.get(stage) or self.path.entry_columns(stage)

    def _day(self, stage: str) -> nw.Expr | None:
        """The first day on which a lead counted as being in *stage*, lead and customer among them."""
        days = [nw.col(c) for c in self._named(stage) if self.has("leads", c)]
        return nw.coalesce(*days) if days else None

    def _response(self, column: str) -> nw.Expr | None:
        if not (self.has("leads", "created_at") and self.has("leads", "first_response_at")):
            return None
        found = response.of_leads(self.as_of, self.instant if self.timed else None, self.sla)
        return self._length(found.minutes) if column == "response_minutes" else found.age

    @property
    def timed(self) -> bool:
        """Whether creation and first response of leads are known by the minute."""
        return self.instant is not None and all(self.has("leads", c) for c in INSTANTS["leads"].values())


_MADE_OF = {
    ("deals", "free"): "amount",
    ("deals", OVERDUE): "expected_close_at",
    ("leads", RIPE): "created_at",
    ("leads", SETTLED): "created_at",
    ("leads", QUALIFIED): "mql_at",
    ("social", "has_impressions"): "impressions",
    ("social", "has_reach"): "reach",
    ("social", "has_followers"): "followers",
}
"""Columns that are there where another one is."""


def facts(
    dataset: Dataset, filters: Filters, horizon: int, sla: Sla = DAILY, path: stages.Path = stages.USUAL
) -> Facts:
    """The tables of *dataset* under *filters*."""
    frames: dict[str, Frame] = {name: nw.from_native(frame) for name, frame in dataset.frames.items()}
    columns = {name: _columns(dataset, name, frame) for name, frame in frames.items()}
    return Facts(
        frames=frames,
        columns=columns,
        as_of=dataset.as_of,
        filters=filters,
        horizon=horizon,
        instant=dataset.instant,
        clamped=dataset.clamped,
        sla=sla.minutes,
        sla_in_days=sla.in_days,
        path=path,
    )


def _columns(dataset: Dataset, table: str, frame: Frame) -> frozenset[str]:
    given = dataset.present.get(table, frozenset()) | LINKED.get(table, {}).keys()
    return frozenset(frame.collect_schema().names()) & given


def _kept(filters: Filters) -> nw.Expr:
    """1 for the rows that pass every filter."""
    kept: nw.Expr | None = None
    for dimension, values, negate in filters:
        fits = nw.col(dimension).is_in(values)
        fits = ~fits if negate else fits
        kept = fits if kept is None else kept & fits
    assert kept is not None
    return kept
