"""Who became a customer, and when: told by won deals, else by payments, else by the leads themselves."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.dimensions import DIMENSIONS
from funnelkit.linking import dimensions, identity, payers
from funnelkit.linking.building import Build
from funnelkit.linking.net import net
from funnelkit.tables import Note


def of_deals(made: Build, found: Any, people: Any) -> None:
    """The customers table: dimensions of the first won deal, overruled by those of the earliest lead."""
    present = frozenset(d for d in DIMENSIONS if d in made.present["deals"])
    columns = {d: d for d in sorted(present & made.wanted)}
    frame = made.engine.looked_up(found, "_first", made.frames["deals"], columns)
    if people is not None:
        of_leads = made.present["leads"]
        frame, present = dimensions.through_leads(frame, present, people, of_leads, made.engine, made.wanted)
    frame = made.engine.held(identity.flagged(dimensions.paid(frame, present, made.paid)))
    extra = {"customer"} | ({"first_won_at", "revenue"} & set(collect.names(collect.frame(frame))))
    made.frames["customers"] = frame
    made.present["customers"] = present | extra
    made.scales["customers"] = {"revenue": made.scales["deals"].get("amount", 0)}


def of_leads(made: Build) -> None:
    """Customers from the leads themselves, where a date, a flag or a stage says who became one."""
    leads, present = collect.frame(made.frames["leads"]), made.present["leads"]
    signs = {
        "customer_at": ~nw.col("customer_at").is_null(),
        "converted": (nw.col("converted") == "true").fill_null(False),
        "status": (nw.col("status") == "customer").fill_null(False),
    }
    seen = [sign for column, sign in signs.items() if column in present]
    won = nw.any_horizontal(*seen, ignore_nulls=True) if seen else nw.lit(False)
    dated = {"won_at": nw.col("customer_at")} if "customer_at" in present else {}
    # In many CRMs a converted lead has become a deal, of which only the deals say how it ended.
    told = "converted_to_deal" in present
    deal = (nw.col("converted_to_deal") == "true").fill_null(False) if told else nw.lit(False)
    flags = {"has_won": identity.flag(won), "has_deal": identity.flag(deal)}
    leads = leads.with_columns(**flags, **dated)
    made.frames["leads"] = leads.to_native()
    if told:
        made.present["leads"] |= {"has_deal"}
    if seen:
        made.present["leads"] |= {"has_won", *dated}
        _converted(made, leads)


def _converted(made: Build, leads: collect.Frame) -> None:
    """The customers table of leads that say themselves who became a customer."""
    present = made.present["leads"]
    dims = [d for d in DIMENSIONS if d in present & made.wanted]
    days = [nw.col(c) for c in ("won_at", "created_at") if c in present]
    dated = [nw.coalesce(*days).alias("first_won_at")] if days else []
    key = nw.concat_str([nw.lit("lead:"), nw.col("_lead").cast(nw.String)])
    won = leads.filter(nw.col("has_won") == 1).to_native()
    found = collect.frame(made.engine.numbered(won, "_lead", "created_at", "lead_id")).select(
        key.alias("customer"), *dated, identity.flag(nw.lit(True)).alias("linked"), "is_paid", *dims
    )
    made.frames["customers"] = found.to_native()
    made.present["customers"] = frozenset({"customer", *dims} | ({"first_won_at"} if days else set()))
    made.scales["customers"] = {}


def of_payments(made: Build, *, gross: bool = False) -> None:
    """What a payment leaves after its refund, and who became a customer by it; with *gross*, refunds are not taken off."""
    present = made.present["payments"]
    payments = collect.frame(made.frames["payments"])
    if "amount" in collect.names(payments):
        left, scale = net(present, made.scales["payments"], gross=gross)
        made.frames["payments"] = payments.with_columns(net=left).to_native()
        made.scales["payments"] = {**made.scales["payments"], "net": scale}
    named = bool({"customer_id", "email", "company"} & present)
    if named and "deals" not in made.frames and {"paid_at", "amount"} <= present:
        _payers(made)


def _payers(made: Build) -> None:
    """Customers from payments: who paid first when, and what they paid net of refunds."""
    payments = collect.frame(made.frames["payments"])
    known = payments.filter(~nw.col("customer").is_null())
    known = known.with_columns(
        _paid=nw.when(nw.col("net") > 0).then(nw.col("paid_at")), _pays=identity.flag(nw.col("net") > 0)
    )
    found = known.group_by("customer").agg(
        nw.col("_paid").min().alias("first_won_at"),
        nw.col("net").sum().alias("revenue"),
        nw.col("_pays").sum(),
        *([nw.col("_lead").min()] if made.payers is not None else []),
    )
    # A refund in a row of its own lowers what a customer paid, and makes no customer.
    found = found.filter(nw.col("_pays") > 0).drop("_pays").sort("customer")
    made.frames["customers"] = made.engine.held(payers.customers(made, found.to_native()))
    made.scales["customers"] = {"revenue": made.scales["payments"]["net"]}


def without_deal(made: Build) -> None:
    """Note how many leads say that they are customers though they have no won deal, which decides."""
    if "status" not in made.present["leads"]:
        return
    said = collect.frame(made.frames["leads"]).filter(nw.col("status") == "customer")
    if alone := collect.count(said.filter(nw.col("has_won") == 0)):
        what = f"Leads whose status says customer without a won deal of new business: {alone:,}. Deals decide who is a customer, so they count as opportunities"
        made.notes.append(Note(code="customers_without_deal", message=what))
