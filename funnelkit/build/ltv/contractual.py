"""Customers under contract, modelled by how they renew, and looked ahead for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from funnelkit.build.ltv import choosing
from funnelkit.build.ltv import contracts as counting
from funnelkit.build.ltv.ahead import Limited
from funnelkit.build.ltv.choosing import Choice
from funnelkit.build.ltv.contracts import Contracts, Term
from funnelkit.models.lifetime import bdw, sbg
from funnelkit.models.lifetime.fitted import Fitted
from funnelkit.models.lifetime.limits import limits

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

    def payments_of_new(self) -> Limited:
        """Payments of a new customer in the time to come, the first included."""
        times = np.arange(
            max(int(np.ceil(self.asked.ahead_days / self.term.days - 1e-9)), 1), dtype=np.float64
        )
        return self._limited(lambda params: float(self.survival(times, params).sum()))

    def payments_to_come(self, key: Key) -> Limited:
        """Payments in the time to come of all who are still there."""
        there = self.counted.there(key)
        return self._to_come(list(there), list(there.values()))

    def payments_after(self, made: int) -> Limited:
        """Payments in the time to come of one who is still there after so many renewals."""
        return self._to_come([made], [1])

    def _to_come(self, renewals: Sequence[int], customers: Sequence[int]) -> Limited:
        made, n = np.array(renewals, dtype=np.float64), np.array(customers, dtype=np.float64)
        times = np.arange(1, self.terms_ahead + 1, dtype=np.float64)
        if not made.size or not times.size:
            return 0.0, 0.0, 0.0

        def total(params: Any) -> float:
            later = self.survival(made[:, None] + times, params) / self.survival(made, params)[:, None]
            return float(n @ later.sum(axis=1))

        return self._limited(total)

    def discounted_of_new(self) -> Limited | None:
        """Payments of a new customer without end, each worth less by the discount rate; None without one."""
        rate = self._rate
        if rate is None:
            return None
        model = _MODELS[self.choice.chosen.id] if self.choice.chosen else sbg
        return self._limited(lambda params: float(model.lifetime(params, rate)))

    def discounted_to_come(self, key: Key) -> Limited | None:
        """Payments without end of all who are still there, discounted to the next renewal; None without a rate."""
        rate = self._rate
        if rate is None:
            return None
        model = _MODELS[self.choice.chosen.id] if self.choice.chosen else sbg
        there = self.counted.there(key)
        return self._limited(
            lambda params: sum(
                n * float(model.residual_lifetime(params, rate, made + 1)) for made, n in there.items()
            )
        )

    @property
    def _rate(self) -> float | None:
        """The discount rate a term; None where there is none, or one so small that the sum has no end."""
        rate = self.asked.rate(self.term.days)
        return None if rate is None or rate < _LEAST_RATE else rate

    def _limited(self, function: Callable[[Any], float]) -> Limited:
        assert self.fitted is not None
        return limits(self.fitted, function)

    @property
    def _params(self) -> Any:
        assert self.fitted is not None
        return self.fitted.params


def contractual(found: Purchases, asked: Asked, term: Term, because: str) -> Contractual:
    """The customers of *found* with contracts of the *term*, modelled as *asked*."""
    until = found.as_of if asked.until is None else asked.until
    calendar = asked.request.calendar
    counted = counting.contracts(found, term, until, calendar)
    followed = counted if until == found.as_of else counting.contracts(found, term, found.as_of, calendar)
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
