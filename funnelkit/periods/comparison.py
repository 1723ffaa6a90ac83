"""The period to set beside a period: the one before, the same a year earlier, or any other."""

from __future__ import annotations

from calendar import monthrange
from typing import TYPE_CHECKING

from funnelkit.periods.days import Calendar, Period, between, day_number, from_day
from funnelkit.periods.grains import piece, serial, week_serial, weeks_of
from funnelkit.periods.spec import read

if TYPE_CHECKING:
    from datetime import date

WORDS = ("prev", "yoy")
_A_YEAR = {"month": 12, "quarter": 4, "year": 1}
_CIVIL = Calendar()


def compare(period: Period, spec: str, *, as_of: int, calendar: Calendar) -> Period:
    """The period that *spec* sets beside *period*: ``prev``, ``yoy``, or any period spec.

    A whole week, month, quarter or year is compared with a whole one, however many days that has;
    anything else with as many days right before (``prev``) or the same dates a year earlier.
    """
    word = spec.strip().lower()
    if word == "prev":
        return _previous(period, calendar)
    if word == "yoy":
        return _year_earlier(period, calendar)
    return read(spec, as_of=as_of, calendar=calendar, words=WORDS)


def _previous(period: Period, calendar: Calendar) -> Period:
    whole = _whole(period, calendar)
    if whole is None:
        return between(period.start - period.days, period.start - 1)
    grain, kept, number = whole
    return piece(number - 1, grain, kept)


def _year_earlier(period: Period, calendar: Calendar) -> Period:
    whole = _whole(period, calendar)
    if whole is None:
        return _same_dates(period)
    grain, kept, number = whole
    if grain == "week":
        return _same_week(number, kept)
    return piece(number - _A_YEAR[grain], grain, kept)


def _whole(period: Period, calendar: Calendar) -> tuple[str, Calendar, int] | None:
    """Grain, calendar and serial number of the calendar piece that *period* is, if it is one."""
    # A quarter may be one of the calendar year and of the fiscal year: its label says which was meant.
    calendars = (calendar, _CIVIL) if period.label.startswith("FY") else (_CIVIL, calendar)
    for grain in ("week", *_A_YEAR):
        for kept in (calendar,) if grain == "week" else calendars:
            number = serial(period.start, grain, kept)
            found = piece(number, grain, kept)
            if (found.start, found.end) == (period.start, period.end):
                return grain, kept, number
    return None


def _same_week(number: int, calendar: Calendar) -> Period:
    """The week of the same number a year earlier; week 53 may have none and takes the last."""
    year, week = map(int, piece(number, "week", calendar).label.split("-W"))
    return piece(week_serial(year - 1, min(week, weeks_of(year - 1, calendar)), calendar), "week", calendar)


def _same_dates(period: Period) -> Period:
    first, last = from_day(period.start), from_day(period.end)
    end = _earlier(last)
    if first.day == 1 and last.day == monthrange(last.year, last.month)[1]:
        # Whole months stay whole: to the end of February is to its 29th in a leap year.
        end = end.replace(day=monthrange(end.year, end.month)[1])
    return between(day_number(_earlier(first)), day_number(end))


def _earlier(day: date) -> date:
    """The same date a year earlier; 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
