"""Customers one by one: what each did, how likely each is still to be there, and what each is to bring.

Only where a file of them is asked for: else no customer leaves the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from funnelkit import collect
from funnelkit.build.ltv.contracts import BEGIN, END, LAST, term
from funnelkit.build.ltv.histories import Histories
from funnelkit.build.ltv.purchases import CUSTOMER, FIRST, NET, TERM
from funnelkit.errors import UsageError
from funnelkit.periods import from_day

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Expecting
    from funnelkit.build.ltv.contractual import Contractual
    from funnelkit.build.ltv.mixture import Mixture
    from funnelkit.build.ltv.silence import Silence
    from funnelkit.models.lifetime.groups import Floats


class Customers(Struct, frozen=True):
    """One row per customer."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


_LIMITED = ("alive", "purchases", "value")
_COLUMNS = ("customer", "first", "last", "repeat_purchases", "recency", "age", "spent", "unit")


def of_silence(seen: Silence) -> Customers:
    """What the model says of each customer, at the end of the days that it knows; UsageError without a model.

    Times are in the unit of the model, money in the currency. Limits are those of the expectation: what a single
    customer will do varies far more.
    """
    ahead = seen.expecting
    if ahead is None:
        raise UsageError(
            f"nothing can be said of single customers: {seen.choice.why}",
            hint="Leave --customers out, or name a --model.",
        )
    by = seen.found.by
    cells = collect.columns(seen.people.select(CUSTOMER, *by, FIRST, "last", "x", "spent", "first_spent"))
    order = sorted(range(len(cells["x"])), key=lambda i: cells[CUSTOMER][i])
    names = [str(cells[CUSTOMER][i]).partition(":")[2] for i in order]
    words = [tuple(str(cells[name][i]) for name in by) for i in order]
    each = _histories(
        seen, [[cells[c][i] for c in (FIRST, "last", "x", "spent", "first_spent")] for i in order]
    )
    numbers = _numbers(seen, ahead, each)
    days = [(_day(seen, cells[FIRST][i]), _day(seen, cells["last"][i])) for i in order]
    spent = np.array([cells["spent"][i] + cells["first_spent"][i] for i in order]) / seen.found.unit
    own = (each.x.astype(int), each.t_x / seen.days, each.T / seen.days, spent)
    columns = [column.tolist() for column in (*own, *numbers)]
    rows = [
        (name, *word, *day, *values[: len(own)], seen.unit, *values[len(own) :])
        for name, word, day, values in zip(names, words, days, zip(*columns, strict=True), strict=True)
    ]
    limited = [f"{name}{end}" for name in _LIMITED for end in ("", "_low", "_high")]
    return Customers((_COLUMNS[0], *by, *_COLUMNS[1:], *limited), rows)


def of_contract(seen: Mixture) -> Customers:
    """Each customer under contract, of the terms that have a model: renewals made and due, payments and value to come.

    Who has left is told by the payments, and of who has not, the model knows no more than how often they renewed.
    """
    if not seen.fitted:
        raise UsageError(
            f"nothing can be said of single customers: {seen.main.choice.why}",
            hint="Leave --customers out, or name a --model.",
        )
    rows = sorted(row for one in seen.fitted for row in _of_term(one))
    limited = [f"{name}{end}" for name in _LIMITED[1:] for end in ("", "_low", "_high")]
    own = (_COLUMNS[0], *seen.main.by, *_COLUMNS[1:3], "term", "renewed", "due", "spent", "alive")
    return Customers((*own, *limited), rows)


def _of_term(seen: Contractual) -> Iterator[tuple[Any, ...]]:
    counted, by = seen.counted, seen.by
    cells = collect.columns(counted.people)
    kept = [
        i for i in range(len(cells[CUSTOMER])) if TERM not in cells or term(cells[TERM][i]) == counted.term
    ]
    factor, ahead = float(seen.asked.margin), {}
    none = (0.0, 0.0, 0.0)
    for i in kept:
        due, made = counted.renewals(int(cells[BEGIN][i]), int(cells[END][i]))
        there = made >= due
        if there and made not in ahead:
            ahead[made] = seen.payments_after(made), seen.value_after(made)
        payments, value = ahead[made] if there else (none, none)
        name = str(cells[CUSTOMER][i]).partition(":")[2]
        words = (str(cells[column][i]) for column in by)
        days = (from_day(int(cells[column][i])).isoformat() for column in (FIRST, LAST))
        spent = int(cells[NET][i]) / seen.unit
        brings = (factor * each for each in value)
        yield name, *words, *days, str(seen.term), made, due, spent, int(there), *payments, *brings


def _histories(seen: Silence, rows: list[list[Any]]) -> Histories:
    """Each customer as a group of one."""
    first, last, x, spent, first_spent = np.array(rows, dtype=np.float64).T
    none = np.zeros_like(x)
    return Histories(
        x=x,
        t_x=last - first,
        T=seen.until - first,
        n=none + 1,
        spent=spent / seen.found.unit,
        first_spent=first_spent / seen.found.unit,
        later=none,
        later_squares=none,
        later_spent=none,
    )


def _numbers(seen: Silence, ahead: Expecting, each: Histories) -> list[Floats]:
    """P(alive), purchases and value of each, every one with two limits."""
    whole, place = _alike(each)
    alive = [part[place] for part in ahead.each(lambda params: ahead.alive(whole, params), share=True)]
    bought = [part[place] for part in ahead.each(lambda params: ahead.purchases(whole, params))]
    factor = float(seen.asked.margin)
    amount, low, high = ahead.each_amount(each)
    value = factor * bought[0] * amount
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.hypot(np.log(bought[0] / bought[1]), np.log(amount / low))
        up = np.hypot(np.log(bought[2] / bought[0]), np.log(high / amount))
        limits = [np.where(value > 0, value * np.exp(by), 0.0) for by in (-down, up)]
    return [*alive, *bought, value, *limits]


def _alike(each: Histories) -> tuple[Histories, Any]:
    """The different histories among *each*, and which one each customer has."""
    table = np.column_stack((each.x, each.t_x, each.T))
    distinct, place = np.unique(table, axis=0, return_inverse=True)
    x, t_x, T = distinct.T
    none = np.zeros_like(x)
    alike = Histories(
        x=x,
        t_x=t_x,
        T=T,
        n=none + 1,
        spent=none,
        first_spent=none,
        later=none,
        later_squares=none,
        later_spent=none,
    )
    return alike, place


def _day(seen: Silence, day: Any) -> str:
    return seen.occasions.at(int(day)).label if seen.occasions else from_day(int(day)).isoformat()
