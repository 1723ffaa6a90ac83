"""One date or time stamp in any of the shapes that exports use.

Shapes: ISO with or without time and offset, ``20240131``, numeric dates whose order is given from
outside, and dates with a month name in English, German, French, Spanish, Portuguese, Italian or
Dutch. Nothing is guessed here: a numeric date without a known order is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

_MONTH_WORDS = """
jan january januar janvier enero janeiro gennaio januari gen ene jän jänner janv
feb february februar février fevrier febrero fevereiro febbraio februari fev fév févr fevr
mar march märz maerz mars marzo março marco maart mär mrz mrt
apr april avril abril aprile avr abr
may mai mayo maio maggio mei mag
jun june juni juin junio junho giugno giu
jul july juli juillet julio julho luglio lug juil
aug august août aout agosto augustus ago aoû
sep sept september septembre septiembre setembro settembre set
oct october oktober octobre octubre outubro ottobre okt out ott
nov november novembre noviembre novembro
dec december dezember décembre decembre diciembre dezembro dicembre dez déc dic
"""
MONTHS: dict[str, int] = {
    word: number for number, line in enumerate(_MONTH_WORDS.strip().splitlines(), 1) for word in line.split()
}

YEARS = range(1900, 2200)
"""Years of dates. Tools write others for "never" and "not set": 0001-01-01, 9999-12-31."""

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
_TAIL = rf"(?:[,T]?\s*(?:at\s+|um\s+|à\s+)?{_TIME}{_ZONE})?"
_ISO = re.compile(
    rf"(?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}}){_TAIL}", re.IGNORECASE
)
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})")
_NUMERIC = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<sep>[-/.])\s?(?P<b>\d{{1,2}})(?P=sep)\s?(?P<y>\d{{4}}|\d{{2}}){_TAIL}",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"(?P<d>\d{{1,2}})\.?[\s-]+(?:de\s+)?(?P<name>[^\W\d]+)\.?,?[\s-]+(?:de\s+)?(?P<y>\d{{4}}|\d{{2}}){_TAIL}",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?P<name>[^\W\d]+)\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_TAIL}", re.IGNORECASE
)
_WEEKDAY = re.compile(r"^[^\W\d]+(?:-feira)?\.?,\s*")


class Numeric(NamedTuple):
    """A numeric date whose order is not known: its separator and first two parts."""

    separator: str
    first: int
    second: int


@lru_cache(maxsize=200_000)
def numeric(text: str) -> Numeric | None:
    """The first two parts of *text* where it is a numeric date with the year last.

    >>> numeric("03/04/2026 10:15")
    Numeric(separator='/', first=3, second=4)
    """
    match = _NUMERIC.fullmatch(text.strip())
    return Numeric(match["sep"], int(match["a"]), int(match["b"])) if match else None


def read(text: str, orders: Mapping[str, str]) -> datetime | date | None:
    """The date (no time of day in *text*) or time stamp that *text* says, or None.

    *orders* gives ``dmy`` or ``mdy`` for each separator of numeric dates.

    >>> read("ter., 5 de mai. de 2026", {})
    datetime.date(2026, 5, 5)
    >>> read("03/04/2026", {"/": "dmy"})
    datetime.date(2026, 4, 3)
    """
    if match := _ISO.fullmatch(text):
        return _build(match, int(match["m"]), int(match["d"]))
    if match := _NUMERIC.fullmatch(text):
        order = orders.get(match["sep"])
        first, second = int(match["a"]), int(match["b"])
        if order == "dmy":
            return _build(match, second, first)
        return _build(match, first, second) if order == "mdy" else None
    if match := _COMPACT.fullmatch(text):
        return _calendar(int(match["y"]), int(match["m"]), int(match["d"]))
    return _named(text)


def _named(text: str) -> datetime | date | None:
    # "Thu, 5 Feb 2026": the day of the week says nothing that the date does not.
    for candidate in (text, _WEEKDAY.sub("", text)):
        for shape in (_DAY_FIRST, _MONTH_FIRST):
            match = shape.fullmatch(candidate)
            if match and (month := MONTHS.get(match["name"].lower())):
                return _build(match, month, int(match["d"]))
    return None


def _build(match: re.Match[str], month: int, day: int) -> datetime | date | None:
    year = int(match["y"])
    if len(match["y"]) == 2:
        year += 2000 if year < 70 else 1900
    calendar = _calendar(year, month, day)
    if calendar is None or match["hour"] is None:
        return calendar
    hour, half = int(match["hour"]), (match["half"] or "").lower()[:1]
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    minute, second = int(match["minute"]), int(match["second"] or 0)
    try:
        return datetime(
            calendar.year, calendar.month, calendar.day, hour, minute, second, tzinfo=_offset(match["zone"])
        )
    except ValueError:
        return None


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _offset(zone: str | None) -> tzinfo | None:
    """The offset that *zone* says. Raises ValueError for one that no clock on earth has."""
    if not zone:
        return None
    if zone.upper() in ("Z", "UTC", "GMT"):
        return UTC
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 14 or int(digits[2:]) > 59:
        raise ValueError(zone)
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


_RANGE = re.compile(r"\s+(?:-|–|—|to|bis|a|au|al)\s+")


def read_range(text: str) -> tuple[date, date] | None:
    """First and last day of a range such as ``March 27, 2026 - April 23, 2026``, or None.

    >>> read_range("9 de abril de 2025 - 21 de abril de 2025")
    (datetime.date(2025, 4, 9), datetime.date(2025, 4, 21))
    """
    parts = _RANGE.split(text.strip())
    if len(parts) != 2:
        return None
    days = [read(part, {}) for part in parts]
    if days[0] is None or days[1] is None:
        return None
    first, last = (d.date() if isinstance(d, datetime) else d for d in days if d is not None)
    return (first, last) if first <= last else None
