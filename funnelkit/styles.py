"""How the cells of one column are written, once that has been decided; and their exact reading.

A style is the decision, as data: an engine may follow it in its own language. `parse` is its
meaning, one cell at a time, in whole numbers only. A cell that does not fit gives ``BAD``: it is
never forced, and the caller counts and lists it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from funnelkit.figures import is_bound, number_parts, split_digits
from funnelkit.periods import day_number, from_day

MISSING: Final = frozenset(
    {"", "-", "--", "—", "–", "n/a", "#n/a", "na", "null", "nan", "none", "(not set)", "undefined"}
    | {"#div/0!", "#div/0", "#value!", "#ref!", "#name?", "#num!", "nat", "inf", "∞", "―", "−", "nil"}
    | {
        "n.a.",
        "n/d",
        "s/d",
        "k.a.",
        "k. a.",
        "(none)",
        "(blank)",
        "(null)",
        "(empty)",
        "\\n",
        "not available",
    }
    | {"not applicable", "no data", "no data available", "no data available."}
)
"""Marks for "no value" in number and date columns, lower-cased and stripped."""

MISSING_TEXT: Final = frozenset(
    {"", "-", "--", "—", "–", "n/a", "#n/a", "null", "(not set)", "undefined", "(blank)", "(null)", "\\n"}
)
"""The same for text, where ``None`` or ``nan`` may be somebody's word."""


LONGEST_MARK = max(map(len, MISSING_TEXT))
_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+\d{2}")
"""What a spreadsheet makes of a long number: the sign and two digits, which no identifier has by chance."""


class Bad:
    """The type of ``BAD``: a cell that its column's style cannot read."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = Bad()


class Tagged(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What all styles have: a word for what they read, by which they are told apart where they are stored."""

    @property
    def kind(self) -> str:
        """The word."""
        return str(self.__struct_config__.tag)


_PLAIN = re.compile(r"(-?\d{1,15})(?:\.(\d{1,12}))?", re.ASCII)
"""What most columns hold: a shortcut past taking cells apart, with the same result."""


class NumberStyle(Tagged, frozen=True, kw_only=True, tag="number"):
    """Numbers with *decimal* as decimal sign, read as integers at *scale* decimals."""

    decimal: Literal[".", ","] = "."
    scale: int = 0
    exact: bool = False
    """A cell with more decimals than *scale* cannot be read; else float noise is rounded off."""
    percent: bool = False
    """A number without a percent sign is one of a hundred all the same."""

    def parse(self, cell: str) -> int | Bad | None:
        """The cell times 10 to the *scale*; None for a mark of missing.

        >>> NumberStyle(decimal=",", scale=2).parse("1.236,86")
        123686
        >>> NumberStyle(scale=4).parse("11.76%")
        1176
        """
        if self.decimal == "." and not self.percent and (plain := _PLAIN.fullmatch(cell)):
            whole, fraction = plain.groups()
            missing = self.scale - len(fraction or "")
            if missing >= 0:
                return int(whole + (fraction or "")) * int(10**missing)
        if cell.strip().lower() in MISSING:
            return None
        parts = number_parts(cell)
        if parts is None:
            return None if is_bound(cell) else BAD
        split = split_digits(parts.digits, self.decimal)
        if split is None:
            return BAD
        whole, fraction = split
        shift = self.scale + parts.power - (2 if parts.percent or self.percent else 0) - len(fraction)
        number = int((whole + fraction) or "0")
        if shift < 0:
            # More decimals than the scale keeps are float noise: to the nearest, ties up.
            unit = int(10**-shift)
            number, rest = divmod(number, unit)
            if rest and self.exact:
                return BAD
            number += rest * 2 >= unit
        else:
            number *= int(10**shift)
        return -number if parts.negative else number


Order = Literal["dmy", "mdy", "ymd"]


class DateStyle(Tagged, frozen=True, kw_only=True, tag="date"):
    """Dates and time stamps; numeric ones read in the order that their separator has."""

    orders: Mapping[str, Order] = field(default_factory=dict)
    """Separator of a numeric date -> the order of its parts."""
    pattern: str | None = None
    """A strptime pattern that the user gave; then nothing else is tried."""
    zone: str | None = None
    """The zone of time stamps that carry no offset; None where they are in the report's already."""
    to: str = "UTC"
    """The report's zone: time stamps become calendar dates in it."""
    edge: Literal["first", "last"] | None = None
    """Which day is meant, where each cell holds several: a range, a month, a week."""
    unit: str | None = None
    """What a cell is by the words of the header, where the cell alone does not say it: ``202405``."""
    count: Literal["serial", "day", "week", "month", "week of year", "epoch"] | None = None
    """The cells are no dates but numbers: what they count, from the day *base* on; ``epoch`` is a moment in UTC."""
    base: int = 0

    def parse(self, cell: str) -> int | Bad | None:
        """The day of the cell, counted from 1970-01-01; None for a mark of missing."""
        from funnelkit.dates import YEARS, read

        if self.edge or self.count:
            return self._of_several(cell)
        if not self.pattern and _ISO.fullmatch(cell) and (len(cell) == 10 or not self.shifts):
            return iso_day(cell[:10])
        text = cell.strip()
        if text.lower() in MISSING:
            return None
        stamp = self.pattern_stamp(text) if self.pattern else read(text, self.orders)
        if stamp is None or stamp.year not in YEARS:
            return BAD
        return self._day(stamp)

    def _of_several(self, cell: str) -> int | Bad | None:
        from funnelkit.ranges import counted, moment, read_period

        if cell.strip().lower() in MISSING:
            return None
        if self.count == "epoch":
            stamp = moment(cell)
            return self._day(stamp) if stamp else BAD
        if self.count:
            days = counted(cell, self.count, from_day(self.base))
        else:
            days = read_period(cell, self.orders, self.unit)
        return day_number(days[self.edge == "last"]) if days else BAD

    @property
    def shifts(self) -> bool:
        """Whether a time stamp without offset may fall on another day in the report's zone."""
        return bool(self.zone) and self.zone != self.to

    def pattern_stamp(self, text: str) -> datetime | date | None:
        """What *text* says by the pattern; None where it does not fit."""
        pattern = self.pattern or ""
        try:
            stamp = datetime.strptime(text, pattern)
        except ValueError:
            return None
        # A pattern without an hour says a date, and a date is the same day in every zone.
        return stamp if re.search(r"%-?[HIcXsT]", pattern) else stamp.date()

    def _day(self, stamp: datetime | date) -> int:
        if isinstance(stamp, datetime):
            if stamp.tzinfo is None and self.shifts:
                stamp = stamp.replace(tzinfo=zone_named(self.zone or "UTC"))
            if stamp.tzinfo is not None:
                stamp = stamp.astimezone(zone_named(self.to))
        return day_number(stamp)


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?", re.ASCII)


@cache
def iso_day(text: str) -> int | Bad:
    """The day number of ``2026-01-31``; BAD for a day that no calendar has, which is not a missing one."""
    from funnelkit.dates import YEARS

    try:
        day = date.fromisoformat(text)
    except ValueError:
        return BAD
    return day_number(day) if day.year in YEARS else BAD


@cache
def zone_named(name: str) -> tzinfo:
    """The time zone called *name*."""
    return UTC if name == "UTC" else ZoneInfo(name)


class TextStyle(Tagged, frozen=True, kw_only=True, tag="text"):
    """Text as it stands, trimmed; a mark of missing is blank."""

    missing: tuple[str, ...] = ()
    """What this tool writes for no value, in small letters: ``select``."""

    def parse(self, cell: str) -> str | Bad | None:
        """The trimmed cell; None for a mark of missing."""
        text = " ".join(cell.split())
        if self.missing and text.lower() in self.missing:
            return None
        return None if len(text) <= LONGEST_MARK and text.lower() in MISSING_TEXT else text


_EMAIL = re.compile(r"[^\s<>()\[\];,:\"]+@[^\s<>()\[\];,:\"]+\.[^\s<>()\[\];,:\"]+")


class EmailStyle(Tagged, frozen=True, kw_only=True, tag="email"):
    """E-mail addresses, alone or in a cell such as ``Ada Lovelace (ada@engine.example)``."""

    def parse(self, cell: str) -> str | Bad | None:
        """The first address of the cell in lower case; None where there is none."""
        found = _EMAIL.search(cell) if "@" in cell else None
        return found[0].lower() if found else None


class IdStyle(Tagged, frozen=True, kw_only=True, tag="id"):
    """Identifiers: text, but one that a spreadsheet has rounded is no identifier any more.

    Of several in one cell (``12;15``) the first counts: tools put the primary one there.
    """

    def parse(self, cell: str) -> str | Bad | None:
        """The identifier; BAD for ``1.20253E+17``, whose digits are lost."""
        text = cell.partition(";")[0].strip().lstrip("'")
        if len(text) <= LONGEST_MARK and text.lower() in MISSING_TEXT:
            return None
        return BAD if text[:1].isdigit() and _ROUNDED.fullmatch(text) else text


_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")


class WordStyle(Tagged, frozen=True, kw_only=True, tag="word"):
    """Words of a closed list, such as the outcomes of a deal, in the words of the tool."""

    words: Mapping[str, str]
    """The word in normal form -> the canonical word."""
    contains: tuple[tuple[str, str], ...] = ()
    """Whole words to look for inside the cell, in this order, where no entry of *words* fits."""
    default: str | None = None
    """What a word means that is in neither list; None reads it as missing."""

    def parse(self, cell: str) -> str | Bad | None:
        """The canonical word."""
        from funnelkit.words import normalise

        text = normalise(cell)
        if text in self.words:
            return self.words[text]
        if cell.strip().lower() in MISSING_TEXT:
            return None
        padded = f" {text} "
        for part, meaning in self.contains:
            if f" {part} " in padded:
                return meaning
        # Behind a stage stands its pipeline in brackets: "Contract sent (Sales Pipeline)".
        return self.words.get(normalise(_IN_BRACKETS.sub("", cell)), self.default)

    def extended(self, own: Mapping[str, str]) -> WordStyle:
        """The same with further words, which win over those known before."""
        from funnelkit.words import normalise

        mine = {normalise(word): meaning for word, meaning in own.items()}
        return WordStyle(words={**self.words, **mine}, contains=self.contains, default=self.default)


Style = NumberStyle | DateStyle | TextStyle | EmailStyle | IdStyle | WordStyle
