"""Which way tells a metric: the one with the least error in the past, where it is clearly the least."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.models.forecast.backtest import Backtest
from funnelkit.statistics.special import t_quantile

if TYPE_CHECKING:
    from funnelkit.models.forecast.series import Refusal

NAIVE, SEASONAL_NAIVE = "naive", "seasonal_naive"
JUDGED = "month"
"""Ways are judged by so long periods, however long those of the series are."""
FEWEST = 10
"""So many origins it takes to give up open cases, which are known, for a series, or a model for a naive forecast."""
_LEVEL = 0.95


class Choice(Struct, frozen=True, kw_only=True):
    """One way of telling a metric that was clearly less wrong than another, over the same periods."""

    method: str
    error: float
    """Its WAPE."""
    instead: str
    worse: float
    """The WAPE of the way that it stands in for."""
    times: int
    ahead: int
    """Periods, at each time."""
    begun: bool = False
    """Whether the first of them had begun."""


def better(own: Backtest | Refusal, others: Sequence[Backtest | Refusal]) -> Choice | None:
    """What clearly beats *own*: one of *others* or of the naive forecasts, each over its origins and those of *own*.

    Of several the one with the least errors; None with fewer than ``FEWEST`` origins.
    """
    if not isinstance(own, Backtest):
        return None
    misses = {
        NAIVE: own.misses(lambda one: one.naive),
        SEASONAL_NAIVE: own.misses(lambda one: one.seasonal_naive),
    }
    for one in others:
        if isinstance(one, Backtest) and one.steps == own.steps and one.model not in misses:
            misses[one.model] = one.misses(lambda each: each.own)
    mine = own.misses(lambda one: one.own) or []
    found = []
    for name, theirs in misses.items():
        shared = min(len(mine), len(theirs or ()))
        came = sum(one.own.actual for one in own.tries[-shared:])
        if theirs is None or shared < FEWEST or not came:
            continue
        latest, against = mine[-shared:], theirs[-shared:]
        if clearly_less(against, latest):
            found.append(
                Choice(
                    method=name,
                    error=math.fsum(against) / came,
                    instead=own.model,
                    worse=math.fsum(latest) / came,
                    times=shared,
                    ahead=own.steps,
                    begun=own.begun,
                )
            )
    return min(found, key=lambda one: one.error, default=None)


def clearly_less(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the errors *one* are smaller than *other* by more than chance, 95 % sure: the test of Diebold and Mariano.

    (1995, J. Bus. Econ. Stat. 13:253-263, with the t law of Harvey, Leybourne and Newbold 1997.) Pairs are of the same origins.

    >>> clearly_less([1, 2, 1, 2], [3, 4, 4, 5]), clearly_less([1, 2, 1, 2], [0, 4, 1, 3])
    (True, False)
    """
    gains = [theirs - mine for mine, theirs in zip(one, other, strict=True)]
    if len(gains) < 2:
        return False
    mean, spread = fmean(gains), stdev(gains)
    return mean > t_quantile(_LEVEL, len(gains) - 1) * spread / math.sqrt(len(gains)) and mean > 0
