"""What it cost to win customers, and when they had brought it back: the same customers on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics import catalog, spendcover
from funnelkit.metrics.counted import ask
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.periods import from_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from funnelkit.build.ltv.historic import Historic
    from funnelkit.build.ltv.histories import Key
    from funnelkit.build.ltv.pieces import Pieces
    from funnelkit.build.ltv.request import Asked
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.spendcover import Uncovered


class Acquired(Struct, frozen=True, kw_only=True):
    """The months whose spend is loaded, and what was spent in each of them."""

    cohorts: range
    """The months, numbered as in the historic values; also those before the first of these customers came."""
    spend: Mapping[Key, Mapping[int, float]]
    """Of each group, month by month."""
    by: tuple[str, ...]
    label: str
    """From which month to which."""
    uncovered: Uncovered | None = None
    """Where customers came before or after the days of spend: both."""


def acquired(data: Dataset, asked: Asked, history: Historic, opened: int) -> Acquired | Reason | None:
    """The whole months that both spend and purchases tell of, from the day *opened* on, or of the period that is asked for.

    None without spend, and the reason where nothing can be told of what is loaded.
    """
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
        return Reason("no_spend_days", "the spend that is loaded has no cost with a day")
    slack = spendcover.slack(question.facts)
    windows = _windows(history.months, asked, opened, (days[0], days[1] + slack))
    if not windows or not history.old((), 0, range(min(windows), max(windows) + 1)):
        return Reason("no_whole_month", _loaded(days, data.as_of))
    tally = question.count(Timeline(windows.values(), data.as_of, stops=data.stops), frozenset()).tally
    unit = 10 ** data.scales["spend"].get("cost", 0)
    groups = {(), *(tally.keys([measure], list(windows.values())) if by else ())}
    return Acquired(
        cohorts=range(min(windows), max(windows) + 1),
        spend={
            key: {place: tally.sum(measure, key, window) / unit for place, window in windows.items()}
            for key in groups
        },
        by=tuple(by),
        label=_label(history.months, windows),
        uncovered=spendcover.uncovered(question, (opened, data.as_of), asked.request.period),
    )


def _loaded(days: Sequence[int], as_of: int) -> str:
    first, last, end = (from_day(day).isoformat() for day in (*days[:2], as_of))
    return (
        "customers and their spend are compared by whole months that are over, and in none of these, of those whose spend is "
        f"loaded ({first} to {last}, as of {end}), did any of them come; `funnelkit report` tells the CAC of the days so far"
    )


def _label(months: Pieces, windows: Mapping[int, Window]) -> str:
    """From which month to which; by days where not all of these months counts."""
    first, last = min(windows), max(windows)
    start, end = windows[first].start, windows[last].end
    if (start, end) != (months.at(first).start, months.at(last).end):
        return f"{from_day(start).isoformat()} to {from_day(end).isoformat()}"
    return " to ".join(dict.fromkeys((months.at(first).label, months.at(last).label)))


def _windows(months: Pieces, asked: Asked, opened: int, days: Sequence[int]) -> dict[int, Window]:
    """The days of each whole month whose spend is known, of those that lie in the period.

    Whose customers came in a part of a month has only the spend of that part.
    """
    found, period = {}, asked.request.period
    for place in range(min(months.of(opened), 0), months.whole + 1):
        month = months.at(place)
        if month.start < days[0] or month.end > days[1]:
            # Customers of all its days over the spend of some would cost too little.
            continue
        start, end = month.start, month.end
        if period is not None:
            start, end = max(start, period.start), min(end, period.end)
        if start <= end:
            found[place] = Window(start=start, end=end)
    return found


class Reached(Struct, frozen=True, kw_only=True):
    """Those of a group who have an age behind them: what they cost, and what they had brought by it."""

    age: int
    """Months after the calendar month of the first purchase."""
    customers: int
    cost: float
    """Of each: the spend of the months in which they came, over them."""
    value: float

    @property
    def back(self) -> bool:
        """Whether they had brought what they cost."""
        return self.cost > 0 and self.value >= self.cost


class Balance(Struct, frozen=True, kw_only=True):
    """One group of customers: what they cost and what they had brought."""

    new: Reached
    """All of them, in the month of the first purchase."""
    told: Reached
    """At the age that is told of."""
    cohorts: Sequence[int]
    """The months in which those came who have that age."""
    payback: Reached | None
    """At the first age at which the cost was back."""
    last: int
    """The last age that enough of them have behind them."""


def balance(found: Acquired, history: Historic, key: Key, asked: Asked, age: int) -> Balance | None:
    """The customers of the group *key* who came in the months of *found*; None where there are none.

    The age that is told of is *age*, where enough of them have it, else the next lower one; payback is looked for at
    all ages that ``--min-n`` of them have.
    """
    margin = float(asked.margin)
    if key not in history.sizes or not history.old(key, 0, found.cohorts):
        return None
    new = _reached(found, history, key, margin, 0)
    several = []
    for at in range(history.months.whole - found.cohorts.start + 1):
        if not history.old(key, at, found.cohorts):
            break
        several.append(_reached(found, history, key, margin, at))
    enough = [one for one in several if one.customers >= min(asked.request.min_n, new.customers)]
    part = asked.enough(new.customers)
    several = [one for one in enough if one.customers >= part and one.age in history.told]
    told = [one for one in several if one.age <= age][-1]
    return Balance(
        new=new,
        told=told,
        cohorts=history.old(key, told.age, found.cohorts),
        payback=next((one for one in enough if one.back), None),
        last=enough[-1].age,
    )


def _reached(found: Acquired, history: Historic, key: Key, margin: float, age: int) -> Reached:
    old = history.old(key, age, found.cohorts)
    n = history.customers(key, old)
    spent = found.spend.get(key, {})
    # Also of months in which none of them came: what was spent in vain was spent on those who did.
    cost = sum(spent.get(place, 0.0) for place in found.cohorts if history.age(place) >= age)
    return Reached(age=age, customers=n, cost=cost / n, value=margin * history.value(key, old, age))
