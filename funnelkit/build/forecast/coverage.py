"""Whether as many values lay within the limits as these promise, and by how much they are widened where not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from funnelkit.build.forecast.choice import FEWEST
from funnelkit.build.forecast.leaning import Leaning, leaning
from funnelkit.build.forecast.outlook import LEVEL
from funnelkit.models.forecast.backtest import Backtest
from funnelkit.models.forecast.twopiece import Sides, sides
from funnelkit.rounding import fixed, percent

if TYPE_CHECKING:
    from funnelkit.models.forecast.series import Refusal

_DOUBT = 0.05
MOST = 5.0
"""Limits that would have to be wider still tell nothing: they are widened so far, and are called doubtful."""
_PRIOR = 4
"""So many tries as were foretold, half of them on each side, stand beside those of the past."""


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


def widening(tested: Backtest | Refusal) -> Sides:
    """How much farther than stated the limits reach on each side.

    Where forecasts clearly missed to one side, as past errors lay on either side; else where limits were too
    narrow, by the ratio of past errors to stated ones, but never beyond ``MOST``.
    """
    if not isinstance(tested, Backtest) or not math.isfinite(tested.stretch):
        return Sides()
    if lean := leaning(tested):
        return _leant(tested, lean)
    wider = min(max(1.0, tested.stretch), MOST) if narrow(tested) else 1.0
    return Sides(wider, wider)


def _leant(tested: Backtest, lean: Leaning) -> Sides:
    stated = math.fsum(one.stated for one in tested.tries) / tested.own.n
    if not stated:
        return Sides()
    found = sides(
        math.fsum(one.below for one in tested.tries) / stated + _PRIOR / 2,
        math.fsum(one.above for one in tested.tries) / stated + _PRIOR / 2,
        tested.own.n + _PRIOR,
    )
    # The side on which the truth lay is never made narrower; few tries are too few to make the other one so.
    few = tested.origins < FEWEST
    below, above = (1.0 if few or here else 0.0 for here in (lean.bias > 0, lean.bias < 0))
    return Sides(min(max(below, found.below), MOST), min(max(above, found.above), MOST))


def covered(tested: Backtest | Refusal, wider: Sides) -> str:
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
    if wider.widest <= 1:
        return f"{text}: trust this one less."
    if wider.below == wider.above:
        text += f"; this one is widened {fixed(wider.above, 1)} times"
    else:
        text += f"; this one reaches {told(wider)}"
    if wider.widest == MOST:
        return f"{text}, and past misses were larger still: trust it little."
    return f"{text}, as past misses were to those foretold."


def told(wider: Sides) -> str:
    """How far limits reach in view of what was stated, in words.

    >>> told(Sides(1.5, 1.5)), told(Sides(0.9, 2.04))
    ('1.5 times as far', '0.9 times as far below and 2.0 times as far above')
    """
    below, above = fixed(wider.below, 1), fixed(wider.above, 1)
    if wider.below == wider.above:
        return f"{above} times as far"
    return f"{below} times as far below and {above} times as far above"
