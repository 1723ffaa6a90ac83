"""The instant that a time stamp says, kept beside its day where minutes count: seconds since 1970 in UTC.

A day is one of the report's zone, an instant the same everywhere, so that the change to summer time does
not make a response an hour later.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from funnelkit.dates import read
from funnelkit.periods import day_number
from funnelkit.ranges import moment
from funnelkit.styles import MISSING, DateStyle, Tagged, zone_named

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = 86_400
"""Seconds."""


class InstantStyle(Tagged, frozen=True, kw_only=True, tag="instant"):
    """Time stamps that *of* reads as days, read as instants."""

    of: DateStyle

    def parse(self, cell: str) -> int | None:
        """The seconds of the cell; None where it says no time of day, or cannot be read.

        >>> InstantStyle(of=DateStyle()).parse("1970-01-02 00:01"), InstantStyle(of=DateStyle()).parse("1970-01-02")
        (86460, None)
        """
        stamp = self._stamp(cell.strip())
        if not isinstance(stamp, datetime):
            return None
        if stamp.tzinfo is None:
            stamp = stamp.replace(tzinfo=zone_named(self.of.zone or self.of.to))
        return _seconds(stamp)

    def _stamp(self, text: str) -> datetime | date | None:
        if text.lower() in MISSING or self.of.edge:
            return None
        if self.of.count:
            return moment(text) if self.of.count == "epoch" else None
        return self.of.pattern_stamp(text) if self.of.pattern else read(text, self.of.orders)

    @property
    def is_plain(self) -> bool:
        """Whether the seconds of an ISO time stamp without an offset are those that stand there."""
        zone = self.of.zone or self.of.to
        return zone == "UTC" and not (self.of.pattern or self.of.edge or self.of.count or self.of.shifts)


def _seconds(stamp: datetime) -> int:
    utc = stamp.astimezone(UTC)
    return day_number(utc) * DAY + utc.hour * 3600 + utc.minute * 60 + utc.second


def begin(day: int, zone: str) -> int:
    """The instant at which *day* begins in *zone*.

    >>> begin(1, "UTC"), begin(1, "Europe/Berlin")
    (86400, 82800)
    """
    first = date.fromordinal(day + date(1970, 1, 1).toordinal())
    return _seconds(datetime(first.year, first.month, first.day, tzinfo=zone_named(zone)))


def any_times(style: DateStyle, cells: Iterable[str]) -> bool:
    """Whether any of *cells*, which *style* reads as days, says a time of day."""
    return any((":" in cell) or style.count == "epoch" for cell in cells)
