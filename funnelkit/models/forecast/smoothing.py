"""Exponential smoothing: the recursions, in the component form, for many parameters at once.

(Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., section 8.4, table 8.6.)
With the forecast of one step y' = l + phi b + s, or (l + phi b) s where seasons multiply:

    l_t = alpha (y_t - s) + (1 - alpha) (l + phi b)           or alpha y_t / s + ...
    b_t = beta (l_t - l) + (1 - beta) phi b
    s_t = gamma (y_t - l - phi b) + (1 - gamma) s              or gamma y_t / (l + phi b) + ...

beta is the beta* of that book; R's ets and statsmodels print alpha beta* and beta* as "beta". gamma is
that of the book and of statsmodels; R's HoltWinters divides it by 1 - alpha. The first value already
updates the states of time 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from msgspec import Struct

Trend = Literal["none", "additive", "damped"]
Season = Literal["none", "additive", "multiplicative"]
Weights = dict[str, np.ndarray]
"""alpha, beta, gamma and phi, each with an entry per set of parameters."""


class Shape(Struct, frozen=True, kw_only=True):
    """Which components a model has."""

    trend: Trend = "none"
    season: Season = "none"
    period: int = 1
    errors: Literal["additive", "multiplicative"] = "additive"
    """Whether errors keep their size or grow with the forecast. It changes the fit and the limits only."""

    def __post_init__(self) -> None:
        if (self.season == "none") != (self.period == 1):
            raise ValueError(f"season {self.season} of {self.period} periods")


class Parameters(Struct, frozen=True, kw_only=True):
    """The weights of a model and its states before the first value."""

    alpha: float
    level: float
    beta: float = 0.0
    """Of the trend; the beta* of the component form."""
    phi: float = 1.0
    """What remains of the trend from one period to the next."""
    gamma: float = 0.0
    trend: float = 0.0
    seasons: tuple[float, ...] = ()
    """One season, beginning with the period of the first value."""


class States(Struct, eq=False):
    """Level, trend and the coming season, each with an entry per set of parameters."""

    level: np.ndarray
    trend: np.ndarray
    seasons: list[np.ndarray]
    """The state of each coming period, in their order; empty without seasons."""


def many(sets: list[Parameters]) -> tuple[Weights, States]:
    """The weights by name, and the first states, of several sets of parameters."""
    weights = {
        name: np.array([getattr(one, name) for one in sets]) for name in ("alpha", "beta", "gamma", "phi")
    }
    seasons = [np.array(column) for column in zip(*(one.seasons for one in sets), strict=True)]
    states = States(np.array([one.level for one in sets]), np.array([one.trend for one in sets]), seasons)
    return weights, states


def smooth(values: np.ndarray, shape: Shape, weights: Weights, first: States) -> tuple[np.ndarray, States]:
    """The forecasts of one step ahead (a row per value, a column per set) and the last states.

    A missing value (NaN) counts as just what was expected, so that nothing is learnt from it.
    """
    known = [None if math.isnan(value) else value for value in values.tolist()]

    def seen(at: int, expected: np.ndarray) -> np.ndarray | float:
        value = known[at]
        return expected if value is None else value

    return advance(len(values), seen, shape, weights, first)


def advance(
    periods: int,
    seen: Callable[[int, np.ndarray], np.ndarray | float],
    shape: Shape,
    weights: Weights,
    first: States,
) -> tuple[np.ndarray, States]:
    """The expected values of so many *periods*, and the states after them.

    *seen* is asked what came in each period, counted from 0, in view of what was expected.
    """
    alpha, beta, gamma, phi = (weights[name] for name in ("alpha", "beta", "gamma", "phi"))
    level, trend, seasons = first.level, first.trend, list(first.seasons)
    length = len(seasons)
    fitted = np.empty((periods, len(level)))
    trended, adds = shape.trend != "none", shape.season == "additive"
    old_level, old_season, old_trend = 1 - alpha, 1 - gamma, (1 - beta) * phi
    for t in range(periods):
        before = level + phi * trend if trended else level
        season = seasons[t % length] if length else None
        fitted[t] = expected = _joined(before, season, shape)
        value = seen(t, expected)
        if season is None:
            moved = alpha * value + old_level * before
        elif adds:
            moved = alpha * (value - season) + old_level * before
            seasons[t % length] = gamma * (value - before) + old_season * season
        else:
            moved = alpha * value / season + old_level * before
            seasons[t % length] = gamma * value / before + old_season * season
        if trended:
            trend = beta * (moved - level) + old_trend * trend
        level = moved
    at = periods % length if length else 0
    return fitted, States(level, trend, seasons[at:] + seasons[:at])


def ahead(states: States, shape: Shape, phi: np.ndarray, steps: int) -> np.ndarray:
    """The forecasts of 1 to *steps* periods after the *states*: a row per step, a column per set."""
    rows = []
    level = states.level
    trend = states.trend
    for step in range(steps):
        trend = phi * trend
        level = level + trend
        season = states.seasons[step % len(states.seasons)] if states.seasons else None
        rows.append(_joined(level, season, shape))
    return np.array(rows)


def _joined(level: np.ndarray, season: np.ndarray | None, shape: Shape) -> np.ndarray:
    if season is None:
        return level
    joined: np.ndarray = level + season if shape.season == "additive" else level * season
    return joined
