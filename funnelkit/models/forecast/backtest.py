"""Forecasts as they would have been made in the past, against what came: the rolling origin.

(Tashman 2000, Int. J. Forecasting 16:437-450.) At each origin the model learns from all values before it
and forecasts the next ones; so do the naive forecasts, which any model must beat to be worth its name.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.accuracy import Accuracy, accuracy, naive, naive_step, seasonal_naive
from funnelkit.models.forecast.fitting import Fitted, fit
from funnelkit.models.forecast.limits import steps_of
from funnelkit.models.forecast.menu import shape_of
from funnelkit.models.forecast.series import Refusal, Series

ORIGINS = 12
"""So many of the latest origins are used; more would mostly measure what the series was long ago."""
_FEWEST = 3


class Backtest(Struct, frozen=True):
    """The errors of one model and of the naive forecasts, over the same values."""

    model: str
    origins: int
    steps: int
    """Forecasts per origin."""
    own: Accuracy
    naive: Accuracy
    seasonal_naive: Accuracy | None
    """None for series without seasons, and where not a whole season was known at every origin."""
    covered: float | None
    """The share of values within the limits, which should be near their level."""

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
) -> Backtest | Refusal:
    """The *model* at the latest *origins* from which all *steps* ahead lie within the series.

    Its parameters are estimated anew at every origin; the search goes on from those of the origin
    before. The seasonal naive forecast is that of the period before by *season*, which is that of the
    series unless said. Refused where fewer than three origins leave enough values to learn from.
    """
    season = season or data.period
    shape = shape_of(model, data.period)
    last = len(data.values) - steps
    own, plain, within = Accuracy(), Accuracy(), 0.0
    seasonal: Accuracy | None = Accuracy() if season > 1 else None
    place: np.ndarray | None = None
    used, refusal = 0, Refusal("too_short", f"{len(data.values)} values, too few to try the past")
    for origin in range(max(1, last - origins + 1), last + 1):
        past, actual = Series(data.values[:origin], data.period), data.values[origin : origin + steps]
        fitted = fit(past, shape, start=place, near=place is not None)
        if not isinstance(fitted, Fitted):
            refusal = fitted
            continue
        place, used = fitted.place, used + 1
        forecasts = steps_of(fitted, steps, level)
        scale = naive_step(past.values, past.period)
        own += accuracy([step.mean for step in forecasts], actual, scale)
        plain += accuracy(naive(past.values, steps).tolist(), actual, scale)
        before = seasonal_naive(past.values, season, steps)
        if seasonal is not None:
            seasonal = None if before is None else seasonal + accuracy(before.tolist(), actual, scale)
        within += sum(step.low <= value <= step.high for step, value in zip(forecasts, actual, strict=True))
    if used < _FEWEST:
        return refusal
    return Backtest(model, used, steps, own, plain, seasonal, float(within) / own.n if own.n else None)
