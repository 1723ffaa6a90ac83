"""Canonical tables -> the linked dataset that the metrics layer reads.

Channels, identity, customers and the as-of day are settled here, once, so that every metric
counts the same leads, deals and customers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.agreements import Rule
from funnelkit.dataset import Dataset
from funnelkit.dimensions import DIMENSIONS
from funnelkit.engines import Engine
from funnelkit.linking import (
    activities,
    asof,
    awareness,
    closing,
    customers,
    dimensions,
    handled,
    history,
    identity,
    payers,
    persons,
    qualification,
    quotas,
    spelling,
)
from funnelkit.linking.building import Build
from funnelkit.linking.handled import AS_USUAL, Handling

Exchange = Callable[..., tuple[Any, Mapping[str, int]]]
"""Deals and their scales, in one currency; asked with ``engine`` and ``as_of``, the day whose rates hold for open deals."""


class Canonical(Struct, frozen=True, kw_only=True):
    """One canonical table of all its files."""

    frame: Any
    scales: Mapping[str, int]
    present: frozenset[str]


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
    brand: Sequence[str] = (),
    handling: Handling = AS_USUAL,
    exchange: Exchange | None = None,
) -> Dataset:
    """The dataset of *tables*. *as_of* None takes the last day on which something happened, in *zone*.

    *wanted* are the dimensions that somebody will ask for: only those are worked out. *rules* say who is
    qualified, where the files do not; *brand* are the words by which a search names it; *handling* says what is made of odd rows;
    *exchange* brings the amounts of deals into the one *currency*, where they are in several.
    """
    made = _begun(tables, engine, wanted)
    made.merged = handling.merge_unknown
    day, cut = _labelled(made, as_of, classify, is_paid)
    _historic(made, cut=cut)
    awareness.of_posts(made)
    awareness.of_searches(made, brand)
    ruled = "leads" in tables and qualification.by_rule(
        made.frames, made.present, made.scales, rules, made.notes
    )
    if {"leads", "activities"} <= tables.keys():
        activities.of_leads(made)
    instant = asof.last_instant(made.frames, day, zone)
    persons.of_leads(made, classify)
    if "payments" in tables:
        payers.of_leads(made)
    _won(
        made,
        tables,
        handling,
        exchange and partial(exchange, engine=engine, as_of=day if made.dated else None),
    )
    if "payments" in tables:
        payers.of_deals(made)
        payers.counted(made)
        customers.of_payments(made, gross=handling.gross)
        persons.of_payments(made)
    persons.of_touches(made)
    made.notes += handled.notes(made, handling)
    return Dataset(
        frames=made.frames,
        scales=made.scales,
        present=made.present,
        as_of=day,
        stops=cut,
        instant=instant,
        qualified=ruled,
        clamped=handling.clamp_negative,
        dated=made.dated,
        currency=currency,
        channels=made.channels,
        matches=made.matches,
        unmatched=made.unmatched or {},
        notes=tuple(made.notes),
    )


def _won(made: Build, tables: Collection[str], handling: Handling, exchange: Exchange | None) -> None:
    """Who became a customer, by the deals or, without any, by the leads."""
    if "deals" in tables:
        if handling.first_close:
            closing.first(made, handling.first_close)
        if exchange:
            # Only now is it known on which day each counts.
            made.frames["deals"], made.scales["deals"] = exchange(made.frames["deals"], made.scales["deals"])
        _new_business(made)
        _domains(made)
        _linked(made)
        _quotas(made)
        history.of_deals(made)
    elif "leads" in tables:
        customers.of_leads(made)


def _begun(tables: Mapping[str, Canonical], engine: Engine, wanted: frozenset[str]) -> Build:
    made = Build(
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
    if "activities" in tables:
        done, notes = activities.happened(made.frames["activities"], made.present["activities"])
        made.frames["activities"] = done
        made.notes += notes
    return made


def _labelled(
    made: Build, asked: int | None, classify: Callable[..., str], is_paid: Callable[[str], bool]
) -> tuple[int, bool]:
    """Cut every table at the as-of day, and give it the report's dimensions; the day, and whether it was cut."""
    day, cut = _as_of(made, asked)
    for name in list(made.frames):
        if cut:
            made.frames[name] = asof.cut(name, made.frames[name], day)
        made.frames[name], made.present[name], made.channels[name] = dimensions.own(
            made.frames[name],
            made.present[name],
            classify,
            is_paid,
            made.engine,
            made.wanted,
            merged=made.merged,
        )
    made.paid = frozenset(c for channels in made.channels.values() for c in channels if is_paid(c))
    return day, cut


def _historic(made: Build, *, cut: bool) -> None:
    """What the stage history tells of leads and deals, where one is loaded."""
    if history.TABLE not in made.frames:
        return
    spelling.unified(made)
    made.frames[history.TABLE] = made.engine.held(made.frames[history.TABLE])
    history.of_leads(made)
    history.unlinked(made)
    if cut or "stage" not in made.present.get("deals", ()):
        history.as_they_stood(made)


def _quotas(made: Build) -> None:
    """Which deals count towards a quota."""
    if "quotas" in made.frames:
        made.frames["deals"], notes = quotas.flagged(
            made.frames["deals"], made.present["deals"], made.frames["quotas"]
        )
        made.notes += notes


def _as_of(made: Build, asked: int | None) -> tuple[int, bool]:
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


def _new_business(made: Build) -> None:
    deals = collect.frame(made.frames["deals"])
    typed = "type" in made.present["deals"]
    new = identity.flag(nw.col("type").fill_null("new") == "new" if typed else nw.lit(True))
    made.frames["deals"] = deals.with_columns(is_new=new).to_native()


def _domains(made: Build) -> None:
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


def _linked(made: Build) -> None:
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
    deals = identity.flagged(deals)
    if people is not None:
        present, of_leads = made.present["deals"], made.present["leads"]
        deals, made.present["deals"] = dimensions.through_leads(
            deals, present, people, of_leads, engine, made.wanted
        )
        deals = dimensions.paid(deals, made.present["deals"], made.paid)
    deals = engine.held(_without(persons.of_deals(made, deals, people), _OF_LINKS))
    found = engine.customers(engine.named(deals, identity.CUSTOMER_KEYS, "customer"))
    made.frames["deals"] = deals
    if people is not None:
        made.matches = (*made.matches, *matches(deals))
        made.frames["leads"] = engine.outcomes(
            _without(leads, _LINKED_BY - made.wanted), people, deals, found
        )
        _count_unmatched(made)
        customers.without_deal(made)
        made.present["leads"] |= {"has_deal", "has_won"} | (
            {"won_at"} if "closed_at" in made.present["deals"] else set()
        )
    customers.of_deals(made, found, people)
    persons.of_customers(made)


def _without(frame: Any, columns: frozenset[str]) -> Any:
    """*frame* without *columns* that nobody asks for any more: texts take most of the memory."""
    table = collect.frame(frame)
    return table.drop([c for c in collect.names(table) if c in columns]).to_native()


_LINKED_BY = frozenset({"company_id", "email", "company", "domain", "source", "medium", "campaign"})
"""What leads were linked and labelled by."""
_OF_LINKS = frozenset({"contact_id", "source_file", "source_row"})
"""What deals were linked by, and where they stand."""


def _count_unmatched(made: Build) -> None:
    told = collect.frame(made.frames["deals"]).select("linked", "status")
    alone = told.filter(nw.col("linked") == 0)
    won = alone.filter(nw.col("status") == "won")
    made.unmatched = {
        "deals": collect.count(alone),
        "won deals": collect.count(won),
        **(made.unmatched or {}),
    }
