"""Limits for means and ratios of skewed money by resampling, the same on every engine.

Every row gets a weight for every replicate, which is a Poisson number of mean 1, and a replicate is
the quotient of two weighted sums. Sums add up over files, partitions and engines, and a weight
depends on nothing but the row's id and the number of the replicate. It is made of whole numbers below
2**62, which every SQL engine has:

    s = the first 15 hexadecimal digits of md5(id), as a number
    h = s % M; step = s / M, rounded down, % M; with M = 2147483647
    x = (h + replicate * step) % M
    y = x * x % M; y = y * y % M; u = y * x % M
    weight = how many of THRESHOLDS are at most u

The fifth power permutes the numbers below M, so u is as even as x, but not a straight line over the
replicates. 15 digits are 60 bits, a positive number in 64.
"""

from __future__ import annotations

import math
from hashlib import md5
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.intervals import quantile
from funnelkit.metrics.special import outside

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULUS = 2**31 - 1
"""A prime, and 5 does not divide it less 1."""
REPLICATES = 1000
"""Enough for limits at 95 %, of which 25 lie beyond on each side."""
THRESHOLDS = tuple(
    math.ceil(MODULUS * below) for below in accumulate(math.exp(-1) / math.factorial(k) for k in range(12))
)
"""The least u that has at least the weight 1, 2, ... 12."""


class Resampled(Struct, frozen=True):
    """A quotient and what resampling says of it."""

    value: float
    low: float
    high: float
    replicates: int
    """Those that had something to divide by."""


def seed(identifier: str) -> int:
    """The number, below 2**60, that stands for a row of this id.

    >>> seed("")
    955282973525019424
    """
    return int(md5(identifier.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def weight(seed: int, replicate: int) -> int:
    """How many times the row counts in *replicate*, from 0 to 12."""
    x = (seed % MODULUS + replicate * (seed // MODULUS % MODULUS)) % MODULUS
    fourth = pow(x, 4, MODULUS)
    u = fourth * x % MODULUS
    return sum(threshold <= u for threshold in THRESHOLDS)


def limits(
    top: float, bottom: float, replicates: Sequence[tuple[float, float]], level: float = 0.95
) -> Resampled:
    """Limits of top / bottom, from the weighted sums of both in each of *replicates* (Efron 1979).

    For a mean *bottom* is the number of rows, and its weighted sum the sum of weights. Percentiles of
    the replicates (type 7). Raises ValueError where there is nothing to divide by.
    """
    if not bottom:
        raise ValueError("nothing to divide by")
    found = sorted(a / b for a, b in replicates if b)
    if not found:
        raise ValueError("no replicate has anything to divide by")
    histogram = [(value, 1) for value in found]
    beyond = outside(level)
    return Resampled(top / bottom, quantile(histogram, beyond), quantile(histogram, 1 - beyond), len(found))
