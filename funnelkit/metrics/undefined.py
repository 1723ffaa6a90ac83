"""Why a metric says nothing of a group and window, before anything is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.metrics import lookback
from funnelkit.metrics.reasons import (
    AFTER_DATA,
    BEFORE_DATA,
    NO_EXPECTED,
    NO_MARGIN,
    NO_YEAR_BEFORE,
    ONLY_NOW,
    Reason,
    missing_dimension,
)
from funnelkit.metrics.returning import seen

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.evaluate import Settings
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.weighing import Weights
    from funnelkit.metrics.windows import Window


class Undefined:
    """The reasons of one count."""

    def __init__(
        self, catalog: Catalog, counted: Counted, settings: Settings, weights: Weights | None
    ) -> None:
        self._catalog = catalog
        self._weights = weights
        self._counted = counted
        self._settings = settings
        self._known: dict[tuple[str, bool, bool, bool], Reason | None] = {}

    def reason(self, metric: Metric, key: Key, window: Window) -> Reason | None:
        """Why *metric* says nothing of the group *key* and *window*."""
        return (
            self.anyhow(metric, key, window)
            or self._outside(window)
            or self._of_period(metric, window)
            or self._of_parts(metric, window)
        )

    def anyhow(self, metric: Metric, key: Key, window: Window) -> Reason | None:
        """Why *metric* cannot be worked out for such a group and window, whatever days the data have."""
        reaches = window.end >= self._counted.tally.timeline.as_of
        case = (metric.id, bool(key), window.everything, reaches)
        if case not in self._known:
            self._known[case] = self._told(metric, bool(key), window.everything, reaches)
        return self._known[case]

    def _told(self, metric: Metric, grouped: bool, everything: bool, reaches: bool) -> Reason | None:
        for part in self._catalog.parts(metric):
            if part.id == (metric.of if metric.statistic == "conversion" else metric.course):
                # Without days there still is a rate, only none of the mature leads.
                continue
            if metric.otherwise and part.id == metric.of and part.id in self._counted.lacks:
                continue
            if part.id in self._counted.lacks:
                return self._counted.lacks[part.id]
            lacking = [d for d in self._settings.by if d not in self._counted.facts.dimensions(part.table)]
            if grouped and lacking:
                return missing_dimension(part.table, lacking[0])
            undated = self._counted.facts.lacks_day(part.table, part.date)
            if undated and not everything and not (reaches and getattr(part, "cumulative", False)):
                return undated
        if self._settings.gross_margin is None and self._catalog.needs_margin(metric):
            return NO_MARGIN
        if self._weights is not None and self._catalog.weighs(metric):
            return self._weights.reason or (None if reaches or everything else ONLY_NOW)
        return None

    def _outside(self, window: Window) -> Reason | None:
        """Why the data say nothing of *window*: what was not written down is not 0."""
        if window.everything:
            return None
        # Of all tables: what one of them has nothing of, while others go on, did not happen.
        days = self._counted.asked.days(*self._counted.facts.frames)
        if window.start > max(days[-1:], default=0) and window.start > self._counted.tally.timeline.as_of:
            return AFTER_DATA
        return BEFORE_DATA if days and window.end < days[0] else None

    def _of_parts(self, metric: Metric, window: Window) -> Reason | None:
        """Why a part of *metric* says nothing of *window*: a year before there are no payments, or no day is expected."""
        for part in self._catalog.parts(metric):
            if getattr(part, "of_customers", "") not in ("", "paying", "repeating") and not window.everything:
                begun, last = self._counted.asked.days("payments") or (window.start, window.end)
                _, before = seen(window, self._counted.tally.timeline.as_of)
                if last < window.start:
                    return AFTER_DATA
                if before is not None and before.end < begun:
                    return NO_YEAR_BEFORE
            if part.date == "expected_close_at" and self._counted.never_dated(part.table, part.date):
                return NO_EXPECTED
        return None

    def _of_period(self, metric: Metric, window: Window) -> Reason | None:
        """Why *metric* says nothing of *window*, of which it asks more than what happened in it."""
        if not self._catalog.needs_period(metric):
            return None
        back = [self._catalog.named(name) for name in self._catalog.looks_back(metric)]
        tables = {part.table for parts in back for part in parts}
        begun = [days[0] for table in tables if (days := self._counted.asked.days(table))]
        names = metric.formula.names if metric.formula is not None else ()
        first = max(begun, default=None)
        return lookback.reason(
            names, window, self._counted.tally.timeline.as_of, back=bool(back), first=first
        )
