"""What is asked of a column, and what is decided: the data that deciding is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from funnelkit.sources.deciding import numbers
from funnelkit.styles import Order, Style
from funnelkit.tables import Kind


class Asked(Struct, frozen=True, kw_only=True):
    """One canonical column to decide, with what is known of it beforehand."""

    target: str
    header: str
    kind: Kind
    cells: Sequence[str]
    """The different cells of the column."""
    order: str | None = None
    decimal: str | None = None
    yields: bool = False
    """What *order* and *decimal* say gives way to what the cells prove; else such cells are a contradiction."""
    pattern: str | None = None
    zone: str | None = None
    words: Mapping[str, Sequence[str]] | None = None
    """Canonical word -> the words of this tool or user for it."""
    usual_order: Order | None = None
    """How the tool writes numeric dates, unless the file shows that somebody saved it in another way."""
    usual_decimal: numbers.Sign | None = None
    counts: Literal["days", "weeks", "months"] | None = None
    """The cells are numbers that count from the report's first day."""
    missing: Sequence[str] = ()
    """What the tool writes for no value, beside the usual marks."""


class Decision(Struct, frozen=True, kw_only=True):
    """How one column is read and why; or, without a style, why it cannot be read."""

    target: str
    header: str
    style: Style | None
    evidence: str
    hint: str = ""
    """What to do about a column that cannot be read, or that is not read as it was said to be."""
    symbols: tuple[str, ...] = ()
    """Currency signs or codes that stand in the cells."""
    unknown: tuple[str, ...] = ()
    """Words of a closed column that are in no list."""
    meanings: tuple[str, ...] = ()
    """What the words of a closed column say, each meaning once."""
    bounds: tuple[str, ...] = ()
    """Cells such as ``< 10%``: they limit a number and count as missing."""
    rounded: tuple[str, ...] = ()
    """Amounts of money with more decimals than any money has; they are rounded."""


class Witness(Protocol):
    """What the rest of a file says of a column that its own cells leave open."""

    def sign(self, target: str) -> tuple[numbers.Sign | None, str] | None:
        """The decimal sign of a column and why, by what the columns must come to together; None for no word on it."""

    def neighbours(self) -> set[numbers.Sign]:
        """The decimal signs that the money columns prove of which nothing is read."""
