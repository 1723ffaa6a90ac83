"""Which effects are more than noise, and which dimension the change lies in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics import delta
from funnelkit.metrics.apart import Apart, Estimate, take_apart
from funnelkit.metrics.compare import FEW, NO_CALL, NOISE, YOUNG, verdict
from funnelkit.metrics.shifts import DAYS, RATE, VOLUME
from funnelkit.metrics.variation import Sample
from funnelkit.statistics.significance import false_discovery
from funnelkit.statistics.special import normal_quantile

if TYPE_CHECKING:
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.shifts import Effect, Shifts

_ALPHA = 0.05
_NEARLY = 0.8
"""A dimension that stands out nearly as much as the best one, and is more usual, is the one to look at."""
_UNMATCHED = 0.2
"""A share of cost in segments without a lead from which the names of campaigns are not the same in both files."""
_COMMON = 0.2
"""A share of segments that both sides have, below which there is nothing to compare."""
Samples = tuple["Mapping[Key, Sample]", "Mapping[Key, Sample]"]
"""The sums of every segment, on both sides."""


class Finding(Struct, frozen=True, kw_only=True):
    """The change by the segments of one dimension."""

    dimension: str
    apart: Apart[Key]
    keys: Sequence[Key]
    """The segments, those with a call first, then by what they have brought."""
    verdicts: Mapping[Key, tuple[str, ...]]
    """Of each segment by effect."""
    uncalled: Mapping[Key, tuple[str, ...]]
    """Why there is no call, where there is none; empty for a call."""
    totals: tuple[str, ...]
    """Of the effects as a whole."""
    totals_uncalled: tuple[str, ...]
    matched: bool
    """Whether both sides, and all that is divided, name their segments alike."""
    apart_from_all: float
    """How much of the change lies in segments that moved otherwise than all did, beyond noise; in its unit."""


def finding(
    dimension: str,
    shifts: Shifts,
    samples: Samples,
    counts: Sequence[bool],
    metric: Metric,
    min_n: int,
    *,
    young: bool,
) -> Finding:
    """The change by *dimension*. Of a *young* cohort, which will still change, nothing is called."""
    before, after = samples
    apart = take_apart(shifts, before, after, counts)
    whole = [_whole(side) for side in samples]
    judged = [
        not young and e.kind != DAYS and _enough(shifts, e, whole, counts, min_n, both=e.kind != VOLUME)
        for e in shifts.effects
    ]
    enough = {
        key: [
            fits and _enough(shifts, e, (before[key], after[key]), counts, min_n, both=e.kind == RATE)
            for e, fits in zip(shifts.effects, judged, strict=True)
        ]
        for key in before
    }
    verdicts = _judged(apart, enough, metric)
    called = {key for key, words in verdicts.items() if any(word != NO_CALL for word in words)}
    keys = sorted(before, key=lambda key: (key not in called, -abs(apart.segments[key][-1].value), key))
    totals = _totals(apart, judged, metric)
    return Finding(
        dimension=dimension,
        apart=apart,
        keys=keys,
        verdicts=verdicts,
        uncalled={key: _uncalled(verdicts[key], enough[key], young=young) for key in verdicts},
        totals=totals,
        totals_uncalled=_uncalled(totals, (*judged, any(judged)), young=young),
        matched=_matched(shifts, samples),
        apart_from_all=_standing(apart, [key for key in before if any(enough[key])]),
    )


def chosen(findings: Sequence[Finding]) -> Finding:
    """The one whose segments moved most unlike each other; the first of those that are nearly as good."""
    fit = [one for one in findings if one.matched] or findings
    best = max(one.apart_from_all for one in fit)
    return next(one for one in fit if one.apart_from_all >= _NEARLY * best)


def _enough(
    shifts: Shifts,
    effect: Effect,
    sides: Sequence[Sample],
    counts: Sequence[bool],
    min_n: int,
    *,
    both: bool,
) -> bool:
    """Whether an effect rests on enough cases to be called, on both sides or on one."""
    sizes = [
        shifts.size(effect, side.values, side.spread, counts) for side in sides if side.spread is not None
    ]
    return len(sizes) == len(sides) and (min(sizes) if both else max(sizes)) >= min_n


def _whole(side: Mapping[Key, Sample]) -> Sample:
    """All segments as one."""
    spreads = [s.spread for s in side.values() if s.spread is not None]
    if len(spreads) < len(side):
        return Sample(delta.together(side), None)
    size = range(len(spreads[0]))
    return Sample(
        delta.together(side), tuple(tuple(math.fsum(s[i][j] for s in spreads) for j in size) for i in size)
    )


def _matched(shifts: Shifts, samples: Samples) -> bool:
    before, after = samples
    sides = [{key: abs(shifts.weight(s.values)) for key, s in side.items()} for side in (before, after)]
    whole = sum(sum(side.values()) for side in sides)
    common = sum(side[key] for side in sides for key in before if all(other[key] for other in sides))
    one_sided = whole and common < _COMMON * whole
    return (
        not one_sided and shifts.unmatched(s.values for side in samples for s in side.values()) <= _UNMATCHED
    )


def _judged(
    apart: Apart[Key], enough: Mapping[Key, Sequence[bool]], metric: Metric
) -> dict[Key, tuple[str, ...]]:
    """A word for each effect of each segment; the many at once count as what they are."""
    places = [(key, i) for key, several in enough.items() for i, fits in enumerate(several) if fits]
    adjusted = false_discovery([apart.segments[key][i].p for key, i in places])
    beyond = {place for place, p in zip(places, adjusted, strict=True) if p <= _ALPHA}
    return {
        key: tuple(
            verdict(metric, apart.segments[key][i].value) if (key, i) in beyond else NO_CALL
            for i in range(len(several))
        )
        for key, several in enough.items()
    }


def _totals(apart: Apart[Key], judged: Sequence[bool], metric: Metric) -> tuple[str, ...]:
    """A word for each effect as a whole, which are several at once too, and for their sum by itself."""
    fit = [e.p for e, fits in zip(apart.total, judged, strict=False) if fits]
    adjusted = iter([*false_discovery(fit), apart.total[-1].p])
    return tuple(
        verdict(metric, e.value) if fits and next(adjusted) <= _ALPHA else NO_CALL
        for e, fits in zip(apart.total, (*judged, any(judged)), strict=True)
    )


def _uncalled(words: Sequence[str], enough: Sequence[bool], *, young: bool) -> tuple[str, ...]:
    """Why each of *words* is no call; empty for those that are one."""
    why = [YOUNG if young else NOISE if fits else FEW for fits in enough]
    return tuple(one if word == NO_CALL else "" for word, one in zip(words, why, strict=True))


def _standing(apart: Apart[Key], keys: Sequence[Key]) -> float:
    """How far the segments *keys* are, beyond noise, from what they would have brought had all changed alike."""
    if len(keys) < 2:
        return 0.0
    half = normal_quantile(1 - _ALPHA / 2 / len(keys))
    found: list[tuple[Estimate, float]] = [(apart.segments[key][-1], apart.expected[key]) for key in keys]
    return sum(max(0.0, abs(e.value - alike) - half * e.error) for e, alike in found if e.error is not None)
