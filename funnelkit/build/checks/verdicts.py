"""Whether a number meets its target: when its period is over, and while it still runs.

A period that is over misses its target only beyond noise: where the 95 % range of a rate or a cost
holds the target, there is no call. While a period runs, what adds up over its days is held against
the share of the target that its business days so far stand for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.entries import Measure
from funnelkit.metrics.lookback import business_days
from funnelkit.statistics import intervals

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Goal
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.entries import Metric
    from funnelkit.periods import Period

MET, MISSED, ON_PACE, BEHIND = "met", "missed", "on pace", "behind"
NO_CALL, NO_DATA, NO_VALUE, NOT_BEGUN = "no call", "no data", "no value", "not begun"
NOTHING_THERE = frozenset(
    "no_denominator no_spend_here not_reached not_above_zero not_over no_whole_months no_data_before few_periods".split()
)
"""Reasons why there is no number although no input is missing."""


class Judged(Struct, frozen=True, kw_only=True):
    """What is to be said of a number and its target."""

    verdict: str
    attainment: float | None = None
    """The number over its target."""
    pace: float | None = None
    """The number over what the target asks for by now."""


def is_young(metric: Metric, period: Period, as_of: int, horizon: int) -> bool:
    """Whether *metric* is of cases of *period* that have not all had the days of *horizon* to turn out well."""
    return metric.cohort and period.end + horizon > as_of


def judged(goal: Goal, cell: Cell, as_of: int, *, flows: bool, horizon: int) -> Judged:
    """The number *cell* against *goal*; *flows*: it adds up over the days of its period.

    A cohort that is younger than *horizon* days can only grow: it is called where that changes nothing.
    """
    if goal.period.start > as_of:
        return Judged(verdict=NOT_BEGUN)
    if cell.value is None:
        return Judged(verdict=NO_VALUE if cell.reason in NOTHING_THERE else NO_DATA)
    value, target = float(cell.value), float(goal.target.value)
    attainment = value / target if target else None
    if is_young(goal.metric, goal.period, as_of, horizon):
        verdict = _final(goal, cell)
        return Judged(
            verdict=verdict if (verdict == MET) == goal.at_least else NO_CALL, attainment=attainment
        )
    if goal.period.end <= as_of:
        return Judged(verdict=_final(goal, cell), attainment=attainment)
    if not flows:
        found = {MET: ON_PACE, MISSED: BEHIND}
        verdict = _final(goal, cell)
        return Judged(verdict=found.get(verdict, verdict), attainment=attainment)
    by_now = target * elapsed(goal.period, as_of)
    return Judged(
        verdict=_running(goal, cell, by_now), attainment=attainment, pace=value / by_now if by_now else None
    )


def elapsed(period: Period, as_of: int) -> float:
    """The share of the business days of *period* that are over on *as_of*; of its days where it has none."""
    end = min(period.end, as_of)
    whole = business_days(period.start, period.end)
    if not whole:
        return max(end - period.start + 1, 0) / period.days
    return business_days(period.start, end) / whole


def accumulates(metric: Metric, catalog: Catalog) -> bool:
    """Whether *metric* grows with the days of a period: a plain sum or count, or such a sum over a quota."""
    formula = metric.formula
    if formula is None or formula.previous:
        return False
    parts = catalog.parts(metric)
    if not all(isinstance(part, Measure) and not part.cumulative for part in parts):
        return False
    below = {part.table for name in formula.below for part in catalog.named(name)}
    divided = formula.text.count("/")
    if divided and (divided > 1 or below != {"quotas"}):
        return False
    inner = (catalog.metrics[n] for n in formula.names if n not in catalog.measures and n in catalog.metrics)
    return (bool(divided) or metric.unit in ("count", "money")) and all(
        accumulates(one, catalog) for one in inner
    )


def _final(goal: Goal, cell: Cell) -> str:
    value, target = float(cell.value or 0), float(goal.target.value)
    if _meets(goal, value, target):
        return MET
    low, high = cell.interval or (None, None)
    if low is not None and low <= target and (high is None or target <= high):
        return NO_CALL
    return MISSED


def _running(goal: Goal, cell: Cell, by_now: float) -> str:
    """The verdict on a sum or count of a period that still runs."""
    value, target = float(cell.value or 0), float(goal.target.value)
    if _meets(goal, value, target) == goal.at_least:
        # What has been reached stays reached, and so does what has been overdone.
        return MET if goal.at_least else MISSED
    if _meets(goal, value, by_now):
        return ON_PACE
    if goal.metric.unit == "count" and isinstance(cell.value, int) and cell.value >= 0:
        low, high = intervals.poisson(cell.value)
        if low <= by_now <= high:
            return NO_CALL
    return BEHIND


def _meets(goal: Goal, value: float, target: float) -> bool:
    """Whether *value* is on the right side of *target*, or as near to it as is tolerated."""
    spare = abs(target) * float(goal.target.tolerance)
    return value >= target - spare if goal.at_least else value <= target + spare
