"""Coming values of one series together: what a sum of several of them may be.

Errors of one period move the level of all later ones, so the uncertainty of a quarter is not that of three
months apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.accuracy import naive, seasonal_naive
from funnelkit.models.forecast.begun import Begun, Rest
from funnelkit.models.forecast.fitting import Fitted
from funnelkit.models.forecast.limits import futures, responses, simulated, steps_of
from funnelkit.models.forecast.series import Series


class Joint(Struct, frozen=True, eq=False):
    """The next values of a series: what is expected, and how they vary together.

    Of a period that has begun the value is only what is still to come of it.
    """

    means: np.ndarray
    covariance: np.ndarray
    own: np.ndarray
    """The part of the variance of each that comes from its own period, and not from those before it."""


def of_model(model: Fitted, steps: int, begun: Begun | None = None) -> Joint:
    """The next *steps* values by a fitted *model*: by the formula of class 1, else by simulated futures.

    Where the first period has *begun*, it is told by what came of others after the same day.
    """
    means = np.array([step.mean for step in steps_of(model, steps)])
    if simulated(model):
        drawn = futures(model, steps)
        grows = model.shape.errors == "multiplicative"
        own = model.variance * (np.square(means) if grows else np.ones(steps))
        made = Joint(means, np.atleast_2d(np.cov(drawn)), own)
    else:
        made = _of_responses(means, responses(model, steps), model.variance)
    return made if begun is None else _rested(made, begun.by_model(model))


def of_naive(data: Series, steps: int, season: int = 1, begun: Begun | None = None) -> Joint | None:
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
    made = _of_responses(means, reach, float(np.square(missed).mean()))
    rest = begun.by_lag(season) if begun is not None else None
    return made if rest is None else _rested(made, rest)


def constant(value: float, steps: int, begun: Begun | None = None) -> Joint:
    """*value* for every step: of a series that has never varied, whenever within its periods it came."""
    made = Joint(np.full(steps, value), np.zeros((steps, steps)), np.zeros(steps))
    return made if begun is None else _rested(made, begun.by_level(value))


def _rested(made: Joint, rest: Rest) -> Joint:
    """*made* with only the *rest* of its first period.

    What came of it before says nothing of the rest, so that the errors of the rest move later periods by its
    part of the variance; a rest that varies more than the whole period moves them as the period would.
    """
    means, covariance, own = made.means.copy(), made.covariance.copy(), made.own.copy()
    whole = covariance[0, 0]
    part = rest.variance / whole if whole else 0.0
    covariance[0] *= min(part, part**0.5)
    covariance[:, 0] = covariance[0]
    means[0], covariance[0, 0], own[0] = rest.mean, rest.variance, rest.variance
    return Joint(means, covariance, own)


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
