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
    return frame.with_columns(found(day, timeline, range(timeline.pieces)).alias(target))


def found(day: str, timeline: Timeline, of: Sequence[int]) -> nw.Expr:
    """For each *day* the one of some numbers that stands at its piece, the last at the undated one."""
    known = _halved(nw.col(day), timeline.cuts, of, 0, len(timeline.cuts))
    return nw.when(nw.col(day).is_null()).then(nw.lit(of[timeline.undated])).otherwise(known)


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


def _halved(day: nw.Expr, cuts: Sequence[int], of: Sequence[int], low: int, high: int) -> nw.Expr:
    """The number at the place of *day*, which is known to be from *low* to *high*: few steps for many cuts."""
    if len(set(of[low : high + 1])) == 1:
        return nw.lit(of[low])
    middle = (low + high) // 2
    before, after = _halved(day, cuts, of, low, middle), _halved(day, cuts, of, middle + 1, high)
    return nw.when(day < cuts[middle]).then(before).otherwise(after)
