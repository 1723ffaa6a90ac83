"""Why an overall rate changed: because the segments' rates did, or because their shares did.

A channel that converts poorly may grow until the overall rate falls although every channel improved.
Rate effect and mix effect add up to the change, without a remainder, and so do the segments' parts.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

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
    """What one segment has contributed to the change of the overall rate."""

    rate: float
    """Because its own rate changed."""
    mix: float
    """Because its share did: positive where a segment above the average grew, or one below it shrank."""


class RateAndMix(Struct, Generic[Key], frozen=True, kw_only=True):
    """The change of an overall rate in two effects, which add up to it."""

    change: float
    rate: Effect
    mix: Effect
    parts: Mapping[Key, Part]
    """By segment; they add up to the two effects."""


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
    old, new = (sum(n for _, n in period.values()) for period in (before, after))
    if min(old, new) <= 0:
        raise ValueError("a period without trials has no rate")
    keys = [key for key in {**before, **after} if before.get(key, (0, 0))[1] or after.get(key, (0, 0))[1]]
    segments = [_segment(before.get(key, (0, 0)), after.get(key, (0, 0)), old, new) for key in keys]
    # Growth adds up to 0, so measuring rates from their average moves parts between segments only.
    average = math.fsum(s.share * s.rate for s in segments)
    parts = {
        key: Part(rate=s.share * s.gain, mix=s.growth * (s.rate - average))
        for key, s in zip(keys, segments, strict=True)
    }
    rate_variance = math.fsum(s.share**2 * s.variance for s in segments if s.both)
    mix_variance = math.fsum(s.growth**2 * s.variance / (4 if s.both else 1) for s in segments)
    for sign, trials in ((-1, old), (1, new)):
        shares = [s.share + sign * s.growth / 2 for s in segments]
        rate_variance += _spread(shares, [s.gain / 2 for s in segments]) / trials
        mix_variance += _spread(shares, [s.rate for s in segments]) / trials
    rate = math.fsum(part.rate for part in parts.values())
    mix = math.fsum(part.mix for part in parts.values())
    return RateAndMix(
        change=rate + mix,
        rate=_effect(rate, rate_variance, level),
        mix=_effect(mix, mix_variance, level),
        parts=parts,
    )


def _segment(before: Counts, after: Counts, old: int, new: int) -> _Segment:
    (x0, n0), (x1, n1) = before, after
    if not (0 <= x0 <= n0 and 0 <= x1 <= n1):
        raise ValueError(f"not rates: {x0} of {n0} and {x1} of {n1}")
    rate0 = x0 / n0 if n0 else x1 / n1
    rate1 = x1 / n1 if n1 else rate0
    return _Segment(
        share=(n0 / old + n1 / new) / 2,
        growth=n1 / new - n0 / old,
        rate=(rate0 + rate1) / 2,
        gain=rate1 - rate0,
        variance=sum(x * (n - x) / n**3 for x, n in (before, after) if n),
        both=min(n0, n1) > 0,
    )


def _spread(shares: Sequence[float], values: Sequence[float]) -> float:
    """The variance of a value that is one of *values* with the probability of its share."""
    mean = math.fsum(w * v for w, v in zip(shares, values, strict=True))
    return math.fsum(w * (v - mean) ** 2 for w, v in zip(shares, values, strict=True))


def _effect(value: float, variance: float, level: float) -> Effect:
    half = normal_quantile((1 + level) / 2) * math.sqrt(variance)
    return Effect(value, value - half, value + half)
