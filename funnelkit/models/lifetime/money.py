"""Gamma-gamma: what customers spend on a purchase, which differs between them but not with how often they buy.

Fader and Hardie 2013, The Gamma-Gamma Model of Monetary Value (note 025, N25); Fader, Hardie and Lee 2005,
RFM and CLV: Using Iso-value Curves for Customer Base Analysis, J. of Marketing Research 42:415-430. That
spending is independent of the number of purchases is for the caller to check.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import Floats
from funnelkit.models.lifetime.maximise import Score, maximise
from funnelkit.models.lifetime.refusal import NoFitError


class Spending(Struct, frozen=True, kw_only=True, eq=False):
    """Customers who spent alike, counted: three arrays of equal length."""

    x: Floats
    """Over how many purchases the mean was taken, 1 or more."""
    mean: Floats
    """The mean amount of a purchase, above 0."""
    n: Floats
    """How many customers there are of these."""


class GammaGamma(Struct, frozen=True):
    """An amount is gamma(p, nu), nu is gamma(q, gamma): gamma has the unit of money. All above 0."""

    p: float
    q: float
    gamma: float


def spending(x: ArrayLike, mean: ArrayLike, n: ArrayLike | None = None) -> Spending:
    """Customers of *x* purchases and a *mean* amount. Raises ValueError for what the model cannot know."""
    table = [np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in (x, mean)]
    counts = np.ones_like(table[0]) if n is None else np.atleast_1d(np.asarray(n, dtype=np.float64))
    if {column.shape for column in table} != {counts.shape} or counts.ndim != 1:
        raise ValueError("x, mean and n are not of equal length")
    if not counts.size or not np.isfinite([*table, counts]).all() or (counts < 0).any():
        raise ValueError("no customers, or values that are no numbers")
    if (table[0] < 1).any() or (table[1] <= 0).any():
        raise ValueError("amounts are modelled of customers with a purchase, and above 0")
    return Spending(x=table[0], mean=table[1], n=counts)


def fit(data: Spending) -> Fitted[GammaGamma]:
    """The parameters of greatest likelihood. Raises NoFitError where the data do not hold them."""
    customers = float(data.n.sum())
    if customers < 2:
        raise NoFitError("too_few_customers", f"a model needs at least 2 customers, not {customers:g}")
    if not np.ptp(data.mean[data.n > 0]) > 0:
        raise NoFitError("all_alike", f"all {customers:g} customers spent the same")
    mean = float(data.n @ data.mean / customers)
    starts = [GammaGamma(p, q, mean * (q - 1) / p) for p, q in ((4.0, 4.0), (1.0, 3.0), (20.0, 10.0))]
    return maximise(_scorer(data), starts, customers)


def log_likelihood(params: GammaGamma, data: Spending) -> float:
    """N25 equation 1a, summed over all customers."""
    return _scorer(data)(vector(params))[0]


def mean_money(params: GammaGamma) -> float:
    """E(M): the mean amount over all customers (N25). Raises ValueError where it is infinite."""
    if params.q <= 1:
        raise ValueError(f"amounts spread so widely (q = {params.q:.3g}) that they have no mean")
    return params.p * params.gamma / (params.q - 1)


def expected_money(params: GammaGamma, x: ArrayLike, mean: ArrayLike) -> Floats:
    """E(M | mean, x): the amount to be expected of a purchase of known customers (N25 equation 5).

    Their own mean and that of all, weighted. Customers without a purchase have the mean of all. Raises
    ValueError where it is infinite.
    """
    x, mean = np.asarray(x, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    weight = params.p * x + params.q - 1
    if (weight <= 0).any():
        raise ValueError(f"amounts spread so widely (q = {params.q:.3g}) that they have no mean")
    return np.asarray(params.p * (params.gamma + np.where(x > 0, x * mean, 0.0)) / weight)


def _scorer(data: Spending) -> Score:
    """The log-likelihood of *data* and its gradient, as a function of p, q and gamma."""
    spent, total = data.x * data.mean, data.n.sum()
    log_spent = np.log(spent)
    fixed = float(data.n @ np.log(data.mean))

    def score(values: Floats) -> tuple[float, Floats]:
        p, q, gamma = values
        shape = p * data.x
        log_both = np.log(gamma + spent)
        ahead = digamma(shape + q)
        each = gammaln(shape + q) - gammaln(shape) + shape * log_spent - (shape + q) * log_both
        value = data.n @ each + total * (q * np.log(gamma) - gammaln(q)) - fixed
        slope = (
            data.n @ (data.x * (ahead - digamma(shape) + log_spent - log_both)),
            data.n @ (ahead - log_both) + total * (np.log(gamma) - digamma(q)),
            total * q / gamma - data.n @ ((shape + q) / (gamma + spent)),
        )
        return float(value), np.array(slope)

    return score
