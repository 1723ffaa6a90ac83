"""Which numbers grow with the days of their period, and how many days of it they are of.

A count or a sum of what happened in a period is compared per day, since periods differ in length and
the data may end within one. A ratio is not, nor is what there is as of a day, such as open deals.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from funnelkit.metrics.beyond import GOING_ON
from funnelkit.metrics.catalog import GIVEN
from funnelkit.metrics.formula import tree

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Measure, Metric
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.windows import Window

_SHORTEST, _LONGEST = 28, 31 / 28
"""A month has 28 days or more, and the longest so many times those of the shortest."""
_QUOTAS = "quotas"
_EXPECTED, _OVERDUE = "expected_close_at", "overdue"


def grows(metric: Metric, evaluator: Evaluator) -> bool:
    """Whether *metric* is twice as much of twice as many days on which the same happens.

    A count of leads does, and so do leads times the amount of a deal; open deals do not, nor does
    anything that looks back or is counted customer by customer.
    """
    if metric.id not in evaluator.growing:
        evaluator.growing[metric.id] = power(metric, evaluator.catalog) == 1
    return evaluator.growing[metric.id]


def days(metric: Metric, evaluator: Evaluator, window: Window) -> int:
    """On how many days of *window* what *metric* is made of is known; 0 or less where none has come yet."""
    timeline = evaluator.tally.timeline
    tables = {part.table for part in evaluator.catalog.parts(metric)}
    last = timeline.as_of
    if not (timeline.stops or window.everything):
        # Ad spend, visits and e-mails count to the end of their files, which may be after the last lead or deal.
        last = max([last, *evaluator.extent(*(tables & GOING_ON))])
    return min(window.end, last) - window.start + 1


def neighbours(days: tuple[int, int]) -> bool:
    """Whether periods of so many days may be months, quarters or years of one calendar."""
    return min(days) >= _SHORTEST and max(days) <= min(days) * _LONGEST


def runs(metric: Metric, evaluator: Evaluator, window: Window) -> bool:
    """Whether the data that *metric* is made of end within *window*."""
    return days(metric, evaluator, window) < window.end - window.start + 1


def power(metric: Metric, catalog: Catalog) -> int | None:
    """With which power of its days *metric* grows: 1 for a sum, 0 for a ratio; None where it has none."""
    if metric.statistic is not None:
        return None if metric.statistic == "weighted" else 0
    if metric.trailing_months or metric.formula is None:
        return None
    return _of_tree(tree(metric.formula.text), catalog)


def _of_tree(node: ast.expr, catalog: Catalog) -> int | None:
    match node:
        case ast.Constant():
            return 0
        case ast.Name(id=name):
            return _of_name(name, catalog)
        case ast.BinOp(left=left, op=sign, right=right):
            first, second = _of_tree(left, catalog), _of_tree(right, catalog)
            if first is None or second is None:
                return None
            if isinstance(sign, ast.Mult | ast.Div):
                return first + second if isinstance(sign, ast.Mult) else first - second
            return first if first == second else None
    return None


def _of_name(name: str, catalog: Catalog) -> int | None:
    if name in catalog.measures:
        return _of_measure(catalog.measures[name])
    if name in GIVEN:
        return 0
    return power(catalog.metrics[name], catalog) if name in catalog.metrics else None


def _of_measure(measure: Measure) -> int | None:
    due = measure.date == _EXPECTED and _OVERDUE not in measure.where
    if measure.of_customers or measure.table == _QUOTAS or due:
        # Who pays is counted once however long the period is; quotas and expected closes are of days to come too.
        return None
    return 0 if measure.cumulative else 1
