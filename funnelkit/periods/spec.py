"""What people type for a period, such as ``2026-Q3`` or ``last-month``, to the period.

Quarters and years without ``FY`` are those of the calendar year, whatever the fiscal year is; the
words (``last-quarter``, ``this-year``, ``ytd``) follow the fiscal year, as the trend does.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.periods.days import Calendar, Period, between, day_number
from funnelkit.periods.grains import fiscal_offset, piece, serial, week_serial, weeks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_RELATIVE = {
    f"{when}-{grain}": (when, grain)
    for when in ("last", "this")
    for grain in ("week", "month", "quarter", "year")
}
WORDS = (*_RELATIVE, "ytd")
_SHAPES = "2026, 2026-Q3, 2026-10, 2026-W46, 2026-03-05, FY2026, FY2026-Q1, 2026-01-01..2026-03-31"
_PIECE = (
    r"(?P<fiscal>fy)?(?P<year>[0-9]{4})(-q(?P<quarter>[0-9])|-p(?P<period>[0-9]{2}))?"
    r"|(?P<week_year>[0-9]{4})-w(?P<week>[0-9]{2})"
    r"|(?P<month_year>[0-9]{4})-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2}))?"
)
_YEARS = range(1900, 2200)
"""A year outside of these is a slip of the finger."""
_DEFAULT = Calendar()


def parse(spec: str, *, as_of: int, calendar: Calendar = _DEFAULT) -> Period:
    """The period that *spec* names; relative ones end at the day number *as_of*, or before it.

    >>> parse("2026-Q3", as_of=0).days
    92
    """
    return read(spec, as_of=as_of, calendar=calendar)


def read(spec: str, *, as_of: int, calendar: Calendar, words: Sequence[str] = ()) -> Period:
    """As ``parse``; an error also suggests *words* that the caller knows besides."""
    text = spec.strip().lower()
    if text in _RELATIVE:
        return _relative(*_RELATIVE[text], as_of, calendar)
    if text == "ytd":
        return between(piece(serial(as_of, "year", calendar), "year", calendar).start, as_of)
    if ".." in text:
        return _range(spec, text, as_of, calendar)
    found = _piece(spec, text, calendar)
    if found is None:
        raise _unknown(spec, text, (*WORDS, *words))
    return found


def _relative(when: str, grain: str, as_of: int, calendar: Calendar) -> Period:
    current = piece(serial(as_of, grain, calendar), grain, calendar)
    if when == "this" or current.end == as_of:
        return current
    return piece(serial(as_of, grain, calendar) - 1, grain, calendar)


def _range(spec: str, text: str, as_of: int, calendar: Calendar) -> Period:
    """From the first day of the first piece to the last day of the second, or to *as_of*."""
    first_text, last_text = (part.strip() for part in text.split("..", 1))
    if not first_text:
        raise UsageError(f"the period {spec!r} has no start", hint="Write its first day before the two dots.")
    first = _piece(spec, first_text, calendar)
    last = _piece(spec, last_text, calendar) if last_text else piece(as_of, "day", calendar)
    if first is None or last is None:
        raise _unknown(spec, text, ())
    if last.end < first.start:
        raise UsageError(
            f"the period {spec!r} ends before it starts",
            hint="Swap its two ends."
            if last_text
            else f"Without an end it goes to {last.label}, the as-of date.",
        )
    return Period(start=first.start, end=last.end, label=f"{first.label}..{last.label}")


def _piece(spec: str, text: str, calendar: Calendar) -> Period | None:
    """The calendar piece that *text* names, None where it has another shape."""
    match = re.fullmatch(_PIECE, text)
    if not match:
        return None
    part = {name: int(value) for name, value in match.groupdict().items() if value and name != "fiscal"}
    year = part.get("year") or part.get("week_year") or part.get("month_year") or 0
    if year not in _YEARS:
        raise _impossible(spec, f"the year {year:04}", f"Years go from {_YEARS[0]} to {_YEARS[-1]}.")
    if "week" in part:
        return _week(spec, year, part["week"], calendar)
    if "month" in part:
        return _month_or_day(spec, year, part["month"], part.get("day"))
    # Without FY the calendar year is meant, and that is a fiscal year which starts in January.
    kept = calendar if match["fiscal"] else _DEFAULT
    first = year - fiscal_offset(kept)
    if "period" in part:
        return _fiscal_period(spec, first, part["period"], kept)
    if "quarter" not in part:
        return piece(first, "year", kept)
    if part["quarter"] not in range(1, 5):
        raise _impossible(spec, f"quarter {part['quarter']}", "Quarters are Q1 to Q4.")
    return piece(4 * first + part["quarter"] - 1, "quarter", kept)


def _week(spec: str, year: int, week: int, calendar: Calendar) -> Period:
    last = weeks_of(year, calendar)
    if week not in range(1, last + 1):
        numbered = "ISO weeks" if calendar.week_numbers == "iso" else "weeks"
        raise _impossible(spec, f"week {week}", f"{year} has the {numbered} 1 to {last}.")
    return piece(week_serial(year, week, calendar), "week", calendar)


def _fiscal_period(spec: str, first: int, period: int, calendar: Calendar) -> Period:
    if not calendar.pattern:
        hint = (
            "Write FY before it, and set `calendar: {pattern: 4-4-5}` in funnelkit.yaml; months are 2026-03."
        )
        raise UsageError(f"the period {spec!r} is one of a fiscal year in weeks", hint=hint)
    if period not in range(1, 13):
        raise _impossible(spec, f"period {period}", "A fiscal year has the periods P01 to P12.")
    return piece(12 * first + period - 1, "month", calendar)


def _month_or_day(spec: str, year: int, month: int, day: int | None) -> Period:
    if month not in range(1, 13):
        raise _impossible(spec, f"month {month}", "Write year, month and day, as in 2026-03-05.")
    if day is None:
        return piece(12 * year + month - 1, "month", _DEFAULT)
    last = monthrange(year, month)[1]
    if day not in range(1, last + 1):
        raise _impossible(spec, f"day {day}", f"{year}-{month:02} has {last} days.")
    return piece(day_number(date(year, month, day)), "day", _DEFAULT)


def _impossible(spec: str, what: str, hint: str) -> UsageError:
    return UsageError(f"the period {spec!r} asks for {what}, which does not exist", hint=hint)


def _unknown(spec: str, text: str, words: Sequence[str]) -> UsageError:
    """An error that suggests a word where *text* looks like one, else lists everything."""
    suggestion = did_you_mean(text, words) if words else ""
    if not suggestion.startswith("Did"):
        suggestion = f"A period is one of {_SHAPES}, {', '.join(WORDS)}."
    return UsageError(f"no period is written {spec!r}", hint=suggestion)
