"""The models by the names that people type."""

from __future__ import annotations

from collections.abc import Mapping

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.models.forecast.smoothing import Season, Shape, Trend

MODELS: Mapping[str, tuple[Trend, Season]] = {
    "ses": ("none", "none"),
    "holt": ("additive", "none"),
    "damped": ("damped", "none"),
    "seasonal_additive": ("none", "additive"),
    "seasonal_multiplicative": ("none", "multiplicative"),
    "holt_winters_additive": ("additive", "additive"),
    "holt_winters_multiplicative": ("additive", "multiplicative"),
    "holt_winters_damped_additive": ("damped", "additive"),
    "holt_winters_damped_multiplicative": ("damped", "multiplicative"),
}
"""Trend and season of every model, the simplest first."""


def shape_of(model: str, period: int) -> Shape:
    """The shape of the *model* of this name with seasons of *period* values.

    Where seasons multiply, so do errors, as in R's hw and ets: with errors of one size the variance of
    such a model explodes. Raises UsageError for an unknown name, and for seasons of one value.
    """
    if model not in MODELS:
        raise UsageError(f"no forecast model is called {model!r}", hint=did_you_mean(model, MODELS))
    trend, season = MODELS[model]
    if season == "none":
        return Shape(trend=trend)
    if period < 2:
        raise UsageError(f"{model} needs seasons, and the series has none", hint="Take ses, holt or damped.")
    return Shape(trend=trend, season=season, period=period, errors=season)


def names_for(period: int) -> list[str]:
    """The models that a series with seasons of *period* values can have."""
    return [name for name, (_, season) in MODELS.items() if season == "none" or period > 1]
