"""The report's today.

Without this a mistyped year makes every open deal decades old, or the report of last month knows what
happened since.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from funnelkit.linking import asof
from funnelkit.periods import day_number
from tests.linked import column, link, rows, table

LEADS = [{"lead_id": name, "created_at": n, "channel": name} for n, name in enumerate("abcd", start=10)]


def deal(**cells: Any) -> dict[str, Any]:
    return {
        "deal_id": "d",
        "lead_id": "a",
        "created_at": 12,
        "closed_at": 20,
        "status": "won",
        "amount": 5,
        **cells,
    }


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, columns in asof.EVENTS.items() for column in columns]
)
def test_today_is_the_last_day_on_which_something_happened(name: str, column: str) -> None:
    tables: dict[str, list[dict[str, Any]]] = {"leads": LEADS}
    tables[name] = [*tables.get(name, []), {column: 99}]

    assert link(**tables).as_of == 99


def test_expected_days_and_ad_spend_do_not_make_today() -> None:
    data = link(
        leads=LEADS,
        deals=[deal(), deal(deal_id="e", status="open", closed_at=None, expected_close_at=150)],
        spend=[{"start": 40, "end": 40, "cost": 1}],
        emails=[{"sent_at": 50}],
        web=[{"start": 60, "end": 60, "sessions": 1}],
    )

    assert data.as_of == 20


def test_where_nothing_else_has_a_day_today_is_that_of_the_ads() -> None:
    ads = [{"start": 40, "end": 46, "cost": 1}]

    assert link(spend=ads, emails=[{"sent_at": 50}]).as_of == 50
    assert link(leads=[{"lead_id": "a", "created_at": None}], spend=ads).as_of == 46


def test_files_without_a_single_date_count_but_have_no_today() -> None:
    assert not link(leads=[{"lead_id": "a"}]).dated
    stated = link(as_of=7, leads=[{"lead_id": "a"}])
    assert (stated.as_of, stated.dated) == (7, True)


@pytest.mark.parametrize(("last", "as_of"), [(20 + 180, 200), (20 + 181, 20)])
def test_a_day_more_than_180_days_beyond_all_others_is_none(last: int, as_of: int) -> None:
    data = link(leads=[*LEADS, {"lead_id": "z", "created_at": last}], deals=[deal()])

    assert data.as_of == as_of
    assert [note.code for note in data.notes] == ["date_beyond"] * (as_of == 20)


def test_the_note_says_where_such_days_stand() -> None:
    wrong, worse = (day_number(date(year, 1, 31)) for year in (2099, 2205))
    data = link(
        leads=[*LEADS, {"lead_id": "z", "created_at": wrong}],
        deals=[deal(), deal(deal_id="e", closed_at=worse), deal(deal_id="f", closed_at=worse)],
    )

    assert data.as_of == 20
    (note,) = data.notes
    assert note.message == (
        "Dates more than 180 days after all others are taken for typing errors and set aside: "
        "2099-01-31 (created_at of leads, leads.csv line 6), "
        "2205-01-31 (closed_at of deals, deals.csv line 3 and 1 more)"
    )


FAR = 40_000


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *[("leads", column) for column in asof.EVENTS["leads"]],
        *[("deals", column) for column in asof.EVENTS["deals"]],
        ("payments", "paid_at"),
        ("stage_history", "entered_at"),
    ],
)
def test_a_mistyped_day_disturbs_nothing_but_is_as_good_as_missing(name: str, column: str) -> None:
    tables: dict[str, list[dict[str, Any]]] = {
        "leads": [{**row, "mql_at": 15, "status": "mql"} for row in LEADS],
        "deals": [deal(), deal(deal_id="e", lead_id="b", closed_at=18)],
        "payments": [{"email": "a@a.example", "paid_at": 16, "amount": 1}],
        "stage_history": [{"deal_id": "d", "stage": "Call", "entered_at": 14}],
    }

    def linked(day: int | None) -> Any:
        return link(**{**tables, name: [*tables[name][:-1], {**tables[name][-1], column: day}]})

    far, none = linked(FAR), linked(None)
    assert far.as_of == none.as_of <= 20
    for each in (*tables, "customers"):
        assert rows(far, each) == rows(none, each)
    # Its row is used like any other.
    assert len(rows(far, name)) == len(tables[name])
    assert far.unmatched == {"deals": 0, "won deals": 0}


def test_a_won_deal_with_a_mistyped_day_stays_won() -> None:
    data = link(leads=LEADS, deals=[deal(), deal(deal_id="e", lead_id="b", closed_at=FAR)])

    assert column(data, "deals", "deal_id", "status") == {"d": "won", "e": "won"}
    assert column(data, "deals", "deal_id", "closed_at") == {"d": 20, "e": None}
    assert column(data, "leads", "lead_id", "has_won") == {"a": 1, "b": 1, "c": 0, "d": 0}


def test_a_given_today_is_taken_as_it_is() -> None:
    data = link(as_of=FAR, leads=LEADS, deals=[deal(), deal(deal_id="e", closed_at=FAR)])

    assert (data.as_of, data.notes) == (FAR, ())
    assert column(data, "deals", "deal_id", "closed_at") == {"d": 20, "e": FAR}


def test_an_earlier_today_does_not_know_what_came_later() -> None:
    data = link(
        as_of=13,
        leads=[*LEADS, {"lead_id": "e", "created_at": 14}, {"lead_id": "f", "created_at": None}],
        deals=[
            deal(closed_at=13),
            deal(deal_id="e", closed_at=14),
            deal(deal_id="f", closed_at=14, status="lost"),
            deal(deal_id="g", created_at=14, closed_at=15),
            deal(deal_id="h", created_at=None, closed_at=None),
            deal(deal_id="i", created_at=None, closed_at=None, status="unknown"),
        ],
        payments=[
            {"payment_id": str(d), "email": "a@a.example", "paid_at": d, "amount": 1} for d in (13, 14)
        ],
        stage_history=[{"deal_id": "d", "stage": "Call", "entered_at": d} for d in (13, 14)],
    )

    assert data.as_of == 13
    assert {row["lead_id"] for row in rows(data, "leads")} == {"a", "b", "c", "d", "f"}
    assert column(data, "deals", "deal_id", "status") == {
        "d": "won",
        "e": "open",
        "f": "open",
        "h": "won",
        "i": "unknown",
    }
    assert column(data, "deals", "deal_id", "closed_at") == {
        "d": 13,
        "e": None,
        "f": None,
        "h": None,
        "i": None,
    }
    assert [row["revenue"] for row in rows(data, "customers")] == [10]
    assert [row["payment_id"] for row in rows(data, "payments")] == ["13"]
    assert [row["entered_at"] for row in rows(data, "stage_history")] == [13]


def test_a_lead_that_was_converted_later_had_no_deal_yet() -> None:
    leads = [
        {"lead_id": "later", "created_at": 10, "opportunity_at": 14, "converted_to_deal": "true"},
        {"lead_id": "before", "created_at": 10, "opportunity_at": 12, "converted_to_deal": "true"},
    ]
    data = link(as_of=13, leads=leads)

    assert column(data, "leads", "lead_id", "has_deal") == {"later": 0, "before": 1}


def test_a_lead_that_moved_on_later_was_not_there_yet() -> None:
    stages = {"mql_at": 11, "customer_at": 14, "status": "customer", "converted": "true"}
    leads = [
        {"lead_id": "moved", "created_at": 10, **stages, "first_response_at": 11},
        {"lead_id": "stayed", "created_at": 10, **stages, "customer_at": 12, "first_response_at": 14},
        # Nothing says when this one became a customer.
        {"lead_id": "undated", "created_at": 10, "status": "customer", "converted": "true"},
    ]
    data = link(as_of=13, leads=leads)

    assert column(data, "leads", "lead_id", "status") == {
        "moved": None,
        "stayed": "customer",
        "undated": "customer",
    }
    assert column(data, "leads", "lead_id", "mql_at") == {"moved": 11, "stayed": 11, "undated": None}
    assert column(data, "leads", "lead_id", "customer_at") == {"moved": None, "stayed": 12, "undated": None}
    assert column(data, "leads", "lead_id", "first_response_at") == {
        "moved": 11,
        "stayed": None,
        "undated": None,
    }
    assert column(data, "leads", "lead_id", "has_won") == {"moved": 0, "stayed": 1, "undated": 1}


def test_only_days_that_a_file_has_are_looked_at() -> None:
    frames = {
        "leads": table("leads", [{"created_at": 3}]).frame,
        "deals": table("deals", [{"status": "won"}]).frame,
    }

    assert asof.find(frames) == (3, ())
    assert asof.find({}) == (None, ())
