"""From export to table: every row accounted for, what cannot be decided told, outcomes from what the file has."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.errors import FunnelkitError, SourceError
from funnelkit.tables import TABLES
from tests.reading import aside, column, csv_text, load, noted, rows, sums, table

SPEND = "Day,Campaign,Cost,Clicks,Conversion value"


# Every row is accounted for

HEADERS = {
    "leads": ["Lead ID", "Email", "Created Date", "Lead Source", "MQL Date", "Score"],
    "deals": ["Deal ID", "Deal Stage", "Amount", "Create Date", "Close Date", "Currency"],
    "spend": ["Day", "Campaign", "Cost", "Clicks", "Impressions", "Conversions"],
    "emails": ["Send Date", "Campaign", "Delivered", "Unique Opens", "Unique Clicks", "Revenue"],
    "payments": ["Payment ID", "Customer Email", "Amount", "Paid at", "Currency", "Status"],
    "web": ["Date", "Source", "Medium", "Sessions", "Users", "Conversions"],
    "customers": ["Customer ID", "Email", "Total Spend", "Created", "Currency", "x"],
    "stage_history": ["Opportunity ID", "Stage", "Entered At", "x", "y", "z"],
    "activities": ["Lead ID", "Activity Date", "Activity Type", "Direction", "Assigned To", "x"],
    "touches": ["Lead ID", "Touch Date", "Channel", "Source", "Touch Type", "x"],
    "costs": ["Month", "Cost Type", "Amount", "Currency", "Channel", "x"],
    "quotas": ["Sales Rep", "Quarter", "Quota", "Currency", "Team", "x"],
    "social": ["Post date", "Post", "Impressions", "Reactions", "Comments", "Shares"],
    "search": ["Date", "Search query", "Clicks", "Impressions", "x", "y"],
}
WORDS = [
    "",
    "-",
    "Total",
    "Grand Total",
    "total: all",
    "x",
    "12",
    "1.5",
    "1,250.00",
    "2026-01-05",
    "13/02/2026",
]
WORDS += [
    "Closed Won",
    "lost",
    "EUR",
    "€ 5",
    "ada@lund.example",
    "a\nb",
    "1.20253E+17",
    "=1+1",
    "Copyright (c)",
]
cells = st.lists(st.sampled_from(WORDS), min_size=0, max_size=8)


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_rows_are_used_or_set_aside_and_never_lost(name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(cells, min_size=1, max_size=8))
    def holds(found: list[list[str]]) -> None:
        records = [row for row in found if row]
        try:
            loaded = load(csv_text([HEADERS[name], *records]), kind=name)
        except FunnelkitError:
            return
        lines = [line for one in loaded.aside for line in one.lines]
        used = [int(row["line"] or 0) for row in rows(loaded)]
        assert loaded.rows == loaded.used + len(lines) == len(records)
        assert len(used) == loaded.used
        assert len({*lines, *used}) == loaded.rows, "no line twice, none in both"
        assert all(one.reason and one.message for one in loaded.aside)

    holds()


def test_each_row_set_aside_has_its_line_and_reason() -> None:
    loaded = load(
        table(
            SPEND,
            "2026-01-05,A,10.50,1,",
            ",B,2.00,1,",
            "2026-01-07,C,many,1,",
            "2026-01-08,D,,1,",
            "soon,E,3.00,1,",
            ",,,,",
            "2026-01-09,F,1,2,3,4",
            "Total,,16.00,3,",
        )
    )
    found = {(one.reason, one.lines) for one in loaded.aside}
    assert found == {
        ("blank", (7,)),
        ("ragged", (8,)),
        ("total", (9,)),
        ("missing_value", (3,)),
        ("bad_value", (6,)),
        ("bad_value", (4,)),
    }
    assert column(loaded, "campaign") == ["A", "D"]
    assert column(loaded, "cost") == ["10.50", None], "no cost is not a cost of 0"
    messages = [one.message for one in loaded.aside if one.reason == "bad_value"]
    assert "column 'Cost' (cost) cannot be read: 'many'" in messages


def test_a_cell_that_cannot_be_read_in_a_column_that_is_not_needed_counts_as_missing_and_is_told() -> None:
    loaded = load(
        table(SPEND, "2026-01-05,A,10.50,7 or 8,", "2026-01-06,B,2.00,3.5,1.25", "2026-01-07,C,1.00,4,2.25")
    )
    assert loaded.used == 3
    assert column(loaded, "clicks") == [None, None, "4"]
    (message,) = noted(loaded, "bad_cells")
    assert message == (
        "export.csv: 2 cells of column 'Clicks' cannot be read and count as missing (line 2: '7 or 8')"
    )


def test_leads_without_a_date_stay_in_use_and_those_with_a_broken_one_do_not() -> None:
    days = ["2026-01-05", "", "the 5th", "2026-01-06"]
    loaded = load(
        table("Lead ID,Email,Created Date", *(f"{n},u{n}@x.example,{day}" for n, day in enumerate(days)))
    )
    assert column(loaded, "created_at") == ["2026-01-05", None, "2026-01-06"]
    assert aside(loaded) == {"bad_value": 1}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_file_of_rows_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match=r"holds no rows that could be used|its values are no"):
        load(csv_text([HEADERS[name], ["-"] * 6, [""] * 6]), kind=name)


# What is needed, and what is not


def test_a_needed_column_that_holds_something_else_is_refused() -> None:
    with pytest.raises(SourceError, match=r"column 'Cost' \(cost\): its values are no numbers: 'free'"):
        load(table(SPEND, "2026-01-05,A,free,1,"), kind="spend", columns={"cost": "Cost"})
    with pytest.raises(SourceError, match=r"column 'Day' \(date\): its values are no dates: 'soon'"):
        load(table(SPEND, "soon,A,1,1,"), kind="spend", columns={"date": "Day"})


def test_several_columns_that_cannot_be_read_are_told_at_once() -> None:
    with pytest.raises(FunnelkitError) as caught:
        load(table("Day,Campaign,Cost", "03/04/2026,A,1.250"))
    assert "'03/04/2026' fits two readings" in str(caught.value)
    assert "'1.250' fits two readings" in str(caught.value)
    assert caught.value.exit_code == 3


def test_one_of_several_columns_that_do_is_enough() -> None:
    """A deals file needs an id, an amount or a date: with an id, a date in doubt is left out."""
    text = table("Deal ID,Deal Stage,Close Date", "1,Won,03/04/2026", "2,Lost,05/06/2026")
    loaded = load(text)
    assert column(loaded, "status") == ["won", "lost"]
    assert len(noted(loaded, "column_left_out")) == 1
    both = table("Day,Start date,Campaign,Cost", "03/04/2026,2026-04-03,A,5", "05/06/2026,2026-06-05,B,6")
    assert [row["start"] for row in rows(load(both))] == ["2026-04-03", "2026-06-05"]
    with pytest.raises(SourceError, match="'03/04/2026' fits two readings"):
        load(table("Deal Stage,Close Date", "Won,03/04/2026", "Lost,05/06/2026"), kind="deals")


def test_a_preset_may_need_columns_that_its_headers_do_not_show() -> None:
    with pytest.raises(
        SourceError, match="HubSpot deals, but without the columns that a funnel needs: Deal Stage"
    ) as e:
        load(table("Record ID,Deal Name,Amount,Deal owner", "1,A,5,Ada"))
    assert e.value.hint.startswith(
        "Add Deal Stage (or Is Closed Won) and Create Date and Close Date to the export"
    )
    loaded = load(table("Record ID,Deal name,Deal stage,Create date", "1,A,Closed won,2026-01-05"))
    assert column(loaded, "status") == ["won"], "headers are the same in any case"


def test_the_columns_of_the_configuration_win() -> None:
    text = table("Nr,Total,Amount,Phase,Done on", "1,10,99,Gewonnen!,2026-01-05", "2,20,98,Weg,2026-01-06")
    loaded = load(
        text,
        kind="deals",
        columns={"deal_id": "Nr", "amount": "Total", "status": "Phase", "closed_at": "Done on"},
        values={"status": {"won": ["Gewonnen!"], "lost": ["Weg"]}},
    )
    assert sums(loaded)["amount"] == 30
    assert column(loaded, "status") == ["won", "lost"]
    assert column(loaded, "closed_at") == ["2026-01-05", "2026-01-06"]


# Total rows


@pytest.mark.parametrize(
    "label",
    [
        "Total",
        "TOTAL",
        "Totals",
        "Grand total",
        "Subtotal",
        "Total: all",
        "Gesamt",
        "Total general",
        "Totaal",
    ],
)
@pytest.mark.parametrize("position", [0, 1])
def test_a_total_row_is_no_spend(label: str, position: int) -> None:
    total = ["", "", "30", ""]
    total[position] = label
    days = [["2026-01-05", "Total recall", "10", "1"], ["2026-01-06", "Recall total", "20", "1"]]
    loaded = load(csv_text([["Day", "Campaign", "Cost", "Clicks"], *days, total]))
    assert sums(loaded)["cost"] == 30
    assert aside(loaded) == {"total": 1}


def test_a_company_called_total_is_a_company() -> None:
    loaded = load(
        table(
            "Company,Stage,Amount,Close Date,Lead Source",
            "Total,Closed Won,100,2026-01-05,Total",
            "Brume,Closed Won,50,2026-01-06,Web",
            "Total,,150,,",
        )
    )
    assert sums(loaded)["amount"] == 150
    assert [one.lines for one in loaded.aside] == [(4,)]


def test_the_summary_row_of_meta_is_found_whatever_the_case_of_its_headers() -> None:
    text = table(
        "Account Name,Campaign Name,Day,Amount spent (USD),Impressions",
        ",,2026-01-05,30,5",
        "Lund,A,2026-01-05,10,2",
        "Lund,B,2026-01-05,20,3",
    )
    loaded = load(text)
    assert loaded.currency == "USD"
    assert sums(loaded)["cost"] == 30


def test_a_row_of_a_campaign_report_without_a_campaign_is_a_total() -> None:
    text = table(
        "Campaign report",
        "Impr.,Cost,Clicks,Conv. value,CTR,Avg. CPC,Budget,Campaign type,Campaign,Campaign status",
        "5,10.00,1,0,1%,1.00,9,Search,A,Enabled",
        "5,10.00,1,0,1%,1.00, --, --, --,Total: Campaigns",
    )
    assert sums(load(text))["cost"] == 10


# The days of a report

GOOGLE = "Campaign,Campaign type,Impr.,Cost"


@pytest.mark.parametrize(
    ("above", "first", "last"),
    [
        ('"March 27, 2026 - April 23, 2026"', "2026-03-27", "2026-04-23"),
        ("27 January 2026 - 23 February 2026", "2026-01-27", "2026-02-23"),
        ("9 de abril de 2025 - 21 de abril de 2025", "2025-04-09", "2025-04-21"),
    ],
)
def test_the_range_above_the_header_holds_for_every_row(above: str, first: str, last: str) -> None:
    loaded = load(table("Campaign report", above, GOOGLE, "A,Search,5,1.50", "B,Search,5,2.50"))
    assert [(row["start"], row["end"]) for row in rows(loaded)] == [(first, last)] * 2


def test_all_time_is_no_range() -> None:
    loaded = load(table("Campaign report", "All time", GOOGLE, "A,Search,5,1.50"))
    assert "start" not in loaded.present


def test_a_day_in_the_row_counts_more_than_the_range_above() -> None:
    text = table("Report", '"March 1, 2026 - March 31, 2026"', f"Day,{GOOGLE}", "2026-03-05,A,Search,5,1.50")
    assert [(r["start"], r["end"]) for r in rows(load(text))] == [("2026-03-05", "2026-03-05")]


@pytest.mark.parametrize(
    ("header", "cells", "days"),
    [
        ("Week", ["2026-01-26", "2026-02-02"], [("2026-01-26", "2026-02-01"), ("2026-02-02", "2026-02-08")]),
        ("Month", ["2026-01-01", "2024-02-01"], [("2026-01-01", "2026-01-31"), ("2024-02-01", "2024-02-29")]),
        ("Monat", ["2025-12-01"], [("2025-12-01", "2025-12-31")]),
    ],
)
def test_a_week_or_month_is_spread_over_its_days(
    header: str, cells: list[str], days: list[tuple[str, str]]
) -> None:
    found = load(table("Campaign report", f"{header},{GOOGLE}", *(f"{c},A,Search,5,1.50" for c in cells)))
    assert [(r["start"], r["end"]) for r in rows(found)] == days


def test_a_cell_may_hold_a_range_of_days() -> None:
    header = "Campaign name,Month,Reporting starts,Reporting ends,Amount spent (EUR),Impressions"
    months = ["2026-01-01 - 2026-01-31", "2026-02-01 - 2026-02-12"]
    loaded = load(table(header, *(f"A,{month},2026-01-01,2026-02-12,5,1" for month in months)))
    assert [(r["start"], r["end"]) for r in rows(loaded)] == [
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-12"),
    ]
    single = load(table(header, "A,2026-01-01,2026-01-01,2026-02-12,5,1"))
    assert [(r["start"], r["end"]) for r in rows(single)] == [("2026-01-01", "2026-01-31")]


def test_the_weeks_at_the_ends_of_a_report_are_cut_to_its_range() -> None:
    above = '"January 28, 2026 - February 5, 2026"'
    lines = ["2026-01-26,A,Search,5,1.50", "2026-02-02,A,Search,5,1.50"]
    found = load(table("Campaign report", above, f"Week,{GOOGLE}", *lines))
    assert [(r["start"], r["end"]) for r in rows(found)] == [
        ("2026-01-28", "2026-02-01"),
        ("2026-02-02", "2026-02-05"),
    ]


def test_a_start_without_an_end_is_a_day_unless_its_header_says_more() -> None:
    one = load(table("Start date,Campaign,Cost", "2026-01-05,A,5"))
    assert [(r["start"], r["end"]) for r in rows(one)] == [("2026-01-05", "2026-01-05")]
    week = load(table("Week start,Campaign,Cost", "2026-01-05,A,5"))
    assert [(r["start"], r["end"]) for r in rows(week)] == [("2026-01-05", "2026-01-11")]
    both = load(table("Week start,Week end,Campaign,Cost", "2026-01-05,2026-01-09,A,5"))
    assert [(r["start"], r["end"]) for r in rows(both)] == [("2026-01-05", "2026-01-09")]


# What became of a deal


def outcome(header: str, *lines: str) -> list[str | None]:
    """The status of each deal of a file."""
    return column(load(table(header, *lines), kind="deals"), "status")


def test_a_status_decides_before_anything_else() -> None:
    assert outcome(
        "Deal ID,Status,Stage,Won,Won time",
        "1,Won,Closed Lost,false,",
        "2,Lost,Closed Won,true,2026-01-05",
        "3,Open,Closed Won,true,",
    ) == ["won", "lost", "open"]


def test_a_flag_decides_before_the_stage() -> None:
    assert outcome(
        "Deal ID,Stage,Is Won,Is Closed",
        "1,Proposal,true,true",
        "2,Signed!,false,true",
        "3,Closed Won,false,false",
        "4,Proposal,false,false",
    ) == ["won", "lost", "won", "open"]


def test_a_won_flag_alone_knows_no_lost_deals() -> None:
    assert outcome("Deal ID,Is Won", "1,TRUE", "2,FALSE", "3,1", "4,") == ["won", "open", "won", "unknown"]


def test_the_stage_decides_where_nothing_stronger_is_there() -> None:
    assert outcome(
        "Deal ID,Stage",
        "1,Closed Won",
        "2,Closed Lost",
        "3,Negotiation",
        "4,Kick-off",
        "5,Lost to the one who won",
        "6,Abgeschlossen und gewonnen",
        "7,Abandoned",
        "8,",
    ) == ["won", "lost", "open", "open", "lost", "won", "other", "unknown"]


def test_a_filled_won_or_lost_date_alone_says_the_outcome() -> None:
    header = "Deal ID,Won time,Lost time"
    found = outcome(header, "1,2026-01-05,", "2,,2026-01-06", "3,,")
    assert found == ["won", "lost", "open"]
    assert outcome("Deal ID,Won date", "1,2026-01-05", "2,") == ["won", "unknown"]


def test_the_close_date_of_an_open_deal_is_an_expectation() -> None:
    loaded = load(
        table(
            "Deal ID,Deal Stage,Close Date,Won time,Lost time",
            "1,Closed Won,2026-01-05,2026-01-04,",
            "2,Proposal,2026-06-30,,",
            "3,Closed Lost,,,2026-01-07",
        ),
        kind="deals",
    )
    assert column(loaded, "closed_at") == ["2026-01-05", None, "2026-01-07"]
    assert column(loaded, "expected_close_at") == [None, "2026-06-30", None]


def test_the_words_of_the_user_name_an_outcome() -> None:
    found = load(
        table("Deal ID,Stage", "1,Live", "2,Gone", "3,Proposal"),
        kind="deals",
        values={"status": {"won": ["live"], "lost": ["GONE"]}},
    )
    assert column(found, "status") == ["won", "lost", "open"]


def test_a_deals_file_without_any_outcome_says_unknown() -> None:
    loaded = load("Id,AccountId,Amount,Date\n1,2,5.00,2026-01-05\n", "Opportunity.csv")
    assert column(loaded, "status") == ["unknown"]
    assert "status" not in loaded.present


def test_the_stage_of_a_lead_says_how_far_it_came() -> None:
    loaded = load(
        table(
            "Lead ID,Email,Created Date,Lifecycle Stage,Lead Status",
            "1,a@x.example,2026-01-05,Marketing Qualified Lead,New",
            "2,b@x.example,2026-01-05,,Unqualified",
            "3,c@x.example,2026-01-05,Our own word,Connected",
            "4,d@x.example,2026-01-05,Customer,",
        )
    )
    assert column(loaded, "status") == ["mql", "rejected", "lead", "customer"]
    assert column(loaded, "stage") == ["Marketing Qualified Lead", None, "Our own word", "Customer"]
