"""BG/NBD: who buys at random, and may leave after each further purchase.

Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way, Marketing Science 24(2):275-284 (FHL).
A customer who bought only once has had no chance to leave yet, and counts as there for certain.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from funnelkit.models.lifetime import coins
from funnelkit.models.lifetime.discounting import discounted
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats, Groups, check_repeats
from funnelkit.models.lifetime.maximise import from_groups

_TOSSED = 0


class BgNbd(coins.Coins, frozen=True):
    """r, alpha, a, b as in FHL: rates gamma(r, alpha), the chance to leave beta(a, b)."""


def fit(data: Groups) -> Fitted[BgNbd]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    check_repeats(data)
    starts = [BgNbd(*start) for start in coins.starts(data)]
    return from_groups(lambda seen: coins.scorer(seen, _TOSSED), starts, data)


def log_likelihood(params: BgNbd, data: Groups) -> float:
    """FHL equation 6, in the form of Fader and Hardie 2013 (note 027), summed over all customers."""
    return coins.scorer(data, _TOSSED)(vector(params))[0]


def expected_purchases(params: BgNbd, t: ArrayLike) -> Floats:
    """E[X(t)] of a new customer (FHL equation 9)."""
    return coins.purchases(params.r, params.alpha, params.a, params.b, t)


def alive(params: BgNbd, data: Groups) -> Floats:
    """P(alive at T | x, t_x, T) of each group (Fader and Hardie 2008, note 021)."""
    return coins.alive(params, data, _TOSSED)


def next_purchases(params: BgNbd, data: Groups, t: float) -> Floats:
    """E[Y(t) | x, t_x, T]: expected purchases of each group from T to T + t (FHL equation 10)."""
    return alive(params, data) * coins.of_known(params, data, t, _TOSSED)


def pmf(params: BgNbd, t: float, x: ArrayLike) -> Floats:
    """P(X(t) = x) of a new customer (FHL equation 8)."""
    return coins.mass(params, t, x, _TOSSED)


def discounted_purchases(params: BgNbd, rate: float) -> Floats:
    """Purchases to be expected of a new customer, discounted at *rate* a unit of time (continuously)."""
    return discounted(lambda t: expected_purchases(params, t), rate)


def residual_purchases(params: BgNbd, data: Groups, rate: float) -> Floats:
    """Purchases to be expected of each group after T, discounted to T at *rate* a unit of time."""
    there = discounted(lambda t: coins.of_known(params, data, t, _TOSSED), rate)
    return alive(params, data) * there
