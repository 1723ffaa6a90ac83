"""Parquet and Arrow files: without these a typed cell could be read as something else than the same cell in a CSV."""

from __future__ import annotations

import json
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from funnelkit import collect
from funnelkit.cli.app import run
from funnelkit.config import Config
from funnelkit.engines import load as load_engine
from funnelkit.errors import SourceError
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import load_one
from funnelkit.sources.files import columnar, content
from funnelkit.sources.settings import FileSettings
from tests.reading import SAMPLES

DEALS = """SELECT * FROM (VALUES
    (1, 'a@x.example', 'Won', 1.125::DOUBLE, DATE '2026-01-05', DATE '2026-02-01'),
    (2, 'b@x.example', 'Lost', 20.25, DATE '2026-01-06', DATE '2026-02-03'),
    (3, 'c@x.example', 'Open', NULL, DATE '2026-01-07', NULL)
) deals("Deal ID", "Email", "Status", "Amount", "Created", "Closed")"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parquet(path: str, query: str) -> str:
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def text_of(path: str) -> list[list[str]]:
    """The texts of a file, its header first."""

    class Seen(Exception):
        header: tuple[str, ...] = ()

    def recognise(header: tuple[str, ...], below: Any, file: str) -> Any:
        raise Seen(header, [list(row) for _, row in below])

    with pytest.raises(Seen) as seen:
        columnar.read(content.at(Path(path), path), recognise, path)
    header, rows = seen.value.args
    return [list(header), *rows]


def texts(*cells: str, header: str = "a") -> list[str]:
    """The texts of some cells of one column, written as SQL."""
    values = ", ".join(f"({i}, {cell})" for i, cell in enumerate(cells))
    path = parquet("cells.parquet", f'SELECT a AS "{header}" FROM (VALUES {values}) t(i, a) ORDER BY i')
    return [row[0] for row in text_of(path)[1:]]


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run([*arguments, "--no-config"])
    seen = capsys.readouterr()
    return code, seen.out, seen.err


# Cells


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1::BIGINT", "NULL", "-7"], ["1", "", "-7"]),
        (["9223372036854775807::BIGINT"], ["9223372036854775807"]),
        (["45362.0::DOUBLE", "0.1", "NULL", "-0.5"], ["45362", "0.1", "", "-0.5"]),
        (["0.1::FLOAT", "2.0::FLOAT"], ["0.1", "2"]),
        (["1.125::DOUBLE", "12.5"], ["1.1250", "12.5"]),
        (["1.125::DECIMAL(10, 3)", "1234.5", "-0.001"], ["1.1250", "1234.500", "-0.0010"]),
        (["12.50::DECIMAL(12, 2)", "1000"], ["12.50", "1000.00"]),
        (["1.2e17::DOUBLE"], ["1.2e+17"]),
        (["DATE '2026-03-04'", "NULL"], ["2026-03-04", ""]),
        (["TIMESTAMP '2026-03-04 00:00:00'", "NULL"], ["2026-03-04", ""]),
        (
            ["TIMESTAMP '2026-03-04 00:00:00'", "TIMESTAMP '2026-03-04 10:20:30.9'"],
            ["2026-03-04 00:00:00", "2026-03-04 10:20:30"],
        ),
        (["TIMESTAMP_NS '2026-03-04 10:20:30'"], ["2026-03-04 10:20:30"]),
        (["TIMESTAMPTZ '2026-03-04 00:00:00+09:00'"], ["2026-03-03T15:00:00+00:00"]),
        (["true", "false", "NULL"], ["true", "false", ""]),
        (["'  x '", "''", "NULL", "'é;\"'"], ["  x ", "", "", 'é;"']),
        (["'a' || chr(0) || 'b'"], ["ab"]),
        (["'won'::ENUM('won', 'lost')"], ["won"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_typed_cell_is_what_a_csv_would_hold(cells: list[str], wanted: list[str]) -> None:
    assert texts(*cells) == wanted


def test_nested_columns_are_left_out_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", f"SELECT [1] AS tags, *, {{'a': 1}} AS more, 'x'::BLOB AS raw FROM ({DEALS})")
    code, out, _ = call(capsys, "report", "deals.parquet", "-f", "json")
    assert code == 0
    (note,) = [w["message"] for w in json.loads(out)["warnings"] if w["code"] == "nested_columns"]
    assert note == "deals.parquet: 'tags', 'more', 'raw' hold lists, structures or bytes and are not read"


def test_a_stamp_with_a_zone_falls_on_the_day_of_the_report() -> None:
    parquet("leads.parquet", "SELECT 1 AS \"Lead ID\", 'a@x.example' AS \"Email\", TIMESTAMPTZ '2026-03-04 00:30:00+00' AS \"Created Date\", 'x' AS \"Source\"")  # fmt: skip
    days = []
    for zone in ("UTC", "America/New_York"):
        one = Input(file="leads.parquet", path=Path("leads.parquet"), settings=FileSettings())
        frame = load_one(one, Config(), zone, load_engine("pandas")).frame
        days += collect.columns(collect.frame(frame))["created_at"]
    assert days == [(date(2026, 3, 4) - date(1970, 1, 1)).days, (date(2026, 3, 3) - date(1970, 1, 1)).days]


# Files


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_parquet_file_gives_the_numbers_that_stand_in_it(
    engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parquet("deals.parquet", DEALS)
    code, out, err = call(capsys, "report", "deals.parquet", "-f", "json", "--engine", engine)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["metrics"]["revenue_won"]["value"] == 1.125
    assert found["metrics"]["win_rate"]["numerator"] == 1
    assert found["metrics"]["win_rate"]["denominator"] == 2
    assert found["as_of"] == "2026-02-03"
    (source,) = found["sources"]
    assert (source["rows"], source["used"], source["first_date"]) == (3, 3, "2026-02-01")
    import hashlib

    assert source["sha256"] == hashlib.sha256(Path("deals.parquet").read_bytes()).hexdigest()


PLAIN = [
    "hubspot_deals.csv",
    "stripe_payments.csv",
    "shopify_orders.csv",
    "mailchimp_campaigns.csv",
    "salesforce_lead_report.csv",
    "pipedrive_deals.csv",
]


@pytest.mark.parametrize("name", PLAIN)
def test_the_text_of_an_export_is_read_alike_from_parquet(name: str) -> None:
    path = SAMPLES / name
    original = load_one(
        Input(file=name, path=path, settings=FileSettings()), Config(), "UTC", load_engine("pandas")
    )
    header = list(original.export.header)
    rows = [[*cells, *[""] * (len(header) - len(cells))] for _, cells in original.export.open()]
    file = f"{path.stem}.parquet"
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (" + ", ".join(f'"{h}" VARCHAR' for h in header) + ")")
        con.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(header))})", rows)
        con.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    found = load_one(
        Input(file=file, path=Path(file), settings=FileSettings()), Config(), "UTC", load_engine("pandas")
    )
    assert found.export.kind.preset_name == original.export.kind.preset_name

    def cells(frame: Any) -> list[Any]:
        table = collect.columns(collect.frame(frame))
        return sorted(zip(*(table[c] for c in sorted(table) if c != "source_row"), strict=True), key=repr)

    assert cells(found.frame) == cells(original.frame)
    assert found.rows - sum(len(a.lines) for a in found.aside) == original.used


def test_inspect_shows_it_and_counts_rows(capsys: pytest.CaptureFixture[str]) -> None:
    bad = DEALS.replace("'Won', 1.125::DOUBLE", "'Won', 'x'").replace("20.25", "'20.25'")
    parquet("deals.parquet", bad)
    code, out, _ = call(capsys, "inspect", "deals.parquet")
    assert code == 0
    assert "deals · recognised by known words · parquet" in out
    assert "(row 1)" in out
    assert "line" not in out.replace("recognised", "")
    code, out, _ = call(capsys, "inspect", "deals.parquet", "-f", "json")
    (seen,) = json.loads(out)["files"]
    assert (seen["encoding"], seen["header_line"], seen["delimiter"]) == ("parquet", None, None)
    code, out, err = call(capsys, "report", "deals.parquet", "--strict")
    assert (code, out) == (3, "")
    assert "deals.parquet, row 1: column 'Amount' cannot be read: 'x'" in err


def test_a_report_says_row_where_a_row_is_set_aside(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", f"{DEALS} UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL")
    _, out, _ = call(capsys, "report", "deals.parquet")
    assert "- row 4" in out
    assert "- line" not in out


def test_rejects_are_the_rows_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", DEALS.replace("'Won', 1.125::DOUBLE", "'Won', 'x'").replace("20.25", "'20.25'"))
    call(capsys, "inspect", "deals.parquet", "--rejects", "rejects.csv")
    assert "a@x.example" in Path("rejects.csv").read_text()


def test_a_folder_and_an_engine_choose_it_like_any_export(capsys: pytest.CaptureFixture[str]) -> None:
    Path("exports").mkdir()
    parquet("exports/deals.parquet", DEALS)
    code, out, _ = call(capsys, "report", "exports", "-f", "json", "--engine", "duckdb")
    assert code == 0
    assert json.loads(out)["metrics"]["deals_won"]["value"] == 1


def test_it_is_kept_and_pinned_like_any_export(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", DEALS)
    _, wanted, _ = call(capsys, "report", "deals.parquet", "-f", "json")
    assert call(capsys, "load", "deals.parquet", "-o", "kept")[0] == 0
    assert call(capsys, "report", "kept", "-f", "json")[1] == wanted
    assert run(["init", "deals.parquet"]) == 0
    assert "encoding" not in Path("funnelkit.yaml").read_text()
    capsys.readouterr()
    assert run(["report", "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == json.loads(wanted)["metrics"]


@pytest.mark.parametrize("name", ["it's [1]*.parquet", "Größe?.parquet"])
def test_the_name_of_a_file_is_no_pattern(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", DEALS)
    Path("deals.parquet").rename(name)
    code, out, err = call(capsys, "report", name, "-f", "json")
    assert code == 0, err
    assert json.loads(out)["sources"][0]["file"] == name


# Refusals


@pytest.mark.parametrize("keep", [4, 100, -1, -20])
def test_a_damaged_file_is_one_sentence(keep: int, capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", DEALS)
    Path("deals.parquet").write_bytes(Path("deals.parquet").read_bytes()[:keep])
    code, out, err = call(capsys, "report", "deals.parquet")
    assert (code, out) == (3, "")
    assert "deals.parquet: the file is damaged or cut off and cannot be read" in err


def test_a_damaged_page_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", DEALS)
    data = bytearray(Path("deals.parquet").read_bytes())
    data[4:200] = b"\xff" * 196
    Path("deals.parquet").write_bytes(data)
    code, out, err = call(capsys, "report", "deals.parquet")
    assert (code, out) == (3, "")
    assert "damaged or cut off" in err


def test_a_table_that_nobody_knows_is_refused_with_its_header() -> None:
    parquet("x.parquet", "SELECT 1 AS height, 2 AS width")
    with pytest.raises(SourceError, match="its header reads: height, width"):
        load_one(Input(file="x.parquet", path=Path("x.parquet"), settings=FileSettings()), Config(), "UTC", load_engine("pandas"))  # fmt: skip


def test_one_without_flat_columns_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("x.parquet", "SELECT [1] AS a")
    assert call(capsys, "report", "x.parquet")[0] == 3


def test_in_an_archive_it_is_refused_with_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", DEALS)
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.write("deals.parquet")
    code, out, err = call(capsys, "report", "all.zip")
    assert (code, out) == (3, "")
    assert "all.zip/deals.parquet: a Parquet file cannot be read from an archive" in err
    assert "Unpack" in err


def test_a_kept_table_is_never_read_as_an_export(capsys: pytest.CaptureFixture[str]) -> None:
    parquet("deals.parquet", DEALS)
    call(capsys, "load", "deals.parquet", "-o", "kept")
    (table,) = Path("kept").glob("*.parquet")
    Path("kept/funnelkit-load.json").unlink()
    for named in (str(table), f"deals={table}", "kept"):
        code, out, err = call(capsys, "report", named)
        assert (code, out) == (3, "")
        assert "is a table that `funnelkit load` keeps" in err


# Arrow


def test_without_pyarrow_the_sentence_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    Path("deals.arrow").write_bytes(b"ARROW1\0\0" + b"\0" * 100)
    code, out, err = call(capsys, "report", "deals.arrow")
    assert (code, out) == (2, "")
    assert "needs pyarrow, which is not installed" in err
    assert "pip install 'funnelkit[arrow]'" in err


@pytest.mark.parametrize("name", ["deals.arrow", "deals.feather"])
def test_an_arrow_file_gives_the_numbers_that_stand_in_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is an extra: pip install 'funnelkit[arrow]'")
    days = [datetime(2026, 2, 1, 12, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC), None]
    table = pa.table(
        {
            "Deal ID": [1, 2, 3],
            "Status": pa.array(["Won", "Lost", "Open"]).dictionary_encode(),
            "Amount": pa.array([Decimal("1.125"), Decimal("20.250"), None], pa.decimal128(10, 3)),
            "Closed": pa.array(days, pa.timestamp("us", tz="UTC")),
            "Tags": [[1], [], None],
        }
    )
    with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    code, out, err = call(capsys, "report", name, "-f", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["metrics"]["revenue_won"]["value"] == 1.125
    assert found["as_of"] == "2026-02-03"
    assert [w["code"] for w in found["warnings"]].count("nested_columns") == 1
    Path(name).write_bytes(Path(name).read_bytes()[:-30])
    code, out, err = call(capsys, "report", name)
    assert (code, out) == (3, "")
    assert "damaged or cut off" in err
