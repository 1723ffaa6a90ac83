"""What customers spend on a purchase: by Gamma-Gamma where the amounts allow it, else the plain mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from funnelkit.build.ltv.histories import Histories
from funnelkit.build.ltv.silent import Tried, tried
from funnelkit.models.lifetime import money
from funnelkit.models.lifetime.groups import Floats
from funnelkit.models.lifetime.money import GammaGamma, Spending


class Amounts(Struct, frozen=True, kw_only=True):
    """What is known of the amounts of purchases after the first."""

    tried: Tried
    mean: float | None
    """Of a purchase after the first, over all of them; None where there are none, or they brought nothing."""
    repeaters: int
    """Customers who bought again and brought something by it."""
    worthless: int
    """Those who brought nothing by it, or less than nothing: they are left out of the model."""
    correlation: float | None
    """Of how often customers bought again and what they spent on average: the model takes it for 0."""

    @property
    def params(self) -> GammaGamma | None:
        """The parameters of the model, where it has a mean."""
        found = self.tried.fitted.params if self.tried.fitted else None
        return found if found is not None and found.q > 1 else None

    def of_new(self, params: GammaGamma | None = None) -> float:
        """What a purchase of a new customer brings, by *params* where the model holds."""
        params = params or self.params
        return money.mean_money(params) if params else self.mean or 0.0

    def of(self, found: Histories, params: GammaGamma | None = None) -> Floats:
        """What a purchase to come of each customer brings, added up over the customers of each group.

        For equal numbers of purchases the model's expectation is linear in what was spent, so sums are enough.
        """
        params = params or self.params
        if params is None:
            return found.n * (self.mean or 0.0)
        weight = params.p * found.x + params.q - 1
        spent = np.where(found.x > 0, found.spent, 0.0)
        return np.asarray(np.maximum(params.p * (params.gamma * found.n + spent) / weight, 0.0))


def amounts(rows: Sequence[tuple[Any, ...]], unit: int) -> Amounts:
    """From rows of x, what was brought by it in parts of *unit*, and how many customers there are of these."""
    if not rows:
        none = Tried(id="money", reason="nobody_repeats", message="nobody bought a second time")
        return Amounts(tried=none, mean=None, repeaters=0, worthless=0, correlation=None)
    x, spent, n = np.array([row[-3:] for row in rows], dtype=np.float64).T
    spent = spent / unit
    good = spent > 0
    mean = float(n @ spent / (n @ x))
    return Amounts(
        tried=_fitted(x[good], spent[good], n[good]),
        mean=mean if mean > 0 else None,
        repeaters=round(float(n[good].sum())),
        worthless=round(float(n[~good].sum())),
        correlation=_correlation(x[good], spent[good] / x[good], n[good]),
    )


def _fitted(x: Floats, spent: Floats, n: Floats) -> Tried:
    if not x.size:
        return Tried(
            id="money", reason="nobody_repeats", message="no purchase after the first brought anything"
        )
    found = tried("money", money.fit, _spending(x, spent / x, n))
    if found.fitted and found.fitted.params.q <= 1:
        q = found.fitted.params.q
        return Tried(
            id="money",
            reason="no_mean",
            message=f"amounts spread so widely (q = {q:.2g}) that they have no mean",
        )
    return found


def _spending(x: Floats, mean: Floats, n: Floats) -> Spending:
    return money.spending(x, mean, n)


def _correlation(x: Floats, mean: Floats, n: Floats) -> float | None:
    total = n.sum()
    if total < 3:
        return None
    x, mean = x - n @ x / total, mean - n @ mean / total
    spread = (n @ x**2) * (n @ mean**2)
    return float(n @ (x * mean) / np.sqrt(spread)) if spread > 0 else None
