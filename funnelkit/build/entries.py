"""What the tables of studies are made of: the columns and words that name a row, and numbers without limits."""

from __future__ import annotations

from collections.abc import Sequence

from funnelkit.metrics.cell import Cell, Number
from funnelkit.studies import TEXT, Entry, Field


def dimensions(by: Sequence[str]) -> tuple[Field, ...]:
    """Columns for the names of a group, one for each dimension of *by*."""
    return tuple(Field(id=name, label=name, unit=TEXT) for name in by)


def named(key: Sequence[str]) -> tuple[Entry, ...]:
    """The names of a group, in such columns."""
    return tuple(Entry(text=name) for name in key)


def number(
    value: Number | None, n: int | None = None, *, unit: str = "", young: bool = False, few: bool = False
) -> Entry:
    """A number without limits, that rests on *n*; nothing for None."""
    if value is None:
        return Entry()
    return Entry(cell=Cell(value=value, n=n), unit=unit, young=young, few=few)
