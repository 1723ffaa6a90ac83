"""Why a metric says nothing of a group and window, before anything is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.metrics import firstpaid, lookback
from funnelkit.metrics.reasons import (
    AFTER_DATA,
    BEFORE_DATA,
    NO_AGE,
    NO_EXPECTED,
    NO_MONTHS,
    NO_TRAILING,
    NO_YEAR_BEFORE,
    NOT_GIVEN,
    NOT_OVER,
    OF_ALL,
    ONLY_NOW,
    Reason,
    missing_dimension,
)
from funnelkit.metrics.returning import MADE_OF_TWO_YEARS, seen

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.settings import Settings
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
        self._outsides: dict[Window, Reason | None] = {}
        self._asking: dict[str, tuple[bool, bool]] = {}
        """Whether a metric asks for a period, and whether any part of it asks for days of its own, by id."""

    def reason(self, metric: Metric, key: Key, window: Window) -> Reason | None:
        """Why *metric* says nothing of the group *key* and *window*."""
        if (reason := self.anyhow(metric, key, window) or self._outside(window)) is not None:
            return reason
        of_period, of_parts = self._asks(metric)
        counted = window.trailing(metric.trailing_months) if metric.trailing_months else window
        found = self._of_period(metric, counted) if of_period else None
        return self._of_parts(metric, counted) if found is None and of_parts else found

    def _asks(self, metric: Metric) -> tuple[bool, bool]:
        if metric.id not in self._asking:
            parts = self._catalog.parts(metric)
            own = any(getattr(p, "of_customers", "") or p.date == "expected_close_at" for p in parts)
            self._asking[metric.id] = self._catalog.needs_period(metric), own
        return self._asking[metric.id]

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
            word = getattr(part, "of_customers", "")
            if grouped and word:
                return OF_ALL
            undated = self._counted.facts.lacks_day(part.table, part.date)
            if undated and not everything and not (reaches and getattr(part, "cumulative", False)):
                return undated
        for name in self._catalog.given(metric):
            if self._settings.given(name) is None:
                return NOT_GIVEN[name]
        if self._weights is not None and self._catalog.weighs(metric):
            return self._weights.reason or (None if reaches or everything else ONLY_NOW)
        return None

    def _outside(self, window: Window) -> Reason | None:
        """Why the data say nothing of *window*: what was not written down is not 0."""
        if window not in self._outsides:
            self._outsides[window] = self._beyond(window)
        return self._outsides[window]

    def _beyond(self, window: Window) -> Reason | None:
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
            word = getattr(part, "of_customers", "")
            if word in firstpaid.WORDS and (reason := self._of_acquired(window)):
                return reason
            if (
                word in MADE_OF_TWO_YEARS
                and not window.everything
                and (reason := self._of_a_year(metric, window))
            ):
                return reason
            if word == "paying" and metric.trailing_months and (reason := self._of_trailing(window)):
                return reason
            if part.date == "expected_close_at" and self._counted.never_dated(part.table, part.date):
                return NO_EXPECTED
        return None

    def _of_acquired(self, window: Window) -> Reason | None:
        """Why nothing is known of those who first paid in *window*, up to an age that all have reached."""
        if not window.months:
            return NO_MONTHS
        if firstpaid.age(window, self._counted.tally.timeline.as_of) is None:
            return NO_AGE
        return None

    def _of_a_year(self, metric: Metric, window: Window) -> Reason | None:
        """Why *window* is not compared with a year before."""
        as_of = self._counted.tally.timeline.as_of
        begun, last = self._counted.asked.days("payments") or (window.start, window.end)
        if metric.trailing_months:
            # A value of years rests on a whole one, and on all customers of the one before.
            return lookback.reason((), window, as_of, back=True, first=begun)
        _, before = seen(window, as_of)
        if last < window.start:
            return AFTER_DATA
        return NO_YEAR_BEFORE if before is not None and before.end < begun else None

    def _of_trailing(self, window: Window) -> Reason | None:
        """Why *window*, which looks back, has not all payments of its months."""
        if window.end > self._counted.tally.timeline.as_of:
            return NOT_OVER
        begun = min(self._counted.asked.days("payments"), default=None)
        return None if lookback.covers(begun, window) else NO_TRAILING

    def _of_period(self, metric: Metric, window: Window) -> Reason | None:
        """Why *metric* says nothing of *window*, of which it asks more than what happened in it."""
        back = [self._catalog.named(name) for name in self._catalog.looks_back(metric)]
        tables = {part.table for parts in back for part in parts}
        begun = [days[0] for table in tables if (days := self._counted.asked.days(table))]
        names = metric.formula.names if metric.formula is not None else ()
        first = max(begun, default=None)
        return lookback.reason(
            names, window, self._counted.tally.timeline.as_of, back=bool(back), first=first
        )
