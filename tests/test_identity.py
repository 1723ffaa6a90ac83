"""Which lead, deal and customer are the same.

Without this one wrong link moves money from one channel to another. Each rule on its own, then all of them at once against a second calculation: plain Python over lists of
rows, written from the design and not from the code.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.linking.identity import company_domain
from tests.linked import column, link, rows

KEYS = {
    "lead_id": ({"lead_id": "a"}, {"lead_id": "a"}),
    "contact_id": ({"lead_id": "a"}, {"contact_id": "a"}),
    "deal_id": ({"deal_id": "a"}, {"deal_id": "a"}),
    "company_id": ({"company_id": "a"}, {"company_id": "a"}),
    "email": ({"email": "ann@acme.example"}, {"email": "ann@acme.example"}),
    "domain": ({"email": "ann@acme.example"}, {"domain": "acme.example"}),
    "company": ({"company": "Acme"}, {"company": "Acme"}),
}
"""What a lead and a deal have in common, the strongest key first."""


def lead(created_at: Any = 1, **cells: Any) -> dict[str, Any]:
    return {"created_at": created_at, **cells}


def won(closed_at: Any = 9, **cells: Any) -> dict[str, Any]:
    return {"created_at": 5, "closed_at": closed_at, "status": "won", **cells}


def lead_of(leads: list[dict[str, Any]], deals: list[dict[str, Any]]) -> list[str]:
    """For each deal the place of its lead in *leads*, as text, or (no lead); in the order of *deals*."""
    named = [{**row, "channel": str(i)} for i, row in enumerate(leads)]
    numbered = [{**row, "name": str(i)} for i, row in enumerate(deals)]
    found = column(link(leads=named, deals=numbered), "deals", "name", "channel")
    return [found[str(i)] for i in range(len(deals))]


def matches(leads: list[dict[str, Any]], deals: list[dict[str, Any]]) -> dict[str, int]:
    return {m.by: m.matched for m in link(leads=leads, deals=deals).matches if m.matched}


@pytest.mark.parametrize("key", KEYS)
def test_every_key_links_and_is_counted(key: str) -> None:
    mine, its = KEYS[key]
    leads, deals = (
        [lead(**dict.fromkeys(mine, "z")), lead(**mine)],
        [won(**its), won(**dict.fromkeys(its, "y"))],
    )

    assert lead_of(leads, deals) == ["1", "(no lead)"]
    assert matches(leads, deals) == {key: 1}


def test_a_stronger_key_wins_over_all_weaker_ones() -> None:
    # Every key of the deal leads to another lead; then the strongest is taken away, one after the other.
    leads = [
        lead(lead_id="0"),
        lead(lead_id="1"),
        lead(lead_id="2", deal_id="d"),
        lead(lead_id="3", company_id="c"),
        lead(lead_id="4", email="ann@acme.example"),
        lead(lead_id="5", email="bob@acme.example", domain="other.example"),
        lead(lead_id="6", company="Acme"),
    ]
    deal: dict[str, Any] = {"lead_id": "0", "contact_id": "1", "deal_id": "d", "company_id": "c"}
    deal |= {"email": "ann@acme.example", "domain": "other.example", "company": "Acme"}
    found = []
    for key in list(deal):
        found += lead_of(leads, [won(**deal)])
        deal[key] = None

    assert found == ["0", "1", "2", "3", "4", "5", "6"]
    assert lead_of(leads, [won(**deal)]) == ["(no lead)"]


def test_an_id_that_no_lead_has_gives_way_to_the_next_key() -> None:
    leads = [lead(lead_id="a", email="ann@acme.example")]
    deals = [won(lead_id="gone", email="ann@acme.example"), won(lead_id="a", email=None)]

    assert lead_of(leads, deals) == ["0", "0"]
    assert matches(leads, deals) == {"lead_id": 1, "email": 1}


def test_without_a_key_in_common_nothing_is_linked() -> None:
    data = link(leads=[lead(lead_id="a", channel="email")], deals=[won(name="Big one")])

    assert data.matches == ()
    assert data.unmatched == {"deals": 1, "won deals": 1}
    assert column(data, "deals", "name", "channel") == {"Big one": "(no lead)"}
    assert column(data, "leads", "lead_id", "has_won") == {"a": 0}


@pytest.mark.parametrize("key", ["lead_id", "company", "domain"])
def test_a_key_that_could_mean_two_leads_links_none(key: str) -> None:
    mine, its = KEYS[key]
    twins = [lead(**mine), lead(2, **mine)]
    if key == "domain":
        twins = [lead(email="bob@acme.example"), lead(email="cy@acme.example")]

    assert lead_of(twins, [won(**its)]) == ["(no lead)"]


@pytest.mark.parametrize("key", ["email", "deal_id", "company_id"])
def test_of_several_leads_of_one_person_or_deal_the_earliest_counts(key: str) -> None:
    mine, its = KEYS[key]

    assert lead_of([lead(7, **mine), lead(3, **mine), lead(None, **mine)], [won(**its)]) == ["1"]


@pytest.mark.parametrize("key", ["lead_id", "contact_id", "company_id", "email", "domain", "company"])
def test_several_deals_may_belong_to_one_lead(key: str) -> None:
    mine, its = KEYS[key]

    assert lead_of([lead(**mine)], [won(**its), won(8, **its)]) == ["0", "0"]


def test_a_company_with_several_leads_and_several_deals_links_none_of_them() -> None:
    leads = [lead(lead_id="a", company_id="c"), lead(lead_id="b", company_id="c")]

    assert lead_of(leads, [won(company_id="c"), won(8, company_id="c")]) == ["(no lead)", "(no lead)"]
    # That one of its deals is linked by its own id does not make the other one unique.
    linked = won(company_id="c", lead_id="b")
    assert lead_of(leads, [linked, won(8, company_id="c", lead_id=None)]) == ["1", "(no lead)"]


@pytest.mark.parametrize(
    "domain",
    [
        *(
            "gmail.com",
            "yahoo.com.vn",
            "hotmail.it",
            "outlook.com.br",
            "gmx.net",
            "web.de",
            "qq.com",
            "proton.me",
        ),
        *("example.com", "example.org", "example.net", "example.test", "shop.test"),
    ],
)
def test_free_mail_and_made_up_domains_link_nobody(domain: str) -> None:
    assert lead_of([lead(email=f"ann@{domain}")], [won(email=f"bob@{domain}")]) == ["(no lead)"]
    assert lead_of([lead(email=f"ann@{domain}")], [won(email=f"ann@{domain}")]) == ["0"]


@pytest.mark.parametrize(
    ("email", "domain", "expected"),
    [
        ("ann@acme.example", "", "acme.example"),
        ("", "WWW.Acme.example", "acme.example"),
        ("", "https://www.acme.example/contact?x=1", "acme.example"),
        ("", "http://acme.example:8080", "acme.example"),
        ("ann@acme.example", "other.example", "other.example"),
        # A page on somebody else's site, or a free address, does not hide what the other column says.
        ("ann@acme.example", "facebook.com/acme", "acme.example"),
        ("ann@gmail.com", "acme.example", "acme.example"),
        ("ann@live.acme.com", "", "live.acme.com"),
        ("", "", ""),
        ("nobody", "unknown", ""),
    ],
)
def test_a_company_is_known_by_its_web_address_or_mail(email: str, domain: str, expected: str) -> None:
    assert company_domain(email.rpartition("@")[2], domain) == expected


def test_what_is_linked_and_what_not_is_counted_by_key() -> None:
    data = link(
        leads=[lead(lead_id="a"), lead(lead_id="b", email="b@b.example")],
        deals=[
            won(lead_id="a"),
            won(lead_id="b"),
            won(email="b@b.example"),
            won(email="c@b.example"),
            won(email="d@d.example"),
            {**won(None, lead_id="z"), "status": "open"},
        ],
    )

    assert [(m.source, m.target, m.by, m.matched) for m in data.matches] == [
        ("deals", "leads", "lead_id", 2),
        ("deals", "leads", "email", 1),
        ("deals", "leads", "domain", 1),
    ]
    assert data.unmatched == {"deals": 2, "won deals": 1}


PERSON = {"lead_id": "a"}, {"lead_id": "b"}
CUSTOMER_KEYS = {
    "company_id": ({"company_id": "1"}, {"company_id": "2"}),
    "lead": PERSON,
    "email": ({"email": "ann@acme.example"}, {"email": "bob@acme.example"}),
    "company": ({"company": "Acme"}, {"company": "Zenith"}),
    "deal": ({"deal_id": "1"}, {"deal_id": "2"}),
}
"""For each thing that a customer is known by, the strongest first, two different customers."""


@pytest.mark.parametrize("key", CUSTOMER_KEYS)
def test_the_strongest_key_of_a_won_deal_says_who_the_customer_is(key: str) -> None:
    names = list(CUSTOMER_KEYS)
    weaker = names[names.index(key) + 1 :]
    this, other = CUSTOMER_KEYS[key]
    shared = {c: v for name in weaker for c, v in CUSTOMER_KEYS[name][0].items() if c != "deal_id"}

    def customers(*deals: dict[str, Any]) -> int:
        # Nothing but the lead id links to these leads.
        return len(rows(link(leads=[lead(lead_id="a"), lead(lead_id="b")], deals=deals), "customers"))

    # Whatever the weaker keys say, one value is one customer and two are two.
    assert customers(won(**shared, **this), won(**shared, **other)) == 2
    if key != "deal":
        assert customers(won(**this), won(**dict.fromkeys(shared), **this)) == 1
        assert customers(won(**this, name="x"), won(**this, name="y")) == 1


def test_a_domain_makes_no_customer() -> None:
    deals = [won(domain="acme.example", amount=1), won(domain="acme.example", amount=2)]

    assert [row["revenue"] for row in rows(link(deals=deals), "customers")] == [1, 2]


def test_a_customer_belongs_to_its_earliest_lead_and_to_that_leads_channel() -> None:
    data = link(
        leads=[lead(4, lead_id="late", channel="email"), lead(2, lead_id="early", channel="referral")],
        deals=[won(7, lead_id="late", company_id="c"), won(9, lead_id="early", company_id="c")],
    )

    (customer,) = rows(data, "customers")
    assert (customer["channel"], customer["first_won_at"], customer["linked"]) == ("referral", 7, 1)
    assert column(data, "leads", "lead_id", "has_won") == {"late": 0, "early": 1}
    assert column(data, "leads", "lead_id", "won_at") == {"late": None, "early": 7}
    assert column(data, "leads", "lead_id", "has_deal") == {"late": 1, "early": 1}


def test_renewals_make_no_customer_but_count_in_its_revenue() -> None:
    data = link(
        deals=[
            won(3, company_id="c", amount=100, type="new"),
            won(2, company_id="c", amount=20, type="renewal"),
            won(5, company_id="c", amount=7, type="expansion"),
            won(4, company_id="old", amount=50, type="renewal"),
            won(8, company_id="blank", amount=None, type=None),
            {**won(6, company_id="c", amount=999), "status": "lost"},
        ]
    )

    found = {(r["customer"], r["first_won_at"], r["revenue"]) for r in rows(data, "customers")}
    assert found == {("company:blank", 8, 0), ("company:c", 3, 127)}


def test_a_lead_with_several_customers_is_one_won_lead() -> None:
    data = link(
        leads=[lead(lead_id="a")],
        deals=[won(9, lead_id="a", company_id="1"), won(6, lead_id="a", company_id="2")],
    )

    assert [(r["has_won"], r["won_at"]) for r in rows(data, "leads")] == [(1, 6)]
    assert len(rows(data, "customers")) == 2


def test_a_lead_has_a_deal_also_where_another_lead_of_that_deal_came_first() -> None:
    leads = [
        lead(1, lead_id="a", deal_id="d"),
        lead(2, lead_id="b", deal_id="d"),
        lead(3, lead_id="c", deal_id="x"),
    ]
    data = link(leads=leads, deals=[won(deal_id="d")])

    assert column(data, "leads", "lead_id", "has_deal") == {"a": 1, "b": 1, "c": 0}
    assert column(data, "leads", "lead_id", "has_won") == {"a": 1, "b": 0, "c": 0}
    assert column(data, "leads", "lead_id", "deal_created_at") == {"a": 5, "b": None, "c": None}


# ---- the second calculation ----------------------------------------------------------------------


def host_of(row: dict[str, Any]) -> str | None:
    """Company domain: free mail providers and example.com/.org/.net/.test excluded."""
    hosts = [(row.get("domain") or "").removeprefix("www."), (row.get("email") or "").partition("@")[2]]
    return next((h for h in hosts if h and h not in ("gmail.com", "example.com", "tools.test")), None)


def first(found: list[dict[str, Any]], date: str, key: str) -> dict[str, Any]:
    """The earliest row; undated ones are last, and of one day the smaller id is first."""
    return min(found, key=lambda row: (row.get(date) is None, int(row.get(date) or 0), str(row[key])))


def same(row: dict[str, Any], its: str, others: list[dict[str, Any]], theirs: str) -> list[dict[str, Any]]:
    value = row.get(its)
    return [other for other in others if value is not None and other.get(theirs) == value]


def the_lead(deal: dict[str, Any], leads: list[dict[str, Any]], deals: list[dict[str, Any]]) -> Any:
    """Explicit id, then e-mail, then company domain, then exact company name, each only where unambiguous."""
    for key, its in (("lead_id", "lead_id"), ("contact_id", "lead_id")):
        if found := same(deal, key, leads, its):
            return found[0], key
    if found := same(deal, "deal_id", leads, "deal_id"):
        return first(found, "created_at", "lead_id"), "deal_id"
    found = same(deal, "company_id", leads, "company_id")
    if found and (len(found) == 1 or len(same(deal, "company_id", deals, "company_id")) == 1):
        return first(found, "created_at", "lead_id"), "company_id"
    if found := same(deal, "email", leads, "email"):
        return first(found, "created_at", "lead_id"), "email"
    for key in ("domain", "company"):
        found = same(deal, f"{key}_", leads, f"{key}_")
        if len(found) == 1:
            return found[0], key
    return None, None


def customer_of(deal: dict[str, Any]) -> tuple[str, Any]:
    """The first of company_id, linked lead, e-mail, company name, the deal itself; never a domain."""
    named = {"lead": deal["its"]["lead_id"] if deal["its"] else None, "company_id": deal.get("company_id")}
    for key in ("company_id", "lead", "email", "company"):
        if (value := named.get(key, deal.get(key))) is not None:
            return key, value
    return "deal", deal["deal_id"]


def customers_of(deals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A customer has won new business; all its won deals are its revenue, and its earliest lead owns it."""
    by_customer: dict[Any, list[dict[str, Any]]] = {}
    for deal in deals:
        if deal["status"] == "won":
            by_customer.setdefault(customer_of(deal), []).append(deal)
    found = []
    for theirs in by_customer.values():
        new = [deal for deal in theirs if deal.get("type") in (None, "new")]
        linked = [deal["its"] for deal in new if deal["its"]]
        dates = [deal["closed_at"] for deal in new if deal["closed_at"] is not None]
        one = {"won": min(dates, default=None), "revenue": sum(deal["amount"] or 0 for deal in theirs)}
        if new:
            found.append(one | {"lead": first(linked, "created_at", "lead_id") if linked else None})
    return found


def state_of(lead: dict[str, Any], deals: list[dict[str, Any]], customers: list[dict[str, Any]]) -> Any:
    """Whether *lead* has a deal, since when; whether it owns a customer, since when."""
    mine = [deal for deal in deals if deal["its"] is lead]
    own = [customer for customer in customers if customer["lead"] is lead]
    begun = [deal["created_at"] for deal in mine if deal.get("created_at") is not None]
    dates = [customer["won"] for customer in own if customer["won"] is not None]
    has_deal = bool(mine or same(lead, "deal_id", deals, "deal_id"))
    return has_deal, min(begun, default=None), bool(own), min(dates, default=None)


def reference(leads: list[dict[str, Any]], deals: list[dict[str, Any]]) -> dict[str, Any]:
    """What linking must find, from the rows alone."""
    for row in (*leads, *deals):
        row |= {"domain_": host_of(row), "company_": row.get("company")}
    for deal in deals:
        deal["its"], deal["by"] = the_lead(deal, leads, deals)
    customers = customers_of(deals)
    alone = [deal for deal in deals if deal["its"] is None]
    return {
        "matches": {key: n for key in KEYS if (n := sum(deal["by"] == key for deal in deals))},
        "unmatched": [len(alone), sum(deal["status"] == "won" for deal in alone)],
        "deals": {d["deal_id"]: d["its"]["channel"] if d["its"] else "(no lead)" for d in deals},
        "leads": {one["lead_id"]: state_of(one, deals, customers) for one in leads},
        "customers": sorted(
            (repr(c["won"]), c["revenue"], c["lead"]["channel"] if c["lead"] else "(no lead)")
            for c in customers
        ),
    }


def found_by_the_code(leads: list[dict[str, Any]], deals: list[dict[str, Any]]) -> dict[str, Any]:
    data = link(as_of=6, leads=leads, deals=deals)
    return {
        "matches": {m.by: m.matched for m in data.matches if m.matched},
        "unmatched": [data.unmatched["deals"], data.unmatched["won deals"]],
        "deals": column(data, "deals", "deal_id", "channel"),
        "leads": {
            row["lead_id"]: tuple(row[c] for c in ("has_deal", "deal_created_at", "has_won", "won_at"))
            for row in rows(data, "leads")
        },
        "customers": sorted(
            (repr(r["first_won_at"]), r["revenue"], r["channel"]) for r in rows(data, "customers")
        ),
    }


mails = st.sampled_from(["ann@acme.io", "bob@acme.io", "cy@gmail.com", "di@gmail.com", "ed@example.com"])
hosts = st.sampled_from(["acme.io", "www.acme.io", "zeta.io", "gmail.com", "tools.test"])
few = st.sampled_from("123")
day = st.integers(0, 6)
COMMON = {
    "company_id": few,
    "email": mails,
    "domain": hosts,
    "company": st.sampled_from(["Acme", "Zeta", "acme"]),
}


def maybe(cells: dict[str, st.SearchStrategy[Any]]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: st.none() | values for name, values in cells.items()}


lead_rows = st.fixed_dictionaries(maybe({"created_at": day, "deal_id": few, **COMMON}))
deal_rows = st.fixed_dictionaries(
    {
        **maybe(
            {
                "lead_id": few,
                "contact_id": few,
                **COMMON,
                "amount": st.integers(0, 9),
                "created_at": day,
                "closed_at": day,
            }
        ),
        "status": st.sampled_from(["won", "won", "won", "lost", "open"]),
        "type": st.sampled_from([None, "new", "renewal"]),
    }
)


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Leads and deals, of which some columns are in no file at all."""
    left_out = draw(st.sets(st.sampled_from(["deal_id", "lead_id", "contact_id", *COMMON])))
    leads = [
        {"lead_id": str(i), "channel": f"channel {i}", **row}
        for i, row in enumerate(draw(st.lists(lead_rows, min_size=1, max_size=6)))
    ]
    deals = [
        {"deal_id": str(i), **row} for i, row in enumerate(draw(st.lists(deal_rows, min_size=1, max_size=6)))
    ]

    def kept(row: dict[str, Any], key: str) -> dict[str, Any]:
        return {name: cell for name, cell in row.items() if name == key or name not in left_out}

    return [kept(row, "lead_id") for row in leads], [kept(row, "deal_id") for row in deals]


@settings(max_examples=40, deadline=None)
@given(company=companies(), seed=st.integers(0, 9))
def test_linking_agrees_with_plain_python_whatever_the_order_of_the_rows(company: Any, seed: int) -> None:
    leads, deals = company
    shuffled = [random.Random(seed).sample(table, len(table)) for table in company]
    found = found_by_the_code(leads, deals)

    assert found_by_the_code(*shuffled) == found
    assert found == reference(leads, deals)


@settings(max_examples=20, deadline=None)
@given(company=companies(), seed=st.integers(0, 9))
def test_the_order_of_rows_without_ids_does_not_matter(company: Any, seed: int) -> None:
    leads = [{**row, "lead_id": None, "channel": row["lead_id"]} for row in company[0]]
    deals = [{**row, "deal_id": None, "campaign": row["deal_id"], "closed_at": 3} for row in company[1]]
    one = link(as_of=6, leads=leads, deals=deals)
    other = link(
        as_of=6,
        leads=random.Random(seed).sample(leads, len(leads)),
        deals=random.Random(seed).sample(deals, len(deals)),
    )

    for name in ("leads", "deals", "customers"):
        assert rows(other, name) == rows(one, name)


def test_leads_that_say_customer_without_a_won_deal_are_counted_in_a_note() -> None:
    """Of three that say so a has a won deal, b a lost one and c none; d says nothing."""
    people = [lead(lead_id=key, status="customer") for key in "abc"] + [lead(lead_id="d", status="sql")]
    deals = [won(lead_id="a"), won(deal_id="e", lead_id="b", status="lost")]
    data = link(leads=people, deals=deals)
    assert column(data, "leads", "lead_id", "has_won") == {"a": 1, "b": 0, "c": 0, "d": 0}
    (told,) = (note.message for note in data.notes if note.code == "customers_without_deal")
    assert "of new business: 2." in told
    assert not [
        n for n in link(leads=people[:1], deals=deals[:1]).notes if n.code == "customers_without_deal"
    ]
