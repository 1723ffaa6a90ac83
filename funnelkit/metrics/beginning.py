"""How the data begin: with leads that may have been won before anybody wrote down wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.periods import from_day
from funnelkit.statistics import intervals

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Wins


class Truncation(Struct, frozen=True):
    """Data that begin without their first wins."""

    first_lead: int
    first_win: int
    median: float
    """Of the days from lead to win."""

    def said(self, event: str = "win", events: str = "wins") -> str:
        """The sentence that says so, of leads and *event*, and what is wrong with the numbers."""
        return (
            f"The first lead is of {from_day(self.first_lead)}, the first {event} of {from_day(self.first_win)}, "
            f"{self.first_win - self.first_lead} days later, with a median of {self.median:g} days from lead to "
            f"{event}: {events} before then are missing, so the conversion of the leads before then is too low."
        )


def truncation(wins: Wins) -> Truncation | None:
    """When the first win comes later after the first lead than half the median lag, those two days."""
    lags = sorted((lag, n) for lag, n in wins.lags.items() if lag >= 0)
    if wins.first_lead is None or wins.first_win is None or not lags:
        return None
    median = intervals.quantile(lags, 0.5)
    if wins.first_win - wins.first_lead <= 0.5 * median:
        return None
    return Truncation(wins.first_lead, wins.first_win, median)
