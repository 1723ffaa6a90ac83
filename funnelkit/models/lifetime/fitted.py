"""What a fit gives: parameters, how sure they are, and what was checked before they were handed out."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import astuple

from funnelkit.models.lifetime.groups import Floats

P = TypeVar("P", bound=Struct)
"""The parameters of a model: a frozen Struct of positive floats."""


class Checked(Struct, frozen=True, kw_only=True):
    """What was looked at before the estimate was believed."""

    to_gain: float
    """What the log-likelihood could rise by before the last step of Newton: next to nothing at a maximum."""
    loosest: float
    """Standard error of the logarithm of the parameters, in the direction in which it is largest."""
    starts: int
    """From how many places the maximum was looked for."""
    evaluations: int
    """How often the likelihood was worked out, on the data themselves."""


class Fitted(Struct, Generic[P], frozen=True, kw_only=True, eq=False):
    """A model and its parameters of greatest likelihood."""

    params: P
    log_likelihood: float
    """Of all customers together, with the terms that do not depend on the parameters as the papers have them."""
    log_covariance: Floats
    """Of the logarithms of the parameters: the inverse of the observed information."""
    customers: int
    converged: bool
    """Whether nothing is left to gain (:attr:`Checked.to_gain`)."""
    checked: Checked

    @property
    def covariance(self) -> Floats:
        """Of the parameters themselves, in their order (at a maximum the delta method is exact)."""
        values = vector(self.params)
        return self.log_covariance * np.outer(values, values)

    @property
    def errors(self) -> P:
        """Standard errors of the parameters, named as these are."""
        return rebuilt(self.params, np.sqrt(np.diag(self.covariance)))


def vector(params: Struct) -> Floats:
    """The parameters as an array, in their order. Raises ValueError where one is not above 0."""
    values = np.array(astuple(params), dtype=np.float64)
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise ValueError(f"parameters are above 0: {params}")
    return values


def rebuilt(params: P, values: Floats) -> P:
    """Parameters of the same model with other *values*."""
    return type(params)(*map(float, values))
