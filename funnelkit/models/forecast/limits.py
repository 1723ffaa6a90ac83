"""Forecasts of several steps with the limits between which the values will lie."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.accuracy import ROUNDING
from funnelkit.models.forecast.fitting import Fitted
from funnelkit.models.forecast.smoothing import States, Weights, advance, ahead

DRAWS = 5000
SEED = 20_080_619
"""The seed of every simulation, so that the same series has the same limits."""


class Step(Struct, frozen=True):
    """The forecast of one period."""

    mean: float
    low: float
    high: float


def steps_of(model: Fitted, steps: int, level: float = 0.95) -> list[Step]:
    """The forecasts of 1 to *steps* periods ahead, each with limits that hold with the chance *level*.

    With additive seasons and errors the limits are those of class 1 (Hyndman, Koehler, Ord and Snyder
    2008, section 6.2; FPP3 section 8.7): mean -+ z sigma_h, where sigma_h^2 = sigma^2 (1 + c_1^2 + ... +
    c_(h-1)^2) and c_j = alpha + alpha beta* (phi + ... + phi^j) + gamma where j is a whole number of
    seasons. Otherwise they are quantiles of 5000 simulated futures with normal errors, the seed fixed.
    Neither counts how unsure the parameters are, so in short series they are somewhat narrow.
    """
    weights = _weights(model)
    means = ahead(model.last, model.shape, weights["phi"], steps)[:, 0]
    # A level that faded out, period by period, is none.
    means[np.abs(means) < ROUNDING * np.abs(model.fitted).mean()] = 0.0
    if simulated(model):
        low, high = np.quantile(futures(model, steps), [(1 - level) / 2, (1 + level) / 2], axis=1)
    else:
        half = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(variances(model, steps))
        low, high = means - half, means + half
    return [Step(float(m), float(a), float(b)) for m, a, b in zip(means, low, high, strict=True)]


def simulated(model: Fitted) -> bool:
    """Whether the limits of this model come from simulation."""
    return "multiplicative" in (model.shape.season, model.shape.errors)


def variances(model: Fitted, steps: int) -> np.ndarray:
    """The variance of the forecast of each step by the formula of class 1."""
    return model.variance * np.cumsum(responses(model, steps) ** 2)


def responses(model: Fitted, steps: int) -> np.ndarray:
    """By how much the error of one period moves that period and the later ones: 1, c_1, c_2, ..."""
    given = model.parameters
    # phi is 1 where a trend is not damped, and beta 0 where there is none.
    damped = np.cumsum(given.phi ** np.arange(1, steps))
    weights = given.alpha + given.alpha * given.beta * damped
    if model.shape.season != "none":
        weights[model.shape.period - 1 :: model.shape.period] += given.gamma
    found: np.ndarray = np.concatenate([[1.0], weights])
    return found


def futures(model: Fitted, steps: int) -> np.ndarray:
    """5000 simulated futures: a row per step."""
    weights = _weights(model)
    # The stream of RandomState is frozen for good; that of Generator may change with numpy.
    errors = np.random.RandomState(SEED).standard_normal((steps, DRAWS)) * np.sqrt(model.variance)
    found: np.ndarray = np.empty_like(errors)

    def drawn(at: int, expected: np.ndarray) -> np.ndarray:
        grows = model.shape.errors == "multiplicative"
        found[at] = expected + (errors[at] * expected if grows else errors[at])
        drawn_now: np.ndarray = found[at]
        return drawn_now

    many = States(
        np.repeat(model.last.level, DRAWS),
        np.repeat(model.last.trend, DRAWS),
        [np.repeat(season, DRAWS) for season in model.last.seasons],
    )
    wide = {name: np.repeat(weight, DRAWS) for name, weight in weights.items()}
    advance(steps, drawn, model.shape, wide, many)
    return found


def _weights(model: Fitted) -> Weights:
    return {name: np.array([getattr(model.parameters, name)]) for name in ("alpha", "beta", "gamma", "phi")}
