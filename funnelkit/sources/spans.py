"""The days that a row of an ad or web report covers: from its first to its last, both included.

A day column says one day. A start without an end is a week or a month where its header says so, else
a day. Without any date the range of the whole report holds for every row; without that the days are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit.periods import day_number, from_day
from funnelkit.ranges import Days, end_of_months
from funnelkit.sources import preamble
from funnelkit.sources.export import Export
from funnelkit.sources.periodic import unit
from funnelkit.sources.preamble import Range
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.rowrules import SUMMED
from funnelkit.sources.values import Decision
from funnelkit.styles import DateStyle, Order
from funnelkit.tables import Note

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def with_days(
    frame: Any, present: frozenset[str], start: str, whole: Days | None, *, several: bool = False
) -> tuple[Any, frozenset[str]]:
    """*frame* with the columns start and end as far as they are known, and the columns it has now.

    *start* is the header of the start column, *whole* the days of the report; *several*: each cell says a first
    and a last day.
    """
    table = nw.from_native(frame)
    named = unit(start)
    if "date" in present:
        table = table.with_columns(start=nw.col("date"), end=nw.col("date"))
    elif "start" in present:
        if "end" not in present:
            table = table.with_columns(end=_last(table, named))
        if whole and (named or several):
            # The first week of a report begins before the report does.
            first, last = map(day_number, whole)
            table = table.with_columns(
                start=nw.max_horizontal("start", nw.lit(first)), end=nw.min_horizontal("end", nw.lit(last))
            )
    elif whole:
        table = table.with_columns(start=nw.lit(day_number(whole[0])), end=nw.lit(day_number(whole[1])))
    else:
        return frame, present
    return table.to_native(), present | {"start", "end"}


def _last(table: Any, named: str | None) -> nw.Expr:
    """The last day of the week, month or quarter that begins on the start day; that day itself without a unit."""
    if named is None:
        return nw.col("start")
    if named not in _MONTHS:
        return nw.col("start") + 6
    days = [int(day) for day in table["start"].unique().to_list()]
    ends = [day_number(end_of_months(from_day(day), _MONTHS[named])) for day in days]
    return nw.col("start").replace_strict(days, ends, return_dtype=nw.Int64)


def unknown(export: Export[Recognition], said: Range | None) -> Note | None:
    """Why the days of a report without a date column are not known, where its makers meant them to be."""
    preset = export.kind.preset
    if said and said.dmy and said.mdy:
        return Note(
            code="period_unclear",
            message=f"{export.file}: {said.text!r} is {said.dmy[0]} to {said.dmy[1]}, or {said.mdy[0]} to {said.mdy[1]}; "
            "its rows count only in reports without a period. Say which: --date-order dmy or mdy",
        )
    if preset and preset.period == "file name":
        return Note(
            code="period_unclear",
            message=f"{export.file}: this export has its days in the name that {preset.tool} gave it, and this name has "
            "none; its rows count only in reports without a period. Download it again and keep its name",
        )
    return None


def said(export: Export[Recognition]) -> Range | None:
    """The days that the lines above the header, or the name of the file, say."""
    preset = export.kind.preset
    if export.kind.table not in SUMMED:
        return None
    if preset and preset.period == "file name":
        return preamble.in_name(export.name)
    return preamble.above(export.preamble, lone=preset is not None) if export.preamble else None


def with_ends(decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """The *decisions* with the last day of each row, where one column says a first and a last."""
    found = dict(decisions)
    ends = [found[c] for c in ("start", "end") if c in found]
    same = len(ends) == 2 and ends[0].header == ends[1].header
    if same and isinstance(ends[0].style, DateStyle) and ends[0].style.edge is None:
        del found["end"]  # its cells are days: only the start is known
    date = found.get("date")
    if date and isinstance(date.style, DateStyle) and date.style.edge:
        del found["date"]
        if not {"start", "end"} <= set(found):
            found["start"] = replace(date, target="start")
    start = found.get("start")
    if start and isinstance(start.style, DateStyle) and start.style.edge and "end" not in found:
        found["end"] = replace(start, target="end", style=replace(start.style, edge="last"))
    return found


def order_of(decisions: Sequence[Decision], export: Export[Recognition], stated: str | None) -> Order | None:
    """The order of day and month in the dates of a file, where one is known."""
    found: set[str | None] = {stated} if stated else set()
    found = found or {o for d in decisions if isinstance(d.style, DateStyle) for o in d.style.orders.values()}
    preset = export.kind.preset
    found = found or ({s.order for s in preset.columns.values() if s.order} if preset else set())
    return ("dmy" if "dmy" in found else "mdy") if len(found) == 1 else None
