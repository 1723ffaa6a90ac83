"""What customers bought and when, from payments or from won deals: one row per customer and day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.dimensions import BLANK
from funnelkit.errors import UsageError
from funnelkit.metrics.firstpaid import bought
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.request import Filter, Request
    from funnelkit.collect import Frame
    from funnelkit.dataset import Dataset

PAYMENTS, DEALS = "payments", "deals"
KINDS = (PAYMENTS, DEALS)
CUSTOMER, DAY, NET, BOUGHT, FIRST, TERM = "customer", "_day", "net", "_bought", "_first", "_term"
"""Columns: whose, when, in the smallest unit of money, whether anything was bought, when first, and the
term of a contract in the words of the file."""
_OPENS, _FREE, _PAID = "_opens", "_free", "_paid"
"""Columns: whether it may be the first purchase of a customer (a renewal is none), whether it was for nothing, and
whether anything on that day was not."""
Hold = Callable[[Any], Any]
"""What lets an engine work a frame out once for all that is asked of it later."""


class Purchases(Struct, frozen=True, kw_only=True):
    """The days on which customers bought, or got money back."""

    daily: Frame
    """One row per customer and day; of those who ever bought."""
    by: tuple[str, ...]
    """Dimensions of the customers, as columns."""
    unit: int
    """So many of ``net`` are one of the currency."""
    kind: str
    as_of: int
    terms: bool
    """Whether the files tell the term of a contract."""
    begin: int
    """The first day on which anything was bought."""
    opened: int
    """The same, of all customers: also of those whom a filter or the period leaves out."""
    nameless: int
    """Rows without a customer or a day."""
    free: int
    """Purchases for nothing."""
    never: int
    """Customers of whom there are only refunds."""
    renewed: int
    """Customers of whom there are only renewals and expansions."""
    worthless: int
    """Customers all of whose purchases were for nothing."""


def purchases(data: Dataset, request: Request, kind: str, hold: Hold) -> Purchases:
    """All purchases of *kind* in *data*; UsageError where none has a customer and a day."""
    wanted = tuple(dict.fromkeys((*request.by, *(f.dimension for f in request.where))))
    rows = _of_payments(data, wanted) if kind == PAYMENTS else _of_deals(data)
    known = rows.filter(~nw.col(CUSTOMER).is_null() & ~nw.col(DAY).is_null() & (nw.col(DAY) <= data.as_of))
    nameless = collect.count(rows.filter(nw.col(CUSTOMER).is_null() | nw.col(DAY).is_null()))
    everybody = collect.extent(known.filter(nw.col(BOUGHT) == 1), DAY)
    if kind == DEALS:
        known = _with_dimensions(known, data, wanted)
    known = _kept(known, request.where)
    known = collect.frame(hold(known.to_native()))
    terms = kind == PAYMENTS and "recurring_interval" in data.present[kind]
    free = collect.totals(known, [_FREE])[0]
    firsts = _days(known, request.by, [TERM] if terms else [])
    never = firsts.filter(nw.col(FIRST).is_null()).group_by(CUSTOMER).agg(nw.col(BOUGHT).max())
    nobody, renewed = collect.totals(never.with_columns(none=1 - nw.col(BOUGHT)), ["none", BOUGHT])
    daily = collect.frame(hold(_in_period(firsts, request).to_native()))
    ends = collect.extent(daily, FIRST)
    if ends is None:
        raise UsageError(
            f"none of the {kind} is a purchase by a customer who is known",
            hint="Load payments with a customer id or an e-mail address, a day and an amount; or widen --period and --where.",
        )
    return Purchases(
        daily=daily,
        by=tuple(request.by),
        unit=10 ** data.scales[kind]["net" if kind == PAYMENTS else "amount"],
        kind=kind,
        as_of=data.as_of,
        terms=terms,
        begin=ends[0],
        opened=everybody[0] if everybody else ends[0],
        nameless=nameless,
        free=free,
        never=nobody,
        renewed=renewed,
        worthless=_worthless(daily),
    )


def notes(found: Purchases) -> Iterator[Note]:
    """What was made of odd rows."""
    things = "payments" if found.kind == PAYMENTS else "won deals"
    yield Note(
        code="purchase_days",
        message=f"What a customer bought on one day counts as one purchase. A first purchase is the first among these {things}: "
        "who bought before they begin counts as new in them. Refunds are taken off what their customer brought, and are no purchase.",
    )
    if found.free:
        yield Note(
            code="free_purchases",
            message=f"Purchases for 0: {found.free:,}. They count as purchases, with that amount.{_nothing(found)}",
        )
    if found.nameless:
        yield Note(
            code="no_customer",
            message=f"{things[0].upper()}{things[1:]} without a customer or a date, left out: {found.nameless:,}.",
        )
    if found.never:
        yield Note(
            code="only_refunds",
            message=f"Customers of whom these files hold only refunds, left out: {found.never:,}.",
        )
    if found.renewed:
        yield Note(
            code="only_renewals",
            message=f"Customers of whom these files hold only won renewals or expansions, left out: {found.renewed:,}. They were customers before the files begin.",
        )


def _nothing(found: Purchases) -> str:
    if found.kind != PAYMENTS or not found.worthless:
        return ""
    return f" Customers who paid nothing but 0: {found.worthless:,}; they are customers here, and no new customers in a report."


def _worthless(daily: Frame) -> int:
    paid = daily.group_by(CUSTOMER).agg(nw.col(_PAID).max())
    return collect.count(paid.filter(nw.col(_PAID) == 0))


def _days(rows: Frame, by: Sequence[str], more: Sequence[str]) -> Frame:
    """One row per customer and day, with the day of the first purchase of its customer."""
    days = rows.group_by(CUSTOMER, *by, DAY).agg(
        nw.col(NET).sum(),
        nw.col(BOUGHT).sum(),
        nw.col(_FREE).sum(),
        *(nw.col(c).max() for c in (_OPENS, *more)),
    )
    paid = _flag(nw.col(BOUGHT) > nw.col(_FREE)).alias(_PAID)
    days = days.with_columns(paid, _flag(nw.col(BOUGHT) > 0).alias(BOUGHT)).drop(_FREE)
    bought_on = nw.when(nw.col(_OPENS) == 1).then(nw.col(DAY))
    return days.with_columns(bought_on.alias(FIRST)).with_columns(nw.col(FIRST).min().over(CUSTOMER))


def _dated(data: Dataset, kind: str, day: str) -> Frame:
    """The rows of *kind*; UsageError where none has a *day* or an amount."""
    if day not in data.present[kind]:
        raise UsageError(
            f"no row of the {kind} has a date, and without one nobody can say who came again",
            hint=f"Load an export of {kind} with the day of each.",
        )
    if "amount" not in data.present[kind]:
        one = kind.removesuffix("s")
        raise UsageError(f"the {kind} have no amount", hint=f"Load an export with the amount of each {one}.")
    return collect.frame(data.frames[kind])


def _of_payments(data: Dataset, wanted: tuple[str, ...]) -> Frame:
    """The payments, with the *wanted* dimensions that linking has found for their customers."""
    rows = _dated(data, PAYMENTS, "paid_at")
    _told(wanted, data.present[PAYMENTS])
    term = (
        [nw.col("recurring_interval").alias(TERM)] if "recurring_interval" in data.present[PAYMENTS] else []
    )
    free = (nw.col("net") == 0) & bought()
    return rows.select(
        CUSTOMER,
        nw.col("paid_at").alias(DAY),
        nw.col("net").cast(nw.Int64).alias(NET),
        _flag(bought()).alias(BOUGHT),
        _flag(bought()).alias(_OPENS),
        _flag(free).alias(_FREE),
        *term,
        *wanted,
    )


def _of_deals(data: Dataset) -> Frame:
    rows = _dated(data, DEALS, "closed_at")
    won = rows.filter((nw.col("status") == "won").fill_null(False))
    amount = nw.col("amount").fill_null(0).cast(nw.Int64)
    return won.select(
        CUSTOMER,
        nw.col("closed_at").alias(DAY),
        amount.alias(NET),
        _flag(nw.lit(True)).alias(BOUGHT),
        _flag(nw.col("is_new") == 1).alias(_OPENS),
        _flag(amount == 0).alias(_FREE),
    )


def _with_dimensions(rows: Frame, data: Dataset, wanted: tuple[str, ...]) -> Frame:
    """*rows* with the dimensions of their customers; UsageError for one that nothing loaded tells of customers."""
    if not wanted:
        return rows
    _told(wanted, data.present.get("customers", frozenset()))
    own = collect.frame(data.frames["customers"]).select(CUSTOMER, *wanted)
    found: Frame = rows.join(own, on=CUSTOMER, how="left")  # type: ignore[arg-type]
    return found.with_columns(*(nw.col(d).cast(nw.String).fill_null(BLANK) for d in wanted))


def _told(wanted: tuple[str, ...], present: frozenset[str]) -> None:
    """Raise UsageError for a dimension that nothing loaded tells of customers."""
    if lacking := [d for d in wanted if d not in present]:
        raise UsageError(
            f"customers cannot be told apart by {lacking[0]}: nothing that is loaded says it of them",
            hint="Load the leads or deals that the customers came from, with it and an id or e-mail that they share with the payments or deals.",
        )


def _kept(rows: Frame, where: tuple[Filter, ...]) -> Frame:
    for one in where:
        among = nw.col(one.dimension).is_in(list(one.values))
        rows = rows.filter(~among if one.negate else among)
    return rows


def _in_period(rows: Frame, request: Request) -> Frame:
    """Only customers who bought first in the period that is asked for."""
    known = rows.filter(~nw.col(FIRST).is_null())
    if request.period is None:
        return known
    return known.filter((nw.col(FIRST) >= request.period.start) & (nw.col(FIRST) <= request.period.end))


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition.fill_null(False)).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)
