"""One metric and all ways in which its coming periods can be told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.forecast.coverage import widening
from funnelkit.build.forecast.outcome import Outcome
from funnelkit.build.forecast.parts import Parts, Sum, parts
from funnelkit.models.forecast.series import Refusal
from funnelkit.models.forecast.twopiece import Sides

if TYPE_CHECKING:
    from funnelkit.build.forecast.choice import Choice
    from funnelkit.build.forecast.flow import Flow
    from funnelkit.build.forecast.outlook import Outlook
    from funnelkit.metrics.entries import Metric
    from funnelkit.models.forecast.backtest import Backtest
    from funnelkit.periods import Period
    from funnelkit.statistics.moments import Moments


class Way(Struct, frozen=True, kw_only=True, dict=True):
    """A forecast from open cases: deals, or leads that are in."""

    name: str
    """``PIPELINE`` or ``COMPLETION``."""
    flow: Flow
    begun: Outlook
    """How many cases will begin."""
    amounts: Moments | None
    """The amounts of wins, where money is forecast."""
    scale: int
    """So many of their units make one of the metric's."""
    tested: Backtest | Refusal
    beside: Outlook | None = None
    """Wins that are of none of the cases, such as customers that were no lead: by their own series."""
    leads: Mapping[Period, float] = {}
    """Of periods: the wins expected of leads that are in and have no deal yet, where that is known."""

    def parts(self, period: Period) -> Parts | Refusal:
        """What *period* will bring after the as-of day."""
        known = self._known
        if period not in known:
            assert self.begun.coming is not None
            known[period] = parts(self.flow, self.begun.past, self.begun.coming, period, self.amounts)
        return known[period]

    @cached_property
    def _known(self) -> dict[Period, Parts | Refusal]:
        return {}


class Forecasted(Struct, frozen=True, kw_only=True):
    """A metric with its series, and the way from open cases where there is one."""

    metric: Metric
    outlook: Outlook
    way: Way | None = None
    why_not: str = ""
    """Why there is no such way, where there might have been one."""
    choice: Choice | None = None
    """What is taken in place of the way, which is then only shown beside it."""

    @property
    def taken(self) -> bool:
        """Whether the way tells the metric, where there is one."""
        return self.choice is None

    @property
    def known(self) -> bool:
        """Whether anything can be said."""
        return self.way is not None or self.outlook.coming is not None

    @property
    def signed(self) -> bool:
        """Whether some day has taken something off."""
        return min(self.outlook.past.days.values(), default=0) < 0

    @property
    def tested(self) -> Backtest | Refusal:
        """How right it was in the past, in the way in which it is told."""
        return self.way.tested if self.way is not None and self.taken else self.outlook.tested

    @property
    def wider(self) -> Sides:
        """By how much its limits are widened; a model that was asked for by name keeps its own."""
        parted = self.way is not None and self.taken
        return Sides() if self.outlook.named and not parted else widening(self.tested)

    def outcome(self, period: Period) -> Outcome | Refusal:
        """The whole of *period*, by open cases where they tell, else by the series."""
        if self.way is not None and self.taken:
            found = self.by_way(period)
            if isinstance(found, Outcome):
                return found
        return self.by_series(period)

    def by_way(self, period: Period) -> Outcome | Refusal:
        """The same from open cases."""
        way = self.way
        assert way is not None
        made = way.parts(period)
        if isinstance(made, Refusal):
            return made
        opened, fresh = (
            (made.open_wins, made.new_wins) if way.amounts is None else (made.open_money, made.new_money)
        )
        if way.beside is not None and way.beside.coming is not None:
            mean, variance = way.beside.total(period)
            fresh += Sum(max(mean, 0.0), variance)
        leads = way.leads.get(period)
        if leads is not None and made.new_wins.mean:
            # Never more than all that is still to be created, of which they are a part.
            leads = min(1.0, leads / made.new_wins.mean) * fresh.mean / way.scale
        return Outcome(
            so_far=self.outlook.past.between(period.start, way.flow.day),
            opened=opened.mean / way.scale,
            fresh=fresh.mean / way.scale,
            leads=leads,
            deviation=(opened + fresh).deviation / way.scale,
            signed=self.signed,
            wider=widening(way.tested),
        )

    def by_series(self, period: Period) -> Outcome | Refusal:
        """The same by the series alone."""
        outlook = self.outlook
        if outlook.coming is None:
            return outlook.reason or Refusal("no_values", "there is no series")
        mean, variance = outlook.total(period)
        return Outcome(
            so_far=outlook.past.between(period.start, period.end),
            opened=None,
            fresh=mean if self.signed else max(mean, 0.0),
            deviation=variance**0.5,
            signed=self.signed,
            wider=Sides() if outlook.named else widening(outlook.tested),
        )
