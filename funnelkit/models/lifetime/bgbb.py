"""BG/BB: on each of a number of set occasions a customer buys or not, and may leave before the next.

Fader, Hardie and Shang 2010, Customer-Base Analysis in a Discrete-Time Noncontractual Setting, Marketing
Science 29(6):1086-1108 (FHS). In :class:`.groups.Groups` T is the number of occasions after the first
purchase, t_x the last that was used, x how many were.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy.special import betaln, expit, gammaln

from funnelkit.models.lifetime import bgbblikelihood
from funnelkit.models.lifetime.discounting import stream
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats, Groups, check_repeats
from funnelkit.models.lifetime.maximise import maximise
from funnelkit.models.lifetime.quadrature import beta_mean


class BgBb(Struct, frozen=True):
    """The chance to buy beta(alpha, beta), the chance to leave before an occasion beta(gamma, delta)."""

    alpha: float
    beta: float
    gamma: float
    delta: float


def fit(data: Groups) -> Fitted[BgBb]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    check_repeats(data)
    starts = [BgBb(1.0, 1.0, 0.7, 2.5), BgBb(0.3, 1.0, 0.3, 3.0), BgBb(2.0, 2.0, 2.0, 8.0)]
    return maximise(bgbblikelihood.scorer(data), starts, float(data.n.sum()))


def log_likelihood(params: BgBb, data: Groups) -> float:
    """FHS equation 5, summed over all customers (without the ways in which x purchases can fall)."""
    return bgbblikelihood.scorer(data)(vector(params))[0]


def expected_purchases(params: BgBb, occasions: int) -> float:
    """E[X(n)] of a new customer over so many *occasions* (FHS equation 8)."""
    return float(params.alpha / (params.alpha + params.beta) * _there(params.gamma, params.delta, occasions))


def alive(params: BgBb, data: Groups) -> Floats:
    """P(alive at the occasion after T | x, t_x, T) of each group (FHS equation 11)."""
    stays = params.delta + data.T
    return np.asarray(_alive_at_end(params, data) * stays / (params.gamma + stays))


def next_purchases(params: BgBb, data: Groups, occasions: int) -> Floats:
    """Expected purchases of each group on the next *occasions* (FHS equation 13)."""
    there = _there(params.gamma, params.delta + data.T, occasions)
    return np.asarray(_alive_at_end(params, data) * _buys(params, data) * there)


def pmf(params: BgBb, occasions: int, x: ArrayLike) -> Floats:
    """P(X(n) = x) of a new customer over so many *occasions* (FHS equation 7)."""
    alpha, beta, gamma, delta = vector(params)
    counts = np.asarray(x, dtype=np.float64)[..., None]
    used = np.arange(occasions + 1, dtype=np.float64)
    chosen = np.maximum(used, counts)
    ways = gammaln(chosen + 1) - gammaln(counts + 1) - gammaln(chosen - counts + 1)
    bought = betaln(alpha + counts, beta + chosen - counts) - betaln(alpha, beta)
    left = betaln(gamma + 1, delta + used) - betaln(gamma, delta)
    left[-1] = betaln(gamma, delta + occasions) - betaln(gamma, delta)
    return np.asarray(np.where(used >= counts, np.exp(ways + bought + left), 0.0).sum(axis=-1))


def discounted_purchases(params: BgBb, rate: float) -> float:
    """Purchases to be expected of a new customer, discounted at *rate* an occasion (1 / (1 + rate))."""
    buys = params.alpha / (params.alpha + params.beta)
    return float(buys * _stream(params.gamma, np.float64(params.delta), rate))


def residual_purchases(params: BgBb, data: Groups, rate: float) -> Floats:
    """DERT: expected purchases of each group after T, discounted at *rate* an occasion (FHS equation 14)."""
    later = _stream(params.gamma, params.delta + data.T, rate)
    return np.asarray(_alive_at_end(params, data) * _buys(params, data) * later)


def _alive_at_end(params: BgBb, data: Groups) -> Floats:
    """P(alive at the occasion T): from there on a customer is as a new one with other parameters."""
    there, gone = bgbblikelihood.logs(vector(params), data)
    return np.asarray(expit(there - gone))


def _buys(params: BgBb, data: Groups) -> Floats:
    """The chance that a customer of each group buys on an occasion, while there."""
    return np.asarray((params.alpha + data.x) / (params.alpha + params.beta + data.T))


def _there(gamma: float, delta: ArrayLike, occasions: int) -> Floats:
    """On how many of the next *occasions* a customer is still there, who is there now."""
    if occasions < 0:
        raise ValueError(f"{occasions} is no number of occasions")
    shape = np.asarray(delta, dtype=np.float64)[..., None]
    steps = np.arange(1, occasions + 1, dtype=np.float64)
    return np.asarray(np.exp(betaln(gamma, shape + steps) - betaln(gamma, shape)).sum(axis=-1))


def _stream(gamma: float, delta: ArrayLike, rate: float) -> Floats:
    """The same for all occasions to come, each worth 1 / (1 + rate) of the one before."""
    return beta_mean(lambda leaves: (1 - leaves) * stream(leaves, rate) / (1 + rate), gamma, delta)
