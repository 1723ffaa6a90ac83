"""The table of alerts: what each watches, what it has seen, and whether it is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit import collect
from funnelkit.build.checks import control
from funnelkit.build.checks.targets import Held
from funnelkit.build.checks.verdicts import (
    BEHIND,
    MISSED,
    NO_CALL,
    NO_DATA,
    NO_VALUE,
    NOT_BEGUN,
    NOTHING_THERE,
    is_young,
)
from funnelkit.build.entries import number
from funnelkit.linking import asof
from funnelkit.metrics.cell import Cell
from funnelkit.periods import from_day
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Numbers, Watch

RAISED, QUIET, STALE, MISSING = "raised", "quiet", "stale", "missing"
_FIELDS = (
    Field(id="alert", label="alert", unit=TEXT),
    Field(id="segment", label="segment", unit=TEXT),
    Field(id="period", label="period", unit=TEXT),
    Field(id="value", label="value", unit="number"),
    Field(id="against", label="against", unit="number"),
    Field(id="change", label="change", unit="ratio"),
    Field(id="verdict", label="verdict", unit=TEXT),
)


class Seen(Struct, frozen=True, kw_only=True):
    """An alert and what has come of it."""

    watch: Watch
    verdict: str
    value: Cell | None = None
    unit: str = ""
    against: Cell | None = None
    change: float | None = None
    when: str = ""
    group: str = ""
    """The segment of a control chart, beside that of the alert."""

    @property
    def segment(self) -> str:
        """What it is of; nothing for everything."""
        return ",".join(filter(None, (self.watch.alert.segment, self.group)))

    @property
    def name(self) -> str:
        """The name that it was given, or what it watches."""
        return self.watch.alert.name or named(self.watch)


def named(watch: Watch) -> str:
    """What *watch* is about, in the words of the configuration."""
    alert = watch.alert
    if alert.table:
        return (
            f"{alert.table} older than {alert.older_than} days"
            if alert.older_than is not None
            else alert.table
        )
    if alert.kind:
        return f"{alert.metric} out of the ordinary"
    for word in ("above", "below"):
        if (level := getattr(alert, word)) is not None:
            ratio = watch.metric is not None and watch.metric.unit == "ratio"
            return f"{alert.metric} {word} {_plain(level * 100) + ' %' if ratio else _plain(level)}"
    if alert.change is None:
        return f"{alert.metric} behind target"
    word = "rises" if alert.rises is not None else "falls"
    return f"{alert.metric} {word} {_plain(abs(alert.change) * 100)} % against {alert.against}"


def _plain(number: Decimal) -> str:
    """*number* without zeros that say nothing.

    >>> _plain(Decimal("0.100")), _plain(Decimal("1200"))
    ('0.1', '1200')
    """
    return f"{number.normalize():f}"


def seen(
    watches: Sequence[Watch], numbers: Numbers, held: Sequence[Held], loaded: frozenset[str]
) -> list[Seen]:
    """Every alert, of which those on targets look at what is *held*, those on tables at what is *loaded*."""
    charted = control.charts([watch for watch in watches if watch.alert.kind], numbers)
    found = []
    for watch in watches:
        if watch.alert.kind:
            found += [_of_chart(one) for one in charted if one.watch is watch]
        else:
            found.append(_seen(watch, numbers, held, loaded))
    return found


def _seen(watch: Watch, numbers: Numbers, held: Sequence[Held], loaded: frozenset[str]) -> Seen:
    alert = watch.alert
    if alert.table:
        return _fresh(watch, numbers, loaded)
    if alert.behind_target:
        return _of_target(watch, held)
    assert watch.metric is not None
    assert watch.period is not None
    cell, unit = numbers.cell(watch), watch.metric.unit
    if watch.period.start > numbers.dataset.as_of:
        return Seen(watch=watch, verdict=NOT_BEGUN, when=watch.period.label)
    if alert.limit is not None:
        beside = Cell(value=float(alert.limit))
        as_of, horizon = numbers.dataset.as_of, numbers.request.horizon
        young = is_young(watch.metric, watch.period, as_of, horizon)
        called = NO_CALL if young and alert.below is not None else RAISED
        verdict = _none(cell) or (called if _beyond(watch, cell) else QUIET)
        return Seen(watch=watch, verdict=verdict, value=cell, unit=unit, against=beside, when=watch.period.label)  # fmt: skip
    return _moved(watch, numbers, cell, unit)


def _none(cell: Cell) -> str:
    """The verdict on a number that is not there."""
    if cell.value is not None:
        return ""
    return NO_VALUE if cell.reason in NOTHING_THERE else NO_DATA


def _beyond(watch: Watch, cell: Cell) -> bool:
    value, alert = float(cell.value or 0), watch.alert
    if alert.above is not None:
        return value > float(alert.above)
    return alert.below is not None and value < float(alert.below)


def _moved(watch: Watch, numbers: Numbers, cell: Cell, unit: str) -> Seen:
    """An alert on a change: raised by its size, where it is more than noise or nothing tells what noise is."""
    found, limit = numbers.change(watch), float(watch.alert.change or 0)
    assert watch.metric is not None
    assert watch.period is not None
    verdict = _none(cell) or _none(found.previous)
    if not verdict and found.relative is None:
        verdict = NO_VALUE
    elif not verdict:
        large = abs(found.relative or 0) > abs(limit) and (found.relative or 0) * limit >= 0
        tested = found.interval is not None or watch.metric.interval is not None or watch.metric.cohort
        noise = found.verdict == NO_CALL and (tested or watch.metric.unit == "count")
        verdict = (NO_CALL if noise else RAISED) if large else QUIET
    return Seen(
        watch=watch,
        verdict=verdict,
        value=cell,
        unit=unit,
        against=found.previous,
        change=found.relative,
        when=watch.period.label,
    )


def _of_chart(one: control.Charted) -> Seen:
    """Raised where a period is beyond the limits of its chart."""
    if one.quiet:
        return Seen(watch=one.watch, verdict=QUIET, when=one.when, group=one.group)
    if one.judged is None:
        return Seen(watch=one.watch, verdict=_none(one.cell) or NO_VALUE, value=one.cell, when=one.when, group=one.group)  # fmt: skip
    beside = Cell(value=one.judged.centre, interval=(one.judged.low, one.judged.high))
    return Seen(
        watch=one.watch,
        verdict=RAISED if one.flagged else QUIET,
        value=Cell(value=one.judged.value),
        unit=one.watch.metric.unit if one.watch.metric else "",
        against=beside,
        change=one.judged.value / one.judged.centre - 1 if one.judged.centre else None,
        when=one.when,
        group=one.group,
    )


def _of_target(watch: Watch, held: Sequence[Held]) -> Seen:
    """Raised where a target of the metric is behind or missed."""
    own = [
        one
        for one in held
        if one.goal.metric.id == watch.alert.metric
        and (not watch.alert.segment or one.goal.where == watch.where)
        and (watch.period is None or one.goal.period == watch.period)
    ]
    bad = [one for one in own if one.judged.verdict in (BEHIND, MISSED)]
    verdict = RAISED if bad else QUIET if own else NO_DATA
    first = bad[0] if bad else own[0] if own else None
    if first is None:
        return Seen(watch=watch, verdict=verdict)
    return Seen(
        watch=watch,
        verdict=verdict,
        value=first.cell,
        unit=first.goal.metric.unit,
        against=Cell(value=float(first.goal.target.value)),
        when=first.goal.period.label,
    )


def _fresh(watch: Watch, numbers: Numbers, loaded: frozenset[str]) -> Seen:
    """An alert on a table: missing where no file has it, stale where its last date is too long ago."""
    table, most = watch.alert.table, watch.alert.older_than
    if table not in loaded:
        return Seen(watch=watch, verdict=MISSING)
    last = last_day(numbers, table)
    if most is None:
        return Seen(watch=watch, verdict=QUIET, when=str(from_day(last)) if last is not None else "")
    if last is None:
        return Seen(watch=watch, verdict=NO_DATA)
    age = numbers.dataset.as_of - last
    return Seen(
        watch=watch,
        verdict=STALE if age > most else QUIET,
        value=Cell(value=age),
        unit="days",
        against=Cell(value=most),
        when=str(from_day(last)),
    )


def last_day(numbers: Numbers, table: str) -> int | None:
    """The last day on which anything happened in *table*."""
    if table not in numbers.dataset.frames:
        return None
    frame = collect.frame(numbers.dataset.frames[table])
    columns = asof.EVENTS.get(table) or asof.OTHERS.get(table) or ("end",)
    known = tuple(c for c in columns if c in collect.names(frame))
    return collect.latest(frame, known) if known else None


def table(several: Sequence[Seen]) -> Table:
    """The alerts in their order."""
    return Table(
        id="alerts",
        title="Alerts",
        fields=_FIELDS,
        rows=tuple(map(_row, several)),
        names=3,
        caption="against: the level, the period beside it, the target, the days that a table may be old, or "
        "the middle of a control chart with its limits; change: of counts and sums per day, where periods differ in days",
    )


def _row(one: Seen) -> tuple[Entry, ...]:
    return (
        Entry(text=one.name),
        Entry(text=one.segment),
        Entry(text=one.when),
        Entry(cell=one.value, unit=one.unit) if one.value else Entry(),
        Entry(cell=one.against, unit=one.unit) if one.against else Entry(),
        number(one.change),
        Entry(verdict=one.verdict),
    )


SENTENCES: Mapping[str, Callable[[Seen], str]] = {
    MISSING: lambda one: f"no {one.watch.alert.table} are loaded",
    STALE: lambda one: (
        f"{one.watch.alert.table} end on {one.when}, {one.value.value if one.value else 0} days before the as-of date"
    ),
    NO_DATA: lambda one: f"{one.name} cannot be worked out",
}
"""What is told of input that is missing or old."""
