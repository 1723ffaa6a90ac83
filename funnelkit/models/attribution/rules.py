"""Rules that look at one path: the ends, all alike, and by age."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction

from funnelkit.models.attribution.credit import Rule
from funnelkit.models.attribution.parting import shares
from funnelkit.models.attribution.paths import Path

_ALL, _NOTHING = Fraction(1), Fraction(0)


def first(path: Path) -> list[Fraction]:
    """All to the first touch."""
    return _all_to(path, 0)


def last(path: Path) -> list[Fraction]:
    """All to the last touch."""
    return _all_to(path, len(path.channels) - 1)


def last_non_direct(direct: Collection[str] = ("direct",)) -> Rule:
    """All to the last touch whose channel is not among *direct*; to the last one where all are.

    (The "last non-direct click" of Google Analytics.)
    """

    def rule(path: Path) -> list[Fraction]:
        known = [at for at, channel in enumerate(path.channels) if channel not in direct]
        return _all_to(path, known[-1] if known else len(path.channels) - 1)

    return rule


def linear(path: Path) -> list[Fraction]:
    """1 / n to each of n touches, so that a channel which comes twice earns twice."""
    return [Fraction(1, len(path.channels))] * len(path.channels)


def linear_distinct(path: Path) -> list[Fraction]:
    """1 / m to each of m different channels, paid out at its first touch."""
    share = Fraction(1, len(set(path.channels)))
    return [
        share if channel not in path.channels[:at] else _NOTHING for at, channel in enumerate(path.channels)
    ]


def time_decay(half_life: float = 7) -> Callable[[Path], list[Fraction]]:
    """Weights of 2 ** (-age / *half_life*), both in days, normalised within each path.

    A touch 8 days before the conversion earns half as much as one a day before it (Google Ads, half-life
    of 7 days). Weights that are not normalised, such as 50, 25, 12.5, ... %, would lose a part of every
    conversion. Raises ValueError for a half-life that is not above 0, and for paths without ages.
    """
    if half_life <= 0:
        raise ValueError(f"a half-life of {half_life:g} days")

    def rule(path: Path) -> list[Fraction]:
        if len(path.ages) != len(path.channels):
            raise ValueError("decay over time needs the age of each touch")
        youngest = min(path.ages)
        # Ages count from the youngest touch: 2 ** -1100 would be 0, and a path of old touches without weight.
        return shares([2 ** -((age - youngest) / half_life) for age in path.ages])

    return rule


def _all_to(path: Path, place: int) -> list[Fraction]:
    return [_ALL if at == place else _NOTHING for at in range(len(path.channels))]
