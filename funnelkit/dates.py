"""One date or time stamp in any of the shapes that exports use.

Shapes: ISO with or without time and offset, ``20240131``, numeric dates whose order is given from
outside, and dates with a month name in one of the languages below. Nothing is guessed here: a
numeric date without a known order is not read. Polish, Czech and Croatian names are left out, since
``listopad`` is November in one of them and October in another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import NamedTuple

_MONTH_WORDS = """
jan january januar janvier enero janeiro gennaio januari gen ene jän jänner janv oca ocak янв января январь
feb february februar février fevrier febrero fevereiro febbraio februari fev fév févr fevr şub şubat фев февр февраля февраль
mar march märz maerz marzo março marco maart mär mrz mrt mars mart maret мар марта март
apr april avril abril aprile avr abr nis nisan апр апреля апрель
may mai mayo maio maggio mei mag maj mayıs мая май
jun june juni juin junio junho giugno giu haz haziran июн июня июнь
jul july juli juillet julio julho luglio lug juil tem temmuz июл июля июль
aug august août aout agosto augustus ago aoû augusti ağu ağustos agustus agu авг августа август
sep sept september septembre septiembre setembro settembre set eyl eylül сен сент сентября сентябрь
oct october oktober octobre octubre outubro ottobre okt out ott eki ekim окт октября октябрь
nov november novembre noviembre novembro kas kasım ноя нояб ноября ноябрь
dec december dezember décembre decembre diciembre dezembro dicembre dez déc dic des desember ara aralık дек декабря декабрь
"""
MONTHS: dict[str, int] = {
    word: number for number, line in enumerate(_MONTH_WORDS.strip().splitlines(), 1) for word in line.split()
}

YEARS = range(1900, 2200)
"""Years of dates. Tools write others for "never" and "not set": 0001-01-01, 9999-12-31."""

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?\s?m\.?)?"
_ZONE = r"\s*\(?(?P<zone>Z|(?:UTC|GMT)?(?:[+-]\d{2}:?\d{2}|[+-]\d{1,2})|UTC|GMT|[ECMP][SD]T|CES?T)?\)?"
_TAIL = rf"(?:[,T]?\s*(?:at\s+|um\s+|à\s+)?{_TIME}{_ZONE})?"
_SHAPES = {
    "iso": rf"(?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}}){_TAIL}",
    # Google Analytics glues the hour on.
    "compact": r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:[01]\d|2[0-3])?(?:\.0)?",
    "numeric": rf"(?P<a>\d{{1,2}})(?P<sep>[-/.])\s?(?P<b>\d{{1,2}})(?P=sep)\s?(?P<y>\d{{4}}|\d{{2}}){_TAIL}",
    "day first": r"(?P<d>\d{1,2})(?:\.|(?:st|nd|rd|th|er|º|°)(?=\s))?[\s/-]+(?:(?:de|of)\s+)?(?P<name>[^\W\d]+)\.?,?"
    r"[\s/-]+(?:de\s+)?"
    rf"(?P<y>\d{{4}}|\d{{2}}){_TAIL}",
    "month first": r"(?P<name>[^\W\d]+)\.?(?:\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+|-(?P<dd>\d{1,2})-)"
    rf"(?P<y>\d{{4}}){_TAIL}",
    "day of the week": r"(?P<name>[^\W\d]+)(?:-feira)?\.?(?P<comma>,?)\s+",
}


@cache
def _shape(name: str) -> re.Pattern[str]:
    """Compiled on first use: most files need one of them, and the five others take longer than a small file."""
    return re.compile(_SHAPES[name], re.IGNORECASE)


_WEEKDAYS = frozenset(
    "mon tue wed thu fri sat sun mo di mi do fr sa so die mit don fre sam son lun mar mer jeu ven dim mié jue vie "
    "sáb dom seg ter qua qui sex gio sab ma wo vr za zo maa din woe vri zat zon".split()
)
"""The first three letters of the days of the week, and whole short names."""
_CUT = {"ja": 1, "fe": 2, "ap": 4, "au": 8, "se": 9, "oc": 10, "no": 11, "de": 12}
"""Month names that a file name cuts to two letters, where these are enough: ``Fe-5-2023``."""
_ZONES = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
}


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
    if text[:4].isdigit():
        return None
    match = _shape("numeric").fullmatch(text.strip())
    return Numeric(match["sep"], int(match["a"]), int(match["b"])) if match else None


def read(text: str, orders: Mapping[str, str]) -> datetime | date | None:
    """The date (no time of day in *text*) or time stamp that *text* says, or None.

    *orders* gives ``dmy`` or ``mdy`` for each separator of numeric dates.

    >>> read("ter., 5 de mai. de 2026", {})
    datetime.date(2026, 5, 5)
    >>> read("03/04/2026", {"/": "dmy"})
    datetime.date(2026, 4, 3)
    """
    if match := _shape("iso").fullmatch(text):
        return _build(match, int(match["m"]), int(match["d"]))
    if match := _shape("numeric").fullmatch(text):
        order = orders.get(match["sep"])
        first, second = int(match["a"]), int(match["b"])
        if order == "dmy":
            return _build(match, second, first)
        return _build(match, first, second) if order == "mdy" else None
    if match := _shape("compact").fullmatch(text):
        return _calendar(int(match["y"]), int(match["m"]), int(match["d"]))
    return _named(text) or (_written_out(text) if "年" in text or "년" in text else None)


def _named(text: str) -> datetime | date | None:
    # "Thu, 5 Feb 2026": the day of the week says nothing that the date does not.
    match = _shape("day of the week").match(text)
    day = match and (match["comma"] or match["name"][:3].lower() in _WEEKDAYS)
    for candidate in (text, text[match.end() :]) if match and day else (text,):
        for shape in ("day first", "month first"):
            match = _shape(shape).fullmatch(candidate)
            if match and (
                month := _month(match["name"], cut="dd" in match.groupdict() and bool(match["dd"]))
            ):
                return _build(match, month, int(match["d"] or match["dd"]))
    return None


def _month(name: str, *, cut: bool) -> int | None:
    found = MONTHS.get(name.lower())
    return _CUT.get(name.lower()) if found is None and cut else found


def _written_out(text: str) -> date | None:
    """The date of ``2026年2月5日`` or ``2026년 2월 5일``."""
    match = re.fullmatch(
        r"(\d{4})[年년]\s*(\d{1,2})[月월]\s*(\d{1,2})[日일](?:\s*\(?\w[曜日요일]*\)?)?", text
    )
    return _calendar(*map(int, match.groups())) if match else None


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
    zone = zone.upper()
    if zone in _ZONES:
        return timezone(timedelta(hours=_ZONES[zone]))
    zone = zone.removeprefix("UTC").removeprefix("GMT")
    if zone in ("", "Z"):
        return UTC
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    digits = digits.ljust(4, "0") if len(digits) > 1 else f"0{digits}00"
    if int(digits[:2]) > 14 or int(digits[2:]) > 59:
        raise ValueError(zone)
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
