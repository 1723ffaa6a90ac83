"""Canonical tables -> the linked dataset that the metrics layer reads.

Channels, identity, customers and the as-of day are settled here, once, so that every metric
counts the same leads, deals and customers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit.engines import Engine
from funnelkit.errors import SourceError
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
    day, cut = _as_of(made, as_of)
    for name in tables:
        if cut:
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


def _as_of(made: _Build, asked: int | None) -> tuple[int, bool]:
    """The as-of day, and whether any row may lie behind it."""
    if asked is not None:
        return asked, True
    found, beyond = asof.find(made.frames)
    if beyond:
        made.notes.append(_beyond(made.frames, sorted(beyond)))
        made.frames = {name: asof.without(name, frame, beyond) for name, frame in made.frames.items()}
    if found is None:
        raise SourceError(
            "none of the files holds a date, and without one there is no period and no age",
            hint="Add a column such as the date of creation to the export, or say which one it is under `columns:` in "
            "funnelkit.yaml.",
            code="no_dates",
        )
    return found, False


def _beyond(frames: Mapping[str, Any], days: Sequence[int]) -> Note:
    said = []
    for day in days:
        places = [place for name, frame in frames.items() for place in asof.places(name, frame, day)]
        said.append(f"{from_day(day).isoformat()} ({'; '.join(places)})")
    message = "Dates more than 180 days after all others are taken for typing errors and set aside"
    return Note(code="date_beyond", message=f"{message}: {', '.join(said)}")


def _new_business(made: _Build) -> None:
    deals = nw.from_native(made.frames["deals"])
    typed = "type" in made.present["deals"]
    new = identity.flag(nw.col("type").fill_null("new") == "new" if typed else nw.lit(True))
    made.frames["deals"] = deals.with_columns(is_new=new).to_native()


def _domains(made: _Build, engine: Engine) -> None:
    # Most companies' deals are linked by then: where no deal has a domain, those of the leads are not asked for.
    for table in ("deals", "leads"):
        if table in made.frames and {"email", "domain"} & made.present[table]:
            columns = [c for c in ("email", "domain") if c in made.present[table]]
            frame = engine.label(made.frames[table], columns, identity.company_domain, "domain")
            blank = nw.when(nw.col("domain") != "").then(nw.col("domain"))
            made.frames[table] = nw.from_native(frame).with_columns(domain=blank).to_native()
            if nw.from_native(made.frames[table])["domain"].is_null().all():
                return


def _linked(made: _Build, is_paid: Callable[[str], bool]) -> None:
    leads, deals, made.matches = identity.link(made.frames["leads"], made.frames["deals"])
    deals = identity.customer_key(_flagged(deals))
    deals, made.present["deals"] = dimensions.through_leads(
        deals, made.present["deals"], leads, made.present["leads"]
    )
    deals = dimensions.paid(deals, made.present["deals"], is_paid)
    found = identity.customers(deals)
    made.frames["leads"] = identity.owners_of_customers(leads, found, deals)
    made.frames["deals"] = deals
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
    linked = identity.flag(~nw.col("_lead").is_null())
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
    deals = identity.customer_key(_flagged(identity.alone(made.frames["deals"])))
    made.frames["deals"] = deals
    _customers(made, identity.customers(deals), deals, None, is_paid)


def _leads_alone(made: _Build) -> None:
    """Customers from the leads themselves, where a date, a flag or a stage says who became one."""
    leads, present = nw.from_native(made.frames["leads"]), made.present["leads"]
    signs = {
        "customer_at": ~nw.col("customer_at").is_null(),
        "converted": (nw.col("converted") == "true").fill_null(False),
        "status": (nw.col("status") == "customer").fill_null(False),
    }
    seen = [sign for column, sign in signs.items() if column in present]
    won = nw.any_horizontal(*seen, ignore_nulls=True) if seen else nw.lit(False)
    dated = {"won_at": nw.col("customer_at")} if "customer_at" in present else {}
    flags = {"has_won": identity.flag(won), "has_deal": identity.flag(nw.lit(False))}
    leads = leads.with_columns(**flags, **dated)
    made.frames["leads"] = leads.to_native()
    if seen:
        made.present["leads"] |= {"has_won", *dated}
        _converted(made, leads)


def _converted(made: _Build, leads: nw.DataFrame[Any]) -> None:
    """The customers table of leads that say themselves who became a customer."""
    present = made.present["leads"]
    dims = [d for d in DIMENSIONS if d in present]
    days = [nw.col(c) for c in ("won_at", "created_at") if c in present]
    dated = [nw.coalesce(*days).alias("first_won_at")] if days else []
    key = nw.concat_str([nw.lit("lead:"), nw.col("_lead").cast(nw.String)])
    numbered = leads.with_row_index("_lead").filter(nw.col("has_won") == 1)
    found = numbered.select(
        key.alias("customer"), *dated, identity.flag(nw.lit(True)).alias("linked"), "is_paid", *dims
    )
    made.frames["customers"] = found.to_native()
    made.present["customers"] = frozenset({"customer", *dims} | ({"first_won_at"} if days else set()))
    made.scales["customers"] = {}


def _payers(made: _Build) -> None:
    """Customers from payments: who paid first when, and what they paid net of refunds."""
    present = made.present["payments"]
    if not {"paid_at", "amount"} <= present or not {"customer_id", "email", "company"} & present:
        return
    payments = nw.from_native(identity.customer_key(made.frames["payments"]))
    made.frames["payments"] = payments.to_native()
    net, scale = _net(made)
    known = payments.filter(~nw.col("customer").is_null()).with_columns(_net=net)
    known = known.with_columns(
        _paid=nw.when(nw.col("_net") > 0).then(nw.col("paid_at")), _pays=identity.flag(nw.col("_net") > 0)
    )
    found = known.group_by("customer").agg(
        nw.col("_paid").min().alias("first_won_at"),
        nw.col("_net").sum().alias("revenue"),
        nw.col("_pays").sum(),
    )
    # A refund in a row of its own lowers what a customer paid, and makes no customer.
    found = found.filter(nw.col("_pays") > 0).drop("_pays").sort("customer")
    none = identity.flag(nw.lit(False))
    made.frames["customers"] = found.with_columns(is_paid=none, linked=none).to_native()
    made.present["customers"] = frozenset({"customer", "first_won_at", "revenue"})
    made.scales["customers"] = {"revenue": scale}


def _net(made: _Build) -> tuple[nw.Expr, int]:
    """What a payment leaves after its refund, and the decimals of that."""
    scales = made.scales["payments"]
    amount, refunded = scales.get("amount", 0), scales.get("refunded", 0)
    if "refunded" not in made.present["payments"]:
        return nw.col("amount").fill_null(0), amount
    scale = max(amount, refunded)
    paid = nw.col("amount").fill_null(0) * 10 ** (scale - amount)
    return paid - nw.col("refunded").fill_null(0) * 10 ** (scale - refunded), scale
