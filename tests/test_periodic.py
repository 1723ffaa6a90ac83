"""Date columns without single days: read where something says which days they mean, else refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.errors import SourceError
from funnelkit.sources.deciding import periodic
from funnelkit.sources.preamble import above
from tests.reading import column, csv_text, load, table

if TYPE_CHECKING:
    from collections.abc import Callable

GA = "# ----\n# Sessions\n# ----\n#\n# Start date: 20240103\n# End date: 20240123\n"
HEADER = "Session primary channel group (Default Channel Group),Sessions"


def read(text: str) -> list[tuple[str | None, str | None]]:
    """First and last day of each row of an export."""
    loaded = load(text)
    return list(zip(column(loaded, "start"), column(loaded, "end"), strict=True))


@pytest.mark.parametrize(
    ("header", "cells", "days"),
    [
        ("Month", ["2024-01", "2024-02"], [("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29")]),
        ("Monat", ["Januar 2024", "März 2024"], [("2024-01-01", "2024-01-31"), ("2024-03-01", "2024-03-31")]),
        ("Month", ["202401", "202412"], [("2024-01-01", "2024-01-31"), ("2024-12-01", "2024-12-31")]),
        ("Quarter", ["Q1-2024", "Q4-2024"], [("2024-01-01", "2024-03-31"), ("2024-10-01", "2024-12-31")]),
        ("Week", ["2024-W05", "2024-W06"], [("2024-01-29", "2024-02-04"), ("2024-02-05", "2024-02-11")]),
        (
            "Month",
            ["2024-10-01 - 2024-10-30", "2024-11-01 - 2024-11-30"],
            [("2024-10-01", "2024-10-30"), ("2024-11-01", "2024-11-30")],
        ),
        ("Date", ["Jan 2024", "Feb 2024"], [("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29")]),
        (
            "Date",
            ["01/02/2024 - 15/02/2024", "16/02/2024 - 29/02/2024"],
            [("2024-02-01", "2024-02-15"), ("2024-02-16", "2024-02-29")],
        ),
    ],
)
def test_a_cell_of_several_days_covers_them_all(header: str, cells: list[str], days: object) -> None:
    assert read(csv_text([[header, "Campaign", "Cost"], *([cell, "A", "5.25"] for cell in cells)])) == days


def test_a_total_row_does_not_hide_what_the_cells_are() -> None:
    assert read(table("Month,Campaign,Cost", "2024-01,A,5", "Total,,5")) == [("2024-01-01", "2024-01-31")]


def test_a_month_is_cut_to_the_days_of_the_report() -> None:
    rows = table("Month,Campaign,Cost", "2024-01,A,5", "2024-02,A,6")
    assert read("# Start date: 20240110\n# End date: 20240205\n" + rows) == [
        ("2024-01-10", "2024-01-31"),
        ("2024-02-01", "2024-02-05"),
    ]


def test_ranges_that_fit_two_orders_are_refused() -> None:
    with pytest.raises(SourceError, match="'01/02/2024 - 03/04/2024' fits two readings") as caught:
        load(csv_text([["Month", "Campaign", "Cost"], ["01/02/2024 - 03/04/2024", "A", "5"]]))
    assert "--date-order dmy or mdy" in caught.value.hint


# Numbers


def test_days_and_weeks_count_from_the_first_day_of_the_report() -> None:
    assert read(GA + table(f"Nth day,{HEADER}", "0000,Direct,5", "0020,Email,7")) == [
        ("2024-01-03", "2024-01-03"),
        ("2024-01-23", "2024-01-23"),
    ]
    assert read(GA + table(f"Nth week,{HEADER}", "0000,Direct,5", "0002,Email,7")) == [
        ("2024-01-03", "2024-01-09"),
        ("2024-01-17", "2024-01-23"),
    ]


def test_a_day_after_the_last_one_is_refused() -> None:
    with pytest.raises(SourceError, match="after the report's last day, 2024-01-23"):
        load(GA + table(f"Nth day,{HEADER}", "0000,Direct,5", "0021,Email,7"))


def test_a_count_without_a_first_day_is_refused() -> None:
    with pytest.raises(SourceError, match="first day of the report, which is not above the header"):
        load("# ----\n# Sessions\n" + table(f"Nth day,{HEADER}", "0000,Direct,5"))


def test_weeks_without_a_year_need_a_report_within_one() -> None:
    weeks = table(f"Week,{HEADER}", "1,Direct,5", "4,Email,7")
    assert read(GA + weeks) == [("2024-01-03", "2024-01-06"), ("2024-01-21", "2024-01-23")]
    for start, end in (("20231220", "20240123"), ("20240301", "20240401")):
        with pytest.raises(SourceError, match="a week without a year"):
            load(GA.replace("20240103", start).replace("20240123", end) + weeks)


def test_weeks_of_another_tool_have_another_first_day() -> None:
    days = above(["Report", "January 1, 2024 - January 31, 2024"])
    found = periodic.numbered(["1", "4"], None, "Week", days)
    assert found is not None
    assert found[0] is None
    assert "depends on the tool" in found[1]


def test_the_numbers_of_a_spreadsheet_are_days_where_the_header_says_date() -> None:
    loaded = load(
        table("Lead ID,Email,Created Date", "1,a@x.example,44197", "2,b@x.example,44198.75", "3,c@x.example,")
    )
    assert column(loaded, "created_at") == ["2021-01-01", "2021-01-02", None]
    evidence = next(d.evidence for d in loaded.decisions if d.target == "created_at")
    assert evidence == "days as a spreadsheet numbers them: '44197' is 2021-01-01"


@pytest.mark.parametrize(
    "cells",
    [["44197", "12"], ["44197", "99999"], ["44197", "1.5"], ["12345", "12346"], ["44197", "2021-01-01"]],
)
def test_other_numbers_are_no_days(cells: list[str]) -> None:
    assert periodic.serial(cells) is None


SHAPES: dict[str, Callable[[date], tuple[str, date]]] = {
    "Month": lambda d: (d.strftime("%Y-%m"), d.replace(day=1)),
    "Week": lambda d: (d.strftime("%G-W%V"), d - timedelta(days=d.isoweekday() - 1)),
    "Quarter": lambda d: (
        f"Q{(d.month + 2) // 3}-{d.year}",
        d.replace(month=(d.month - 1) // 3 * 3 + 1, day=1),
    ),
}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.dates(date(2001, 1, 8), date(2060, 1, 1)), min_size=1, max_size=8),
    st.sampled_from(sorted(SHAPES)),
)
def test_every_period_reads_back(days: list[date], header: str) -> None:
    written = [SHAPES[header](day) for day in days]
    found = read(csv_text([[header, "Campaign", "Cost"], *([text, "A", "5.25"] for text, _ in written)]))
    assert [start for start, _ in found] == [first.isoformat() for _, first in written]
    assert all(
        str(start) <= day.isoformat() <= str(end) for (start, end), day in zip(found, days, strict=True)
    )


def test_the_days_of_a_report_weigh_more_than_its_month() -> None:
    assert read(table("Date,Start,End,Campaign,Cost", "2024-01,2024-01-05,2024-01-07,A,5.25")) == [
        ("2024-01-05", "2024-01-07")
    ]


def test_seconds_and_milliseconds_since_1970_are_moments_in_utc() -> None:
    for cells in (("1767607200", "1767655800"), ("1767607200000", "1767655800000")):
        text = table(
            "id,email,created_at,source", *(f"{n},u{n}@x.example,{c},google" for n, c in enumerate(cells))
        )
        assert column(load(text), "created_at") == ["2026-01-05", "2026-01-05"]
        # 23:30 in London is the next day in Berlin.
        assert column(load(text, zone="Europe/Berlin"), "created_at") == ["2026-01-05", "2026-01-06"]


@pytest.mark.parametrize(
    "cells", [("1767607200", "17676072"), ("1767607200", "1767607200000"), ("9767607200",)]
)
def test_other_long_numbers_are_no_moments(cells: tuple[str, ...]) -> None:
    text = table(
        "id,email,created_at,source", *(f"{n},u{n}@x.example,{c},google" for n, c in enumerate(cells))
    )
    with pytest.raises(SourceError, match=f"column 'created_at'.*{cells[0]}"):
        load(text)


@pytest.mark.parametrize("header", ["Month", "Date"])
def test_a_short_month_with_a_year_covers_its_days(header: str) -> None:
    text = table(f"{header},Channel,Spend", "Jan-26,Google Ads,100.50", "Feb-26,Google Ads,50.25")
    loaded = load(text)
    assert column(loaded, "start") == ["2026-01-01", "2026-02-01"]
    assert column(loaded, "end") == ["2026-01-31", "2026-02-28"]


def test_days_without_a_year_are_not_taken_for_months() -> None:
    with pytest.raises(SourceError, match="column 'Date'"):
        load(table("Date,Channel,Spend", "Jan-05,Google Ads,1.00", "Jan-12,Google Ads,2.00"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (table("Month,Channel,Spend", "January,Google Ads,1.00"), "column 'Month' .*'January' is a month without a year"),
        (table("Lead ID,Email,Created,Source", "1,a@x.example,Jan-26,google"), "column 'Created' .*'Jan-26' is more than one day"),
        (table("Date,Channel,Cost", "soon,Google Ads,1.00"), "column 'Date' .*no dates: 'soon'"),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_read_are_told_by_their_column(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        load(text)


def test_a_date_column_that_cannot_be_read_is_left_out_by_name() -> None:
    text = table(
        "Deal ID,Deal stage,Amount,Created date,Close date",
        "1,Closed Won,100.00,week 3 of 2026,2026-01-03",
        "2,Closed Lost,200.00,week 4 of 2026,2026-01-09",
    )
    loaded = load(text)
    assert any("'Created date' (created_at)" in note.message for note in loaded.notes)
    assert [d.header for d in loaded.decisions if d.style is None] == ["Created date"]
