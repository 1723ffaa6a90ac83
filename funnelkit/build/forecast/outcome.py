"""What a metric will be by the end of a period: what is in, what is expected of it, and the chance of a target."""

from __future__ import annotations

from msgspec import Struct

from funnelkit.build.forecast.outlook import LEVEL
from funnelkit.models.forecast.twopiece import Sides, TwoPiece


class Outcome(Struct, frozen=True, kw_only=True):
    """The whole of a period, in the unit of the metric."""

    so_far: float
    """In already."""
    opened: float | None
    """Expected of what is open or in already; None where the metric is forecast by its series."""
    fresh: float
    """Expected of what has not begun yet, or of the series."""
    leads: float | None = None
    """Of *fresh*, what is expected of leads that are in and have no deal yet."""
    deviation: float
    """The standard deviation of what is expected."""
    signed: bool
    """Whether the days to come may take something off, as refunds do."""
    wider: Sides = Sides()
    """How much farther than that what comes may lie below and above, as past errors did."""

    @property
    def mean(self) -> float:
        """The forecast."""
        return self.so_far + (self.opened or 0.0) + self.fresh

    @property
    def limits(self) -> tuple[float, float]:
        """95 % limits by the two-piece normal law; what is in already is not lost, where nothing takes off."""
        low, high = self._law.quantile((1 - LEVEL) / 2), self._law.quantile((1 + LEVEL) / 2)
        return (low if self.signed else max(low, min(self.so_far, self.mean))), high

    def chance(self, target: float, *, at_least: bool) -> float:
        """How likely *target* is met, by the same law."""
        if not self.signed and self.so_far >= target:
            return 1.0 if at_least else float(self.so_far <= target)
        if not self.deviation:
            return float(self.mean >= target if at_least else self.mean <= target)
        below = self._law.share_below(target)
        return 1 - below if at_least else below

    @property
    def _law(self) -> TwoPiece:
        return TwoPiece(self.mean, self.deviation * self.wider.below, self.deviation * self.wider.above)
