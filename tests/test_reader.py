"""Files as they come: else a preamble becomes a header, a footer a lead, or a hidden sheet the report."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from funnelkit.config import Config
from funnelkit.errors import FunnelkitError, MissingInputError, SourceError
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.reading import load_one
from funnelkit.sources.settings import FileSettings
from tests.reading import ENGINE, aside, column, csv_text, load, rows, sums, table

if TYPE_CHECKING:
    from funnelkit.sources.mapping import Loaded

LEADS = "Lead ID,Email,Created Date,Lead Source\n1,ada@lund.example,2026-01-05,Web\n2,ines@brume.example,2026-01-06,Fair\n"


def book(**sheets: list[list[Any]]) -> Workbook:
    """A workbook with the rows of each sheet."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, found in sheets.items():
        sheet = made.create_sheet(name)
        for row in found:
            sheet.append(row)
    return made


def saved(made: Workbook) -> bytes:
    """The bytes of a workbook."""
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def sheet(*found: list[Any]) -> Loaded:
    """A workbook of one sheet, read."""
    return load(saved(book(Sheet=list(found))), "book.xlsx")


# Text files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_do_not_change_what_is_read(encoding: str, delimiter: str) -> None:
    found = [
        ["Day", "Campaign", "Cost"],
        ["2026-01-02", "Größe; a, b|c", "1.50"],
        ["2026-01-03", "É", "20.25"],
    ]
    loaded = load(csv_text(found, delimiter).encode(encoding))
    assert (loaded.export.dialect.delimiter, loaded.table) == (delimiter, "spend")
    assert column(loaded, "campaign") == ["Größe; a, b|c", "É"]
    assert str(sums(loaded)["cost"]) == "21.75"


def test_a_quoted_header_behind_a_byte_order_mark_is_recognised() -> None:
    loaded = load(b'\xef\xbb\xbf"Lead ID","Created Date"\n"1","2026-01-05"\n', encoding="utf-8")
    assert column(loaded, "lead_id") == ["1"]


@pytest.mark.parametrize("above", [0, 1, 2, 7, 15])
def test_lines_above_the_header_are_a_preamble(above: int) -> None:
    text = "".join(f"Line {n}: of the report\n" for n in range(above)) + LEADS
    loaded = load(text)
    assert loaded.export.dialect.header_line == above + 1
    assert loaded.export.preamble == tuple(f"Line {n}: of the report" for n in range(above))
    assert [row["line"] for row in rows(loaded)] == [str(above + 2), str(above + 3)]


def test_a_preamble_may_hold_empty_lines_quotes_and_padding() -> None:
    text = f'Report\n\n"Range: January 1, 2026, 12:00 AM",,,\n,,,\n{LEADS}'
    loaded = load(text)
    assert loaded.export.dialect.header_line == 5
    assert loaded.export.preamble == ("Report", "Range: January 1, 2026, 12:00 AM")


def test_line_numbers_count_lines_and_not_records() -> None:
    text = table(
        "Lead ID,Company,Created Date",
        '1,"Brume\nSARL",2026-01-05',
        "",
        '2,"A\r\nB\r\nC",not a day',
        "3,Lund,2026-01-07",
    )
    loaded = load(text)
    assert [row["line"] for row in rows(loaded)] == ["2", "8"]
    assert column(loaded, "company") == ["Brume SARL", "Lund"]
    assert [(a.reason, a.lines) for a in loaded.aside] == [("bad_value", (5,))]


def test_rows_that_are_wrapped_in_quotes_count_like_the_others() -> None:
    text = table(
        "Lead ID,Company,Created Date,Lead Source",
        '"1,""Brume, SARL"",2026-01-05,Web"',
        "2,Lund,2026-01-06,Fair",
    )
    loaded = load(text)
    assert column(loaded, "company") == ["Brume, SARL", "Lund"]
    assert loaded.aside == ()


def test_a_header_may_be_wrapped_in_quotes_too() -> None:
    loaded = load('"Lead ID,Company,Created Date"\n"1,Brume,2026-01-05"\n')
    assert column(loaded, "created_at") == ["2026-01-05"]


def test_ragged_rows_are_set_aside_and_named() -> None:
    text = table(
        "Lead ID,Email,Created Date,Lead Source",
        "1,ada@lund.example,2026-01-05,Web",
        "2,ines@brume.example,2026-01-06,Web,and,more",
        "3,cut@off.example",
        "4,tomas@vidal.example,2026-01-08,Fair,,,",
        ",,,",
        "5,late@vidal.example,2026-01-09,",
    )
    loaded = load(text)
    assert column(loaded, "lead_id") == ["1", "4", "5"]
    assert {a.reason: a.lines for a in loaded.aside} == {"ragged": (3, 4), "blank": (6,)}
    assert loaded.rows == loaded.used + 3 == 6


def test_the_second_of_two_equal_headers_has_a_number() -> None:
    text = "Day,Campaign,Currency code,Cost,Currency code\n2026-01-02,A,EUR,5,USD\n"
    loaded = load(text)
    assert loaded.export.header == ("Day", "Campaign", "Currency code", "Cost", "Currency code (2)")
    assert column(loaded, "currency") == ["EUR"]


def test_a_footer_under_the_table_is_no_row_padded_or_not() -> None:
    bare = LEADS + '"Copyright (c) 2026 salesforce.com, inc. All rights reserved."\nGenerated by: Ada\n'
    padded = LEADS + "Leads of the quarter,,,\n,,,\n,Teapot Ltd,,\n"
    assert (load(bare).used, aside(load(bare))) == (2, {"footer": 2})
    assert (load(padded).used, aside(load(padded))) == (2, {"blank": 1, "footer": 2})


def test_a_lead_with_one_filled_cell_among_others_is_a_lead() -> None:
    text = table("Lead ID,Email,Created Date", "1,,2026-01-05", "2,,", "3,,2026-01-07")
    assert column(load(text), "lead_id") == ["1", "2", "3"]


def test_the_folder_of_a_file_does_not_say_what_it_is() -> None:
    text = "date,campaign,status,value\n2026-01-05,Spring,won,12\n"

    def answer(file: str) -> str:
        try:
            return load(text, file).table
        except SourceError as error:
            return error.code

    kinds = {
        answer(f"{folder}export.csv") for folder in ("", "ads/", "Downloads/", "leads/", "opportunities/")
    }
    assert len(kinds) == 1
    with pytest.raises(SourceError):
        load("Id,AccountId,Amount\n1,2,3\n", "opportunities/x.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("\ufeff", "the file is empty"),
        ("one line without any table", "no export that funnelkit knows; its header reads: one line without"),
        ("shoe,size\nboot,44\n", "its header reads: shoe, size"),
        ("Lead ID,Created Date,Email\n", "holds no rows that could be used"),
        ("Lead ID,Created Date,Email\n,,\n", "holds no rows that could be used"),
        (
            LEADS + '3,"bo@x.example,2026-01-07,Web\n4,b@x.example,2026-01-08,Web\n',
            "line 4: a quote is opened",
        ),
    ],
)
def test_a_file_without_a_table_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        load(text)
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_files_that_are_not_there_are_missing(tmp_path: Path) -> None:
    def read(path: Path) -> Loaded:
        return load_one(Input(file=path.name, path=path, settings=FileSettings()), Config(), "UTC", ENGINE)

    with pytest.raises(MissingInputError, match=r"gone\.csv: there is no such file"):
        read(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="this is a folder"):
        read(tmp_path)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_never_a_crash(data: bytes) -> None:
    try:
        loaded = load(data)
    except FunnelkitError:
        return
    assert loaded.rows == loaded.used + sum(len(a.lines) for a in loaded.aside)


# Workbooks


def test_typed_cells_of_a_workbook_become_what_a_csv_would_hold() -> None:
    loaded = sheet(
        ["Deal ID", "Created date", "Close date", "Status", "Amount", "Owner"],
        [101, datetime(2026, 1, 5, 9, 30), date(2026, 2, 1), "Won", 1250.5, "Ada"],
        [102, "2026-01-06", None, "Open", "99.25", True],
        [103, datetime(2026, 1, 7), datetime(2026, 2, 28, 23, 59, 59), "Lost", 12, None],
    )
    assert column(loaded, "deal_id") == ["101", "102", "103"]
    assert column(loaded, "created_at") == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert column(loaded, "closed_at") == ["2026-02-01", None, "2026-02-28"]
    assert column(loaded, "amount") == ["1250.50", "99.25", "12.00"]
    assert column(loaded, "owner") == ["Ada", "true", None]


def test_a_typed_number_with_three_decimals_is_not_in_doubt() -> None:
    found = sheet(
        ["Day", "Campaign", "Cost"], [date(2026, 1, 2), "A", 1.125], [date(2026, 1, 3), "B", -12.345]
    )
    assert sums(found)["cost"] == -sums(sheet(["Day", "Cost"], [date(2026, 1, 2), 11.22]))["cost"]
    assert [str(sums(found)["cost"]).rstrip("0")] == ["-11.22"]


def test_times_and_texts_in_a_sheet_stay_what_they_are() -> None:
    loaded = sheet(
        ["Day", "Campaign", "Cost"], [date(2026, 1, 2), time(9, 30), 5], [date(2026, 1, 3), 8.5, 6]
    )
    assert column(loaded, "campaign") == ["09:30:00", "8.5"]


def test_the_best_of_several_sheets_is_read_and_named() -> None:
    made = book(
        Notes=[["Exported by", "Ada"], ["Rows", 2]],
        Leads=[["Lead ID", "Email", "Created Date"], [1, "ada@lund.example", date(2026, 1, 5)]],
        Chart=[["x", "y"], [1, 2]],
    )
    loaded = load(saved(made), "book.xlsx")
    assert (loaded.export.sheet, loaded.table, loaded.used) == ("Leads", "leads", 1)


def test_a_hidden_sheet_is_not_looked_at_unless_it_is_named() -> None:
    made = book(
        Open=[["Lead ID", "Created Date"], [1, date(2026, 1, 5)]],
        Hidden=[
            ["Lead ID", "Email", "Created Date", "Lead Source"],
            [2, "x@y.example", date(2020, 1, 1), "Web"],
        ],
    )
    made["Hidden"].sheet_state = "hidden"
    data = saved(made)
    assert load(data, "book.xlsx").export.sheet == "Open"
    assert column(load(data, "book.xlsx", sheet="Hidden"), "lead_id") == ["2"]
    with pytest.raises(SourceError, match="there is no sheet 'Deals'") as caught:
        load(data, "book.xlsx", sheet="Deals")
    assert caught.value.hint == "Its sheets are: Open, Hidden."


def test_line_numbers_of_a_sheet_are_its_rows() -> None:
    made = book(Sheet=[])
    page = made.worksheets[0]
    assert isinstance(page, Worksheet)
    for cell, value in {
        "B3": "All leads",
        "B5": "Lead ID",
        "C5": "Created Date",
        "D5": "Lead Source",
        "B7": 1,
        "C7": date(2026, 1, 5),
        "D7": "Web",
        "B8": 2,
        "C8": "soon",
        "D8": "Web",
        "B9": 3,
        "C9": date(2026, 1, 6),
    }.items():
        page[cell] = value
    loaded = load(saved(made), "book.xlsx")
    assert loaded.export.dialect.header_line == 5
    assert [row["line"] for row in rows(loaded)] == ["7", "9"]
    assert [a.lines for a in loaded.aside] == [(8,)]


def test_a_workbook_may_hold_a_chart_sheet() -> None:
    made = book(Leads=[["Lead ID", "Created Date"], [1, date(2026, 1, 5)]])
    made.create_chartsheet("Chart")
    assert load(saved(made), "book.xlsx").used == 1


def test_an_id_that_the_spreadsheet_has_rounded_is_left_out_and_told() -> None:
    loaded = sheet(["Lead ID", "Email", "Created Date"], [1.20253e17, "ada@lund.example", date(2026, 1, 5)])
    assert "lead_id" not in loaded.present
    assert any("its last digits are lost" in note.message for note in loaded.notes)


def test_a_workbook_under_the_name_of_a_csv_is_still_a_workbook() -> None:
    data = saved(book(Leads=[["Lead ID", "Created Date"], [1, date(2026, 1, 5)]]))
    assert load(data, "leads.csv").export.sheet == "Leads"


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [
        ("b.xlsx", saved(book(S=[["Lead ID", "Created Date"], [1, date(2026, 1, 5)]]))[:900], "is damaged"),
        ("b.xlsx", b"PK\x03\x04", "is damaged"),
        ("b.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is damaged"),
        (
            "b.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
    ],
)
def test_a_workbook_that_cannot_be_opened_is_refused(file: str, data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        load(data, file)
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(SourceError, match="no export that funnelkit knows"):
        load(saved(book(Empty=[])), "b.xlsx")


@settings(deadline=None)
@given(st.integers(-(10**13), 10**13), st.integers(0, 4))
def test_a_number_of_a_sheet_is_read_as_the_number_that_it_is(digits: int, decimals: int) -> None:
    number = Decimal(digits).scaleb(-decimals)
    data = saved(book(S=[["Day", "Campaign", "Cost"], [date(2026, 1, 2), "A", float(number)]]))
    assert sums(load(data, "b.xlsx"))["cost"] == number
