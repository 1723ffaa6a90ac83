"""Limits of what a customer is worth by the share of customers who stay: those that this share has.

The money that customers pay varies too, but far less weighs on the value than how long they stay.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.statistics.intervals import wilson

if TYPE_CHECKING:
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.formula import Exact, Formula
    from funnelkit.metrics.windows import Window

KEPT = "kept"
_STAY, _LEAVE = "retention_rate", "churn_rate"


def limited(cell: Cell, evaluator: Evaluator, formula: Formula, key: Key, window: Window) -> Cell:
    """*cell*, made by *formula*, with the values at both of Wilson's limits of those who stay.

    The upper limit is infinite where nobody may leave.
    """
    known = evaluator.catalog.measures
    kept, before = (
        evaluator.tally.sum(known[name], key, window) for name in ("customers_kept", "customers_before")
    )
    lookup = evaluator.lookup(key, window)

    def value(stay: float) -> float | None:
        share = Fraction(stay)
        shares = {_STAY: share.as_integer_ratio(), _LEAVE: (1 - share).as_integer_ratio()}

        def named(name: str) -> Exact | None:
            return shares[name] if name in shares else lookup(name)

        exact = formula.value(named)
        return None if exact is None else exact[0] / exact[1]

    low, high = (value(stay) for stay in wilson(kept, before))
    if low is None:
        return cell
    return replace(cell, n=before, interval=(low, high), interval_type=KEPT)
