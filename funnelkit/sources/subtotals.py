"""Rows of a report that are the sum of others, whatever they are called: told by arithmetic, not by words.

A first or last row that equals all others together in every figure is their total. A row without the
lower of two names, which equals the rows with one, is a subtotal. Counted, both would double the sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit.engines import Aside

_FIGURES: Mapping[str, tuple[str, ...]] = {
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
    frame = nw.from_native(native, eager_only=True)
    names = [c for c in _FIGURES.get(table, ()) if c in frame.columns]
    if len(frame) < _FEWEST + 1 or len(names) < _FEWEST:
        return native, []
    rows = list(zip(*(frame[c].fill_null(0).to_list() for c in names), strict=True))
    lines = frame["source_row"].to_list()
    asides = []
    if (at := _total(rows)) is not None:
        asides.append(Aside(reason="total", message="the sum of all other rows", lines=(lines[at],)))
    elif found := _subtotals(frame, rows):
        sums = tuple(lines[at] for at in found)
        asides.append(Aside(reason="subtotal", message="the sum of the rows below the same name", lines=sums))
    if not asides:
        return native, []
    kept = frame.filter(~nw.col("source_row").is_in(asides[0].lines))
    native = kept.to_native()
    return native.reset_index(drop=True) if hasattr(native, "reset_index") else native, asides


def _total(rows: Sequence[tuple[int, ...]]) -> int | None:
    """The place of the first or last row where it equals all others together."""
    sums = tuple(map(sum, zip(*rows, strict=True)))
    if sum(map(bool, sums)) < _FEWEST:
        return None
    ends = (0, len(rows) - 1)
    return next((at for at in ends if all(2 * own == s for own, s in zip(rows[at], sums, strict=True))), None)


def _subtotals(frame: nw.DataFrame[Any], rows: Sequence[tuple[int, ...]]) -> list[int]:
    """The places of rows without a lower name, where each equals the rows with one beside the same names."""
    for lower in _LOWER:
        if lower not in frame.columns or not 0 < frame[lower].null_count() < len(frame):
            continue
        blank = frame[lower].is_null().to_list()
        columns = [
            frame[c].cast(nw.String).fill_null("").to_list()
            for c in _ABOVE
            if c in frame.columns and c != lower
        ]
        keys = list(zip(*columns, strict=True)) if columns else [()] * len(rows)
        below: dict[tuple[Any, ...], list[tuple[int, ...]]] = {}
        for key, row, is_blank in zip(keys, rows, blank, strict=True):
            if not is_blank:
                below.setdefault(key, []).append(row)
        found = [at for at, is_blank in enumerate(blank) if is_blank]
        once = max(Counter(keys[at] for at in found).values()) == 1
        if once and all(_is_sum(rows[at], below.get(keys[at], [])) for at in found):
            return found
    return []


def _is_sum(row: tuple[int, ...], parts: Sequence[tuple[int, ...]]) -> bool:
    return sum(map(bool, row)) >= _FEWEST and tuple(map(sum, zip(*parts, strict=True))) == row
