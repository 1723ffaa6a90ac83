"""Customers without contracts, counted by what they did: the input of the models of silent leaving."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from funnelkit.models.lifetime.refusal import NoFitError

Floats: TypeAlias = NDArray[np.float64]

_SMALL = 6000
"""Up to so many groups a fit is quick without a first one on coarser groups."""
_PART = 2048
"""Groups that are worked on at a time: their arrays stay in the fast memory of the processor."""
_AGES, _SHARES = 10, 24
"""The coarser grid: so many ages, and so many shares of the age at which the last purchase came."""


class Groups(Struct, frozen=True, kw_only=True, eq=False):
    """Equal customers, counted: four arrays of equal length, all times in one unit of the caller's choice.

    For the continuous models a purchase is a day on which a customer bought, and the first is none. For
    BG/BB *T* is the number of occasions since the first purchase, *t_x* which of them was the last used.
    """

    x: Floats
    """Purchases after the first."""
    t_x: Floats
    """Time from the first purchase to the last; 0 where there was only one."""
    T: Floats
    """Time from the first purchase to the end of the observation."""
    n: Floats
    """How many customers there are of these."""


def groups(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, n: ArrayLike | None = None) -> Groups:
    """The groups of customers with *x* purchases after the first, the last at *t_x*, observed for *T*.

    Without *n* each entry is one customer. Equal entries may come several times. Raises ValueError for
    what no customer can have done.
    """
    table = [np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in (x, t_x, T)]
    counts = np.ones_like(table[0]) if n is None else np.atleast_1d(np.asarray(n, dtype=np.float64))
    if {column.shape for column in table} != {counts.shape} or counts.ndim != 1:
        raise ValueError("x, t_x, T and n are not of equal length")
    found = Groups(x=table[0], t_x=table[1], T=table[2], n=counts)
    _check(found)
    return found


def check_repeats(data: Groups) -> None:
    """Raise NoFitError for data from which no model of repeated purchases can be estimated."""
    customers = float(data.n.sum())
    if customers < 2:
        raise NoFitError("too_few_customers", f"a model needs at least 2 customers, not {customers:g}")
    there = data.n > 0
    if not data.x[there].any():
        raise NoFitError("nobody_repeats", f"none of the {customers:g} customers bought a second time")
    if not any(np.ptp(column[there]) > 0 for column in (data.x, data.t_x, data.T)):
        raise NoFitError("all_alike", f"all {customers:g} customers bought equally often, in the same time")


def coarser(data: Groups) -> Groups | None:
    """Fewer groups of nearly the same shape, for a first estimate; None where the data are few already."""
    if data.x.size <= _SMALL:
        return None
    share = np.divide(data.t_x, data.T, out=np.zeros_like(data.T), where=data.T > 0)
    ages = (data.T - data.T.min()) / max(float(np.ptp(data.T)), 1e-300) * _AGES
    cell = (data.x * (_AGES + 1) + ages.astype(int)) * (_SHARES + 1) + (share * _SHARES).astype(int)
    place = cell.astype(int) if cell.max() < cell.size else np.unique(cell, return_inverse=True)[1]
    count = np.bincount(place, data.n).astype(np.float64)
    used = count > 0

    def mean(column: Floats) -> Floats:
        return np.asarray(np.bincount(place, data.n * column)[used] / count[used])

    return Groups(x=np.rint(mean(data.x)), t_x=mean(data.t_x), T=mean(data.T), n=count[used])


def by_count(data: Groups) -> tuple[Floats, Floats]:
    """The different numbers of purchases, and how many customers have each."""
    if data.x.max() < data.x.size:
        counts = np.bincount(data.x.astype(int), data.n).astype(np.float64)
        return np.arange(counts.size, dtype=np.float64), counts
    xs, place = np.unique(data.x, return_inverse=True)
    return xs, np.bincount(place, data.n).astype(np.float64)


def parts(data: Groups) -> list[Groups]:
    """The same groups, few enough at a time to be worked on quickly."""
    pieces = (slice(begin, begin + _PART) for begin in range(0, data.x.size, _PART))
    return [Groups(x=data.x[at], t_x=data.t_x[at], T=data.T[at], n=data.n[at]) for at in pieces]


def _check(data: Groups) -> None:
    columns = (data.x, data.t_x, data.T, data.n)
    if not data.x.size or not all(np.isfinite(column).all() for column in columns):
        raise ValueError("no customers, or values that are no numbers")
    if (data.n < 0).any() or (data.x < 0).any() or (data.x != np.rint(data.x)).any():
        raise ValueError("x and n are counts, x a whole number, neither below 0")
    if (data.t_x < 0).any() or (data.t_x > data.T).any():
        raise ValueError("the last purchase lies between the first and the end of the observation")
    if ((data.t_x > 0) != (data.x > 0)).any():
        raise ValueError("the last purchase is later than the first where x is above 0, and only there")
