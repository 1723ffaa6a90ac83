"""One exact number over another, as a cell with the limits that the metric asks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from funnelkit.metrics.cell import Cell, Number
from funnelkit.statistics import intervals

if TYPE_CHECKING:
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.formula import Exact


def quotient(metric: Metric, top: Exact, bottom: Exact) -> Cell:
    """The cell of *top* over *bottom*, with the limits that the metric asks for where they exist."""
    value = (top[0] * bottom[1]) / (top[1] * bottom[0])
    above, below = (
        number(top, whole=metric.unit == "ratio"),
        number(bottom, whole=metric.interval is not None),
    )
    n = below if metric.interval in ("wilson", "poisson") and isinstance(below, int) else None
    limits: tuple[Number, Number | None] | None = None
    if n is not None and metric.interval == "wilson" and isinstance(above, int) and 0 <= above <= n:
        limits = intervals.wilson(above, n)
    elif n is not None and metric.interval == "poisson" and n > 0:
        low, high = intervals.poisson(n)
        limits = value * n / high, value * n / low
    elif (
        metric.interval == "counts"
        and isinstance(above, int)
        and isinstance(below, int)
        and above + below > 0
    ):
        # Two numbers of cases of which neither is a part of the other.
        _, low, high, _ = intervals.poisson_ratio(above, 1, below, 1)
        limits = low, None if math.isinf(high) else high
    return Cell(
        value=value,
        numerator=above,
        denominator=below,
        n=n,
        interval=limits,
        interval_type=metric.interval if limits else None,
        method=metric.method,
    )


def number(exact: Exact, *, whole: bool) -> Number:
    """*exact* as an integer where it counts something, else as the nearest float."""
    counts = exact[1] == 1 or (whole and exact[0] % exact[1] == 0)
    return exact[0] // exact[1] if counts else exact[0] / exact[1]
