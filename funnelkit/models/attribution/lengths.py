"""How many touches a conversion takes, and how many days: tables of path length and of lag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor

from msgspec import Struct

from funnelkit.models.attribution.paths import Path, Paths, Tally


class Row(Struct, frozen=True):
    """The journeys of one length."""

    low: int
    high: int | None
    """Lengths from *low* to *high*, both included; None: and above."""
    tally: Tally
    share: float
    """Of all converted journeys in the table; 0 where there are none."""
    so_far: float
    """The share of this row and of those above it."""
    rate: float | None
    """Converted over all journeys of this length. None where no journey has it."""


def path_lengths(paths: Paths, starts: Sequence[int] = ()) -> list[Row]:
    """Journeys by their number of touches, 0 among them; a row per length, or per *starts* of ranges."""
    return _table(paths, lambda path: len(path.channels), starts)


def lags(paths: Paths, starts: Sequence[int] = (), *, from_last: bool = False) -> list[Row]:
    """Converted journeys by whole days from the first touch, or *from_last*, to the conversion.

    Days are rounded down, as in "within 24 hours" for day 0. Journeys without a touch have no lag.
    Raises ValueError where a converted journey with touches has no ages.
    """
    converted = {
        path: Tally(tally.converted, 0, tally.value)
        for path, tally in paths.items()
        if tally.converted and path.channels
    }
    if any(not path.ages for path in converted):
        raise ValueError("a lag needs the age of each touch")
    return _table(converted, lambda path: floor(path.ages[-1 if from_last else 0]), starts)


def _table(paths: Paths, length: Callable[[Path], int], starts: Sequence[int]) -> list[Row]:
    lengths = {path: length(path) for path in paths}
    lows = sorted(set(starts) if starts else set(lengths.values()))
    if starts and lengths and min(lengths.values()) < lows[0]:
        lows.insert(0, min(lengths.values()))
    sums = {low: [0, 0, 0] for low in lows}
    for path, tally in paths.items():
        row = sums[max(low for low in lows if low <= lengths[path])]
        row[0] += tally.converted
        row[1] += tally.unconverted
        row[2] += tally.value
    whole = sum(converted for converted, _, _ in sums.values())
    rows: list[Row] = []
    for low, following in zip(lows, [*lows[1:], None], strict=True):
        converted, unconverted, value = sums[low]
        seen = converted + unconverted
        done = sum(row.tally.converted for row in rows) + converted
        rows.append(
            Row(
                low=low,
                high=_end(low, following, ranges=bool(starts)),
                tally=Tally(converted, unconverted, value),
                share=converted / whole if whole else 0.0,
                so_far=done / whole if whole else 0.0,
                rate=converted / seen if seen else None,
            )
        )
    return rows


def _end(low: int, following: int | None, *, ranges: bool) -> int | None:
    if not ranges:
        return low
    return None if following is None else following - 1
