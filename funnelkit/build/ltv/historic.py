"""What customers have brought by age, in months since their first purchase: sums that the engine adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.build.ltv import spread
from funnelkit.build.ltv.histories import Key
from funnelkit.build.ltv.pieces import Pieces, pieces
from funnelkit.build.ltv.purchases import CUSTOMER, DAY, FIRST, NET
from funnelkit.statistics.moments import NONE, Moments

if TYPE_CHECKING:
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.periods import Calendar

MILESTONES = (0, 1, 2, 3, 6, 9, 12, 18, 24, 36, 48, 60, 84, 120)
"""The ages in months that are told of; a customer's own month of the first purchase is age 0."""
_AT, COHORT, AGE = "_at", "_cohort", "_age"
"""Columns: the months of a purchase and of the first one, and how far these are apart."""


class Historic(Struct, frozen=True, kw_only=True):
    """What was counted, by group of customers, month of the first purchase and age."""

    months: Pieces
    sizes: Mapping[Key, Mapping[int, int]]
    """How many customers each month's cohort has."""
    brought: Mapping[Key, Mapping[tuple[int, int], int]]
    """(cohort, age) -> what they brought at that age, in the smallest unit."""
    moments: Mapping[Key, Mapping[tuple[int, int], Moments]]
    """(cohort, age) -> of what each had brought up to that age, for the ages that are told of."""
    unit: int
    told: Sequence[int]
    """The ages that are told of."""

    def age(self, cohort: int) -> int:
        """How many whole months all of *cohort* have behind them after the first; below 0 where not even that."""
        return self.months.whole - cohort

    def old(self, key: Key, age: int, among: range | None = None) -> list[int]:
        """The cohorts of a group, all or *among* some, that have the whole *age* behind them."""
        known = self.sizes.get(key, {})
        return [c for c in sorted(known) if self.age(c) >= age and (among is None or c in among)]

    def customers(self, key: Key, cohorts: Sequence[int]) -> int:
        """How many customers *cohorts* have."""
        return sum(self.sizes[key][c] for c in cohorts)

    def value(self, key: Key, cohorts: Sequence[int], age: int) -> float:
        """What a customer of *cohorts* has brought up to the end of *age*, in the currency."""
        found = self.brought[key]
        total = sum(found.get((c, a), 0) for c in cohorts for a in range(age + 1))
        return total / (self.unit * self.customers(key, cohorts))

    def spread(self, key: Key, cohorts: Sequence[int], age: int) -> Moments:
        """The moments of what each customer had brought up to *age*, one of those that are told of."""
        return sum((self.moments[key].get((c, age), NONE) for c in cohorts), NONE)

    def ages(self, key: Key, least: int = 1) -> Iterator[int]:
        """The ages to tell of that at least so many customers have behind them."""
        yield from (age for age in self.told if self.customers(key, self.old(key, age)) >= least)


def historic(found: Purchases, calendar: Calendar, ahead: int) -> Historic:
    """What all customers of *found* brought by age, together under the key () and by group; the age *ahead* is told of too."""
    months = pieces("month", found.begin, found.as_of, calendar)
    rows = months.placed(months.placed(found.daily, DAY, _AT), FIRST, COHORT)
    # A refund of what was paid before the files begin is of the first age.
    age = nw.col(_AT) - nw.col(COHORT)
    rows = rows.with_columns(nw.when(age < 0).then(nw.lit(0)).otherwise(age).cast(nw.Int64).alias(AGE))
    told = sorted({*MILESTONES, ahead})
    ages = [age for age in told if age < max(months.count, 1)]
    sizes: dict[Key, dict[int, int]] = {}
    known_moments: dict[Key, dict[tuple[int, int], Moments]] = {}
    for key, cohort, n, several in moments(rows, found.by, ages, found.unit):
        for of in {(), key}:
            size, known = sizes.setdefault(of, {}), known_moments.setdefault(of, {})
            size[cohort] = size.get(cohort, 0) + n
            for one, value in zip(ages, several, strict=True):
                known[cohort, one] = known.get((cohort, one), NONE) + value
    brought: dict[Key, dict[tuple[int, int], int]] = {}
    counted = rows.group_by(*found.by, COHORT, AGE).agg(nw.col(NET).sum())
    for *words, cohort, one, net in collect.rows(counted.select(*found.by, COHORT, AGE, NET)):
        for of in {(), tuple(map(str, words))}:
            known_sums = brought.setdefault(of, {})
            known_sums[int(cohort), int(one)] = known_sums.get((int(cohort), int(one)), 0) + int(net)
    return Historic(
        months=months, sizes=sizes, brought=brought, moments=known_moments, unit=found.unit, told=told
    )


def moments(
    rows: collect.Frame, by: Sequence[str], ages: Sequence[int], unit: int
) -> Iterator[tuple[Key, int, int, list[Moments]]]:
    """Of each group and cohort: how many customers, and the moments of what each had brought up to each age."""
    columns = {f"v{a}": nw.when(nw.col(AGE) <= a).then(nw.col(NET)).otherwise(nw.lit(0)) for a in ages}
    each = (
        rows.with_columns(**columns).group_by(CUSTOMER, *by, COHORT).agg(*(nw.col(c).sum() for c in columns))
    )
    for (*words, cohort), found in spread.moments(each, [*by, COHORT], list(columns), unit):
        yield tuple(map(str, words)), int(cohort), found[0].n, found
