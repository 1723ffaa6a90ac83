"""How wrong forecasts were, from sums that add up over steps, origins and segments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

ROUNDING = 1e-9
"""What is smaller, relative to the values, is an error of arithmetic and not of a forecast."""


class Accuracy(Struct, frozen=True):
    """The errors of some forecasts, as sums."""

    n: int = 0
    absolute: float = 0.0
    """Sum of |forecast - actual|."""
    signed: float = 0.0
    """Sum of forecast - actual."""
    actual: float = 0.0
    """Sum of |actual|."""
    scaled: float = 0.0
    """Sum of |forecast - actual| over the mean step of the naive forecast in what was known then."""
    unscaled: int = 0
    """Errors that had no such scale, since nothing had ever changed."""

    @property
    def wape(self) -> float | None:
        """Sum of |error| over sum of |actual|; None where that is 0. Unlike MAPE it bears zeros."""
        return self.absolute / self.actual if self.actual else None

    @property
    def bias(self) -> float | None:
        """Sum of forecast - actual over sum of |actual|: above 0 for too high."""
        return self.signed / self.actual if self.actual else None

    @property
    def mase(self) -> float | None:
        """The mean scaled error (Hyndman and Koehler 2006, Int. J. Forecasting 22:679-688)."""
        scaled = self.n - self.unscaled
        return self.scaled / scaled if scaled else None

    def __add__(self, other: Accuracy) -> Accuracy:
        pairs = zip(_sums(self), _sums(other), strict=True)
        return Accuracy(*(one + two for one, two in pairs))  # type: ignore[arg-type]


def _sums(one: Accuracy) -> tuple[float, ...]:
    return one.n, one.absolute, one.signed, one.actual, one.scaled, one.unscaled


def accuracy(forecasts: Sequence[float], actuals: np.ndarray, scale: float | None) -> Accuracy:
    """The errors of *forecasts* against *actuals*, of which NaN is left out, in units of *scale*."""
    known = ~np.isnan(actuals)
    said, came = np.asarray(forecasts, dtype=float)[known], actuals[known]
    errors = np.where(np.abs(said - came) <= ROUNDING * (np.abs(said) + np.abs(came)), 0.0, said - came)
    size = float(np.abs(errors).sum())
    return Accuracy(
        n=len(errors),
        absolute=size,
        signed=float(errors.sum()),
        actual=float(np.abs(came).sum()),
        scaled=size / scale if scale else 0.0,
        unscaled=0 if scale else len(errors),
    )


def naive_step(values: np.ndarray, period: int) -> float | None:
    """The mean |change| from one season before, or from the value before in series without; None if 0.

    The scale of MASE. A series shorter than two values a season falls back on the value before.
    """
    lag = period if len(values) > period else 1
    changes = np.abs(values[lag:] - values[:-lag])
    changes = changes[~np.isnan(changes)]
    return float(changes.mean()) or None if len(changes) else None


def naive(values: np.ndarray, steps: int) -> np.ndarray:
    """The last known value, for every step."""
    return np.full(steps, values[~np.isnan(values)][-1])


def seasonal_naive(values: np.ndarray, period: int, steps: int) -> np.ndarray | None:
    """The last known value of the same part of the season; None where a part has none yet."""
    parts = []
    for step in range(steps):
        same = values[(len(values) + step) % period :: period]
        same = same[~np.isnan(same)]
        if not len(same):
            return None
        parts.append(same[-1])
    return np.array(parts)
