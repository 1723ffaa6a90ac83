"""From the touches of one person to a path: order, conversion, window and milestones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from funnelkit.models.attribution.paths import Path


class Touch(Struct, frozen=True):
    """One contact of a person with a channel."""

    channel: str
    at: float
    """When, in days since any fixed day; fractions are times of day."""


def journey(
    touches: Iterable[Touch],
    converted_at: float | None = None,
    *,
    window: float | None = 90,
    after: float | None = None,
    lead_at: float | None = None,
    opportunity_at: float | None = None,
) -> Path:
    """The path of one person to the conversion, or of one who has not converted (None).

    Touches count in the order of time; those of one instant keep the order in which they are given.
    Dropped are touches after the conversion (one at its very instant counts), those not later than
    *after*, which is the conversion before this one, and those older than *window* days, a touch of
    exactly that age being kept; None keeps all. The window counts back from the conversion; for who
    has not converted, from the last touch, so that nobody leaves the denominator by waiting.

    >>> journey([Touch("ads", 0), Touch("email", 30), Touch("call", 41)], 40, window=30).channels
    ('email',)
    """
    kept = sorted(touches, key=lambda touch: touch.at)
    if converted_at is not None:
        kept = [touch for touch in kept if touch.at <= converted_at]
    if after is not None:
        kept = [touch for touch in kept if touch.at > after]
    if not kept:
        return Path(())
    end = kept[-1].at if converted_at is None else converted_at
    if window is not None:
        kept = [touch for touch in kept if end - touch.at <= window]
    return Path(
        tuple(touch.channel for touch in kept),
        () if converted_at is None else tuple(end - touch.at for touch in kept),
        _last_until(kept, lead_at),
        _last_until(kept, opportunity_at),
    )


def _last_until(touches: Sequence[Touch], at: float | None) -> int | None:
    """The place of the last touch not after *at*; None where there is none, or no such day."""
    if at is None:
        return None
    return sum(touch.at <= at for touch in touches) - 1 if touches and touches[0].at <= at else None
