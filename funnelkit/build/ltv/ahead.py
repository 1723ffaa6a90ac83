"""What is to be expected of customers in a time to come: purchases and money, with the limits of the estimate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec import Struct
from scipy.special import expit, logit

from funnelkit.build.ltv import histories, silent
from funnelkit.build.ltv.first import First
from funnelkit.build.ltv.histories import Histories
from funnelkit.build.ltv.money import Amounts
from funnelkit.models.lifetime.fitted import Fitted, rebuilt, vector
from funnelkit.models.lifetime.groups import Floats, Groups, groups
from funnelkit.models.lifetime.limits import limits

Limited = tuple[float, float, float]
"""A value and its lower and upper 95 % limit."""
_STEP = 1e-3
_LEAST = 1e-15
_Z = 1.959963984540054
_FINE, _COARSE = 24, 6


class Expecting(Struct, frozen=True, kw_only=True):
    """A fitted model, the amounts that go with it, and the unit that its times are in."""

    id: str
    fitted: Fitted[Any]
    amounts: Amounts
    days: float
    """So many days make the unit; 1 for set occasions, which are counted."""
    ahead: float
    """So many units are looked ahead."""
    rate: float | None
    """What a later purchase is worth less by, a unit; of occasions as 1 / (1 + rate), else continuously."""
    missed: float = 0.0
    """By how much the model missed what was held out: limits of what is to come are widened by it, as a logarithm."""

    def purchases(self, found: Histories, params: Any = None) -> Floats:
        """Of each customer of each group in the time to come."""
        model, time = silent.MODELS[self.id], self._ahead
        return self._to_come(found, params, lambda at, alike: model.next_purchases(at, alike, time))

    def alive(self, found: Histories, params: Any = None) -> Floats:
        """P(alive) of each group."""
        return silent.MODELS[self.id].alive(params or self.fitted.params, found.groups(self.days))

    def total_purchases(self, found: Histories) -> Limited:
        """Of all customers together in the time to come."""
        return self._widened(
            estimated(self.fitted, lambda params: float(found.n @ self.purchases(found, params)))
        )

    def total_alive(self, found: Histories) -> Limited:
        """How many customers are still there; limits of their share, so that no more than all are."""
        n = float(found.n.sum())
        several = estimated(
            self.fitted, lambda params: float(found.n @ self.alive(found, params)) / n, share=True
        )
        value, low, high = (n * each for each in several)
        return value, low, high

    def total_value(self, found: Histories) -> Limited:
        """What all customers together bring in the time to come."""
        return self._value(lambda params: self.purchases(found, params), found)

    def total_residual(self, found: Histories) -> Limited | None:
        """What all customers together bring from now on, discounted; None without a rate."""
        if self.rate is None:
            return None
        rate, model = self.rate, silent.MODELS[self.id]

        def to_come(of: Histories, params: Any) -> Floats:
            return self._to_come(of, params, lambda at, alike: model.residual_purchases(at, alike, rate))

        # An integral over all time takes long: the estimate is of few ages, its limits of fewer.
        fine, coarse = histories.of_few_ages(found, _FINE), histories.of_few_ages(found, _COARSE)
        value, *_ = self._value(lambda params: to_come(fine, params), fine, limited=False)
        rough, low, high = self._value(lambda params: to_come(coarse, params), coarse)
        return value, value * low / rough, value * high / rough

    def new_purchases(self) -> Limited:
        """Of a new customer after the first one, in the time to come."""
        return self._widened(estimated(self.fitted, self._of_new))

    def new_value(self, first: First) -> Limited:
        """What a new customer brings, whose first purchase brings *first*."""
        return first.plus(self._new(self._of_new), self.amounts.of_new())

    def new_discounted(self, first: First) -> Limited | None:
        """The same without end, discounted."""
        if self.rate is None:
            return None
        rate, model = self.rate, silent.MODELS[self.id]
        later = self._new(lambda params: float(model.discounted_purchases(params, rate)))
        return first.plus(later, self.amounts.of_new())

    def each(self, of: Callable[[Any], Floats], *, share: bool = False) -> tuple[Floats, Floats, Floats]:
        """*of* the parameters for each of many, with its limits: in logarithms, of a *share* in log-odds."""
        return _each(self.fitted, of, share, 0.0 if share else self.missed)

    def each_amount(self, found: Histories) -> tuple[Floats, Floats, Floats]:
        """What a purchase to come of each group brings, with its limits."""
        amounts = self.amounts
        if amounts.params is None or amounts.tried.fitted is None:
            known = amounts.of(found)
            return known, known, known
        return _each(amounts.tried.fitted, lambda params: amounts.of(found, params), False, 0.0)

    def _widened(self, found: Limited) -> Limited:
        value = found[0]
        if not (self.missed and value > 0):
            return found
        return joined(found, (value, value * math.exp(-self.missed), value * math.exp(self.missed)))

    @property
    def _ahead(self) -> Any:
        return round(self.ahead) if self.id == "bgbb" else self.ahead

    def _to_come(self, found: Histories, params: Any, of: Callable[[Any, Groups], Floats]) -> Floats:
        """*of* each group. Once they are there, customers of one age who bought equally often are alike, so few are asked for."""
        params = params or self.fitted.params
        model, data = silent.MODELS[self.id], found.groups(self.days)
        pairs, place = np.unique(np.column_stack((data.x, data.T)), axis=0, return_inverse=True)
        x, age = pairs.T
        alike = groups(x, np.where(x > 0, age, 0.0), age)
        there = of(params, alike) / model.alive(params, alike)
        return np.asarray(model.alive(params, data) * there[place])

    def _of_new(self, params: Any) -> float:
        return float(silent.expected(self.id, params, np.array([float(self._ahead)]))[0])

    def _value(
        self, purchases: Callable[[Any], Floats], found: Histories, *, limited: bool = True
    ) -> Limited:
        """Purchases times money, whose limits come from two fits that know nothing of each other."""
        each = self.amounts.of(found)
        if not limited:
            value = float(each @ purchases(self.fitted.params))
            return value, value, value
        by_purchases = self._widened(estimated(self.fitted, lambda params: float(each @ purchases(params))))
        spent = self.amounts.params
        if spent is None or self.amounts.tried.fitted is None or not by_purchases[0] > 0:
            return by_purchases
        bought = purchases(self.fitted.params)
        by_money = estimated(
            self.amounts.tried.fitted, lambda params: float(self.amounts.of(found, params) @ bought)
        )
        return joined(by_purchases, by_money)

    def _new(self, purchases: Callable[[Any], float]) -> Limited:
        amount = self.amounts.of_new()
        by_purchases = self._widened(estimated(self.fitted, lambda params: amount * purchases(params)))
        if self.amounts.params is None or self.amounts.tried.fitted is None:
            return by_purchases
        bought = purchases(self.fitted.params)
        by_money = estimated(self.amounts.tried.fitted, lambda params: self.amounts.of_new(params) * bought)
        return joined(by_purchases, by_money)


def estimated(fitted: Fitted[Any], function: Callable[[Any], float], *, share: bool = False) -> Limited:
    """*function* of the parameters with its limits; the same three times where it is 0, a *share* of 1, or cannot vary."""
    value = function(fitted.params)
    if not 0 < value < (1 if share else np.inf):
        return value, value, value
    try:
        return limits(fitted, function, share=share)
    except ValueError:
        # Beside the estimate there is no value: amounts without a mean, a share of all.
        return value, 0.0, 1.0 if share else float("inf")


def joined(one: Limited, other: Limited) -> Limited:
    """The limits of a product, of which each of two estimates that are independent moves one factor."""
    value, *_ = one
    up = np.hypot(np.log(one[2] / value), np.log(other[2] / value))
    down = np.hypot(
        np.log(value / one[1]) if one[1] else np.inf, np.log(value / other[1]) if other[1] else np.inf
    )
    return value, float(value * np.exp(-down)), float(value * np.exp(up))


def _each(
    fitted: Fitted[Any], of: Callable[[Any], Floats], share: bool, missed: float
) -> tuple[Floats, Floats, Floats]:
    """*of* the parameters with its limits, by the delta method, and wider by what was *missed*."""
    place = np.log(vector(fitted.params))

    def scaled(at: Floats) -> Floats:
        found = of(rebuilt(fitted.params, np.exp(at)))
        if share:
            return np.asarray(logit(np.clip(found, _LEAST, 1 - _LEAST)))
        return np.asarray(np.log(np.maximum(found, _LEAST)))

    middle = scaled(place)
    shifts = np.eye(place.size) * _STEP
    slopes = np.array([(scaled(place + by) - scaled(place - by)) / (2 * _STEP) for by in shifts])
    spread = np.einsum("ig,ij,jg->g", slopes, fitted.log_covariance, slopes)
    half = np.hypot(_Z * np.sqrt(np.maximum(spread, 0.0)), missed)
    back = expit if share else np.exp
    return of(fitted.params), back(middle - half), back(middle + half)
