"""A series of equal periods as numbers that a model can use, or the reason why it cannot."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

_MOST_GAPS = 1 / 3
"""With more of its periods missing, a series is mostly guessed."""


class Refusal(Struct, frozen=True):
    """Why there is no answer: a stable code for scripts, and a sentence."""

    code: str
    message: str


class Series(Struct, frozen=True, eq=False):
    """Values of equal periods, oldest first; NaN where one is missing, but not at the beginning."""

    values: np.ndarray
    period: int = 1
    """How many values make a season, such as 12 for months; 1 for none."""

    @property
    def known(self) -> np.ndarray:
        """The values that are not missing."""
        known: np.ndarray = self.values[~np.isnan(self.values)]
        return known

    @property
    def constant(self) -> bool:
        """Whether it has never varied."""
        return bool(np.ptp(self.known) == 0)


def series(values: Sequence[float | None], period: int = 1) -> Series | Refusal:
    """The series of *values*, None or NaN for a missing one, which models pass over without learning.

    Missing values at the beginning are cut off. Refused are series that have no value, that miss more
    than a third, or that hold an infinite one. Raises ValueError for a period below 1.
    """
    if period < 1:
        raise ValueError(f"a season of {period} periods")
    array = np.array([math.nan if value is None else float(value) for value in values], dtype=float)
    if np.isinf(array).any():
        return Refusal("infinite_values", "the series holds an infinite value")
    present = np.flatnonzero(~np.isnan(array))
    if not len(present):
        return Refusal("no_values", "the series has no values")
    array = array[present[0] :]
    missing = int(np.isnan(array).sum())
    if missing > len(array) * _MOST_GAPS:
        return Refusal("too_many_gaps", f"{missing} of {len(array)} periods have no value")
    return Series(array, period)
