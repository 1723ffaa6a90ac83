"""Days as pieces of the calendar, numbered from the first purchase on: months of age, occasions, periods of a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit.metrics import placing
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.periods.grains import piece, serial

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.periods import Calendar, Period


class Pieces(Struct, frozen=True, kw_only=True):
    """Whole pieces of the calendar; piece 0 holds the first day that is known."""

    grain: str
    begin: int
    """The serial number of piece 0."""
    count: int
    whole: int
    """The last piece all of whose days are known; -1 where none is."""
    calendar: Calendar

    def at(self, place: int) -> Period:
        """The piece with this number."""
        return piece(self.begin + place, self.grain, self.calendar)

    def of(self, day: int) -> int:
        """The number of the piece that *day* lies in."""
        return serial(day, self.grain, self.calendar) - self.begin

    def placed(self, rows: Frame, day: str, target: str) -> Frame:
        """*rows* with the number of the piece of their column *day*, as *target*."""
        windows = [Window(start=one.start, end=one.end) for one in map(self.at, range(self.count))]
        found = placing.placed(rows, day, Timeline(windows, windows[-1].end))
        return found.with_columns((nw.col(placing.PIECE) - 1).cast(nw.Int64).alias(target)).drop(
            placing.PIECE
        )


def pieces(grain: str, begin: int, end: int, calendar: Calendar) -> Pieces:
    """The pieces from the day *begin* to the day *end*."""
    first, last = serial(begin, grain, calendar), serial(end, grain, calendar)
    over = piece(last, grain, calendar).end <= end
    return Pieces(
        grain=grain,
        begin=first,
        count=last - first + 1,
        whole=last - first if over else last - first - 1,
        calendar=calendar,
    )
