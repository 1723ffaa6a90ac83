"""The periods that a report asks about, cut into the finest pieces that they share.

Everything is counted once per piece; every period is then a run of neighbouring pieces.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Window:
    """A period of the report."""

    start: int
    end: int
    everything: bool = False
    """Also what has no date, and what lies outside: the report without a period."""

    @property
    def days(self) -> int:
        """How many days it has."""
        return self.end - self.start + 1


class Timeline:
    """Days in pieces: piece 0 is before all windows, the last one after them, then the undated."""

    def __init__(self, windows: Iterable[Window], as_of: int, *, past: bool = False) -> None:
        self.as_of = as_of
        self.past = past
        """Whether the as-of date lies inside the data, so that nothing after it counts."""
        self.cuts = sorted({cut for w in windows for cut in (w.start, w.end + 1)})
        self.undated = len(self.cuts) + 1
        self.pieces = self.undated + 1
        self._known: dict[int | None, int] = {None: self.undated}

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
            return range(self.piece(window.end) + 1 if self.past else self.undated)
        return range(self.piece(window.start), self.piece(window.end) + 1)

    def total(self, running: list[int], window: Window, *, cumulative: bool) -> int:
        """What *window* adds up to, from sums that run over the pieces (``running[i]``: before i)."""
        span = self.span(window)
        undated = running[-1] - running[-2]
        if cumulative:
            # What has no date is there today, but nobody knows whether it was there before.
            return running[span.stop] + (undated if window.everything or window.end >= self.as_of else 0)
        return running[span.stop] - running[span.start] + (undated if window.everything else 0)
