"""Leads by cohort, group and days until they reached a stage: what can be said of what the engine counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.periods import window
from funnelkit.build.rows import REST
from funnelkit.metrics import conversion
from funnelkit.metrics.counted import Counted
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.metrics.reasons import NO_WON_DATES, Reason
from funnelkit.metrics.stages import STAGES
from funnelkit.periods import Period
from funnelkit.statistics import survival

if TYPE_CHECKING:
    from funnelkit.build.cohorts.request import Asked
    from funnelkit.metrics.beginning import Truncation
    from funnelkit.metrics.fold import Key

LEADS = Measure(id="cohort_leads", table="leads", date="created_at")
"""The size of cohorts."""


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
            return Reason(
                reason.code,
                f"no date says when leads became {self.asked.request.path.label(stage)}: add {stage}_at",
            )
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
        tally, days = self.counted.tally, window(self.main)
        sizes = {key: tally.sum(LEADS, key, days) for key in tally.keys([LEADS], [days])}
        keys = sorted(sizes, key=lambda key: (-sizes[key], key))
        yield from ((key, 0) for key in keys[:top])
        if others := keys[top:]:
            rest = (REST,) * len(self.asked.request.by)
            while rest in sizes:
                rest = tuple(f"({value})" for value in rest)
            tally.merge(others, rest, keys[:top])
            yield rest, len(others)

    def _cohort(self, key: Key, period: Period) -> Cohort:
        tally, days = self.counted.tally, window(period)
        lags: dict[int, int] = {}
        found = conversion.Cohort()
        if not self.undated:
            for (lag, reached), n in tally.values(self.times, key, days).items():
                if reached and lag >= 0:
                    lags[lag] = lags.get(lag, 0) + n
            for day, leads in tally.days(self.times, key, days):
                found.take(leads, self.as_of - day, self.asked.request.horizon)
        return Cohort(
            period=period,
            size=tally.sum(LEADS, key, days),
            reached=tally.sum(self.reached, key, days),
            lags=lags,
            found=found,
            as_of=self.as_of,
        )
