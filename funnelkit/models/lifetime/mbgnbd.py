"""MBG/NBD: as BG/NBD, but one may leave right after the first purchase, too.

Batislam, Denizel and Filiztekin 2007, Empirical validation and comparison of models for customer base
analysis, Int. J. of Research in Marketing 24:201-209 (BDF); Hoppe and Wagner 2007, Customer base analysis:
the case for a central variant of the Betageometric/NBD model, Marketing JRM 3:75-90 (HW).
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from funnelkit.models.lifetime import coins
from funnelkit.models.lifetime.discounting import discounted
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats, Groups, check_repeats
from funnelkit.models.lifetime.maximise import from_groups

_TOSSED = 1


class MbgNbd(coins.Coins, frozen=True):
    """r, alpha, a, b as in BDF: rates gamma(r, alpha), the chance to leave beta(a, b)."""


def fit(data: Groups) -> Fitted[MbgNbd]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    check_repeats(data)
    starts = [MbgNbd(*start) for start in coins.starts(data)]
    return from_groups(lambda seen: coins.scorer(seen, _TOSSED), starts, data)


def log_likelihood(params: MbgNbd, data: Groups) -> float:
    """The likelihood of BDF and HW, summed over all customers."""
    return coins.scorer(data, _TOSSED)(vector(params))[0]


def expected_purchases(params: MbgNbd, t: ArrayLike) -> Floats:
    """E[X(t)] of a new customer (BDF, HW): none of those who leave at the first coin."""
    a, b = params.a, params.b
    return b / (a + b) * coins.purchases(params.r, params.alpha, a, b + 1, t)


def alive(params: MbgNbd, data: Groups) -> Floats:
    """P(alive at T | x, t_x, T) of each group (BDF, HW)."""
    return coins.alive(params, data, _TOSSED)


def next_purchases(params: MbgNbd, data: Groups, t: float) -> Floats:
    """E[Y(t) | x, t_x, T]: expected purchases of each group from T to T + t (BDF, HW)."""
    return alive(params, data) * coins.of_known(params, data, t, _TOSSED)


def pmf(params: MbgNbd, t: float, x: ArrayLike) -> Floats:
    """P(X(t) = x) of a new customer (BDF, HW)."""
    return coins.mass(params, t, x, _TOSSED)


def discounted_purchases(params: MbgNbd, rate: float) -> Floats:
    """Purchases to be expected of a new customer, discounted at *rate* a unit of time (continuously)."""
    return discounted(lambda t: expected_purchases(params, t), rate)


def residual_purchases(params: MbgNbd, data: Groups, rate: float) -> Floats:
    """Purchases to be expected of each group after T, discounted to T at *rate* a unit of time."""
    there = discounted(lambda t: coins.of_known(params, data, t, _TOSSED), rate)
    return alive(params, data) * there
