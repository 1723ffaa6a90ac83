"""sBG, the shifted beta-geometric: at each renewal a customer leaves with a chance of one's own.

Fader and Hardie 2007, How to Project Customer Retention, J. of Interactive Marketing 21(1):76-90 (FH);
discounted lifetimes: Fader and Hardie 2010, Customer-Base Valuation in a Contractual Setting, Marketing
Science 29(1):85-93 (FH10). Retention rises with age because those who leave easily have left.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy.special import betaln

from funnelkit.models.lifetime.discounting import stream
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats
from funnelkit.models.lifetime.maximise import Score, maximise
from funnelkit.models.lifetime.quadrature import beta_mean
from funnelkit.models.lifetime.survivors import Survivors, check_survivors


class Sbg(Struct, frozen=True):
    """The chance to leave at a renewal is beta(alpha, beta); both above 0."""

    alpha: float
    beta: float


def fit(data: Survivors) -> Fitted[Sbg]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    check_survivors(data, 2)
    leaves = data.lost.sum() / (data.lost + data.kept).sum()
    starts = [Sbg(leaves * size, (1 - leaves) * size) for size in (3.0, 0.5, 30.0)]
    return maximise(_scorer(data), starts, data.customers)


def log_likelihood(params: Sbg, data: Survivors) -> float:
    """FH appendix B, summed over the cohorts."""
    return _scorer(data)(vector(params))[0]


def survival(params: Sbg, t: ArrayLike) -> Floats:
    """S(t): the share that is left after *t* renewals (FH equation 6)."""
    t = np.asarray(t, dtype=np.float64)
    return np.asarray(np.exp(betaln(params.alpha, params.beta + t) - betaln(params.alpha, params.beta)))


def retention(params: Sbg, t: ArrayLike) -> Floats:
    """r(t): the share of those who are left that renews for the *t*-th time (FH equation 8)."""
    stays = params.beta + np.asarray(t, dtype=np.float64) - 1
    return np.asarray(stays / (params.alpha + stays))


def pmf(params: Sbg, t: ArrayLike) -> Floats:
    """P(T = t): the share that leaves at the *t*-th renewal (FH equation 5)."""
    return survival(params, np.asarray(t) - 1) * (1 - retention(params, t))


def lifetime(params: Sbg, rate: float) -> float:
    """DEL: payments to be expected of a new customer, the first now, at *rate* a period (FH10)."""
    return float(beta_mean(lambda leaves: stream(leaves, rate), params.alpha, params.beta))


def residual_lifetime(params: Sbg, rate: float, renewal: int) -> float:
    """DERL: the payments of a customer whose *renewal* (1 is the first) is just ahead (FH10 equation 6).

    The one that may come now is counted in full, the first where the customer renews. A customer who has
    been there for n periods faces renewal n.
    """
    if renewal < 1:
        raise ValueError(f"the first renewal is 1, not {renewal}")
    later = Sbg(params.alpha, params.beta + renewal)
    return float(retention(params, renewal)) * lifetime(later, rate)


def _scorer(data: Survivors) -> Score:
    """The log-likelihood and its gradient: at each renewal so many of those at risk left."""
    ages = np.arange(data.lost.size, dtype=np.float64)
    lost, risk = data.lost.sum(), data.lost + data.kept

    def score(values: Floats) -> tuple[float, Floats]:
        alpha, beta = values
        stays, both = beta + ages, alpha + beta + ages
        value = lost * np.log(alpha) + data.kept @ np.log(stays) - risk @ np.log(both)
        common = risk @ (1 / both)
        return float(value), np.array((lost / alpha - common, data.kept @ (1 / stays) - common))

    return score
