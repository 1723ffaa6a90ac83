"""Day or month first: decided by evidence or not at all, since half of the dates fit both."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.errors import SourceError
from funnelkit.sources.deciding import dateorder
from tests.reading import aside, column, csv_text, load, noted, table

if TYPE_CHECKING:
    from funnelkit.styles import Order


def decided(*cells: str, **neighbours: set[Order]) -> dict[str, Order] | None:
    """The order of each separator in a column of *cells*; *neighbours* prove orders for ``slash`` and ``dash``."""
    signs = {"slash": "/", "dash": "-"}
    found = dateorder.scan(cells)
    return dateorder.settle(found, {signs[name]: orders for name, orders in neighbours.items()})[0]


@pytest.mark.parametrize(
    ("cells", "orders"),
    [
        (["03/04/2026", "13/04/2026"], {"/": "dmy"}),
        (["03/04/2026", "04/13/2026"], {"/": "mdy"}),
        (["03.04.2026 10:15", "31.12.2026 00:00"], {".": "dmy"}),
        (["05/05/2026", "01/01/2026"], {"/": "dmy"}),
        (["08-06-2020 15:38", "21-06-2020 09:00", "4/21/2020 19:28"], {"-": "dmy", "/": "mdy"}),
        (["2026-03-04", "2026-04-03"], {}),
        (["2026-03-04", "13/04/2026"], {"/": "dmy"}),
        (["Mar 4, 2026", ""], {}),
        (["3/4/26", "3/31/26"], {"/": "mdy"}),
    ],
)
def test_a_part_over_twelve_decides(cells: list[str], orders: dict[str, Order]) -> None:
    assert decided(*cells) == orders
    assert decided(*reversed(cells)) == orders


@pytest.mark.parametrize(
    "cells",
    [
        ["03/04/2026"],
        ["03/04/2026", "05/05/2026", "12/11/2026"],
        ["13/04/2026", "04/13/2026"],
        ["08-06-2020", "21-06-2020", "4/3/2020"],
        ["03/04/2026", "45/03/2026"],
        ["03/04/2026", "31/02/2026"],
        ["03/04/2026", "00/13/2026"],
        ["03/04/2026", "2026-01-01", "Mar 4, 2026"],
    ],
)
def test_without_evidence_nothing_is_decided(cells: list[str]) -> None:
    assert decided(*cells) is None
    assert decided(*reversed(cells)) is None


def test_other_columns_help_for_the_same_separator_where_they_agree() -> None:
    assert decided("03/04/2026", slash={"dmy"}) == {"/": "dmy"}
    assert decided("03/04/2026", slash={"mdy"}) == {"/": "mdy"}
    assert decided("03/04/2026", slash={"dmy", "mdy"}) is None
    assert decided("03/04/2026", dash={"dmy"}) is None


def test_a_few_slips_among_many_dates_do_not_undo_the_evidence() -> None:
    many = [
        f"{day:02}/{month:02}/{year}"
        for day in range(13, 29)
        for month in range(1, 13)
        for year in (2024, 2025)
    ]
    assert decided(*many, "04/13/2026", "04/14/2026") == {"/": "dmy"}
    assert decided(*many[:50], "04/13/2026") is None
    assert decided(*many, *(f"04/{day}/2026" for day in range(13, 20))) is None


@pytest.mark.parametrize("first", ["2026-02-30", "0000-00-00", "32 Jan 2026", "2026-13-45", "soon"])
def test_a_slip_in_the_first_row_does_not_hide_the_dates_below_it(first: str) -> None:
    text = table(
        "Lead ID,Email,Created Date",
        f"0,a@x.example,{first}",
        "1,b@x.example,2026-02-03",
        "2,c@x.example,2026-11-12",
    )
    loaded = load(text)
    assert column(loaded, "created_at") == ["2026-02-03", "2026-11-12"]
    assert aside(loaded) == {"bad_value": 1}


# In a file


def test_an_ambiguous_needed_date_is_refused_with_both_readings_and_the_way_out() -> None:
    text = table("Lead ID,Email,Created Date", "1,a@x.example,03/04/2026", "2,b@x.example,05/06/2026")
    words = r"export\.csv: column 'Created Date' \(created_at\): '03/04/2026' fits two readings"
    with pytest.raises(SourceError, match=words) as caught:
        load(text)
    hint = caught.value.hint
    assert hint.startswith(
        "'03/04/2026' is day 3 of month 4, or day 4 of month 3. Say which: --date-order dmy or mdy"
    )
    assert 'created_at: {from: Created Date, format: "%d/%m/%Y"}' in hint


@pytest.mark.parametrize(("order", "day"), [("dmy", "2026-04-03"), ("mdy", "2026-03-04")])
def test_the_user_settles_what_the_file_does_not(order: str, day: str) -> None:
    text = table("Lead ID,Email,Created Date", "1,a@x.example,03/04/2026")
    assert column(load(text, order=order), "created_at") == [day]
    pattern = "%d/%m/%Y" if order == "dmy" else "%m/%d/%Y"
    assert column(load(text, patterns={"created_at": pattern}), "created_at") == [day]


def test_an_ambiguous_date_that_is_not_needed_is_left_out_with_both_readings() -> None:
    text = table("Lead ID,Email,Created Date,MQL date", "1,a@x.example,2026-01-05,03/04/2026")
    loaded = load(text)
    assert "mql_at" not in loaded.present
    (message,) = noted(loaded, "column_left_out")
    assert "(mql_at): '03/04/2026' fits two readings; it is left out" in message
    assert "is day 3 of month 4, or day 4 of month 3" in message


def test_what_one_column_proves_holds_for_its_neighbours() -> None:
    text = table("Lead ID,Email,Created Date,MQL date", "1,a@x.example,03/04/2026,21/04/2026")
    assert column(load(text), "created_at") == ["2026-04-03"]


days = st.dates(date(2001, 1, 1), date(2060, 1, 1))


@given(
    st.lists(days, min_size=1, max_size=10),
    st.booleans(),
    st.sampled_from("/-."),
    st.sampled_from(["", " 09:30"]),
)
def test_a_decision_is_never_a_wrong_one(
    found: list[date], day_first: bool, separator: str, time: str
) -> None:
    cells = [
        separator.join(map(str, (d.day, d.month, d.year) if day_first else (d.month, d.day, d.year))) + time
        for d in found
    ]
    orders = decided(*cells)
    if any(d.day > 12 for d in found):
        assert orders == {separator: "dmy" if day_first else "mdy"}
    elif any(d.day != d.month for d in found):
        # No locale writes the month first with points.
        assert orders == ({".": "dmy"} if separator == "." else None)
    else:
        assert orders is not None


@settings(deadline=None)
@given(days, st.integers(1, 30), st.booleans())
def test_a_column_with_decisive_evidence_reads_back_exactly(start: date, count: int, day_first: bool) -> None:
    found = [start + timedelta(days=9 * n) for n in range(count)]
    shape = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    rows = [[str(n), f"u{n}@x.example", d.strftime(shape)] for n, d in enumerate(found)]
    try:
        loaded = load(csv_text([["Lead ID", "Email", "Created Date"], *rows]))
    except SourceError:
        assert all(d.day <= 12 for d in found)
        return
    assert column(loaded, "created_at") == [d.isoformat() for d in found]


# What else there is to go by


def test_the_days_of_the_report_settle_what_the_cells_leave_open() -> None:
    found = dateorder.scan(["10/1/2024", "10/2/2024"])
    october: tuple[date, date] = (date(2024, 10, 1), date(2024, 10, 29))
    orders, why = dateorder.settle(found, {}, windows={"dmy": october, "mdy": october})
    assert orders == {"/": "mdy"}
    assert why == "month first, since the report is about 2024-10-01 to 2024-10-29"
    year = (date(2024, 1, 1), date(2024, 12, 31))
    assert dateorder.settle(found, {}, windows={"dmy": year, "mdy": year})[0] is None
    march = (date(2024, 3, 1), date(2024, 3, 31))
    assert dateorder.settle(found, {}, windows={"dmy": march, "mdy": march})[0] is None


def test_the_way_of_a_tool_holds_unless_the_file_speaks_against_it() -> None:
    found = dateorder.scan(["03/04/2026"])
    assert dateorder.settle(found, {}, usual="mdy")[0] == {"/": "mdy"}
    assert dateorder.settle(found, {"/": {"dmy"}}, usual="mdy")[0] is None
    assert dateorder.settle(dateorder.scan(["03/04/2026", "13/04/2026"]), {}, usual="mdy")[0] == {"/": "dmy"}


SWAPPED = ["2026-02-03", "2026-05-03", "2026-06-03", "2026-07-03", "2026-11-03 10:00:00"]


def test_dates_that_a_spreadsheet_has_swapped_are_refused() -> None:
    """In a US Excel 03/02 becomes a date, the second of March; 13/02 stays the text that it was."""
    found = dateorder.scan([*SWAPPED, "13/02/2026", "28/02/2026"])
    orders, why = dateorder.settle(found, {})
    assert orders is None
    assert (
        why == "'2026-02-03' beside '13/02/2026': a spreadsheet seems to have swapped day and month in some"
    )
    text = table(
        "Lead ID,Email,Created Date",
        *(f"{n},u{n}@x.example,{d}" for n, d in enumerate([*SWAPPED, "13/02/2026"])),
    )
    with pytest.raises(SourceError, match="swapped day and month") as caught:
        load(text)
    assert "do not open it in a spreadsheet" in caught.value.hint


@pytest.mark.parametrize("more", [["2026-02-13"], ["03/02/2026"]])
def test_dates_of_two_shapes_are_not_swapped_where_one_of_them_shows_it(more: list[str]) -> None:
    assert decided(*SWAPPED, "13/02/2026", *more) == {"/": "dmy"}
    assert decided(*SWAPPED[:4], "13/02/2026") == {"/": "dmy"}


@given(st.lists(days, min_size=1, max_size=10), st.booleans(), st.integers(0, 60), st.integers(0, 60))
def test_the_days_of_the_report_never_settle_it_wrongly(
    found: list[date], day_first: bool, before: int, after: int
) -> None:
    cells = [
        "/".join(map(str, (d.day, d.month, d.year) if day_first else (d.month, d.day, d.year))) for d in found
    ]
    window = (min(found) - timedelta(days=before), max(found) + timedelta(days=after))
    orders, _ = dateorder.settle(dateorder.scan(cells), {}, windows={"dmy": window, "mdy": window})
    if orders is not None and any(d.day != d.month for d in found):
        assert orders == {"/": "dmy" if day_first else "mdy"}


def test_dates_with_points_are_day_first_where_nothing_says_otherwise() -> None:
    orders, why = dateorder.settle(dateorder.scan(["03.04.2026", "05.06.2026"]), {})
    assert orders == {".": "dmy"}
    assert "points" in why
    assert dateorder.settle(dateorder.scan(["03.25.2026", "05.06.2026"]), {})[0] == {".": "mdy"}


def test_the_order_in_which_a_tool_writes_says_nothing_of_dates_with_points() -> None:
    cells = dateorder.scan(["01.06.2026", "02.06.2026"])
    assert dateorder.settle(cells, {}, usual="mdy")[0] == {".": "dmy"}
    assert dateorder.settle(dateorder.scan(["01/06/2026", "02/06/2026"]), {}, usual="mdy")[0] == {"/": "mdy"}


def test_the_order_of_the_tool_is_not_believed_where_it_leaves_the_range_of_the_report() -> None:
    days: dict[Order, tuple[date, date]] = {
        "mdy": (date(2026, 6, 1), date(2026, 6, 2)),
        "dmy": (date(2026, 1, 6), date(2026, 2, 6)),
    }
    written = dateorder.scan(["6/1/2026", "6/2/2026"])
    assert dateorder.settle(written, {}, usual="mdy", windows=days)[0] == {"/": "mdy"}
    anew = dateorder.scan(["01/06/2026", "02/06/2026"])
    orders, why = dateorder.settle(anew, {}, usual="mdy", windows=days)
    assert (orders, why) == (None, "'01/06/2026' fits two readings")


MICROSOFT = (
    "Gregorian date,Account name,Campaign name,Currency code,Impressions,Clicks,Spend",
    "1/5/2026,Acme,Brand,EUR,100,10,11.00",
    "1/6/2026,Acme,Brand,EUR,90,9,9.00",
    "1/7/2026,Acme,Generic,EUR,50,5,10.00",
)
THREE = ("1/5/2026", "1/6/2026", "1/7/2026")


def test_days_in_a_range_that_is_written_like_them_are_not_taken_for_months() -> None:
    """From 1/5 to 1/7 are three days in January, or the first days of three months."""
    above = '"Report Time: 1/5/2026 - 1/7/2026"\n"Report Aggregation: Daily"\n\n'
    loaded = load(above + table(*MICROSOFT))
    assert column(loaded, "date") == ["2026-01-05", "2026-01-06", "2026-01-07"]
    for first in ("Campaign report\n1/5/2026 - 1/7/2026\n", "Period: 1/5/2026 - 1/7/2026\n\n"):
        text = first + table("Day,Campaign,Cost", *(f"{day},A,1.00" for day in THREE))
        with pytest.raises(SourceError, match="fits two readings") as caught:
            load(text)
        assert "is day 1 of month 5, or day 5 of month 1" in caught.value.hint


def test_the_first_days_of_months_count_as_such_where_the_report_is_by_month_or_its_range_is_certain() -> (
    None
):
    found = dateorder.scan(THREE)
    both: dict[Order, tuple[date, date]] = {
        "dmy": (date(2026, 5, 1), date(2026, 7, 1)),
        "mdy": (date(2026, 1, 5), date(2026, 1, 7)),
    }
    certain: dict[Order, tuple[date, date]] = dict.fromkeys(
        ("dmy", "mdy"), (date(2026, 1, 1), date(2026, 7, 31))
    )
    whole = dateorder.scan([f"1/{month}/2026" for month in range(1, 8)])
    assert dateorder.settle(found, {}, windows=both)[0] is None
    assert dateorder.settle(found, {}, windows=both, monthly=True)[0] == {"/": "dmy"}
    assert dateorder.settle(whole, {}, windows=certain)[0] == {"/": "dmy"}
    assert dateorder.settle(whole, {}, windows=certain, monthly=False)[0] is None
    assert dateorder.settle(whole, {}, windows=certain, usual="mdy")[0] == {"/": "mdy"}


def test_a_range_of_two_readings_proves_an_order_only_where_the_other_leaves_both() -> None:
    windows: dict[Order, tuple[date, date]] = {
        "dmy": (date(2026, 5, 1), date(2026, 7, 1)),
        "mdy": (date(2026, 1, 5), date(2026, 1, 7)),
    }
    # 2 June or 6 February: February is in neither. 6 May or 5 June: both are in the first.
    assert dateorder.settle(dateorder.scan(["2/6/2026"]), {}, windows=windows)[0] == {"/": "dmy"}
    assert dateorder.settle(dateorder.scan(["6/5/2026"]), {}, windows=windows)[0] is None
