"""How many customers are still there, on which models that explain the purchases as well need not agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.ltv import silent
from funnelkit.rounding import percent

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Limited
    from funnelkit.build.ltv.silence import Silence
    from funnelkit.build.ltv.silent import Tried

ONCE = "bgnbd"
"""The model in which nobody leaves before a second purchase."""


class Presence(Struct, frozen=True):
    """What one model has of it."""

    tried: Tried
    share: Limited
    """Of all customers, those who are still there."""
    customers: int
    near: bool
    """Whether it explains the data about as well as the best."""


def presences(seen: Silence) -> Sequence[Presence]:
    """What each model that could be fitted has, the one that is used first."""
    near = silent.near(seen.choice.several)
    several = sorted(seen.choice.several, key=lambda one: one is not seen.choice.chosen)
    found, n = [], seen.whole.customers
    for one in several:
        if (ahead := seen.looking(replace(seen.choice, chosen=one))) is not None:
            value, low, high = ahead.total_alive(seen.whole)
            found.append(Presence(one, (value / n, low / n, high / n), n, one in near))
    return found


def said(several: Sequence[Presence]) -> str:
    """The share in words: a range over the models where they differ by more than one of them leaves open."""
    used, *others = (one for one in several if one.near or one is several[0])
    value, low, high = used.share
    apart = [one for one in others if not low <= one.share[0] <= high]
    once = f"; {silent.LABELS[ONCE]} takes everybody who bought once for still there"
    tail = once if any(one.tried.id == ONCE for one in (used, *others)) else ""
    if not apart:
        return f"{percent(value)} ({percent(low)} to {percent(high)}) are still there{tail}"
    shown = (used, *others)
    least, most = min(one.share[1] for one in shown), max(one.share[2] for one in shown)
    each = ", ".join(f"{one.tried.label} {percent(one.share[0])}" for one in shown)
    return (
        f"how many are still there hangs on the model: {percent(least)} to {percent(most)} by those that explain the data about as well "
        f"({each}{tail})"
    )
