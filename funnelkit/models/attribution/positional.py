"""Rules that pay by position: U, W, full path, J and their like."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from msgspec import Struct

from funnelkit.models.attribution.credit import Rule
from funnelkit.models.attribution.paths import Path

_NONE = Fraction(0)


class Positions(Struct, frozen=True, kw_only=True):
    """What each position earns; in any unit, for only the proportions count.

    Raises ValueError for a weight below 0, and where neither end of a path earns anything.
    """

    first: Fraction
    last: Fraction
    rest: Fraction
    """Shared evenly by the touches that hold no position."""
    lead: Fraction = _NONE
    opportunity: Fraction = _NONE

    def __post_init__(self) -> None:
        if min(self.first, self.last, self.rest, self.lead, self.opportunity) < 0:
            raise ValueError("a position earns less than nothing")
        if not (self.first or self.last):
            raise ValueError("a path of one touch would earn nothing: give its first or last touch a weight")


def _percent(first: str, last: str, rest: str, lead: str = "0", opportunity: str = "0") -> Positions:
    names = ("first", "last", "rest", "lead", "opportunity")
    given = (first, last, rest, lead, opportunity)
    return Positions(**{name: Fraction(text) / 100 for name, text in zip(names, given, strict=True)})


U_SHAPED = _percent("40", "40", "20")
"""Position-based in Google Ads and Salesforce."""
W_SHAPED = _percent("30", "0", "10", lead="30", opportunity="30")
"""HubSpot: first touch, the touch that made the lead, the one that made the opportunity."""
FULL_PATH = _percent("22.5", "22.5", "10", lead="22.5", opportunity="22.5")
"""HubSpot: W and the last touch before the deal was won; also called Z-shaped."""
J_SHAPED = _percent("20", "60", "20")
INVERSE_J = _percent("60", "20", "20")


def positional(weights: Positions) -> Rule:
    """The rule that pays by position.

    A touch that holds several positions earns all of them. What nobody holds, because the path is too
    short, or no lead or opportunity is known, is shared by the others in proportion: two touches of
    40/20/40 earn 50/50, of 20/20/60 a quarter and three quarters, and a single touch everything.

    >>> [str(weight) for weight in positional(U_SHAPED)(Path(("a", "b", "c", "d")))]
    ['2/5', '1/10', '1/10', '2/5']
    """

    # Few lengths and places make many paths.
    @cache
    def earned_by(touches: int, lead: int | None, opportunity: int | None) -> tuple[Fraction, ...]:
        earned = [_NONE] * touches
        for place, weight in (
            (0, weights.first),
            (lead, weights.lead),
            (opportunity, weights.opportunity),
            (touches - 1, weights.last),
        ):
            if place is not None:
                earned[place] += weight
        rest = [at for at, weight in enumerate(earned) if not weight]
        for at in rest:
            earned[at] = weights.rest / len(rest)
        whole = sum(earned, _NONE)
        return tuple(weight / whole for weight in earned)

    def rule(path: Path) -> tuple[Fraction, ...]:
        return earned_by(len(path.channels), path.lead, path.opportunity)

    return rule
