"""Whose a touch, a lead, a deal and a payment are: one text for a person, the same in every table that knows them.

A person is the e-mail address of a lead, else its id. A touch is of the lead that its id names, of the deal that it
names, else of its own e-mail address, customer or visitor; a visitor who once said who they are was that person before.
Nobody asks for persons but who follows touches, and no person leaves the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.columns import LATEST
from funnelkit.dataset import Match
from funnelkit.linking.building import Build

PERSON = "person"
"""The column, and the word among the wanted ones by which it is asked for."""
OF_LEAD = "_of_lead"
"""The person of the lead of a payment."""
TOUCHES = "touches"
_KEYS = ("lead_id", "email", "customer_id", "deal_id")
"""By which a touch and a deal or payment may be of one person where no leads are loaded, the strongest first."""
_PLACE = "_place"


def of_leads(made: Build, classify: Any) -> None:
    """Give leads their person, and the channel by which they came last.

    Without touches each lead is a person of its own, so that what its source earns is what a report says of it.
    """
    if PERSON not in made.wanted or "leads" not in made.frames:
        return
    present = made.present["leads"]
    if {"latest_channel", "latest_source", "latest_medium"} & present:
        made.frames["leads"], _ = made.engine.label(
            made.frames["leads"], LATEST[:3], _of_latest(classify), "latest_channel"
        )
        said = nw.col("latest_channel")
        leads = collect.frame(made.frames["leads"]).with_columns(
            latest_channel=nw.when(said != "").then(said)
        )
        made.frames["leads"] = leads.to_native()
        made.present["leads"] |= {"latest_channel"}
    own = ("email",) if TOUCHES in made.frames else ()
    made.frames["leads"] = _named(made, "leads", (*own, "lead_id"), placed=True)
    if TOUCHES in made.frames:
        # Their ids are gone once leads are told what became of them.
        _joined(made, "leads", "lead_id")


def _of_latest(classify: Any) -> Any:
    """*classify* of the columns of the latest source; "" where they say nothing."""

    def said(**cells: str) -> str:
        known = {name.removeprefix("latest_"): cell for name, cell in cells.items()}
        return classify(**known) if any(known.values()) else ""

    return said


def of_deals(made: Build, deals: Any, people: Any | None) -> Any:
    """*deals* with their person: that of their lead, else who they say themselves."""
    if PERSON not in made.wanted:
        return deals
    if people is not None:
        deals = made.engine.looked_up(deals, "_lead", people, {"_of_lead": PERSON})
    keys = ("email", "deal_id") if people is not None else _shared(made, "deals")
    made.frames["deals"] = deals
    named = collect.frame(_named(made, "deals", keys, placed=True))
    if people is not None:
        named = named.with_columns(person=nw.coalesce("_of_lead", PERSON)).drop("_of_lead")
    return named.to_native()


def of_customers(made: Build) -> None:
    """Give customers the person and the days of the deal that made them one."""
    if PERSON not in made.wanted or "customers" not in made.frames:
        return
    columns = {
        c: c for c in (PERSON, "created_at") if c in collect.names(collect.frame(made.frames["deals"]))
    }
    found = made.engine.looked_up(made.frames["customers"], "_first", made.frames["deals"], columns)
    made.frames["customers"] = made.engine.held(found)


def of_payments(made: Build) -> None:
    """Give payments their person: that of the lead that their customer was, else by e-mail address or customer."""
    if PERSON in made.wanted and "payments" in made.frames:
        keys = ("email", "customer_id") if "leads" in made.frames else _shared(made, "payments")
        named = collect.frame(_named(made, "payments", keys, placed=True))
        if OF_LEAD in collect.names(named):
            named = named.with_columns(person=nw.coalesce(OF_LEAD, PERSON))
        made.frames["payments"] = named.to_native()


def of_touches(made: Build) -> None:
    """Give touches their person; those of nobody have none."""
    if PERSON not in made.wanted or TOUCHES not in made.frames:
        return
    if "deals" in made.frames:
        _joined(made, "deals", "deal_id")
    _of_payers(made)
    keys = ("email", "customer_id", "lead_id", "deal_id") if "leads" in made.frames else _own(made)
    named = collect.frame(_named(made, TOUCHES, keys))
    found = [column for column in ("_leads", "_deals", "_payments") if column in collect.names(named)]
    named = named.with_columns(person=nw.coalesce(*found, PERSON)).drop(found)
    if "visitor_id" in made.present[TOUCHES]:
        named = _recognised(named)
    made.frames[TOUCHES] = made.engine.held(named.to_native())


def _joined(made: Build, table: str, key: str) -> None:
    """Touches with the person of the row of *table* that their *key* names."""
    if key not in made.present[TOUCHES] & made.present[table]:
        return
    other = collect.frame(made.frames[table]).filter(~nw.col(key).is_null())
    of = other.select(key, nw.col(PERSON).alias(f"_{table}"))
    touches: collect.Frame = collect.frame(made.frames[TOUCHES]).join(of, on=key, how="left")  # type: ignore[arg-type]
    made.frames[TOUCHES] = made.engine.held(touches.to_native())
    found = collect.frame(made.frames[TOUCHES]).filter(~nw.col(f"_{table}").is_null())
    match = Match(source=TOUCHES, target=table, by=key, matched=collect.count(found))
    made.matches = (*made.matches, match)


def _of_payers(made: Build) -> None:
    """Touches with the person of the lead that the customer they name was, where payments tell."""
    if "payments" not in made.frames or "customer_id" not in made.present[TOUCHES] & made.present["payments"]:
        return
    payments = collect.frame(made.frames["payments"])
    if OF_LEAD not in collect.names(payments):
        return
    known = payments.filter(~nw.col("customer_id").is_null() & ~nw.col(OF_LEAD).is_null())
    of = known.group_by("customer_id").agg(nw.col(OF_LEAD).min().alias("_payments"))
    touches: collect.Frame = collect.frame(made.frames[TOUCHES]).join(of, on="customer_id", how="left")  # type: ignore[arg-type]
    made.frames[TOUCHES] = made.engine.held(touches.to_native())


def _recognised(touches: collect.Frame) -> collect.Frame:
    """*touches* of visitors under the name that they gave at any time; of two the first in order."""
    known = touches.filter(~nw.col("visitor_id").is_null() & ~nw.col(PERSON).is_null())
    names = known.group_by("visitor_id").agg(nw.col(PERSON).min().alias("_said"))
    joined = touches.join(names, on="visitor_id", how="left")  # type: ignore[arg-type]
    visitor = nw.concat_str([nw.lit("visitor:"), nw.col("visitor_id")])
    stranger = nw.when(~nw.col("visitor_id").is_null()).then(visitor)
    found: collect.Frame = joined.with_columns(person=nw.coalesce(PERSON, "_said", stranger)).drop("_said")
    return found


def _own(made: Build) -> Sequence[str]:
    """By which touches name persons where no leads are loaded: what deals or payments name them by comes first."""
    shared = [key for table in ("deals", "payments") if table in made.frames for key in _shared(made, table)]
    return tuple(dict.fromkeys((*shared, *_KEYS)))


def _shared(made: Build, table: str) -> Sequence[str]:
    """By which both touches and *table* name persons."""
    of_touches = made.present.get(TOUCHES, frozenset())
    return tuple(key for key in _KEYS if key in of_touches & made.present[table])


def _named(made: Build, table: str, keys: Sequence[str], *, placed: bool = False) -> Any:
    """The frame of *table* with a person by the first of *keys* that a row has; *placed*, else by where it stands."""
    frame = collect.frame(made.frames[table])
    names = collect.names(frame)
    if placed and {"source_file", "source_row"} <= {*names}:
        place = nw.concat_str([nw.col("source_file"), nw.col("source_row").cast(nw.String)], separator=":")
        frame = frame.with_columns(place.alias(_PLACE))
    pairs = [(key.removesuffix("_id"), key) for key in keys if key in names]
    pairs += [("row", _PLACE)] if placed and _PLACE in collect.names(frame) else []
    named = collect.frame(made.engine.named(frame.to_native(), pairs, PERSON))
    return named.drop([c for c in (_PLACE,) if c in collect.names(named)]).to_native()
