"""Customers who leave in silence: counted, modelled, and looked ahead for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.build.ltv import against, choosing, first, histories, money
from funnelkit.build.ltv.ahead import Expecting
from funnelkit.build.ltv.choosing import Choice
from funnelkit.build.ltv.first import First
from funnelkit.build.ltv.histories import Histories, Key
from funnelkit.build.ltv.money import Amounts
from funnelkit.build.ltv.pieces import Pieces, pieces
from funnelkit.build.ltv.purchases import BOUGHT, CUSTOMER, DAY, FIRST, NET, Hold
from funnelkit.build.ltv.request import UNITS
from funnelkit.errors import UsageError

if TYPE_CHECKING:
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.build.ltv.request import Asked
    from funnelkit.collect import Frame
    from funnelkit.statistics.moments import Moments

_OCCASION = "month"


class Silence(Struct, frozen=True, kw_only=True):
    """What was counted and fitted. Days are days, or of BG/BB the numbers of pieces of the calendar."""

    asked: Asked
    found: Purchases
    people: Frame
    """One row per customer."""
    until: int
    """The last day that the model is fitted to."""
    unit: str
    days: float
    """So many days are one unit."""
    occasions: Pieces | None
    """The pieces of the calendar, where customers buy on set occasions."""
    whole: Histories
    groups: Mapping[Key, Histories]
    firsts: Mapping[Key, Moments]
    """Of what the first purchases brought in the smallest unit of money; of all under the key ()."""
    goes: float
    """How the first amount goes with later ones: ``first.goes_together``."""
    amounts: Amounts
    choice: Choice
    missed: float = 0.0
    """By how much the model missed what was held out, beyond chance: the logarithm of the quotient, without its sign."""

    @property
    def held_out(self) -> int:
        """So many days come after those that the model is fitted to."""
        return self.found.as_of - self.until

    @property
    def expecting(self) -> Expecting | None:
        """What looks ahead; None without a model."""
        return self.looking(self.choice)

    def looking(self, choice: Choice) -> Expecting | None:
        """What looks ahead with the model of *choice*."""
        if choice.chosen is None or choice.chosen.fitted is None:
            return None
        length = UNITS[self.unit]
        return Expecting(
            id=choice.chosen.id,
            fitted=choice.chosen.fitted,
            amounts=self.amounts,
            days=self.days,
            ahead=max(self.asked.ahead_days / length, 1.0 if self.occasions else 0.0),
            rate=self._rate(length),
            missed=self.missed,
        )

    def first(self, key: Key) -> First:
        """What the first purchase of a new customer of the group *key* brings."""
        found = self.groups[key] if key else self.whole
        return first.first(self.firsts[key], self.found.unit, found.repeaters, self.goes)

    def _rate(self, length: float) -> float | None:
        found = self.asked.rate(length)
        return found if found is None or self.occasions else math.log1p(found)


def silence(found: Purchases, asked: Asked, hold: Hold) -> Silence:
    """The customers of *found*, modelled as *asked*; UsageError where there is nothing before what is held out."""
    until = found.as_of if asked.until is None else asked.until
    unit, days, occasions = asked.unit or "week", UNITS[asked.unit or "week"], None
    if asked.model == "bgbb":
        unit, days = asked.unit or _OCCASION, 1.0
        occasions = pieces(unit, found.begin, found.as_of, asked.request.calendar)
        until = pieces(unit, found.begin, until, asked.request.calendar).whole
        if until < 0:
            raise UsageError(
                f"no {unit} is over since the first purchase, so there are no occasions to count",
                hint="Name a shorter --unit, or another --model.",
            )
        found = _by_piece(found, occasions, hold)
    if until < found.begin:
        raise UsageError(
            "nobody bought anything before what is held out",
            hint="Hold out fewer days, or load purchases from longer ago.",
        )
    people = histories.people(found.daily, found.by, until, found.as_of)
    people = collect.frame(hold(people.to_native()))
    groups = histories.histories(people, found.by, until, found.unit)
    whole = histories.together(list(groups.values()))
    spent = histories.amounts(people, found.by)
    made = Silence(
        asked=asked,
        found=found,
        people=people,
        until=until,
        unit=unit,
        days=days,
        occasions=occasions,
        whole=whole,
        firsts=first.moments(people, found.by, found.unit),
        goes=first.goes_together(spent, found.unit),
        groups=groups,
        amounts=money.amounts(spent, found.unit),
        choice=choosing.of_silence(asked, whole.groups(days), whole.customers, whole.repeaters),
    )
    ahead = made.expecting
    return made if ahead is None or made.held_out <= 0 else replace(made, missed=against.missed(made, ahead))


def _by_piece(found: Purchases, occasions: Pieces, hold: Hold) -> Purchases:
    """*found* by pieces of the calendar in the place of days, without those of the piece that is not over."""
    rows = occasions.placed(occasions.placed(found.daily, DAY, "_place"), FIRST, "_begun")
    rows = rows.filter(nw.col("_place") <= occasions.whole)
    daily = rows.group_by(CUSTOMER, *found.by, "_begun", "_place").agg(
        nw.col(NET).sum(), nw.col(BOUGHT).max()
    )
    daily = daily.rename({"_begun": FIRST, "_place": DAY})
    return replace(found, daily=collect.frame(hold(daily.to_native())), as_of=occasions.whole, begin=0)
