"""Whose payments are: which lead a payment is of, and which customer of the deals; by which key, and how many.

Payments say nothing of where their customers came from, and take it from these. A customer is of one lead, the earliest
that any of their payments names, so that what they paid stands in one group of every breakdown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.dataset import Dataset, Match
from funnelkit.dimensions import BLANK, DIMENSIONS, NO_LEAD
from funnelkit.linking import dimensions, identity
from funnelkit.linking.building import Build
from funnelkit.linking.persons import OF_LEAD, PERSON
from funnelkit.plans import LinkKey
from funnelkit.tables import Note

LEAD_KEYS = (
    LinkKey(name="lead_id", lead="lead_id", deal="customer_id"),
    LinkKey(name="deal_id", lead="deal_id", deal="customer_id", several_leads=True),
    LinkKey(name="company_id", lead="company_id", deal="customer_id", several_leads=True),
    LinkKey(name="email", lead="email", deal="email", several_leads=True),
    LinkKey(name="company", lead="company", deal="company"),
)
"""By what a payment is of a lead, the strongest first: the customer id of a shop is often that of the lead in the CRM."""
_DEAL_KEYS = (
    ("deal_id", "customer_id"),
    ("lead_id", "customer_id"),
    ("company_id", "customer_id"),
    ("email", "email"),
    ("company", "company"),
)
"""The same for deals: their column, and that of payments."""
TABLE = "payments"
_CUSTOMER, _LEAD, _PAYER = "customer", "_lead", "_payer"


def of_leads(made: Build) -> None:
    """Give payments their customer, and where leads are loaded the lead that these were: its dimensions and person.

    To be asked while leads still have what they are linked by.
    """
    if not {"customer_id", "email", "company"} & made.present[TABLE]:
        return
    payments = made.engine.named(made.frames[TABLE], identity.CUSTOMER_KEYS, _CUSTOMER)
    if "leads" in made.frames:
        columns = sorted(made.wanted | {"created_at"})
        people, found, matched = made.engine.linked(made.frames["leads"], payments, LEAD_KEYS, columns)
        found = made.engine.held(found)
        matches = tuple(
            Match(source=TABLE, target="leads", by=k, matched=n) for k, n in matched(found).items()
        )
        made.matches = (*made.matches, *matches)
        if any(match.matched for match in matches):
            made.payers = people
            payments = made.engine.held(_of_earliest(made, found, people))
    made.frames[TABLE] = payments


def _of_earliest(made: Build, payments: Any, people: Any) -> Any:
    """*payments* with the dimensions, and the person, of the earliest lead of their customer among *people*."""
    named = ~nw.col(_CUSTOMER).is_null()
    earliest = nw.when(named).then(nw.col(_LEAD).min().over(_CUSTOMER)).otherwise(nw.col(_LEAD))
    rows = collect.frame(payments).with_columns(earliest.alias(_LEAD))
    rows = rows.drop([column for column in collect.names(rows) if column == "_by"])
    found = identity.flagged(rows)
    if PERSON in made.wanted:
        found = made.engine.looked_up(found, _LEAD, people, {OF_LEAD: PERSON})
    return _through(made, found, people, TABLE)


def _through(made: Build, frame: Any, people: Any, table: str) -> Any:
    """*frame* of *table* with the dimensions of its leads among *people*."""
    of_leads = made.present["leads"]
    frame, present = dimensions.through_leads(frame, frozenset(), people, of_leads, made.engine, made.wanted)
    made.present[table] |= present
    return dimensions.paid(frame, present, made.paid)


def customers(made: Build, found: Any) -> Any:
    """The customers *found* among payments, each with ``_lead``, in the dimensions of these leads."""
    made.present["customers"] = frozenset({_CUSTOMER, "first_won_at", "revenue"})
    if made.payers is None:
        none = identity.flag(nw.lit(False))
        return collect.frame(found).with_columns(is_paid=none, linked=none).to_native()
    return identity.flagged(_through(made, found, made.payers, "customers"))


def of_deals(made: Build) -> None:
    """Give payments what the deals know of their customers: what their leads do not say, and who sold."""
    told = [d for d in DIMENSIONS if d in made.present.get("customers", frozenset()) & made.wanted]
    if "deals" not in made.frames or _CUSTOMER not in collect.names(collect.frame(made.frames[TABLE])):
        return
    columns = [*told, *([PERSON] if _follows(made) else [])]
    found = _payers(made) if columns else None
    if found is None:
        return
    of_deals = collect.frame(made.frames["customers"]).select(
        nw.col(_CUSTOMER).alias(_PAYER), *(nw.col(c).alias(f"_deal_{c}") for c in columns)
    )
    rows: collect.Frame = found.join(of_deals, on=_PAYER, how="left")  # type: ignore[arg-type]
    known = collect.names(rows)
    merged = [_merged(d, "leads" in made.frames, d in known) for d in told]
    if PERSON in columns:
        people = [name for name in (OF_LEAD, f"_deal_{PERSON}") if name in known]
        merged.append(nw.coalesce(*people).alias(OF_LEAD))
    paid = ~nw.col(_PAYER).is_null()
    linked = [identity.flag(paid | (nw.col("linked") == 1) if "linked" in known else paid).alias("linked")]
    rows = rows.with_columns(*merged, *linked).drop([_PAYER, *(f"_deal_{c}" for c in columns)])
    made.present[TABLE] |= frozenset(told)
    made.frames[TABLE] = made.engine.held(dimensions.paid(rows.to_native(), made.present[TABLE], made.paid))


def _follows(made: Build) -> bool:
    """Whether somebody asks for persons, and leads are loaded whose persons those of deals are."""
    return PERSON in made.wanted and "leads" in made.frames


def _payers(made: Build) -> collect.Frame | None:
    """Payments with the customer of won deals that theirs is; None where no key finds any."""
    deals = made.engine.named(made.frames["deals"], identity.CUSTOMER_KEYS, _CUSTOMER)
    won = collect.frame(deals).filter((nw.col("status") == "won").fill_null(False))
    rows = collect.frame(made.frames[TABLE])
    of_deals, of_payments = collect.names(won), made.present[TABLE]
    found: list[str] = []
    for key, own in _DEAL_KEYS:
        if key not in of_deals or own not in of_payments:
            continue
        one = nw.col(_CUSTOMER)
        named = won.filter(~nw.col(key).is_null()).group_by(key).agg(one.min().alias(f"_by_{key}"), one.max())
        # A key that two customers have says nothing.
        sure = named.filter(nw.col(f"_by_{key}") == one).select(nw.col(key).alias(own), f"_by_{key}")
        rows = rows.join(sure, on=own, how="left")  # type: ignore[arg-type]
        found.append(f"_by_{key}")
    if not found:
        return None
    rows = collect.frame(made.engine.held(rows.with_columns(nw.coalesce(*found).alias(_PAYER)).to_native()))
    matches = tuple(_matches(rows, found))
    made.matches = (*made.matches, *matches)
    if not any(match.matched for match in matches):
        return None
    named_ = nw.when(~nw.col(_CUSTOMER).is_null()).then(nw.col(_PAYER).min().over(_CUSTOMER))
    return rows.drop(found).with_columns(nw.coalesce(named_, _PAYER).alias(_PAYER))


def _matches(rows: collect.Frame, found: list[str]) -> Iterator[Match]:
    """How many payments each key has *found*, that a stronger one had not."""
    for place, column in enumerate(found):
        first = ~nw.col(column).is_null()
        for stronger in found[:place]:
            first = first & nw.col(stronger).is_null()
        n = collect.count(rows.filter(first))
        yield Match(source=TABLE, target="deals", by=column.removeprefix("_by_"), matched=n)


def _merged(dimension: str, leads: bool, own: bool) -> nw.Expr:
    """The value of *dimension* for a payment: of its customer's deals, which have it of their lead, else of its own lead."""
    deal = nw.col(f"_deal_{dimension}")
    sure = nw.when(~deal.is_in([NO_LEAD, BLANK])).then(deal)
    said = [nw.when(nw.col(dimension) != NO_LEAD).then(nw.col(dimension))] if own else []
    # The literal stands last: on pandas one that stands first takes the first row's value everywhere.
    return nw.coalesce(sure, *said, deal, nw.lit(NO_LEAD if leads else BLANK)).alias(dimension)


def counted(made: Build) -> None:
    """Count the payments of customers whom neither a lead nor a deal knows."""
    if any(match.source == TABLE for match in made.matches):
        rows = collect.frame(made.frames[TABLE])
        linked = "linked" in collect.names(rows)
        alone = collect.count(rows.filter(nw.col("linked") == 0) if linked else rows)
        made.unmatched = {**(made.unmatched or {}), TABLE: alone}


def told(data: Dataset) -> Iterator[Note]:
    """How many payments of *data* are of a customer whom leads or deals know, and by which keys; nothing where none are loaded."""
    matches = [match for match in data.matches if match.source == TABLE]
    if not matches:
        return
    all_ = collect.count(collect.frame(data.frames[TABLE]))
    alone = data.unmatched.get(TABLE, 0)
    keys = ", ".join(f"{m.matched:,} to {m.target} by {m.by}" for m in matches if m.matched)
    message = f"Payments of customers whom leads or deals know: {all_ - alone:,} of {all_:,}{keys and f' ({keys})'}."
    if alone:
        message += f" Where the customers of the others came from nobody knows: {alone:,}."
    yield Note(code="payments_linked", message=message)
