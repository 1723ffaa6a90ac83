"""More days than one in a text: a range, a month, a quarter, a week; and numbers that stand for days.

As with single dates nothing is guessed: a numeric range is read in the order that is given, or not at all.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal

from funnelkit.dates import MONTHS, YEARS, read

Days = tuple[date, date]
"""A first and a last day, both included."""
Count = Literal["serial", "day", "week", "month", "week of year"]
"""What a plain number in a date column may count."""

_BETWEEN = (
    r"\s+(?:-|–|—|to|through|until|bis|a|à|au|al|ao|até|hasta|tot|t/m|till|до)\s+|\s*[–—~]\s*"
    r"|(?<=\d{4}),\s?(?=\d{1,4}[-/.]\d)|(?<=\d{4})\s+(?=\d{1,2}[-/.]\d{1,2}[-/.]\d)"
    r"|(?<=\d{8})-(?=\d{8})|(?<=[./]\d\d)-(?=\d)|(?<=[./]\d{4})-(?=\d)"
)
_LEAD = r"(?:from|between|vom|von|du|del|desde|de|dal|van|från|fra)\s+"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Compiled on first use: most files hold nothing but plain days."""
    return re.compile(text, re.IGNORECASE)


def read_range(text: str, orders: Mapping[str, str] | None = None) -> Days | None:
    """First and last day of a range such as ``March 27, 2026 - April 23, 2026``, or None.

    >>> read_range("9 de abril de 2025 - 21 de abril de 2025")
    (datetime.date(2025, 4, 9), datetime.date(2025, 4, 21))
    >>> read_range("Dec 28 - Jan 3, 2026")
    (datetime.date(2025, 12, 28), datetime.date(2026, 1, 3))
    """
    text = text.strip()
    if not text[-1:].isalnum() or len(text) > 80:
        return None
    parts = _pattern(_BETWEEN).split(_pattern(_LEAD).sub("", text, count=1) if text[0].isalpha() else text)
    if len(parts) != 2:
        return None
    last = _day(parts[1], orders)
    # "January 1–31, 2026" and "Dec 28 - Jan 3, 2026" say the month or the year once.
    if last is None and (name := _pattern(r"[^\W\d]+\.?\s+(?=\d{1,2}$)").match(parts[0])):
        last = _day(name[0] + parts[1], orders)
    if last is None:
        return None
    first = _day(parts[0], orders) or _completed(parts[0], last)
    return (first, last) if first and first <= last else None


def _day(text: str, orders: Mapping[str, str] | None) -> date | None:
    found = read(text.strip(), orders or {})
    return found.date() if isinstance(found, datetime) else found


def _completed(text: str, last: date) -> date | None:
    """The first day of a range of which only the last one, *last*, has the year."""
    text = text.strip()
    if _pattern(r"\d{1,2}\.?").fullmatch(text):
        day = int(text.rstrip("."))
        return last.replace(day=day) if 0 < day <= last.day else None
    days = [
        d
        for year in (last.year, last.year - 1)
        for sign in (",", "")
        if (d := _day(f"{text}{sign} {year}", None))
    ]
    return next((day for day in days if day <= last), None)


def read_period(text: str, orders: Mapping[str, str] | None = None, unit: str | None = None) -> Days | None:
    """First and last day of a range, a month, a quarter or an ISO week in *text*, or None.

    *unit* is what the header says that a cell is; ``202405`` is a month or a week by it alone.

    >>> read_period("janeiro de 2024")
    (datetime.date(2024, 1, 1), datetime.date(2024, 1, 31))
    >>> read_period("Q1-2024"), read_period("2024-W05")[0]
    ((datetime.date(2024, 1, 1), datetime.date(2024, 3, 31)), datetime.date(2024, 1, 29))
    """
    text = text.strip()
    if len(text) < 6:
        return _year(text) if unit == "year" else None
    if len(text) <= 20:
        found = _week(text) or _quarter(text) or _month(text) or (_by_unit(text, unit) if unit else None)
        if found:
            return found
    return read_range(text, orders)


def _year(text: str) -> Days | None:
    known = _pattern(r"\d{4}").fullmatch(text) and int(text) in YEARS
    return (date(int(text), 1, 1), date(int(text), 12, 31)) if known else None


def _week(text: str) -> Days | None:
    match = _pattern(r"(\d{4})[-\s]?(?:W|KW)[-\s]?(\d{1,2})").fullmatch(text)
    year, week = (match[1], match[2]) if match else ("", "")
    if match := _pattern(r"(?:W|KW)[-\s]?(\d{1,2})[-/\s]\s?(\d{4})").fullmatch(text):
        year, week = match[2], match[1]
    return _iso_week(int(year), int(week)) if year else None


def _iso_week(year: int, week: int) -> Days | None:
    try:
        monday = date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
    return (monday, monday + timedelta(days=6)) if year in YEARS else None


def _quarter(text: str) -> Days | None:
    match = _pattern(r"(?:[QT](?P<q>[1-4])|(?P<p>[1-4])[QT])[-/'\s]+(?P<y>\d{4})").fullmatch(text)
    match = match or _pattern(r"(?P<y>\d{4})[-/\s]*(?:[QT](?P<q>[1-4])|(?P<p>[1-4])[QT])").fullmatch(text)
    return _months(int(match["y"]), int(match["q"] or match["p"]) * 3 - 2, 3) if match else None


def _month(text: str) -> Days | None:
    if match := _pattern(r"(\d{4})(?:[-/]|[年년]\s?)(\d{1,2})[月월]?").fullmatch(text):
        return _months(int(match[1]), int(match[2]), 1)
    if match := _pattern(r"(\d{1,2})[-/](\d{4})").fullmatch(text):
        return _months(int(match[2]), int(match[1]), 1)
    match = _pattern(r"([^\W\d]+)\.?,?[-/\s]+(?:de\s+|del\s+)?(\d{4})").fullmatch(text)
    number = MONTHS.get(match[1].lower()) if match else None
    return _months(int(match[2]), number, 1) if match and number else None


def _by_unit(text: str, unit: str) -> Days | None:
    named = short_month(text) if unit == "month" else None
    return _months(*named, 1) if named else _glued(text, unit)


def short_month(text: str) -> tuple[int, int] | None:
    """Year and month of ``Jan-26``, which may be a day to others.

    >>> short_month("Mrz-26"), short_month("Feb '25"), short_month("Jan 26"), short_month("Lot-26")
    ((2026, 3), (2025, 2), None, None)
    """
    match = _pattern(r"([^\W\d]+)\.?(?:-|\s?['’])(\d{2})").fullmatch(text.strip())
    number = MONTHS.get(match[1].lower()) if match else None
    return (2000 + int(match[2]), number) if match and number else None


def _glued(text: str, unit: str) -> Days | None:
    match = _pattern(r"(\d{4})(\d{2})").fullmatch(text)
    if not match or unit not in ("month", "iso week"):
        return None
    year, number = int(match[1]), int(match[2])
    return _months(year, number, 1) if unit == "month" else _iso_week(year, number)


def _months(year: int, month: int, count: int) -> Days | None:
    if year not in YEARS or not 1 <= month <= 12:
        return None
    first = date(year, month, 1)
    return first, end_of_months(first, count)


def end_of_months(start: date, months: int) -> date:
    """The last day of the *months* months of which *start*'s is the first.

    >>> end_of_months(date(2026, 11, 1), 3)
    datetime.date(2027, 1, 31)
    """
    later = start.month - 1 + months - 1
    year, month = start.year + later // 12, later % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def counted(text: str, count: Count, base: date) -> Days | None:
    """The days that a number stands for, counted from *base*, or None where *text* is no number.

    >>> counted("0002", "week", date(2026, 1, 5))
    (datetime.date(2026, 1, 19), datetime.date(2026, 1, 25))
    >>> counted("44197", "serial", SERIAL)[0]
    datetime.date(2021, 1, 1)
    """
    match = _pattern(r"(\d{1,5})(?:\.\d+)?" if count == "serial" else r"(\d{1,5})(?:\.0+)?").fullmatch(
        text.strip()
    )
    if not match:
        return None
    number = int(match[1])
    if count == "month":
        month = base.year * 12 + base.month - 1 + number
        first = (
            base if number == 0 else date(month // 12, month % 12 + 1, 1) if month // 12 in YEARS else None
        )
        return (first, end_of_months(first, 1)) if first else None
    if count == "week of year":
        return _sunday_week(base.year, number)
    first = base + timedelta(days=number * (7 if count == "week" else 1))
    return (first, first + timedelta(days=6 if count == "week" else 0)) if first.year in YEARS else None


_EPOCHS = range(946_684_800, 4_102_444_800)
"""The seconds since 1970 of the years from 2000 up to 2100: any other number may be anything."""


def moment(text: str) -> datetime | None:
    """The time that *text* says as seconds or milliseconds since 1970, of this century only.

    >>> moment("1767607200"), moment("1767607200000") == moment("1767607200"), moment("17676072")
    (datetime.datetime(2026, 1, 5, 10, 0, tzinfo=datetime.timezone.utc), True, None)
    """
    match = _pattern(r"(\d{10})(\d{3})?(?:\.\d+)?").fullmatch(text.strip())
    known = match is not None and int(match[1]) in _EPOCHS
    return datetime.fromtimestamp(int(match[1]), UTC) if match and known else None


SERIAL = date(1899, 12, 30)
"""Day 0 of a spreadsheet, as it comes out for every day since March 1900."""


def _sunday_week(year: int, week: int) -> Days | None:
    """Week *week* of *year* as Google Analytics counts: weeks begin on Sunday, and 1 January is in week 1."""
    new_year = date(year, 1, 1)
    sunday = new_year - timedelta(days=new_year.isoweekday() % 7) + timedelta(weeks=week - 1)
    first, last = max(sunday, new_year), min(sunday + timedelta(days=6), date(year, 12, 31))
    return (first, last) if week >= 1 and first <= last else None
