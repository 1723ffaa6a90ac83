"""Customers under contract, modelled by how they renew, and looked ahead for."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from funnelkit.build.ltv import choosing, observed
from funnelkit.build.ltv import contracts as counting
from funnelkit.build.ltv.ahead import Limited, estimated, joined
from funnelkit.build.ltv.choosing import Choice
from funnelkit.build.ltv.contracts import Contracts, Term
from funnelkit.models.lifetime import bdw, sbg
from funnelkit.models.lifetime.fitted import Fitted

if TYPE_CHECKING:
    from funnelkit.build.ltv.histories import Key
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.build.ltv.request import Asked
    from funnelkit.models.lifetime.groups import Floats

_MODELS: dict[str, ModuleType] = {"sbg": sbg, "bdw": bdw}
_LEAST_RATE = 1e-5
_FURTHER = 12
"""Renewals that the fitted curve is told of beyond those that were seen."""


class Step(Struct, frozen=True, kw_only=True):
    """One renewal."""

    at: int
    risk: float
    """Customers whose contract came up for it."""
    kept: float
    survival: float | None
    """The share of all customers that is left after it, of those who were followed so far; None where nobody was."""
    later: float | None
    """The same with what was held out."""
    fitted: float | None


class Contractual(Struct, frozen=True, kw_only=True):
    """What was counted and fitted."""

    asked: Asked
    until: int
    by: tuple[str, ...]
    unit: int
    """So many of the smallest unit of money are one of the currency."""
    term: Term
    because: str
    counted: Contracts
    followed: Contracts
    """With what was held out."""
    choice: Choice

    @property
    def fitted(self) -> Fitted[Any] | None:
        """The fit that is used."""
        return self.choice.chosen.fitted if self.choice.chosen else None

    @property
    def customers(self) -> int:
        """How many have contracts of the term."""
        return sum(self.counted.counts[()].values())

    @property
    def present(self) -> int:
        """How many of them have not left."""
        return sum(self.counted.there(()).values())

    @property
    def terms_ahead(self) -> int:
        """Renewals that come up in the time that is looked ahead."""
        return int(self.asked.ahead_days / self.term.days + 1e-9)

    def survival(self, t: Any, params: Any = None) -> Floats:
        """The share that is left after *t* renewals, by the model."""
        assert self.choice.chosen is not None
        found: Floats = _MODELS[self.choice.chosen.id].survival(params or self._params, t)
        return found

    def steps(self) -> list[Step]:
        """Every renewal that came up, and some to come."""
        data, later = self.counted.survivors(()), self.followed.survivors(())
        seen, known = _products(data.kept, data.lost), _products(later.kept, later.lost)
        count = len(known) + (_FURTHER if self.fitted else 0)
        return [
            Step(
                at=t,
                risk=float(data.kept[t - 1] + data.lost[t - 1]) if t <= data.kept.size else 0.0,
                kept=float(data.kept[t - 1]) if t <= data.kept.size else 0.0,
                survival=seen[t - 1] if t <= len(seen) else None,
                later=known[t - 1] if t <= len(known) else None,
                fitted=float(self.survival(t)) if self.fitted else None,
            )
            for t in range(1, count + 1)
        ]

    def value_of_new(self) -> Limited | None:
        """What a new customer brings in the time to come, the first payment included.

        Without a model by what was seen of renewals; None where that does not reach so far.
        """
        times = np.arange(
            max(int(np.ceil(self.asked.ahead_days / self.term.days - 1e-9)), 1), dtype=np.float64
        )
        pays = self.counted.prices.at(times)
        if self.fitted is None:
            found = observed.value(self.counted.survivors(()), pays, self.asked.request.min_n)
            return None if found is None else self._priced(found, ())
        return self._priced(
            estimated(self.fitted, lambda params: float(pays @ self.survival(times, params))), ()
        )

    def value_to_come(self, key: Key) -> Limited:
        """What all who are still there bring in the time to come."""
        there = self.counted.there(key)
        return self._priced(self._to_come(list(there), list(there.values()), priced=True), key)

    def payments_after(self, made: int) -> Limited:
        """Payments in the time to come of one who is still there after so many renewals."""
        return self._to_come([made], [1], priced=False)

    def value_after(self, made: int) -> Limited:
        """What such a customer brings in that time."""
        return self._priced(self._to_come([made], [1], priced=True), ())

    def _priced(self, found: Limited, key: Key) -> Limited:
        """*found* at the level of a group's payments, whose limits know nothing of how customers renew."""
        of, low, high = found
        level, least, most = self.counted.prices.levels[key]
        value = of * level
        if not value > 0:
            return value, value, value
        return joined((value, low * level, high * level), (value, of * least, of * most))

    def _to_come(self, renewals: Sequence[int], customers: Sequence[int], *, priced: bool) -> Limited:
        made, n = np.array(renewals, dtype=np.float64), np.array(customers, dtype=np.float64)
        times = np.arange(1, self.terms_ahead + 1, dtype=np.float64)
        if not made.size or not times.size:
            return 0.0, 0.0, 0.0

        pays = self.counted.prices.at(made[:, None] + times) if priced else 1.0

        def total(params: Any) -> float:
            later = self.survival(made[:, None] + times, params) / self.survival(made, params)[:, None]
            return float(n @ (later * pays).sum(axis=1))

        return estimated(self._fit, total)

    def discounted_of_new(self) -> Limited | None:
        """What a new customer brings without end, each payment worth less by the discount rate; None without one."""
        rate, known = self._rate, self.counted.prices
        if rate is None:
            return None
        model = _MODELS[self.choice.chosen.id] if self.choice.chosen else sbg
        ages = np.arange(known.above.size, dtype=np.float64)
        above = known.above / (1 + rate) ** ages

        def total(params: Any) -> float:
            return known.last * float(model.lifetime(params, rate)) + float(
                above @ self.survival(ages, params)
            )

        return self._priced(estimated(self._fit, total), ())

    def discounted_to_come(self, key: Key) -> Limited | None:
        """What all who are still there bring without end, discounted to the next renewal; None without a rate."""
        rate, known = self._rate, self.counted.prices
        if rate is None:
            return None
        model = _MODELS[self.choice.chosen.id] if self.choice.chosen else sbg
        there = self.counted.there(key)

        def one(params: Any, made: int) -> float:
            ages = np.arange(made + 1, known.above.size, dtype=np.float64)
            later = (
                self.survival(ages, params) / self.survival(made, params) / (1 + rate) ** (ages - made - 1)
            )
            every = known.last * float(model.residual_lifetime(params, rate, made + 1))
            return every + float(known.above[made + 1 :] @ later)

        found = estimated(self._fit, lambda params: sum(n * one(params, made) for made, n in there.items()))
        return self._priced(found, key)

    @property
    def _rate(self) -> float | None:
        """The discount rate a term; None where there is none, or one so small that the sum has no end."""
        rate = self.asked.rate(self.term.days)
        return None if rate is None or rate < _LEAST_RATE else rate

    @property
    def _fit(self) -> Fitted[Any]:
        assert self.fitted is not None
        return self.fitted

    @property
    def _params(self) -> Any:
        return self._fit.params


def contractual(found: Purchases, asked: Asked, term: Term, because: str) -> Contractual:
    """The customers of *found* with contracts of the *term*, modelled as *asked*."""
    until = found.as_of if asked.until is None else asked.until
    calendar, least = asked.request.calendar, asked.request.min_n
    counted = counting.contracts(found, term, until, calendar, least)
    followed = counted
    if until != found.as_of:
        followed = counting.contracts(found, term, found.as_of, calendar, least)
    return Contractual(
        asked=asked,
        until=until,
        by=found.by,
        unit=found.unit,
        term=term,
        because=because,
        counted=counted,
        followed=followed,
        choice=choosing.of_contract(asked, counted.survivors(())),
    )


def _products(kept: Floats, lost: Floats) -> Sequence[float]:
    """The shares that are left, renewal by renewal (Kaplan and Meier 1958)."""
    risk = kept + lost
    return [float(v) for v in np.cumprod(np.divide(kept, risk, out=np.ones_like(risk), where=risk > 0))]
