"""The periods that a report asks about, cut into the finest pieces that they share.

Everything is counted once per piece; every period is then a run of neighbouring pieces.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from funnelkit.periods import day_number, from_day


class Window(Struct, frozen=True, kw_only=True):
    """A period of the report."""

    start: int
    end: int
    everything: bool = False
    """Also what has no date, and what lies before: the report without a period."""

    @property
    def days(self) -> int:
        """How many days it has."""
        return self.end - self.start + 1

    def trailing(self, months: int) -> Window:
        """The *months* that end with it: of 30 June 2026 the twelve from 1 July 2025 on."""
        last = from_day(self.end)
        year, month = divmod(last.year * 12 + last.month - 1 - months, 12)
        before = date(year, month + 1, min(last.day, monthrange(year, month + 1)[1]))
        return Window(start=day_number(before) + 1, end=self.end)

    def previous(self) -> Window:
        """As many whole months right before it where it is whole months, else as many days."""
        if months := self.months:
            first = from_day(self.start)
            year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
            return Window(start=day_number(date(year, month + 1, 1)), end=self.start - 1)
        return Window(start=self.start - self.days, end=self.start - 1)

    @property
    def months(self) -> int:
        """How many whole calendar months it is; 0 where it is anything else."""
        first, last = from_day(self.start), from_day(self.end)
        if self.everything or first.day != 1 or last.day != monthrange(last.year, last.month)[1]:
            return 0
        return (last.year - first.year) * 12 + last.month - first.month + 1


class Timeline:
    """Days in pieces: piece 0 is before all windows, the last one after them, then the undated.

    *more* are days on which a new piece begins as well. *beside* are windows of which nothing but sums is asked,
    and customers. *stops*: nothing after *as_of* counts.
    """

    def __init__(
        self,
        windows: Iterable[Window],
        as_of: int,
        more: Iterable[int] = (),
        beside: Iterable[Window] = (),
        *,
        stops: bool = False,
    ) -> None:
        self.as_of = as_of
        self.stops = stops
        self.windows = tuple(windows)
        self.every = (*self.windows, *beside)
        running = {as_of + 1} if any(w.start <= as_of < w.end for w in self.every) else set()
        self.cuts = sorted({cut for w in self.every for cut in (w.start, w.end + 1)} | running | set(more))
        self.undated = len(self.cuts) + 1
        self.pieces = self.undated + 1
        self._known: dict[int | None, int] = {None: self.undated}

    @property
    def everything(self) -> Window:
        """All that is known at the as-of date, with or without a date."""
        return Window(start=self.as_of, end=self.as_of, everything=True)

    def so_far(self, window: Window) -> Window:
        """What of *window* is over on the as-of day; of one that begins later, no day."""
        if window.everything or window.end <= self.as_of:
            return window
        return Window(start=window.start, end=max(self.as_of, window.start - 1))

    def piece(self, day: int | None) -> int:
        """The piece that *day* is in."""
        found = self._known.get(day)
        if found is None:
            assert day is not None
            found = self._known[day] = bisect_right(self.cuts, day)
        return found

    def span(self, window: Window) -> range:
        """The pieces of *window*, the undated one left out."""
        if window.everything:
            return range(self.piece(window.end) + 1)
        return range(self.piece(window.start), self.piece(window.end) + 1)

    def total(self, running: list[int], window: Window, *, cumulative: bool) -> int:
        """What *window* adds up to, from sums that run over the pieces (``running[i]``: before i)."""
        span = self.span(window)
        undated = running[-1] - running[-2]
        if cumulative:
            # What has no date is there today, but nobody knows whether it was there before.
            return running[span.stop] + (undated if window.everything or window.end >= self.as_of else 0)
        return running[span.stop] - running[span.start] + (undated if window.everything else 0)
