"""Coming values of one series together: what a sum of several of them may be.

Errors of one period move the level of all later ones, so the uncertainty of a quarter is not that of three
months apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.accuracy import naive, seasonal_naive
from funnelkit.models.forecast.fitting import Fitted
from funnelkit.models.forecast.limits import futures, responses, simulated, steps_of
from funnelkit.models.forecast.series import Series


class Joint(Struct, frozen=True, eq=False):
    """The next values of a series: what is expected, and how they vary together."""

    means: np.ndarray
    covariance: np.ndarray
    own: np.ndarray
    """The part of the variance of each that comes from its own period, and not from those before it."""


def of_model(model: Fitted, steps: int) -> Joint:
    """The next *steps* values by a fitted *model*: by the formula of class 1, else by simulated futures."""
    means = np.array([step.mean for step in steps_of(model, steps)])
    if simulated(model):
        drawn = futures(model, steps)
        grows = model.shape.errors == "multiplicative"
        own = model.variance * (np.square(means) if grows else np.ones(steps))
        return Joint(means, np.atleast_2d(np.cov(drawn)), own)
    return _of_responses(means, responses(model, steps), model.variance)


def of_naive(data: Series, steps: int, season: int = 1) -> Joint | None:
    """The next *steps* values by the last one, or with a *season* by that of the season before.

    Errors are those of this forecast in the series itself, of mean square sigma^2; after h steps the
    variance is sigma^2 h, with seasons sigma^2 times the seasons begun (FPP3, section 5.5). None where the
    series is too short to tell.
    """
    values = data.values
    if len(values) <= season:
        return None
    missed = values[season:] - values[:-season]
    missed = missed[~np.isnan(missed)]
    means = naive(values, steps) if season == 1 else seasonal_naive(values, season, steps)
    if means is None or not len(missed):
        return None
    reach = np.zeros(steps)
    reach[::season] = 1
    return _of_responses(means, reach, float(np.square(missed).mean()))


def constant(value: float, steps: int) -> Joint:
    """*value* for every step: of a series that has never varied."""
    return Joint(np.full(steps, value), np.zeros((steps, steps)), np.zeros(steps))


def _of_responses(means: np.ndarray, reach: np.ndarray, variance: float) -> Joint:
    """The values whose error of a period shifts it and the later ones by the shares in *reach*."""
    steps = len(means)
    shifts = np.zeros((steps, steps))
    for at in range(steps):
        shifts[at:, at] = reach[: steps - at]
    return Joint(means, variance * shifts @ shifts.T, np.full(steps, variance))


def total(
    coming: Joint, shares: Sequence[float], chances: Sequence[float] | None = None
) -> tuple[float, float]:
    """Mean and variance of the sum of *shares* of the coming values, such as of the days that are left.

    A part of a period is as sure as the period in what comes from before it, and varies by itself as so
    many of its days do. With *chances*, the values are numbers of cases of which each counts with this
    chance, one independent of the other.
    """
    part = np.asarray(shares, dtype=float)
    chance = np.ones(len(part)) if chances is None else np.asarray(chances, dtype=float)
    means, weights = coming.means[: len(part)], part * chance
    covariance, own = coming.covariance[: len(part), : len(part)], coming.own[: len(part)]
    variance = float(weights @ covariance @ weights)
    variance += float((chance**2 * part * (1 - part) * own).sum())
    variance += float((np.maximum(means, 0) * part * chance * (1 - chance)).sum())
    return float(weights @ means), max(variance, 0.0)
