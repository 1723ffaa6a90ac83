"""The spend that a cost with a lag is made of: when it was spent, and what of it is charged to the period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.build.entries import number
from funnelkit.metrics import lagged
from funnelkit.metrics.fold import TOTAL
from funnelkit.periods import from_day
from funnelkit.statistics.intervals import quantile
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.counting import Count
    from funnelkit.metrics.entries import Metric


def moved(worked: Count, metric: Metric) -> Table:
    """The spend by month, and what of it is charged to the period of *worked*; the last row is their sum."""
    window, cost = worked.spans.window, worked.catalog.measures[metric.reached]
    window = worked.evaluator.tally.timeline.so_far(window)
    spend = lagged.spending(worked.evaluator, metric, TOTAL)
    lags = lagged.lags_of(worked.evaluator, metric)
    charged = lagged.charged_of(spend, lags, window.start, window.end)
    months: dict[str, tuple[float, float]] = {}
    for day, amount in spend.items():
        name = f"{from_day(day):%Y-%m}"
        before = months.get(name, (0.0, 0.0))
        months[name] = before[0] + amount, before[1] + charged[day]
    known = {name: sums for name, sums in sorted(months.items()) if sums[1]}
    known["Sum"] = sum(s for s, _ in known.values()), sum(c for _, c in known.values())
    unit = 10 ** worked.evaluator.scale(cost.table, cost.column)
    return Table(
        id="moved",
        title="Spend by when it was spent",
        fields=(
            Field(id="month", label="month", unit=TEXT),
            Field(id="spent", label="spent", unit="money"),
            Field(id="charged", label="charged to the period", unit="money"),
        ),
        rows=tuple(
            (Entry(text=name), *(number(amount / unit) for amount in sums)) for name, sums in known.items()
        ),
        caption=f"each day's spend is handed out to the days after it as the {sum(lags.values()):,} won leads took, whenever "
        f"they came and whatever is filtered: {quantile(sorted(lags.items()), 0.5):g} days in the median",
    )
