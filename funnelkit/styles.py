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

MISSING: Final = frozenset(
    {"", "-", "--", "—", "–", "n/a", "#n/a", "na", "null", "nan", "none", "(not set)", "undefined"}
    | {"#div/0!", "#div/0", "#value!", "#ref!", "nat"}
)
"""Marks for "no value" in number and date columns, lower-cased and stripped."""

MISSING_TEXT: Final = frozenset({"", "-", "--", "—", "–", "n/a", "#n/a", "null", "(not set)", "undefined"})
"""The same for text, where ``None`` or ``nan`` may be somebody's word."""


_LONGEST_MARK = max(map(len, MISSING_TEXT))
_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")


class Bad:
    """The type of ``BAD``: a cell that its column's style cannot read."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = Bad()

_SHAPE = str.maketrans("12345678", "9" * 8)
_ZEROS = str.maketrans("0", "9")


def shape(cell: str) -> str:
    """*cell* with its digits made alike: what a column proves, it proves by its few shapes.

    A leading zero stays, since ``0.125`` can only be a decimal number and ``1.125`` may be two.

    >>> shape("1053.20"), shape("0.125"), shape("-12,5 %")
    ('9999.99', '0.999', '-99,9 %')
    """
    alike = cell.translate(_SHAPE)
    start = alike[:1] if alike[:1] == "0" else ""
    return start + alike[len(start) :].translate(_ZEROS)


_SIGNS = str.maketrans({"−": "-", "\u2010": "-", "\u2011": "-"})
_CURRENCY = re.compile(r"[^\d\s.,'’+()%<>-]+")
_SUFFIX: Final = {"k": 3, "m": 6, "b": 9, "mn": 6, "bn": 9}
_PLAIN = re.compile(r"(-?\d{1,15})(?:\.(\d{1,12}))?", re.ASCII)
"""What most columns hold: a shortcut past taking cells apart, with the same result."""
_NUMBER = re.compile(r"(?P<digits>[\d.,'’]*\d[.,]?)(?:e(?P<exponent>[+-]?\d{1,3}))?", re.IGNORECASE)


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
    """
    text = cell.strip().translate(_SIGNS)
    percent = text.endswith("%") or text.startswith("%")
    text = text.strip("%").strip()
    negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()").lstrip("'").strip()
    if text[:1] in "+-":
        negative, text = negative or text[:1] == "-", text[1:].strip()
    spaced = bool(re.search(r"\d[\s\u00a0\u202f\u2009]\d", text))
    if spaced and not re.fullmatch(r"\D*\d{1,3}([\s\u00a0\u202f\u2009]\d{3})+([.,]\d+)?\D*", text):
        return None
    text = re.sub(r"(?<=\d)[\s\u00a0\u202f\u2009](?=\d)", "", text)
    match = _NUMBER.search(text)
    if not match:
        return None
    before, after = text[: match.start()].strip(), text[match.end() :].strip()
    if before.endswith("-"):
        negative, before = True, before[:-1].strip()
    power = int(match["exponent"] or 0)
    if after.lower() in _SUFFIX:
        power, after = power + _SUFFIX[after.lower()], ""
    symbol = before or after
    if (before and after) or (symbol and not _CURRENCY.fullmatch(symbol)) or len(symbol) > 5:
        return None
    return Parts(
        negative=negative, digits=match["digits"], symbol=symbol, percent=percent, power=power, spaced=spaced
    )


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
        whole, _, fraction = parts.digits.partition(self.decimal)
        group = "," if self.decimal == "." else "."
        if self.decimal in fraction or group in fraction or not _well_grouped(whole):
            return BAD
        whole = re.sub(r"\D", "", whole)
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
    groups = re.split(r"[.,'’]", whole)
    if len(groups) == 1:
        return True
    # Indian grouping (1,00,000) has pairs before the last three digits.
    return len(groups[-1]) == 3 and 1 <= len(groups[0]) <= 3 and all(len(g) in (2, 3) for g in groups[1:-1])


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
    kind: Literal["date"] = "date"

    def parse(self, cell: str) -> int | Bad | None:
        """The day of the cell, counted from 1970-01-01; None for a mark of missing."""
        from funnelkit.dates import read

        if not self.pattern and _ISO.fullmatch(cell) and (len(cell) == 10 or not self._shifts):
            day = _iso_day(cell[:10])
            return BAD if day is None else day
        text = cell.strip()
        if text.lower() in MISSING:
            return None
        stamp = self._stamp(text) if self.pattern else read(text, self.orders)
        if stamp is None:
            return BAD
        return self._day(stamp)

    @property
    def _shifts(self) -> bool:
        """Whether a time stamp without offset may fall on another day in the report's zone."""
        return bool(self.zone) and self.zone != self.to

    def _stamp(self, text: str) -> datetime | date | None:
        try:
            return datetime.strptime(text, self.pattern or "")
        except ValueError:
            return None

    def _day(self, stamp: datetime | date) -> int:
        if isinstance(stamp, datetime):
            if stamp.tzinfo is None and self._shifts:
                stamp = stamp.replace(tzinfo=_zone(self.zone or "UTC"))
            if stamp.tzinfo is not None:
                stamp = stamp.astimezone(_zone(self.to))
        return day_number(stamp)


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?", re.ASCII)


@cache
def _iso_day(text: str) -> int | None:
    try:
        return day_number(date.fromisoformat(text))
    except ValueError:
        return None


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
        return None if len(text) <= _LONGEST_MARK and text.lower() in MISSING_TEXT else text


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
        if len(text) <= _LONGEST_MARK and text.lower() in MISSING_TEXT:
            return None
        return BAD if text[:1].isdigit() and _ROUNDED.fullmatch(text) else text


@dataclass(frozen=True, kw_only=True)
class WordStyle:
    """Words of a closed list, such as the outcomes of a deal, in the words of the tool."""

    words: Mapping[str, str]
    """The word in normal form -> the canonical word."""
    contains: tuple[tuple[str, str], ...] = ()
    """Whole words to look for inside the cell, in this order, where no entry of *words* fits."""
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
        return None

    def extended(self, own: Mapping[str, str]) -> WordStyle:
        """The same with further words, which win over those known before."""
        from funnelkit.words import normalise

        mine = {normalise(word): meaning for word, meaning in own.items()}
        return WordStyle(words={**self.words, **mine}, contains=self.contains)


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
    """Rows to set aside: those where any of *headers* fits *pattern*, or all of them are blank."""

    reason: str
    message: str
    headers: tuple[str, ...]
    pattern: str | None = None
    """A regular expression for the whole cell; None asks for blank cells."""


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """How the text columns of one export become a canonical frame."""

    table: str
    columns: tuple[ColumnPlan, ...]
    rules: tuple[RowRule, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
