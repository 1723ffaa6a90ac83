"""The report's today: the last day on which something happened in the data, never the clock's.

A single date far beyond all others is a typing error and must not make every open deal old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.columns import INSTANTS
from funnelkit.periods import from_day
from funnelkit.stagecolumns import is_stage_day
from funnelkit.tables import Note

EVENTS: Mapping[str, tuple[str, ...]] = {
    "leads": (
        "created_at",
        "mql_at",
        "sal_at",
        "sql_at",
        "opportunity_at",
        "customer_at",
        "first_response_at",
    ),
    "deals": ("created_at", "closed_at"),
    "stage_history": ("entered_at",),
    "payments": ("paid_at",),
    "activities": ("at",),
}
"""The dates on which something happened. Expected dates do not count, nor does ad spend."""
OTHERS: Mapping[str, tuple[str, ...]] = {
    "spend": ("end",),
    "emails": ("sent_at",),
    "web": ("end",),
    "social": ("date",),
    "search": ("end",),
    "touches": ("at",),
}
"""Where no table with events is loaded, the last day that these tell of."""
_GAP = 180
_STAGES = EVENTS["leads"][1:-1]


def events(table: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Those of *columns* of *table* that are dates on which something happened, the days of users' own stages among them."""
    own = [c for c in columns if table == "leads" and is_stage_day(c)]
    return tuple(c for c in (*EVENTS.get(table, ()), *own) if c in columns)


def find(
    frames: Mapping[str, Any], asked: Mapping[str, tuple[str, ...]] = EVENTS
) -> tuple[int | None, tuple[int, ...]]:
    """The last day of *frames*, and the days beyond it that must be typing errors."""
    tables = [(collect.frame(frames[t]), columns) for t, columns in asked.items() if t in frames]
    if asked is EVENTS and "leads" in frames:
        tables[0] = tables[0][0], events("leads", collect.names(tables[0][0]))

    def latest(below: int | None = None) -> int | None:
        found = (collect.latest(table, columns, below) for table, columns in tables)
        return max((day for day in found if day is not None), default=None)

    last = latest()
    beyond: list[int] = []
    while last is not None:
        # Most often the days before the last one are full, and the first look finds one.
        if any(collect.any_between(table, columns, last - _GAP - 1, last) for table, columns in tables):
            break
        before = latest(last)
        if before is None:
            break
        beyond.append(last)
        last = before
    if last is None and asked is EVENTS:
        return find(frames, OTHERS)
    return last, tuple(beyond)


def without(table: str, frame: Any, days: Sequence[int]) -> Any:
    """*frame* whose events on *days* have no date: the row stays, since only its date is wrong."""
    rows = collect.frame(frame)
    names = collect.names(rows)
    columns = events(table, names)
    right = [_kept(c, ~nw.col(day).is_in(days)) for day in columns for c in _with_instant(table, day, names)]
    return rows.with_columns(*right).to_native() if right else frame


def _kept(column: str, right: nw.Expr) -> nw.Expr:
    """*column* where it is *right*, else missing."""
    return nw.when(right).then(nw.col(column)).alias(column)


def _with_instant(table: str, day: str, columns: Sequence[str]) -> list[str]:
    """A column of days, and that of its instants where there is one."""
    beside = INSTANTS.get(table, {}).get(day)
    return [day, beside] if beside is not None and beside in columns else [day]


def last_instant(frames: Mapping[str, Any], as_of: int, zone: str) -> int | None:
    """The last instant on or before *as_of* that *frames* tell of, and not before that day; None without instants.

    Until then leads have been seen to wait: the rest of the day may lie after the export was made.
    """
    # Of the tables with instants, those that tell when somebody turned to a lead.
    tables = {name: collect.frame(frames[name]) for name in ("leads", "activities") if name in frames}
    if "leads" not in tables or not {*INSTANTS["leads"].values()} <= {*collect.names(tables["leads"])}:
        return None
    from funnelkit import instants

    first, after = instants.begin(as_of, zone), instants.begin(as_of + 1, zone)
    told = (collect.latest(rows, tuple(INSTANTS[name].values()), after) for name, rows in tables.items())
    return max((instant for instant in told if instant is not None), default=first)


def places(table: str, frame: Any, day: int) -> list[str]:
    """Where *day* stands in *frame*: one text for each column, with the first line where lines are known."""
    rows = collect.frame(frame)
    names = collect.names(rows)
    found = []
    for column in (*events(table, names), *(c for c in OTHERS.get(table, ()) if c in names)):
        if not (several := collect.count(hits := rows.filter(nw.col(column) == day))):
            continue
        text = f"{column} of {table}"
        if {"source_file", "source_row"} <= set(names):
            first = hits.select("source_file", "source_row").sort("source_file", "source_row").head(1)
            text += ", {} line {}".format(*collect.rows(first)[0])
        found.append(text + (f" and {several - 1} more" if several > 1 else ""))
    return found


def told(frames: Mapping[str, Any], days: Sequence[int]) -> Note:
    """What is said of *days* that are set aside."""
    said = []
    for day in days:
        found = [place for name, frame in frames.items() for place in places(name, frame, day)]
        said.append(f"{from_day(day).isoformat()} ({'; '.join(found)})")
    message = "Dates more than 180 days after all others are taken for typing errors and set aside"
    return Note(code="date_beyond", message=f"{message}: {', '.join(said)}")


def cut(table: str, frame: Any, as_of: int) -> Any:
    """*frame* as it stood at the end of *as_of*: later rows are gone, later outcomes still open.

    A row for a range of days that begins before stays whole: what of it lies behind is left out when it is spread.
    """
    rows = collect.frame(frame)
    names = collect.names(rows)
    begun = {
        "leads": "created_at",
        "deals": "created_at",
        "payments": "paid_at",
        "stage_history": "entered_at",
        "activities": "at",
        "touches": "at",
        "spend": "start",
        "emails": "sent_at",
        "web": "start",
        "social": "date",
        "search": "start",
    }
    if begun.get(table) in names:
        rows = rows.filter((nw.col(begun[table]) <= as_of).fill_null(True))
    if table == "leads" and (changed := _not_yet(names, as_of)):
        rows = rows.with_columns(*changed)
    if table == "deals" and "closed_at" in names:
        still_open = (nw.col("closed_at") > as_of).fill_null(False)
        rows = rows.with_columns(
            status=nw.when(still_open).then(nw.lit("open")).otherwise(nw.col("status")),
            closed_at=nw.when(~still_open).then(nw.col("closed_at")),
        )
    return rows.to_native()


def _not_yet(columns: Sequence[str], as_of: int) -> list[nw.Expr]:
    """The columns of leads that tell of a later day, without what they tell of it."""
    dates = [c for c in events("leads", columns) if c != "created_at"]
    changed = [_kept(c, nw.col(day) <= as_of) for day in dates for c in _with_instant("leads", day, columns)]
    later = [nw.col(c) > as_of for c in dates if c in _STAGES or is_stage_day(c)]
    if later:
        # A status is of the day of the export: whoever moved on after as_of was not there yet.
        moved = nw.any_horizontal(*later, ignore_nulls=True)
        told = [c for c in ("status", "converted", "converted_to_deal") if c in columns]
        changed += [nw.when(~moved).then(nw.col(c)).alias(c) for c in told]
    return changed
