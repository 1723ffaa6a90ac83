"""The day of a row -> its piece of the timeline, whether rows are lists, a frame in memory or a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.metrics.windows import Timeline

PIECE, FIRST, LAST, START, END = "_piece", "_first", "_last", "_start", "_end"
"""Columns that placing adds: the piece of a row; of a range over several pieces its days instead."""
_MISSING = -(2**63)


def listed(days: Sequence[int | None], timeline: Timeline) -> list[int | None]:
    """The piece of each of *days*."""
    found: dict[int | None, int] = {day: timeline.piece(day) for day in set(days)}
    return [found[day] for day in days]


def placed(frame: Frame, day: str, timeline: Timeline) -> Frame:
    """*frame* with the piece of its *day*."""
    return _with(frame, day, timeline, PIECE)


def placed_ranges(frame: Frame, timeline: Timeline) -> Frame:
    """*frame*, whose rows are for the days from start to end, with the piece of those that lie in one.

    The others have no piece; their first and last day stand in columns of their own.
    """
    frame = _with(_with(frame, "start", timeline, FIRST), "end", timeline, LAST)
    wide = (nw.col(FIRST) != nw.col(LAST)) & ~nw.col("start").is_null()
    return frame.with_columns(
        nw.when(~wide).then(nw.col(FIRST)).alias(PIECE),
        nw.when(wide).then(nw.col("start")).alias(START),
        nw.when(wide).then(nw.col("end")).alias(END),
    )


def _with(frame: Frame, day: str, timeline: Timeline, target: str) -> Frame:
    if isinstance(frame, nw.DataFrame):
        return frame.with_columns(_searched(frame, day, timeline, target))
    cuts = timeline.cuts
    known = _halved(nw.col(day), cuts, 0, len(cuts))
    piece = nw.when(nw.col(day).is_null()).then(nw.lit(timeline.undated)).otherwise(known)
    return frame.with_columns(piece.alias(target))


def _searched(frame: nw.DataFrame[Any], day: str, timeline: Timeline, target: str) -> nw.Series[Any]:
    """In memory a binary search costs a tenth of comparisons column by column."""
    import numpy as np

    native = frame[day].to_native()
    days = native.to_numpy(dtype="int64", na_value=_MISSING)
    pieces = np.searchsorted(np.array(timeline.cuts, dtype="int64"), days, side="right")
    pieces[days == _MISSING] = timeline.undated
    # Of the same kind as the days, since a piece may be missing as well.
    placed = type(native)(pieces, index=native.index, dtype="Int64")
    found: nw.Series[Any] = nw.from_native(placed, series_only=True).alias(target)
    return found


def _halved(day: nw.Expr, cuts: Sequence[int], low: int, high: int) -> nw.Expr:
    """The number of *cuts* at or before *day*, which is known to be from *low* to *high*: few steps for many cuts."""
    if low == high:
        return nw.lit(low)
    middle = (low + high) // 2
    before, after = _halved(day, cuts, low, middle), _halved(day, cuts, middle + 1, high)
    return nw.when(day < cuts[middle]).then(before).otherwise(after)
