"""A command and what it is measured against; the median of the ratios of runs that stood side by side."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.benchmarks.process import FailedError, Run, once


@dataclass(frozen=True)
class Pair:
    """A command, what it is measured against, and how many times as long it may take."""

    name: str
    command: Sequence[str]
    against: Sequence[str] = ()
    other: str = "reading the files"
    """What *against* does, in a word or two."""
    at_most: float | None = None
    at_most_mb: float | None = None
    """The peak of *command*, in units of 10^6 bytes."""
    rounds: int = 7
    prepare: Callable[[], object] = bool
    """Makes what both sides need, where it is not there yet."""
    absent: str = ""
    """What is not installed, so that this cannot be measured."""


@dataclass(frozen=True)
class Result:
    """What came out of a pair; seconds and the ratio are medians, the peaks the highest of all rounds."""

    pair: Pair
    ours: float | None = None
    theirs: float | None = None
    ratio: float | None = None
    peak_mb: float | None = None
    their_peak_mb: float | None = None
    failure: str = ""

    @property
    def verdict(self) -> str:
        """``ok``, or what is wrong in a few words."""
        if self.pair.absent:
            return f"skipped: {self.pair.absent} is not installed"
        if self.failure:
            return f"FAILED: {self.failure}"
        wrong = [
            *(["TOO SLOW"] if _over(self.ratio, self.pair.at_most) else []),
            *(["TOO LARGE"] if _over(self.peak_mb, self.pair.at_most_mb) else []),
        ]
        return ", ".join(wrong) or "ok"

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict == "ok" or bool(self.pair.absent)


def _over(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and value > limit


def measure(pair: Pair, rounds: int | None = None) -> Result:
    """Run both sides in turn, each first every other time, after one run of each that does not count.

    Where there is only one side, each run counts.
    """
    if pair.absent:
        return Result(pair)
    pair.prepare()
    try:
        if pair.against:
            _round(pair, backwards=False)
        runs = [_round(pair, backwards=n % 2 == 1) for n in range(rounds or pair.rounds)]
    except FailedError as error:
        return Result(pair, failure=str(error))
    ours, theirs = [a for a, _ in runs], [b for _, b in runs if b]
    return Result(
        pair,
        ours=statistics.median(run.wall for run in ours),
        theirs=statistics.median(run.wall for run in theirs) if theirs else None,
        ratio=statistics.median(a.wall / b.wall for a, b in runs if b) if theirs else None,
        peak_mb=max(run.peak_mb for run in ours),
        their_peak_mb=max(run.peak_mb for run in theirs) if theirs else None,
    )


def _round(pair: Pair, *, backwards: bool) -> tuple[Run, Run | None]:
    if not pair.against:
        return once(pair.command), None
    if backwards:
        theirs = once(pair.against)
        return once(pair.command), theirs
    return once(pair.command), once(pair.against)
