"""Numbers as people read them: 1,234, 10.5 %, EUR 12.34, 3.2x, 14 d. One style, whatever the locale.

Rounding happens here and nowhere before, by `funnelkit.rounding`: halves go away from zero. A share is never shown as 0 % or 100 % unless it is
exactly that, and nothing that is not 0 is shown as 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from funnelkit.metrics.cell import Change, Number
from funnelkit.rounding import exactly, fixed

MISSING = "n/a"
_INFINITE = "∞"
NO_CALL = "no call"
MARKS = {"better": "▲", "worse": "▼", "changed": "◆", NO_CALL: "·"}

UNCALLED = {"few": "too few", "young": "too young", "untested": "not tested"}
"""The words for a change that is not called for another reason than noise."""

_Digits = Callable[[Number, int | None], str]
"""A number, and how many decimals it is to have (None: as many as its size asks for)."""


def number(value: Number | None, unit: str, currency: str | None = None) -> str:
    """*value* with its unit; money carries *currency* in front where one is given.

    >>> number(0.10525, "ratio"), number(1661.67, "money", "EUR"), number(3.24, "multiple")
    ('10.5 %', 'EUR 1,662', '3.2x')
    """
    if value is None:
        return MISSING
    shown = _UNITS.get(unit, _PLAIN)
    code = f"{currency} " if shown.money and currency else ""
    # Adding 0 makes a minus zero a plain one.
    return f"{code}{shown.digits(value + 0, None)}{shown.after}"


def limits(interval: tuple[Number, Number | None] | None, unit: str) -> str:
    """The two limits of *interval* with the same decimals, the unit once; empty for None.

    >>> limits((0.098714, 0.112165), "ratio"), limits((1020.4, None), "money")
    ('9.87 – 11.22 %', '1,020 – ∞')
    """
    if interval is None:
        return ""
    low, high = interval
    shown = _UNITS.get(unit, _PLAIN)
    decimals = 2 if unit in ("ratio", "points") else _common(low, high) if shown.money else None
    upper = _INFINITE if high is None or math.isinf(high) else shown.digits(high, decimals)
    return f"{shown.digits(low, decimals)} – {upper}{shown.after}"


def difference(change: Change, unit: str, currency: str | None = None) -> str:
    """How far a metric moved: rates in points, all else in per cent of what it was.

    >>> from funnelkit.metrics.cell import Cell
    >>> difference(Change(previous=Cell(value=0.5), absolute=0.012, relative=0.024), "ratio")
    '+1.2 pp'
    """
    if unit == "ratio" and change.absolute is not None:
        return _signed(change.absolute, lambda size: f"{_share(size, None)} pp")
    if unit != "ratio" and change.relative is not None:
        return _signed(change.relative, lambda size: f"{_share(size, None)} %")
    if change.absolute is not None:
        return _signed(change.absolute, lambda size: number(size, unit, currency))
    return MISSING


def verdict(change: Change) -> tuple[str, str]:
    """The mark and the word for what *change* means, e.g. ``("▲", "better")``."""
    word = (
        UNCALLED.get(change.uncalled or "", change.verdict) if change.verdict == NO_CALL else change.verdict
    )
    return MARKS.get(change.verdict, MARKS[NO_CALL]), word


def _signed(value: float, show: Callable[[float], str]) -> str:
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return f"{sign}{show(abs(value))}"


def _decimals(value: Number) -> int:
    """Enough for two digits that mean something, none from 100 on."""
    size = abs(value)
    if not math.isfinite(size) or size == 0 or size >= 99.995:
        return 0
    return 2 if size >= 0.0995 else min(1 - math.floor(math.log10(size)), 9)


def _common(low: Number, high: Number | None) -> int | None:
    """The decimals for both of two amounts, or None where they are too unlike to share them."""
    wanted = {_decimals(size) for size in (low, high) if size}
    return max(wanted, default=0) if wanted <= {0, 2} else None


def _grouped(value: Number | Decimal, decimals: int) -> str:
    """*value* with commas; numbers that no one could read that way in powers of ten."""
    size = abs(float(value))
    if isinstance(value, int) and size >= 1e15:
        return f"{value:,}"
    if size >= 1e15 or 0 < size < max(1e-8, 10**-decimals / 2):
        return f"{value:.2e}"
    return fixed(value, decimals)


def _amount(value: Number, decimals: int | None) -> str:
    if decimals is not None:
        return _grouped(value, decimals)
    text = _grouped(value, _decimals(value))
    # Two digits that mean something would make 0.010 of a cent.
    return text[:-1] if text.endswith("0") and "e" not in text and _decimals(value) > 2 else text


def _quantity(value: Number, decimals: int | None) -> str:
    """A count: whole as it is, a fraction with at most two decimals."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    text = _amount(value, 2 if decimals is None and abs(value) >= 0.1 else decimals)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _tenths(value: Number, decimals: int | None) -> str:
    """One decimal between 1 and 100, more below, none above."""
    if decimals is None and abs(value) >= 0.995:
        decimals = 1 if abs(value) < 99.95 else 0
    return _amount(value, decimals)


def _days(value: Number, decimals: int | None) -> str:
    if decimals is None and value != int(value) and abs(value) >= 0.995:
        return _grouped(value, 1)
    return _quantity(value, decimals)


def _share(value: Number, decimals: int | None) -> str:
    """The digits of *value* in per cent, without the sign: one decimal, two below 1 and near 100."""
    percent = exactly(value) * 100
    if percent in (0, 100):
        return fixed(percent)
    if 0 < abs(percent) < 0.005:
        return f"{'>-' if percent < 0 else '<'}0.01"
    if 99.995 <= percent < 100:
        return ">99.99"
    near = abs(percent) < 1 or 99.95 <= percent < 100.05
    return _grouped(percent, decimals or (2 if near else 1))


class _Unit(NamedTuple):
    digits: _Digits
    after: str = ""
    money: bool = False


_PLAIN = _Unit(_quantity)
_UNITS = {
    "money": _Unit(_amount, money=True),
    "money_per_day": _Unit(_amount, " a day", money=True),
    "ratio": _Unit(_share, " %"),
    "points": _Unit(_share, " pp"),
    "multiple": _Unit(_tenths, "x"),
    "days": _Unit(_days, " d"),
    "minutes": _Unit(_quantity, " min"),
}
"""The units that are more than a plain number: count and number are not."""
