"""Acquisition cost with a lag: spending is charged to the days on which the leads that it bought are won.

Who was won today was bought as long ago as leads take. The days from lead to win of all leads that are
won say how the spending of a day is handed out; leads that are still open may take longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.metrics.columns import KEPT
from funnelkit.metrics.fold import EITHER, TOTAL
from funnelkit.metrics.quotients import quotient
from funnelkit.metrics.reasons import LAG_NOT_COVERED, NO_DENOMINATOR, NO_LAGS, NO_SPEND_HERE
from funnelkit.metrics.statistics import empty
from funnelkit.metrics.units import by_day
from funnelkit.statistics.frequencies import occurred

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.entries import Histogram, Measure, Metric
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.windows import Window

LAGGED = "lagged"
_COVERED = 0.9
"""The share of the lags whose spending must be there: of one that begins later, too little would be charged."""
_MOST = 100_000
"""Periods: of days these are three hundred years."""


class Charged(Struct, frozen=True):
    """What it cost to win the customers of one period."""

    cost: float
    covered: float
    """The share of the lags whose spending is within the data, from 0 to 1; below 1 it is too little."""


def parts(metric: Metric, catalog: Catalog) -> Iterator[Measure | Histogram]:
    """What must be counted for *metric* beside what it needs itself."""
    if metric.statistic == LAGGED:
        yield by_day(catalog.measures[metric.reached])
        yield _of_all(catalog.histograms[metric.of])


def cell(evaluator: Evaluator, metric: Metric, key: Key, window: Window) -> Cell:
    """The cost charged to *window* over the number of those who were won in it."""
    known = evaluator.catalog.measures
    cost, won = known[metric.reached], known[metric.among]
    # What is charged to days to come buys customers who are not counted yet.
    window = evaluator.tally.timeline.so_far(window)
    lags = lags_of(evaluator, metric)
    if not lags:
        return empty(NO_LAGS)
    customers = evaluator.tally.sum(won, key, window)
    if not customers:
        return empty(NO_DENOMINATOR)
    charged, covered = charge(spending(evaluator, metric, key), lags, window.start, window.end)
    if covered < _COVERED:
        return empty(LAG_NOT_COVERED)
    if not charged:
        return empty(NO_SPEND_HERE)
    top = Fraction(charged) / 10 ** evaluator.scale(cost.table, cost.column)
    return quotient(metric, top.as_integer_ratio(), (customers, 1))


def lags_of(evaluator: Evaluator, metric: Metric) -> dict[int, int]:
    """The days from lead to win of all leads that are won, whenever they came, each with how many.

    Filters leave none out, so that a group has one cost whether it is a row of all or asked for alone.
    """
    lags: dict[int, int] = {}
    for _, (lag, came), n in evaluator.tally.by_piece(_of_all(evaluator.catalog.histograms[metric.of])):
        if came and lag >= 0:
            lags[lag] = lags.get(lag, 0) + n
    return lags


def _of_all(histogram: Histogram) -> Histogram:
    """*histogram* of all rows, those that no filter keeps among them."""
    return replace(
        histogram, id=f"{histogram.id}_of_all", where={**histogram.where, KEPT: EITHER}, aged=False
    )


def charged_of(spend: Mapping[int, int], lags: Mapping[int, int], start: int, end: int) -> dict[int, float]:
    """What of the *spend* of each day is charged to the days from *start* to *end*.

    >>> charged_of({0: 100, 1: 300, 2: 0}, {0: 1, 1: 1}, 1, 2)
    {0: 50.0, 1: 300.0, 2: 0.0}
    """
    total = occurred(lags)
    within = {day: sum(n for lag, n in lags.items() if start <= day + lag <= end) for day in spend}
    return {day: cost * within[day] / total for day, cost in spend.items()}


def charge(spend: Mapping[int, int], lags: Mapping[int, int], start: int, end: int) -> tuple[float, float]:
    """What of *spend* by day is charged to the days from *start* to *end*, and the share of the lags covered.

    *lags* says how many were won so many days after they came.

    >>> charge({0: 100, 1: 300, 2: 0}, {0: 1, 1: 1}, 1, 2)
    (350.0, 1.0)
    """
    by_day = lagged_cost(spend, lags)
    found = [by_day.get(day, Charged(0.0, 0.0)) for day in range(start, end + 1)]
    return sum(one.cost for one in found), sum(one.covered for one in found) / len(found)


def lagged_cost(spend: Mapping[int, float], lags: Mapping[int, int]) -> dict[int, Charged]:
    """Spending by period charged to the periods in which its customers are won, in the unit of *spend*.

    *spend* by number of the period, *lags* how many customers were won so many periods after they came:
    the cost of t is the sum over k of the share of lag k times the spending of t - k. Periods run from
    the first with spending to the last plus the longest lag, so that their costs add up to all of it.
    A period between the first and the last without spending spent nothing. Raises ValueError where no
    customer was won, one before it came, or a lag or the spending goes on without end.
    """
    total = occurred(lags)
    if not total or min(lags) < 0:
        raise ValueError("no lags that could be charged")
    if not spend:
        return {}
    first, last = min(spend), max(spend)
    if last + max(lags) - first > _MOST:
        raise ValueError(f"spending is charged to at most {_MOST:,} periods")
    return {
        t: Charged(
            cost=math.fsum(n * spend.get(t - k, 0) for k, n in sorted(lags.items())) / total,
            covered=sum(n for k, n in lags.items() if first <= t - k <= last) / total,
        )
        for t in range(first, last + max(lags) + 1)
    }


def spending(evaluator: Evaluator, metric: Metric, key: Key) -> dict[int, int]:
    """The spending of the group *key* by day, over the days on which anybody spent, in its smallest unit."""
    name = by_day(evaluator.catalog.measures[metric.reached]).id
    everything = evaluator.tally.timeline.everything
    every = evaluator.tally.daily.between((name,), TOTAL, everything)
    own = evaluator.tally.daily.between((name,), key, everything)
    ends = dict.fromkeys((*every.days[:1], *every.days[-1:]), 0)
    return ends | dict(zip(own.days, own.sums[name], strict=True))
