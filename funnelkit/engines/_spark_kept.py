"""How Spark keeps a column of a large file: as days or whole numbers where most cells plainly are, else as text.

Part of the Spark engine. A date in ISO form is a day, a number with at most two decimals is a whole number of hundredths. What is
written in any other way stays beside it as text, for `Style.parse` to read; so nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from funnelkit import bulk
from funnelkit.figures import shape
from funnelkit.instants import InstantStyle
from funnelkit.periods import from_day
from funnelkit.plans import ColumnPlan
from funnelkit.styles import DateStyle, NumberStyle

SAMPLE = 20_000
"""So many first rows show how a column is written."""
_DECIMALS = 2
"""With three decimals ``1.234`` may be a thousand."""
_NUMBERS = ("integer", "decimal", "money", "percent")


class Column(Struct, frozen=True, kw_only=True):
    """One column of the file, as it is kept."""

    name: str
    """Its name in the table; what is not plain stands as text under ``name_odd``."""
    kept: Literal["text", "day", "number"] = "text"
    scale: int = 0
    sample: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The name under which its cells stand as text: all of them, or those that are not plain."""
        return self.name if self.kept == "text" else f"{self.name}_odd"


def chosen(name: str, kind: str, sample: Sequence[str]) -> Column:
    """How a column is best kept, judged by its first cells."""
    filled = [cell for cell in dict.fromkeys(sample) if cell]
    # Instants are read of the text, and only where there are times of day.
    whole_days = kind == "date" or (
        kind == "instant" and max(map(len, filled), default=0) <= len("2026-01-31")
    )
    if whole_days and filled and bulk.all_stamps(filled):
        return Column(name=name, kept="day", sample=_some(filled))
    if kind in _NUMBERS and filled and bulk.all_numbers(filled):
        scale = max(len(cell.partition(".")[2]) for cell in filled)
        if scale <= _DECIMALS:
            return Column(name=name, kept="number", scale=scale, sample=_some(filled))
    return Column(name=name)


def _some(cells: Sequence[str]) -> tuple[str, ...]:
    """One cell of each shape."""
    return tuple({shape(cell): cell for cell in reversed(cells)}.values())


def written(column: Column, value: int) -> str:
    """A cell that is kept as *value*."""
    if column.kept == "day":
        return from_day(value).isoformat()
    return f"{Decimal(value).scaleb(-column.scale):f}"


def agrees(column: Column, plan: ColumnPlan) -> bool:
    """Whether the style of *plan* means by a plain cell what the column keeps it as."""
    style = plan.style
    if isinstance(style, InstantStyle):
        return column.kept == "text"
    if column.kept == "day":
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
