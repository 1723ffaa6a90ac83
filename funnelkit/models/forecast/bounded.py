"""Least squares within bounds, by Levenberg and Marquardt's method with projected steps.

(Marquardt 1963, SIAM J. Appl. Math. 11:431-441; Kanzow, Yamashita and Fukushima 2004, J. Comput. Appl.
Math. 172:375-397.) Residuals are asked for many places at once, so that a Jacobian costs one pass over
the series, and several lengths of step are tried in one more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Residuals = Callable[[np.ndarray], np.ndarray]
"""From places (a row each) to residuals (a column each); anything not finite is a place to avoid."""

_STEP = 1e-6
"""Half the width of the central differences: their error is then some 1e-10 of the slope."""
_ROUNDS = 300
_DAMPINGS = np.array([1e-2, 1.0, 1e2, 1e4])
_STIFFER = 1e6
"""Where none of the tried dampings helps; the softest of the next ones follows the stiffest of these."""
_STIFFEST = 1e14
_STILL = 1e-10
"""A step this small relative to its place changes no digit that anybody prints."""
ROUNDING = 1e-13
"""A sum of squares that falls by less, relatively, falls by rounding."""


def least_squares(
    residuals: Residuals, start: np.ndarray, low: np.ndarray, high: np.ndarray, flat: float = ROUNDING
) -> tuple[np.ndarray, float]:
    """The place near *start* with the least sum of squares between *low* and *high*, and that sum.

    Where *low* equals *high* a coordinate is held. The search ends where the sum falls by less than the
    share *flat* in a round.
    """
    place = np.clip(start, low, high)
    least = squares(residuals, place[None])[0]
    damping = 1e-2
    for _ in range(_ROUNDS):
        jacobian, here = _slopes(residuals, place)
        slope = jacobian.T @ here
        held = (low == high) | ((place <= low) & (slope > 0)) | ((place >= high) & (slope < 0))
        free = np.flatnonzero(~held & np.isfinite(slope))
        if not len(free) or not np.isfinite(least):
            break
        moved, done = None, False
        while moved is None and damping < _STIFFEST:
            trials = _trials(jacobian[:, free], slope[free], damping, place, free)
            trials = np.clip(trials, low, high)
            sums = squares(residuals, trials)
            best = int(np.argmin(sums))
            if sums[best] < least:
                done = least - sums[best] <= flat * least
                moved, least = trials[best], float(sums[best])
                damping = max(1e-12, damping * _DAMPINGS[best])
            else:
                damping *= _STIFFER
        if moved is None:
            break
        still = np.all(np.abs(moved - place) <= _STILL * (1 + np.abs(place)))
        place = moved
        if still or done:
            break
    return place, float(least)


def squares(residuals: Residuals, places: np.ndarray) -> np.ndarray:
    """The sum of squares at each of the *places*; infinite where it has none."""
    with np.errstate(all="ignore"):
        sums = np.square(residuals(places)).sum(axis=0)
    return np.where(np.isfinite(sums), sums, np.inf)


def _slopes(residuals: Residuals, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Jacobian and the residuals at *place*."""
    width = _STEP * np.maximum(1, np.abs(place))
    around = np.concatenate([place + np.diag(width), place - np.diag(width), place[None]])
    with np.errstate(all="ignore"):
        found = residuals(around)
    n = len(place)
    return (found[:, :n] - found[:, n : 2 * n]) / (2 * width), found[:, -1]


def _trials(
    jacobian: np.ndarray, slope: np.ndarray, damping: float, place: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """A row per damping: *place* with a step in its *free* coordinates."""
    normal = jacobian.T @ jacobian
    scale = np.diag(np.maximum(np.diag(normal), 1e-12))
    trials = np.tile(place, (len(_DAMPINGS), 1))
    for row, factor in enumerate(_DAMPINGS):
        trials[row, free] -= np.linalg.solve(normal + damping * factor * scale, slope)
    return trials
