"""How many values, their sum and their squares: all that a mean and its limits need, and it adds up."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Moments(Struct, frozen=True):
    """Of some whole numbers; NONE of none."""

    n: int
    total: int
    squares: int
    least: int | None = None
    """The smallest value."""

    @classmethod
    def of(cls, histogram: Mapping[int, int]) -> Moments:
        """The moments of values and how often each occurs, exactly."""
        items = histogram.items()
        return cls(
            sum(n for _, n in items),
            sum(v * n for v, n in items),
            sum(v * v * n for v, n in items),
            min(histogram, default=None),
        )

    def __add__(self, other: Moments) -> Moments:
        """The moments of both together."""
        known = [least for least in (self.least, other.least) if least is not None]
        return Moments(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            min(known, default=None),
        )


NONE = Moments(0, 0, 0)
