"""Leads with the same e-mail address, taken for one person where somebody asks for it.

The lead that was created first is kept. What the others say is not lost: the first day of each stage, how far
the person came, and whatever deals and activities name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.engines import Engine
from funnelkit.sources.together import Together
from funnelkit.tables import Note

Rows = Any
"""A narwhals frame, in memory or lazy: of one engine all are the same."""
_FIRST = (
    "mql_at", "sal_at", "sql_at", "opportunity_at", "customer_at", "first_response_at", "first_response_instant"
)  # fmt: skip
"""Days of which the first of all counts."""
_ANY = ("lead_id", "deal_id")
"""What the lead that is kept takes from the others where it has none."""
_FLAGS = ("converted", "converted_to_deal")
_STATUSES = ("lead", "mql", "sal", "sql", "opportunity", "customer")
"""From the least to the furthest; whoever was turned down is no further than a lead."""
_NAMED_IN = {"deals": ("lead_id", "contact_id"), "activities": ("lead_id",)}
"""Columns of other tables that name leads."""


def one_per_email(together: Mapping[str, Together], engine: Engine) -> dict[str, Together]:
    """*together* with one lead for each e-mail address, and the others by the leads that are kept."""
    leads = together.get("leads")
    if leads is None:
        return dict(together)
    if "email" not in leads.present:
        message = "--dedupe-emails changed nothing: no lead in these files has an e-mail address"
        return {**together, "leads": _noted(leads, "no_emails_of_leads", message)}
    rows: Rows = collect.frame(leads.frame)
    # The greatest number is that of the earliest.
    earliest = [c for c in ("created_at", "created_instant") if c in collect.names(rows)]
    rows = rows.with_columns(*((0 - nw.col(c)).alias(f"_early_{c}") for c in earliest))
    order = [*(f"_early_{c}" for c in earliest), *_ties(rows)]
    kept, dropped = engine.one_per_key(rows.to_native(), "email", order)
    if not dropped:
        message = "--dedupe-emails changed nothing: no two leads in these files have the same e-mail address"
        return {**together, "leads": _noted(leads, "changed_nothing", message)}
    merged = _merged(collect.frame(kept), rows, leads.present)
    held = engine.held(merged.drop([f"_early_{c}" for c in earliest]).to_native())
    count = sum(one.count for one in dropped.values())
    message = (
        f"Leads with the e-mail address of an earlier one: {count}. They are taken for the same person "
        "(--dedupe-emails), who was created when the first was and came as far as any of them"
    )
    found = _noted(leads, "same_email", message)
    done = {**together, "leads": replace(found, frame=held, same_email=dropped)}
    if "lead_id" in leads.present:
        names = _names(rows, collect.frame(held))
        for table in _NAMED_IN.keys() & done.keys():
            done[table] = _renamed(table, done[table], names, engine)
    return done


def _noted(leads: Together, code: str, message: str) -> Together:
    return replace(leads, notes=(*leads.notes, Note(code=code, message=message)))


def _ties(rows: Rows) -> list[str]:
    """What puts leads of one day in an order that does not hang on the files: first their ids, then all they hold."""
    own = ("email", "source_file", "source_row")
    rest = sorted(c for c in collect.names(rows) if c not in own and not c.startswith("_"))
    return [*(c for c in rest if c == "lead_id"), *(c for c in rest if c != "lead_id")]


def _merged(kept: Rows, rows: Rows, present: frozenset[str]) -> Rows:
    """*kept* with what all *rows* of each person say."""
    known = [c for c in (*_FIRST, *_ANY) if c in collect.names(rows)]
    flags = [c for c in _FLAGS if c in present]
    asked = rows.filter(~nw.col("email").is_null()).with_columns(
        *((nw.col(c) == "true").fill_null(False).cast(nw.Int64).alias(c) for c in flags),
        _rank=_rank() if "status" in present else nw.lit(0),
    )
    found = asked.group_by("email").agg(
        *(nw.col(c).min().alias(f"_all_{c}") for c in known),
        *(nw.col(c).max().alias(f"_all_{c}") for c in flags),
        nw.col("_rank").max().alias("_all_rank"),
    )
    whole = kept.join(found, on="email", how="left")
    made = [nw.coalesce(nw.col(f"_all_{c}"), nw.col(c)).alias(c) for c in known if c in _FIRST]
    made += [nw.coalesce(nw.col(c), nw.col(f"_all_{c}")).alias(c) for c in known if c in _ANY]
    made += [_any(c) for c in flags]
    if "status" in present:
        made.append(_furthest())
    return whole.with_columns(*made).drop([f"_all_{c}" for c in (*known, *flags, "rank")])


def _any(flag: str) -> nw.Expr:
    """A true *flag* where any lead of the person says so."""
    said = (nw.col(f"_all_{flag}") == 1).fill_null(False)
    return nw.when(said).then(nw.lit("true")).otherwise(nw.col(flag)).alias(flag)


def _rank() -> nw.Expr:
    """How far a status is."""
    rank = nw.lit(0)
    for place, status in enumerate(_STATUSES):
        rank = nw.when((nw.col("status") == status).fill_null(False)).then(nw.lit(place)).otherwise(rank)
    return rank


def _furthest() -> nw.Expr:
    """The status of the lead that is kept, or one that is further."""
    status, own = nw.col("status"), _rank()
    for place, further in enumerate(_STATUSES[1:], 1):
        reached = ((nw.col("_all_rank") == place) & (own < place)).fill_null(False)
        status = nw.when(reached).then(nw.lit(further)).otherwise(status)
    return status.alias("status")


def _names(rows: Rows, kept: Rows) -> Rows:
    """The id of each lead that is not kept, and that of the one in its place."""
    mine = kept.filter(~nw.col("email").is_null()).select("email", nw.col("lead_id").alias("_kept"))
    all_ = rows.filter(~nw.col("email").is_null() & ~nw.col("lead_id").is_null())
    pairs = all_.select("email", nw.col("lead_id").alias("_named")).join(mine, on="email", how="inner")
    return pairs.filter(nw.col("_named") != nw.col("_kept")).select("_named", "_kept")


def _renamed(table: str, one: Together, names: Rows, engine: Engine) -> Together:
    """*one* in which leads that are not kept are called by the id of the one in their place."""
    rows: Rows = collect.frame(one.frame)
    for column in (c for c in _NAMED_IN[table] if c in one.present):
        rows = rows.join(names, left_on=column, right_on="_named", how="left")
        rows = rows.with_columns(nw.coalesce(nw.col("_kept"), nw.col(column)).alias(column))
        rows = rows.drop([c for c in ("_kept", "_named") if c in collect.names(rows)])
    return replace(one, frame=engine.held(rows.to_native()))
