"""Contracts of several terms: each term is modelled by itself, and the customers of all are put together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.ltv.contractual import contractual

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Limited
    from funnelkit.build.ltv.contracts import Term
    from funnelkit.build.ltv.contractual import Contractual
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.build.ltv.request import Asked

_Z = 1.959963984540054


class Mixture(Struct, frozen=True):
    """The customers of each term, those of the most frequent one first."""

    several: tuple[Contractual, ...]
    beside: bool = False
    """Whether this is one of several terms, of which another has a model."""

    @property
    def main(self) -> Contractual:
        """Those of the most frequent term."""
        return self.several[0]

    @property
    def fitted(self) -> Sequence[Contractual]:
        """The terms that have a model."""
        return [one for one in self.several if one.fitted is not None]

    @property
    def told(self) -> Sequence[Contractual]:
        """The terms of which the value of a new customer is known: by a model or, beside one that has, by what was seen."""
        return [
            one for one in self.several if (self.fitted or self.beside) and one.value_of_new() is not None
        ]

    @property
    def left_out(self) -> int:
        """Customers of whose value nothing is said."""
        everybody = self.main.customers + self.main.counted.others
        return everybody - sum(one.customers for one in self.told)

    def of_new(self, value: Callable[[Contractual], Limited]) -> Limited:
        """*value* of a new customer of each term, weighted by the customers that each has: what the next one has is not sure."""
        return _mean([(value(one), one.customers) for one in self.told], drawn=True)

    def of_present(self, value: Callable[[Contractual], Limited]) -> Limited:
        """*value* of all present customers of each term, a present customer."""
        there = sum(one.present for one in self.fitted)
        each = [(_over(value(one), one.present), one.present) for one in self.fitted if one.present]
        return _mean(each, drawn=False) if there else (0.0, 0.0, 0.0)


def mixture(found: Purchases, asked: Asked, terms: Sequence[Term], because: str) -> Mixture:
    """The customers of *found* with contracts of each of *terms*, modelled as *asked*.

    Beside the first of them a term is modelled where it has as many customers as an estimate needs.
    """
    several = [contractual(found, asked, term, because) for term in terms]
    most, *others = several
    return Mixture((most, *(one for one in others if one.customers >= asked.request.min_n)))


def _over(found: Limited, n: int) -> Limited:
    value, low, high = found
    return value / n, low / n, high / n


def _mean(several: Sequence[tuple[Limited, int]], *, drawn: bool) -> Limited:
    """The mean by numbers of customers, and its limits: fits know nothing of each other, and shares may be *drawn* by chance."""
    if len(several) == 1:
        return several[0][0]
    total = sum(n for _, n in several)
    mean = sum(found[0] * n for found, n in several) / total
    shares = _Z**2 * sum(n * (found[0] - mean) ** 2 for found, n in several) / total**2 if drawn else 0.0
    down = sum((n / total * (value - low)) ** 2 for (value, low, _), n in several)
    up = sum((n / total * (high - value)) ** 2 for (value, _, high), n in several)
    return mean, mean - math.sqrt(down + shares), mean + math.sqrt(up + shares)
