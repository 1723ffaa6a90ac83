"""`funnelkit inspect`: without these a refused file has no entry, or the rows of somebody's customers are for all to read."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from funnelkit.cli.app import run
from funnelkit.inspection import Inspected
from funnelkit.pipeline.inspecting import inspect
from funnelkit.pipeline.options import Options
from funnelkit.render.inspection import render
from funnelkit.render.schema import read as schema
from funnelkit.reports import SetAside

DEALS = """\
Deal ID,Email,Status,Amount,Created,Closed,Remark
1,a@x.example,Won,10.50,2026-01-05,2026-02-01,ok
2,b@x.example,Lost,20.25,2026-01-06,soon,=HYPERLINK("http://x.example")
1,a@x.example,Won,10.50,2026-01-05,2026-02-01,again
3,c@x.example,Perhaps,x,2026-01-07,,\x1b[31mred\x1b[0m

4,d@x.example,Won,1,2026-01-08,2026-02-03,too,many,cells
"""
AMBIGUOUS = "Lead ID,Email,Created Date\n1,a@x.example,03/04/2026\n2,b@x.example,05/06/2026\n"
OPTIONS = Options(no_config=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deals.csv").write_text(DEALS)
    (tmp_path / "leads.csv").write_text(AMBIGUOUS)
    return tmp_path


def command(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run(["inspect", "--no-config", *arguments])
    seen = capsys.readouterr()
    return code, seen.out, seen.err


def document(*files: str) -> list[dict[str, Any]]:
    seen: dict[str, Any] = json.loads(render(inspect(files, OPTIONS).files, "json"))
    jsonschema.validate(seen, schema("inspect"))
    assert seen["format_version"] == "1.0"
    files_seen: list[dict[str, Any]] = seen["files"]
    return files_seen


def text(*files: str, width: int | None = None) -> str:
    return render(inspect(files, OPTIONS).files, width=width).decode()


# JSON


def test_a_file_has_its_columns_rows_dates_and_exact_sums() -> None:
    (deals,) = document("deals.csv")
    assert (deals["file"], deals["table"], deals["preset"]) == ("deals.csv", "deals", None)
    assert (deals["header_line"], deals["encoding"], deals["delimiter"]) == (1, "utf-8", ",")
    assert deals["rows"] == 6 - 1  # an empty line is no row
    assert deals["used"] == 3
    assert {a["reason"]: (a["count"], a["lines"]) for a in deals["set_aside"]} == {
        "ragged": (1, [7]),
        "duplicate": (1, [2]),
    }
    assert deals["sums"] == {"amount": "30.75"}
    assert (deals["first_date"], deals["last_date"]) == ("2026-02-01", "2026-02-01")
    assert {c["to"]: c["from"] for c in deals["columns"]}["closed_at"] == "Closed"
    assert deals["unread"] == ["Remark"]
    assert {u["from"]: u["lines"] for u in deals["unreadable"]} == {"Amount": [5], "Closed": [3]}
    assert deals["error"] is None


def test_every_file_has_an_entry_in_the_order_of_the_arguments_also_a_refused_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (Path("words.csv")).write_text("nothing,known\n1,2\n")
    code, out, _ = command("leads.csv", "deals.csv", "words.csv", "gone.csv", "-f", "json", capsys=capsys)
    seen = json.loads(out)
    jsonschema.validate(seen, schema("inspect"))
    assert code == 3
    assert [one["file"] for one in seen["files"]] == ["leads.csv", "deals.csv", "words.csv", "gone.csv"]
    codes = [one["error"] and one["error"]["code"] for one in seen["files"]]
    assert codes == ["ambiguous_column", None, "unrecognised", "missing"]


def test_a_refused_file_tells_what_was_found_out_before_it_was_refused() -> None:
    (leads,) = document("leads.csv")
    assert (leads["table"], leads["header_line"], leads["rows"]) == ("leads", 1, None)
    assert {c["to"]: c["style"] for c in leads["columns"]} == {
        "lead_id": "id",
        "email": "email",
        "created_at": None,
    }
    assert "fits two readings" in leads["error"]["message"]
    assert "--date-order" in leads["error"]["hint"]


def test_nothing_but_missing_files_is_exit_5(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("gone.csv", capsys=capsys)[0] == 5


def test_rows_themselves_are_not_in_the_json() -> None:
    assert "HYPERLINK" not in render(inspect(["deals.csv"], OPTIONS).files, "json").decode()


def test_what_the_file_lacks_names_the_metrics_and_where_to_get_it() -> None:
    Path("hubspot.csv").write_text("Record ID,Deal Name,Deal Stage,Create Date\n1,A,Closed won,2026-01-05\n")
    told = document("hubspot.csv")[0]["lacks"]
    lacks = {k["column"]: k for k in told}
    assert len(lacks) == len(told)
    assert lacks["amount"]["message"] == 'add the property "Amount" to the view'
    assert {"deal_size", "revenue_won"} <= set(lacks["amount"]["metrics"])
    assert "cycle_days" in lacks["closed_at"]["metrics"]
    assert "win_rate" not in lacks["closed_at"]["metrics"]  # it is known, but of no period
    assert lacks["closed_at"]["periods"]
    assert not lacks["amount"]["periods"]
    assert "status" not in lacks


# Text


@pytest.mark.parametrize("width", [60, 100, 160])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    for line in text("deals.csv", "leads.csv", width=width).splitlines():
        assert len(line) <= width


def test_off_a_terminal_no_line_is_broken_and_none_is_cut() -> None:
    long = "Rem" + "ark" * 100
    Path("deals.csv").write_text(DEALS.replace("Remark", long).replace("too", "t" * 300))
    lines = text("deals.csv").splitlines()
    assert any(line.strip() == long for line in lines)
    assert any("t" * 300 in line for line in lines)


def test_what_has_to_be_looked_at_stands_before_the_columns() -> None:
    titles = [
        line.strip() for line in text("deals.csv").splitlines() if line.startswith("  ") and line[2] != " "
    ]
    order = ["Rows set aside", "Cells that cannot be read and count as missing", "Notes", "Sums", "Columns"]
    assert [t for t in titles if t in order] == order


def test_rows_are_shown_without_what_a_terminal_would_act_on() -> None:
    shown = text("deals.csv")
    assert "5: 3 | c@x.example | Perhaps | x | 2026-01-07 | red" in shown
    assert "\x1b" not in shown


def test_an_ambiguous_column_that_is_not_needed_is_told_first_with_what_settles_it() -> None:
    Path("deals.csv").write_text("Deal ID,Status,Amount\n1,Won,1.250\n2,Lost,2.350\n")
    shown = text("deals.csv")
    assert (
        "Columns that cannot be read\n    Amount (amount): '1.250' fits two readings; it is left out."
        in shown
    )
    assert "--decimal" in shown
    assert "amount: column 'Amount' is there, but cannot be read" in shown


def test_several_files_begin_with_a_list_of_them() -> None:
    first = text("deals.csv", "leads.csv").split("\n\n")[0].splitlines()
    assert first[0] == "2 files, 1 refused"
    assert first[2].split() == ["deals.csv", "deals", "(known", "words)", "3", "of", "5", "2026-02-01"]
    assert first[3].split() == ["leads.csv", "REFUSED", "(ambiguous_column)"]


# Rejects


def test_rejects_are_the_rows_as_they_stand_readable_by_their_owner_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder / "rejects.csv"
    target.write_text("an old file that everybody may read")
    target.chmod(0o644)
    code, _, err = command("deals.csv", "--rejects", str(target), capsys=capsys)
    assert code == 0
    assert "personal data" in err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert [(r["line"], r["reason"], r["column"]) for r in rows] == [
        ("2", "duplicate", ""),
        ("3", "unreadable_cell", "Closed"),
        ("5", "unreadable_cell", "Amount"),
        ("7", "ragged", ""),
    ]
    assert rows[1]["Remark"] == '\'=HYPERLINK("http://x.example")'
    assert rows[2]["Remark"] == "red"
    assert (rows[3]["Email"], rows[3]["beyond the header 2"]) == ("d@x.example", "cells")
    assert {r["file"] for r in rows} == {"deals.csv"}


def test_rejects_of_files_with_other_headers_share_the_columns_of_the_same_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("more.csv").write_text("file,Deal ID,Status,Closed\nx,9,Won,never\ny,8,Won,2026-01-01\n")
    command("deals.csv", "more.csv", "--rejects", "r.csv", capsys=capsys)
    rows = list(csv.DictReader((folder / "r.csv").read_text().splitlines()))
    assert (rows[-1]["file"], rows[-1]["Deal ID"], rows[-1]["file (2)"]) == ("more.csv", "9", "x")


def test_rejects_of_another_table_have_their_cells_and_numbers_no_apostrophe(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spend = "Date,Campaign,Cost,Impressions\n2026-01-05,A,10.50,100\nTotal,,-216.00,--\n"
    (folder / "stacked.csv").write_text(f"{spend}\nDate,Lead Name,Email\n2026-01-06,Ann,ann@x.example\n")
    command("stacked.csv", "--rejects", "r.csv", capsys=capsys)
    rows = list(csv.reader((folder / "r.csv").read_text().splitlines()))[1:]
    assert rows == [
        ["stacked.csv", "3", "total", "", "Total", "", "-216.00", "--"],
        ["stacked.csv", "5", "other_table", "", "Date", "Lead Name", "Email", ""],
        ["stacked.csv", "6", "other_table", "", "2026-01-06", "Ann", "ann@x.example", ""],
    ]


def test_rejects_without_any_are_a_header(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = command("leads.csv", "--rejects", "r.csv", capsys=capsys)
    assert code == 3
    assert (folder / "r.csv").read_text() == "file,line,reason,column\n"


def test_rejects_never_take_the_place_of_what_is_inspected(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in ("deals.csv", str(folder / "deals.csv"), "-"):
        code, _, err = command("deals.csv", "--rejects", target, capsys=capsys)
        assert code == 2
        assert "not a file to write to" in err
    assert (folder / "deals.csv").read_text() == DEALS


def test_money_of_several_currencies_is_shown_as_no_sum(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (
        "Deal ID,Status,Close Date,Amount,Currency\n1,Won,2026-01-05,10.00,EUR\n2,Won,2026-01-06,5.00,USD\n"
    )
    (folder / "two.csv").write_text(rows)
    _, out, _ = command("two.csv", capsys=capsys)
    assert "amount  15.00  EUR and USD together: no sum of money" in out


def test_rows_of_which_nobody_knows_the_lines_are_counted() -> None:
    gone = SetAside(reason="ragged", message="too few cells", count=2, lines=())
    seen = Inspected(
        file="s3a://bucket/leads", table="leads", header_line=1, rows=3, used=1, set_aside=(gone,)
    )
    assert "2 rows: too few cells (lines unknown)" in render((seen,)).decode()
