"""A metric by whole periods, and where its data end: what a series is fitted to, and what is in already."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.periods import Period, split

if TYPE_CHECKING:
    from funnelkit.periods import Calendar

_QUIET = 7
"""So many days without anything are nothing unusual in any data."""
Days = Mapping[int, float]
"""A number by day, of the days on which it is not 0."""


class Past(Struct, frozen=True, kw_only=True):
    """What has been, by periods of one grain."""

    days: Days
    whole: tuple[Period, ...]
    """The periods that are over and of which the data hold every day, the oldest first."""
    values: tuple[float, ...]
    end: int
    """The last day that the data tell of."""
    coming: tuple[Period, ...]
    """The period that the day after lies in, and those that follow."""
    stale: bool
    """Whether the data end long before the as-of day, in view of how often something happens in them."""

    @property
    def so_far(self) -> float:
        """What is in already of the first coming period."""
        return self.between(self.coming[0].start, self.end)

    def between(self, start: int, end: int) -> float:
        """What the days from *start* to *end* add up to, both included, as far as they are in."""
        return math.fsum(n for day, n in self.days.items() if start <= day <= min(end, self.end))

    def shares(self, period: Period) -> list[float]:
        """Of each coming period the share of its days that lie in *period* and are still to come."""
        return [
            max(0, min(one.end, period.end) - max(one.start, period.start, self.end + 1) + 1) / one.days
            for one in self.coming
        ]


def past(
    days: Days,
    as_of: int,
    until: int,
    grain: str,
    calendar: Calendar,
    *,
    most: int,
    ends: int | None = None,
    seen: int | None = None,
) -> Past:
    """The series of *days*, with coming periods up to the day *until* at least.

    The data end on the as-of day, unless nothing has happened for longer than ever before: then with the
    last day on which something did; *seen* is such a day of the whole file. A first period of which the data hold only the end is left out, and
    so are all but the *most* latest. Of a group the data end when those of the whole do: *ends*.
    """
    happened = sorted(day for day in days if day <= as_of)
    quiet = max([_QUIET, *(later - day for day, later in pairwise(happened))])
    last = min(as_of, max([*happened[-1:], *([] if seen is None else [seen])], default=as_of))
    end = ends if ends is not None else last if as_of - last > quiet else as_of
    first = happened[0] if happened else end + 1
    pieces = split(Period(start=min(first, end), end=max(until, end + 1), label=""), grain, calendar)
    pieces = _uncut(pieces, grain, calendar)
    whole = [one for one in pieces if one.end <= end and one.start >= first - quiet]
    coming = tuple(one for one in pieces if one.end > end)
    whole = whole[-most:] if happened else []
    return Past(
        days=days,
        whole=tuple(whole),
        values=tuple(_summed(days, whole)),
        end=end,
        coming=coming,
        stale=end < as_of,
    )


def _uncut(pieces: Sequence[Period], grain: str, calendar: Calendar) -> tuple[Period, ...]:
    """*pieces*, the first and the last of which are whole."""
    if not pieces or not (pieces[0].cut or pieces[-1].cut):
        return tuple(pieces)
    longest = 400
    wide = Period(start=pieces[0].start - longest, end=pieces[-1].end + longest, label="")
    labels = {one.label for one in pieces}
    return tuple(one for one in split(wide, grain, calendar) if one.label in labels)


def _summed(days: Days, pieces: Sequence[Period]) -> list[float]:
    known = sorted(days)
    found = []
    for one in pieces:
        first, last = bisect_left(known, one.start), bisect_right(known, one.end)
        found.append(math.fsum(days[day] for day in known[first:last]))
    return found
