"""To which channel, owner and product a row belongs.

Without this the lines of a breakdown do not add up to the total, or one of them is somebody else's.
"""

from __future__ import annotations

from typing import Any

import pytest

from funnelkit.dimensions import DIMENSIONS
from funnelkit.tables import TABLES
from tests.linked import column, link, rows

ANN = {"lead_id": "a", "created_at": 1}


def deal(**cells: Any) -> dict[str, Any]:
    return {"lead_id": "a", "created_at": 2, "closed_at": 5, "status": "won", **cells}


def seen(dimension: str, leads: list[dict[str, Any]], *deals: dict[str, Any]) -> list[Any]:
    """*dimension* of each of *deals*, in their order."""
    named = [{**row, "name": str(i)} for i, row in enumerate(deals)]
    found = column(link(leads=leads, deals=named), "deals", "name", dimension)
    return [found[str(i)] for i in range(len(deals))]


HAVE = [(t, d) for t in ("leads", "deals", "spend") for d in DIMENSIONS if d in TABLES[t].columns]


@pytest.mark.parametrize(("table", "dimension"), HAVE)
def test_a_blank_is_named_and_what_no_file_has_stays_missing(table: str, dimension: str) -> None:
    needed: dict[str, Any] = {"cost": 1} if table == "spend" else {"created_at": 1, "status": "open"}
    data = link(as_of=1, **{table: [{**needed, dimension: cell} for cell in ("x", None)]})

    assert [row[dimension] for row in rows(data, table)] == ["(blank)", "x"]
    others = set(DIMENSIONS) - {dimension, "channel"}
    assert not others & data.present[table]
    assert not others & set(data.frames[table].columns)


def test_a_source_alone_gives_a_channel() -> None:
    data = link(leads=[{"created_at": 1, "source": "google"}])

    assert [(r["source"], r["channel"]) for r in rows(data, "leads")] == [("google", "(blank)")]
    assert {"source", "channel"} <= data.present["leads"]


@pytest.mark.parametrize("dimension", ["channel", "source", "medium", "campaign", "country", "segment"])
def test_a_deal_belongs_where_its_lead_does(dimension: str) -> None:
    leads = [{**ANN, dimension: "x"}, {**ANN, "lead_id": "b", dimension: None}]

    assert seen(dimension, leads, deal(), deal(lead_id="b"), deal(lead_id="z")) == [
        "x",
        "(blank)",
        "(no lead)",
    ]
    # What its own file says counts where there is no lead.
    own = [
        deal(**{dimension: "y"}),
        deal(lead_id="z", **{dimension: "y"}),
        deal(lead_id="z", **{dimension: None}),
    ]
    assert seen(dimension, leads, *own) == ["x", "y", "(blank)"]


def test_the_owner_of_a_deal_counts_before_the_owner_of_its_lead() -> None:
    leads = [{**ANN, "owner": "Mia"}, {**ANN, "lead_id": "b", "owner": None}]
    nobody = [deal(owner=None), deal(lead_id="b", owner=None), deal(lead_id="z", owner=None)]

    assert seen("owner", leads, deal(owner="Sue"), *nobody) == ["Sue", "Mia", "(blank)", "(blank)"]


def test_where_deals_have_no_owner_each_has_that_of_its_own_lead() -> None:
    leads = [{**ANN, "lead_id": name, "owner": name.upper()} for name in "abc"]

    assert seen("owner", leads, *(deal(lead_id=name) for name in "cabz")) == ["C", "A", "B", "(no lead)"]


def test_what_only_deals_have_stays_theirs() -> None:
    assert seen("product", [ANN], deal(product="x"), deal(product=None)) == ["x", "(blank)"]


def test_a_customer_has_the_channel_of_its_lead_and_the_owner_who_sold_first() -> None:
    leads = [
        {**ANN, "channel": "email", "owner": "Mia"},
        {**ANN, "lead_id": "b", "channel": "sms", "owner": "Max"},
    ]
    shared = {"company_id": "c", "channel": "direct"}
    first = deal(lead_id="b", closed_at=3, owner="Sue", **shared)
    data = link(leads=leads, deals=[first, deal(closed_at=4, owner="Tom", **shared)])

    assert [(r["channel"], r["owner"]) for r in rows(data, "customers")] == [("email", "Sue")]


def test_a_customer_whose_first_deal_has_no_lead_has_the_owner_of_its_lead() -> None:
    leads = [{**ANN, "channel": "email", "owner": "Mia"}]
    deals = [deal(lead_id="z", closed_at=3, company_id="c"), deal(closed_at=4, company_id="c")]

    assert [(r["channel"], r["owner"]) for r in rows(link(leads=leads, deals=deals), "customers")] == [
        ("email", "Mia")
    ]


def test_a_customer_without_a_lead_has_what_its_first_deal_says() -> None:
    deals = [
        {**deal(channel="sms", owner=None, company_id="c"), "lead_id": None, "closed_at": 3},
        {**deal(channel="email", owner="Tom", company_id="c"), "lead_id": None, "closed_at": 4},
    ]

    for tables in ({"deals": deals}, {"deals": deals, "leads": [ANN]}):
        (customer,) = rows(link(**tables), "customers")
        assert (customer["channel"], customer["owner"], customer["linked"]) == ("sms", "(blank)", 0)


def test_paid_is_what_came_through_a_paid_channel() -> None:
    data = link(
        leads=[{**ANN, "channel": "paid_search"}, {**ANN, "lead_id": "b", "channel": "email"}],
        deals=[deal(), deal(lead_id="b", channel="paid_search"), deal(lead_id="z", channel="paid_search")],
        spend=[{"cost": 1, "channel": "paid_search"}, {"cost": 1, "channel": None}],
        emails=[{"sent_at": 1}],
    )

    assert column(data, "leads", "lead_id", "is_paid") == {"a": 1, "b": 0}
    assert column(data, "deals", "lead_id", "is_paid") == {"a": 1, "b": 0, "z": 1}
    assert sorted(r["is_paid"] for r in rows(data, "customers")) == [0, 1, 1]
    assert column(data, "spend", "channel", "is_paid") == {"paid_search": 1, "(blank)": 0}
    assert [r["is_paid"] for r in rows(data, "emails")] == [0]


def test_a_deal_knows_the_day_of_its_lead() -> None:
    data = link(
        leads=[ANN, {"lead_id": "b", "created_at": None}],
        deals=[deal(), deal(lead_id="b"), deal(lead_id="z")],
    )

    assert column(data, "deals", "lead_id", "lead_created_at") == {"a": 1, "b": None, "z": None}
