"""Limits of what has no formula for them: the journeys are drawn again, as often as there are, and credit given again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from funnelkit.models.attribution.paths import Path, Paths, Tally, channels_of

Credit = Callable[[Paths], Mapping[str, Fraction]]
TIMES = 200
SEED = 20_080_514
"""Any will do, but the same each time: the same files give the same bytes."""
_WORK = 40_000_000
"""So much may be done for all drawings together, in steps of a path and cells of a matrix; some ten seconds."""
_FEWEST = 25


def times(paths: Paths) -> int:
    """How often journeys can be drawn again: fewer times for many paths, and 0 for too many."""
    states = len(channels_of(paths)) + 1
    steps = sum(len(path.channels) + 2 for path in paths) * 10
    found = min(TIMES, _WORK // max(steps + states**2 * 20, 1))
    return found if found >= _FEWEST else 0


def shares(paths: Paths, credit: Credit) -> dict[str, tuple[float, float]] | None:
    """95 % limits of each channel's share of all conversions: 1.96 standard errors of ``TIMES`` drawings to either side.

    None where drawing so many paths would take too long, and where nobody converted.
    """
    cells = [(path, True, tally.converted) for path, tally in paths.items() if tally.converted]
    cells += [(path, False, tally.unconverted) for path, tally in paths.items() if tally.unconverted]
    counts = np.array([number for *_, number in cells], dtype=float)
    drawings = times(paths)
    if not drawings or not any(converted for _, converted, _ in cells):
        return None
    random = np.random.Generator(np.random.PCG64(SEED))
    channels = channels_of(paths)
    found: list[list[float]] = []
    for drawn in random.multinomial(int(counts.sum()), counts / counts.sum(), size=drawings):
        again: dict[Path, list[int]] = {}
        for (path, converted, _), number in zip(cells, drawn.tolist(), strict=True):
            again.setdefault(path, [0, 0])[not converted] += number
        conversions = sum(converted for converted, _ in again.values())
        if conversions:
            given = credit({path: Tally(*both) for path, both in again.items() if any(both)})
            found.append([float(given.get(channel, 0)) / conversions for channel in channels])
    middle = credit(paths)
    whole = sum(number for _, converted, number in cells if converted)
    errors = np.std(np.array(found), axis=0, ddof=1) if len(found) > 1 else np.full(len(channels), 0.5)
    limits = {}
    for channel, error in zip(channels, errors.tolist(), strict=True):
        share = float(middle.get(channel, 0)) / whole
        low, high = share - 1.96 * error, share + 1.96 * error
        # A game of rates may take from a channel; nothing else gives less than nothing or more than all.
        limits[channel] = (low if share < 0 else max(low, 0.0)), (high if share > 1 else min(high, 1.0))
    return limits
