"""Bars and sparklines out of block characters. They start at 0, so that lengths can be compared."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇"  # without the full block, so that lines of text do not grow together
_NOTHING = "·"
LONGEST = 40
"""The most characters that a sparkline takes; more points than that are averaged."""


def bar(share: float, columns: int) -> str:
    """A bar that fills *share* (0 to 1) of *columns*; anything above 0 is seen.

    >>> bar(0.5, 8), bar(0.001, 8), bar(0, 8)
    ('████', '▏', '')
    """
    eighths = round(min(max(share, 0), 1) * columns * 8)
    if share > 0:
        eighths = max(eighths, 1)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def sparkline(values: Sequence[float | None]) -> str:
    """One character per value, its height between 0 and the largest; a dot where there is none.

    >>> sparkline([1, None, 4, 8])
    '▁·▄▇'
    """
    shown = _condensed(values)
    known = [value for value in shown if value is not None]
    low, high = min(known, default=0), max(known, default=0)
    base = min(low, 0)
    return "".join(_NOTHING if value is None else _height(value - base, high - base) for value in shown)


def _height(value: float, highest: float) -> str:
    if highest <= 0:
        return _HEIGHTS[0]
    return _HEIGHTS[max(round(value / highest * len(_HEIGHTS)), 1) - 1]


def _condensed(values: Sequence[float | None]) -> list[float | None]:
    """*values*, or the means of as many equal stretches as there is room for."""
    count = len(values)
    if count <= LONGEST:
        return list(values)
    edges = [count * index // LONGEST for index in range(LONGEST + 1)]
    return [_mean(values[start:end]) for start, end in pairwise(edges)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
