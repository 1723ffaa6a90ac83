"""Canonical tables -> the linked dataset that the metrics layer reads.

Channels, identity, customers and the as-of day are settled here, once, so that every metric
counts the same leads, deals and customers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct, field

from funnelkit import collect
from funnelkit.agreements import Rule
from funnelkit.engines import Engine
from funnelkit.linking import asof, dimensions, identity, qualification, quotas
from funnelkit.linking.net import net
from funnelkit.tables import DIMENSIONS, Dataset, Match, Note


class Canonical(Struct, frozen=True, kw_only=True):
    """One canonical table of all its files."""

    frame: Any
    scales: Mapping[str, int]
    present: frozenset[str]


class _Build(Struct, kw_only=True):
    engine: Engine
    wanted: frozenset[str]
    frames: dict[str, Any]
    scales: dict[str, Mapping[str, int]]
    present: dict[str, frozenset[str]]
    notes: list[Note]
    channels: dict[str, frozenset[str]] = field(default_factory=dict)
    paid: frozenset[str] = frozenset()
    """The channels that somebody is paid for."""
    matches: tuple[Match, ...] = ()
    unmatched: Mapping[str, int] | None = None
    dated: bool = True


def build(
    tables: Mapping[str, Canonical],
    *,
    classify: Callable[..., str],
    is_paid: Callable[[str], bool],
    as_of: int | None,
    currency: str | None,
    engine: Engine,
    wanted: frozenset[str] = frozenset(DIMENSIONS),
    zone: str = "UTC",
    rules: Sequence[Rule] = (),
) -> Dataset:
    """The dataset of *tables*. *as_of* None takes the last day on which something happened, in *zone*.

    *wanted* are the dimensions that somebody will ask for: only those are worked out. *rules* say who is
    qualified, where the files do not.
    """
    made = _Build(
        engine=engine,
        # Whose a deal is says whether it counts towards a quota, whoever asks by owner.
        wanted=wanted | {"channel"} | ({"owner"} if "quotas" in tables else set()),
        frames={name: t.frame for name, t in tables.items()},
        scales={name: dict(t.scales) for name, t in tables.items()},
        present={name: t.present for name, t in tables.items()},
        notes=[],
    )
    if "quotas" in tables:
        made.frames["quotas"], notes = quotas.of_owners(made.frames["quotas"], made.present["quotas"])
        made.present["quotas"] &= frozenset(collect.names(collect.frame(made.frames["quotas"])))
        made.notes += notes
    day, cut = _as_of(made, as_of)
    for name in tables:
        if cut:
            made.frames[name] = asof.cut(name, made.frames[name], day)
        made.frames[name], made.present[name], made.channels[name] = dimensions.own(
            made.frames[name], made.present[name], classify, is_paid, engine, made.wanted
        )
    instant = asof.last_instant(made.frames["leads"], day, zone) if "leads" in tables else None
    ruled = "leads" in tables and qualification.by_rule(
        made.frames, made.present, made.scales, rules, made.notes
    )
    made.paid = frozenset(c for channels in made.channels.values() for c in channels if is_paid(c))
    if "deals" in tables:
        _new_business(made)
        _domains(made)
        _linked(made)
        if "quotas" in tables:
            made.frames["deals"], notes = quotas.flagged(
                made.frames["deals"], made.present["deals"], made.frames["quotas"]
            )
            made.notes += notes
    elif "leads" in tables:
        _leads_alone(made)
    if "payments" in tables:
        _payments(made)
    return Dataset(
        frames=made.frames,
        scales=made.scales,
        present=made.present,
        as_of=day,
        instant=instant,
        qualified=ruled,
        dated=made.dated,
        currency=currency,
        channels=made.channels,
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
        made.notes.append(asof.told(made.frames, sorted(beyond)))
        made.frames = {name: asof.without(name, frame, beyond) for name, frame in made.frames.items()}
    if found is None:
        # Rows without a date count where no period is asked for; there is no age then, and no today.
        made.dated = False
        return 0, False
    return found, False


def _new_business(made: _Build) -> None:
    deals = collect.frame(made.frames["deals"])
    typed = "type" in made.present["deals"]
    new = identity.flag(nw.col("type").fill_null("new") == "new" if typed else nw.lit(True))
    made.frames["deals"] = deals.with_columns(is_new=new).to_native()


def _domains(made: _Build) -> None:
    # Most companies' deals are linked by then: where no deal has a domain, those of the leads are not asked for.
    for table in ("deals", "leads"):
        known = {"email", "domain"}.intersection(
            collect.names(collect.frame(made.frames[table])) if table in made.frames else ()
        )
        if not known and table == "deals":
            return
        if known:
            frame, columns = made.frames[table], ["domain"] if "domain" in known else []
            if "email" in known:
                frame = collect.frame(frame).with_columns(identity.mail_host()).to_native()
                columns.append(identity.MAIL_HOST)
            frame, found = made.engine.label(frame, columns, identity.company_domain, "domain")
            named = nw.when(nw.col("domain") != "").then(nw.col("domain"))
            made.frames[table] = collect.frame(frame).with_columns(domain=named).to_native()
            if not found - {""}:
                return


def _linked(made: _Build) -> None:
    """Deals with their leads, customers of the won ones, and leads with what became of them."""
    engine = made.engine
    leads = made.frames.get("leads")
    deals = identity.numbered(made.frames["deals"], engine)
    people = None
    if leads is None:
        _, deals, _ = engine.linked(deals, deals, (), ())
    else:
        people, deals, matches = identity.link(
            leads, deals, engine, sorted(made.wanted | {"created_at", "deal_id"})
        )
    deals = _flagged(deals)
    if people is not None:
        present, of_leads = made.present["deals"], made.present["leads"]
        deals, made.present["deals"] = dimensions.through_leads(
            deals, present, people, of_leads, engine, made.wanted
        )
        deals = dimensions.paid(deals, made.present["deals"], made.paid)
    deals = engine.held(_without(deals, _OF_LINKS))
    found = engine.customers(engine.named(deals, identity.CUSTOMER_KEYS, "customer"))
    made.frames["deals"] = deals
    if people is not None:
        made.matches = matches(deals)
        made.frames["leads"] = engine.outcomes(
            _without(leads, _LINKED_BY - made.wanted), people, deals, found
        )
        _count_unmatched(made)
        made.present["leads"] |= {"has_deal", "has_won"} | (
            {"won_at"} if "closed_at" in made.present["deals"] else set()
        )
    _customers(made, found, people)


def _without(frame: Any, columns: frozenset[str]) -> Any:
    """*frame* without *columns* that nobody asks for any more: texts take most of the memory."""
    table = collect.frame(frame)
    return table.drop([c for c in collect.names(table) if c in columns]).to_native()


_LINKED_BY = frozenset({"company_id", "email", "company", "domain", "source", "medium", "campaign"})
"""What leads were linked and labelled by."""
_OF_LINKS = frozenset({"contact_id", "source_file", "source_row"})
"""What deals were linked by, and where they stand."""


def _count_unmatched(made: _Build) -> None:
    told = collect.frame(made.frames["deals"]).select("linked", "status")
    alone = told.filter(nw.col("linked") == 0)
    won = alone.filter(nw.col("status") == "won")
    made.unmatched = {"deals": collect.count(alone), "won deals": collect.count(won)}


def _flagged(deals: Any) -> Any:
    linked = identity.flag(~nw.col("_lead").is_null())
    return collect.frame(deals).with_columns(linked=linked).to_native()


def _customers(made: _Build, found: Any, people: Any) -> None:
    """The customers table: dimensions of the first won deal, overruled by those of the earliest lead."""
    present = frozenset(d for d in DIMENSIONS if d in made.present["deals"])
    columns = {d: d for d in sorted(present & made.wanted)}
    frame = made.engine.looked_up(found, "_first", made.frames["deals"], columns)
    if people is not None:
        of_leads = made.present["leads"]
        frame, present = dimensions.through_leads(frame, present, people, of_leads, made.engine, made.wanted)
    frame = made.engine.held(_flagged(dimensions.paid(frame, present, made.paid)))
    extra = {"customer"} | ({"first_won_at", "revenue"} & set(collect.names(collect.frame(frame))))
    made.frames["customers"] = frame
    made.present["customers"] = present | extra
    made.scales["customers"] = {"revenue": made.scales["deals"].get("amount", 0)}


def _leads_alone(made: _Build) -> None:
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


def _converted(made: _Build, leads: collect.Frame) -> None:
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


def _payments(made: _Build) -> None:
    """Who paid each payment, and what it leaves after its refund."""
    present = made.present["payments"]
    payments = collect.frame(made.frames["payments"])
    if "amount" in collect.names(payments):
        left, scale = net(present, made.scales["payments"])
        made.frames["payments"] = payments.with_columns(net=left).to_native()
        made.scales["payments"] = {**made.scales["payments"], "net": scale}
    if {"customer_id", "email", "company"} & present:
        named = made.engine.named(made.frames["payments"], identity.CUSTOMER_KEYS, "customer")
        made.frames["payments"] = named
        if "deals" not in made.frames and {"paid_at", "amount"} <= present:
            _payers(made)


def _payers(made: _Build) -> None:
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
    )
    # A refund in a row of its own lowers what a customer paid, and makes no customer.
    found = found.filter(nw.col("_pays") > 0).drop("_pays").sort("customer")
    none = identity.flag(nw.lit(False))
    made.frames["customers"] = found.with_columns(is_paid=none, linked=none).to_native()
    made.present["customers"] = frozenset({"customer", "first_won_at", "revenue"})
    made.scales["customers"] = {"revenue": made.scales["payments"]["net"]}
