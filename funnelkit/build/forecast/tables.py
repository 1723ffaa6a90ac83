"""The tables of a forecast: the period as a whole, the course of each metric, what was tried, groups and targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.entries import dimensions, named, number
from funnelkit.build.forecast.accuracies import cell, refused, tries
from funnelkit.build.forecast.asked import COMPLETION, PIPELINE, SERIES, SHOWN
from funnelkit.build.forecast.coverage import told
from funnelkit.build.forecast.outcome import Outcome
from funnelkit.models.forecast.series import Refusal
from funnelkit.models.forecast.twopiece import Sides
from funnelkit.studies import TEXT, Chart, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Goal
    from funnelkit.build.forecast.assemble import Assembled
    from funnelkit.build.forecast.forecasted import Forecasted
    from funnelkit.build.forecast.outlook import Outlook
    from funnelkit.metrics.cell import Number
    from funnelkit.metrics.fold import Key
    from funnelkit.periods import Period

OPENED = {PIPELINE: "from open deals", COMPLETION: "from leads in", SERIES: ""}
FRESH = {PIPELINE: "from deals to come", COMPLETION: "from leads to come", SERIES: "still to come"}


def whole(made: Assembled) -> Table:
    """What each metric will be in the period that was asked about, and of which parts."""
    period = made.asked.period
    return Table(
        id="period",
        title=f"{period.label}: what is in, and what is to come",
        fields=(
            Field(id="metric", label="metric", unit=TEXT),
            Field(id="so_far", label="in so far", unit="count"),
            Field(id="opened", label="from what is open", unit="count"),
            Field(id="leads", label="from leads without a deal", unit="count"),
            Field(id="fresh", label="still to begin", unit="count"),
            Field(id="forecast", label="forecast", unit="count"),
            Field(id="way", label="by", unit=TEXT),
        ),
        rows=tuple(tuple(_whole(one, period)) for one in made.forecasts),
        caption="in so far: up to the as-of day; open: deals that are open, or leads that are in and not won; still to begin: "
        "deals or leads that nobody has yet, by the series of their numbers; where a metric is told by its series alone, all "
        "that is to come; limits by the normal law, of two pieces where past misses lay to one side, the parts taken to be independent of each other"
        + _wider(made),
    )


def _wider(made: Assembled) -> str:
    """Of which metrics the limits are widened, and by how much."""
    wider = {one.metric.id: one.wider for one in made.forecasts}
    found = [f"{name} {told(sides)}" for name, sides in wider.items() if sides != Sides()]
    return f"; as past misses were to those foretold, limits reach: {', '.join(found)}" if found else ""


def _whole(one: Forecasted, period: Period) -> Iterator[Entry]:
    unit = one.metric.unit
    found = one.outcome(period)
    yield Entry(text=one.metric.id)
    if isinstance(found, Refusal):
        yield _in(one.outlook, period, unit) if one.outlook.past.days else Entry()
        yield from (Entry(), Entry(), Entry())
        yield Entry(cell=refused(found), unit=unit)
        yield Entry()
        return
    yield _in(one.outlook, period, unit)
    yield number(found.opened, unit=unit)
    yield number(found.leads, unit=unit)
    yield number(found.fresh - (found.leads or 0.0), unit=unit)
    yield Entry(cell=cell(found), unit=unit)
    yield Entry(text=way_of(one, found))


def way_of(one: Forecasted, found: Outcome) -> str:
    """How a forecast was made, in words."""
    if found.opened is not None and one.way is not None:
        return ", ".join(filter(None, (one.way.name, one.way.begun.method)))
    return one.outlook.method


def _in(outlook: Outlook, period: Period, unit: str) -> Entry:
    """What is in already of *period*, where it has begun."""
    if period.start > outlook.past.end:
        return Entry()
    return number(_plain(outlook.past.between(period.start, period.end), unit), unit=unit)


def _plain(value: float, unit: str) -> Number:
    """*value*, as a whole number where it counts something."""
    return int(value) if unit == "count" and value == int(value) else value


def course(one: Forecasted, made: Assembled) -> Table:
    """A metric period by period: what was, and what is to come."""
    unit, past = one.metric.unit, one.outlook.past
    shown = SHOWN[made.asked.grain]
    before = list(zip(past.whole, past.values, strict=True))[-shown:]
    parted = one.way is not None and one.taken
    name = one.way.name if one.way is not None and parted else SERIES
    rows = [
        (
            Entry(text=period.label),
            number(at - len(before) + 1),
            number(_plain(value, unit)),
            *([Entry(), Entry(), Entry()] if parted else [Entry()]),
            Entry(),
        )
        for at, (period, value) in enumerate(before)
    ]
    rows += [
        tuple(_coming(one, period, step, parted=parted))
        for step, period in enumerate(past.coming[: _steps(made, one)], start=1)
    ]
    parts = [
        Field(id="opened", label=OPENED[name], unit=unit),
        Field(id="fresh", label=FRESH[name], unit=unit),
    ]
    return Table(
        id=f"course_{one.metric.id}",
        title=f"{one.metric.label} by {made.asked.grain}",
        fields=(
            Field(id="period", label=made.asked.grain, unit=TEXT),
            Field(id="step", label="periods from now", unit="count"),
            Field(id="was", label="was", unit=unit),
            Field(id="so_far", label="in so far", unit=unit),
            *(parts if parted else ()),
            Field(id="forecast", label="forecast", unit=unit),
        ),
        rows=tuple(rows),
        names=2,
        caption=_how(one),
        chart=Chart(of=("was", "forecast"), along="step"),
    )


def _steps(made: Assembled, one: Forecasted) -> int:
    """The periods to show: those asked for, and those up to the end of the period."""
    coming = one.outlook.past.coming
    within = sum(period.start <= made.asked.period.end for period in coming)
    return max(made.asked.ahead, within)


def _coming(one: Forecasted, period: Period, step: int, *, parted: bool) -> Iterator[Entry]:
    found = one.outcome(period)
    yield Entry(text=period.label)
    yield number(step)
    yield Entry()
    if isinstance(found, Refusal):
        yield from ([Entry()] * (3 if parted else 1))
        yield Entry(cell=refused(found))
        return
    yield _in(one.outlook, period, one.metric.unit)
    if parted:
        yield number(found.opened, unit=one.metric.unit)
        yield number(found.fresh)
    yield Entry(cell=cell(found))


def _how(one: Forecasted) -> str:
    """By which model, and how right it was."""
    if one.way is not None and one.taken:
        begun = "deals" if one.way.name == PIPELINE else "leads"
        return f"each case by what became of those before it at its age (Aalen and Johansen), {begun} to come {f'by {one.way.begun.method}' if one.way.begun.method else 'left out'}"
    if not one.outlook.method:
        return ""
    return f"by {one.outlook.method}, fitted to {len(one.outlook.past.values)} whole periods; the one that has begun is what is in, and of the forecast of a whole one the share that came after the same day before"


def groups(made: Assembled, keys: Sequence[Key]) -> Table:
    """The first metric in each group, by its series."""
    one = made.forecasts[0]
    by, unit, period = made.asked.request.by, one.metric.unit, made.asked.period
    names = dimensions(by)
    return Table(
        id="groups",
        title=f"{one.metric.label} by {', '.join(by)}",
        fields=(
            *names,
            Field(id="so_far", label=f"{period.label} so far", unit=unit),
            Field(id="forecast", label=period.label, unit=unit),
            Field(id="method", label="by", unit=TEXT),
            Field(id="wape", label="error (WAPE)", unit="ratio"),
            Field(id="naive", label="naive", unit="ratio"),
        ),
        names=len(names),
        rows=tuple(tuple(_group(made, one, key, period)) for key in keys),
        caption="each group by its own series; their forecasts need not add up to that of the whole",
    )


def _group(made: Assembled, one: Forecasted, key: Key, period: Period) -> Iterator[Entry]:
    outlook, unit = made.group(one.metric, key), one.metric.unit
    alone = type(one)(metric=one.metric, outlook=outlook)
    found = alone.by_series(period)
    yield from named(key)
    yield _in(outlook, period, unit)
    yield Entry(cell=refused(found) if isinstance(found, Refusal) else cell(found))
    yield Entry(text=outlook.method)
    yield from list(tries(outlook.tested))[:2]


def targets(goals: Sequence[Goal], made: Assembled) -> Table:
    """Targets of periods that are not over: what is in, what will be, and the chance that they are met."""
    return Table(
        id="targets",
        title="Targets",
        fields=(
            Field(id="metric", label="metric", unit=TEXT),
            Field(id="segment", label="segment", unit=TEXT),
            Field(id="period", label="period", unit=TEXT),
            Field(id="target", label="target", unit="count"),
            Field(id="so_far", label="in so far", unit="count"),
            Field(id="missing", label="still missing", unit="count"),
            Field(id="forecast", label="forecast", unit="count"),
            Field(id="chance", label="chance", unit="ratio"),
        ),
        names=3,
        rows=tuple(row for goal in goals for row in _target(goal, made)),
        caption="chance: that the forecast ends on the good side of the target, by the law of its range",
    )


def _target(goal: Goal, made: Assembled) -> Iterator[tuple[Entry, ...]]:
    one = next((one for one in made.forecasts if one.metric.id == goal.metric.id), None)
    if one is None:
        return
    found, unit, target = one.outcome(goal.period), one.metric.unit, float(goal.target.value)
    names = (Entry(text=one.metric.id), Entry(text=goal.target.segment), Entry(text=goal.period.label))
    if isinstance(found, Refusal):
        yield (
            *names,
            number(target, unit=unit),
            Entry(),
            Entry(),
            Entry(cell=refused(found)),
            Entry(),
        )
        return
    chance = found.chance(target, at_least=goal.at_least)
    yield (
        *names,
        number(_plain(target, unit), unit=unit),
        _in(one.outlook, goal.period, unit),
        number(_plain(max(0.0, target - found.so_far), unit), unit=unit),
        Entry(cell=cell(found), unit=unit),
        number(chance),
    )
