"""Which model a series is forecast by, and the forecast itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from funnelkit.models.forecast.backtest import Backtest, backtest
from funnelkit.models.forecast.fitting import Fitted, fit
from funnelkit.models.forecast.limits import Step, simulated, steps_of
from funnelkit.models.forecast.menu import names_for, shape_of
from funnelkit.models.forecast.series import Refusal, Series

Method = Literal["class_1", "simulated", "constant"]


class Forecast(Struct, frozen=True, eq=False):
    """What is expected, between which limits, and by which model."""

    model: str
    steps: tuple[Step, ...]
    level: float
    """The chance with which the limits hold."""
    limits: Method
    """By which formula: see `limits.steps_of`; a series that never varied has none but its value."""
    fitted: Fitted | None
    """None for a series that never varied."""
    raised: bool
    """Whether a forecast was below the least possible value, and was raised to it."""
    refused: Mapping[str, Refusal]
    """The models that could not be tried, and why."""


def forecast(
    data: Series,
    steps: int,
    *,
    model: str | None = None,
    among: Sequence[str] | None = None,
    by: Literal["aicc", "backtest"] = "aicc",
    level: float = 0.95,
    least: float | None = None,
) -> Forecast | Refusal:
    """The next *steps* values by the *model* of this name, or by the one chosen *by* AICc or back-test.

    The choice is *among* all models, or those named.

    AICc compares the models on the values they learnt from; the back-test takes the one with the least
    sum of errors at the rolling origin, of *steps* ahead each. Of equal ones the simpler is taken.
    *least* is the least value there can be, such as 0 for counts and money: forecasts and limits below
    it are raised to it, which is exact for the limits. A series that never varied is forecast by its
    value. Refused where no model can learn from so few values. Raises UsageError for an unknown model.
    """
    if data.constant:
        value = float(data.known[0])
        same = _bounded([Step(value, value, value)] * steps, least)
        return Forecast("constant", same, level, "constant", None, same[0].mean > value, {})
    names = [model] if model else list(among or names_for(data.period))
    fits = {name: fit(data, shape_of(name, data.period)) for name in names}
    fitted = {name: found for name, found in fits.items() if isinstance(found, Fitted)}
    refused = {name: found for name, found in fits.items() if isinstance(found, Refusal)}
    if not fitted:
        return refused[names[0]]
    chosen = min(fitted, key=lambda name: fitted[name].aicc)
    if by == "backtest" and len(fitted) > 1:
        tried = {name: backtest(data, name, steps) for name in fitted}
        done = {name: found for name, found in tried.items() if isinstance(found, Backtest)}
        refused |= {name: found for name, found in tried.items() if isinstance(found, Refusal)}
        if not done:
            return refused[names[0]]
        chosen = _least_wrong(data, steps, done)
    best = fitted[chosen]
    raw = steps_of(best, steps, level)
    return Forecast(
        model=chosen,
        steps=_bounded(raw, least),
        level=level,
        limits="simulated" if simulated(best) else "class_1",
        fitted=best,
        raised=least is not None and any(step.mean < least for step in raw),
        refused=refused,
    )


def _least_wrong(data: Series, steps: int, done: Mapping[str, Backtest]) -> str:
    """The model with the least sum of errors at those of the latest origins from which all could be tried."""
    shared = min(found.origins for found in done.values())
    errors: dict[str, float] = {}
    for name, found in done.items():
        again = found if found.origins == shared else backtest(data, name, steps, shared)
        errors[name] = again.own.absolute if isinstance(again, Backtest) else math.inf
    return min(errors, key=errors.__getitem__)


def _bounded(steps: Sequence[Step], least: float | None) -> tuple[Step, ...]:
    """The *steps*, nothing of which is below *least*."""
    if least is None:
        return tuple(steps)
    return tuple(Step(max(step.mean, least), max(step.low, least), max(step.high, least)) for step in steps)
