"""Which separator is the decimal one in a column of numbers: evidence first, then a decision.

``1.250`` may be one and a quarter or twelve hundred and fifty. Values such as ``3,99`` or
``1.250.000`` prove one reading; where no value does, and no neighbour helps, nothing is decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

from funnelkit import bulk
from funnelkit.figures import Parts, is_bound, number_parts
from funnelkit.styles import MISSING

Sign = Literal[".", ","]
_MOST_DECIMALS = 12


class NumberScan(Struct, kw_only=True):
    """What the different cells of one column prove."""

    numbers: int = 0
    bad: list[str] = field(default_factory=list)
    proof: dict[Sign, str] = field(default_factory=dict)
    """Decimal sign -> a cell that can only be read with it."""
    either: list[str] = field(default_factory=list)
    """Cells that two readings fit."""
    either_sign: set[str] = field(default_factory=set)
    plain_small: str | None = None
    """A whole number under 1000 without any separator."""
    symbols: dict[str, str] = field(default_factory=dict)
    """Currency sign or code -> a cell with it."""
    percent: bool = False
    bounds: list[str] = field(default_factory=list)
    """Cells such as ``< 10%``, which say a limit and no number."""
    parts: list[Parts] = field(default_factory=list)

    def scale(self, decimal: Sign) -> int:
        """The decimals that all cells need, at most 12: beyond that is float noise."""
        return min(max((decimals(p, decimal) for p in self.parts), default=0), _MOST_DECIMALS)

    def whole_digits(self, decimal: Sign) -> int:
        """The digits before the decimal sign of the largest number."""
        return max(
            (len(re.sub(r"\D", "", p.digits.partition(decimal)[0])) + max(p.power, 0) for p in self.parts),
            default=1,
        )


def scan(cells: Iterable[str]) -> NumberScan:
    """What *cells* (each different value once) prove; one cell of each shape is looked at."""
    found = NumberScan()
    cells = list(cells)
    shapes = bulk.shapes(cells)
    firsts = dict(zip(reversed(shapes), reversed(cells), strict=True))
    for shape, cell in reversed(firsts.items()):
        if cell.strip().lower() in MISSING:
            continue
        parts = number_parts(cell)
        if parts is None:
            if is_bound(cell):
                found.bounds += bulk.alike(shape, shapes, cells)
            else:
                found.bad.append(cell)
            continue
        _count(found, cell, parts)
        if found.either and found.either[-1] is cell:
            found.either += bulk.alike(shape, shapes, cells)[1:]
        elif parts.power:
            # Exponents differ within a shape: "1.25e-3" needs more decimals than "1.25e-1".
            for other in bulk.alike(shape, shapes, cells)[1:]:
                again = number_parts(other)
                found.parts += [again] if again else []
    return found


def _count(found: NumberScan, cell: str, parts: Parts) -> None:
    found.numbers += 1
    found.parts.append(parts)
    found.percent |= parts.percent
    if parts.symbol:
        found.symbols.setdefault(parts.symbol, cell)
    sign = decimal_sign(parts)
    if sign == "either":
        found.either.append(cell)
        found.either_sign.add(re.sub(r"[^.,]", "", parts.digits))
    elif sign:
        found.proof.setdefault(sign, cell)
    elif not parts.spaced and len(re.sub(r"\D", "", parts.digits)) < 4:
        found.plain_small = found.plain_small or cell


def decimal_sign(parts: Parts) -> Sign | Literal["either"] | None:
    """The decimal sign that a number proves, ``either`` for two readings, None for no separator.

    >>> [decimal_sign(number_parts(c)) for c in ("1.250,5", "1.250.000", "0.125", "1.250", "12")]
    [',', ',', '.', 'either', None]
    """
    digits = re.sub(r"['’]", "", parts.digits)
    points, commas = digits.count("."), digits.count(",")
    if not points and not commas:
        return None
    if points and commas:
        return "." if digits.rindex(".") > digits.rindex(",") else ","
    sign: Sign = "." if points else ","
    if points + commas > 1:
        return "," if points else "."
    before, _, after = digits.partition(sign)
    grouped = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    return "either" if grouped and not parts.spaced and digits == parts.digits else sign


def settle(
    found: NumberScan, *, counts: bool, neighbours: set[Sign], usual: Sign | None = None
) -> tuple[Sign | None, str]:
    """The decimal sign of a column and why; None with the reason where it stays open.

    *counts*: the column holds whole numbers by its meaning. *neighbours*: what other columns of the
    file prove; they help only when they agree. *usual*: what the tool writes, as long as no column of
    the file proves that somebody saved it in another way.
    """
    if len(found.proof) == 2:
        return None, f"two number styles in one column: {found.proof['.']!r} and {found.proof[',']!r}"
    if found.proof:
        ((sign, cell),) = found.proof.items()
        return sign, f"decimal {spoken(sign)}, as in {cell!r}"
    if not found.either:
        return ".", "whole numbers"
    if len(found.either_sign) > 1:
        return None, f"two number styles in one column: {', '.join(map(repr, found.either[:2]))}"
    written = next(iter(found.either_sign))
    other: Sign = "," if written == "." else "."
    if counts:
        return other, f"thousands {spoken(written)}, since a count has no decimals"
    if usual and neighbours <= {usual}:
        return usual, f"decimal {spoken(usual)}, as the tool writes it"
    if usual:
        return (
            None,
            f"{found.either[0]!r} fits two readings: the tool writes a decimal {spoken(usual)}, but not in this file",
        )
    if (
        neighbours <= {other}
        and found.plain_small
        and any(cell.rstrip().endswith("0") for cell in found.either)
    ):
        # Fixed decimals would also stand in the small numbers, trimmed ones would not end in 0. That is how
        # most tools write, but not all: a neighbour that proves the other reading weighs more.
        return other, f"thousands {spoken(written)}: {found.either[0]!r} beside {found.plain_small!r}"
    if len(neighbours) == 1:
        sign = next(iter(neighbours))
        return sign, f"decimal {spoken(sign)}, as in the other columns of the file"
    return None, f"{found.either[0]!r} fits two readings"


def against(found: NumberScan, stated: str | None) -> str:
    """What in the column speaks against the decimal sign *stated* for it; nothing where all is well.

    Of a column that proves both signs, the stated one settles which of them is meant.
    """
    if stated not in (".", ",") or stated in found.proof or not found.proof:
        return ""
    ((sign, cell),) = found.proof.items()
    return f"{cell!r} has a decimal {spoken(sign)}, not a decimal {spoken(stated)} as stated beforehand"


def spoken(sign: str) -> str:
    """The name of a decimal sign."""
    return "point" if sign == "." else "comma"


def decimals(parts: Parts, decimal: Sign) -> int:
    """How many decimals the number needs, a percent sign counted in."""
    fraction = parts.digits.partition(decimal)[2] if parts.digits.count(decimal) == 1 else ""
    return max(len(fraction) - parts.power + (2 if parts.percent else 0), 0)
