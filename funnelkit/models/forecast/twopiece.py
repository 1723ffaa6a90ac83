"""The law of what comes, where it may lie farther from the forecast on one side than on the other.

Two halves of normal laws with the forecast as their common peak, joined so that they meet: the two-piece normal
law of the fan charts of central banks (Britton, Fisher and Whitley 1998, Bank of England Quarterly Bulletin 38:30-37).
With equal halves it is the normal law.
"""

from __future__ import annotations

from statistics import NormalDist

from msgspec import Struct

_NORMAL = NormalDist()


class Sides(Struct, frozen=True):
    """How far past values lay below and above the forecast, in units of the deviation that was stated."""

    below: float = 1.0
    above: float = 1.0

    @property
    def widest(self) -> float:
        """The greater one."""
        return max(self.below, self.above)


def sides(below: float, above: float, n: int) -> Sides:
    """The deviations of greatest likelihood, of *n* errors whose squares sum up to so much *below* and *above* the peak.

    (John 1982, Commun. Stat. Theory Methods 11:879-885, with the peak known.)

    >>> even = sides(50.0, 50.0, 100)
    >>> round(even.below, 6), round(even.above, 6)
    (1.0, 1.0)
    """
    roots = below ** (1 / 3), above ** (1 / 3)
    scale = (sum(roots) / n) ** 0.5
    return Sides(scale * roots[0], scale * roots[1])


class TwoPiece(Struct, frozen=True):
    """The law with so large deviations below and above its peak."""

    peak: float
    below: float
    above: float

    def share_below(self, value: float) -> float:
        """How likely what comes is less than *value*; of a law without any deviation, half of its peak is."""
        off, width = value - self.peak, self.below + self.above
        deviation = self.below if off < 0 else self.above
        if not deviation:
            return 0.5 if not off else float(off > 0)
        half = _NORMAL.cdf(-abs(off) / deviation)
        return 2 * self.below / width * half if off < 0 else 1 - 2 * self.above / width * half

    def quantile(self, share: float) -> float:
        """What is not exceeded with the chance *share*, which lies between 0 and 1."""
        width = self.below + self.above
        if not width:
            return self.peak
        if share * width < self.below:
            return self.peak + self.below * _NORMAL.inv_cdf(share * width / 2 / self.below)
        return self.peak - self.above * _NORMAL.inv_cdf((1 - share) * width / 2 / self.above)
