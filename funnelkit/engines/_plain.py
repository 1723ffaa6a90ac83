"""What a plain cell of a large file is: a day in ISO form, or a number with at most two decimals.

Part of the engines that keep such a file in tables of their own, days as days and numbers as whole numbers. What is written in any
other way stays beside them as text, for `Style.parse` to read; so nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from funnelkit import bulk
from funnelkit.instants import InstantStyle
from funnelkit.periods import from_day
from funnelkit.plans import ColumnPlan
from funnelkit.styles import DateStyle, NumberStyle

SAMPLE = 20_000
"""So many first rows show how a column is written."""
_DATE = len("2026-01-31")
_DECIMALS = 2
"""With three decimals ``1.234`` may be a thousand."""
_NUMBERS = ("integer", "decimal", "money", "percent")


class Kept(Struct, frozen=True, kw_only=True):
    """How the cells of a column are kept."""

    kept: Literal["text", "word", "day", "instant", "number", "rare"] = "text"
    """A word of a list, an instant, and what is rarely asked for, only DuckDB keeps in a way of their own."""
    scale: int = 0
    """A number is kept as a whole one at so many decimals."""
    sample: tuple[str, ...] = ()
    """Of days and numbers, one cell of each shape among the first."""


def chosen(kind: str, cells: Sequence[str]) -> Kept:
    """How a column of *kind* is best kept, judged by its different first *cells* that are not empty."""
    if kind == "instant" and cells and bulk.all_stamps(cells) and max(map(len, cells)) > _DATE:
        # The times of day count: all cells have one, or text is kept.
        return Kept(kept="instant", sample=_some(cells)) if min(map(len, cells)) > _DATE else Kept()
    if kind in ("date", "instant") and cells and bulk.all_stamps(cells):
        return Kept(kept="day", sample=_some(cells))
    if kind in _NUMBERS and cells and bulk.all_numbers(cells):
        scale = max(len(cell.partition(".")[2]) for cell in cells)
        if scale <= _DECIMALS:
            return Kept(kept="number", scale=scale, sample=_some(cells))
    return Kept()


def _some(cells: Sequence[str]) -> tuple[str, ...]:
    """One cell of each shape."""
    last_first = cells[::-1]
    return tuple(dict(zip(bulk.shapes(last_first), last_first, strict=True)).values())


def written(column: Kept, value: int) -> str:
    """A cell that is kept as *value*."""
    if column.kept == "day":
        return from_day(value).isoformat()
    if column.kept == "instant":
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{Decimal(value).scaleb(-column.scale):f}"


def agrees(column: Kept, plan: ColumnPlan) -> bool:
    """Whether the style of *plan* means by a plain cell what the column keeps it as."""
    style = plan.style
    if isinstance(style, InstantStyle):
        return column.kept == "text" or (column.kept == "instant" and style.is_plain)
    if column.kept in ("day", "instant"):
        return isinstance(style, DateStyle) and not (
            style.pattern or style.edge or style.count or style.shifts
        )
    if column.kept == "number":
        return (
            isinstance(style, NumberStyle)
            and style.decimal == "."
            and not style.percent
            and style.scale >= column.scale
        )
    return True
