"""How many of several deals are won, each with a probability of its own: the Poisson-binomial law."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

EXACT_UP_TO = 1000
"""Deals up to which the law is added up exactly; beyond, the normal law is as good and faster."""


def number_law(groups: Sequence[tuple[int, float]]) -> np.ndarray:
    """The probability of 0, 1, 2, ... wins from *groups* of so many deals with one probability each.

    The law of a sum is the convolution of the laws of its parts, here binomial ones.
    """
    law = np.ones(1)
    for deals, p in groups:
        law = np.convolve(law, _binomial(deals, p))
    return law


def mixed_law(groups: Sequence[tuple[int, float, float]]) -> np.ndarray:
    """The same where each probability is only estimated, the third number being its standard error.

    The estimates are moved up or down together, by normal deviates from -4 to 4 in steps of a fifth (the
    trapezoidal rule); errors that are not wholly shared must come reduced to what is.
    """
    places = np.arange(-20, 21) / 5
    weights = np.exp(-(places**2) / 2)
    laws = [
        weight * number_law([(n, min(1.0, max(0.0, p + place * error))) for n, p, error in groups])
        for place, weight in zip(places.tolist(), (weights / weights.sum()).tolist(), strict=True)
    ]
    mixed: np.ndarray = np.sum(laws, axis=0)
    return mixed


def quantile(law: np.ndarray, share: float) -> int:
    """The least number of wins that is not exceeded with at least the probability *share*."""
    return min(int(np.searchsorted(np.cumsum(law), share - 1e-12)), len(law) - 1)


def _binomial(n: int, p: float) -> np.ndarray:
    if p in (0.0, 1.0):
        return np.array([float(k == n * p) for k in range(n + 1)])
    start = math.lgamma(n + 1)
    logs = [
        start - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)
        for k in range(n + 1)
    ]
    return np.exp(logs)
