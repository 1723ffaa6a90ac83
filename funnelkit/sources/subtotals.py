"""Rows of a report that are the sum of others, whatever they are called: told by arithmetic, not by words.

A first or last row that equals all others together in every figure is their total. A row without the
lower of two names, which equals the rows with one, is a subtotal. Counted, both would double the sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.engines import Aside

FIGURES: Mapping[str, tuple[str, ...]] = {
    "spend": ("cost", "impressions", "clicks", "conversions", "conversion_value"),
    "web": ("sessions", "engaged_sessions", "conversions"),
    "emails": ("sent", "delivered", "unique_opens", "unique_clicks", "unsubscribes"),
}
"""What may be added up; people reached may not."""
_ABOVE = (
    "account",
    "channel",
    "source",
    "medium",
    "campaign_type",
    "campaign",
    "country",
    "start",
    "end",
    "sent_at",
)
_LOWER = ("ad_group", "campaign")
_FEWEST = 2
"""So many figures must agree: one alone may do so by chance."""


def set_aside(table: str, native: Any) -> tuple[Any, list[Aside]]:
    """*native* without the rows that are sums of others, and these rows."""
    frame = collect.frame(native)
    columns = collect.names(frame)
    names = [c for c in FIGURES.get(table, ()) if c in columns]
    if len(names) < _FEWEST or collect.count(frame) < _FEWEST + 1:
        return native, []
    if sums := _total(frame, names):
        aside = Aside(reason="total", message="the sum of all other rows", lines=sums)
    elif sums := _subtotals(frame, names, columns):
        aside = Aside(reason="subtotal", message="the sum of the rows below the same name", lines=sums)
    else:
        return native, []
    return frame.filter(~nw.col("source_row").is_in(sums)).to_native(), [aside]


def _total(frame: collect.Frame, names: list[str]) -> tuple[int, ...]:
    """The first or last row where it equals all others together."""
    sums = collect.totals(frame, names)
    largest = [max(map(abs, collect.extent(frame, c) or (0,))) for c in names]
    if sum(map(bool, sums)) < _FEWEST or any(2 * n < abs(s) for n, s in zip(largest, sums, strict=True)):
        return ()
    half = nw.all_horizontal(
        *(_figure(c) * 2 == total for c, total in zip(names, sums, strict=True)), ignore_nulls=True
    )
    ends = nw.col("source_row").is_in(collect.extent(frame, "source_row") or ())
    return collect.lines(frame.filter(half & ends))[:1]


def _subtotals(frame: collect.Frame, names: list[str], columns: list[str]) -> tuple[int, ...]:
    """The rows without a lower name, where each equals the rows with one beside the same names."""
    for lower in _LOWER:
        if lower not in columns:
            continue
        blank = nw.col(lower).is_null()
        found = frame.filter(blank)
        if not 0 < collect.count(found) < collect.count(frame):
            continue
        above = [c for c in _ABOVE if c in columns and c != lower]
        if _all_are_sums(frame, names, above, blank):
            return collect.lines(found)
    return ()


def _all_are_sums(frame: collect.Frame, names: list[str], above: list[str], blank: nw.Expr) -> bool:
    """Whether each row that is *blank* is the only one under its names, and the sum of the others there."""
    own = [nw.when(blank).then(_figure(c)).otherwise(0).alias(f"own_{c}") for c in names]
    parts = [nw.when(~blank).then(_figure(c)).otherwise(0).alias(f"parts_{c}") for c in names]
    count = nw.when(blank).then(nw.lit(1)).otherwise(nw.lit(0)).alias("blanks")
    keys = [nw.col(c).cast(nw.String).fill_null("").alias(c) for c in above] or [nw.lit("").alias("all")]
    rows = frame.select(*keys, *own, *parts, count)
    sums = [f"{part}_{c}" for c in names for part in ("own", "parts")]
    grouped = rows.group_by(*(above or ["all"])).agg(nw.col("blanks", *sums).sum())
    differs = nw.any_horizontal(
        *(nw.col(f"own_{c}") != nw.col(f"parts_{c}") for c in names), ignore_nulls=True
    )
    told = sum((nw.when(nw.col(f"own_{c}") != 0).then(1).otherwise(0) for c in names), start=nw.lit(0))
    bad = (nw.col("blanks") > 1) | differs | (told < _FEWEST)
    return not collect.any_of(grouped, (nw.col("blanks") > 0) & bad)


def _figure(column: str) -> nw.Expr:
    return nw.col(column).fill_null(0)
