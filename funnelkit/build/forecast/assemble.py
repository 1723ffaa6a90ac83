"""From linked tables to forecasts: each metric with its series and, where files tell, its open cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.forecast import flows, leadsin
from funnelkit.build.forecast.asked import COMPLETION, PIPELINE, TOLD, USUAL, Asked
from funnelkit.build.forecast.choice import JUDGED, better
from funnelkit.build.forecast.daily import Daily, additive, daily
from funnelkit.build.forecast.flow import Flow
from funnelkit.build.forecast.forecasted import Forecasted, Way
from funnelkit.build.forecast.outlook import AUTO, MOST, PLAIN, Outlook, latest, one_ahead, outlook, unknown
from funnelkit.build.forecast.past import Days, Past, past
from funnelkit.build.forecast.trial import Known, trial
from funnelkit.errors import UsageError
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.reasons import Reason
from funnelkit.models.forecast import joint
from funnelkit.periods import from_day
from funnelkit.periods.grains import piece, serial

if TYPE_CHECKING:
    from funnelkit.build.forecast.choice import Choice
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.statistics.moments import Moments

Tell = Callable[[str], None]
"""What is told of the work while it goes on."""


class Assembled(Struct, frozen=True, kw_only=True, dict=True):
    """What a forecast is made of, each part worked out when it is asked for."""

    data: Dataset
    asked: Asked
    daily: Daily
    metrics: Sequence[Metric]
    tell: Tell

    @cached_property
    def forecasts(self) -> Sequence[Forecasted]:
        """The metrics in their order."""
        return [self._forecast(metric) for metric in self.metrics]

    @property
    def until(self) -> int:
        """The day up to which something is forecast."""
        asked, as_of = self.asked, self.data.as_of
        calendar = asked.request.calendar
        last = serial(as_of + 1, asked.grain, calendar) + asked.ahead - 1
        return max(asked.period.end, piece(last, asked.grain, calendar).end)

    def past_of(self, days: Days, ends: int | None = None, seen: int | None = None) -> Past:
        """The series of *days*."""
        asked = self.asked
        return past(
            days,
            self.data.as_of,
            self.until,
            asked.grain,
            asked.request.calendar,
            most=MOST[asked.grain],
            ends=ends,
            seen=seen,
        )

    def outlook_of(
        self, days: Days, ends: int | None = None, seen: int | None = None, model: str = ""
    ) -> Outlook:
        """The forecast of the series of *days*, by the *model* that was asked for unless another one is named."""
        model = model or self.asked.model
        found = self.past_of(days, ends, seen)
        # Customers that come from deals are often as many as these.
        like = found.values, found.after, found.whole[:1], len(found.coming), model
        if like not in self._outlooks:
            self._outlooks[like] = outlook(found, self.asked.grain, model, self.asked.ahead)
        return replace(self._outlooks[like], past=found, named=self.asked.model != AUTO)

    @cached_property
    def _outlooks(self) -> dict[object, Outlook]:
        return {}

    def group(self, metric: Metric, key: Key) -> Outlook:
        """The forecast of *metric* in one group."""
        whole = next(one for one in self.forecasts if one.metric.id == metric.id)
        self.tell(f"{metric.id} of {', '.join(key)}")
        return self.outlook_of(self.daily.days(metric, key), whole.outlook.past.end)

    @cached_property
    def deals(self) -> Flow | Reason:
        """The deals from creation to outcome."""
        return flows.of_deals(self.daily.made.counted, self.data.as_of)

    @cached_property
    def leads(self) -> Flow | Reason:
        """The leads from creation to win."""
        found = flows.of_leads(self.daily.made.counted, self.data.as_of)
        truncated = self.daily.made.truncated
        if isinstance(found, Reason) or truncated is None:
            return found
        return flows.since(found, truncated.first_win)

    @cached_property
    def _toward_deals(self) -> Flow | None:
        """The leads from creation to their first deal."""
        return leadsin.toward_deals(self.daily.made.counted.facts, self.data.as_of)

    def _forecast(self, metric: Metric) -> Forecasted:
        self.tell(metric.id)
        if reason := self.daily.reason(metric):
            series = unknown(self.past_of({}), reason.code, reason.message)
            return Forecasted(metric=metric, outlook=series)
        series = self.outlook_of(self.daily.days(metric), seen=self.daily.last(metric))
        way: Way | Reason | None = None
        if metric.id in TOLD[PIPELINE] and self.asked.takes(PIPELINE):
            way = self._pipeline(metric, series)
        elif metric.id in TOLD[COMPLETION] and self.asked.takes(COMPLETION):
            way = self._completion(series)
        if isinstance(way, Reason):
            return Forecasted(metric=metric, outlook=series, why_not=way.message)
        if way is None or self.asked.method != AUTO:
            return Forecasted(metric=metric, outlook=series, way=way)
        if self.asked.grain != JUDGED:
            # However finely it is told, the same way tells it.
            choice = self._judge.choices.get(metric.id)
        else:
            # As far ahead as the open cases are tried, so that one table and one sentence hold both errors.
            series = _one_ahead(series)
            choice = better(way.tested, [series.tested])
        if choice is not None and choice.method in PLAIN:
            days = self.daily.days(metric)
            series = self.outlook_of(days, seen=self.daily.last(metric), model=choice.method)
            series = _one_ahead(series) if self.asked.grain == JUDGED else series
        if choice is not None and self.asked.grain == JUDGED:
            way = replace(way, tested=latest(way.tested, choice))
            series = replace(series, tested=latest(series.tested, choice))
        return Forecasted(metric=metric, outlook=series, way=way, choice=choice)

    @property
    def choices(self) -> Mapping[str, Choice]:
        """Of each metric what is taken in place of its open cases, where something is."""
        return {one.metric.id: one.choice for one in self.forecasts if one.choice is not None}

    @cached_property
    def _judge(self) -> Assembled:
        """The same by months, by which ways are judged."""
        asked = replace(self.asked, request=replace(self.asked.request, grain=JUDGED))
        kept = [one for one in self.metrics if one.id in (*TOLD[PIPELINE], *TOLD[COMPLETION])]
        return Assembled(data=self.data, asked=asked, daily=self.daily, metrics=kept, tell=self.tell)

    def _pipeline(self, metric: Metric, series: Outlook) -> Way | Reason:
        if isinstance(self.deals, Reason):
            return self.deals
        if not self.deals.standing:
            return Reason("no_open_deals", "no deal is open")
        money = metric.unit == "money"
        scale = 10 ** self.data.scales["deals"].get("amount", 0) if money else 1
        leads = self._toward_deals
        return self._way(PIPELINE, self.deals, series, self.daily.amounts if money else None, scale, leads)

    def _completion(self, series: Outlook) -> Way | Reason:
        if isinstance(self.leads, Reason):
            return self.leads
        others = self.daily.unlinked()
        beside = self.outlook_of(others, series.past.end) if others else None
        if beside is not None and beside.coming is None:
            # So few of them that no series tells: they are left out.
            beside = None
        return self._way(COMPLETION, self.leads, series, None, 1, None, beside)

    def _begun(self, name: str) -> Outlook:
        """How many deals, or leads, will begin."""
        if name not in self._begins:
            flow = self.deals if name == PIPELINE else self.leads
            assert isinstance(flow, Flow)
            table = "deals" if name == PIPELINE else "leads"
            self._begins[name] = self.outlook_of(flow.begun, seen=self.daily.last_of(table))
        return self._begins[name]

    @cached_property
    def _begins(self) -> dict[str, Outlook]:
        return {}

    @cached_property
    def _as_of(self) -> Known:
        """What was known on days in the past, and what was to begin: the same for wins and for their money."""
        return {}

    def _way(
        self,
        name: str,
        flow: Flow,
        series: Outlook,
        amounts: Moments | None,
        scale: int,
        leads: Flow | None,
        beside: Outlook | None = None,
    ) -> Way | Reason:
        begun = self._begun(name)
        if begun.coming is None:
            if not flow.standing:
                reason = begun.reason
                message = f"of what begins, {reason.message}" if reason else "too short"
                return Reason(reason.code if reason else "too_short", message)
            # What is open needs no series: what is still to begin is left out, with a note.
            begun = replace(begun, coming=joint.constant(0.0, len(begun.past.coming)))
        if begun.past.stale:
            what = "deals" if name == PIPELINE else "leads"
            end = from_day(begun.past.end)
            return Reason(
                "stale",
                f"the last of the {what} was created on {end}, long before {from_day(self.data.as_of)}: "
                f"say --as-of {end} to forecast from there",
            )
        self.tell(f"{name} as of days in the past")
        tested = trial(flow, series.past, begun.method, self.asked, amounts, scale, name, beside, self._as_of)
        period = self.asked.period
        return Way(
            name=name,
            flow=flow,
            begun=begun,
            amounts=amounts,
            scale=scale,
            tested=tested,
            beside=beside,
            leads={period: leadsin.wins(leads, flow, period)} if leads is not None else {},
        )


def _one_ahead(series: Outlook) -> Outlook:
    """*series*, tried one month ahead."""
    if series.coming is None:
        return series
    return replace(series, tested=one_ahead(series.past, JUDGED, series.method))


def assemble(data: Dataset, asked: Asked, tell: Tell) -> Assembled:
    """What the forecasts of *asked* are made of; UsageError where the files give nothing that could be forecast."""
    known = asked.catalog.metrics
    named = asked.request.metrics
    targeted = [goal.metric for goal in asked.goals if additive(goal.metric, asked.catalog)]
    wanted = [*(known[name] for name in named or USUAL), *([] if named else targeted)]
    metrics = list({metric.id: metric for metric in wanted}.values())
    found = daily(data, asked, metrics)
    if named:
        return Assembled(data=data, asked=asked, daily=found, metrics=metrics, tell=tell)
    given = [one for one in metrics if found.reason(one, TOTAL) is None and found.days(one)]
    if not given:
        raise UsageError(
            "the files hold nothing that could be forecast: no won deals, payments or leads with dates",
            hint="Load deals, payments or leads, or name other --metrics, such as spend or sessions.",
        )
    return Assembled(data=data, asked=asked, daily=found, metrics=given, tell=tell)
