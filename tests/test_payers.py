"""Payments take what their customers came by from leads and deals: who is meant is worked out by hand here, on every engine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from funnelkit.errors import UsageError
from funnelkit.pipeline import attributing
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.reporting import report
from funnelkit.pipeline.valuing import Wanted, ltv
from funnelkit.render import study as studies
from tests.linked import link, rows

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
LEADS = [
    # Two leads under one address: the first of them counts.
    ("L1", "ann@a.example", "2024-03-01", "email", "Jo"),
    ("L2", "ann@a.example", "2024-05-01", "referral", "Kim"),
    ("L3", "Bob@B.example", "2024-03-02", "paid_search", "Jo"),
    ("L4", "cy@c.example", "2024-03-03", "direct", "Kim"),
    ("L5", "dee@d.example", "2024-03-04", "paid_search", ""),
]
PAYMENTS = [
    # customer, e-mail, day, amount; the truth beside each.
    ("", "ann@a.example", "2024-06-01", "10.00"),  # L1
    ("", "ANN@A.example", "2024-07-01", "20.00"),  # L1, whose address is written otherwise
    ("", "bob@b.example", "2024-06-02", "30.00"),  # L3
    ("L4", "ann@a.example", "2024-06-03", "40.00"),  # L4: the id of a lead is stronger than an address
    ("C7", "cy@c.example", "2024-06-04", "50.00"),  # L1, since a customer is one lead, the earliest
    ("C7", "ann@a.example", "2024-06-08", "5.00"),  # L1
    ("C9", "zoe@z.example", "2024-06-05", "60.00"),  # nobody
    ("C8", "dee@d.example", "2024-06-06", "70.00"),  # L5
    ("C8", "", "2024-06-07", "80.00"),  # L5, as the same customer
]
TRUTH = {"email": (2, 85), "direct": (1, 40), "paid_search": (2, 180), "(no lead)": (1, 60)}
"""Customers and money by channel: ann@ (30) and C7 (55) are of L1, L4 (40) of L4, Bob (30) of L3, C8 (150) of L5, C9 (60) of nobody."""


def written(folder: Path, name: str, header: str, lines: Sequence[Sequence[str]]) -> str:
    path = folder / name
    path.write_text("\n".join([header, *(",".join(line) for line in lines)]) + "\n", "utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    payments = [(f"P{n}", *line, "EUR") for n, line in enumerate(PAYMENTS)]
    return [
        written(tmp_path, "leads.csv", "lead_id,email,created_at,source,owner", LEADS),
        written(tmp_path, "paid.csv", "payment_id,customer_id,email,paid_at,amount,currency", payments),
    ]


def _valued(files: list[str], engine: str, **asked: Any) -> dict[str, Any]:
    made = ltv(
        files, Options(no_config=True, engine=engine, as_of="2025-12-31", **asked), Wanted(model="historic")
    ).study
    found: dict[str, Any] = json.loads(studies.render(made, "json"))
    return found


def _table(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    (found,) = (table for table in document["tables"] if table["id"] == name)
    return list(found["rows"])


@ENGINES
def test_customers_are_worth_something_by_the_channel_of_their_lead(files: list[str], engine: str) -> None:
    document = _valued(files, engine, by=["channel"])

    groups = {row["channel"]: row["customers"]["value"] for row in _table(document, "groups")}
    assert groups == {channel: customers for channel, (customers, _) in TRUTH.items()}
    (note,) = (w["message"] for w in document["warnings"] if w["code"] == "payments_linked")
    # The second payment of C8 has no key of its own.
    assert note == (
        "Payments of customers whom leads or deals know: 8 of 9 (1 to leads by lead_id, 6 to leads by email). "
        "Where the customers of the others came from nobody knows: 1."
    )


@ENGINES
@pytest.mark.parametrize("channel", TRUTH)
def test_a_filter_keeps_the_customers_of_the_group(files: list[str], engine: str, channel: str) -> None:
    document = _valued(files, engine, where=[f"channel={channel}"])

    cohorts = _table(document, "cohorts")
    assert sum(row["customers"]["value"] for row in cohorts) == TRUTH[channel][0]


@ENGINES
def test_a_report_has_payments_and_new_customers_by_channel(files: list[str], engine: str) -> None:
    made = report(files, Options(no_config=True, engine=engine, by=("channel",)))

    assert made.breakdown is not None
    found = {row.key[0]: row.cells for row in made.breakdown.rows}
    assert {c: found[c]["customers_new"].value for c in TRUTH} == {c: n for c, (n, _) in TRUTH.items()}
    assert {c: found[c]["revenue_net"].value for c in TRUTH} == {c: m for c, (_, m) in TRUTH.items()}
    assert {cells["repeat_rate"].reason for cells in found.values()} == {"of_all_customers"}
    assert made.unmatched == {"payments": 1}
    assert [(m.target, m.by, m.matched) for m in made.matching] == [
        ("leads", "lead_id", 1),
        ("leads", "email", 6),
    ]


@ENGINES
def test_payments_are_given_to_the_channels_of_their_leads_where_no_touches_are_loaded(
    files: list[str], engine: str
) -> None:
    made = attributing.attribution(
        files, Options(no_config=True, engine=engine), said=attributing.Said(of="payment")
    )
    document = json.loads(studies.render(made, "json"))

    given = {row["channel"]: row for row in _table(document, "credit")}
    counts = Counter({"email": 4, "direct": 1, "paid_search": 3, "(no lead)": 1})
    assert {c: row["conversions"]["value"] for c, row in given.items() if c in counts} == counts
    assert given["email"]["value"]["value"] == 85
    assert given["paid_search"]["value"]["value"] == 180


@ENGINES
def test_touches_of_a_lead_lead_to_the_payments_of_its_customer(
    tmp_path: Path, files: list[str], engine: str
) -> None:
    """By the id of the lead, by the address of another payment, and by the customer."""
    lines = [
        ("L3", "", "2024-05-01", "display"),
        ("", "C8", "2024-05-02", "sms"),
        ("L1", "", "2024-05-03", "events"),
    ]
    touches = written(tmp_path, "touches.csv", "lead_id,customer_id,at,channel", lines)
    made = attributing.attribution(
        [*files, f"touches={touches}"],
        Options(no_config=True, engine=engine),
        said=attributing.Said(of="payment", window=365),
    )
    given = {
        row["channel"]: row["conversions"]["value"]
        for row in _table(json.loads(studies.render(made, "json")), "credit")
    }

    # Of one customer's payments the second has no touch of its own after the first.
    assert (given["display"], given["sms"], given["events"]) == (1, 1, 1)


@ENGINES
def test_what_only_deals_know_is_of_their_customers(tmp_path: Path, files: list[str], engine: str) -> None:
    """The owner who sold counts before that of the lead; one address is of two customers of deals, and says nothing."""
    deals = [
        ("D1", "zoe@z.example", "Z1", "2024-06-01", "won", "Max", "1"),
        ("D2", "bob@b.example", "", "2024-06-01", "won", "Max", "1"),
        ("D3", "dee@d.example", "E1", "2024-06-01", "won", "Max", "1"),
        ("D4", "dee@d.example", "E2", "2024-06-01", "won", "Max", "1"),
    ]
    path = written(tmp_path, "deals.csv", "deal_id,email,company_id,closed_at,status,owner,amount", deals)
    groups = {
        row["owner"]: row["customers"]["value"]
        for row in _table(_valued([*files, path], engine, by=["owner"]), "groups")
    }

    # Jo has the two customers of L1, Kim has L4; Max has sold to Bob and to Zoe; of Dee only her lead is known, which has no owner.
    assert groups == {"Jo": 2, "Kim": 1, "Max": 2, "(blank)": 1}


@ENGINES
def test_without_leads_deals_tell(tmp_path: Path, files: list[str], engine: str) -> None:
    deals = [
        ("D1", "C8", "2024-06-01", "won", "email", "1"),
        ("D2", "L4", "2024-06-01", "lost", "referral", "1"),
    ]
    path = written(tmp_path, "deals.csv", "deal_id,company_id,closed_at,status,source,amount", deals)
    groups = {
        row["channel"]: row["customers"]["value"]
        for row in _table(_valued([files[1], path], engine, by=["channel"]), "groups")
    }

    assert groups == {"email": 1, "(blank)": 5}


def test_where_nothing_links_it_is_said(tmp_path: Path, files: list[str]) -> None:
    others = [("L1", "2024-03-01", "email", "Jo")]
    path = written(tmp_path, "others.csv", "contact,created_at,source,owner", others)

    with pytest.raises(UsageError, match="customers cannot be told apart by channel"):
        _valued([f"leads={path}", files[1]], "pandas", by=["channel"])


def test_the_company_of_two_leads_is_the_earliest_of_them_by_its_id_and_nobody_by_its_name() -> None:
    leads = [
        {"lead_id": "1", "created_at": 2, "channel": "email", "company_id": "A", "company": "Acme"},
        {"lead_id": "2", "created_at": 1, "channel": "direct", "company_id": "A", "company": "Acme"},
        {"lead_id": "3", "created_at": 3, "channel": "sms", "company_id": "B", "company": "Bolt"},
    ]
    payments = [
        {"paid_at": 5, "amount": 1, "customer_id": "A"},
        {"paid_at": 6, "amount": 2, "company": "Acme"},
        {"paid_at": 7, "amount": 3, "company": "Bolt"},
    ]
    data = link(leads=leads, payments=payments)

    assert [
        (r["paid_at"], r["channel"]) for r in sorted(rows(data, "payments"), key=lambda r: r["paid_at"])
    ] == [
        (5, "direct"),
        (6, "(no lead)"),
        (7, "sms"),
    ]
    assert {r["customer"]: r["channel"] for r in rows(data, "customers")} == {
        "customer:A": "direct",
        "name:Acme": "(no lead)",
        "name:Bolt": "sms",
    }
