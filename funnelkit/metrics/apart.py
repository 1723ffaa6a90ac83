"""A change taken apart into effects by segment that add up to it, each with the limits that chance sets.

The effects of all segments come to the change of the whole, or nothing is said at all.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from funnelkit.metrics import delta
from funnelkit.statistics.special import normal_p, normal_quantile

if TYPE_CHECKING:
    from funnelkit.metrics.shifts import Shifts, Values
    from funnelkit.metrics.variation import Sample

Key = TypeVar("Key", bound=Hashable)
_Row = tuple[float, ...]
_ROUNDING = 1e-9
"""How far sums of effects may be off."""
_NOTHING = 1e-12
"""A share of the metric that only rounding has brought."""


class Estimate(Struct, frozen=True):
    """An effect and its standard error; None where nothing is known of chance."""

    value: float
    error: float | None

    @property
    def limits(self) -> tuple[float, float] | None:
        """The limits at 95 %; none where nothing is known of chance, or nothing is left to it."""
        if not self.error:
            return None
        half = normal_quantile(0.975) * self.error
        return self.value - half, self.value + half

    @property
    def p(self) -> float:
        """Two-sided p of no effect at all; 1 where nothing is known."""
        if self.error is None or self.value == 0:
            return 1.0
        return normal_p(self.value / self.error) if self.error else 0.0


class Apart(Struct, Generic[Key], frozen=True, kw_only=True):
    """The effects of a change, in the order of the effects asked about, and their sum last."""

    segments: Mapping[Key, tuple[Estimate, ...]]
    total: tuple[Estimate, ...]
    expected: Mapping[Key, float]
    """What each segment would have brought had all of them changed alike."""


def take_apart(
    shifts: Shifts, before: Mapping[Key, Sample], after: Mapping[Key, Sample], counts: Sequence[bool]
) -> Apart[Key]:
    """The change from *before* to *after*; both have the same segments. *counts* says which sums are counts.

    The effects add up to the change of the metric of all segments, which both periods must have.
    """
    every = delta.together(before), delta.together(after)
    values = {key: _summed(shifts.of(before[key].values, after[key].values, *every)) for key in before}
    total = [math.fsum(row[i] for row in values.values()) for i in range(len(shifts.effects) + 1)]
    change, least = _checked(total[-1], shifts, *every)
    total[-1] = change
    segments, whole = delta.errors(shifts, before, after, counts) or (dict.fromkeys(before), None)
    shares = _shares(shifts, before, after)
    return Apart(
        segments={key: _estimates(row, segments[key], least) for key, row in values.items()},
        total=_estimates(total, whole, least),
        expected={key: share * change for key, share in shares.items()},
    )


def _estimates(values: Sequence[float], errors: Sequence[float] | None, least: float) -> tuple[Estimate, ...]:
    """The effects with their errors; what is left of 0 by rounding is 0."""
    known = errors if errors is not None else [None] * len(values)
    return tuple(Estimate(v if abs(v) > least else 0.0, e) for v, e in zip(values, known, strict=True))


def _summed(effects: list[float]) -> _Row:
    """The effects, and their sum last."""
    return (*effects, math.fsum(effects))


def _checked(total: float, shifts: Shifts, before: Values, after: Values) -> tuple[float, float]:
    """The change, to which the *total* of the effects must come or all of this is wrong, and what counts as 0."""
    old, new = shifts.value(before), shifts.value(after)
    assert old is not None
    assert new is not None
    scale = max(abs(old), abs(new))
    assert abs(total - (new - old)) <= _ROUNDING * max(1.0, scale), f"effects do not add up: {total}"
    return new - old, _NOTHING * scale


def _shares(shifts: Shifts, before: Mapping[Key, Sample], after: Mapping[Key, Sample]) -> dict[Key, float]:
    """The mean share of each segment in what the metric is weighed by."""
    weights = [{key: shifts.weight(s.values) for key, s in period.items()} for period in (before, after)]
    wholes = [math.fsum(period.values()) or 1.0 for period in weights]
    return {key: sum(w[key] / whole for w, whole in zip(weights, wholes, strict=True)) / 2 for key in before}
