"""Fiscal years of whole weeks, in quarters of 4-4-5, 4-5-4 or 5-4-4 weeks, so that each period has the same weekdays.

A year has 52 or 53 weeks; the 53rd belongs to its last period. Years are known here by the calendar
year in which they begin, nominally: that of 29 January 2023 to 3 February 2024 is 2023.
Rule of the National Retail Federation's 4-5-4 calendar: years end on the Saturday nearest to 31 January.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from funnelkit.periods.days import day_number, from_day

if TYPE_CHECKING:
    from funnelkit.periods.days import Calendar

_PERIODS = {"month": 1, "quarter": 3, "year": 12}
_MONDAY = 4
"""1970-01-05 was the first Monday."""


def serial(day: int, grain: str, calendar: Calendar) -> int:
    """The serial number of the period (``month``), quarter or year of the fiscal calendar that *day* lies in."""
    year = from_day(day).year
    while _begins(year, calendar) > day:
        year -= 1
    while _begins(year + 1, calendar) <= day:
        year += 1
    period = bisect_right(_starts(year, calendar), day) - 1
    return (12 * year + period) // _PERIODS[grain]


def days(number: int, grain: str, calendar: Calendar) -> tuple[int, int]:
    """The first and last day of the piece with this serial *number*."""
    first = number * _PERIODS[grain]
    return _start(first, calendar), _start(first + _PERIODS[grain], calendar) - 1


def _start(period: int, calendar: Calendar) -> int:
    year, place = divmod(period, 12)
    return _starts(year, calendar)[place]


@cache
def _starts(year: int, calendar: Calendar) -> tuple[int, ...]:
    """The first day of each of the twelve periods of *year*."""
    weeks = [int(part) for part in calendar.pattern.split("-")] * 4
    begins = _begins(year, calendar)
    return tuple(begins + 7 * before for before in accumulate(weeks[:-1], initial=0))


@cache
def _begins(year: int, calendar: Calendar) -> int:
    """The first day of the fiscal *year*: the day after the last or nearest end of a week to the end of a month."""
    eve = day_number(date(year, calendar.fiscal_year_start, 1)) - 1
    week_start = _MONDAY if calendar.week_start == "monday" else _MONDAY - 1
    # The last day of a week on or before the eve.
    last = eve - (eve - (week_start - 1)) % 7
    return (last + 7 if calendar.year_end == "nearest" and eve - last > 3 else last) + 1
