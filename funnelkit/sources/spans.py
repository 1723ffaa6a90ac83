"""The days that a row of an ad or web report covers: from its first to its last, both included.

A day column says one day. A start without an end is a week or a month where its header says so, else
a day. Without any date the range of the whole report holds for every row; without that the days are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.periods import day_number, from_day
from funnelkit.ranges import Days, end_of_months
from funnelkit.sources import preamble
from funnelkit.sources.deciding.decisions import Decision
from funnelkit.sources.deciding.periodic import unit
from funnelkit.sources.files.export import Export
from funnelkit.sources.preamble import Range
from funnelkit.sources.preset import Preset
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.rows.rowrules import SUMMED
from funnelkit.styles import DateStyle, Order
from funnelkit.tables import Note
from funnelkit.words import normalise

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def with_days(
    frame: Any, present: frozenset[str], start: str, whole: Days | None, *, several: bool = False
) -> tuple[Any, frozenset[str]]:
    """*frame* with the columns start and end as far as they are known, and the columns it has now.

    *start* is the header of the start column, *whole* the days of the report; *several*: each cell says a first
    and a last day.
    """
    table = collect.frame(frame)
    named = unit(start)
    if "date" in present:
        table = table.with_columns(start=nw.col("date"), end=nw.col("date"))
    elif "start" in present:
        if "end" not in present:
            named = named or _months(table, whole)
            table = table.with_columns(end=_last(table, named))
        if whole and (named or several):
            # The first week of a report begins before the report does; what it is compared with has days of its own.
            first, last = map(day_number, whole)
            meets = (nw.col("end") >= first) & (nw.col("start") <= last)
            table = table.with_columns(
                start=nw.when(meets).then(nw.max_horizontal("start", nw.lit(first))).otherwise("start"),
                end=nw.when(meets).then(nw.min_horizontal("end", nw.lit(last))).otherwise("end"),
            )
    elif whole:
        table = table.with_columns(start=nw.lit(day_number(whole[0])), end=nw.lit(day_number(whole[1])))
    else:
        return frame, present
    return table.to_native(), present | {"start", "end"}


def _months(table: collect.Frame, whole: Days | None) -> str | None:
    """``month`` where all rows begin with a month or with the report, and so cover more than their first day."""
    days = list(map(from_day, collect.distinct(table, "start"))) if whole else []
    begins = len(days) > 1 and all(day.day == 1 or (whole and day == whole[0]) for day in days)
    return "month" if begins else None


def _last(table: collect.Frame, named: str | None) -> nw.Expr:
    """The last day of the week, month or quarter that begins on the start day; that day itself without a unit."""
    if named is None:
        return nw.col("start")
    if named not in _MONTHS:
        return nw.col("start") + 6
    days = collect.distinct(table, "start")
    ends = [day_number(end_of_months(from_day(day), _MONTHS[named])) for day in days]
    return nw.col("start").replace_strict(days, ends, default=None, return_dtype=nw.Int64)


_TIMES = frozenset("time timestamp zeit uhrzeit heure hora ora tijd".split())
_MIDNIGHT = r".*[\sT](?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)?\s?AM)(?:\s?Z|\s?[+-]\d\d:?\d\d)?"


def inclusive(frame: Any, text: Any, decisions: Mapping[str, Decision]) -> Any:
    """*frame* with the last days of rows whose end is a time: midnight ends the day before it."""
    start, end = decisions.get("start"), decisions.get("end")
    if not start or not end or start.header == end.header or not _TIMES & set(normalise(end.header).split()):
        return frame
    cells = [cell for d in (start, end) for cell in text.distinct(d.header) if cell.strip()]
    if not all(re.fullmatch(_MIDNIGHT, cell.strip(), re.IGNORECASE) for cell in cells):
        return frame
    table = collect.frame(frame)
    if collect.any_of(table, nw.col("end") <= nw.col("start")):
        return frame
    return table.with_columns(end=nw.col("end") - 1).to_native()


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


def undivided(
    export: Export[Recognition], frame: Any, present: frozenset[str], start: str, whole: Days | None
) -> Note | None:
    """That the rows of *frame* may be for all days of the report, though each says its first day only."""
    if whole is None or whole[0] == whole[1] or "start" not in present:
        return None
    if present & {"date", "end"} or unit(start):
        return None
    if collect.distinct(collect.frame(frame), "start") != [day_number(whole[0])]:
        return None
    return Note(
        code="undivided_period",
        message=f"{export.file}: every row is dated {whole[0]}, the first day of a report up to {whole[1]}, and counts on that "
        "day. If the report was not broken down by time, download it again by day",
    )


def said(export: Export[Recognition]) -> Range | None:
    """The days that the lines above the header, or the name of the file, say."""
    preset = export.kind.preset
    if export.kind.table not in SUMMED:
        return None
    if preset and preset.period == "file name":
        return preamble.in_name(export.name)
    found = preamble.above(export.preamble, lone=preset is not None) if export.preamble else None
    undated = not export.kind.columns.keys() & {"date", "start", "end"}
    # A name may hold other days too: it is asked where nothing in the file says any.
    return found or (preamble.in_name(export.name) if preset and undated else None)


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


def _usual(preset: Preset, columns: Mapping[str, str]) -> set[str | None]:
    """How the tool writes numeric dates in a file with these *columns*, as far as that is known."""
    orders = {source.order_under(columns.get(target)) for target, source in preset.columns.items()}
    return orders - {None}


def order_of(decisions: Sequence[Decision], export: Export[Recognition], stated: str | None) -> Order | None:
    """The order of day and month in the dates of a file, where one is known."""
    found: set[str | None] = {stated} if stated else set()
    found = found or {o for d in decisions if isinstance(d.style, DateStyle) for o in d.style.orders.values()}
    preset = export.kind.preset
    found = found or (_usual(preset, export.kind.columns) if preset else set())
    return ("dmy" if "dmy" in found else "mdy") if len(found) == 1 else None
