"""One series and its forecast: which model, what it says, how wrong it would have been."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.forecast.choice import NAIVE, SEASONAL_NAIVE, better
from funnelkit.models.forecast import choosing, joint
from funnelkit.models.forecast.backtest import ORIGINS, Backtest, backtest, tried
from funnelkit.models.forecast.limits import Step
from funnelkit.models.forecast.menu import MODELS, names_for
from funnelkit.models.forecast.series import Refusal, Series, series

if TYPE_CHECKING:
    from funnelkit.build.forecast.choice import Choice
    from funnelkit.build.forecast.past import Past
    from funnelkit.models.forecast.joint import Joint
    from funnelkit.periods import Period

AUTO = "auto"
LEVEL = 0.95
PLAIN = (NAIVE, SEASONAL_NAIVE)
CONSTANT = "constant"
SEASONS = {"week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods of a grain make a year."""
MOST = {"week": 156, "month": 180, "quarter": 60, "year": 60}
"""So many of the latest periods a series is fitted to."""
_SLOW = "holt_winters_damped"
"""Models that take most of the time and are seldom chosen: only by name."""
_FEWEST = 4
"""Three changes are the least that says anything of how large they are."""
_TESTED = 3
"""Periods ahead in the back-test, where as many are asked for."""


class Outlook(Struct, frozen=True, kw_only=True):
    """The series of one metric in one group, and what its coming periods will be."""

    past: Past
    method: str
    """The model by name; empty where there is none."""
    coming: Joint | None
    tested: Backtest | Refusal
    reason: Refusal | None = None
    """Why nothing can be said."""
    named: bool = False
    """Whether the model was asked for by name: then its limits are those of the books, whatever they held."""
    choice: Choice | None = None
    """That a naive forecast stands in for a model, where it does."""
    beaten: Backtest | Refusal | None = None
    """How right that model was."""

    def total(self, period: Period) -> tuple[float, float]:
        """Mean and variance of what is still to come in *period*. Only where there is a forecast."""
        assert self.coming is not None
        return joint.total(self.coming, self.past.shares(period))


def outlook(past: Past, grain: str, method: str, steps: int) -> Outlook:
    """The forecast of *past* by the model *method*, or by the one of the least AICc, tried up to *steps* ahead."""
    season = SEASONS[grain]
    # A season of 52 states is more than some years of weeks can tell.
    data = series(past.values, season if season <= 12 else 1)
    ahead = len(past.coming)
    if not past.whole:
        return unknown(past, "too_short", f"no whole {grain} yet; {_FEWEST} are needed to tell how they vary")
    if isinstance(data, Refusal):
        return unknown(past, data.code, data.message)
    if len(data.known) < _FEWEST:
        n = len(data.known)
        few = f"{n} whole {grain}{'' if n == 1 else 's'}, and {_FEWEST} are needed to tell how they vary"
        return unknown(past, "too_short", few)
    steps = min(steps, _TESTED)
    if method in PLAIN:
        return _plain(past, data, method, season, steps)
    names = [method] if method != AUTO else [n for n in names_for(data.period) if not n.startswith(_SLOW)]
    found = choosing.forecast(data, ahead, model=names[0] if method != AUTO else None, among=names)
    if isinstance(found, Refusal):
        if method == AUTO:
            return _plain(past, data, NAIVE, season, steps)
        return unknown(past, found.code, found.message)
    if found.fitted is None:
        coming = joint.constant(float(data.known[0]), ahead, past.begun)
        tested = _tested(past, data, CONSTANT, season, steps)
        return Outlook(past=past, method=CONSTANT, coming=coming, tested=tested)
    tested = _fitted(past, data, found.model, season, steps)
    choice = better(tested, ()) if method == AUTO else None
    if choice is not None:
        plain = _plain(past, data, choice.method, season, choice.ahead)
        return replace(plain, tested=latest(plain.tested, choice), choice=choice, beaten=tested)
    return Outlook(
        past=past,
        method=found.model,
        coming=joint.of_model(found.fitted, ahead, past.begun),
        tested=tested,
    )


def latest(tested: Backtest | Refusal, choice: Choice) -> Backtest | Refusal:
    """A back-test at the origins at which a *choice* was made, so that tables hold the errors that sentences name."""
    return tested.latest(choice.times) if isinstance(tested, Backtest) else tested


def one_ahead(past: Past, grain: str, method: str) -> Backtest | Refusal:
    """How wrong the series was one period ahead by *method*, at the latest origins."""
    season = SEASONS[grain]
    data = series(past.values, season if season <= 12 else 1)
    if isinstance(data, Refusal):
        return data
    if method not in MODELS:
        return _tested(past, data, method, season, 1)
    return backtest(data, method, season=season, begun=past.begun)


def _fitted(past: Past, data: Series, model: str, season: int, steps: int) -> Backtest | Refusal:
    """The back-test of *model* as far ahead as the series is long enough for."""
    found = backtest(data, model, steps, season=season, begun=past.begun)
    shorter = isinstance(found, Refusal) and steps > 1
    return _fitted(past, data, model, season, steps - 1) if shorter else found


def unknown(past: Past, code: str, message: str) -> Outlook:
    """The outlook on something of which nothing is known, and why."""
    reason = Refusal(code, message)
    return Outlook(past=past, method="", coming=None, tested=reason, reason=reason)


def _plain(past: Past, data: Series, method: str, season: int, steps: int) -> Outlook:
    lag = season if method == SEASONAL_NAIVE else 1
    coming = joint.of_naive(data, len(past.coming), lag, past.begun)
    if coming is None:
        return unknown(past, "too_short", f"{len(data.values)} values, too few for {method}")
    tested = _tested(past, data, method, season, steps)
    return Outlook(past=past, method=method, coming=coming, tested=tested)


def _tested(past: Past, data: Series, method: str, season: int, steps: int) -> Backtest | Refusal:
    """The naive forecast *method*, or that of a series that never varied, at the latest origins."""
    lag = season if method == SEASONAL_NAIVE else 1
    last = len(data.values) - steps
    # One change at least says how wide the limits were.
    origins = range(max(lag + 1, last - ORIGINS + 1), last + 1)
    if len(origins) < 3:
        return Refusal("too_short", f"{len(data.values)} values, too few to try the past")
    done, begun = [], past.begun
    for origin in origins:
        before, actual = data.values[:origin], data.values[origin : origin + steps]
        rest = None if begun is None else (begun.so_far(origin), begun.before(origin))
        known = None if rest is None else rest[1]
        if method == CONSTANT:
            coming: Joint | None = joint.constant(float(before[0]), steps, known)
        else:
            coming = joint.of_naive(Series(before), steps, lag, known)
        if coming is not None:
            forecasts = _limits(coming, 0.0 if rest is None else rest[0])
            done.append(tried(before, forecasts, actual, season, data.period, LEVEL, rest))
    return Backtest(method, steps, tuple(done), begun is not None)


def _limits(coming: Joint, so_far: float) -> list[Step]:
    """Each period with its limits, to the first of which belongs what was in *so far*."""
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * np.sqrt(np.diag(coming.covariance))
    means = [so_far + coming.means[0], *coming.means[1:].tolist()]
    return [
        Step(float(mean), float(mean - each), float(mean + each))
        for mean, each in zip(means, half.tolist(), strict=True)
    ]


def known_methods() -> tuple[str, ...]:
    """The models of series by name, and the naive forecasts."""
    return (AUTO, *MODELS, *PLAIN)
