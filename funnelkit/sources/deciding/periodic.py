"""Date columns whose cells are no single days: ranges, months, weeks, and numbers that count days.

A number alone says no day. It is read only where something says from when on it counts: the lines above
the header, or a spreadsheet's own calendar. Else the column is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from funnelkit.dates import MONTHS
from funnelkit.periods import day_number
from funnelkit.ranges import SERIAL, Count, Days, counted, moment, read_period, short_month
from funnelkit.sources.preamble import Range
from funnelkit.styles import DateStyle, Order
from funnelkit.tables import RANGED
from funnelkit.words import normalise

_UNITS = {
    "week": frozenset("week weekly weeks woche semaine semana settimana vecka uge uke".split()),
    "month": frozenset("month monthly months monat mois mes mês mese maand månad måned ay".split()),
    "quarter": frozenset("quarter quarterly quartal trimestre kwartaal".split()),
    "year": frozenset("year yearly jahr année año ano anno jaar".split()),
}
_DAILY = frozenset("day daily days tag täglich jour día dia giorno dag".split())
_PLAUSIBLE = (date(2000, 1, 1), date(2050, 12, 31))
"""Days that a spreadsheet's numbers are taken for; any other number may be anything."""


def unit(header: str) -> str | None:
    """What each row covers by the words of a date column's *header*, where it says so.

    >>> unit("Week"), unit("ISO week of ISO year"), unit("Day")
    ('week', 'iso week', None)
    """
    words = set(normalise(header).split())
    found = next((name for name, known in _UNITS.items() if words & known), None)
    return "iso week" if found == "week" and "iso" in words else found


def daily(words: str) -> bool:
    """Whether *words*, of a header or of the report, say that each row is a day.

    >>> daily("Day"), daily("Monthly"), daily("Date")
    (True, False, False)
    """
    return bool(set(normalise(words).split()) & _DAILY)


def several(
    cells: Sequence[str], header: str, order: str | None, windows: Mapping[Order, Days]
) -> tuple[DateStyle | None, str] | None:
    """The style of a column of ranges, months or weeks, and why; None where *cells* are something else.

    *order* is how numeric dates in the file are written, *windows* between which days all must lie.
    """
    filled = _filled(cells)
    named = unit(header) or _short_months(filled)
    orders: list[Order] = ["dmy", "mdy"]
    read = {o: [read_period(c, dict.fromkeys("/-.", o), named) for c in filled] for o in orders}
    fits = [o for o in orders if filled and all(read[o])]
    if not fits:
        return None
    if len(fits) == 2 and read["dmy"] != read["mdy"]:
        proved = proved_by(windows, lambda o, window: all(d and _inside(d, window) for d in read[o]))
        fits = [proved] if proved in fits else [o for o in fits if o == order]
        if not fits:
            return None, f"{filled[0]!r} fits two readings"
    same = read["dmy"] == read["mdy"]
    style = DateStyle(edge="first", unit=named, orders={} if same else dict.fromkeys("/-.", fits[0]))
    return style, f"several days each, such as {filled[0]!r}"


def _short_months(filled: Sequence[str]) -> str | None:
    """``month`` where all cells are written like ``Jan-26`` and cannot well be days of one month or two."""
    found = [short_month(cell) for cell in filled]
    months = {pair[1] for pair in found if pair}
    years = {pair[0] for pair in found if pair}
    return "month" if found and all(found) and len(years) <= len(months) else None


def proved_by(windows: Mapping[Order, Days], inside: Callable[[Order, Days], bool]) -> Order | None:
    """The only order in which all dates lie between the days of the report, or None.

    *inside* says whether they do. Where these days fit two readings themselves, the other order must lie outside
    of both: those who wrote the range in one way may have written the dates in the other.
    """
    within = [order for order, window in windows.items() if inside(order, window)]
    if len(within) != 1:
        return None
    other: Order = "mdy" if within[0] == "dmy" else "dmy"
    return None if any(inside(other, window) for window in windows.values()) else within[0]


def _inside(days: Days, window: Days) -> bool:
    return window[0] <= days[0] and days[1] <= window[1]


def _filled(cells: Sequence[str]) -> list[str]:
    """The cells that may say a day: labels of total rows hold no digit."""
    return [text for cell in cells if re.search(r"\d", text := cell.strip())]


def numbered(
    cells: Sequence[str], counts: str | None, header: str, days: Range | None
) -> tuple[DateStyle | None, str] | None:
    """The style of a column of numbers that count days, weeks or months, and why; None for other cells."""
    filled = _filled(cells)
    if not filled or not all(re.fullmatch(r"\d{1,5}(\.0+)?", cell) for cell in filled):
        return None
    if counts in ("days", "weeks", "months"):
        return _from_first_day(filled, counts, days)
    if unit(header) == "week" and all(1 <= int(float(cell)) <= 53 for cell in filled):
        return _weeks_of_year(filled, days)
    return None


def _from_first_day(filled: Sequence[str], counts: str, days: Range | None) -> tuple[DateStyle | None, str]:
    if days is None or days.days is None:
        return (
            None,
            f"{filled[0]!r} counts {counts} from the first day of the report, which is not above the header",
        )
    first, last = days.days
    count: Count = {"days": "day", "weeks": "week", "months": "month"}[counts]  # type: ignore[assignment]
    furthest = max(filled, key=lambda cell: int(float(cell)))
    read = counted(furthest, count, first)
    sunday = first - timedelta(days=(first.weekday() + 1) % 7)
    if count == "week" and read and read[0] > last:
        # More weeks than fit from the first day on: they are those of the calendar, from Sunday on.
        read, first = counted(furthest, count, sunday), sunday
    if read is None or read[0] > last:
        return (
            None,
            f"{furthest!r} counts {counts} from {first} on, and so is after the report's last day, {last}",
        )
    style = DateStyle(count=count, base=day_number(first), edge=None if count == "day" else "first")
    return style, f"{counts} since {first}, the first day of the report"


def _weeks_of_year(filled: Sequence[str], days: Range | None) -> tuple[DateStyle | None, str]:
    week = f"{filled[0]!r} is a week without a year"
    whole = days.days if days else None
    if whole is None or whole[0].year != whole[1].year:
        return None, f"{week}, and the lines above the header say none"
    if days is None or not days.hashed:
        # Others begin weeks on Monday, and number them in other ways.
        return None, f"{week}, and its first day depends on the tool"
    new_year = whole[0].replace(month=1, day=1)
    read = [counted(cell, "week of year", new_year) for cell in filled]
    if not all(d and d[0] <= whole[1] and d[1] >= whole[0] for d in read):
        return None, f"{week}, and not all weeks lie between {whole[0]} and {whole[1]}"
    style = DateStyle(count="week of year", base=day_number(new_year), edge="first")
    return style, f"weeks of {new_year.year}, each from Sunday on, as Google Analytics counts them"


def stray(cells: Sequence[str], header: str) -> tuple[str, str] | None:
    """One of *cells* that is no period where others are, and one of those; None where all or none are."""
    read = {cell: read_period(cell, dict.fromkeys("/-.", "dmy"), unit(header)) for cell in _filled(cells)}
    odd = [cell for cell, days in read.items() if days is None]
    good = [cell for cell, days in read.items() if days]
    return (odd[0], good[0]) if odd and len(good) >= len(odd) else None


def serial(cells: Sequence[str]) -> tuple[DateStyle, str] | None:
    """The style of a column of a spreadsheet's day numbers, and why; None where any of *cells* is something else."""
    filled = _filled(cells)
    if not filled or not all(re.fullmatch(r"\d{5}(\.\d+)?", cell) for cell in filled):
        return None
    days = [d[0] for cell in filled if (d := counted(cell, "serial", SERIAL))]
    if len(days) < len(filled) or not _PLAUSIBLE[0] <= min(days) <= max(days) <= _PLAUSIBLE[1]:
        return None
    style = DateStyle(count="serial", base=day_number(SERIAL))
    return style, f"days as a spreadsheet numbers them: {filled[0]!r} is {days[0]}"


def epoch(cells: Sequence[str]) -> tuple[DateStyle, str] | None:
    """The style of a column of moments in seconds or milliseconds since 1970, and why; None for other cells."""
    filled = _filled(cells)
    stamps = [moment(cell) for cell in filled]
    if not filled or not all(stamps) or len({len(cell.partition(".")[0]) for cell in filled}) > 1:
        return None
    counts = "milliseconds" if len(filled[0]) > 12 and filled[0][:13].isdigit() else "seconds"
    return DateStyle(count="epoch"), f"{counts} since 1970: {filled[0]!r} is {stamps[0]:%Y-%m-%d %H:%M} UTC"


def no_day(cell: str) -> str:
    """What the date in *cell* lacks to be a day, as far as that can be told; "" where it says none at all."""
    text = cell.strip()
    if text.lower().rstrip(".") in MONTHS:
        return "a month without a year"
    if short_month(text) or read_period(text, dict.fromkeys("/-.", "dmy"), "month"):
        return "more than one day"
    return ""


def plausible(cells: Sequence[str], column: str, table: str) -> bool:
    """Whether most of *cells*, none of which is a day, may be the dates of a *column* all the same."""
    if serial(cells) or epoch(cells):
        return True
    spans = table in RANGED and column in ("date", "start", "end")
    good = (
        sum(read_period(c, dict.fromkeys("/-.", "dmy"), "month") is not None for c in cells) if spans else 0
    )
    return good * 2 >= len(cells)
