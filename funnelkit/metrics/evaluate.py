"""Metrics from sums: a cell with value, numerator, denominator, n and limits, or the reason why not.

Money is divided by its scale once, at the end. Everything a metric needs is in the tally; nothing
here looks at rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.metrics import acquired, conversion, lagged, repaid, response, units, unlimited, worth
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.catalog import GIVEN
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.columns import table_columns
from funnelkit.metrics.formula import looked_back
from funnelkit.metrics.lookback import OF_PERIODS, of_period
from funnelkit.metrics.maturing import Maturing
from funnelkit.metrics.quotients import number, quotient
from funnelkit.metrics.reasons import (
    NO_DENOMINATOR,
    NO_HISTORY,
    NO_SPEND_HERE,
    NOT_ABOVE_ZERO,
    NOT_ANSWERED,
    NOT_REACHED,
    Reason,
)
from funnelkit.metrics.undefined import Undefined
from funnelkit.statistics import survival
from funnelkit.statistics.moments import Moments

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.entries import Histogram, Measure, Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.formula import Exact, Formula, Lookup
    from funnelkit.metrics.settings import Settings
    from funnelkit.metrics.weighing import Weights
    from funnelkit.metrics.windows import Window


class Evaluator:
    """Works metrics out for groups and windows."""

    def __init__(
        self,
        catalog: Catalog,
        counted: Counted,
        scales: Mapping[str, Mapping[str, int]],
        curve: survival.Curve | None,
        settings: Settings,
        weights: Weights | None = None,
        since: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.catalog = catalog
        self.tally = counted.tally
        self.settings = settings
        self.undefined = Undefined(catalog, counted, settings, weights)
        self.extent = counted.asked.days
        """The first and last day on which something happened in tables, by their names."""
        self.lacks = counted.lacks
        """Why measures and histograms say nothing, by id."""
        self.weights = weights
        """The chances of open deals, where a metric asks for them."""
        self.maturing = Maturing(catalog, counted, settings.horizon, curve, since)
        self.forms: dict[str, tuple[units.Form, units.Form]] = {}
        """What quotients are made of, by formula: the same for every group and window."""
        self.growing: dict[str, bool] = {}
        """Which metrics grow with the days of their period, by id."""
        self._limitless: dict[str, Reason] = {}
        """Why metrics never have limits, by id."""
        self._scales = scales
        self._values: dict[tuple[str, Key, Window], stats.Histogram] = {}

    def cell(self, metric: Metric, key: Key, window: Window) -> Cell:
        """*metric* in the group *key* and *window*."""
        if (reason := self.undefined.reason(metric, key, window)) is not None:
            return stats.empty(reason)
        if metric.trailing_months:
            window = window.trailing(metric.trailing_months)
        if metric.formula is not None:
            found = self._formula(metric, metric.formula, key, window)
        else:
            found = self._statistic(metric, key, window)
        if found.value is None or found.interval is not None or found.unlimited is not None:
            return found
        return replace(found, unlimited=self._unlimited(metric, found))

    def _unlimited(self, metric: Metric, cell: Cell) -> Reason:
        """Why *cell* has no limits."""
        if metric.interval is not None:
            return unlimited.lacking(metric, cell)
        if metric.id not in self._limitless:
            self._limitless[metric.id] = unlimited.why(metric, self.catalog)
        return self._limitless[metric.id]

    def moments(self, metric: Metric, key: Key, window: Window) -> Moments:
        """Number, sum and squares of the values that the statistic *metric* is of."""
        return self.moments_of(self.catalog.histograms[metric.of], key, window)

    def moments_of(self, histogram: Histogram, key: Key, window: Window) -> Moments:
        """Number, sum and squares of the values of *histogram*."""
        if self.tally.is_summed(histogram):
            return self.tally.moments(histogram, key, window)
        return Moments.of(self._histogram(histogram, key, window))

    def _ordered(self, metric: Metric, key: Key, window: Window) -> Sequence[tuple[int, int]]:
        histogram = self.catalog.histograms[metric.of]
        if self.tally.is_summed(histogram):
            return self.tally.ordered(histogram, key, window)
        return sorted(self._histogram(histogram, key, window).items())

    def _histogram(self, histogram: Histogram, key: Key, window: Window) -> stats.Histogram:
        # Mean, median and quantiles of one histogram are asked for one after the other.
        if (known := self._values.get((histogram.id, key, window))) is not None:
            return known
        money = _is_money(histogram)
        found: dict[int, int] = {}
        for (value, _), n in self.tally.values(histogram, key, window).items():
            if money or value >= 0:
                found[value] = found.get(value, 0) + n
        self._values[histogram.id, key, window] = found
        return found

    def unit(self, metric: Metric) -> Fraction:
        """What 1 in the histogram of *metric* is worth in its unit."""
        histogram = self.catalog.histograms[metric.of]
        scale = self.scale(histogram.table, histogram.of) if _is_money(histogram) else 0
        times = self.settings.gross_margin if metric.times else None
        return Fraction(1 if times is None else times) / Fraction(10**scale)

    def _formula(self, metric: Metric, formula: Formula, key: Key, window: Window) -> Cell:
        lookup = self.lookup(key, window)
        if formula.numerator is not None and formula.denominator is not None:
            top, bottom = formula.numerator(lookup), formula.denominator(lookup)
            if top is None or bottom is None or bottom[0] == 0:
                return stats.empty(NO_DENOMINATOR)
            if metric.above_zero and bottom[0] * bottom[1] < 0:
                return stats.empty(NOT_ABOVE_ZERO)
            if metric.interval and metric.unit == "money" and top[0] == 0:
                return stats.empty(NO_SPEND_HERE)
            cell = quotient(metric, top, bottom)
            if metric.interval in units.UNITS:
                return units.limited(cell, self, metric, key, window)
            if metric.interval == repaid.REPAID:
                return repaid.limited(cell, self, metric, key, window)
            if metric.interval == acquired.ACQUIRED:
                return acquired.limited(cell, self, key, window)
            if metric.interval == worth.KEPT:
                return worth.limited(cell, self, formula, key, window)
            return self.maturing.of_stages(metric, cell, key, window)
        exact = formula.value(lookup)
        if exact is None:
            return stats.empty(NO_DENOMINATOR)
        return Cell(value=number(exact, whole=metric.unit == "count"), method=metric.method)

    def lookup(self, key: Key, window: Window) -> Lookup:
        """What names in formulas stand for in the group *key* and *window*, each worked out once."""
        known: dict[str, Exact | None] = {}

        def value(name: str) -> Exact | None:
            if name not in known:
                known[name] = self.named(name, key, window)
            return known[name]

        return value

    def named(self, name: str, key: Key, window: Window) -> Exact | None:
        """What *name* in a formula stands for in the group *key* and *window*, as a quotient of whole numbers."""
        if name in self.catalog.measures:
            measure = self.catalog.measures[name]
            return self._sum(measure, key, window), 10 ** self.scale(measure.table, measure.column)
        if name in OF_PERIODS:
            return of_period(name, window, self.tally.timeline.as_of)
        if name in GIVEN:
            return self.constant(name)
        if of := looked_back(name):
            return self.named(of, key, window.previous())
        metric = self.catalog.metrics[name]
        if metric.formula is not None:
            return metric.formula.value(self.lookup(key, window))
        if metric.statistic == "mean":
            found, unit = self.moments(metric, key, window), self.unit(metric)
            return (found.total * unit.numerator, found.n * unit.denominator) if found.n else None
        if metric.statistic == "weighted":
            value = self._weighted(metric, key, window)
            return None if isinstance(value, Reason) else value
        cell = self._statistic(metric, key, window)
        return None if cell.value is None else Fraction(cell.value).as_integer_ratio()

    def constant(self, name: str) -> Exact | None:
        """A number that the report was given."""
        number = self.settings.given(name)
        return None if number is None else number.as_integer_ratio()

    def _statistic(self, metric: Metric, key: Key, window: Window) -> Cell:
        if metric.statistic == "conversion":
            return self._conversion(metric, key, window)
        if metric.statistic == "kappa":
            judged = (self._sum(self.catalog.measures[name], key, window) for name in metric.judged)
            return stats.agreed(*judged)
        if metric.statistic == "weighted":
            return self._weighing(metric, key, window)
        if metric.statistic == lagged.LAGGED:
            return lagged.cell(self, metric, key, window)
        if metric.statistic in ("survival", "within", "auc"):
            return self._of_counts(metric, key, window)
        unit = self.unit(metric)
        if metric.statistic == "mean":
            money = _is_money(self.catalog.histograms[metric.of])
            return stats.mean(self.moments(metric, key, window), unit, metric.method, money=money)
        ordered = self._ordered(metric, key, window)
        return stats.quantile(ordered, metric.q, unit)

    def _weighing(self, metric: Metric, key: Key, window: Window) -> Cell:
        value = self._weighted(metric, key, window)
        if isinstance(value, Reason):
            return stats.empty(value)
        known = self.weights
        n = known.fewest(self.tally, key, window) if known else None
        return Cell(value=number(value, whole=False), n=n, method=known.method if known else None)

    def _weighted(self, metric: Metric, key: Key, window: Window) -> Exact | Reason:
        """The amounts of a group times their chances, in the unit of the amounts."""
        measure = self.catalog.measures[metric.among]
        found = self.weights.value(self.tally, key, window) if self.weights else NO_HISTORY
        if isinstance(found, Reason):
            return found
        return found[0], found[1] * 10 ** self.scale(measure.table, measure.column)

    def _of_counts(self, metric: Metric, key: Key, window: Window) -> Cell:
        """A statistic of a histogram that is split."""
        histogram = self.histogram(metric)
        counts = self.tally.values(histogram, key, window)
        if metric.statistic == "within":
            return stats.share(*response.within(counts, metric.minutes or self.settings.sla))
        if metric.statistic == "auc":
            return stats.area(*conversion.outcomes(counts))
        if histogram.aged:
            days = list(self.tally.days(histogram, key, window))
            lags = {lag: n for (lag, came), n in counts.items() if came}
            curve = conversion.timing(lags, days, self.tally.timeline.as_of)
            return stats.survival_quantile(curve, sum(leads.leads for _, leads in days), metric.q)
        minutes = metric.unit == "minutes"
        came, waiting = response.waits(counts) if minutes else conversion.waits(counts)
        curve, n = survival.kaplan_meier(came, waiting), sum(came.values()) + sum(waiting.values())
        return stats.survival_quantile(curve, n, metric.q, NOT_ANSWERED if minutes else NOT_REACHED)

    def histogram(self, metric: Metric) -> Histogram:
        """What the statistic *metric* is of, as far as the files tell."""
        instead = metric.otherwise and metric.of in self.lacks
        return self.catalog.histograms[metric.otherwise if instead else metric.of]

    def _conversion(self, metric: Metric, key: Key, window: Window) -> Cell:
        won = self._sum(self.catalog.measures[metric.reached], key, window)
        leads = self._sum(self.catalog.measures[metric.among], key, window)
        if not leads:
            return stats.empty(NO_DENOMINATOR)
        return self.maturing.of_leads(metric, quotient(metric, (won, 1), (leads, 1)), key, window)

    def _sum(self, measure: Measure, key: Key, window: Window) -> int:
        return self.tally.sum(measure, key, window)

    def scale(self, table: str, column: str | None) -> int:
        """The decimals of a *column* of *table*."""
        return self._scales.get(table, {}).get(column or "", 0)


def _is_money(histogram: Histogram) -> bool:
    return table_columns()[histogram.table][histogram.of] == "money"
