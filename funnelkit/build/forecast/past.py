"""A metric by whole periods, and where its data end: what a series is fitted to, and what is in already."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.begun import Begun, unevenness
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
    same: tuple[int, ...]
    """Of each whole period the day that is like the last one of the data: of one that has not begun, the day before it."""
    after: tuple[float, ...]
    """What came of each whole period after that day."""
    stale: bool
    """Whether the data end long before the as-of day, in view of how often something happens in them."""

    @property
    def begun(self) -> Begun | None:
        """The whole periods beside what came of them after the day that the first coming one has reached."""
        if not self.whole or self.coming[0].start > self.end:
            return None
        return Begun(np.array(self.values), np.array(self.after))

    def left(self, one: Period) -> int:
        """How many days of a coming period are still to come."""
        return one.end - max(one.start, self.end + 1) + 1

    def between(self, start: int, end: int) -> float:
        """What the days from *start* to *end* add up to, both included, as far as they are in."""
        return math.fsum(n for day, n in self.days.items() if start <= day <= min(end, self.end))

    def shares(self, period: Period) -> list[float]:
        """Of what is still to come of each coming period, the share of its days that lie in *period*."""
        return [
            max(0, min(one.end, period.end) - max(one.start, period.start, self.end + 1) + 1) / self.left(one)
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
    values = _summed(days, [(one.start, one.end) for one in whole])
    same, after = _rests(days, whole, values, coming[0], end)
    return Past(
        days=days,
        whole=tuple(whole),
        values=tuple(values),
        same=same,
        after=after,
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


def _rests(
    days: Days, whole: Sequence[Period], values: Sequence[float], running: Period, end: int
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The day of each of the *whole* periods that is like *end* in the *running* one, and what came after it.

    Months differ in length, so a day is as far from the beginning, or as far from the end: whichever tells better
    what came after it. Bills have their day of the month, and closing a month is done in its last days.
    """
    passed, left = end - running.start + 1, running.end - end
    if passed <= 0:
        return tuple(one.start - 1 for one in whole), tuple(values)
    from_start = [min(one.start + passed - 1, one.end) for one in whole]
    from_end = [max(one.end - left, one.start - 1) for one in whole]
    found = []
    for same in (from_start, from_end):
        after = _summed(days, [(day + 1, one.end) for day, one in zip(same, whole, strict=True)])
        found.append((unevenness(np.array(values), np.array(after)), tuple(same), tuple(after)))
    _, same_days, after_them = min(found, key=lambda one: one[0])
    return same_days, after_them


def _summed(days: Days, spans: Sequence[tuple[int, int]]) -> list[float]:
    """What came from a first day to a last one, both included."""
    known = sorted(days)
    found = []
    for start, end in spans:
        first, last = bisect_left(known, start), bisect_right(known, end)
        found.append(math.fsum(days[day] for day in known[first:last]))
    return found
