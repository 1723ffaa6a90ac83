"""Customers by what they did up to a day, counted by the engine: the groups that models of silent leaving are fitted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.build.ltv.purchases import BOUGHT, CUSTOMER, DAY, FIRST, NET
from funnelkit.models.lifetime.groups import Floats, Groups, groups

if TYPE_CHECKING:
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.collect import Frame

Key = tuple[str, ...]
"""The values of the dimensions that customers are told apart by."""
_SUMS = ("x", "spent", "first_spent", "later", "later_spent")
_COLUMNS = ("x", "last", FIRST, "n", "spent", "first_spent", "later", "later_squares", "later_spent")


class Histories(Struct, frozen=True, kw_only=True, eq=False):
    """Groups of equal customers, in days, and what each group brought: arrays of equal length."""

    x: Floats
    """Days with a purchase after the first, up to the day that is looked back from."""
    t_x: Floats
    T: Floats
    n: Floats
    spent: Floats
    """What all of the group brought after their first day, less refunds, in the currency."""
    first_spent: Floats
    """What all of the group brought on their first day."""
    later: Floats
    """Days with a purchase after that day, of all of the group."""
    later_squares: Floats
    """The sum of the squares of these days, customer by customer."""
    later_spent: Floats

    def groups(self, days: float) -> Groups:
        """The groups with times in a unit of so many *days*."""
        return groups(self.x, self.t_x / days, self.T / days, self.n)

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return round(float(self.n.sum()))

    @property
    def repeaters(self) -> int:
        """How many bought on a second day."""
        return round(float(self.n[self.x > 0].sum()))


def people(daily: Frame, by: Sequence[str], until: int, end: int) -> Frame:
    """One row per customer who bought first on the day *until* or before: x, last, first, and what was brought.

    What happened after *until*, up to *end*, stands apart as later.
    """
    known = daily.filter((nw.col(FIRST) <= until) & (nw.col(DAY) <= end))
    bought, day = nw.col(BOUGHT) == 1, nw.col(DAY)
    again = (day > nw.col(FIRST)) & (day <= until)
    rows = known.with_columns(
        x=_where(bought & again, nw.lit(1)),
        last=nw.when(bought & (day <= until)).then(day),
        spent=_where(again, nw.col(NET)),
        first_spent=_where(day <= nw.col(FIRST), nw.col(NET)),
        later=_where(bought & (day > until), nw.lit(1)),
        later_spent=_where(day > until, nw.col(NET)),
    )
    return rows.group_by(CUSTOMER, *by, FIRST).agg(
        *(nw.col(name).sum() for name in _SUMS), nw.col("last").max()
    )


def histories(people: Frame, by: Sequence[str], until: int, unit: int) -> Mapping[Key, Histories]:
    """The groups among *people* as they were on the day *until*, by the values of *by*; money in parts of *unit*."""
    rows = people.with_columns(later_squares=nw.col("later") * nw.col("later"))
    counted = rows.group_by(*by, "x", "last", FIRST).agg(
        nw.len().alias("n"),
        *(nw.col(name).sum() for name in ("spent", "first_spent", "later", "later_squares", "later_spent")),
    )
    cells = collect.columns(counted.select(*by, *_COLUMNS))
    keys = list(zip(*(cells[name] for name in by), strict=True)) if by else [()] * len(cells["x"])
    table = np.array([cells[name] for name in _COLUMNS], dtype=np.float64).T
    found: dict[Key, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(tuple(map(str, key)), []).append(place)
    return {key: _made(table[places], until, unit) for key, places in sorted(found.items())}


def together(several: Sequence[Histories]) -> Histories:
    """The groups of all of them."""
    return Histories(
        **{
            name: np.concatenate([getattr(one, name) for one in several])
            for name in Histories.__struct_fields__
        }
    )


def of_few_ages(found: Histories, ages: int) -> Histories:
    """*found* with ages put together to so many at most, and all times scaled with them: shares of the age stay."""
    low, width = float(found.T.min()), max(float(np.ptp(found.T)), 1e-9)
    place = np.minimum((found.T - low) / width * ages, ages - 1).astype(int)
    count = np.bincount(place, found.n, ages)
    mean = np.divide(np.bincount(place, found.n * found.T, ages), count, out=np.zeros(ages), where=count > 0)
    T = mean[place]
    share = np.divide(found.t_x, found.T, out=np.zeros_like(T), where=found.T > 0)
    return replace(found, T=T, t_x=np.where(found.x > 0, share * T, 0.0))


def repeats_by_day(found: Purchases, until: int) -> Mapping[int, int]:
    """Day -> how many customers bought again on it, of those who bought first on *until* or before."""
    bought = (nw.col(BOUGHT) == 1) & (nw.col(DAY) > nw.col(FIRST)) & (nw.col(FIRST) <= until)
    counted = found.daily.filter(bought).group_by(DAY).agg(nw.len().alias("n"))
    return dict(sorted((int(day), int(n)) for day, n in collect.rows(counted.select(DAY, "n"))))


def amounts(people: Frame, by: Sequence[str]) -> list[tuple[Any, ...]]:
    """Of those who bought again: the values of *by*, what all of them brought first, x, what each brought by it, and how many they are."""
    again = people.filter(nw.col("x") > 0)
    counted = again.group_by(*by, "x", "spent").agg(nw.len().alias("n"), nw.col("first_spent").sum())
    return sorted(collect.rows(counted.select(*by, "first_spent", "x", "spent", "n")))


def _made(table: Any, until: int, unit: int) -> Histories:
    order = np.lexsort((table[:, 0], table[:, 1], table[:, 2]))
    x, last, first, n, spent, first_spent, later, squares, later_spent = table[order].T
    return Histories(
        x=x,
        t_x=last - first,
        T=until - first,
        n=n,
        spent=spent / unit,
        first_spent=first_spent / unit,
        later=later,
        later_squares=squares,
        later_spent=later_spent / unit,
    )


def _where(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    return nw.when(condition.fill_null(False)).then(value).otherwise(nw.lit(0)).cast(nw.Int64)
