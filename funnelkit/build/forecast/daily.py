"""The metrics of a forecast day by day and group by group: one question to the engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.counting import Count, count
from funnelkit.errors import UsageError
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.units import by_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.build.forecast.asked import Asked
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.formula import Exact
    from funnelkit.metrics.reasons import Reason
    from funnelkit.statistics.moments import Moments

WON_AMOUNTS = Histogram(
    id="forecast_amounts",
    table="deals",
    of="amount",
    where={"status": frozenset({"won"})},
    date="closed_at",
    needs=("deal_status",),
)
"""What won deals brought, one by one."""


UNLINKED = Measure(
    id="forecast_unlinked",
    table="customers",
    where={"linked": frozenset({0})},
    date="first_won_at",
    needs=("customers",),
    daily=True,
)
"""New customers that were no lead."""


class Daily(Struct, frozen=True, kw_only=True, dict=True):
    """What was counted."""

    made: Count
    metrics: Sequence[Metric]

    def reason(self, metric: Metric, key: Key = TOTAL) -> Reason | None:
        """Why nothing can be said of *metric*."""
        everything = self.made.counted.tally.timeline.everything
        return self.made.evaluator.undefined.anyhow(metric, key, everything) or self._undated(metric)

    def days(self, metric: Metric, key: Key = TOTAL) -> dict[int, float]:
        """*metric* on each day on which any of its parts happened, up to the as-of day."""
        names = _measures(metric, self.made.catalog)
        daily, tally = self.made.counted.tally.daily, self.made.counted.tally
        table = daily.between(tuple(by_day(one).id for one in names.values()), key, tally.timeline.everything)
        scales = self.made.dataset.scales
        found: dict[int, float] = {}
        for place, day in enumerate(table.days):
            if day > self.made.dataset.as_of:
                break
            sums = {
                name: (
                    table.sums[by_day(one).id][place],
                    10 ** scales.get(one.table, {}).get(one.column or "", 0),
                )
                for name, one in names.items()
            }
            found[day] = _value(metric, self.made.catalog, sums)
        return found

    def last(self, metric: Metric) -> int | None:
        """The last day on which anything happened in the files of *metric*."""
        return self.last_of(*self.made.catalog.tables(metric))

    def last_of(self, *tables: str) -> int | None:
        """The same of *tables*; customers are made of deals, or else of payments or leads."""
        frames = self.made.counted.facts.frames
        made_of = next((name for name in ("deals", "payments", "leads") if name in frames), "")
        days = self.made.counted.asked.days(*(made_of if name == "customers" else name for name in tables))
        return days[-1] if days else None

    def unlinked(self) -> dict[int, float]:
        """New customers that were no lead, by day up to the as-of day."""
        tally = self.made.counted.tally
        table = tally.daily.between((UNLINKED.id,), TOTAL, tally.timeline.everything)
        found = zip(table.days, table.sums[UNLINKED.id], strict=True)
        return {day: float(n) for day, n in found if day <= self.made.dataset.as_of}

    @cached_property
    def groups(self) -> Sequence[Key]:
        """The groups in which any of the metrics happened, by the first of these, the largest first."""
        if not self.made.request.by:
            return ()
        tally = self.made.counted.tally
        everything = tally.timeline.everything
        known = [one for one in self.metrics if self.reason(one, ("",)) is None]
        parts = [part for one in known for part in _measures(one, self.made.catalog).values()]
        keys = tally.keys(parts, [everything])
        sizes = {key: [-sum(self.days(one, key).values()) for one in known] for key in keys}
        return sorted(sizes, key=lambda key: (sizes[key], key))

    @property
    def amounts(self) -> Moments:
        """Number, sum and squares of the amounts of won deals, in their smallest unit."""
        tally = self.made.counted.tally
        return self.made.evaluator.moments_of(WON_AMOUNTS, TOTAL, tally.timeline.everything)

    def _undated(self, metric: Metric) -> Reason | None:
        for part in _measures(metric, self.made.catalog).values():
            if reason := self.made.counted.facts.lacks_day(part.table, part.date):
                return reason
        return None


def daily(data: Dataset, asked: Asked, metrics: Sequence[Metric]) -> Daily:
    """The days of *metrics*; UsageError for one that is no sum over days."""
    for metric in metrics:
        if not additive(metric, asked.catalog):
            raise UsageError(
                f"{metric.id} does not add up over periods, and only what does is forecast",
                hint="Forecast what it is made of, such as leads, deals_won, revenue_won or spend.",
            )
    plain = replace(asked.request, period=None, grain=None, compare=(), sort=None, metrics=None, top=None)
    parts: list[Measure | Histogram] = [
        by_day(one) for metric in metrics for one in _measures(metric, asked.catalog).values()
    ]
    more: list[Measure | Histogram] = [
        WON_AMOUNTS,
        UNLINKED,
        *(asked.catalog.histograms[name] for name in ("deal_waits", "lead_times")),
        # New customers end where payments do, and not with the last who was new.
        by_day(asked.catalog.measures["payments_gross"]),
    ]
    return Daily(
        made=count(data, plain, asked.catalog, metrics, [*dict.fromkeys(parts), *more]), metrics=metrics
    )


def additive(metric: Metric, catalog: Catalog) -> bool:
    """Whether *metric* is a sum over days: measures added and taken off, and nothing else."""
    if metric.formula is None or metric.unit not in ("count", "money") or metric.trailing_months:
        return False
    words = re.findall(r"\w+|[^\w\s]", metric.formula.text)
    if metric.formula.previous or {*words} - {*metric.formula.names, *"+-()"}:
        return False
    for name in metric.formula.names:
        if (measure := catalog.measures.get(name)) is not None:
            if measure.cumulative or measure.of_customers:
                return False
        elif name not in catalog.metrics or not additive(catalog.metrics[name], catalog):
            return False
    return True


def _measures(metric: Metric, catalog: Catalog) -> dict[str, Measure]:
    """The measures that *metric* is made of, by name."""
    return {part.id: part for part in catalog.parts(metric) if isinstance(part, Measure)}


def _value(metric: Metric, catalog: Catalog, sums: Mapping[str, Exact]) -> float:
    assert metric.formula is not None

    def value(name: str) -> Exact | None:
        if name in sums:
            return sums[name]
        inner = catalog.metrics[name].formula
        return inner.value(value) if inner else None

    found = metric.formula.value(value)
    return found[0] / found[1] if found else 0.0
