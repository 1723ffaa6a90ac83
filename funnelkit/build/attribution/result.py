"""All that the tables and sentences are made of: journeys, credit by model, spend, and the groups that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.attribution.request import UNTOUCHED
from funnelkit.dimensions import NO_LEAD
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import Reason
from funnelkit.models.attribution.agreement import Agreement, agreement
from funnelkit.statistics.intervals import wilson

if TYPE_CHECKING:
    from funnelkit.build.attribution.conversions import Conversions
    from funnelkit.build.attribution.given import Model
    from funnelkit.build.attribution.journeys import Journeys
    from funnelkit.build.attribution.request import Asked
    from funnelkit.build.attribution.spending import Spending
    from funnelkit.models.attribution.credit import Credit

GROUPS = 20
"""So many groups are shown unless said; the others are one row."""
_OF_SEVERAL = Reason("of_several", "a sum of several groups")
_UNSQUARED = Reason("in_sum_only", "what single conversions bring by this model is known as a sum alone")
_UNEARNED = Reason("no_cases", "it was given nothing, and what a conversion would bring it nobody knows")
_UNRESAMPLED = Reason("too_many_paths", "there are too many paths to draw them again")


class Result(Struct, frozen=True, kw_only=True, dict=True):
    """What was asked, and what was found."""

    asked: Asked
    conversions: Conversions
    journeys: Journeys
    models: Sequence[Model]
    spending: Spending

    @cached_property
    def given(self) -> Mapping[str, Credit]:
        """The credit by those models that give any."""
        return {model.name: model.credit for model in self.models if model.credit}

    @property
    def beside(self) -> Sequence[Model]:
        """The models with a column: those that give, and those that somebody asked for by name."""
        return [model for model in self.models if model.credit or self.asked.named]

    @cached_property
    def alike(self) -> bool:
        """Whether all models must say the same, since no path has a second touch."""
        return all(len(path.channels) < 2 for path in self.journeys.orders)

    @property
    def main(self) -> Model:
        """The first model that gives credit."""
        return next(model for model in self.models if model.credit)

    @cached_property
    def groups(self) -> Sequence[str]:
        """All that touched anybody or cost anything: what the main model gives most to comes first."""
        earned = self.given[self.main.name].conversions
        names = {*earned, *self.spending.cost}
        money = self.money(self.main) or {}
        return sorted(names, key=lambda name: (-earned.get(name, Fraction(0)), -money.get(name, 0), name))

    @property
    def shown(self) -> Sequence[str]:
        """The groups with a row of their own."""
        return self.groups[: self.asked.request.top or GROUPS]

    @property
    def rest(self) -> Sequence[str]:
        """The others, which together are one row."""
        return self.groups[len(self.shown) :]

    @property
    def rows(self) -> list[tuple[str, Sequence[str]]]:
        """What each row is called, and the groups it is of."""
        rest = [(f"({len(self.rest):,} others)", self.rest)] if self.rest else []
        return [*((name, [name]) for name in self.shown), *rest]

    @cached_property
    def touched(self) -> int:
        """The conversions with any touch."""
        return self.conversions.total - self.journeys.untouched.converted

    @cached_property
    def agreement(self) -> Agreement:
        """How far the models agree."""
        return agreement({name: credit.conversions for name, credit in self.given.items()})

    def credit(self, model: Model, names: Sequence[str]) -> Cell:
        """The conversions that *model* gives to *names* together."""
        if model.credit is None:
            assert model.reason
            return Cell(value=None, reason=model.reason.code, message=model.reason.message)
        amount = sum((model.credit.conversions.get(name, Fraction(0)) for name in names), Fraction(0))
        return self._limited(model, names, float(amount), self.conversions.total)

    def share(self, model: Model, names: Sequence[str]) -> Cell:
        """The same as a share of all conversions, those without a touch among them."""
        assert model.credit
        amount = sum((model.credit.conversions.get(name, Fraction(0)) for name in names), Fraction(0))
        return self._limited(model, names, float(amount / self.conversions.total), 1)

    def _limited(self, model: Model, names: Sequence[str], value: float, times: int) -> Cell:
        """*value* of *names*, with the limits of its share *times* so much."""
        n = self.conversions.total
        known = [model.limits[name] for name in names if name in model.limits] if model.limits else []
        if len(names) == 1 and len(known) == 1:
            low, high = known[0]
            limits = min(low * times, value), max(high * times, value)
            return Cell(value=value, n=n, interval=limits, interval_type=model.limited)
        if len(names) == 1 and model.limits is not None:
            # It cost something and touched nobody: none of all conversions.
            return binomial(0, n, times)
        return Cell(value=value, n=n, unlimited=_OF_SEVERAL if len(names) > 1 else _UNRESAMPLED)

    def money(self, model: Model) -> Mapping[str, int] | None:
        """What *model* gives each group in the smallest unit, whole and without loss; None where it gives nothing."""
        return model.credit.money if model.credit and self.conversions.unit else None

    def value(self, model: Model, names: Sequence[str]) -> Cell:
        """The money that *model* gives to *names* together, in the currency."""
        assert self.conversions.unit
        money, unit, n = self.money(model) or {}, self.conversions.unit, self.conversions.total
        amount = sum(money.get(name, 0) for name in names) / unit
        if len(names) == 1 and names[0] in model.money:
            low, high = (round(limit) / unit for limit in model.money[names[0]])
            return Cell(value=amount, n=n, interval=(low, high), interval_type="t")
        reason = _UNSQUARED if amount else _UNEARNED
        return Cell(value=amount, n=n, unlimited=_OF_SEVERAL if len(names) > 1 else reason)

    @property
    def alone(self) -> str:
        """What those are called of whom nothing is known that could be given credit."""
        return UNTOUCHED if self.journeys.whole else NO_LEAD

    def reached(self, name: str) -> int:
        """The conversions that *name* touched at any time, whatever else did."""
        orders = self.journeys.orders.items()
        return sum(tally.converted for path, tally in orders if name in path.channels)


def binomial(count: int, n: int, times: int = 1) -> Cell:
    """*count* of *n*, with Wilson's limits; as a share of *times* = 1, else as so many."""
    low, high = wilson(count, n)
    value = count / n * times if times == 1 else count
    return Cell(value=value, n=n, interval=(low * times, high * times), interval_type="wilson")
