"""The open pipeline by the chance of each deal: what the parts are, and how likely each of them is to be won.

By the stages of the deals, each with the share that was won of the deals that were in it, or by what the CRM says.
The chances are those of all deals, whatever is asked about, so that groups add up to their total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from funnelkit import collect, stageorder
from funnelkit.metrics import chances
from funnelkit.metrics.entries import CRM, MATURE, OWN
from funnelkit.metrics.reasons import NO_CHANCE, NO_DECIDED, NO_HISTORY, Reason, no_column

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.chances import Reached
    from funnelkit.metrics.entries import Measure
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.formula import Exact
    from funnelkit.metrics.tally import Tally
    from funnelkit.metrics.windows import Window

WHOLE = "value_still_open"
"""The measure whose parts are weighed."""
_METHODS = {OWN: "own history", MATURE: "own history with open deals", CRM: "CRM's probability"}


class Part(Struct, frozen=True):
    """A part of the open deals, and the chance of each of them to be won."""

    measure: Measure
    """Their amounts."""
    chance: Fraction
    label: str
    """Their stage, or what the CRM says of them."""
    n: int = 0
    """How many won and lost deals the chance rests on; 0 where it is somebody's word."""


class Weights(Struct, frozen=True, kw_only=True):
    """All parts of the open deals of which a chance is known."""

    whole: Measure
    """The amounts of all open deals."""
    parts: tuple[Part, ...] = ()
    method: str = ""
    reason: Reason | None = None
    """Why no chance is known."""

    def known(self, tally: Tally, key: Key, window: Window) -> int:
        """The amounts of which a chance is known, in their smallest unit."""
        return sum(tally.sum(part.measure, key, window) for part in self.parts)

    def fewest(self, tally: Tally, key: Key, window: Window) -> int | None:
        """How many won and lost deals the least known of the chances in a group rests on; None where all are somebody's word."""
        used = (part.n for part in self.parts if part.n and tally.sum(part.measure, key, window))
        return min(used, default=None)

    def value(self, tally: Tally, key: Key, window: Window) -> Exact | Reason:
        """The sum of all amounts times their chances, in the smallest unit of the amounts."""
        if not self.known(tally, key, window) and tally.sum(self.whole, key, window):
            return NO_CHANCE
        return weighted([(tally.sum(part.measure, key, window), part.chance) for part in self.parts])


def weighted(amounts: Sequence[tuple[int, Fraction]]) -> Exact:
    """The sum of *amounts* times their chances, as a quotient that nobody has rounded.

    >>> weighted([(1000, Fraction(1, 4)), (300, Fraction(1, 3))])
    (350, 1)
    """
    return sum((amount * chance for amount, chance in amounts), start=Fraction()).as_integer_ratio()


def weights(dataset: Dataset, whole: Measure, by: str) -> Weights:
    """The parts of *whole*, the amounts of all open deals, with chances *by* one of ``CHANCES``."""
    return _of_crm(dataset, whole) if by == CRM else _of_history(dataset, whole, by)


def _of_history(dataset: Dataset, whole: Measure, by: str) -> Weights:
    if "deals" not in dataset.frames:
        # That is the reason of the amounts themselves.
        return Weights(whole=whole)
    if "status" not in dataset.present.get("stage_history", ()):
        return Weights(whole=whole, reason=NO_HISTORY)
    rows = stageorder.entries(dataset.frames["stage_history"])
    places = stageorder.places(rows)
    found = chances.counted(rows, places, (), dataset.as_of, passed=False)
    known = {place: _chance(found[(), place], by) for place in places if ((), place) in found}
    told = {place: chance for place, chance in known.items() if chance is not None}
    if not told:
        return Weights(whole=whole, reason=NO_DECIDED)
    several = "pipeline" in dataset.present["deals"]
    parts = []
    for i, (place, chance) in enumerate(told.items()):
        where: dict[str, frozenset[str | None]] = {"stage": frozenset({place.stage})}
        if several:
            where["pipeline"] = frozenset({place.pipeline or None})
        name = f"{place.pipeline}: {place.stage}" if several and place.pipeline else place.stage
        parts.append(_part(whole, i, where, chance, name, found[(), place].decided))
    return Weights(whole=whole, parts=tuple(parts), method=_METHODS[by])


def _chance(reached: Reached, by: str) -> Fraction | None:
    if by == MATURE:
        return Fraction(reached.mature[0]) if reached.mature else None
    return Fraction(reached.won, reached.decided) if reached.decided else None


def _of_crm(dataset: Dataset, whole: Measure) -> Weights:
    if "deals" not in dataset.frames:
        return Weights(whole=whole)
    if "probability" not in dataset.present["deals"]:
        return Weights(whole=whole, reason=no_column("deals", "probability"))
    unit = 10 ** dataset.scales["deals"].get("probability", 0)
    told = collect.distinct(collect.frame(dataset.frames["deals"]), "probability")
    parts = [
        _part(whole, i, {"probability": frozenset({number})}, Fraction(number, unit), f"{number / unit:.0%}")
        for i, number in enumerate(map(int, told))
        if 0 <= number <= unit
    ]
    return Weights(whole=whole, parts=tuple(parts), method=_METHODS[CRM])


def _part(
    whole: Measure, i: int, where: Mapping[str, frozenset[Any]], chance: Fraction, label: str, n: int = 0
) -> Part:
    return Part(replace(whole, id=f"{whole.id}[{i}]", where={**whole.where, **where}), chance, label, n)
