"""Which lead, deal and customer are the same: by which key, and how many of each.

Facts are never multiplied: a deal belongs to at most one lead, a customer to the earliest lead
that any of its new-business wins belongs to. A key links only where it cannot mean two things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit.tables import Match

FREE_MAIL = frozenset(
    "me.com mac.com web.de t-online.de freenet.de mail.ru pm.me orange.fr free.fr wanadoo.fr laposte.net libero.it "
    "virgilio.it uol.com.br bol.com.br terra.com.br qq.com 163.com 126.com fastmail.com naver.com comcast.net "
    "verizon.net att.net btinternet.com".split()
)
"""Domains that say nothing of a company, beside those of the providers with a domain per country."""
_PROVIDERS = re.compile(
    r"(gmail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|icloud|aol|gmx|proton|protonmail|yandex|zoho)"
    r"(\.[a-z]{2,3}){1,2}"
)
_NO_COMPANY = frozenset(
    "example.com example.org example.net facebook.com instagram.com linkedin.com twitter.com youtube.com".split()
)
"""Made-up addresses, and sites on which a company that has none of its own keeps a page."""


@dataclass(frozen=True, kw_only=True)
class _Key:
    name: str
    lead: str
    deal: str
    several_leads: bool = False
    """Several leads under one value are the same person or the same deal: the earliest counts."""
    one_side: bool = False
    """Links where either side is unique."""


_KEYS = (
    _Key(name="lead_id", lead="lead_id", deal="lead_id"),
    _Key(name="contact_id", lead="lead_id", deal="contact_id"),
    _Key(name="deal_id", lead="deal_id", deal="deal_id", several_leads=True),
    _Key(name="company_id", lead="company_id", deal="company_id", one_side=True),
    _Key(name="email", lead="email", deal="email", several_leads=True),
    _Key(name="domain", lead="domain", deal="domain"),
    _Key(name="company", lead="company", deal="company"),
)
_CUSTOMER_KEYS = (
    ("company", "company_id"),
    ("customer", "customer_id"),
    ("lead", "_lead"),
    ("email", "email"),
    ("name", "company"),
    ("deal", "_deal"),
)
"""What a customer is known by, the strongest first; never a domain, which may be a holding's."""


def company_domain(email: str = "", domain: str = "") -> str:
    """The domain that stands for a company, or "" for none.

    >>> company_domain("ada@Engines.example"), company_domain("ada@gmail.com"), company_domain("", "www.engines.example")
    ('engines.example', '', 'engines.example')
    """
    return (_company(domain) if domain else "") or _company(email.rpartition("@")[2])


@lru_cache(maxsize=65_536)
def _company(text: str) -> str:
    """The host name in *text*, a domain or the address of a web page, where it stands for a company."""
    bare = re.sub(r"^[a-z]+://", "", text.strip().lower())
    host = re.split(r"[/?#:\s]", bare)[0].removeprefix("www.").rstrip(".")
    known = host in FREE_MAIL or host in _NO_COMPANY or _PROVIDERS.fullmatch(host) is not None
    return "" if known or host.endswith(".test") or "." not in host else host


def link(leads: Any, deals: Any) -> tuple[Any, Any, tuple[Match, ...]]:
    """*leads* and *deals* (native frames) with ``_lead``; and what each key found.

    Leads are numbered in the order of their creation, so the smallest number is the earliest.
    """
    people = _numbered(nw.from_native(leads), "_lead", "created_at", "lead_id")
    rest = _numbered(nw.from_native(deals), "_deal", "closed_at", "deal_id")
    found = []
    matches = []
    still_open = rest.select("_deal")
    for key in _KEYS:
        if key.lead not in people.columns or key.deal not in rest.columns:
            continue
        # A key is judged by all deals, also those that a stronger key has linked already.
        pairs = _pairs(people, rest, key).join(still_open, on="_deal", how="semi")
        matches.append(Match(source="deals", target="leads", by=key.name, matched=len(pairs)))
        if len(pairs):
            found.append(pairs)
            still_open = still_open.join(pairs, on="_deal", how="anti")
    linked = rest.join(nw.concat(found), on="_deal", how="left") if found else _without_lead(rest)
    return people.to_native(), linked.to_native(), tuple(matches)


def alone(deals: Any) -> Any:
    """*deals* (a native frame) as `link` gives them, where there are no leads: ``_lead`` is missing."""
    return _without_lead(_numbered(nw.from_native(deals), "_deal", "closed_at", "deal_id")).to_native()


def _without_lead(deals: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    # A literal null of a whole-number type cannot be made on pandas.
    return deals.with_columns(_lead=nw.when(nw.col("_deal") < 0).then(nw.col("_deal")))


def _numbered(frame: nw.DataFrame[Any], name: str, date: str, key: str) -> nw.DataFrame[Any]:
    """*frame* with a number *name* in the order of *date*, whatever the order of its rows was."""
    order = [c for c in (date, key) if c in frame.columns]
    if key not in order or frame[key].is_null().any():
        # Without an id only the whole row tells two rows of one day apart.
        order += sorted(set(frame.columns) - {date, key, "source_file", "source_row"})
    numbered = frame.sort(*order, nulls_last=True).with_row_index(name)
    return numbered.with_columns(nw.col(name).cast(nw.Int64))


def _pairs(leads: nw.DataFrame[Any], deals: nw.DataFrame[Any], key: _Key) -> nw.DataFrame[Any]:
    """``_deal`` and ``_lead`` of the deals that *key* links."""
    known = leads.filter(~nw.col(key.lead).is_null()).select(nw.col(key.lead).alias("_key"), "_lead")
    per_key = known.group_by("_key").agg(nw.len().alias("_leads"), nw.col("_lead").min())
    asked = deals.filter(~nw.col(key.deal).is_null()).select(nw.col(key.deal).alias("_key"), "_deal")
    if key.one_side:
        counts = asked.group_by("_key").agg(nw.len().alias("_deals"))
        per_key = per_key.join(counts, on="_key", how="inner")
        per_key = per_key.filter((nw.col("_leads") == 1) | (nw.col("_deals") == 1))
    elif not key.several_leads:
        per_key = per_key.filter(nw.col("_leads") == 1)
    return asked.join(per_key, on="_key", how="inner").select("_deal", "_lead")


def customer_key(rows: Any) -> Any:
    """Deals or payments with ``customer``: the first key that the row has, missing where it has none."""
    frame = nw.from_native(rows)
    parts = [
        nw.concat_str([nw.lit(f"{name}:"), nw.col(column).cast(nw.String)])
        for name, column in _CUSTOMER_KEYS
        if column in frame.columns
    ]
    return frame.with_columns(customer=nw.coalesce(*parts)).to_native()


def customers(deals: Any) -> Any:
    """One row per customer: its first new-business win, its earliest lead, all its won money.

    Columns: customer, first_won_at (day), _lead, _first (the deal that made it), revenue.
    """
    frame = nw.from_native(deals)
    won = frame.filter(nw.col("status") == "won")
    aggregates = [nw.col("_lead").min()]
    if "closed_at" in frame.columns:
        aggregates.append(nw.col("closed_at").min().alias("first_won_at"))
    first = (
        won.filter(nw.col("is_new") == 1)
        .group_by("customer")
        .agg(*aggregates, nw.col("_deal").min().alias("_first"))
    )
    if "amount" in frame.columns:
        paid = won.with_columns(revenue=nw.col("amount").fill_null(0))
        first = first.join(paid.group_by("customer").agg(nw.col("revenue").sum()), on="customer", how="left")
    return first.sort("customer").to_native()


def owners_of_customers(leads: Any, found: Any, deals: Any) -> Any:
    """*leads* with has_deal, deal_created_at, has_won and won_at from what they are linked to."""
    won = nw.from_native(found)
    linked = nw.from_native(deals).filter(~nw.col("_lead").is_null())
    created = [nw.col("created_at").min().alias("deal_created_at")] if "created_at" in linked.columns else []
    per_lead = linked.group_by("_lead").agg(nw.len().alias("_deals"), *created)
    dated = [nw.col("first_won_at").min().alias("won_at")] if "first_won_at" in won.columns else []
    owned = won.filter(~nw.col("_lead").is_null()).group_by("_lead").agg(nw.len().alias("_customers"), *dated)
    # The small tables first: joining to the leads copies all of their columns. Who owns a customer has a deal.
    frame = nw.from_native(leads).join(per_lead.join(owned, on="_lead", how="left"), on="_lead", how="left")
    if "deal_id" in frame.columns:
        frame = _with_shared_deals(frame, nw.from_native(deals))
    else:
        frame = frame.with_columns(_shared=nw.lit(0))
    return frame.with_columns(
        has_deal=flag((nw.col("_deals").fill_null(0) + nw.col("_shared").fill_null(0)) > 0),
        has_won=flag(nw.col("_customers").fill_null(0) > 0),
    ).to_native()


def _with_shared_deals(frame: nw.DataFrame[Any], deals: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Mark every lead whose deal id is a deal that is loaded, not only the earliest of them."""
    if "deal_id" not in deals.columns:
        return frame.with_columns(_shared=nw.lit(0))
    known = (
        deals.filter(~nw.col("deal_id").is_null()).select("deal_id").unique().with_columns(_shared=nw.lit(1))
    )
    return frame.join(known, on="deal_id", how="left")


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where *condition* holds, 0 elsewhere."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)
