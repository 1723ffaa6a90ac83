"""The study of customers: by when they first paid and by age, how many pay again, and what they have brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.build.cohorts import paying
from funnelkit.build.cohorts.request import ALL, Given, rate, share, span
from funnelkit.build.cohorts.said import of_payments
from funnelkit.build.entries import number
from funnelkit.errors import UsageError
from funnelkit.metrics import customernotes
from funnelkit.metrics.cell import Cell
from funnelkit.periods import Period, from_day
from funnelkit.studies import TEXT, Entry, Field, Study, Table
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.cohorts.paying import Paid
    from funnelkit.build.cohorts.request import Asked
    from funnelkit.dataset import Dataset

_At = Callable[[int, int], Entry]
"""What stands in a cohort at an age."""


def study(given: Given, asked: Asked) -> Study:
    """The cohorts of customers; UsageError for what payments do not have."""
    request = asked.request
    if wanted := (*request.by, *(f.dimension for f in request.where)):
        raise UsageError(
            f"cohorts of payments cannot be told apart by {wanted[0]}: payments do not have it",
            hint="Leave --by and --where out, or take the cohorts of leads: --of leads.",
        )
    paid = paying.count(given.data, asked)
    main = request.period or Period(
        start=paid.pieces[0].start, end=max(given.data.as_of, paid.pieces[0].start), label="all"
    )
    return Study(
        command="cohorts",
        title=f"Customers by {paid.grain} of their first payment",
        as_of=from_day(given.data.as_of),
        timezone=request.timezone,
        currency=given.data.currency,
        period=span(main, given.data.as_of),
        filters=(),
        sentences=tuple(of_payments(paid, given.data.currency, request.min_n)),
        tables=tuple(_tables(paid, asked.ages)),
        sources=tuple(given.sources),
        warnings=(*given.notes, *_notes(paid), *_two_counts(paid, given.data, request.period)),
    )


def _tables(paid: Paid, most: int) -> Iterator[Table]:
    ages, grain = range(min(paid.ages, most)), paid.grain
    more = f"; the first {most} ages, --ages shows more" if paid.ages > most else ""
    yield _table(
        paid,
        ("retention", "Customers who pay again", "ratio"),
        f"share of a cohort that paid so many {grain}s after the {grain} of the first payment{more}",
        ages[1:],
        lambda cohort, age: rate(paid.cells.active(cohort, age), paid.cells.size(cohort)),
        _back(paid),
    )
    yield _table(
        paid,
        ("active", "Active customers", "count"),
        f"customers who paid in that {grain}, each counted once",
        ages,
        lambda cohort, age: number(paid.cells.active(cohort, age)),
    )
    if paid.money:
        yield _table(
            paid,
            ("revenue", "Revenue", "money"),
            "payments less refunds",
            ages,
            lambda cohort, age: number(paid.cells.net(cohort, age) / paid.unit),
        )
        yield _table(
            paid,
            ("revenue_per_customer", "Revenue per customer so far", "money"),
            f"payments less refunds up to that {grain}, over all customers of the cohort",
            ages,
            lambda cohort, age: Entry(cell=_worth(paid, [cohort], age)),
            lambda cohorts, age: Entry(cell=_worth(paid, cohorts, age)),
        )


def _back(paid: Paid) -> Callable[[Sequence[int], int], Entry]:
    def pooled(cohorts: Sequence[int], age: int) -> Entry:
        active, size = (
            sum(found)
            for found in ([paid.cells.active(c, age) for c in cohorts], map(paid.cells.size, cohorts))
        )
        return Entry(cell=share(active, size))

    return pooled


def _worth(paid: Paid, cohorts: Sequence[int], age: int) -> Cell:
    """What a customer of *cohorts* has brought up to the end of the age."""
    amount, size = sum(paid.cells.so_far(c, age) for c in cohorts), sum(map(paid.cells.size, cohorts))
    return Cell(value=amount / (paid.unit * size), numerator=amount / paid.unit, denominator=size, n=size)


def _table(
    paid: Paid,
    named: tuple[str, str, str],
    caption: str,
    ages: Sequence[int],
    at: _At,
    pooled: Callable[[Sequence[int], int], Entry] | None = None,
) -> Table:
    """A triangle; with *pooled* also a row of all cohorts that have an age behind them."""
    id, title, unit = named
    rows = [
        (
            Entry(text=paid.pieces[cohort].label),
            number(paid.cells.size(cohort), young=not paid.is_over(cohort, 0)),
            *(_entry(paid, cohort, age, at) for age in ages),
        )
        for cohort in paid.cohorts
    ]
    if pooled and len(rows) > 1 and paid.old(0):
        size = number(sum(map(paid.cells.size, paid.old(0))))
        together = [pooled(old, age) if (old := paid.old(age)) else Entry() for age in ages]
        rows.append((Entry(text=ALL), size, *together))
    return Table(
        id=id,
        title=title,
        caption=caption,
        fields=(
            Field(id="cohort", label="first paid in", unit=TEXT),
            Field(id="customers", label="customers", unit="count"),
            *(Field(id=f"age_{age}", label=str(age), unit=unit) for age in ages),
        ),
        rows=tuple(rows),
    )


def _entry(paid: Paid, cohort: int, age: int, at: _At) -> Entry:
    if not paid.has_begun(cohort, age):
        return Entry()
    found = at(cohort, age)
    return Entry(cell=found.cell, young=not paid.is_over(cohort, age))


def _two_counts(paid: Paid, data: Dataset, period: Period | None) -> Iterator[Note]:
    """Why a report of the same files has another number of new customers, where it has one."""
    if "customers" not in data.frames or "first_won_at" not in data.present["customers"]:
        return
    new = collect.frame(data.frames["customers"])
    if period is not None:
        won = nw.col("first_won_at")
        new = new.filter(((won >= period.start) & (won <= period.end)).fill_null(False))
    ours, theirs = sum(map(paid.cells.size, paid.cohorts)), collect.count(new)
    if ours != theirs:
        yield Note(
            code="customer_counts",
            message=f"Two counts of customers: these cohorts hold {ours:,}, all whose first purchase in these files is of the period, "
            f"were it for 0; customers_new of a report is {theirs:,}, {customernotes.new_ones(data.frames)}.",
        )


def _notes(paid: Paid) -> Iterator[Note]:
    yield Note(
        code="first_payments",
        message="A first payment is the first in these files: who paid before they begin counts as new in them.",
    )
    if paid.nameless:
        yield Note(
            code="no_customer",
            message=f"Payments without a customer or a date, in no cohort: {paid.nameless:,}.",
        )
    if paid.cells.never:
        yield Note(
            code="only_refunds",
            message=f"Customers of whom these files hold only refunds, in no cohort: {paid.cells.never:,}.",
        )
