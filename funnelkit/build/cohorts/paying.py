"""Customers by when they first paid: how many pay again at each age, and how much, counted by the engine.

Who paid in a piece of the calendar is settled per customer first, so that nobody counts twice in it; only the sums
by cohort and age leave the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.errors import UsageError
from funnelkit.linking.identity import flag
from funnelkit.metrics import placing
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.periods import Period
from funnelkit.periods.grains import piece, serial

if TYPE_CHECKING:
    from funnelkit.build.cohorts.request import Asked
    from funnelkit.collect import Frame
    from funnelkit.dataset import Dataset

_NET, _ACTIVE, _FIRST, _CUSTOMERS = "net", "_active", "_first", "_customers"


class Paid(Struct, frozen=True, kw_only=True):
    """All that was counted. A cohort is called by its place among the *pieces* of the calendar."""

    grain: str
    pieces: Sequence[Period]
    """Whole pieces, from the first payment to the as-of day."""
    cohorts: Sequence[int]
    ages: int
    """So many ages the oldest cohort has, the first of which is 0."""
    active: Mapping[tuple[int, int], int]
    """(cohort, age) -> customers who paid."""
    net: Mapping[tuple[int, int], int]
    """(cohort, age) -> what they paid less refunds, in the smallest unit."""
    unit: int
    """So many of these are one of the currency."""
    money: bool
    as_of: int
    nameless: int
    """Payments without a customer or a day."""
    never: int
    """Customers of whom there are only refunds."""

    def size(self, cohort: int) -> int:
        """How many customers paid first in it."""
        return self.active[cohort, 0]

    def has_begun(self, cohort: int, age: int) -> bool:
        """Whether the age lies in the days that are known."""
        return cohort + age < len(self.pieces)

    def is_over(self, cohort: int, age: int) -> bool:
        """Whether all days of the age are known."""
        return self.has_begun(cohort, age) and self.pieces[cohort + age].end <= self.as_of

    def old(self, age: int) -> list[int]:
        """The cohorts that have the whole age behind them."""
        return [cohort for cohort in self.cohorts if self.is_over(cohort, age)]

    def so_far(self, cohort: int, age: int) -> int:
        """What its customers have paid up to the end of the age, in the smallest unit."""
        return sum(self.net[cohort, earlier] for earlier in range(age + 1))


def count(data: Dataset, asked: Asked) -> Paid:
    """The customers of the payments in *data*, which have a column customer; UsageError without dated ones."""
    payments = collect.frame(data.frames["payments"])
    ends = collect.extent(payments, "paid_at") if "paid_at" in data.present["payments"] else None
    if ends is None:
        raise UsageError(
            "no payment has a date, and without one there are no cohorts",
            hint="Load an export of payments with the day of each.",
        )
    calendar, grain = asked.request.calendar, asked.grain
    whole = range(serial(ends[0], grain, calendar), serial(max(ends[1], data.as_of), grain, calendar) + 1)
    pieces = [piece(number, grain, calendar) for number in whole]
    timeline = Timeline([Window(start=p.start, end=p.end) for p in pieces], data.as_of)
    known = payments.filter(~nw.col("customer").is_null() & ~nw.col("paid_at").is_null())
    cells, never = _counted(known, timeline)
    period = asked.request.period
    cohorts = [
        place
        for place, one in enumerate(pieces)
        if (place, 0) in cells and (period is None or period.start <= one.start <= period.end)
    ]
    ages = len(pieces) - min(cohorts, default=len(pieces) - 1)
    every = [(cohort, age) for cohort in cohorts for age in range(ages)]
    return Paid(
        grain=grain,
        pieces=pieces,
        cohorts=cohorts,
        ages=ages,
        active={place: cells.get(place, (0, 0))[0] for place in every},
        net={place: cells.get(place, (0, 0))[1] for place in every},
        unit=10 ** data.scales["payments"]["net"],
        money="amount" in data.present["payments"],
        as_of=data.as_of,
        nameless=collect.count(payments) - collect.count(known),
        never=never,
    )


def _counted(payments: Frame, timeline: Timeline) -> tuple[dict[tuple[int, int], tuple[int, int]], int]:
    """(cohort, age) -> customers who paid and what is left of it; and of how many there are only refunds."""
    rows = placing.placed(payments, "paid_at", timeline)
    # What was given away counts as bought; what was paid back as a whole, or is a refund itself, does not.
    bought = (nw.col(_NET) > 0) | (nw.col("amount") == 0).fill_null(False)
    rows = rows.with_columns(flag(bought).alias(_ACTIVE)).select("customer", placing.PIECE, _NET, _ACTIVE)
    each = rows.group_by("customer", placing.PIECE).agg(nw.col(_NET).sum(), nw.col(_ACTIVE).sum())
    each = each.with_columns(flag(nw.col(_ACTIVE) > 0).alias(_ACTIVE))
    paid = each.with_columns(nw.when(nw.col(_ACTIVE) == 1).then(nw.col(placing.PIECE)).alias(_FIRST))
    paid = paid.with_columns(nw.col(_FIRST).min().over("customer"))
    sums = paid.group_by(_FIRST, placing.PIECE).agg(
        nw.col(_NET).sum(), nw.col(_ACTIVE).sum(), nw.len().alias(_CUSTOMERS)
    )
    found: dict[tuple[int, int], tuple[int, int]] = {}
    never = 0
    columns = collect.columns(sums)
    for first, place, amount, active, customers in zip(
        *(columns[name] for name in (_FIRST, placing.PIECE, _NET, _ACTIVE, _CUSTOMERS)), strict=True
    ):
        if first is None:
            never += int(customers)
            continue
        # A refund of what was paid before the files begin is of the first age.
        at = (int(first) - 1, max(int(place) - int(first), 0))
        before = found.get(at, (0, 0))
        found[at] = (before[0] + int(active), before[1] + int(amount))
    return found, never
