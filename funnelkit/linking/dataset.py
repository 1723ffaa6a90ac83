"""Canonical tables -> the linked dataset that the metrics layer reads.

Channels, identity, customers and the as-of day are settled here, once, so that every metric
counts the same leads, deals and customers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit.engines import Engine
from funnelkit.linking import asof, dimensions, identity
from funnelkit.periods import from_day
from funnelkit.tables import DIMENSIONS, Dataset, Match, Note


@dataclass(frozen=True, kw_only=True)
class Canonical:
    """One canonical table of all its files."""

    frame: Any
    scales: Mapping[str, int]
    present: frozenset[str]


@dataclass(kw_only=True)
class _Build:
    frames: dict[str, Any]
    scales: dict[str, Mapping[str, int]]
    present: dict[str, frozenset[str]]
    notes: list[Note]
    matches: tuple[Match, ...] = ()
    unmatched: Mapping[str, int] | None = None


def build(
    tables: Mapping[str, Canonical],
    *,
    classify: Callable[..., str],
    is_paid: Callable[[str], bool],
    as_of: int | None,
    currency: str | None,
    engine: Engine,
) -> Dataset:
    """The dataset of *tables*. *as_of* None takes the last day on which something happened."""
    made = _Build(
        frames={name: t.frame for name, t in tables.items()},
        scales={name: dict(t.scales) for name, t in tables.items()},
        present={name: t.present for name, t in tables.items()},
        notes=[],
    )
    day = _as_of(made, as_of)
    for name in tables:
        made.frames[name] = asof.cut(name, made.frames[name], day)
        made.frames[name], made.present[name] = dimensions.own(
            made.frames[name], made.present[name], classify, is_paid, engine
        )
    if "deals" in tables:
        _new_business(made)
        _domains(made, engine)
    if "leads" in tables and "deals" in tables:
        _linked(made, is_paid)
    elif "deals" in tables:
        _deals_alone(made, is_paid)
    elif "leads" in tables:
        _leads_alone(made)
    if "payments" in tables and "deals" not in tables:
        _payers(made)
    return Dataset(
        frames=made.frames,
        scales=made.scales,
        present=made.present,
        as_of=day,
        currency=currency,
        matches=made.matches,
        unmatched=made.unmatched or {},
        notes=tuple(made.notes),
    )


def _as_of(made: _Build, asked: int | None) -> int:
    found, beyond = asof.find(made.frames)
    if beyond and asked is None:
        days = ", ".join(from_day(d).isoformat() for d in sorted(beyond))
        made.notes.append(
            Note(
                code="date_beyond",
                message=f"dates more than 180 days after all others are taken for typing errors and set aside: {days}",
            )
        )
    if asked is not None:
        return asked
    # Without any date at all there is no today: the first day of the calendar keeps ages at zero.
    return found if found is not None else 0


def _new_business(made: _Build) -> None:
    deals = nw.from_native(made.frames["deals"])
    if "type" in made.present["deals"]:
        new = nw.when(nw.col("type").fill_null("new") == "new").then(nw.lit(1)).otherwise(nw.lit(0))
    else:
        new = nw.lit(1)
    made.frames["deals"] = deals.with_columns(is_new=new.cast(nw.Int64)).to_native()


def _domains(made: _Build, engine: Engine) -> None:
    for table in ("leads", "deals"):
        if table in made.frames and {"email", "domain"} & made.present[table]:
            columns = [c for c in ("email", "domain") if c in made.present[table]]
            frame = engine.label(made.frames[table], columns, identity.company_domain, "domain")
            blank = nw.when(nw.col("domain") != "").then(nw.col("domain"))
            made.frames[table] = nw.from_native(frame).with_columns(domain=blank).to_native()


def _linked(made: _Build, is_paid: Callable[[str], bool]) -> None:
    leads, deals, made.matches = identity.link(made.frames["leads"], made.frames["deals"])
    deals = identity.customer_key(deals)
    deals, made.present["deals"] = dimensions.through_leads(
        deals, made.present["deals"], leads, made.present["leads"]
    )
    deals = dimensions.paid(deals, made.present["deals"], is_paid)
    found = identity.customers(deals)
    made.frames["leads"] = identity.owners_of_customers(leads, found, deals)
    made.frames["deals"] = _flagged(deals)
    won = nw.from_native(deals).filter(nw.col("status") == "won")
    made.unmatched = {
        "deals": int(nw.from_native(deals)["_lead"].is_null().sum()),
        "won deals": int(won["_lead"].is_null().sum()),
    }
    made.present["leads"] |= {"has_deal", "has_won"} | (
        {"won_at"} if "closed_at" in made.present["deals"] else set()
    )
    _customers(made, found, deals, leads, is_paid)


def _flagged(deals: Any) -> Any:
    linked = nw.when(nw.col("_lead").is_null()).then(nw.lit(0)).otherwise(nw.lit(1)).cast(nw.Int64)
    return nw.from_native(deals).with_columns(linked=linked).to_native()


def _customers(
    made: _Build, found: Any, deals: Any, leads: Any | None, is_paid: Callable[[str], bool]
) -> None:
    """The customers table: dimensions of the first won deal, overruled by those of the earliest lead."""
    of_deals = frozenset(d for d in DIMENSIONS if d in made.present["deals"])
    first = nw.from_native(deals).select(nw.col("_deal").alias("_first"), *sorted(of_deals))
    frame = nw.from_native(found).join(first, on="_first", how="left").to_native()
    present = of_deals
    if leads is not None:
        frame, present = dimensions.through_leads(frame, of_deals, leads, made.present["leads"])
    frame = _flagged(dimensions.paid(frame, present, is_paid))
    extra = {"customer"} | {c for c in ("first_won_at", "revenue") if c in nw.from_native(frame).columns}
    made.frames["customers"] = frame
    made.present["customers"] = present | extra
    made.scales["customers"] = {"revenue": made.scales["deals"].get("amount", 0)}


def _deals_alone(made: _Build, is_paid: Callable[[str], bool]) -> None:
    numbered = nw.from_native(made.frames["deals"]).with_columns(_lead=nw.lit(None, nw.Int64))
    order = [c for c in ("closed_at", "deal_id") if c in numbered.columns]
    numbered = numbered.sort(*order, nulls_last=True) if order else numbered
    deals = numbered.with_row_index("_deal").with_columns(nw.col("_deal").cast(nw.Int64)).to_native()
    deals = identity.customer_key(deals)
    made.frames["deals"] = _flagged(deals)
    _customers(made, identity.customers(deals), deals, None, is_paid)


def _leads_alone(made: _Build) -> None:
    """Customers from the leads themselves, where a date, a flag or a stage says who became one."""
    leads, present = nw.from_native(made.frames["leads"]), made.present["leads"]
    signs = []
    if "customer_at" in present:
        signs.append(~nw.col("customer_at").is_null())
    if "converted" in present:
        signs.append((nw.col("converted") == "true").fill_null(False))
    if "status" in present:
        signs.append((nw.col("status") == "customer").fill_null(False))
    won = nw.any_horizontal(*signs, ignore_nulls=True) if signs else nw.lit(False)
    when = nw.col("customer_at") if "customer_at" in present else nw.lit(None, nw.Int64)
    leads = leads.with_columns(
        has_won=nw.when(won).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64),
        has_deal=nw.lit(0).cast(nw.Int64),
        won_at=nw.when(won).then(when),
        deal_created_at=nw.lit(None, nw.Int64),
    )
    made.frames["leads"] = leads.to_native()
    if not signs:
        return
    made.present["leads"] = present | {"has_won"} | ({"won_at"} if "customer_at" in present else set())
    leads = leads.with_row_index("_lead").with_columns(nw.col("_lead").cast(nw.Int64))
    dims = [d for d in DIMENSIONS if d in present]
    created = nw.col("created_at") if "created_at" in present else nw.lit(None, nw.Int64)
    found = leads.filter(nw.col("has_won") == 1).select(
        nw.col("_lead").cast(nw.String).alias("customer"),
        nw.coalesce(nw.col("won_at"), created).alias("first_won_at"),
        nw.lit(1).cast(nw.Int64).alias("linked"),
        "is_paid",
        *dims,
    )
    made.frames["customers"] = found.to_native()
    made.present["customers"] = frozenset({"customer", "first_won_at", *dims})
    made.scales["customers"] = {}


def _payers(made: _Build) -> None:
    """Customers from payments: who paid first when, and what they paid net of refunds."""
    payments, present = nw.from_native(made.frames["payments"]), made.present["payments"]
    keys = [nw.col(c) for c in ("customer_id", "email") if c in present]
    if not keys or "paid_at" not in present:
        return
    net = nw.col("amount").fill_null(0) if "amount" in present else nw.lit(0)
    shift = _refund_shift(made)
    if "refunded" in present:
        net = net - nw.col("refunded").fill_null(0) * shift
    payments = payments.with_columns(customer=nw.coalesce(*keys), net=net)
    made.frames["payments"] = payments.to_native()
    found = payments.filter(~nw.col("customer").is_null() & (nw.col("net") > 0)).group_by("customer")
    customers = found.agg(nw.col("paid_at").min().alias("first_won_at"), nw.col("net").sum().alias("revenue"))
    zero = nw.lit(0).cast(nw.Int64)
    made.frames["customers"] = customers.sort("customer").with_columns(is_paid=zero, linked=zero).to_native()
    made.present["customers"] = frozenset({"customer", "first_won_at", "revenue"})
    made.scales["customers"] = {"revenue": made.scales["payments"].get("amount", 0)}


def _refund_shift(made: _Build) -> int:
    scales = made.scales["payments"]
    return int(10 ** max(scales.get("amount", 0) - scales.get("refunded", 0), 0))
