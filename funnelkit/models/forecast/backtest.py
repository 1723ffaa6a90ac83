"""Forecasts as they would have been made in the past, against what came: the rolling origin.

(Tashman 2000, Int. J. Forecasting 16:437-450.) At each origin the model learns from all values before it
and forecasts the next ones; so do the naive forecasts, which any model must beat to be worth its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from funnelkit.models.forecast.accuracy import (
    ROUNDING,
    Accuracy,
    accuracy,
    naive,
    naive_step,
    seasonal_naive,
)
from funnelkit.models.forecast.begun import Begun
from funnelkit.models.forecast.fitting import Fitted, fit
from funnelkit.models.forecast.limits import Step, steps_of
from funnelkit.models.forecast.menu import shape_of
from funnelkit.models.forecast.series import Refusal, Series

ORIGINS = 12
"""So many of the latest origins are used; more would mostly measure what the series was long ago."""
_FEWEST = 3


class Try(Struct, frozen=True):
    """The errors of a model and of the naive forecasts at one origin."""

    own: Accuracy
    naive: Accuracy
    seasonal_naive: Accuracy | None
    """None for series without seasons, and where not a whole season was known."""
    within: int
    """How many values lay within the limits."""
    stated: float
    """Sum of the squared standard deviations that were stated."""
    above: float
    """Sum of the squared errors of values above the forecast."""
    below: float
    """The same of those below."""


def tried(
    before: np.ndarray,
    forecasts: Sequence[Step],
    actual: np.ndarray,
    season: int,
    lag: int,
    level: float,
    rest: tuple[float, Begun] | None = None,
) -> Try:
    """The errors of *forecasts* made of the values *before*, and of the naive ones; their scale is that of *lag*.

    Where the first period had begun, *rest* is what was in of it, and those before it: the naive forecasts
    then add to it what came after the same day.
    """
    scale, steps = naive_step(before, lag), len(forecasts)
    yearly = seasonal_naive(before, season, steps) if season > 1 else None
    last = naive(before, steps)
    if rest is not None:
        so_far, begun = rest
        last[0] = so_far + begun.after[-1]
        if yearly is not None:
            yearly[0] = so_far + begun.after[-season]
    z = NormalDist().inv_cdf((1 + level) / 2)
    slack = ROUNDING * float(np.nanmean(np.abs(before)))
    within, sums = 0, {"stated": 0.0, "above": 0.0, "below": 0.0}
    for step, value in zip(forecasts, actual.tolist(), strict=True):
        if math.isnan(value):
            continue
        within += step.low - slack <= value <= step.high + slack
        deviation, error = (step.high - step.low) / 2 / z, value - step.mean
        sums["stated"] += deviation**2 if deviation > slack else 0.0
        if abs(error) > slack:
            sums["above" if error > 0 else "below"] += error**2
    return Try(
        accuracy([step.mean for step in forecasts], actual, scale),
        accuracy(last.tolist(), actual, scale),
        None if yearly is None else accuracy(yearly.tolist(), actual, scale),
        within,
        **sums,
    )


class Backtest(Struct, frozen=True):
    """The errors of one model and of the naive forecasts, over the same values."""

    model: str
    steps: int
    """Forecasts per origin."""
    tries: tuple[Try, ...]
    """By origin, the oldest first."""
    begun: bool = False
    """Whether it was made as of a day within the first period, and not before it."""

    @property
    def origins(self) -> int:
        """How often it was tried."""
        return len(self.tries)

    @property
    def own(self) -> Accuracy:
        """The errors of the model."""
        return reduce(add, (one.own for one in self.tries))

    @property
    def naive(self) -> Accuracy:
        """Those of saying as much as in the period before."""
        return reduce(add, (one.naive for one in self.tries))

    @property
    def seasonal_naive(self) -> Accuracy | None:
        """Those of saying as much as a year before; None where this was not known at every origin."""
        known = [one.seasonal_naive for one in self.tries if one.seasonal_naive is not None]
        return reduce(add, known) if len(known) == len(self.tries) else None

    @property
    def covered(self) -> float | None:
        """The share of values within the limits, which should be near their level."""
        return sum(one.within for one in self.tries) / self.own.n if self.own.n else None

    @property
    def stretch(self) -> float:
        """Root mean square of the errors over that of the deviations that were stated: 1 where these were right."""
        missed = math.fsum(one.above + one.below for one in self.tries)
        stated = math.fsum(one.stated for one in self.tries)
        if not stated:
            return math.inf if missed else 1.0
        return math.sqrt(missed / stated)

    def latest(self, times: int) -> Backtest:
        """The same at so many of the latest origins."""
        return replace(self, tries=self.tries[-times:])

    def misses(self, of: Callable[[Try], Accuracy | None]) -> list[float] | None:
        """The sums of errors by origin; None where one of them is not known."""
        found = [one.absolute for each in self.tries if (one := of(each)) is not None]
        return found if len(found) == len(self.tries) else None

    @property
    def gain(self) -> float | None:
        """One less the sum of errors over that of the better naive forecast: above 0 where it beats both."""
        rivals = [one.absolute for one in (self.naive, self.seasonal_naive) if one]
        return 1 - self.own.absolute / min(rivals) if min(rivals) else None


def backtest(
    data: Series,
    model: str,
    steps: int = 1,
    origins: int = ORIGINS,
    level: float = 0.95,
    season: int | None = None,
    begun: Begun | None = None,
) -> Backtest | Refusal:
    """The *model* at the latest *origins* from which all *steps* ahead lie within the series.

    Its parameters are estimated anew at every origin; the search goes on from those of the origin
    before. The seasonal naive forecast is that of the period before by *season*, which is that of the
    series unless said. With *begun*, the first period of each origin has begun, and what was in of it is known.
    Refused where fewer than three origins leave enough values to learn from.
    """
    season = season or data.period
    shape = shape_of(model, data.period)
    last = len(data.values) - steps
    done: list[Try] = []
    place: np.ndarray | None = None
    refusal = Refusal("too_short", f"{len(data.values)} values, too few to try the past")
    for origin in range(max(1, last - origins + 1), last + 1):
        past, actual = Series(data.values[:origin], data.period), data.values[origin : origin + steps]
        fitted = fit(past, shape, start=place, near=place is not None)
        if not isinstance(fitted, Fitted):
            refusal = fitted
            continue
        place = fitted.place
        forecasts, rest = steps_of(fitted, steps, level), None
        if begun is not None:
            rest = begun.so_far(origin), begun.before(origin)
            forecasts[0] = rest[1].by_model(fitted).step(rest[0], level)
        done.append(tried(past.values, forecasts, actual, season, past.period, level, rest))
    return Backtest(model, steps, tuple(done), begun is not None) if len(done) >= _FEWEST else refusal
