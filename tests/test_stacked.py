"""Several tables in one file: else another table's numbers are added, or an empty line ends a table early."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.errors import SourceError
from tests.reading import aside, column, csv_text, load, sums, table

WEB = ["Date,Source / medium,Sessions", "2026-01-05,google / cpc,12", "2026-01-06,news / email,30"]
LEADS = [
    "Lead ID,First Name,Last Name,Created Date,Score",
    "1,Ada,Lund,2026-01-05,10",
    "2,Ines,Vidal,2026-01-06,20",
]


def lines_of(text: str, reason: str) -> tuple[int, ...]:
    """The lines of *text* that are set aside for one reason."""
    return next((a.lines for a in load(text).aside if a.reason == reason), ())


def test_a_second_table_below_an_empty_line_is_set_aside() -> None:
    text = table(*WEB, "", "Day Index,Sessions", '05/01/2026,"42"', ',"42"')
    loaded = load(text)
    assert (loaded.rows, loaded.used) == (5, 2)
    assert lines_of(text, "other_table") == (5, 6, 7)
    assert str(sums(loaded)["sessions"]) == "42"


def test_it_may_be_padded_to_the_width_of_the_first() -> None:
    text = table(*WEB, ",,", "Day Index,Sessions,", "05/01/2026,42,")
    assert aside(load(text)) == {"blank": 1, "other_table": 2}
    assert load(text).used == 2


def test_it_may_have_a_title_or_marked_lines_above_it() -> None:
    for above in (["Users by city"], ["# Where from?", "# Start date: 20260101"], ["# Where from?", ""]):
        text = table(*WEB, "", *above, "City,Users", "Lund,7", "Nizza,9")
        assert load(text).used == 2, above
        assert str(sums(load(text))["sessions"]) == "42"


def test_tables_of_the_same_width_are_told_apart_by_what_is_in_their_columns() -> None:
    text = table(
        "Day,Campaign,Impressions,Clicks,Cost",
        "2026-01-05,Spring,100,5,7.50",
        "2026-01-06,Summer,200,9,8.25",
        "",
        "Job title,Industry,Impressions,Clicks,Cost",
        "Director,Steel,150,7,8.00",
        "Engineer,Glass,150,7,7.75",
    )
    assert str(sums(load(text))["cost"]) == "15.75"
    assert lines_of(text, "other_table") == (5, 6, 7)


@pytest.mark.parametrize("gap", [[""], ["", ""], [",,,,"], ["", ",,,,", ""]])
@pytest.mark.parametrize(
    "row",
    [
        "3,Tomas,Brume,2026-01-07,30",
        "x-3,Tomas,Brume,2026-01-07,",
        "x-3,Tomas,Brume,2026-01-07,n/a",
        "c,Tomas,Brume,,",
        "c,Tomas,,,",
    ],
)
def test_an_empty_line_inside_a_table_does_not_end_it(gap: list[str], row: str) -> None:
    text = table(*LEADS, *gap, row, "4,Bo,Ek,2026-01-08,40", "5,Kim,Ek,2026-01-09,50")
    loaded = load(text)
    assert lines_of(text, "other_table") == ()
    assert [i for i in column(loaded, "lead_id") if i in ("1", "2", "4", "5")] == ["1", "2", "4", "5"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Ada", "Bo", "", "Won", "17"]),
            st.sampled_from(["Lund", "", "Open", "2026-01-05"]),
            st.sampled_from(["2026-01-05", "2026-02-17"]),
            st.integers(0, 999).map(str),
        ).map(list)
        | st.just(["", "", "", ""])
        | st.just([]),
        max_size=40,
    )
)
def test_empty_lines_anywhere_lose_no_row(found: list[list[str]]) -> None:
    header = ["Owner", "Company", "Created Date", "Score"]
    loaded = load(csv_text([header, ["Ada", "Lund", "2026-01-04", "5"], *found]), kind="leads")
    assert loaded.used == 1 + sum(any(row) for row in found)


def test_the_same_header_again_is_no_row_and_the_table_goes_on() -> None:
    text = table(*LEADS, LEADS[0], "3,Tomas,Brume,2026-01-07,30", "", LEADS[0], "4,Bo,Ek,2026-01-08,40")
    assert column(load(text), "lead_id") == ["1", "2", "3", "4"]
    assert aside(load(text)) == {"repeated_header": 2}


def test_the_table_that_is_understood_may_stand_below_others() -> None:
    text = table(
        "# Report snapshot", "# Start date: 20260101", "Nth week,Buyers", "0000,4", "0001,5", "",
        "# Where do they come from?", "Country,Buyers", "Sweden,4", "France,5", "", *WEB, "", "City,Users", "Lund,7",
    )  # fmt: skip
    loaded = load(text)
    assert (loaded.table, loaded.export.dialect.header_line, loaded.used) == ("web", 12, 2)
    assert set(lines_of(text, "other_table")) == {3, 4, 5, 7, 8, 9, 10, 16, 17}


def test_a_table_that_is_understood_is_found_far_below() -> None:
    above = ["# Snapshot", "Nth day,Buyers", *(f"{n:04},{n}" for n in range(600)), ""]
    text = table(*above, "# Traffic", *WEB)
    loaded = load(text)
    assert (loaded.export.dialect.header_line, loaded.used) == (605, 2)
    assert len(lines_of(text, "other_table")) == 601
    assert loaded.export.preamble == ("# Traffic", "# Snapshot")


def test_a_file_of_unknown_tables_is_refused_with_all_of_them() -> None:
    text = table(
        "# Snapshot", "Nth day,Buyers", "0000,4", "", "# None", "Nth day,ARPPU", "", "Shoe,Size", "boot,44"
    )
    with pytest.raises(SourceError) as caught:
        load(text)
    assert "it holds 3 tables" in str(caught.value)
    assert "line 2: Nth day, Buyers; line 6: Nth day, ARPPU; line 8: Shoe, Size" in str(caught.value)


def test_settings_above_the_header_are_a_preamble_and_no_table() -> None:
    text = table("Account,Lund AB", "Rows,2", "Range,2026-01-01 - 2026-01-31", "", *WEB)
    loaded = load(text)
    assert (loaded.rows, loaded.used) == (2, 2)
    assert loaded.export.preamble[1] == "Rows 2"


@pytest.mark.parametrize("above", [40, 55])
@pytest.mark.parametrize("padding", ["", ",,,,"])
def test_a_long_preamble_may_be_padded(above: int, padding: str) -> None:
    text = table(*(f"Setting {n}{padding}" for n in range(above)), padding, *LEADS)
    assert load(text).export.dialect.header_line == above + 2


def test_a_report_that_comes_again_below_lines_with_a_mark_is_another_table() -> None:
    header = "Session primary channel group (Default channel group),Sessions,Engaged sessions"
    once = f"# Start date: 20240101\n# End date: 20240131\n{header}\nDirect,70,30\n"
    again = f"# Start date: 20231201\n# End date: 20231231\n{header}\nDirect,50,20\n"
    for gap in ("", "\n"):
        loaded = load(once + gap + again)
        assert sums(loaded)["sessions"] == 70
        assert {a.reason for a in loaded.aside} == {"footer", "other_table"}
    assert sums(load(once + "\n" + f"{header}\nReferral,5,2\n"))["sessions"] == 75, "put together by hand"
