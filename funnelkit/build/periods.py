"""The periods of a report: its own, the one beside it, and the points of its trend."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.windows import Window
from funnelkit.periods import Period, compare, day_number, from_day, is_partial, split
from funnelkit.reports import Span

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.metrics.counted import Asked


class Spans(Struct, frozen=True, kw_only=True, dict=True):
    """The periods of a report."""

    main: Period
    everything: bool
    """Whether no period was asked for, so that undated rows count too."""
    compared: tuple[Period, ...]
    points: tuple[Period, ...]
    as_of: int

    @cached_property
    def window(self) -> Window:
        """What counts for the report's own period."""
        return Window(start=self.main.start, end=self.main.end, everything=self.everything)

    @cached_property
    def windows_before(self) -> tuple[Window, ...]:
        """What counts for the periods that it is compared with."""
        return tuple(window(period) for period in self.compared)

    @property
    def window_before(self) -> Window | None:
        """What counts for the first of these."""
        return self.windows_before[0] if self.compared else None

    @property
    def windows(self) -> list[Window]:
        """Every window that something is asked of."""
        return [self.window, *self.windows_before, *(window(p) for p in self.points)]

    def trailing(self, several: Iterable[int]) -> list[Window]:
        """The windows that look back so many months from the end of the others."""
        return [w.trailing(months) for w in self.windows for months in several]

    def previous_cuts(self) -> list[int]:
        """The days on which the periods right before the others begin; they end where these begin."""
        return [w.previous().start for w in self.windows if not w.everything]

    def span(self, period: Period) -> Span:
        """*period* as the report shows it."""
        return Span(
            start=from_day(period.start),
            end=from_day(period.end),
            label=period.label,
            partial=is_partial(period, self.as_of),
        )


def window(period: Period) -> Window:
    """What counts for *period*."""
    return Window(start=period.start, end=period.end)


def days(span: Span) -> tuple[int, int]:
    """The day numbers of the first and the last day of *span*."""
    return day_number(span.start), day_number(span.end)


def spans(asked: Asked, request: Request, as_of: int) -> Spans:
    """The periods that *request* means, over the days that the data are of."""
    main = request.period or _all(asked, as_of)
    # Quotas reach to the end of their year, and are no sign that anything has happened by then.
    last = max([as_of, *asked.days(*(table for table in asked.facts.frames if table != "quotas"))])
    points = split(main, request.grain, request.calendar) if request.grain else ()
    return Spans(
        main=main,
        everything=request.period is None,
        compared=tuple(
            compare(main, spec, as_of=as_of, calendar=request.calendar) for spec in request.compare
        ),
        # Of later ones nothing is known, which is not the same as nothing having happened.
        points=tuple(point for point in points if point.start <= last),
        as_of=as_of,
    )


def _all(asked: Asked, as_of: int) -> Period:
    days = asked.days("leads", "deals", "spend") or asked.days(*asked.facts.frames) or [as_of]
    return Period(start=min(days[0], as_of), end=as_of, label="all")
