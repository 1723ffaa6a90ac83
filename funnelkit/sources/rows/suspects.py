"""A row that may be the total of the others and is counted: told, and left to the reader.

One number alone may be the sum of others by chance, and so may all figures of a row that has a name
and a day like the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.sources.rows.subtotals import FIGURES, all_others
from funnelkit.tables import Note

_FEWEST = 3
"""Of one figure so many rows must be added up: that one of two rows equals the other says nothing."""


def totals(
    file: str, table: str, native: Any, scales: Mapping[str, int], counted: str = "line"
) -> list[Note]:
    """A note where the first or last row of *native* equals all others together."""
    frame = collect.frame(native)
    names = [c for c in FIGURES.get(table, ()) if c in collect.names(frame)]
    told = {c: total for c, total in zip(names, collect.totals(frame, names), strict=True) if total}
    if not told:
        return []
    column, total = next(iter(told.items()))
    if 2 * max(map(abs, collect.extent(frame, column) or (0,))) < abs(total):
        return []
    filled = frame.filter(nw.col(column) != 0)
    found = collect.lines(all_others(filled, list(told)))
    if not found or collect.count(filled) <= (_FEWEST if len(told) == 1 else _FEWEST - 1):
        return []
    shown = Decimal(total // 2).scaleb(-scales.get(column, 0))
    return [
        Note(
            code="possible_total",
            message=f"{file}: {counted} {found[0]}: {column} {shown:,} is the sum of all other rows, and is counted like them. If "
            f"it is their total, everything counts twice: take this {counted} out of the file, or write Total in its first cell",
        )
    ]
