"""What each channel is given, and how the weights of a rule add up to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from funnelkit.models.attribution.parting import in_whole_units
from funnelkit.models.attribution.paths import Path, Paths, Tally, channels_of

Rule = Callable[[Path], Sequence[Fraction]]
"""The weight of each touch of a path that has some; together exactly 1."""


class Credit(Struct, frozen=True):
    """Conversions and money by channel, in every channel of the paths, 0 where it earned nothing."""

    conversions: Mapping[str, Fraction]
    value: Mapping[str, Fraction]
    """In the smallest unit of the money."""
    untouched: Tally
    """The converted journeys without a touch, which nobody earned. With these the sums are complete."""

    @property
    def money(self) -> dict[str, int]:
        """The value in whole smallest units, which add up to what the touched journeys brought."""
        return in_whole_units(self.value)


def by_rule(paths: Paths, rule: Rule) -> Credit:
    """Credit by a *rule* that looks at one path at a time; who did not convert plays no part."""
    conversions, value = _Sums(), _Sums()
    for path, tally in paths.items():
        if tally.converted and path.channels:
            for channel, weight in zip(path.channels, rule(path), strict=True):
                conversions.add(channel, weight, tally.converted)
                value.add(channel, weight, tally.value)
    channels = channels_of(paths)
    return Credit(conversions.of(channels), value.of(channels), untouched(paths))


def untouched(paths: Paths) -> Tally:
    """The converted journeys without a touch."""
    without = [tally for path, tally in paths.items() if not path.channels]
    return Tally(sum(tally.converted for tally in without), 0, sum(tally.value for tally in without))


class _Sums:
    """Exact sums of weights times whole numbers.

    Kept apart by the denominator of the weight, of which there are few: adding whole numbers is ten
    times as fast as adding fractions.
    """

    def __init__(self) -> None:
        self._parts: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, channel: str, weight: Fraction, times: int) -> None:
        self._parts[channel][weight.denominator] += weight.numerator * times

    def of(self, channels: Sequence[str]) -> dict[str, Fraction]:
        return {
            channel: sum((Fraction(n, d) for d, n in self._parts[channel].items()), Fraction(0))
            for channel in channels
        }
