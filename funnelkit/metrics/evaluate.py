"""Metrics from sums: a cell with value, numerator, denominator, n and limits, or the reason why not.

Money is divided by its scale once, at the end. Everything a metric needs is in the tally; nothing
here looks at rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from funnelkit.metrics import conversion, intervals, survival
from funnelkit.metrics.cell import Cell, Number
from funnelkit.metrics.reasons import (
    NO_DENOMINATOR,
    NO_MARGIN,
    NO_SPEND_HERE,
    NO_VALUES,
    NOT_REACHED,
    Reason,
    missing_dimension,
)
from funnelkit.metrics.windows import Window

if TYPE_CHECKING:
    from decimal import Decimal

    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.formula import Exact
    from funnelkit.metrics.language import Histogram, Measure, Metric
    from funnelkit.metrics.tally import Counts, Tally


@dataclass(frozen=True)
class Moments:
    """How many values, their sum and their sum of squares, at a scale of so many decimals."""

    n: int
    total: int
    squares: int
    scale: int
    factor: Exact = (1, 1)
    """What every value is multiplied by."""

    @property
    def unit(self) -> float:
        """One of the smallest units, multiplied, in units of the metric."""
        return self.factor[0] / (self.factor[1] * 10**self.scale)


class Evaluator:
    """Works metrics out for groups and windows."""

    def __init__(
        self,
        catalog: Catalog,
        tally: Tally,
        facts: Facts,
        lacks: Mapping[str, Reason],
        scales: Mapping[str, Mapping[str, int]],
        *,
        by: tuple[str, ...] = (),
        horizon: int = 90,
        gross_margin: Decimal | None = None,
        since: int | None = None,
    ) -> None:
        self.catalog = catalog
        self.tally = tally
        self.horizon = horizon
        self._facts = facts
        self._lacks = lacks
        """Why measures and histograms say nothing, by id."""
        self._scales = scales
        self._by = by
        self._margin = gross_margin
        self._since = since
        self._curves: dict[str, survival.Curve] = {}
        self._cohorts: dict[tuple[str, Key], dict[int, conversion.Cohort]] = {}

    def cell(self, metric: Metric, key: Key, window: Window) -> Cell:
        """*metric* in the group *key* and *window*."""
        reason = self.reason(metric, key, window)
        if reason is not None:
            return _empty(reason)
        if metric.trailing_months:
            window = trailing(window, metric.trailing_months, self.tally.timeline.as_of)
        if metric.formula is not None:
            return self._formula(metric, key, window)
        work = {
            "mean": self._mean,
            "median": self._quantile,
            "quantile": self._quantile,
            "survival": self._survival,
            "conversion": self._conversion,
        }
        return work[metric.statistic or ""](metric, key, window)
