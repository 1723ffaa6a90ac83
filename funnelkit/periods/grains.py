"""Calendar pieces: days, weeks, months, quarters and years, each numbered without gaps.

A piece has a serial number within its grain, so that "the one before" is serial - 1 and "a year
earlier" is a fixed step; only this module knows how serials, days and labels belong together.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.periods import retail
from funnelkit.periods.days import Calendar, Period, day_number, from_day

GRAINS = ("day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_THURSDAY = 3
"""1970-01-01 was a Thursday: three days after the Monday of its week."""


def split(period: Period, grain: str, calendar: Calendar) -> tuple[Period, ...]:
    """The calendar pieces that overlap *period*, the first and the last cut to it.

    A cut piece keeps the label of the whole. Quarters and years follow the fiscal year.
    """
    if grain not in GRAINS:
        raise UsageError(f"no grain is called {grain!r}", hint=did_you_mean(grain, GRAINS))
    serials = range(serial(period.start, grain, calendar), serial(period.end, grain, calendar) + 1)
    wholes = (piece(number, grain, calendar) for number in serials)
    return tuple(_within(whole, period) for whole in wholes)


def _within(whole: Period, period: Period) -> Period:
    start, end = max(whole.start, period.start), min(whole.end, period.end)
    cut = (start, end) != (whole.start, whole.end)
    return Period(start=start, end=end, label=whole.label, cut=cut)


def serial(day: int, grain: str, calendar: Calendar) -> int:
    """The serial number of the piece of this *grain* that *day* lies in."""
    if grain == "day":
        return day
    if grain == "week":
        return (day + _THURSDAY + _early(calendar)) // 7
    if calendar.pattern:
        return retail.serial(day, grain, calendar)
    return (_month(day) - _shift(grain, calendar)) // _MONTHS[grain]


def piece(number: int, grain: str, calendar: Calendar) -> Period:
    """The whole calendar piece with this serial *number*.

    >>> piece(4 * 2026 + 2, "quarter", Calendar()).label
    '2026-Q3'
    """
    if grain == "day":
        return Period(start=number, end=number, label=from_day(number).isoformat())
    if grain == "week":
        monday = 7 * number - _THURSDAY
        start = monday - _early(calendar)
        return Period(start=start, end=start + 6, label=_week_label(monday, calendar))
    if calendar.pattern:
        begins, ends = retail.days(number, grain, calendar)
        return Period(start=begins, end=ends, label=_label(number, grain, calendar))
    first = number * _MONTHS[grain] + _shift(grain, calendar)
    return Period(
        start=_month_start(first),
        end=_month_end(first + _MONTHS[grain] - 1),
        label=_label(number, grain, calendar),
    )


def week_serial(year: int, week: int, calendar: Calendar) -> int:
    """The serial number of *week* of *year*, as the calendar numbers weeks; ValueError where there is no such week."""
    if calendar.week_numbers == "iso":
        return serial(day_number(date.fromisocalendar(year, week, 1)), "week", Calendar())
    if week not in range(1, weeks_of(year, calendar) + 1):
        raise ValueError(f"{year} has no week {week}")
    return serial(day_number(date(year, 1, 1)), "week", calendar) + week - 1


def weeks_of(year: int, calendar: Calendar) -> int:
    """How many weeks *year* has, as the calendar numbers them."""
    if calendar.week_numbers == "iso":
        # 28 December is always in the last ISO week of its year.
        return date(year, 12, 28).isocalendar().week
    first, after = (serial(day_number(date(y, 1, 1)), "week", calendar) for y in (year, year + 1))
    return after - first


def fiscal_offset(calendar: Calendar) -> int:
    """What to add to the calendar year in which a fiscal year starts to get its name.

    A fiscal year is named by the year in which it ends, unless the calendar says by its start.
    """
    return int(calendar.fiscal_year_start != 1 and calendar.named_by == "end")


def _early(calendar: Calendar) -> int:
    return int(calendar.week_start == "sunday")


def _shift(grain: str, calendar: Calendar) -> int:
    return 0 if grain == "month" else calendar.fiscal_year_start - 1


def _month(day: int) -> int:
    when = from_day(day)
    return when.year * 12 + when.month - 1


def _month_start(month: int) -> int:
    return day_number(date(month // 12, month % 12 + 1, 1))


def _month_end(month: int) -> int:
    # Not the day before the next month: December 9999 has none.
    year, number = month // 12, month % 12 + 1
    return day_number(date(year, number, monthrange(year, number)[1]))


def _week_label(monday: int, calendar: Calendar) -> str:
    if calendar.week_numbers == "iso":
        year, week, _ = from_day(monday).isocalendar()
        return f"{year:04}-W{week:02}"
    start = monday - _early(calendar)
    # The week that holds 1 January ends in the new year.
    year = from_day(start + 6).year
    first = serial(day_number(date(year, 1, 1)), "week", calendar)
    return f"{year:04}-W{serial(start, 'week', calendar) - first + 1:02}"


def _label(number: int, grain: str, calendar: Calendar) -> str:
    offset = fiscal_offset(calendar)
    if grain == "month":
        if calendar.pattern:
            return f"FY{number // 12 + offset:04}-P{number % 12 + 1:02}"
        return f"{number // 12:04}-{number % 12 + 1:02}"
    fiscal = "" if calendar.is_civil else "FY"
    if grain == "year":
        return f"{fiscal}{number + offset:04}"
    return f"{fiscal}{number // 4 + offset:04}-Q{number % 4 + 1}"
