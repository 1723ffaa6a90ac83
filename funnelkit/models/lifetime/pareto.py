"""Pareto/NBD: who buys at random, and may leave at any time.

Schmittlein, Morrison and Colombo 1987, Counting Your Customers, Management Science 33(1):1-24; all
formulas in Fader and Hardie 2005, A Note on Deriving the Pareto/NBD Model (note 009).
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy.special import exprel, gammaln, xlogy

from funnelkit.models.lifetime import paretolikelihood
from funnelkit.models.lifetime.discounting import discounted
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats, Groups, check_repeats, total
from funnelkit.models.lifetime.maximise import from_groups
from funnelkit.models.lifetime.quadrature import beta_mean


class ParetoNbd(Struct, frozen=True):
    """Purchase rates gamma(r, alpha), rates of leaving gamma(s, beta); all above 0."""

    r: float
    alpha: float
    s: float
    beta: float


def fit(data: Groups) -> Fitted[ParetoNbd]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    check_repeats(data)
    times = total(data, data.T)
    rate, age = total(data, data.x) / times, times / float(data.n.sum())
    starts = [ParetoNbd(r, r / (f * rate), s, b * age) for r, f, s, b in _STARTS]
    return from_groups(paretolikelihood.scorer, starts, data)


_STARTS = ((0.6, 1.7, 0.6, 0.5), (1.0, 1.2, 0.5, 2.0), (0.3, 2.0, 2.0, 2.0))


def log_likelihood(params: ParetoNbd, data: Groups) -> float:
    """Note 009, equation 18, with A0 of equations 19 and 20, summed over all customers."""
    return paretolikelihood.scorer(data)(vector(params))[0]


def expected_purchases(params: ParetoNbd, t: ArrayLike) -> Floats:
    """E[X(t)] of a new customer (note 009, equation 27)."""
    return _purchases(params.r, params.alpha, params.s, params.beta, t)


def alive(params: ParetoNbd, data: Groups) -> Floats:
    """P(alive at T | x, t_x, T) of each group (note 009, equations 36 and 37)."""
    return paretolikelihood.alive(vector(params), data)


def next_purchases(params: ParetoNbd, data: Groups, t: float) -> Floats:
    """E[Y(t) | x, t_x, T]: expected purchases of each group from T to T + t (note 009, equation 41)."""
    return alive(params, data) * _if_there(params, data, t)


def pmf(params: ParetoNbd, t: float, x: ArrayLike) -> Floats:
    """P(X(t) = x) of a new customer (Fader and Hardie 2006, note 012).

    Whether there for all of the time or for a share of it that is integrated over.
    """
    r, alpha, s, beta = params.r, params.alpha, params.s, params.beta
    counts = np.asarray(x, dtype=np.float64)[..., None]

    def bought(time: Floats | float) -> Floats:
        logs = gammaln(r + counts) - gammaln(r) - gammaln(counts + 1)
        logs = logs - r * np.log1p(time / alpha) + xlogy(counts, time / (alpha + time))
        return np.asarray(np.exp(logs))

    def gone(share: Floats) -> Floats:
        time = t * share
        return np.asarray(bought(time) * np.exp(-(s + 1) * np.log1p(time / beta)))

    there = bought(t)[..., 0] * np.exp(-s * np.log1p(t / beta))
    return np.asarray(there + s * t / beta * beta_mean(gone, 1.0, 1.0))


def discounted_purchases(params: ParetoNbd, rate: float) -> Floats:
    """Purchases to be expected of a new customer, discounted at *rate* a unit of time (continuously)."""
    return discounted(lambda t: expected_purchases(params, t), rate)


def residual_purchases(params: ParetoNbd, data: Groups, rate: float) -> Floats:
    """DERT: purchases to be expected of each group after T, discounted to T at *rate* a unit of time.

    Fader, Hardie and Lee 2005, RFM and CLV, J. of Marketing Research 42:415-430, equation 2.
    """
    return alive(params, data) * discounted(lambda t: _if_there(params, data, t), rate)


def _if_there(params: ParetoNbd, data: Groups, t: float) -> Floats:
    """Expected purchases after T of those who are there at T: of new customers with other parameters."""
    return _purchases(params.r + data.x, params.alpha + data.T, params.s, params.beta + data.T, t)


def _purchases(
    r: Floats | float, alpha: Floats | float, s: float, beta: Floats | float, t: ArrayLike
) -> Floats:
    """The rate r / alpha, over the time for which one is there; at s = 1 it is the logarithm itself."""
    grown = np.log1p(np.asarray(t, dtype=np.float64) / beta)
    return np.asarray(r / alpha * beta * grown * exprel((1 - s) * grown))
