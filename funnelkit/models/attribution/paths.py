"""What attribution counts: equal ways to a conversion, and how many went them.

Two journeys with the same touches in the same order are one path, so that a hundred thousand journeys
come as a few thousand counts, whichever engine has counted them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from msgspec import Struct


class Path(Struct, frozen=True):
    """The touches of a journey in the order of time."""

    channels: tuple[str, ...]
    ages: tuple[float, ...] = ()
    """Days from each touch to the conversion, where a rule asks for them; else empty."""
    lead: int | None = None
    """Which touch, counted from 0, made the lead: the last one not after it. None where unknown."""
    opportunity: int | None = None
    """Which touch came last before the opportunity was made. None where unknown."""

    def __post_init__(self) -> None:
        if len(self.ages) not in (0, len(self.channels)):
            raise ValueError(f"{len(self.ages)} ages for {len(self.channels)} touches")
        if any(age < 0 for age in self.ages):
            raise ValueError("a touch after the conversion earns nothing: drop it")
        for place in (self.lead, self.opportunity):
            if place is not None and not 0 <= place < len(self.channels):
                raise ValueError(f"no touch {place} among {len(self.channels)}")


class Tally(Struct, frozen=True):
    """How many journeys went a path, and what they brought."""

    converted: int = 0
    unconverted: int = 0
    value: int = 0
    """What the converted ones brought together, in the smallest unit of the money."""
    squares: float = 0.0
    """The squares of what each of them brought: how much of the value hangs on few of them. For limits alone."""

    def __post_init__(self) -> None:
        if min(self.converted, self.unconverted) < 0:
            raise ValueError("a count of journeys is below zero")
        if self.value and not self.converted:
            raise ValueError("money from journeys that did not convert")


Paths = Mapping[Path, Tally]


def counted(journeys: Iterable[tuple[Path, int | None]]) -> dict[Path, Tally]:
    """Count *journeys*, each with what it brought in the smallest unit of the money; None: not converted.

    >>> counted([(Path(("email",)), 500), (Path(("email",)), None)])
    {Path(channels=('email',), ages=(), lead=None, opportunity=None): Tally(converted=1, unconverted=1, value=500, squares=250000)}
    """
    found: dict[Path, list[int]] = {}
    for path, value in journeys:
        sums = found.setdefault(path, [0, 0, 0, 0])
        sums[value is None] += 1
        sums[2] += value or 0
        sums[3] += (value or 0) ** 2
    return {path: Tally(*sums) for path, sums in found.items()}


def channels_of(paths: Paths) -> list[str]:
    """Every channel that touched anybody, by name."""
    return sorted({channel for path in paths for channel in path.channels})


def total(paths: Paths) -> Tally:
    """All journeys together."""
    return Tally(
        sum(tally.converted for tally in paths.values()),
        sum(tally.unconverted for tally in paths.values()),
        sum(tally.value for tally in paths.values()),
        math.fsum(tally.squares for tally in paths.values()),
    )
