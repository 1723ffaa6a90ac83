"""The columns that a measure may speak of: those of files, those of linking, and derived ones.

Derived day counts are worked out on the engine; derived flags follow from the few values of other
flags, so they are worked out once per combination, in Python (see ``stages``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from funnelkit.dimensions import DIMENSIONS
from funnelkit.metrics import stages
from funnelkit.metrics.stages import Path
from funnelkit.tables import TABLES

KEPT = "kept"
"""The 0/1 column of the rows that pass the filters of a report."""
WITHIN = "within"
"""The 0/1 column of the leads that are won within the horizon."""
RIPE = "ripe"
"""The 0/1 column of the leads that are at least as old as the horizon."""
SETTLED = "settled"
"""The 0/1 column of the leads that sales has had for ``UNTOUCHED_DAYS``."""
OVERDUE = "overdue"
"""The 0/1 column of the deals that were expected to close before the as-of day."""
QUALIFIED = "qualified"
"""The 0/1 column of the leads with a day of their own on which they became MQLs, not after they were won."""
UNANSWERED = -1
"""The response_age of a lead that was not answered, or too late to be told how late."""
_FLAG = "integer"

LINKED: Mapping[str, Mapping[str, str]] = {
    "leads": {
        "is_paid": _FLAG,
        "has_deal": _FLAG,
        "deal_created_at": "date",
        "has_won": _FLAG,
        "won_at": "date",
        "touches": "integer",
        "touched": _FLAG,
        "owned": _FLAG,
    },
    "deals": {
        "status": "status",
        "is_paid": _FLAG,
        "is_new": _FLAG,
        "linked": _FLAG,
        "lead_created_at": "date",
        "in_quota": _FLAG,
        "due_in_quota": _FLAG,
    },
    "customers": {
        "is_paid": _FLAG,
        "linked": _FLAG,
        "first_won_at": "date",
        "revenue": "money",
        **dict.fromkeys(DIMENSIONS, "text"),
    },
    "payments": {"is_paid": _FLAG, "customer": "text", "net": "money", **dict.fromkeys(DIMENSIONS, "text")},
    "spend": {"is_paid": _FLAG, "start": "date", "end": "date"},
    "web": {"is_paid": _FLAG, "start": "date", "end": "date"},
    "costs": {"is_paid": _FLAG, "start": "date", "end": "date"},
    "quotas": {"start": "date", "end": "date"},
    "social": {
        "is_paid": _FLAG,
        "engaged": "integer",
        "has_impressions": _FLAG,
        "has_reach": _FLAG,
        "has_followers": _FLAG,
    },
    "search": {"is_paid": _FLAG, "start": "date", "end": "date", "searches": "integer", "branded": _FLAG},
}
"""What linking adds to each table, with its kind. It is there whether or not a file had it."""

DURATIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("leads", "lag_days"): ("created_at",),
    ("leads", "response_minutes"): ("created_at", "first_response_at"),
    ("leads", "response_age"): ("created_at", "first_response_at"),
    ("deals", "cycle_days"): ("created_at", "closed_at"),
    ("deals", "wait_days"): ("created_at", "closed_at"),
}
"""Whole days or minutes between two dates, and the date columns without which they say nothing."""

_ENTERED = "entered_"
EVENT_DAYS = tuple(f"{_ENTERED}{stage}" for stage in stages.STAGES[1:-1])
"""Columns of leads that measures may be dated by: the first day on which a lead counted as being in a stage."""


def event_day(table: str, column: str | None) -> str | None:
    """The stage whose first day *column* of *table* is, missing where it never came; None for another column."""
    entered = table == "leads" and column is not None and column.startswith(_ENTERED)
    return column.removeprefix(_ENTERED) if entered and column is not None else None


_PATH: Mapping[str, Callable[[Path, Mapping[str, Any]], str]] = {
    "reached": Path.reached,
    "dated": Path.dated,
    "handed": Path.handed,
}
"""Flags of leads that follow from other flags by the path of leads."""
_OF_STAGE: Mapping[str, Callable[[Path, str, Mapping[str, Any]], bool]] = {
    "counts": Path.counts,
    "undated": Path.undated,
    "skipped": Path.skipped,
    "passed": Path.passed,
}
"""The same for one stage each: ``counts_sql``."""
DERIVED = {"leads": tuple(_PATH)}
"""The flags of each table that the catalogue names though no file has them."""


def inputs(table: str, column: str, path: Path) -> tuple[str, ...]:
    """The flags that *column* of *table* follows from; itself where it does not."""
    return path.reached_by if derives(table, column) else (column,)


def derives(table: str, column: str) -> bool:
    """Whether *column* of *table* follows from other flags."""
    return table == "leads" and (column in _PATH or column.partition("_")[0] in _OF_STAGE)


def derived(column: str, path: Path, flags: Mapping[str, Any]) -> Any:
    """The value of *column*, which follows from *flags*."""
    if column in _PATH:
        return _PATH[column](path, flags)
    kind, _, stage = column.partition("_")
    return _OF_STAGE[kind](path, stage, flags)


@cache
def table_columns() -> Mapping[str, Mapping[str, str]]:
    """For each table its columns and their kinds, derived day counts included."""
    tables: dict[str, dict[str, str]] = {
        name: {column: spec.kind for column, spec in table.columns.items()} for name, table in TABLES.items()
    }
    for name, columns in LINKED.items():
        tables.setdefault(name, {}).update(columns)
    for name, column in DURATIONS:
        tables[name][column] = "integer"
    tables["deals"] |= {"timed": _FLAG, "free": _FLAG, OVERDUE: _FLAG}
    for column in stages.USUAL.dated_by:
        tables["leads"][column] = _FLAG
    tables["leads"] |= {RIPE: _FLAG, SETTLED: _FLAG, QUALIFIED: _FLAG}
    return tables
