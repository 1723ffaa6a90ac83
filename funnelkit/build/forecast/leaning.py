"""Whether past forecasts were clearly too high, or too low."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.models.forecast.backtest import Backtest
from funnelkit.rounding import percent
from funnelkit.statistics.special import t_quantile

if TYPE_CHECKING:
    from funnelkit.models.forecast.series import Refusal

FEWEST = 6
"""Fewer misses lie on one side by chance more often than once in 20 times."""
_MOSTLY = 0.8
_BOTH_ENDS = 0.975


class Leaning(Struct, frozen=True):
    """That forecasts missed to one side."""

    bias: float
    """The sum of forecast - actual over that of actual: above 0 for too high."""
    times: int
    """How often to this side."""
    of: int

    @property
    def word(self) -> str:
        """What the forecasts were."""
        return "too high" if self.bias > 0 else "too low"


def leaning(tested: Backtest | Refusal) -> Leaning | None:
    """The side on which the forecasts of the past lay: at most origins, and more than by chance, 95 % sure (t-test)."""
    if not isinstance(tested, Backtest) or not tested.own.bias or tested.origins < FEWEST:
        return None
    missed = [one.own.signed for one in tested.tries]
    n, bias = len(missed), tested.own.bias
    mean = sum(missed) / n
    deviation = (sum((one - mean) ** 2 for one in missed) / (n - 1)) ** 0.5
    times = sum(one * bias > 0 for one in missed)
    sure = abs(mean) > t_quantile(_BOTH_ENDS, n - 1) * deviation / n**0.5
    return Leaning(bias, times, n) if sure and times >= _MOSTLY * n else None


def said(lean: Leaning) -> str:
    """To which side, how often, and by how much."""
    often = "each time" if lean.times == lean.of else f"in {lean.times} of {lean.of} times"
    return f"It was {lean.word} {often}, by {percent(abs(lean.bias), 0)} of what came on average"
