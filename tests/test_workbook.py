"""Workbooks as tools and people make them: several sheets, hidden parts, old formats, damaged ranges."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

import funnelkit
from funnelkit.config import Config, SourceSpec
from funnelkit.errors import SourceError
from funnelkit.inspection import Inspection
from funnelkit.pipeline.inputs import expand
from funnelkit.pipeline.inspecting import inspect
from funnelkit.pipeline.loading import load_one
from funnelkit.pipeline.options import Options
from funnelkit.sources.files import ahead, sheets, unworked
from funnelkit.sources.settings import FileSettings
from tests import xlsb
from tests.reading import ENGINE, aside, book, column, load, noted, rows, saved, sums

LEADS: list[list[Any]] = [
    ["Lead ID", "Email", "Created Date"],
    [1, "ada@lund.example", datetime(2026, 1, 5)],
    [2, "bo@ek.example", datetime(2026, 1, 6)],
]
DEALS: list[list[Any]] = [
    ["Deal ID", "Status", "Created date", "Amount"],
    [7, "Won", datetime(2026, 1, 7), 120.5],
]
OF_LEADS: list[list[Any]] = [
    ["Deal ID", "Lead ID", "Email", "Stage", "Owner", "Created date", "Amount"],
    [7, 1, "ada@lund.example", "Closed won", "Bo", datetime(2026, 1, 7), 120.5],
    [8, 2, "bo@ek.example", "Proposal", "Bo", datetime(2026, 1, 8), 99],
]
"""Deals with all that leads have, and a stage and an owner besides."""
ADS: list[list[Any]] = [["Day", "Campaign", "Cost", "CTR"], [date(2026, 1, 2), "Spring", 5.25, 0.0117]]


def inspected_of(*named: str) -> Inspection:
    return inspect(named, Options(no_config=True))


def page(made: Workbook, name: str) -> Worksheet:
    """One sheet of it."""
    found = made[name]
    assert isinstance(found, Worksheet)
    return found


def test_a_hidden_sheet_is_read_where_no_visible_one_is_known_and_told() -> None:
    made = book(Cover=[["Made by", "Ada"]], Data=LEADS)
    page(made, "Data").sheet_state = "hidden"
    loaded = load(saved(made), "book.xlsx")
    assert (loaded.export.sheet, loaded.used) == ("Data", 2)
    assert "sheet 'Data' was read, which is hidden" in noted(loaded, "hidden_sheet")[0]


def test_hidden_columns_and_rows_are_data_like_others() -> None:
    made = book(Leads=LEADS)
    page(made, "Leads").column_dimensions["A"].hidden = True
    page(made, "Leads").row_dimensions[2].hidden = True
    assert column(load(saved(made), "book.xlsx"), "lead_id") == ["1", "2"]


def test_sheets_that_hold_other_tables_are_told() -> None:
    data = saved(book(Leads=LEADS, Notes=[["a", "b"]], Deals=DEALS))
    loaded = load(data, "book.xlsx")
    message = sheets.unread([loaded.export])[0].message
    other = {"Leads": "Deals", "Deals": "Leads"}[loaded.export.sheet or ""]
    assert f"sheet '{loaded.export.sheet}' was read; '{other}' holds a table too" in message
    assert "'Notes'" not in message
    assert not sheets.unread([load(saved(book(Leads=LEADS, Notes=[["a", "b"]])), "book.xlsx").export])


def test_a_sheet_that_another_input_reads_is_not_told_as_unread(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(saved(book(Leads=LEADS, Deals=OF_LEADS, Ads=ADS)))

    def told(*named: str) -> list[str]:
        found = funnelkit.report(named, no_config=True)
        return [note.message for note in found.warnings if note.code == "other_sheets"]

    assert told(f"leads={path}", f"deals={path}", f"spend={path}") == []
    (message,) = told(f"leads={path}", f"deals={path}")
    assert message.startswith(
        f"{path}: sheets 'Leads', 'Deals' were read; 'Ads' holds a table too and was not."
    )
    (message,) = told(f"deals={path}")
    assert message.startswith(
        f"{path}: sheet 'Deals' was read; 'Leads', 'Ads' hold a table too and were not."
    )

    funnelkit.keep([f"leads={path}", f"deals={path}"], tmp_path / "kept")
    assert len(told(str(tmp_path / "kept"))) == 1
    inspected = inspected_of(f"leads={path}", f"deals={path}", f"spend={path}")
    assert not [note for one in inspected.files for note in one.notes if note.code == "other_sheets"]
    inspected = inspected_of(f"leads={path}", f"deals={path}")
    assert [len([n for n in one.notes if n.code == "other_sheets"]) for one in inspected.files] == [1, 0]


def test_leads_are_read_from_the_sheet_of_leads_though_that_of_deals_has_more_columns_of_leads() -> None:
    data = saved(book(Leads=LEADS, Deals=OF_LEADS))
    assert load(data, "book.xlsx", kind="leads").export.sheet == "Leads"
    assert load(data, "book.xlsx", kind="deals").export.sheet == "Deals"


def test_the_kind_picks_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(saved(book(Leads=LEADS, Deals=DEALS, Ads=ADS)))
    named = [f"leads={path}", f"deals={path}", f"spend={path}", str(path)]
    inputs = expand(named, Config(), FileSettings(), ())
    found = [load_one(one, Config(), "UTC", ENGINE) for one in inputs]
    assert [(f.table, f.export.sheet) for f in found] == [
        ("leads", "Leads"),
        ("deals", "Deals"),
        ("spend", "Ads"),
    ]


def test_the_configuration_may_name_several_sheets_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(saved(book(Leads=LEADS, Deals=DEALS)))
    config = Config(
        sources=(SourceSpec(path=str(path), sheet="Leads"), SourceSpec(path=str(path), sheet="Deals"))
    )
    for named in ([], [str(path)]):
        inputs = expand(named, config, FileSettings(), ())
        assert [one.settings.sheet for one in inputs] == ["Leads", "Deals"]


def test_sheets_without_a_known_table_are_all_named() -> None:
    with pytest.raises(SourceError) as caught:
        load(saved(book(One=[["Shoe", "Size"], ["boot", 44]], Two=[["Hat", "Size"], ["cap", 57]])), "b.xlsx")
    assert "holds 2 tables, none of which funnelkit knows: sheet 'One': Shoe, Size; sheet 'Two': Hat" in str(
        caught.value
    )


def test_percent_cells_are_fractions_and_errors_are_no_values() -> None:
    made = book(Ads=[*ADS, [date(2026, 1, 3), "Summer", "#DIV/0!", "#N/A"]])
    page(made, "Ads")["D2"].number_format = "0.00%"
    page(made, "Ads")["C3"].data_type = "e"
    loaded = load(saved(made), "book.xlsx")
    assert loaded.rows == 2
    assert str(sums(loaded)["cost"]) == "5.25"


def test_a_merged_name_stands_in_each_row_and_a_merged_number_counts_once() -> None:
    costs: list[list[Any]] = [
        ["Channel", "Month", "Campaign", "Cost"],
        ["Google Ads", date(2026, 1, 1), "A", 100],
        [None, date(2026, 2, 1), "B", None],
        [None, None, None, None],
        [None, date(2026, 3, 1), "C", 50],
        [None, date(2026, 3, 1), "D", 60],
    ]
    made = book(Costs=costs)
    made["Costs"].merge_cells("A2:A5")
    made["Costs"].merge_cells("D2:D3")
    loaded = load(saved(made), "costs.xlsx")
    assert column(loaded, "channel") == ["Google Ads", "Google Ads", "Google Ads", None]
    assert sums(loaded)["cost"] == 210


def test_true_and_one_are_told_apart() -> None:
    loaded = load(
        saved(book(S=[["Day", "Campaign", "Cost"], [date(2026, 1, 2), True, 1], [date(2026, 1, 3), 1, 1]])),
        "b.xlsx",
    )
    assert column(loaded, "campaign") == ["true", "1"]


def test_tables_in_one_sheet_are_told_apart_too() -> None:
    found: list[list[Any]] = [
        ["Ad report"],
        [],
        *ADS,
        [date(2026, 1, 3), "Summer", 0, 0],
        [],
        ["City", "Users"],
        ["Lund", 7],
    ]
    loaded = load(saved(book(Report=found)), "book.xlsx")
    assert (loaded.export.preamble, loaded.used, aside(loaded)) == (("Ad report",), 2, {"other_table": 2})
    above: list[list[Any]] = [["Week", "Buyers"], [1, 30], [2, 40], [], ["Ads"], *ADS]
    loaded = load(saved(book(Report=above)), "book.xlsx")
    assert (loaded.export.preamble[0], loaded.used, aside(loaded)) == ("Ads", 1, {"other_table": 3})


def test_a_sheet_may_be_longer_than_what_is_read_at_once() -> None:
    many: list[list[Any]] = [
        ["Lead ID", "Created Date"],
        *([n, date(2026, 1, 1 + n % 28)] for n in range(9000)),
    ]
    loaded = load(saved(book(Leads=many)), "book.xlsx")
    assert loaded.used == 9000
    assert [row["line"] for row in rows(loaded)][-1] == "9001"


def test_an_old_workbook_is_read() -> None:
    xlwt = pytest.importorskip("xlwt")
    made = xlwt.Workbook()
    sheet = made.add_sheet("Leads")
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for y, row in enumerate(LEADS):
        for x, cell in enumerate(row):
            sheet.write(y, x, cell, style) if isinstance(cell, datetime) else sheet.write(y, x, cell)
    data = io.BytesIO()
    made.save(data)
    assert column(load(data.getvalue(), "leads.xls"), "created_at") == ["2026-01-05", "2026-01-06"]


def test_an_open_document_is_read() -> None:
    pytest.importorskip("odf")
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    made = OpenDocumentSpreadsheet()
    sheet = Table(name="Leads")
    made.spreadsheet.addElement(sheet)
    for row in LEADS:
        line = TableRow()
        for cell in row:
            if isinstance(cell, datetime):
                line.addElement(TableCell(valuetype="date", datevalue=cell.date().isoformat()))
            elif isinstance(cell, int):
                line.addElement(TableCell(valuetype="float", value=str(cell)))
            else:
                made_cell = TableCell(valuetype="string")
                made_cell.addElement(P(text=cell))
                line.addElement(made_cell)
        sheet.addElement(line)
    data = io.BytesIO()
    made.save(data)
    loaded = load(data.getvalue(), "leads.ods")
    assert (column(loaded, "lead_id"), column(loaded, "created_at")) == (
        ["1", "2"],
        ["2026-01-05", "2026-01-06"],
    )


@pytest.mark.parametrize("told", [True, False])
def test_a_cell_at_the_far_end_of_a_sheet_is_refused_and_not_fatal(told: bool) -> None:
    made = book(Leads=LEADS)
    page(made, "Leads")["XFD1048576"] = "x"
    data = saved(made)
    if not told:
        changed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name).replace(b'<dimension ref="A1:XFD1048576"', b"<dimension "))
        data = changed.getvalue()
    with pytest.raises(SourceError, match="far more than an export holds") as caught:
        load(data, "book.xlsx")
    assert caught.value.code == "too_large"


def test_a_workbook_that_unpacks_to_gigabytes_is_refused() -> None:
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("[Content_Types].xml", "<Types/>")
        new.writestr("xl/sharedStrings.xml", b" " * 50_000_000)
    with pytest.raises(SourceError, match="far more than an export holds"):
        load(changed.getvalue(), "book.xlsx")


def test_workbooks_are_opened_in_the_background_and_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_WORTH", 0)
    paths = [tmp_path / f"{n}.xlsx" for n in range(3)]
    for path in paths:
        path.write_bytes(saved(book(Cover=[["a", "b"]], Leads=LEADS)))
    paths[1].write_bytes(b"PK\x03\x04 damaged")
    inputs = expand([str(p) for p in paths], Config(), FileSettings(), ())
    assert load_one(inputs[0], Config(), "UTC", ENGINE).used == 2
    with pytest.raises(SourceError, match="the workbook is damaged"):
        load_one(inputs[1], Config(), "UTC", ENGINE)
    assert load_one(inputs[2], Config(), "UTC", ENGINE).used == 2


def test_sheets_of_the_same_table_are_not_read_in_part() -> None:
    both = saved(book(Jan=ADS, Feb=ADS))
    with pytest.raises(SourceError, match="'Jan', 'Feb' hold rows of the same table") as refused:
        load(both, "book.xlsx")
    assert "sheet: Jan" in refused.value.hint
    assert load(both, "book.xlsx", sheet="Feb").used == 1


TYPED: list[list[Any]] = [
    ["Day", "Campaign", "Cost", "Clicks", "CTR", "Active", "Checked"],
    [date(2026, 1, 2), "Frühling", 1234.5, 17, xlsb.Percent(0.0117), True, datetime(2026, 3, 1, 10, 30)],
    [date(2026, 2, 28), "Sommer; 2", 0.75, -3, xlsb.Percent(0.5), False, datetime(2026, 3, 1)],
    [date(2024, 2, 29), "", 20000, 123456789012, None, None, None],
]


def cells_of(data: bytes, file: str) -> list[dict[str, Any]]:
    """What a file becomes, the lines of its rows included."""
    return rows(load(data, file))


def test_a_binary_workbook_is_read_like_any_other() -> None:
    binary, usual = xlsb.workbook(Ads=TYPED), saved(book(Ads=TYPED))
    assert cells_of(binary, "ads.xlsb") == cells_of(usual, "ads.xlsx")
    assert column(load(binary, "ads.xlsb"), "cost") == ["1234.50", "0.75", "20000.00"]
    titled = [["All campaigns"], [], *TYPED, ["Total", None, 21235.25]]
    found = load(xlsb.workbook(Notes=[["made by", "Ada"]], Ads=titled, hidden=LEADS), "ads.xlsb")
    assert (found.export.sheet, found.export.dialect.header_line, found.used) == ("Ads", 3, 3)
    assert aside(found) == {"total": 1}


def test_a_binary_workbook_may_be_packed_and_hidden_sheets_come_last() -> None:
    hidden = load(xlsb.workbook(Cover=[["Made by", "Ada"]], hidden_leads=LEADS), "book.xlsb")
    assert (hidden.table, hidden.used) == ("leads", 2)
    assert "which is hidden" in noted(hidden, "hidden_sheet")[0]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("exports/leads.xlsb", xlsb.workbook(Leads=LEADS))
    assert load(packed.getvalue(), "exports.zip").used == 2


def test_a_binary_sheet_that_says_that_it_is_endless_is_refused() -> None:
    data, told = io.BytesIO(), b"\x94\x01\x10" + struct.pack("<IIII", 0, 2**20 - 1, 0, 2**14 - 1)
    with zipfile.ZipFile(io.BytesIO(xlsb.workbook(Leads=LEADS))) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"\x94\x01\x10.{16}", told, old.read(name), flags=re.DOTALL))
    with pytest.raises(SourceError, match="far more than an export holds"):
        load(data.getvalue(), "book.xlsb")


def formulas(*, first_only: bool = False) -> bytes:
    """A workbook of a program that writes formulas and does not work them out."""
    made = book(Ads=[*ADS, [date(2026, 1, 3), "Summer", 7.5, 0.5]])
    for row in (2,) if first_only else (2, 3):
        page(made, "Ads")[f"C{row}"] = f"=SUM({row},1)"
    return saved(made)


def test_formulas_that_were_never_worked_out_are_not_taken_for_nothing() -> None:
    with pytest.raises(SourceError) as refused:
        load(formulas(), "ads.xlsx")
    assert "formulas that were never worked out" in refused.value.hint
    with pytest.raises(SourceError, match=r"=SUM\(2,1\)"):
        load(formulas(), "ads.xlsx", columns={"cost": "Cost"})
    loaded = load(formulas(first_only=True), "ads.xlsx")
    assert (column(loaded, "cost"), aside(loaded)) == (["7.5"], {"bad_value": 1})


def test_formulas_with_a_zero_that_waits_for_a_result_are_none_either() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(formulas())) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            new.writestr(
                name,
                old.read(name)
                .replace(b"</f><v />", b"</f><v>0</v>")
                .replace(b"</f><v></v>", b"</f><v>0</v>"),
            )
    with pytest.raises(SourceError):
        load(data.getvalue(), "ads.xlsx")
    worked = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data.getvalue())) as old, zipfile.ZipFile(worked, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'fullCalcOnLoad="1"', b""))
    assert column(load(worked.getvalue(), "ads.xlsx"), "cost") == ["0", "0"]


@pytest.mark.parametrize("kind", ["e", "s"])
def test_errors_in_place_of_numbers_are_told(kind: str) -> None:
    made = book(Ads=[*ADS, [date(2026, 1, 3), "Summer", "#REF!", "#DIV/0!"]])
    page(made, "Ads")["C3"].data_type = kind
    loaded = load(saved(made), "ads.xlsx")
    assert column(loaded, "cost") == ["5.25", None]
    (told,) = noted(loaded, "spreadsheet_errors")
    assert "1 cell of column 'Cost' is an error" in told
    assert "line 3: '#REF!'" in told
    rate: list[list[Any]] = [
        ["Day", "Campaign", "Cost", "Clicks"],
        [date(2026, 1, 3), "Summer", 2.5, "#DIV/0!"],
        [date(2026, 1, 4), "S", 2, 4],
    ]
    assert noted(load(saved(book(Ads=rate)), "ads.xlsx"), "spreadsheet_errors") == []


def test_a_sheet_that_says_that_it_is_endless_and_is_not_is_read() -> None:
    made = book(Leads=LEADS)
    page(made, "Leads")["XFD1048576"].number_format = "0.00"
    assert load(saved(made), "book.xlsx").used == 2


def test_a_formula_behind_an_empty_cell_stands_in_its_own_place() -> None:
    made = book(
        Ads=[["Day", "Note", "Cost"], [date(2026, 1, 2), None, "=1+1"], [date(2026, 1, 3), None, 7.5]]
    )
    page(made, "Ads")["B2"].number_format = "0.00"
    assert unworked.places(saved(made), "Ads") == {1: {2: "=1+1"}}
    assert column(load(saved(made), "ads.xlsx"), "cost") == ["7.5"]
