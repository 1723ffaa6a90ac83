"""Which lead, deal and customer are the same: by which key, and how many of each.

Facts are never multiplied: a deal belongs to at most one lead, a customer to the earliest lead
that any of its new-business wins belongs to. A key links only where it cannot mean two things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.dataset import Match
from funnelkit.engines import Engine
from funnelkit.plans import LinkKey

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


LEAD_KEYS = (
    LinkKey(name="lead_id", lead="lead_id", deal="lead_id"),
    LinkKey(name="contact_id", lead="lead_id", deal="contact_id"),
    LinkKey(name="deal_id", lead="deal_id", deal="deal_id", several_leads=True),
    LinkKey(name="company_id", lead="company_id", deal="company_id", one_side=True),
    LinkKey(name="email", lead="email", deal="email", several_leads=True),
    LinkKey(name="domain", lead="domain", deal="domain"),
    LinkKey(name="company", lead="company", deal="company"),
)
CUSTOMER_KEYS = (
    ("company", "company_id"),
    ("customer", "customer_id"),
    ("lead", "_lead"),
    ("email", "email"),
    ("name", "company"),
    ("deal", "_deal"),
)
"""What a customer is known by, the strongest first; never a domain, which may be a holding's."""


MAIL_HOST = "_mail_host"
"""What stands after the @ of an e-mail address: of millions of addresses there are few."""


def company_domain(_mail_host: str = "", domain: str = "") -> str:
    """The domain that stands for a company, or "" for none.

    >>> company_domain("Engines.example"), company_domain("gmail.com"), company_domain("", "www.engines.example")
    ('engines.example', '', 'engines.example')
    """
    return (_company(domain) if domain else "") or _company(_mail_host)


def mail_host() -> nw.Expr:
    """The host of the column email."""
    return nw.col("email").str.replace_all(r"^.*@", "").alias(MAIL_HOST)


@lru_cache(maxsize=65_536)
def _company(text: str) -> str:
    """The host name in *text*, a domain or the address of a web page, where it stands for a company."""
    bare = re.sub(r"^[a-z]+://", "", text.strip().lower())
    host = re.split(r"[/?#:\s]", bare)[0].removeprefix("www.").rstrip(".")
    known = host in FREE_MAIL or host in _NO_COMPANY or _PROVIDERS.fullmatch(host) is not None
    return "" if known or host.endswith(".test") or "." not in host else host


def link(
    leads: Any, deals: Any, engine: Engine, columns: Sequence[str]
) -> tuple[Any, Any, Callable[[Any], tuple[Match, ...]]]:
    """The people among *leads*, and numbered *deals* with their ``_lead`` (native frames).

    Also what tells of these deals, once they are worked out, what each key found. People are numbered in the order
    of their creation, so the smallest number is the earliest; they have *columns*.
    """
    people, linked, matched = engine.linked(leads, deals, LEAD_KEYS, columns)

    def matches(held: Any) -> tuple[Match, ...]:
        found = matched(held).items()
        return tuple(Match(source="deals", target="leads", by=k, matched=n) for k, n in found)

    return people, linked, matches


def numbered(deals: Any, engine: Engine) -> Any:
    """*deals* with ``_deal``, at least the won ones: the smallest number is the first that was closed."""
    return engine.numbered(deals, "_deal", "closed_at", "deal_id", only=("status", "won"))


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where *condition* holds, 0 elsewhere."""
    return condition.fill_null(False).cast(nw.Int64)


def flagged(frame: Any) -> Any:
    """*frame* with whether a lead was found for the row."""
    linked = flag(~nw.col("_lead").is_null())
    return collect.frame(frame).with_columns(linked=linked).to_native()
