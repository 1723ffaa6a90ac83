"""How the cells of one column are written, once that has been decided; and their exact reading.

A style is the decision, as data: an engine may follow it in its own language. `parse` is its
meaning, one cell at a time, in whole numbers only. A cell that does not fit gives ``BAD``: it is
never forced, and the caller counts and lists it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from funnelkit.periods import day_number
from funnelkit.words import currency_code

MISSING: Final = frozenset(
    {"", "-", "--", "—", "–", "n/a", "#n/a", "na", "null", "nan", "none", "(not set)", "undefined"}
    | {"#div/0!", "#div/0", "#value!", "#ref!", "nat"}
)
"""Marks for "no value" in number and date columns, lower-cased and stripped."""

MISSING_TEXT: Final = frozenset({"", "-", "--", "—", "–", "n/a", "#n/a", "null", "(not set)", "undefined"})
"""The same for text, where ``None`` or ``nan`` may be somebody's word."""


LONGEST_MARK = max(map(len, MISSING_TEXT))
_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+\d{2}")
"""What a spreadsheet makes of a long number: the sign and two digits, which no identifier has by chance."""


class Bad:
    """The type of ``BAD``: a cell that its column's style cannot read."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = Bad()

SHAPE = str.maketrans("12345678", "9" * 8)
INNER_ZERO = re.compile(r"(?<=[\d.,])0")


def shape(cell: str) -> str:
    """*cell* with its digits made alike: what a column proves, it proves by its few shapes.

    A leading zero stays, since ``0.125`` can only be a decimal number and ``1.125`` may be two.

    >>> shape("1053.20"), shape("0.125"), shape("-12,5 %"), shape("-0.105")
    ('9999.99', '0.999', '-99,9 %', '-0.999')
    """
    return INNER_ZERO.sub("9", cell.translate(SHAPE))


_SIGNS = str.maketrans({"−": "-", "\u2010": "-", "\u2011": "-"})
_SUFFIX: Final = {"k": 3, "m": 6, "b": 9, "mn": 6, "bn": 9}
_NUMBER = re.compile(r"(?P<digits>[\d.,'’]*\d[.,]?)(?:e(?P<exponent>[+-]?\d{1,3}))?", re.IGNORECASE)
_SPACE = r"[\s\u00a0\u202f\u2009]"
_MOST_DIGITS = 15
"""Before the decimal sign: a longer number is an id or a slip, and a few of them would fill 64 bits."""
_PLAIN = re.compile(r"(-?\d{1,15})(?:\.(\d{1,12}))?", re.ASCII)
"""What most columns hold: a shortcut past taking cells apart, with the same result."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A number cell taken apart, before anybody says which separator is the decimal one."""

    negative: bool
    digits: str
    """Digits with their separators ``. , '`` only; spaces between digits are already gone."""
    symbol: str
    """Currency sign or code around the number, as written."""
    percent: bool
    power: int
    """Power of ten from a suffix (K, M) or an exponent."""
    spaced: bool
    """A space stood between digits: a thousands separator."""


@cache
def number_parts(cell: str) -> Parts | None:
    """*cell* taken apart, or None where it is no number at all.

    >>> number_parts("R$ 1.236,86").digits, number_parts("R$ 1.236,86").symbol
    ('1.236,86', 'R$')
    >>> number_parts("($1,117.10K)").power, number_parts("(12)").negative
    (3, True)
    >>> number_parts("12 pcs"), number_parts("1.2.3"), number_parts("Rs.500").digits
    (None, None, '500')
    """
    text = cell.strip().translate(_SIGNS)
    percent = text.endswith("%") or text.startswith("%")
    text = text.strip("%").strip()
    negative = text.startswith("(") and text.endswith(")")
    text = (text[1:-1] if negative else text).lstrip("'").strip()
    signed = text[:1] in ("+", "-")
    if signed:
        negative, text = negative or text[0] == "-", text[1:].strip()
    spaced = bool(re.search(rf"\d{_SPACE}\d", text))
    if spaced and not re.fullmatch(rf"\D*\d{{1,3}}({_SPACE}\d{{3}})+([.,]\d+)?\D*", text):
        return None
    match = _NUMBER.search(re.sub(rf"(?<=\d){_SPACE}(?=\d)", "", text))
    if not match:
        return None
    before, digits, after = (
        match.string[: match.start()].strip(),
        match["digits"],
        match.string[match.end() :],
    )
    if digits[0] == "." and before[-1:].isalpha():
        before, digits = f"{before}.", digits[1:]  # "Rs.500" is five hundred
    if before.endswith("-") and not signed:
        negative, before = True, before[:-1].strip()
    power, after = _power(match["exponent"], after.strip())
    symbol = before or after
    if (before and after) or (symbol and not currency_code(symbol)) or not _is_number(digits, power):
        return None
    return Parts(negative=negative, digits=digits, symbol=symbol, percent=percent, power=power, spaced=spaced)


def _power(exponent: str | None, after: str) -> tuple[int, str]:
    """The power of ten that an exponent and a suffix say, and the text behind the number without the suffix."""
    suffix = _SUFFIX.get(after.lower())
    return int(exponent or 0) + (suffix or 0), after if suffix is None else ""


def _is_number(digits: str, power: int) -> bool:
    """Whether *digits* are a number under one of the decimal signs, and one that is not too long."""
    readings = [split for sign in ".," if (split := _split(digits, sign))]
    return any(len(whole.lstrip("0")) + power <= _MOST_DIGITS for whole, _ in readings) and power > -100


def _split(digits: str, decimal: str) -> tuple[str, str] | None:
    """The digits before and after the *decimal* sign; None where separators stand in wrong places."""
    whole, _, fraction = digits.partition(decimal)
    if (fraction and not fraction.isdecimal()) or not _well_grouped(whole):
        return None
    return re.sub(r"\D", "", whole), fraction


@dataclass(frozen=True, kw_only=True)
class NumberStyle:
    """Numbers with *decimal* as decimal sign, read as integers at *scale* decimals."""

    decimal: Literal[".", ","] = "."
    scale: int = 0
    exact: bool = False
    """A cell with more decimals than *scale* cannot be read; else float noise is rounded off."""
    kind: Literal["number"] = "number"

    def parse(self, cell: str) -> int | Bad | None:
        """The cell times 10 to the *scale*; None for a mark of missing.

        >>> NumberStyle(decimal=",", scale=2).parse("1.236,86")
        123686
        >>> NumberStyle(scale=4).parse("11.76%")
        1176
        """
        if self.decimal == "." and (plain := _PLAIN.fullmatch(cell)):
            whole, fraction = plain.groups()
            missing = self.scale - len(fraction or "")
            if missing >= 0:
                return int(whole + (fraction or "")) * int(10**missing)
        if cell.strip().lower() in MISSING:
            return None
        parts = number_parts(cell)
        if parts is None:
            return BAD
        split = _split(parts.digits, self.decimal)
        if split is None:
            return BAD
        whole, fraction = split
        shift = self.scale + parts.power - (2 if parts.percent else 0) - len(fraction)
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


def _well_grouped(whole: str) -> bool:
    """Whether the separators in the whole part stand where thousands separators may stand."""
    first, *others = re.split(r"[.,'’]", whole)
    if not others:
        return True
    # Indian grouping (1,00,000) has pairs before the last three digits.
    between = {len(group) for group in others[:-1]}
    alike = len(set(re.findall(r"[.,'’]", whole))) == 1 and between in (set(), {2}, {3})
    return alike and len(others[-1]) == 3 and 1 <= len(first) <= 3 and first[0] != "0"


Order = Literal["dmy", "mdy", "ymd"]


@dataclass(frozen=True, kw_only=True)
class DateStyle:
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
    """Which day of a range is meant, where each cell holds a range of days."""
    kind: Literal["date"] = "date"

    def parse(self, cell: str) -> int | Bad | None:
        """The day of the cell, counted from 1970-01-01; None for a mark of missing."""
        from funnelkit.dates import YEARS, read, read_range

        if self.edge:
            days = read_range(cell)
            return day_number(days[self.edge == "last"]) if days else None if not cell.strip() else BAD
        if not self.pattern and _ISO.fullmatch(cell) and (len(cell) == 10 or not self.shifts):
            return iso_day(cell[:10])
        text = cell.strip()
        if text.lower() in MISSING:
            return None
        stamp = self._stamp(text) if self.pattern else read(text, self.orders)
        if stamp is None or stamp.year not in YEARS:
            return BAD
        return self._day(stamp)

    @property
    def shifts(self) -> bool:
        """Whether a time stamp without offset may fall on another day in the report's zone."""
        return bool(self.zone) and self.zone != self.to

    def _stamp(self, text: str) -> datetime | date | None:
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
                stamp = stamp.replace(tzinfo=_zone(self.zone or "UTC"))
            if stamp.tzinfo is not None:
                stamp = stamp.astimezone(_zone(self.to))
        return day_number(stamp)


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?", re.ASCII)


@cache
def iso_day(text: str) -> int | Bad:
    """The day number of ``2026-01-31``; BAD for a day that no calendar has, which is not a missing one."""
    from funnelkit.dates import read

    day = read(text, {})
    return BAD if day is None else day_number(day)


@cache
def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


@dataclass(frozen=True, kw_only=True)
class TextStyle:
    """Text as it stands, trimmed; a mark of missing is blank."""

    kind: Literal["text"] = "text"

    def parse(self, cell: str) -> str | Bad | None:
        """The trimmed cell; None for a mark of missing."""
        text = " ".join(cell.split())
        return None if len(text) <= LONGEST_MARK and text.lower() in MISSING_TEXT else text


_EMAIL = re.compile(r"[^\s<>()\[\];,:\"]+@[^\s<>()\[\];,:\"]+\.[^\s<>()\[\];,:\"]+")


@dataclass(frozen=True, kw_only=True)
class EmailStyle:
    """E-mail addresses, alone or in a cell such as ``Ada Lovelace (ada@engine.example)``."""

    kind: Literal["email"] = "email"

    def parse(self, cell: str) -> str | Bad | None:
        """The first address of the cell in lower case; None where there is none."""
        found = _EMAIL.search(cell) if "@" in cell else None
        return found[0].lower() if found else None


@dataclass(frozen=True, kw_only=True)
class IdStyle:
    """Identifiers: text, but one that a spreadsheet has rounded is no identifier any more.

    Of several in one cell (``12;15``) the first counts: tools put the primary one there.
    """

    kind: Literal["id"] = "id"

    def parse(self, cell: str) -> str | Bad | None:
        """The identifier; BAD for ``1.20253E+17``, whose digits are lost."""
        text = cell.partition(";")[0].strip().lstrip("'")
        if len(text) <= LONGEST_MARK and text.lower() in MISSING_TEXT:
            return None
        return BAD if text[:1].isdigit() and _ROUNDED.fullmatch(text) else text


@dataclass(frozen=True, kw_only=True)
class WordStyle:
    """Words of a closed list, such as the outcomes of a deal, in the words of the tool."""

    words: Mapping[str, str]
    """The word in normal form -> the canonical word."""
    contains: tuple[tuple[str, str], ...] = ()
    """Whole words to look for inside the cell, in this order, where no entry of *words* fits."""
    default: str | None = None
    """What a word means that is in neither list; None reads it as missing."""
    kind: Literal["word"] = "word"

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
        return self.default

    def extended(self, own: Mapping[str, str]) -> WordStyle:
        """The same with further words, which win over those known before."""
        from funnelkit.words import normalise

        mine = {normalise(word): meaning for word, meaning in own.items()}
        return WordStyle(words={**self.words, **mine}, contains=self.contains, default=self.default)


Style = NumberStyle | DateStyle | TextStyle | EmailStyle | IdStyle | WordStyle


@dataclass(frozen=True, kw_only=True)
class ColumnPlan:
    """One canonical column and where it comes from."""

    target: str
    header: str
    style: Style
    required: Literal["no", "readable", "present"] = "no"
    """A row is set aside where its cell here cannot be read; with ``present``, also where it is missing."""


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """Rows to set aside: those where any of *headers* fits *pattern*, or none of them has a value."""

    reason: str
    message: str
    headers: tuple[str, ...]
    pattern: str | None = None
    """A regular expression for the whole cell; None asks for cells without a value."""
    unless: tuple[str, ...] = ()
    """A row with a value in one of these, other than one that fits *pattern*, is never meant."""


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """How the text columns of one export become a canonical frame."""

    table: str
    columns: tuple[ColumnPlan, ...]
    rules: tuple[RowRule, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
