"""Limits of what has no formula for them: the journeys are drawn again, as often as there are, and looked at again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from funnelkit.models.attribution.paths import Path, Paths, Tally, channels_of

Limits = tuple[float, float]
Measure = Callable[[Paths], Mapping[str, float]]
"""Numbers by name, from the counts of journeys."""
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


def limits(paths: Paths, measure: Measure, *, bounded: bool = True) -> dict[str, Limits] | None:
    """95 % limits of what *measure* says of *paths*: 1.96 standard errors of ``TIMES`` drawings to either side.

    Within 0 and 1, where what is measured is *bounded* by them. None where drawing so many paths would take too long, and where
    nobody converted.
    """
    cells = [(path, True, tally.converted) for path, tally in paths.items() if tally.converted]
    cells += [(path, False, tally.unconverted) for path, tally in paths.items() if tally.unconverted]
    drawings = times(paths)
    if not drawings or not any(converted for _, converted, _ in cells):
        return None
    middle = measure(paths)
    counts = np.array([number for *_, number in cells], dtype=float)
    random = np.random.Generator(np.random.PCG64(SEED))
    found = []
    for drawn in random.multinomial(int(counts.sum()), counts / counts.sum(), size=drawings):
        again: dict[Path, list[int]] = {}
        for (path, converted, _), number in zip(cells, drawn.tolist(), strict=True):
            again.setdefault(path, [0, 0])[not converted] += number
        if any(converted for converted, _ in again.values()):
            said = measure({path: Tally(*both) for path, both in again.items() if any(both)})
            found.append([said.get(name, 0.0) for name in middle])
    errors = np.std(np.array(found), axis=0, ddof=1) if len(found) > 1 else np.full(len(middle), 0.5)
    return {
        name: _within(value, 1.96 * error) if bounded else (value - 1.96 * error, value + 1.96 * error)
        for (name, value), error in zip(middle.items(), errors.tolist(), strict=True)
    }


def _within(value: float, half: float) -> Limits:
    return max(value - half, 0.0), min(value + half, 1.0)
