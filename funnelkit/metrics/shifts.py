"""What each factor of a metric has brought in each segment, when two periods are set side by side.

Where the metric adds up over segments, each segment is a product of its own: its effects add up to
its own change. Where it does not (rates, costs per something, velocity), the effects of the factors
are those of the total, and each is handed out as the factor's own change is: by rate and mix. Either
way everything adds up to the change, without a remainder.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.statistics import decompose, products

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from funnelkit.metrics.anatomy import Anatomy, Factor

Values = tuple[float, ...]
"""The sums of an anatomy, in their order."""
VOLUME, MIX, RATE, DAYS = "volume", "mix", "rate", "days"


class Effect(Struct, frozen=True):
    """One thing that may have changed."""

    kind: str
    """volume, mix, rate or days."""
    factor: Factor | None
    """The factor whose rate, mix or volume it is; None for the days, and the mix of a whole product."""


class Shifts:
    """The effects on one metric, of segments whose sums are known in both periods."""

    def __init__(self, anatomy: Anatomy, days: tuple[int, int] | None = None) -> None:
        """*days* are the lengths of the periods, None where they do not matter."""
        self._sums = {one: i for i, one in enumerate(anatomy.sums)}
        self._times = float(anatomy.times)
        self._factors = anatomy.factors
        volumes = [f for f in anatomy.factors if f.bottom is None and not f.divides]
        plain = len(volumes) == 1 and not any(f.divides for f in anatomy.factors)
        self._chained = anatomy.whole is not None and plain and len(anatomy.factors) > 1
        self._volume = volumes[0] if volumes else None
        self._rates = [f for f in anatomy.factors if f.bottom is not None]
        self._whole = anatomy.whole
        self._multipliers = lru_cache(maxsize=512)(self._worked_multipliers)
        counted = self._chained or (len(anatomy.factors) == 1 and self._volume is not None)
        self._by_day = days if days and days[0] != days[1] and counted else None
        self.effects = tuple(self._named())

    def value(self, sums: Values) -> float | None:
        """The metric, of the sums of a segment or of all; None where it is not defined."""
        if self._whole is not None:
            # A sum is there although one of its factors may not be: a win rate without deals.
            return self._total(sums)
        found = self._times
        for factor in self._factors:
            value = self.factor(factor, sums)
            if value is None or (factor.divides and value == 0):
                return None
            found = found / value if factor.divides else found * value
        return found

    def factor(self, factor: Factor, sums: Values) -> float | None:
        """One factor of it."""
        top, bottom = self.sides(factor, sums)
        return None if bottom == 0 else top / bottom

    def weight(self, sums: Values) -> float:
        """What a segment counts for: its part of a sum, or of what rates are taken over."""
        if self._whole is not None:
            return self._total(sums)
        first = self._factors[0]
        return sums[self._sums[first.bottom or first.top]]

    def unmatched(self, segments: Iterable[Values]) -> float:
        """The largest share of what stands above a line that is in segments with nothing below it.

        Where it is large, both sums do not name their segments alike.
        """
        known = list(segments)
        sides = [[self.sides(factor, sums) for sums in known] for factor in self._rates]
        shares = (
            math.fsum(abs(top) for top, bottom in one if not bottom) / whole
            for one in sides
            if (whole := math.fsum(abs(top) for top, _ in one))
        )
        return max(shares, default=0.0)

    def size(
        self, effect: Effect, sums: Values, spread: Sequence[Sequence[float]], counts: Sequence[bool]
    ) -> float:
        """How many cases of equal weight an effect rests on in a segment: infinite for what chance cannot move."""
        if effect.factor is None:
            places = [self._sums[self._volume.top]] if self._volume else []
        else:
            bottom, top = effect.factor.bottom, self._sums[effect.factor.top]
            places = [top] if bottom is None else [self._sums[bottom], *([] if counts[top] else [top])]
        sizes = (sums[i] ** 2 / spread[i][i] if spread[i][i] > 0 else math.inf for i in places if sums[i])
        return min(sizes, default=0.0)

    def of(self, before: Values, after: Values, all_before: Values, all_after: Values) -> list[float]:
        """The effects in a segment with such sums, beside the sums of all segments."""
        work: Callable[[Values, Values, Values, Values], list[float]]
        work = self._chain if self._chained else self._handed_out
        return work(before, after, all_before, all_after)

    def _named(self) -> list[Effect]:
        days = [Effect(DAYS, None)] if self._by_day else []
        if self._chained:
            return [
                *days,
                Effect(VOLUME, self._volume),
                Effect(MIX, None),
                *(Effect(RATE, f) for f in self._rates),
            ]
        found = [
            Effect(kind, f)
            for f in self._factors
            for kind in ((VOLUME,) if f.bottom is None else (RATE, MIX))
        ]
        return [*days, *found]

    # -- a sum of products ---------------------------------------------------------------------------

    def _chain(self, before: Values, after: Values, all_before: Values, all_after: Values) -> list[float]:
        """Of a segment that is a product itself (logarithmic mean)."""
        assert self._volume is not None
        at = self._sums[self._volume.top]
        if (odd := self._odd(before, after)) is not None:
            change = self._total(after) - self._total(before)
            return [change if i == odd else 0.0 for i in range(len(self.effects))]
        names = [str(i) for i in range(len(self._rates))]
        found = []
        for sums, every, days in ((before, all_before, 0), (after, all_after, 1)):
            own: dict[str, float | None] = {VOLUME: sums[at]}
            own |= {n: self.factor(f, sums) for n, f in zip(names, self._rates, strict=True)}
            shared = dict(products.shared(own, VOLUME, every[at]))
            if self._by_day:
                shared[DAYS] = float(self._by_day[days])
                shared[VOLUME] = every[at] / self._by_day[days]
            found.append(shared)
        effects = products.effects(*found)
        order = [*([DAYS] if self._by_day else []), VOLUME, products.MIX, *names]
        return [effects[name] * self._times for name in order]

    def _odd(self, before: Values, after: Values) -> int | None:
        """The effect that a whole change counts for where a segment is no product.

        Customers without leads in the period, or amounts below zero.
        """
        assert self._volume is not None
        at, first = self._sums[self._volume.top], len(self.effects) - len(self._rates)
        if min(before[at], after[at]) < 0:
            return first - 2
        for i, factor in enumerate(self._rates):
            for sums in (before, after):
                top, bottom = self.sides(factor, sums)
                if top < 0 or bottom < 0 or (top and not bottom):
                    return first + i
        return None

    def _total(self, sums: Values) -> float:
        assert self._whole is not None
        return sums[self._sums[self._whole]]

    # -- a product of sums ---------------------------------------------------------------------------

    def _handed_out(
        self, before: Values, after: Values, all_before: Values, all_after: Values
    ) -> list[float]:
        """Of a segment of which each factor has a part."""
        found: list[float] = []
        multipliers = self._multipliers(all_before, all_after)
        for factor, times in zip(self._factors, multipliers, strict=True):
            (x0, n0), (x1, n1) = self.sides(factor, before), self.sides(factor, after)
            if factor.bottom is None:
                found += [times * one for one in self._grown(x0, x1)]
                continue
            part = decompose.part(
                (x0, n0), (x1, n1), self.sides(factor, all_before), self.sides(factor, all_after)
            )
            found += [times * part.rate, times * part.mix]
        return found

    def _grown(self, before: float, after: float) -> list[float]:
        """The growth of a sum: apart from what longer or shorter periods bring, where they differ."""
        if not self._by_day:
            return [after - before]
        old, new = self._by_day
        a, b = before / old, after / new
        return [(new - old) * (a + b) / 2, (old + new) / 2 * (b - a)]

    def _worked_multipliers(self, all_before: Values, all_after: Values) -> list[float]:
        """What a change of 1 in each factor is worth in the metric: their quotient of logarithmic means."""
        if len(self._factors) == 1 and not self._factors[0].divides:
            return [self._times]
        pairs = [(self.factor(f, all_before) or 0.0, self.factor(f, all_after) or 0.0) for f in self._factors]
        old, new = ({str(i): pair[side] for i, pair in enumerate(pairs)} for side in (0, 1))
        for period in (old, new):
            for i, factor in enumerate(self._factors):
                if factor.divides:
                    period[str(i)] = 1 / period[str(i)] if period[str(i)] else 0.0
        effects = products.effects(old, new)
        values = [math.prod(period.values()) for period in (old, new)]
        found = []
        for i, (factor, (a, b)) in enumerate(zip(self._factors, pairs, strict=True)):
            if a != b:
                found.append(self._times * effects[str(i)] / (b - a))
            elif a == 0 or min(values) <= 0:
                found.append(0.0)
            else:
                sign = -1 if factor.divides else 1
                found.append(sign * self._times * products.log_mean(values[1], values[0]) / a)
        return found

    def sides(self, factor: Factor, sums: Values) -> tuple[float, float]:
        """What stands above and below the line; 1 below where there is no line."""
        bottom = 1.0 if factor.bottom is None else sums[self._sums[factor.bottom]]
        return sums[self._sums[factor.top]], bottom
