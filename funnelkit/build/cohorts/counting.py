"""Leads by cohort, group and days until they reached a stage, from one question to the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.rows import REST
from funnelkit.errors import UsageError
from funnelkit.metrics import catalog, conversion, survival
from funnelkit.metrics.counted import Counted, ask
from funnelkit.metrics.language import Histogram, Measure
from funnelkit.metrics.reasons import NO_WON_DATES, Reason
from funnelkit.metrics.stages import LABELS, STAGES
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.periods import Period, split

if TYPE_CHECKING:
    from funnelkit.build.cohorts.request import Asked
    from funnelkit.metrics.beginning import Truncation
    from funnelkit.metrics.fold import Key
    from funnelkit.tables import Dataset

_LEADS = Measure(id="cohort_leads", table="leads", date="created_at")


class Cohort(Struct, frozen=True, kw_only=True):
    """The leads of one group that were created in one piece of the calendar."""

    period: Period
    size: int
    reached: int
    """By any evidence, also without a date, and before the lead."""
    lags: dict[int, int]
    """Days from lead to stage -> leads; none below 0."""
    found: conversion.Cohort
    as_of: int

    def by(self, age: int) -> int:
        """How many had reached the stage *age* days after they were created, or sooner."""
        return sum(n for lag, n in self.lags.items() if lag <= age)

    def has_had(self, age: int) -> bool:
        """Whether all of it is at least *age* days old."""
        return self.as_of - self.period.end >= age

    def has_begun(self, age: int) -> bool:
        """Whether any of it may be *age* days old."""
        return self.as_of - self.period.start >= age


class Leads(Struct, frozen=True, kw_only=True, dict=True):
    """All that was counted."""

    asked: Asked
    counted: Counted
    reached: Measure
    times: Histogram
    main: Period
    cohorts: Sequence[Period]
    truncated: Truncation | None
    as_of: int

    @cached_property
    def curve(self) -> survival.Curve:
        """How long leads take, of those from the first win on."""
        return self.counted.timing(self.times, self.truncated.first_win if self.truncated else None)

    @property
    def reason(self) -> Reason | None:
        """Why nothing can be said, where the files do not tell who reached the stage."""
        return self.counted.lacks.get(self.reached.id)

    @property
    def undated(self) -> Reason | None:
        """Why nothing can be said of time."""
        reason, stage = self.counted.lacks.get(self.times.id), self.asked.stage
        if reason == NO_WON_DATES and stage != STAGES[-1]:
            return Reason(reason.code, f"no date says when leads became {LABELS[stage]}: add {stage}_at")
        return reason

    @cached_property
    def ages(self) -> list[int]:
        """The ages in days to show."""
        return list(self._steps)[: self.asked.ages]

    @property
    def more_ages(self) -> bool:
        """Whether there are ages beyond those."""
        return len(self._steps) > len(self.ages)

    @cached_property
    def ladder_ages(self) -> list[int]:
        """The ages in days of the chain ladder, the last of which is the horizon."""
        horizon = self.asked.request.horizon
        return [*range(self.asked.days, horizon, self.asked.days), horizon]

    @cached_property
    def _steps(self) -> range:
        """One age in any case, and as many as the oldest cohort has begun."""
        step, oldest = self.asked.days, self.as_of - self.main.start
        return range(step, max(oldest, step) + 1, step)

    @property
    def since(self) -> int:
        """From this day on cohorts are seen from their beginning."""
        return self.truncated.first_win if self.truncated else self.main.start

    def whole(self, cohorts: Sequence[Cohort]) -> list[Cohort]:
        """Those of *cohorts* whose first wins would have been seen."""
        return [cohort for cohort in cohorts if cohort.period.start >= self.since]

    def of(self, key: Key) -> list[Cohort]:
        """The cohorts of a group that have any leads, the oldest first."""
        return [cohort for period in self.cohorts if (cohort := self._cohort(key, period)).size]

    def together(self, key: Key) -> Cohort:
        """All leads of the period in one, which ends with the last cohort that has any."""
        end = max((cohort.period.end for cohort in self.of(key)), default=self.main.end)
        return replace(self._cohort(key, self.main), period=replace(self.main, end=end))

    def groups(self, top: int) -> Iterator[tuple[Key, int]]:
        """The *top* largest groups, and the others as one; with how many the one is made of, else 0."""
        tally, window = self.counted.tally, _window(self.main)
        sizes = {key: tally.sum(_LEADS, key, window) for key in tally.keys([_LEADS], [window])}
        keys = sorted(sizes, key=lambda key: (-sizes[key], key))
        yield from ((key, 0) for key in keys[:top])
        if others := keys[top:]:
            rest = (REST,) * len(self.asked.request.by)
            while rest in sizes:
                rest = tuple(f"({value})" for value in rest)
            tally.merge(others, rest, keys[:top])
            yield rest, len(others)

    def _cohort(self, key: Key, period: Period) -> Cohort:
        tally, window = self.counted.tally, _window(period)
        lags: dict[int, int] = {}
        found = conversion.Cohort()
        if not self.undated:
            for (lag, reached), n in tally.values(self.times, key, window).items():
                if reached and lag >= 0:
                    lags[lag] = lags.get(lag, 0) + n
            for day, leads in tally.days(self.times, key, window):
                found.take(leads, self.as_of - day, self.asked.request.horizon)
        return Cohort(
            period=period,
            size=tally.sum(_LEADS, key, window),
            reached=tally.sum(self.reached, key, window),
            lags=lags,
            found=found,
            as_of=self.as_of,
        )


def count(data: Dataset, asked: Asked) -> Leads:
    """The leads of *data*, in which the win stands for the stage; UsageError where there are no dated ones."""
    request = asked.request
    customer = asked.stage == STAGES[-1]
    needs = ("outcome",) if customer else (f"stage_{asked.stage}",)
    reached = Measure(
        id="cohort_reached",
        table="leads",
        date="created_at",
        where={"has_won": frozenset({1})},
        needs=needs,
    )
    times = Histogram(
        id="cohort_times",
        table="leads",
        of="lag_days",
        date="created_at",
        split="has_won",
        aged=True,
        needs=(*needs, "won_dates"),
    )
    known = catalog.load()
    probes = [known.measures.get(name) or known.histograms[name] for name in PROBES]
    filters = [(f.dimension, f.values, f.negate) for f in request.where]
    question = ask(data, filters, request.by, [*probes, _LEADS, reached, times], request.horizon)
    days = question.days("leads")
    if not days:
        raise UsageError(
            "no lead has a date of creation, and without one there are no cohorts",
            hint="Load an export of leads with the day on which each was created.",
        )
    main = request.period or Period(start=days[0], end=max(data.as_of, days[0]), label="all")
    cohorts = split(main, asked.grain, request.calendar)
    truncated = question.truncated(times)
    cuts = [truncated.first_win] if truncated else []
    timeline = Timeline([_window(period) for period in (main, *cohorts)], data.as_of, cuts)
    return Leads(
        asked=asked,
        counted=question.count(timeline, frozenset()),
        reached=reached,
        times=times,
        main=main,
        cohorts=cohorts,
        truncated=truncated,
        as_of=data.as_of,
    )


def _window(period: Period) -> Window:
    return Window(start=period.start, end=period.end)
