"""Customers without contracts, counted by what they did: the input of the models of silent leaving."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from funnelkit.models.lifetime.refusal import NoFitError

Floats: TypeAlias = NDArray[np.float64]

PART = 8192
"""Groups that are worked on at a time: their arrays stay in the fast memory of the processor."""


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
    seen = [column if there.all() else column[there] for column in (data.x, data.t_x, data.T)]
    if not seen[0].any():
        raise NoFitError("nobody_repeats", f"none of the {customers:g} customers bought a second time")
    if not any(np.ptp(column) > 0 for column in seen):
        raise NoFitError("all_alike", f"all {customers:g} customers bought equally often, in the same time")


def total(data: Groups, column: Floats) -> float:
    """The sum of *column* over all customers.

    Not by ``@``, which wakes the other processors for long columns, and has them wait for more.
    """
    return float(np.einsum("i,i", data.n, column))


def by_count(data: Groups) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """The different numbers of purchases, how many customers have each, and which of them each group has."""
    if data.x.max() < data.x.size:
        place = data.x.astype(np.intp)
        counts = np.bincount(place, data.n).astype(np.float64)
        return np.arange(counts.size, dtype=np.float64), counts, place
    xs, place = np.unique(data.x, return_inverse=True)
    return xs, np.bincount(place, data.n).astype(np.float64), place


def parts(data: Groups, size: int = PART) -> list[Groups]:
    """The same groups, few enough at a time to be worked on quickly."""
    return [
        Groups(x=data.x[at], t_x=data.t_x[at], T=data.T[at], n=data.n[at]) for at in pieces(data.x.size, size)
    ]


def pieces(length: int, size: int = PART) -> list[slice]:
    """Slices of so many entries, which make up the whole *length*."""
    return [slice(begin, begin + size) for begin in range(0, length, size)]


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
