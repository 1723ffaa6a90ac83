"""BdW, the beta-discrete-Weibull: as sBG, but the chance to leave also changes with the customer's age.

Fader, Hardie, Liu, Davin and Steenburgh 2018, "How to Project Customer Retention" Revisited: The Role of
Duration Dependence, J. of Interactive Marketing 43:1-16 (FHLDS). With c = 1 it is the sBG; with c above 1
each customer is likelier to leave the longer the contract has lasted, with c below 1 less likely.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy.special import betaln, digamma

from funnelkit.models.lifetime.discounting import check_rate
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats
from funnelkit.models.lifetime.maximise import Score, maximise
from funnelkit.models.lifetime.survivors import Survivors, check_survivors

_LEAST_RATE = 1e-5
_FAR = 1e3
"""Beyond this the series of the digamma function is exact in all digits."""
_LEAST = -1e-300
"""The logarithm of a retention is below 0, also where all its digits are lost."""
_HUGE = 300.0
"""No age, as a power, has a logarithm beyond this."""
_NOTHING = 37.0
"""A payment that is worth less than e to minus this ends the sum."""


class Bdw(Struct, frozen=True):
    """S(t) = B(alpha, beta + t^c) / B(alpha, beta); all above 0."""

    alpha: float
    beta: float
    c: float


def fit(data: Survivors) -> Fitted[Bdw]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    check_survivors(data, 3)
    leaves = data.lost.sum() / (data.lost + data.kept).sum()
    starts = [Bdw(leaves * size, (1 - leaves) * size, c) for size, c in ((3.0, 1.0), (0.5, 1.5), (30.0, 0.7))]
    return maximise(_scorer(data), starts, data.customers)


def log_likelihood(params: Bdw, data: Survivors) -> float:
    """FHLDS, the likelihood of counts by period, summed over the cohorts."""
    return _scorer(data)(vector(params))[0]


def survival(params: Bdw, t: ArrayLike) -> Floats:
    """S(t): the share that is left after *t* renewals (FHLDS)."""
    return np.asarray(np.exp(_log_survival(vector(params), np.asarray(t, dtype=np.float64))))


def retention(params: Bdw, t: ArrayLike) -> Floats:
    """r(t): the share of those who are left that renews for the *t*-th time."""
    return np.asarray(np.exp(_log_retention(vector(params), np.asarray(t, dtype=np.float64))))


def pmf(params: Bdw, t: ArrayLike) -> Floats:
    """P(T = t): the share that leaves at the *t*-th renewal."""
    leaves = -np.expm1(_log_retention(vector(params), np.asarray(t, dtype=np.float64)))
    return survival(params, np.asarray(t) - 1) * leaves


def lifetime(params: Bdw, rate: float) -> float:
    """DEL: payments to be expected of a new customer, the first now, at *rate* a period.

    The sum of S(t) / (1 + rate)^t. Raises ValueError for a rate below 0.00001.
    """
    return float(_discounted(vector(params), 0, rate))


def residual_lifetime(params: Bdw, rate: float, renewal: int) -> float:
    """DERL: the payments of a customer whose *renewal* (1 is the first) is just ahead, as for the sBG."""
    if renewal < 1:
        raise ValueError(f"the first renewal is 1, not {renewal}")
    return float(_discounted(vector(params), renewal, rate))


def _discounted(values: Floats, first: int, rate: float) -> Floats:
    """Payments from period *first* on, of those who were there one period before."""
    check_rate(rate)
    if rate < _LEAST_RATE:
        raise ValueError(f"a discount rate is at least {_LEAST_RATE:.5f} a period, not {rate}")
    ahead = np.arange(np.ceil(_NOTHING / np.log1p(rate)))
    there = _log_survival(values, first + ahead) - _log_survival(values, np.float64(max(first - 1, 0)))
    return np.asarray(np.exp(there - ahead * np.log1p(rate)).sum())


def _log_survival(values: Floats, t: ArrayLike) -> Floats:
    alpha, beta, c = values
    return np.asarray(betaln(alpha, beta + _grown(np.asarray(t, dtype=np.float64), c)) - betaln(alpha, beta))


def _log_retention(values: Floats, t: Floats) -> Floats:
    return np.asarray(_log_survival(values, t) - _log_survival(values, t - 1))


def _grown(t: Floats, c: float) -> Floats:
    """t^c, or what is as good as infinite and yet can be squared."""
    return np.asarray(np.where(t > 0, np.exp(np.minimum(c * np.log(np.maximum(t, 1)), _HUGE)), 0.0))


def _digamma_less(at: Floats, by: float) -> Floats:
    """The digamma function *at* a place less that further on *by*: by its series where the two are nearly equal."""
    far = at + by
    series = -np.log1p(by / at) - (1 / at - 1 / far) / 2 - (1 / at**2 - 1 / far**2) / 12
    return np.asarray(np.where(at > _FAR, series, digamma(at) - digamma(far)))


def _scorer(data: Survivors) -> Score:
    """The log-likelihood and its gradient: at each renewal so many of those at risk left."""
    ages = np.arange(data.lost.size + 1, dtype=np.float64)
    log_ages = np.log(np.maximum(ages, 1))

    def score(values: Floats) -> tuple[float, Floats]:
        alpha, beta, c = values
        grown = _grown(ages, c)
        kept = np.minimum(np.diff(_log_survival(values, ages)), _LEAST)
        less = _digamma_less(beta + grown, alpha)
        slopes = np.array((-digamma(alpha + beta + grown), less, less * grown * log_ages))
        value = data.kept @ kept + data.lost @ np.log(-np.expm1(kept))
        return float(value), np.diff(slopes) @ (data.kept + data.lost * np.exp(kept) / np.expm1(kept))

    return score
