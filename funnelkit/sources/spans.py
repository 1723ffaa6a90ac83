"""The days that a row of an ad or web report covers: from its first to its last, both included.

A day column says one day. A start without an end is a week or a month where its header says so, else
a day. Without any date the range above the header holds for every row; without that the days are unknown.
"""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit.dates import read_range
from funnelkit.periods import day_number, from_day
from funnelkit.words import normalise

_WORDS = {
    "week": frozenset("week weekly woche semaine semana settimana".split()),
    "month": frozenset("month monthly monat mois mes mês mese maand".split()),
    "quarter": frozenset("quarter quarterly quartal trimestre kwartaal".split()),
}


def with_days(
    frame: Any, present: frozenset[str], start: str, preamble: tuple[str, ...]
) -> tuple[Any, frozenset[str]]:
    """*frame* with the columns start and end as far as they are known, and the columns it has now.

    *start* is the header of the start column, *preamble* the lines above the header.
    """
    table = nw.from_native(frame)
    whole = next((days for line in preamble if (days := read_range(line))), None)
    if "date" in present:
        table = table.with_columns(start=nw.col("date"), end=nw.col("date"))
    elif "start" in present and "end" not in present:
        table = table.with_columns(end=_last(table, _unit(start)))
        if whole and _unit(start):
            # The first week of a report begins before the report does.
            first, last = map(day_number, whole)
            table = table.with_columns(
                start=nw.max_horizontal("start", nw.lit(first)), end=nw.min_horizontal("end", nw.lit(last))
            )
    elif "start" not in present and whole:
        table = table.with_columns(start=nw.lit(day_number(whole[0])), end=nw.lit(day_number(whole[1])))
    else:
        return frame, present
    return table.to_native(), present | {"start", "end"}


def _unit(header: str) -> str | None:
    words = set(normalise(header).split())
    return next((unit for unit, known in _WORDS.items() if words & known), None)


def _last(table: Any, unit: str | None) -> nw.Expr:
    """The last day of the week, month or quarter that begins on the start day; that day itself without a unit."""
    if unit is None:
        return nw.col("start")
    if unit == "week":
        return nw.col("start") + 6
    days = [int(day) for day in table["start"].unique().to_list()]
    ends = [day_number(_end_of_months(from_day(day), 1 if unit == "month" else 3)) for day in days]
    return nw.col("start").replace_strict(days, ends, return_dtype=nw.Int64)


def _end_of_months(start: date, months: int) -> date:
    """The last day of the *months* months of which *start*'s is the first.

    >>> _end_of_months(date(2026, 11, 1), 3)
    datetime.date(2027, 1, 31)
    """
    later = start.month - 1 + months - 1
    year, month = start.year + later // 12, later % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])
