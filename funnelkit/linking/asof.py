"""The report's today: the last day on which something happened in the data, never the clock's.

A single date far beyond all others is a typing error and must not make every open deal old.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

EVENTS: Mapping[str, tuple[str, ...]] = {
    "leads": (
        "created_at",
        "mql_at",
        "sal_at",
        "sql_at",
        "opportunity_at",
        "customer_at",
        "first_response_at",
    ),
    "deals": ("created_at", "closed_at"),
    "stage_history": ("entered_at",),
    "payments": ("paid_at",),
}
"""The dates on which something happened. Expected dates do not count, nor does ad spend."""
OTHERS: Mapping[str, tuple[str, ...]] = {
    "spend": ("end",),
    "emails": ("sent_at",),
    "web": ("end",),
}
"""Where no table with events is loaded, the last day that these tell of."""
_GAP = 180


def find(
    frames: Mapping[str, Any], asked: Mapping[str, tuple[str, ...]] = EVENTS
) -> tuple[int | None, tuple[int, ...]]:
    """The last day of *frames*, and the days beyond it that must be typing errors."""
    days: set[int] = set()
    for table, columns in asked.items():
        if table in frames:
            frame = nw.from_native(frames[table])
            for column in columns:
                if column in frame.columns:
                    days |= {int(d) for d in frame[column].drop_nulls().unique().to_list()}
    ordered = sorted(days)
    beyond: list[int] = []
    while len(ordered) > 1 and ordered[-1] - ordered[-2] > _GAP:
        beyond.append(ordered.pop())
    if not ordered and asked is EVENTS:
        return find(frames, OTHERS)
    return (ordered[-1] if ordered else None), tuple(beyond)


def cut(table: str, frame: Any, as_of: int) -> Any:
    """*frame* as it stood at the end of *as_of*: later rows are gone, later outcomes still open."""
    rows = nw.from_native(frame)
    if table in ("leads", "deals") and "created_at" in rows.columns:
        rows = rows.filter((nw.col("created_at") <= as_of).fill_null(True))
    if table == "leads":
        later = [c for c in EVENTS["leads"][1:] if c in rows.columns]
        rows = rows.with_columns(*(nw.when(nw.col(c) <= as_of).then(nw.col(c)).alias(c) for c in later))
    if table == "deals" and "closed_at" in rows.columns:
        still_open = (nw.col("closed_at") > as_of).fill_null(False)
        rows = rows.with_columns(
            status=nw.when(still_open).then(nw.lit("open")).otherwise(nw.col("status")),
            closed_at=nw.when(~still_open).then(nw.col("closed_at")),
        )
    if table == "payments" and "paid_at" in rows.columns:
        rows = rows.filter((nw.col("paid_at") <= as_of).fill_null(True))
    return rows.to_native()
