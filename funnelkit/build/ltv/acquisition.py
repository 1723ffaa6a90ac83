"""What it cost to win customers, and when they had brought it back: the same customers on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics import catalog
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.counted import ask
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.historic import Historic
    from funnelkit.build.ltv.histories import Key
    from funnelkit.build.ltv.request import Asked
    from funnelkit.dataset import Dataset

_NOT_BACK = "not_reached"


class Acquired(Struct, frozen=True, kw_only=True):
    """Customers who first bought in the months whose spend is loaded, and what these cost."""

    cohorts: range
    """The months, numbered as in the historic values."""
    spend: dict[Key, float]
    by: tuple[str, ...]
    label: str
    """From which month to which."""


def acquired(data: Dataset, asked: Asked, history: Historic) -> Acquired | None:
    """The whole months that both spend and purchases tell of; None without spend, or without such a month."""
    if "spend" not in data.frames:
        return None
    known = catalog.load()
    measure = known.measures["spend"]
    by = asked.request.by if set(asked.request.by) <= data.present["spend"] else ()
    probes = [known.measures.get(name) or known.histograms[name] for name in PROBES]
    filters = [(f.dimension, f.values, f.negate) for f in asked.request.where]
    question = ask(data, filters, by, [*probes, measure], asked.request.horizon, path=asked.request.path)
    days = question.days("spend")
    if not days or measure.id in question.lacks:
        return None
    months = history.months
    covered = [
        place
        for place in range(months.whole + 1)
        if months.at(place).start >= days[0] and months.at(place).end <= max(days[1], data.as_of)
    ]
    covered = [place for place in covered if months.at(place).start <= days[1]]
    if not covered or not history.old((), 0, range(covered[0], covered[-1] + 1)):
        return None
    window = Window(start=months.at(covered[0]).start, end=months.at(covered[-1]).end)
    tally = question.count(Timeline([window], data.as_of, stops=data.stops), frozenset()).tally
    unit = 10 ** data.scales["spend"].get("cost", 0)
    spend = (
        {key: tally.sum(measure, key, window) / unit for key in tally.keys([measure], [window])} if by else {}
    )
    spend[()] = tally.sum(measure, (), window) / unit
    return Acquired(
        cohorts=range(covered[0], covered[-1] + 1),
        spend=spend,
        by=tuple(by),
        label=f"{months.at(covered[0]).label} to {months.at(covered[-1]).label}",
    )


class Balance(Struct, frozen=True, kw_only=True):
    """One group of customers: what they cost and what they had brought."""

    customers: int
    cost: float | None
    age: int
    """Months after the first that all counted for the value have behind them."""
    old: int
    """How many these are."""
    value: float
    payback: int | None
    """Months after that of the first purchase until the cost was back, of those old enough for it."""

    @property
    def ratio(self) -> float | None:
        """Value over cost."""
        return self.value / self.cost if self.cost else None


def balance(found: Acquired, history: Historic, key: Key, margin: float, least: int) -> Balance | None:
    """The customers of the group *key* who came in the months of *found*; None where there are none."""
    cohorts = history.old(key, 0, found.cohorts)
    if key not in history.sizes or not cohorts:
        return None
    n = history.customers(key, cohorts)
    enough = max(least, n // 2)
    ages = [
        a for a in range(history.months.whole + 1) if _old(history, key, a, found.cohorts) >= min(enough, n)
    ]
    values = {a: margin * history.value(key, history.old(key, a, found.cohorts), a) for a in ages}
    cost = found.spend.get(key, 0.0) / n
    back = next((age for age, value in values.items() if cost and value >= cost), None)
    last = ages[-1]
    return Balance(
        customers=n,
        cost=cost or None,
        age=last,
        old=_old(history, key, last, found.cohorts),
        value=values[last],
        payback=back,
    )


def table(found: Acquired, history: Historic, asked: Asked) -> Table:
    """LTV, CAC, their ratio and the payback, of all and of each group that spend is known of."""
    rows = [row for key in ((), *_keys(found, history)) for row in _row(found, history, asked, key)]
    return Table(
        id="acquisition",
        title="What customers cost, and what they brought",
        fields=(
            *(Field(id=name, label=name, unit=TEXT) for name in found.by or ("group",)),
            Field(id="customers", label="new customers", unit="count"),
            Field(id="cac", label="CAC", unit="money"),
            Field(id="age", label="to age, months", unit="count"),
            Field(id="value", label=f"{asked.of} so far", unit="money"),
            Field(id="ratio", label="LTV:CAC", unit="multiple"),
            Field(id="payback", label="payback, months", unit="count"),
        ),
        names=max(len(found.by), 1),
        rows=tuple(rows),
        caption=f"customers who first bought in {found.label}, whose spend is loaded: spend of these months over them; what they brought to "
        "the age that at least half of them have behind them, of those who have; payback: months after that of the first purchase until it was the cost",
    )


def _keys(found: Acquired, history: Historic) -> Iterator[Key]:
    if found.by:
        yield from sorted(key for key in history.sizes if key)


def _row(found: Acquired, history: Historic, asked: Asked, key: Key) -> Iterator[tuple[Entry, ...]]:
    made = balance(found, history, key, float(asked.margin), asked.request.min_n)
    if made is None:
        return
    words = key or ("all", *[""] * (len(found.by) - 1))
    no_cost = empty(Reason("no_spend_here", "no spend for these customers"))
    not_back = Reason(_NOT_BACK, f"what they brought in {made.age} months is less than they cost")
    yield (
        *(Entry(text=word) for word in words),
        Entry(cell=Cell(value=made.customers)),
        Entry(cell=no_cost if made.cost is None else Cell(value=made.cost, n=made.customers)),
        Entry(cell=Cell(value=made.age)),
        Entry(cell=Cell(value=made.value, n=made.old)),
        Entry(cell=no_cost if made.ratio is None else Cell(value=made.ratio, n=made.old)),
        Entry(
            cell=no_cost
            if made.cost is None
            else empty(not_back)
            if made.payback is None
            else Cell(value=made.payback)
        ),
    )


def _old(history: Historic, key: Key, age: int, among: range) -> int:
    return history.customers(key, history.old(key, age, among))
