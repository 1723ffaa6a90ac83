"""What customers have brought in their first months, each counted from the own first day: the same length as looked ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.build.entries import dimensions, named
from funnelkit.build.ltv import historic
from funnelkit.build.ltv.entries import count
from funnelkit.build.ltv.historic import MILESTONES
from funnelkit.build.ltv.purchases import DAY, FIRST
from funnelkit.build.ltv.request import UNITS
from funnelkit.metrics import statistics
from funnelkit.statistics.moments import NONE, Moments
from funnelkit.studies import Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.histories import Key
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.build.ltv.request import Asked
    from funnelkit.metrics.cell import Cell


class Within(Struct, frozen=True, kw_only=True):
    """What the customers who have so many months behind them had brought by then."""

    months: int
    days: int
    """So many days are these months, the day of the first purchase being the first."""
    by: tuple[str, ...]
    moments: Mapping[Key, Moments]
    """Of each group, of all under the key ()."""
    customers: Mapping[Key, int]
    """How many there are, also of those who are younger."""
    unit: int

    def mean(self, key: Key, asked: Asked) -> Cell:
        """What a customer of the group brought, with the limits of the mean."""
        unit = Fraction(asked.margin) / self.unit
        return replace(statistics.mean(self.moments.get(key, NONE), unit, money=True), method="historic")


def within(found: Purchases, asked: Asked) -> Within | None:
    """By the months that are looked ahead, where enough customers have these behind them, else by fewer; None where none do."""
    firsts = _firsts(found)
    least = asked.enough(sum(n for *_, n in firsts))
    for months in (asked.ahead, *(m for m in reversed(MILESTONES) if 0 < m < asked.ahead)):
        days = round(months * UNITS["month"])
        if sum(n for _, first, n in firsts if first + days - 1 <= found.as_of) >= least:
            return _counted(found, months, days, firsts)
    return None


def _firsts(found: Purchases) -> list[tuple[Key, int, int]]:
    """How many customers of each group bought first on each day."""
    each = found.daily.filter(nw.col(DAY) == nw.col(FIRST))
    counted = each.group_by(*found.by, FIRST).agg(nw.len().alias("n"))
    found_rows = collect.rows(counted.select(*found.by, FIRST, "n"))
    return [(tuple(map(str, words)), int(first), int(n)) for *words, first, n in found_rows]


def _counted(found: Purchases, months: int, days: int, firsts: list[tuple[Key, int, int]]) -> Within:
    old = found.daily.filter(nw.col(FIRST) + days - 1 <= found.as_of)
    age = nw.when(nw.col(DAY) - nw.col(FIRST) < days).then(nw.lit(0)).otherwise(nw.lit(1)).cast(nw.Int64)
    rows = old.with_columns(age.alias(historic.AGE), nw.lit(0).cast(nw.Int64).alias(historic.COHORT))
    moments: dict[Key, Moments] = {}
    for key, _, _, (one,) in historic.moments(rows, found.by, [0], found.unit):
        for of in {(), key}:
            moments[of] = moments.get(of, NONE) + one
    customers: dict[Key, int] = {}
    for key, _, n in firsts:
        for of in {(), key}:
            customers[of] = customers.get(of, 0) + n
    return Within(
        months=months, days=days, by=found.by, moments=moments, customers=customers, unit=found.unit
    )


def table(known: Within, asked: Asked) -> Table:
    """What the customers of each group brought, the largest group first."""
    keys = sorted((key for key in known.customers if key), key=lambda key: (-known.customers[key], key))
    return Table(
        id="groups",
        title=f"What customers have brought, by {', '.join(known.by)}",
        fields=(
            *dimensions(known.by),
            Field(id="customers", label="customers", unit="count"),
            Field(id="old", label="have the age", unit="count"),
            Field(id="value", label=f"{asked.of} in it", unit="money"),
        ),
        names=len(known.by),
        rows=tuple((*named(key), *_row(known, asked, key)) for key in keys[: asked.request.top or len(keys)]),
        caption=f"in the first {known.days:,} days of each customer, of those who have these behind them, less refunds; 95 % limits of the mean; "
        f"≈: fewer than {asked.request.min_n} (--min-n)",
    )


def _row(known: Within, asked: Asked, key: Key) -> Iterator[Entry]:
    mean, n = known.mean(key, asked), known.moments.get(key, NONE).n
    yield count(known.customers[key])
    yield count(n)
    yield Entry(cell=mean, few=0 < n < asked.request.min_n)
