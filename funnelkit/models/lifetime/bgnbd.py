"""BG/NBD: who buys at random, and may leave after each further purchase.

Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way, Marketing Science 24(2):275-284 (FHL).
The likelihood is FHL equation 6 in the form of Fader and Hardie 2013 (note 027), P(alive) that of their note 021
(2008), the pmf FHL equation 8, E[X(t)] equation 9, and the conditional expectation equation 10.
A customer who bought only once has had no chance to leave yet, and counts as there for certain.
"""

from __future__ import annotations

from typing import ClassVar

from funnelkit.models.lifetime.coins import (
    Coins,
    alive,
    discounted_purchases,
    expected_purchases,
    fitted,
    log_likelihood,
    next_purchases,
    pmf,
    residual_purchases,
)
from funnelkit.models.lifetime.fitted import Fitted
from funnelkit.models.lifetime.groups import Groups

__all__ = [
    "BgNbd",
    "alive",
    "discounted_purchases",
    "expected_purchases",
    "fit",
    "log_likelihood",
    "next_purchases",
    "pmf",
    "residual_purchases",
]


class BgNbd(Coins, frozen=True):
    """r, alpha, a, b as in FHL: rates gamma(r, alpha), the chance to leave beta(a, b)."""

    tossed: ClassVar[int] = 0


def fit(data: Groups) -> Fitted[BgNbd]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    return fitted(BgNbd, data)
