"""Canonical tables written row by row, and what linking makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from funnelkit import engines
from funnelkit.dataset import Dataset
from funnelkit.dimensions import BLANK
from funnelkit.linking.dataset import Canonical, build
from funnelkit.tables import TABLES

Row = Mapping[str, Any]
_WHOLE = ("date", "integer", "decimal", "money", "percent")


def table(name: str, rows: Iterable[Row], **scales: int) -> Canonical:
    """The canonical table of *rows*; a column is present if some row names it."""
    # Whatever a deals file holds, reading it gives each deal a status.
    rows = [{"status": "unknown", **row} if name == "deals" else row for row in rows]
    present = dict.fromkeys(column for row in rows for column in row)
    kinds = {column: TABLES[name].columns[column].kind for column in present}
    arrays = {c: pd.array([row.get(c) for row in rows], dtype=_dtype(kind)) for c, kind in kinds.items()}
    frame = pd.DataFrame(arrays).assign(source_file=f"{name}.csv", source_row=range(2, len(rows) + 2))
    return Canonical(frame=frame, scales=scales, present=frozenset(present))


def _dtype(kind: str) -> Any:
    return "Int64" if kind in _WHOLE else "str"


def link(as_of: Any = None, **tables: Any) -> Dataset:
    """The dataset of *tables*, where a channel is its own word and only paid_search is paid."""
    return build(
        {name: t if isinstance(t, Canonical) else table(name, t) for name, t in tables.items()},
        classify=lambda channel="", source="", medium="": channel or BLANK,
        is_paid=lambda channel: channel == "paid_search",
        as_of=as_of,
        currency="EUR",
        engine=engines.load("pandas"),
    )


def rows(data: Dataset, name: str) -> list[dict[str, Any]]:
    """The rows of a table of *data*, missing as None, in the order of their content."""
    frame = data.frames[name].drop(columns=["source_file", "source_row"], errors="ignore")
    # Whole numbers, also where a join has made floats of them.
    cells = {c: [_plain(v) for v in frame[c]] for c in frame.columns}
    found = [dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)]
    return sorted(found, key=lambda row: repr(sorted(row.items())))


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else int(value)


def column(data: Dataset, name: str, key: str, wanted: str) -> dict[Any, Any]:
    """One column of a table of *data* by another that identifies its rows."""
    return {row[key]: row[wanted] for row in rows(data, name)}
