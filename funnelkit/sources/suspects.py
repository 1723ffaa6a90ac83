"""A row that may be the total of the others, in a report with one figure alone: told, and left to the reader.

One number may be the sum of others by chance, several may not; those are set aside as totals.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.sources.subtotals import FIGURES
from funnelkit.tables import Note

_FEWEST = 3
"""So many rows must be added up: that one of two rows equals the other says nothing."""


def totals(file: str, table: str, native: Any, scales: Mapping[str, int]) -> list[Note]:
    """A note where the first or last row of *native* equals all others together, and has no other figure to prove it."""
    frame = collect.frame(native)
    names = [c for c in FIGURES.get(table, ()) if c in collect.names(frame)]
    told = {c: total for c, total in zip(names, collect.totals(frame, names), strict=True) if total}
    if len(told) != 1:
        return []
    ((column, total),) = told.items()
    filled = frame.filter(nw.col(column) != 0)
    ends = nw.col("source_row").is_in(collect.extent(frame, "source_row") or ())
    found = collect.lines(filled.filter(ends & (nw.col(column) * 2 == total)))
    if not found or collect.count(filled) <= _FEWEST:
        return []
    shown = Decimal(total // 2).scaleb(-scales.get(column, 0))
    return [
        Note(
            code="possible_total",
            message=f"{file}: line {found[0]}: {column} {shown:,} is the sum of all other rows, and is counted like them. If "
            "it is their total, everything counts twice: take this line out of the file, or write Total in its first cell",
        )
    ]
