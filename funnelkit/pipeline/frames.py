"""Canonical frames for use outside: real dates and decimals instead of day numbers and scaled integers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from funnelkit.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd


def public(table: str, frame: Any, scales: Mapping[str, int]) -> pd.DataFrame:
    """*frame* of the canonical *table* with datetime64 days, Decimal money and source_file, source_row."""
    import pandas as pd

    kinds = {name: column.kind for name, column in TABLES[table].columns.items()}
    known = [c for c in frame.columns if c in kinds or c in ("source_file", "source_row", "status")]
    done: dict[str, Any] = {}
    for name in known:
        column = frame[name]
        if kinds.get(name) == "date":
            done[name] = pd.to_datetime(column.astype("Float64"), unit="D", errors="coerce")
        elif scales.get(name):
            step = Decimal(1).scaleb(-scales[name])
            done[name] = [None if pd.isna(v) else int(v) * step for v in column]
        else:
            done[name] = column
    return pd.DataFrame(done, index=frame.index)
