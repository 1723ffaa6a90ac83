"""What purchases yet to come are worth now, when a later one is worth less."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from funnelkit.models.lifetime.groups import Floats
from funnelkit.models.lifetime.quadrature import exponential_mean


def discounted(expected: Callable[[float], Floats], rate: float) -> Floats:
    """The integral of exp(-rate t) over the purchases that *expected* counts up to t.

    *rate* is continuous, a unit of time: ln(1 + d) / 52 a week for d a year. Integrated by parts it is
    the mean of *expected* over an exponential time of mean 1 / rate. Raises ValueError where *rate* is
    not above 0: undiscounted, all purchases to come may be infinitely many.
    """
    check_rate(rate)
    return exponential_mean(lambda time: expected(time / rate))


def stream(leaves: Floats, rate: float) -> Floats:
    """What a payment now and after each period that is stayed for is worth, at a chance to leave.

    Each payment is worth 1 / (1 + rate) of the one before. Raises ValueError where *rate* is not above 0.
    """
    check_rate(rate)
    return (1 + rate) / (rate + leaves)


def check_rate(rate: float) -> None:
    """Raise ValueError for a *rate* at which a sum without end may have no value."""
    if not (rate > 0 and np.isfinite(rate)):
        raise ValueError(f"a discount rate is above 0, not {rate}")
