"""The table of what customers cost and what they brought, group by group, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.build.entries import dimensions, named, number
from funnelkit.build.ltv import historictables
from funnelkit.build.ltv.acquisition import Balance, balance
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.statistics import intervals
from funnelkit.studies import Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.acquisition import Acquired, Reached
    from funnelkit.build.ltv.historic import Historic
    from funnelkit.build.ltv.histories import Key
    from funnelkit.build.ltv.request import Asked

_NO_SPEND = empty(Reason("no_spend_here", "no spend for these customers"))


def table(found: Acquired, history: Historic, asked: Asked, age: int) -> Table:
    """LTV by *age*, CAC, their ratio and the payback, of all and of each group that spend is known of."""
    rows = [row for key in ((), *_keys(found, history)) for row in _row(found, history, asked, key, age)]
    return Table(
        id="acquisition",
        title="What customers cost, and what they brought",
        fields=(
            *dimensions(found.by or ("group",)),
            Field(id="customers", label="new customers", unit="count"),
            Field(id="cac", label="CAC", unit="money"),
            Field(id="age", label="to age, months", unit="count"),
            Field(id="old", label="have it", unit="count"),
            Field(id="cost", label="CAC of these", unit="money"),
            Field(id="value", label=f"their {asked.of} so far", unit="money"),
            Field(id="ratio", label="LTV:CAC", unit="multiple"),
            Field(id="payback", label="payback, months", unit="count"),
            Field(id="paid", label="have these", unit="count"),
        ),
        names=max(len(found.by), 1),
        rows=tuple(rows),
        caption=f"customers who first bought in {found.label}, whose spend is loaded; CAC: spend of these months over them; then those who have the age "
        "behind them (months after the calendar month of the first purchase), what they brought by it, and the spend of their months over them; "
        "payback: the first age by which those who have it had brought their CAC. Limits of CAC are those of the number of customers, of LTV:CAC those of the mean; "
        f"≈: of fewer than {asked.request.min_n} customers (--min-n)",
    )


def _keys(found: Acquired, history: Historic) -> Iterator[Key]:
    if found.by:
        yield from sorted(key for key in history.sizes if key)


def _row(found: Acquired, history: Historic, asked: Asked, key: Key, age: int) -> Iterator[tuple[Entry, ...]]:
    made = balance(found, history, key, asked, age)
    if made is None:
        return
    words = key or ("all", *[""] * (len(found.by) - 1))
    told = made.told
    value = historictables.mean(history, asked, made.cohorts, told.age, key)
    ratio = _over(value, told.cost) if told.cost else _NO_SPEND
    # Few customers: shown, as something that may well be otherwise.
    thin, thin_then = (n < asked.request.min_n for n in (made.new.customers, told.customers))
    yield (
        *named(words),
        number(made.new.customers),
        Entry(cell=_cac(made.new), few=thin and made.new.cost > 0),
        number(told.age),
        number(told.customers),
        Entry(cell=_cac(told), few=thin_then and told.cost > 0),
        Entry(cell=value, few=thin_then),
        Entry(cell=ratio, few=thin_then and told.cost > 0),
        *_payback(made, asked.request.min_n),
    )


def _cac(one: Reached) -> Cell:
    """What each cost; the number of customers that as much spend wins varies as that of rare events."""
    if not one.cost:
        return _NO_SPEND
    n = one.customers
    low, high = intervals.poisson(n)
    return Cell(
        value=one.cost, n=n, interval=(one.cost * n / high, one.cost * n / low), interval_type="poisson"
    )


def _over(value: Cell, cost: float) -> Cell:
    assert value.value is not None
    limits = value.interval
    return replace(
        value,
        value=value.value / cost,
        numerator=None,
        denominator=None,
        interval=limits and (limits[0] / cost, None if limits[1] is None else limits[1] / cost),
    )


def _payback(made: Balance, least: int) -> Iterator[Entry]:
    if not made.new.cost:
        yield from (Entry(cell=_NO_SPEND), Entry())
        return
    if made.payback is None:
        message = f"what they brought in {made.last} months is less than they cost"
        yield from (Entry(cell=empty(Reason("not_reached", message))), Entry())
        return
    n = made.payback.customers
    yield number(made.payback.age, n, few=n < least)
    yield number(n)
