"""Where the search for the parameters of a model begins, and what it may change within which bounds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.smoothing import Shape, States, Weights

_EDGE = 1e-4
_BOUNDS = {
    "alpha": (_EDGE, 1 - _EDGE),
    "beta": (_EDGE, 1 - _EDGE),
    "share": (_EDGE, 1 - _EDGE),
    "phi": (0.8, 0.98),
}
"""The usual region (Hyndman, Koehler, Ord and Snyder 2008, section 2.5.2) in the component form: beta*
up to 1, gamma up to 1 - alpha, of which it is the *share*; phi as R's ets has it."""
_GRID = {
    "alpha": (0.01, 0.1, 0.3, 0.6, 0.9),
    "beta": (0.01, 0.2, 0.6),
    "share": (0.01, 0.3, 0.7),
    "phi": (0.85, 0.97),
}
_WEIGHTS = ("alpha", "beta", "share", "phi")


class Space(Struct, frozen=True, eq=False):
    """The coordinates of a search: weights, then states."""

    shape: Shape
    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray

    @property
    def weights(self) -> int:
        """How many of them are weights; the states follow."""
        return sum(name in _WEIGHTS for name in self.names)

    @property
    def free(self) -> int:
        """How many coordinates are estimated."""
        return int((self.low < self.high).sum())


def space(shape: Shape, fixed: Mapping[str, float]) -> Space:
    """The coordinates of a model of this *shape*; those *fixed* (alpha, beta, phi) are held."""
    weights = ["alpha"]
    weights += ["beta"] if shape.trend != "none" else []
    weights += ["share"] if shape.season != "none" else []
    weights += ["phi"] if shape.trend == "damped" else []
    if unknown := set(fixed) - set(weights) | (set(fixed) & {"share"}):
        raise ValueError(f"a model of this shape cannot have fixed: {', '.join(sorted(unknown))}")
    states = ["level"] + (["trend"] if shape.trend != "none" else [])
    states += ["season"] * (shape.period - 1)
    least_season = 1e-3 if shape.season == "multiplicative" else -np.inf
    bounds = [(fixed[name], fixed[name]) if name in fixed else _BOUNDS[name] for name in weights]
    bounds += [(least_season if name == "season" else -np.inf, np.inf) for name in states]
    low, high = np.array(bounds).T
    return Space(shape, (*weights, *states), low, high)


def unpacked(places: np.ndarray, within: Space) -> tuple[Weights, States]:
    """The weights and the first states at each of the *places*, a row each.

    Seasons add up to 0, or have the mean 1: the last one follows from the others.
    """
    shape, n = within.shape, len(places)
    columns = dict(zip(within.names, places.T, strict=True))
    alpha = columns["alpha"]
    weights = {
        "alpha": alpha,
        "beta": columns.get("beta", np.zeros(n)),
        "gamma": columns.get("share", np.zeros(n)) * (1 - alpha),
        "phi": columns.get("phi", np.ones(n)),
    }
    seasons: list[np.ndarray] = []
    if shape.season != "none":
        seasons = list(places.T[len(within.names) - shape.period + 1 :])
        mean = 0.0 if shape.season == "additive" else 1.0
        seasons.append(mean * shape.period - np.sum(seasons, axis=0))
    return weights, States(columns["level"], columns.get("trend", np.zeros(n)), seasons)


def grid(values: np.ndarray, within: Space) -> np.ndarray:
    """The places from which to choose: a grid of weights, each with states from a straight line.

    The line is fitted by least squares to the first ten values or two seasons; seasons are the mean
    distances from it, or ratios to it, over all values.
    """
    shape = within.shape
    states = _first_states(values, shape)
    weights = within.names[: within.weights]
    choices = [
        (low,) if low == high else _GRID[name]
        for name, low, high in zip(weights, within.low, within.high, strict=False)
    ]
    return np.array([[*chosen, *states] for chosen in product(*choices)])


def _first_states(values: np.ndarray, shape: Shape) -> list[float]:
    times = np.arange(1, len(values) + 1)
    known = ~np.isnan(values)
    early = known & (np.cumsum(known) <= max(10, 2 * shape.period))
    slope, level = np.polyfit(times[early], values[early], 1)
    if shape.trend == "none":
        slope, level = 0.0, float(np.mean(values[early]))
    if shape.season == "none":
        return [level] if shape.trend == "none" else [level, slope]
    slope, level = np.polyfit(times[known], values[known], 1) if shape.trend != "none" else (slope, level)
    line = level + slope * times
    if shape.season == "multiplicative":
        line = np.maximum(line, 1e-3 * np.nanmean(values))
    apart = values - line if shape.season == "additive" else values / line
    seasons = np.array([_mean(apart[at :: shape.period]) for at in range(shape.period)])
    seasons = seasons - seasons.mean() if shape.season == "additive" else seasons / seasons.mean()
    return [level, *([] if shape.trend == "none" else [slope]), *seasons[:-1].tolist()]


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 1.0
