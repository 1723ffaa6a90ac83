"""Why a number has no limits: because it is no estimate, or because nothing tells how far it may be off.

Every value of a report has either limits or one of these reasons.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from funnelkit.metrics.catalog import CONSTANTS
from funnelkit.metrics.formula import tree
from funnelkit.metrics.reasons import Reason

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.entries import Metric

TOTAL = Reason("total", "counted or added up, and not estimated")
GIVEN = Reason("given", "a number that was given, and not estimated")
OF_QUOTA = Reason("of_quota", "amounts of the files over a quota: a fact, and no estimate")
TWO_PERIODS = Reason(
    "two_periods", "sums of two periods side by side: what was booked and paid, and no estimate"
)
EXPECTED = Reason(
    "expected",
    "an expectation of deals that are won or lost as a whole: `funnelkit forecast` says how far it may be off",
)
SEVERAL = Reason("several_parts", "how far its parts vary together is not counted")
ONE_VALUE = Reason("one_value", "a single value does not tell how far values lie apart")
NOT_NARROWED = Reason("not_narrowed", "too few have come so far to narrow it down")
NO_SHARE = Reason("no_share", "there is more above the line than below it, so that it is no share of a whole")
NOT_WHOLE = Reason(
    "not_whole", "its counts are no whole numbers, as where a file gives them for ranges of days"
)


def why(metric: Metric, catalog: Catalog) -> Reason:
    """Why *metric* never has limits, where it asks for none."""
    if metric.formula is None:
        return EXPECTED if catalog.weighs(metric) else SEVERAL
    if set(metric.formula.names) <= set(CONSTANTS):
        return GIVEN
    if is_sum(metric, catalog):
        return TOTAL
    if "quotas" in catalog.tables(metric):
        return OF_QUOTA
    if catalog.weighs(metric):
        return EXPECTED
    return TWO_PERIODS if catalog.looks_back(metric) else SEVERAL


def lacking(metric: Metric, cell: Cell) -> Reason:
    """Why *cell* has no limits, though *metric* asks for some."""
    if metric.statistic == "mean":
        return ONE_VALUE
    if metric.statistic == "survival":
        return NOT_NARROWED
    above, below = cell.numerator, cell.denominator
    if not isinstance(above, int) or not isinstance(below, int):
        return NOT_WHOLE
    return NO_SHARE if metric.interval == "wilson" and not 0 <= above <= below else SEVERAL


def is_sum(metric: Metric, catalog: Catalog) -> bool:
    """Whether *metric* is made of counts and sums by adding and taking off alone."""
    return metric.formula is not None and _adds(tree(metric.formula.text), catalog)


def _adds(node: ast.expr, catalog: Catalog) -> bool:
    match node:
        case ast.Name(id=name):
            inner = catalog.metrics.get(name)
            return name in catalog.measures or (inner is not None and is_sum(inner, catalog))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return _adds(left, catalog) and _adds(right, catalog)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return any(_is_constant(a) and _adds(b, catalog) for a, b in ((left, right), (right, left)))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _adds(left, catalog) and _is_constant(right)
    return False


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in CONSTANTS)
