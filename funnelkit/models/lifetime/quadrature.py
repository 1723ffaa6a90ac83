"""Integrals of the models, by rules whose error falls exponentially with the number of points.

The closed forms in the papers divide 0 by 0 at some parameters, or lose all digits in a difference of
two hypergeometric functions. The integrals they stand for are of smooth positive functions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from funnelkit.models.lifetime.groups import Floats

_U = np.arange(-208, 209) / 16
_SINH = np.sinh(_U)
_COSH = np.cosh(_U)

_LIGHTEST = 1e-18
"""Points of less weight than this, of the heaviest, are left out."""

_V = np.arange(-40, 41) / 10
_Z = np.exp(_V - np.exp(-_V))
_Z_WEIGHT = np.exp(-_Z) * _Z * (1 + np.exp(-_V)) / 10


def beta_mean(function: Callable[[Floats], Floats], a: ArrayLike, b: ArrayLike) -> Floats:
    """The mean of *function* over a share that has the beta distribution (*a*, *b*).

    The function gets the points along a new last axis. They are exact near 0 and dense there, so it may
    vary over any scale of its own. The log-odds are integrated by the trapezoidal rule after a sinh
    (Takahasi and Mori 1974, Publ. RIMS 9:721-741), centred where the distribution is.
    """
    a, b = (np.asarray(value, dtype=np.float64)[..., None] for value in (a, b))
    width = np.minimum(np.sqrt((a + b) / (a * b)), 1.5)
    odds = np.log(a / b) + width * _SINH
    share = -np.logaddexp(0.0, -odds)
    weight = a * share + b * (share - odds)
    weight = np.exp(weight - weight.max(axis=-1, keepdims=True)) * _COSH
    used = (weight > _LIGHTEST).reshape(-1, _U.size).any(axis=0)
    # Where a share is too small for a float it has no weight either, but is still divided by.
    share = np.maximum(np.exp(share[..., used]), np.finfo(np.float64).tiny)
    weight = weight[..., used]
    return np.asarray((function(share) * weight).sum(axis=-1) / weight.sum(axis=-1))


def exponential_mean(function: Callable[[float], Floats]) -> Floats:
    """The mean of *function* over a time that has the exponential distribution of mean 1.

    The function is called for one time after another (Takahasi and Mori's rule for the half line).
    """
    means = [weight * function(float(time)) for time, weight in zip(_Z, _Z_WEIGHT, strict=True)]
    return np.asarray(np.sum(means, axis=0))
