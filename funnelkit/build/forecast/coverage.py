"""Whether as many values lay within the limits as these promise, and by how much they are widened where not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from funnelkit.build.forecast.choice import FEWEST
from funnelkit.build.forecast.outlook import LEVEL
from funnelkit.models.forecast.backtest import Backtest
from funnelkit.rounding import fixed, percent

if TYPE_CHECKING:
    from funnelkit.models.forecast.series import Refusal

_DOUBT = 0.05


def narrow(tested: Backtest | Refusal) -> bool:
    """Whether so few values lay within limits of 95 % that this would be chance in less than one case of 20.

    By the binomial law; forecasts of several periods made at once count as one, since they miss together.
    """
    if not isinstance(tested, Backtest) or tested.covered is None:
        return False
    n = tested.origins
    within = round(tested.covered * n)
    below = math.fsum(math.comb(n, k) * LEVEL**k * (1 - LEVEL) ** (n - k) for k in range(within + 1))
    return below < _DOUBT


def widening(tested: Backtest | Refusal) -> float:
    """By how much limits are widened: the ratio of past errors to stated ones where these were too narrow, else 1."""
    if not isinstance(tested, Backtest) or not narrow(tested) or not math.isfinite(tested.stretch):
        return 1.0
    return max(1.0, tested.stretch)


def covered(tested: Backtest | Refusal, wider: float) -> str:
    """What past values say of the range, which is so much *wider* than stated, where they say that it is doubtful; else nothing."""
    if not isinstance(tested, Backtest) or tested.covered is None:
        return "No forecast of the past tests the range."
    promised, held = percent(LEVEL, 0), percent(tested.covered, 0)
    if not narrow(tested):
        few = tested.origins < FEWEST
        return (
            f"{tested.origins} times are too few to test whether the range holds in {promised}."
            if few
            else ""
        )
    text = f"Such ranges held {held} of what came and not {promised}"
    if wider == 1:
        return f"{text}: trust this one less."
    return f"{text}; this one is widened {fixed(wider, 1)} times, as past misses were to those foretold."
