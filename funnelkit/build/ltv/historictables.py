"""The tables of what customers have brought so far: by age, and cohort by cohort."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.build.entries import number
from funnelkit.build.ltv.entries import count
from funnelkit.metrics import statistics
from funnelkit.metrics.cell import Cell
from funnelkit.studies import TEXT, Chart, Entry, Field, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelkit.build.ltv.historic import Historic
    from funnelkit.build.ltv.request import Asked

_COHORTS = 24
"""So many of the newest cohorts are shown."""


def by_age(history: Historic, asked: Asked) -> Table:
    """What customers had brought by each age, of those who have it behind them."""
    rows = []
    for age in history.ages(()):
        old = history.old((), age)
        brought = mean(history, asked, old, age, ())
        rows.append(
            (
                number(age),
                count(len(old)),
                count(history.customers((), old)),
                Entry(cell=brought),
            )
        )
    return Table(
        id="historic",
        title=f"{asked.of[0].upper()}{asked.of[1:]} of a customer by age",
        fields=(
            Field(id="age", label="months", unit="count"),
            Field(id="cohorts", label="cohorts", unit="count"),
            Field(id="customers", label="customers", unit="count"),
            Field(id="value", label="brought so far", unit="money"),
        ),
        rows=tuple(rows),
        caption="months after the calendar month of the first purchase; at each age the customers who have all of it behind them, refunds with "
        "the customer; 95 % limits of the mean",
        chart=Chart(of=("value",), along="age"),
    )


def by_cohort(history: Historic, asked: Asked) -> Table:
    """What the customers of each month had brought, to the age that all of them have reached."""
    rows = []
    known = sorted(history.sizes.get((), {}))
    for cohort in known[-_COHORTS:]:
        age = history.age(cohort)
        if age < 0:
            continue
        to = max(a for a in history.ages(()) if a <= age)
        rows.append(
            (
                Entry(text=history.months.at(cohort).label),
                count(history.customers((), [cohort])),
                Entry(cell=mean(history, asked, [cohort], 0, ())),
                number(to),
                Entry(cell=mean(history, asked, [cohort], to, ())),
            )
        )
    more = f"; the newest {_COHORTS} of {len(known)}" if len(known) > _COHORTS else ""
    return Table(
        id="cohorts",
        title="Cohorts by month of the first purchase",
        fields=(
            Field(id="cohort", label="first bought in", unit=TEXT),
            Field(id="customers", label="customers", unit="count"),
            Field(id="first", label="that month", unit="money"),
            Field(id="age", label="to age, months", unit="count"),
            Field(id="value", label="a customer to that age", unit="money"),
        ),
        rows=tuple(rows),
        caption=f"{asked.of} less refunds, per customer of the cohort, to the last of the ages above that all of it has behind it{more}",
    )


def mean(history: Historic, asked: Asked, cohorts: Sequence[int], age: int, key: tuple[str, ...]) -> Cell:
    """What a customer of *cohorts* had brought by *age*, one of those that are told of, with its limits."""
    unit = Fraction(asked.margin) / history.unit
    return replace(statistics.mean(history.spread(key, cohorts, age), unit, money=True), method="historic")
