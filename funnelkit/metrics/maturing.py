"""What stands beside a rate of which young leads still may change: that of the mature ones, and what it will come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.metrics import conversion, courses

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.entries import Histogram, Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.windows import Window
    from funnelkit.statistics.survival import Curve


class Maturing:
    """The leads of one count, by how long they have had."""

    def __init__(
        self, catalog: Catalog, counted: Counted, horizon: int, curve: Curve | None, since: Mapping[str, int]
    ) -> None:
        self._catalog = catalog
        self._counted = counted
        self._horizon = horizon
        self._curve = curve
        """Days from lead to win of all leads, for projections."""
        self._since = since
        """The day before which nobody wrote down who came to a stage, so that leads from then say nothing of the time to it."""
        self._curves: dict[str, Curve] = {}
        self._cohorts: dict[tuple[Key, Window], conversion.Cohort] = {}

    def of_leads(self, metric: Metric, rate: Cell, key: Key, window: Window) -> Cell:
        """*rate* of leads that were won, and what it is of the mature ones, where the files have the days."""
        if metric.of in self._counted.lacks or self._curve is None:
            return rate
        return self._beside(rate, self.cohort(self._catalog.histograms[metric.of], key, window), self._curve)

    def of_stages(self, metric: Metric, rate: Cell, key: Key, window: Window) -> Cell:
        """*rate* from one stage to another, and what it is of leads that have had their time for it."""
        if not metric.course or metric.course in self._counted.lacks:
            return rate
        histogram = self._catalog.histograms[metric.course]
        counts = self._counted.tally.values(histogram, key, window)
        _, last = courses.stages(histogram.of) or ("", "")
        found = courses.cohort(counts, self._horizon, wins=last == "customer")
        return self._beside(rate, found, self._timing(histogram))

    def cohort(self, histogram: Histogram, key: Key, window: Window) -> conversion.Cohort:
        """The dated leads of the group *key* and *window*, by what maturity needs."""
        if (known := self._cohorts.get((key, window))) is not None:
            return known
        tally, found = self._counted.tally, conversion.Cohort()
        for day, leads in tally.days(histogram, key, window):
            found.take(leads, tally.timeline.as_of - day, self._horizon)
        self._cohorts[key, window] = found
        return found

    def _beside(self, rate: Cell, found: conversion.Cohort, curve: Curve) -> Cell:
        return replace(
            rate,
            mature=conversion.mature(found, self._horizon),
            projected=conversion.projected(found, curve, self._horizon),
        )

    def _timing(self, histogram: Histogram) -> Curve:
        """The curve of the course *histogram* over all leads."""
        if histogram.id not in self._curves:
            tally = self._counted.tally
            start, last = courses.stages(histogram.of) or ("", "")
            since = self._since.get(last) if start == "lead" or last == "customer" else None
            first = tally.timeline.piece(since) if since is not None else 0
            pieces = range(first, tally.timeline.piece(tally.timeline.as_of) + 1)
            kept = ((value, n) for piece, value, n in tally.by_piece(histogram) if piece in pieces)
            self._curves[histogram.id] = courses.timing(kept, self._horizon)
        return self._curves[histogram.id]
