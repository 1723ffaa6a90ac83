"""Why an overall rate or mean changed: because the segments' own did, or because their shares did.

A channel that converts poorly may grow until the overall rate falls although every channel improved.
Rate effect and mix effect add up to the change, without a remainder, and so do the segments' parts.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from funnelkit.statistics.moments import NONE, Moments
from funnelkit.statistics.special import deviate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Key = TypeVar("Key", bound=Hashable)
Counts = tuple[int, int]
"""Successes and trials."""
Quotient = tuple[float, float]
"""What stands above the line, and below it."""


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
    """Sum of the variances of both rates."""
    both: bool
    """Whether both periods have it."""


def rate_and_mix(
    before: Mapping[Key, Counts], after: Mapping[Key, Counts], level: float = 0.95
) -> RateAndMix[Key]:
    """The change of a rate from *before* to *after*, given by segment.

    Weights are the averages of both periods (Kitagawa 1955, JASA 50:1168-1194). A segment that one
    period lacks takes the other's rate there, so that it is pure mix. Limits are normal, by the delta
    method, of rates and of multinomial shares. Raises ValueError where a period has no trials.

    >>> found = rate_and_mix({"a": (5, 10), "b": (1, 10)}, {"a": (5, 10), "b": (3, 30)})
    >>> round(found.rate.value, 12), round(found.mix.value, 12)
    (0.0, -0.1)
    """
    for x, n in (*before.values(), *after.values()):
        if not 0 <= x <= n:
            raise ValueError(f"not a rate: {x} of {n}")
    old, new = ({key: Moments(n, x, x) for key, (x, n) in period.items()} for period in (before, after))
    return mean_and_mix(old, new, level)


def mean_and_mix(
    before: Mapping[Key, Moments], after: Mapping[Key, Moments], level: float = 0.95
) -> RateAndMix[Key]:
    """The same of a mean, such as deal size; *rate* is then the effect of the segments' own means."""
    old, new = (sum(period.values(), NONE) for period in (before, after))
    if min(old.n, new.n) <= 0:
        raise ValueError("a period without entities has no rate")
    keys = [key for key in {**before, **after} if before.get(key, NONE).n or after.get(key, NONE).n]
    segments = [_segment(before.get(key, NONE), after.get(key, NONE), old, new) for key in keys]
    every = (old.total, old.n), (new.total, new.n)
    parts = {key: part(_quotient(before, key), _quotient(after, key), *every) for key in keys}
    rate_variance = math.fsum(s.share**2 * s.variance for s in segments if s.both)
    mix_variance = math.fsum(s.growth**2 * s.variance / (4 if s.both else 1) for s in segments)
    for sign, entities in ((-1, old.n), (1, new.n)):
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


def part(before: Quotient, after: Quotient, all_before: Quotient, all_after: Quotient) -> Part:
    """What one segment contributes to the change of any quotient of two sums, of which it has a part of both.

    Shares are those of the sum below the line. Where a segment has something above the line and
    nothing below it (cost without leads), all that its share does not explain counts as rate. The
    parts of all segments add up to the change. Raises ValueError where all of a period has nothing
    below the line.
    """
    (x0, n0), (x1, n1) = before, after
    (total0, whole0), (total1, whole1) = all_before, all_after
    if not (whole0 and whole1):
        raise ValueError("a period without entities has no rate")
    share0, share1 = n0 / whole0, n1 / whole1
    rate0 = x0 / n0 if n0 else x1 / n1 if n1 else 0.0
    rate1 = x1 / n1 if n1 else rate0
    # Growth adds up to 0, so measuring rates from the overall one moves parts between segments only.
    growth, usual = share1 - share0, (total0 / whole0 + total1 / whole1) / 2
    mean = (rate0 + rate1) / 2
    if (x0 and not n0) or (x1 and not n1):
        rate = x1 / whole1 - x0 / whole0 - growth * mean
    else:
        rate = (share0 + share1) / 2 * (rate1 - rate0)
    return Part(rate=rate, mix=growth * (mean - usual))


def _quotient(period: Mapping[Key, Moments], key: Key) -> Quotient:
    found = period.get(key, NONE)
    return found.total, found.n


def _segment(before: Moments, after: Moments, old: Moments, new: Moments) -> _Segment:
    shares = before.n / old.n, after.n / new.n
    first = before.total / before.n if before.n else after.total / after.n
    second = after.total / after.n if after.n else first
    return _Segment(
        share=sum(shares) / 2,
        growth=shares[1] - shares[0],
        rate=(first + second) / 2,
        gain=second - first,
        variance=_variance(before, old) + _variance(after, new),
        both=min(before.n, after.n) > 0,
    )


def _variance(own: Moments, all_: Moments) -> float:
    """The variance of the mean of a segment; 0 of none.

    As if one more entity had come, as far from the mean as those of the whole period are on average:
    few that happen to be equal are not certain.
    """
    if not own.n:
        return 0.0
    typical = _squares(all_) / (all_.n - 1) if all_.n > 1 else 0.0
    return (_squares(own) + typical) / own.n**2


def _squares(of: Moments) -> float:
    """Sum of the squared distances from the mean."""
    if of.n * of.squares < of.total**2:
        raise ValueError(f"no {of.n} values have a sum of {of.total} and squares of {of.squares}")
    return (of.n * of.squares - of.total**2) / of.n


def _spread(shares: Sequence[float], values: Sequence[float]) -> float:
    """The variance of a value that is one of *values* with the probability of its share."""
    mean = math.fsum(w * v for w, v in zip(shares, values, strict=True))
    return math.fsum(w * (v - mean) ** 2 for w, v in zip(shares, values, strict=True))


def _effect(value: float, variance: float, level: float) -> Effect:
    half = deviate(level) * math.sqrt(variance)
    return Effect(value, value - half, value + half)
