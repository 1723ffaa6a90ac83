"""The days that a report covers, as the lines above its header or its file name say them.

Numeric dates there may be read in two orders like those of a table; both readings are kept then, until
something settles which of them holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.dates import read
from funnelkit.ranges import Days, read_range
from funnelkit.styles import Order
from funnelkit.words import normalise

_BOTH: tuple[Order, Order] = ("dmy", "mdy")
_STARTS = frozenset(
    "start starts from begin begins beginning since anfang beginn startdatum berichtsbeginn début debut inicio início "
    "comienzo inizio desde från begindatum startdato".split()
)
_ENDS = frozenset(
    "end ends to until ende enddatum einddatum berichtsende fin final finalización fim término termino fine hasta até "
    "slut slutdatum sluttdato".split()
)
_OTHERS = frozenset(
    "generated created downloaded exported updated completed available generación generado erstellt generato gerado "
    "généré creation création creación comparison compared".split()
)
"""Words of dates that are not those of the report."""
_GROUPED = frozenset("aggregation aggregated granularity increment grouped unit".split())
"""Words of lines that say how many days each row covers: ``Report Aggregation: Daily``."""


class Range(Struct, frozen=True, kw_only=True):
    """The days of a report as they are said, in each order that they can be read in."""

    text: str
    dmy: Days | None
    mdy: Days | None
    hashed: bool = False
    """It stands in lines that begin with #, as Google Analytics writes them."""
    grouped: str = ""
    """How many days each row covers, in the words of the report: ``Daily``."""

    @property
    def days(self) -> Days | None:
        """The first and last day where only one reading is left."""
        one, other = self.dmy or self.mdy, self.mdy or self.dmy
        return one if one == other else None

    def under(self, order: Order | None) -> Days | None:
        """The first and last day, where the dates of the file have this *order*."""
        return self.days or (self.dmy if order == "dmy" else self.mdy if order == "mdy" else None)


def above(preamble: Sequence[str], *, lone: bool = False) -> Range | None:
    """The days that the lines of a *preamble* say. *lone*: a date alone on the last line is a report of that day."""
    lines = [line.strip().lstrip("#").strip().strip('"').strip() for line in preamble]
    lines = [line for line in lines if any(map(str.isdigit, line))]
    found = next((r for line in lines if (r := _range(line) or _range(_said(line)))), None)
    if found := found or _start_and_end(lines):
        hashed = any(line.startswith("#") for line in preamble)
        return replace(found, hashed=hashed, grouped=_grouped(preamble))
    if lone and lines and lines[-1] == preamble[-1].strip().strip('"') and "/" not in lines[-1]:
        return _of(lines[-1], lambda order: _pair(lines[-1], lines[-1], order))
    return None


def _grouped(preamble: Sequence[str]) -> str:
    for line in preamble:
        label, colon, rest = line.strip().strip('"').partition(":")
        if colon and set(normalise(label).split()) & _GROUPED:
            return rest.strip()
    return ""


def _said(line: str) -> str:
    label, colon, rest = line.partition(":")
    return rest.strip() if colon and not set(normalise(label).split()) & _OTHERS else ""


def _range(text: str) -> Range | None:
    return _of(text, lambda order: read_range(text, _orders(order))) if text else None


def _start_and_end(lines: Sequence[str]) -> Range | None:
    """The range of two lines such as ``Start date: 20240101`` and ``End date: 20241231``."""
    said: dict[str, str] = {}
    for line in lines:
        label, colon, rest = line.partition(":")
        words = set(normalise(label).split())
        if not colon or words & _OTHERS:
            continue
        # "Fecha de finalización del informe" and "Fecha de inicio del informe" have all other words in common.
        kind = "start" if words & _STARTS else "end" if words & _ENDS else None
        if kind and any(_day(rest, order) for order in _BOTH):
            said.setdefault(kind, rest.strip())
    if len(said) < 2:
        return None
    first, last = said["start"], said["end"]
    return _of(f"{first} - {last}", lambda order: _pair(first, last, order))


def _of(text: str, read_in: Callable[[Order], Days | None]) -> Range | None:
    dmy, mdy = map(read_in, _BOTH)
    return Range(text=text, dmy=dmy, mdy=mdy) if dmy or mdy else None


def _pair(first: str, last: str, order: Order) -> Days | None:
    one, other = _day(first, order), _day(last, order)
    return (one, other) if one and other and one <= other else None


def _day(text: str, order: Order) -> date | None:
    found = read(text.strip(), _orders(order))
    return found.date() if isinstance(found, datetime) else found


def _orders(order: Order) -> dict[str, Order]:
    """*order* by separator: nobody writes the month first with points."""
    return {"/": order, "-": order, ".": "dmy"}


_IN_NAME = (
    r"(?<!\d)(?:19|20)\d{2}([-._])\d{1,2}\1\d{1,2}(?!\d)",
    r"(?<!\d)(?:19|20)\d{6}(?!\d)",
    r"[^\W\d_]{2,9}-\d{1,2}-20\d{2}",
    r"\d{1,2}-[^\W\d_]{2,9}-20\d{2}",
)
"""Dates in a file name whose order leaves no doubt."""


def in_name(name: str) -> Range | None:
    """The days in a file's *name*: its last two dates, one behind the other; not those that it is compared with.

    >>> in_name("Brume-Campaigns-Jan-1-2026-Aug-24-2026.csv").days
    (datetime.date(2026, 1, 1), datetime.date(2026, 8, 24))
    """
    name = (
        re.split(r"(?<=\d)[\W_]*(?:compar|vergl|vergel|confront)", name, maxsplit=1, flags=re.IGNORECASE)[0]
        or name
    )
    for shape in _IN_NAME:
        found = list(re.finditer(shape, name))[-2:]
        if len(found) == 2 and re.fullmatch(
            r"[-_–\s]*(?:to|bis|a|au|al)?[-_–\s]*", name[found[0].end() : found[1].start()]
        ):
            days = [read(re.sub(r"[._]", "-", match[0]), {}) for match in found]
            first, last = days
            if isinstance(first, date) and isinstance(last, date) and first <= last:
                return Range(text=name, dmy=(first, last), mdy=(first, last))
    return None
