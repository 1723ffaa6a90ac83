"""Limits of whatever follows from a fit: expected purchases, survival, the value of all customers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from funnelkit.models.lifetime.fitted import Fitted, P, rebuilt, vector

_STEP = 1e-3


def limits(
    fitted: Fitted[P], function: Callable[[P], float], level: float = 0.95, *, share: bool = False
) -> tuple[float, float, float]:
    """*function* of the parameters, and its two limits at *level*.

    By the delta method (no simulation, so the same input gives the same digits): the function's slopes
    by the logarithms of the parameters, and the covariance of these. What is above 0 is taken as a
    logarithm; a *share*, between 0 and 1, as log-odds. The limits are those of the expectation, from how
    little the parameters are known: single customers vary far more. Raises ValueError where the function
    is not above 0, or is no share.
    """
    place = np.log(vector(fitted.params))

    def scaled(at: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        value = float(function(rebuilt(fitted.params, np.exp(at))))
        if not (0 < value < (1 if share else np.inf)):
            raise ValueError(f"{value} has no limits of this kind")
        return float(np.log(value) - (np.log1p(-value) if share else 0.0))

    middle = scaled(place)
    shifts = np.eye(place.size) * _STEP
    slope = np.array([(scaled(place + by) - scaled(place - by)) / (2 * _STEP) for by in shifts])
    half = float(ndtri((1 + level) / 2) * np.sqrt(slope @ fitted.log_covariance @ slope))
    low, value, high = (_back(at, share) for at in (middle - half, middle, middle + half))
    return value, low, high


def _back(scaled: float, share: bool) -> float:
    """From the logarithm, or the log-odds, to the value."""
    return float(1 / (1 + np.exp(-scaled)) if share else np.exp(scaled))
