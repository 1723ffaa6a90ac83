"""The cohorts of customers that are asked for: the pieces of the calendar in which they first paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.errors import UsageError
from funnelkit.metrics import firstpaid
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.periods import Period
from funnelkit.periods.grains import piece, serial

if TYPE_CHECKING:
    from funnelkit.build.cohorts.request import Asked
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.firstpaid import Cells


class Paid(Struct, frozen=True, kw_only=True):
    """All that was counted. A cohort is called by its place among the *pieces* of the calendar."""

    grain: str
    pieces: Sequence[Period]
    """Whole pieces, from the first payment to the as-of day."""
    cohorts: Sequence[int]
    ages: int
    """So many ages the oldest cohort has, the first of which is 0."""
    cells: Cells
    """Who paid at each age, and how much."""
    unit: int
    """So many of these are one of the currency."""
    money: bool
    as_of: int
    nameless: int
    """Payments without a customer or a day."""

    def has_begun(self, cohort: int, age: int) -> bool:
        """Whether the age lies in the days that are known."""
        return cohort + age < len(self.pieces)

    def is_over(self, cohort: int, age: int) -> bool:
        """Whether all days of the age are known."""
        return self.has_begun(cohort, age) and self.pieces[cohort + age].end <= self.as_of

    def old(self, age: int) -> list[int]:
        """The cohorts that have the whole age behind them."""
        return [cohort for cohort in self.cohorts if self.is_over(cohort, age)]


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
    cells = firstpaid.cells(known, timeline)
    period = asked.request.period
    cohorts = [
        place
        for place, one in enumerate(pieces)
        if cells.size(place) and (period is None or period.start <= one.start <= period.end)
    ]
    ages = len(pieces) - min(cohorts, default=len(pieces) - 1)
    return Paid(
        grain=grain,
        pieces=pieces,
        cohorts=cohorts,
        ages=ages,
        cells=cells,
        unit=10 ** data.scales["payments"]["net"],
        money="amount" in data.present["payments"],
        as_of=data.as_of,
        nameless=collect.count(payments) - collect.count(known),
    )
