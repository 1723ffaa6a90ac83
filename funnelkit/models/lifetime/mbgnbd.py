"""MBG/NBD: as BG/NBD, but one may leave right after the first purchase, too.

Batislam, Denizel and Filiztekin 2007, Empirical validation and comparison of models for customer base
analysis, Int. J. of Research in Marketing 24:201-209 (BDF); Hoppe and Wagner 2007, Customer base analysis:
the case for a central variant of the Betageometric/NBD model, Marketing JRM 3:75-90 (HW).
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
    "MbgNbd",
    "alive",
    "discounted_purchases",
    "expected_purchases",
    "fit",
    "log_likelihood",
    "next_purchases",
    "pmf",
    "residual_purchases",
]


class MbgNbd(Coins, frozen=True):
    """r, alpha, a, b as in BDF: rates gamma(r, alpha), the chance to leave beta(a, b)."""

    tossed: ClassVar[int] = 1


def fit(data: Groups) -> Fitted[MbgNbd]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    return fitted(MbgNbd, data)
