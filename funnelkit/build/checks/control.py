"""Alerts of the kind control: whether the last period that is over is out of the ordinary for its series.

Rates by Laney's p', counts by his u', both with moving averages for small shifts that last, money and days
by their distance from the median. Many series are looked at, and a few of many are far off by chance
alone: calls are taken of all series of all alerts at once (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.periods import day_number
from funnelkit.statistics import control
from funnelkit.statistics.control import Judged
from funnelkit.statistics.significance import false_discovery

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Numbers, Watch
    from funnelkit.reports import Point

_ALPHA = 0.05
_WEEK = 7
_SHORT = Reason(
    "few_periods", f"fewer than {control.FEWEST + 1} periods are over, or nothing in them varies: no chart"
)


class Charted(Struct, frozen=True, kw_only=True):
    """The last period of one series."""

    watch: Watch
    group: str
    """The segment, as a condition; nothing for the whole."""
    of: frozenset[str]
    """All conditions of its rows."""
    when: str
    cell: Cell
    judged: Judged | None
    flagged: bool = False
    quiet: bool = False
    """Whether it stands for all that its alert looks at, of which nothing is flagged."""


def charts(watches: Sequence[Watch], numbers: Numbers) -> list[Charted]:
    """The last period of every series of *watches*: the whole, and of segments those that are flagged.

    A series that several alerts look at is charted once, so that it is told once and is one of all charts.
    """
    every = [one for watch in watches for one in _series(watch, numbers)]
    found = _once(every)
    judged = [(i, one.judged) for i, one in enumerate(found) if one.judged is not None]
    adjusted = false_discovery([known.p for _, known in judged])
    for (i, known), p in zip(judged, adjusted, strict=True):
        found[i] = replace(found[i], flagged=known.beyond and p <= _ALPHA)
    shown = [one for one in found if one.flagged or not one.group]
    return [*shown, *_silent(watches, every, shown)]


def _once(every: Sequence[Charted]) -> list[Charted]:
    """The different series: of equal ones that of the alert which is about nothing else."""
    chosen: dict[object, Charted] = {}
    for one in sorted(every, key=lambda one: (bool(one.group), bool(one.watch.alert.by))):
        chosen.setdefault(_what(one), one)
    return [one for one in every if chosen[_what(one)] is one]


def _what(one: Charted) -> object:
    return one.watch.alert.metric, one.watch.grain, one.of


def _silent(
    watches: Sequence[Watch], every: Sequence[Charted], shown: Sequence[Charted]
) -> Iterator[Charted]:
    """Alerts of which nothing is shown yet, since others show the whole: that they are quiet; nothing of those raised there."""
    raised = {_what(one) for one in shown if one.flagged}
    for watch in watches:
        own = [one for one in every if one.watch is watch]
        if own and not any(one.watch is watch for one in shown):
            by = watch.alert.by
            if by or _what(own[0]) not in raised:
                yield replace(own[0], group=f"by {by}" if by else "", quiet=True)


def _series(watch: Watch, numbers: Numbers) -> Iterator[Charted]:
    made = numbers.series(watch)
    if made.trend is not None:
        yield _charted(watch, numbers, "", made.trend.points)
    for row in made.breakdown.rows if made.breakdown else ():
        yield _charted(watch, numbers, f"{watch.alert.by}={row.key[0]}", row.trend)


def _charted(watch: Watch, numbers: Numbers, group: str, points: Sequence[Point]) -> Charted:
    assert watch.metric is not None
    over = [point for point in points if _is_over(watch, numbers, point)][1:]
    if watch.grain == "day":
        # Sundays are held against Sundays.
        over = over[::-1][::_WEEK][::-1]
    of = frozenset(filter(None, (*map(str, watch.where), group)))
    if not over:
        return Charted(watch=watch, group=group, of=of, when="", cell=empty(_SHORT), judged=None)
    last = over[-1]
    cells = [(point.cells[watch.metric.id], point) for point in over]
    judged = _judged(watch, cells)
    cell = cells[-1][0]
    cell = empty(_SHORT) if judged is None and cell.value is not None else cell
    return Charted(watch=watch, group=group, of=of, when=last.span.label, cell=cell, judged=judged)


def _is_over(watch: Watch, numbers: Numbers, point: Point) -> bool:
    """Whether all of its days are over, and all of its cases have had their time."""
    assert watch.metric is not None
    time = numbers.request.horizon if watch.metric.cohort else 0
    return not point.span.partial and day_number(point.span.end) + time <= numbers.dataset.as_of


def _judged(watch: Watch, cells: Sequence[tuple[Cell, Point]]) -> Judged | None:
    """The last of *cells* against the others; of a conversion, what was won within the horizon counts."""
    metric = watch.metric
    assert metric is not None
    if metric.unit == "count":
        days = [((point.span.end - point.span.start).days + 1, cell.value) for cell, point in cells]
        if all(isinstance(value, int) for _, value in days):
            found = control.last_count([(int(value or 0), n) for n, value in days])
            return found and control.over(found, days[-1][0])
    if metric.interval == "wilson":
        parts = [cell.mature if metric.statistic == "conversion" else cell for cell, _ in cells]
        rates = [(int(one.numerator or 0), int(one.denominator)) for one in parts if one and one.denominator]
        there = parts[-1] is not None and bool(parts[-1].denominator)
        return control.last_rate(rates) if there and all(x <= n for x, n in rates) else None
    values = [float(cell.value) for cell, _ in cells if cell.value is not None]
    return control.last_value(values) if cells[-1][0].value is not None else None
