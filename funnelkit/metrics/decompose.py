"""Why an overall rate or mean changed: because the segments' own did, or because their shares did.

A channel that converts poorly may grow until the overall rate falls although every channel improved.
Rate effect and mix effect add up to the change, without a remainder, and so do the segments' parts.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from funnelkit.metrics.moments import NONE, Moments
from funnelkit.metrics.special import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Key = TypeVar("Key", bound=Hashable)
Counts = tuple[int, int]
"""Successes and trials."""


class Effect(Struct, frozen=True):
    """A part of the change, and the limits that chance sets to it."""

    value: float
    low: float
    high: float


class Part(Struct, frozen=True):
    """What one segment has contributed to the change."""

    rate: float
    """Because its own rate changed."""
    mix: float
    """Because its share did: positive where a segment above the average grew, or one below it shrank."""


class RateAndMix(Struct, Generic[Key], frozen=True, kw_only=True):
    """The change of an overall rate or mean in two effects, which add up to it."""

    change: float
    rate: Effect
    mix: Effect
    parts: Mapping[Key, Part]
    """By segment; they add up to the two effects."""


class _Cell(Struct, frozen=True):
    """A segment in one period."""

    n: int
    rate: float
    """Or mean."""
    variance: float
    """Of the rate."""


class _Segment(Struct, frozen=True):
    share: float
    """The mean of its shares of both periods."""
    growth: float
    """Its share after less before."""
    rate: float
    """The mean of its rates."""
    gain: float
    """Its rate after less before."""
    variance: float
    """Sum of the variances of its rates."""
    both: bool
    """Whether both periods have it."""


def rate_and_mix(
    before: Mapping[Key, Counts], after: Mapping[Key, Counts], level: float = 0.95
) -> RateAndMix[Key]:
    """The change of a rate from *before* to *after*, given by segment.

    Weights are the averages of both periods (Kitagawa 1955, JASA 50:1168-1194). A segment that one
    period lacks takes the other's rate there, so that it is pure mix. Limits are normal, by the delta
    method, of binomial rates and multinomial shares. Raises ValueError where a period has no trials.

    >>> found = rate_and_mix({"a": (5, 10), "b": (1, 10)}, {"a": (5, 10), "b": (3, 30)})
    >>> round(found.rate.value, 12), round(found.mix.value, 12)
    (0.0, -0.1)
    """
    keys = {**before, **after}
    return _decomposed(
        {key: (_rate(*before.get(key, (0, 0))), _rate(*after.get(key, (0, 0)))) for key in keys}, level
    )


def mean_and_mix(
    before: Mapping[Key, Moments], after: Mapping[Key, Moments], level: float = 0.95
) -> RateAndMix[Key]:
    """The same of a mean, such as deal size; *rate* is then the effect of the segments' own means.

    A segment of one value has no known spread, and adds none to the limits.
    """
    keys = {**before, **after}
    return _decomposed(
        {key: (_mean(before.get(key, NONE)), _mean(after.get(key, NONE))) for key in keys}, level
    )


def _decomposed(cells: Mapping[Key, tuple[_Cell, _Cell]], level: float) -> RateAndMix[Key]:
    old, new = (sum(pair[i].n for pair in cells.values()) for i in (0, 1))
    if min(old, new) <= 0:
        raise ValueError("a period without entities has no rate")
    keys = [key for key, pair in cells.items() if pair[0].n or pair[1].n]
    segments = [_segment(*cells[key], old, new) for key in keys]
    # Growth adds up to 0, so measuring rates from their average moves parts between segments only.
    average = math.fsum(s.share * s.rate for s in segments)
    parts = {
        key: Part(rate=s.share * s.gain, mix=s.growth * (s.rate - average))
        for key, s in zip(keys, segments, strict=True)
    }
    rate_variance = math.fsum(s.share**2 * s.variance for s in segments if s.both)
    mix_variance = math.fsum(s.growth**2 * s.variance / (4 if s.both else 1) for s in segments)
    for sign, entities in ((-1, old), (1, new)):
        shares = [s.share + sign * s.growth / 2 for s in segments]
        rate_variance += _spread(shares, [s.gain / 2 for s in segments]) / entities
        mix_variance += _spread(shares, [s.rate for s in segments]) / entities
    rate = math.fsum(part.rate for part in parts.values())
    mix = math.fsum(part.mix for part in parts.values())
    return RateAndMix(
        change=rate + mix,
        rate=_effect(rate, rate_variance, level),
        mix=_effect(mix, mix_variance, level),
        parts=parts,
    )


def _rate(x: int, n: int) -> _Cell:
    if not 0 <= x <= n:
        raise ValueError(f"not a rate: {x} of {n}")
    return _Cell(n, x / n, x * (n - x) / n**3) if n else _Cell(0, 0.0, 0.0)


def _mean(of: Moments) -> _Cell:
    if not of.n:
        return _Cell(0, 0.0, 0.0)
    spread = (of.n * of.squares - of.total**2) / (of.n**2 * (of.n - 1)) if of.n > 1 else 0.0
    return _Cell(of.n, of.total / of.n, spread)


def _segment(before: _Cell, after: _Cell, old: int, new: int) -> _Segment:
    first = before.rate if before.n else after.rate
    second = after.rate if after.n else before.rate
    return _Segment(
        share=(before.n / old + after.n / new) / 2,
        growth=after.n / new - before.n / old,
        rate=(first + second) / 2,
        gain=second - first,
        variance=before.variance + after.variance,
        both=min(before.n, after.n) > 0,
    )


def _spread(shares: Sequence[float], values: Sequence[float]) -> float:
    """The variance of a value that is one of *values* with the probability of its share."""
    mean = math.fsum(w * v for w, v in zip(shares, values, strict=True))
    return math.fsum(w * (v - mean) ** 2 for w, v in zip(shares, values, strict=True))


def _effect(value: float, variance: float, level: float) -> Effect:
    half = normal_quantile((1 + level) / 2) * math.sqrt(variance)
    return Effect(value, value - half, value + half)
