"""Limits of what the customers of a period have brought, to one age: of a mean over customers, as of other money."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.metrics import firstpaid, statistics
from funnelkit.metrics.reasons import few_units
from funnelkit.statistics.moments import Moments

if TYPE_CHECKING:
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.windows import Window

ACQUIRED = "acquired"


def limited(cell: Cell, evaluator: Evaluator, key: Key, window: Window) -> Cell:
    """*cell*, a mean over the customers who first paid in *window*, with their number and its limits."""
    n, total, squares, least = (
        evaluator.tally.of_customers(word, key, window) for word in (*firstpaid.WORDS, *firstpaid.VARIED)
    )
    # What 1 in the smallest unit of the payments is worth: the mean, margin and all, over that of the payments.
    unit = Fraction(cell.value or 0) * n / total if total else Fraction(0)
    found = statistics.mean(Moments(n, total, squares, least), unit, money=True)
    if found.interval is None or not total:
        return replace(cell, n=n, unlimited=few_units("customers"))
    return replace(cell, n=n, interval=found.interval, interval_type=found.interval_type)
