"""What was counted of the ways that people came, whether their touches are loaded or only where leads came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.metrics.reasons import Reason
from funnelkit.models.attribution.paths import Path, Paths, Tally
from funnelkit.tables import Note


class Journeys(Struct, frozen=True, kw_only=True, dict=True):
    """Paths with how many went them, and what is to be said of touches that are in none."""

    paths: Paths
    """Those that converted without a touch are under the empty path."""
    whole: bool
    """Whether every touch is known, and not only by what people came first and latest."""
    milestones: bool
    """Whether it is known at which touch persons became leads, and their deals were made."""
    lacking: str = ""
    """Of what it is not known when it was made, lead or deal or both, with the verb: the lead was."""
    notes: tuple[Note, ...] = ()
    unseen: Reason | None = None
    """Why nobody knows who came without a touch and did not convert; None where files tell."""

    @cached_property
    def orders(self) -> Paths:
        """The paths by the order of touches alone: what models need that do not ask for days and milestones."""
        sums = Sums()
        for path, tally in self.paths.items():
            sums.add(
                Path(path.channels),
                converted=tally.converted,
                unconverted=tally.unconverted,
                value=tally.value,
                squares=tally.squares,
            )
        return sums.paths

    def rate(self, touches: int) -> Reason | None:
        """Why it is not known how many converted of those who came by so many *touches*; None where it is."""
        alone = touches == 0 or not self.whole
        nobody = not any(tally.unconverted for tally in self.paths.values())
        return self.unseen if alone or nobody else None

    @property
    def untouched(self) -> Tally:
        """Who came without a touch."""
        return self.orders.get(Path(()), Tally())


class Sums:
    """Counts of paths as they come from the engine."""

    def __init__(self) -> None:
        self._counts: defaultdict[Path, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._squares: defaultdict[Path, float] = defaultdict(float)

    def add(
        self, path: Path, converted: int = 0, unconverted: int = 0, value: int = 0, squares: float = 0.0
    ) -> None:
        """Count journeys that went *path*."""
        counts = self._counts[path]
        counts[0] += converted
        counts[1] += unconverted
        counts[2] += value
        self._squares[path] += squares

    @property
    def paths(self) -> Mapping[Path, Tally]:
        """The paths that anybody went, in the order of their touches."""
        order = sorted(self._counts, key=lambda p: (p.channels, p.ages, p.lead or -1, p.opportunity or -1))
        return {path: self._tally(path) for path in order if any(self._counts[path])}

    def _tally(self, path: Path) -> Tally:
        converted, unconverted, value = self._counts[path]
        return Tally(converted, unconverted, value, self._squares[path])


def texts(joined: str) -> tuple[str, ...]:
    """The texts that an engine has joined."""
    return tuple(joined.split(collect.SEPARATOR))


def place(marks: Iterable[str], bit: int) -> int | None:
    """Which of the *marks*, counted from 0, is the last to have *bit*; None where none has."""
    return max((at for at, mark in enumerate(marks) if int(mark) & bit), default=None)


def squared(column: str) -> nw.Expr:
    """The square of whole numbers, which may be too large for one."""
    number = nw.col(column).cast(nw.Float64)
    return number * number
