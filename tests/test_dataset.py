"""The linked dataset of whichever tables are loaded.

Without this a report of one file fails, or counts customers that nobody spoke of.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.linked import column, link, rows, table

LEADS: list[dict[str, Any]] = [
    {"lead_id": "a", "created_at": 1, "channel": "paid_search"},
    {"lead_id": "b", "created_at": 2, "channel": None},
    {"lead_id": "c", "created_at": None, "channel": "email"},
]


def leads(column: str, *cells: Any) -> list[dict[str, Any]]:
    return [{**row, column: cell} for row, cell in zip(LEADS, cells, strict=True)]


@pytest.mark.parametrize(
    ("told", "won_at", "first_won_at"),
    [
        (leads("customer_at", None, 9, 8), {"a": None, "b": 9, "c": 8}, [8, 9]),
        (leads("converted", "false", "true", "true"), None, [2, None]),
        (leads("status", None, "customer", "customer"), None, [2, None]),
    ],
)
def test_leads_alone_say_who_became_a_customer(
    told: list[dict[str, Any]], won_at: dict[str, int | None] | None, first_won_at: list[int | None]
) -> None:
    data = link(leads=told)

    assert column(data, "leads", "lead_id", "has_won") == {"a": 0, "b": 1, "c": 1}
    assert column(data, "leads", "lead_id", "has_deal") == {"a": 0, "b": 0, "c": 0}
    assert ("won_at" in data.present["leads"]) == (won_at is not None)
    if won_at:
        assert column(data, "leads", "lead_id", "won_at") == won_at
    # Without a day of its own a customer counts on that of its lead.
    assert sorted((r["first_won_at"] for r in rows(data, "customers")), key=repr) == first_won_at
    assert [r["linked"] for r in rows(data, "customers")] == [1, 1]
    assert sorted(r["channel"] for r in rows(data, "customers")) == ["(blank)", "email"]
    assert {"has_won", "channel"} <= data.present["leads"]


def test_a_lead_that_was_converted_to_a_deal_is_no_customer_yet() -> None:
    data = link(leads=leads("converted_to_deal", "false", "true", None))

    assert column(data, "leads", "lead_id", "has_deal") == {"a": 0, "b": 1, "c": 0}
    assert column(data, "leads", "lead_id", "has_won") == {"a": 0, "b": 0, "c": 0}
    assert "customers" not in data.frames
    assert "has_deal" in data.present["leads"]
    assert not {"has_won", "won_at"} & data.present["leads"]


def test_with_deals_loaded_they_say_which_leads_have_one() -> None:
    told = leads("converted_to_deal", "true", "true", "false")
    data = link(leads=told, deals=[{"deal_id": "1", "lead_id": "c", "created_at": 3}])

    assert column(data, "leads", "lead_id", "has_deal") == {"a": 0, "b": 0, "c": 1}


def test_any_sign_makes_a_lead_a_customer_once() -> None:
    told = [
        {"lead_id": "a", "created_at": 1, "customer_at": 5, "converted": "true", "status": "customer"},
        {"lead_id": "b", "created_at": 1, "customer_at": None, "converted": "true", "status": "lead"},
        {"lead_id": "c", "created_at": 1, "customer_at": None, "converted": None, "status": "sql"},
    ]
    data = link(leads=told)

    assert column(data, "leads", "lead_id", "has_won") == {"a": 1, "b": 1, "c": 0}
    assert sorted(r["first_won_at"] for r in rows(data, "customers")) == [1, 5]


def test_leads_that_say_nothing_of_customers_make_none() -> None:
    data = link(leads=LEADS)

    assert "customers" not in data.frames
    assert not {"has_won", "won_at"} & data.present["leads"]
    assert (data.matches, dict(data.unmatched)) == ((), {})


def test_with_deals_loaded_leads_do_not_say_who_became_a_customer() -> None:
    data = link(
        leads=leads("customer_at", 3, 3, 3),
        deals=[{"lead_id": "b", "created_at": 3, "closed_at": 7, "status": "won"}],
    )

    assert column(data, "leads", "lead_id", "has_won") == {"a": 0, "b": 1, "c": 0}
    assert [r["first_won_at"] for r in rows(data, "customers")] == [7]


DEALS: list[dict[str, Any]] = [
    {"deal_id": "1", "company_id": "x", "created_at": 1, "closed_at": 5, "status": "won", "amount": 100},
    {"deal_id": "2", "company_id": "x", "created_at": 2, "closed_at": 4, "status": "won", "amount": 30},
    {"deal_id": "3", "company_id": None, "created_at": 2, "closed_at": 6, "status": "won", "amount": None},
    {"deal_id": "4", "company_id": "y", "created_at": 2, "closed_at": None, "status": "open", "amount": 9},
]


def test_deals_alone_make_customers_without_leads() -> None:
    data = link(deals=table("deals", DEALS, amount=2))

    found = [(r["first_won_at"], r["revenue"], r["linked"], r["is_paid"]) for r in rows(data, "customers")]
    assert found == [(4, 130, 0, 0), (6, 0, 0, 0)]
    assert data.scales["customers"] == {"revenue": 2}
    assert {"customer", "first_won_at", "revenue"} <= data.present["customers"]
    assert [r["linked"] for r in rows(data, "deals")] == [0, 0, 0, 0]
    assert (data.as_of, data.matches, dict(data.unmatched)) == (6, (), {})


def test_deals_with_nothing_but_an_outcome_are_enough() -> None:
    data = link(as_of=1, deals=[{"status": "won"}, {"status": "won"}, {"status": "unknown"}])

    assert len(rows(data, "customers")) == 2
    assert data.present["customers"] == {"customer"}
    assert "revenue" not in data.frames["customers"].columns


@pytest.mark.parametrize(("kind", "is_new"), [("new", 1), (None, 1), ("renewal", 0), ("expansion", 0)])
def test_new_business_is_new_or_blank(kind: str | None, is_new: int) -> None:
    other = {"deal_id": "2", "status": "open", "type": "new"}
    data = link(as_of=1, deals=[{"deal_id": "1", "status": "open", "type": kind}, other])

    assert column(data, "deals", "deal_id", "is_new") == {"1": is_new, "2": 1}
    assert column(link(deals=DEALS), "deals", "deal_id", "is_new") == dict.fromkeys("1234", 1)


def payment(day: int | None = 1, amount: int | None = 100, **cells: Any) -> dict[str, Any]:
    return {"customer_id": None, "email": None, "company": None, "paid_at": day, "amount": amount, **cells}


def payers(*payments: dict[str, Any], **scales: int) -> list[tuple[Any, ...]]:
    data = link(payments=table("payments", payments, **scales))
    return [(r["customer"], r["first_won_at"], r["revenue"]) for r in rows(data, "customers")]


def test_payments_alone_make_customers_by_id_then_mail_then_company() -> None:
    ann = "ann@acme.example"
    assert payers(
        payment(4, customer_id="1", email=ann, company="Acme"),
        payment(3, 20, customer_id="1"),
        payment(5, customer_id="2", email=ann, company="Acme"),
        payment(6, email=ann, company="Acme"),
        payment(7, 1, email=ann),
        payment(8, company="Acme"),
        # Whose payment this is nobody can tell.
        payment(9),
    ) == [
        ("customer:1", 3, 120),
        ("customer:2", 5, 100),
        (f"email:{ann}", 6, 101),
        ("name:Acme", 8, 100),
    ]


def test_refunds_lower_what_a_customer_paid() -> None:
    assert payers(
        payment(2, 100, customer_id="1", refunded=30),
        payment(1, 50, customer_id="1", refunded=50),
        payment(3, 10, customer_id="1", refunded=None),
        payment(2, 80, customer_id="2", refunded=80),
    ) == [("customer:1", 2, 80)]


def test_a_refund_in_a_row_of_its_own_counts_and_makes_no_customer() -> None:
    assert payers(
        payment(1, -40, customer_id="1"), payment(2, 100, customer_id="1"), payment(3, -5, customer_id="2")
    ) == [("customer:1", 2, 60)]


@pytest.mark.parametrize(("amount", "refunded"), [(2, 0), (0, 2), (3, 1), (2, 2)])
def test_amounts_and_refunds_of_different_decimals_are_brought_together(amount: int, refunded: int) -> None:
    paid = payment(1, 10 * 10**amount, customer_id="1", refunded=3 * 10**refunded)
    data = link(payments=table("payments", [paid], amount=amount, refunded=refunded))

    (customer,) = rows(data, "customers")
    assert customer["revenue"] == 7 * 10 ** data.scales["customers"]["revenue"]


def test_payments_of_nobody_make_no_customers() -> None:
    data = link(payments=[{"paid_at": 3, "amount": 5}])

    assert "customers" not in data.frames
    assert len(rows(data, "payments")) == 1


def test_beside_deals_payments_make_no_customers() -> None:
    data = link(deals=DEALS[:1], payments=[payment(9, customer_id="1")])

    assert [(r["customer"], r["revenue"]) for r in rows(data, "customers")] == [("company:x", 100)]
    assert data.as_of == 9


def test_nothing_is_lost_or_multiplied_by_linking() -> None:
    twice = [*LEADS, *LEADS]
    data = link(leads=twice, deals=[*DEALS, *DEALS], spend=[{"cost": 1, "channel": "email"}] * 3)

    assert (len(rows(data, "leads")), len(rows(data, "deals")), len(rows(data, "spend"))) == (6, 8, 3)
    assert [r["revenue"] for r in rows(data, "customers") if r["customer"] == "company:x"] == [260]
    for name in ("leads", "deals", "customers"):
        assert {"is_paid"} <= set(data.frames[name].columns)
    assert data.currency == "EUR"


def test_the_files_frames_are_left_as_they_were() -> None:
    given = {"leads": table("leads", LEADS), "deals": table("deals", DEALS)}
    before = {name: canonical.frame.copy() for name, canonical in given.items()}
    link(as_of=3, **given)

    for name, canonical in given.items():
        assert canonical.frame.equals(before[name])
