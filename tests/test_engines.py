"""Every engine gives the same frames and the same report, to the last byte of its JSON.

Without this a large file would silently have other numbers than the same file in two halves.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from funnelkit import collect, render
from funnelkit.config import Config
from funnelkit.engines import Batch, Cells, Scan, load
from funnelkit.errors import FunnelkitError
from funnelkit.pipeline import reporting
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import engine_for, load_one
from funnelkit.pipeline.options import Options
from funnelkit.plans import ColumnPlan, TablePlan
from funnelkit.sources.settings import FileSettings
from funnelkit.styles import DateStyle, EmailStyle, IdStyle, NumberStyle, Style, TextStyle
from tests.company import write
from tests.reading import SAMPLES

ENGINES = ("duckdb",)
"""All but the one that they are compared with."""
FILES = sorted(p for p in SAMPLES.iterdir() if not p.name.endswith(".expected.json"))


def loaded(path: Path, engine: str) -> Any:
    """What an engine makes of the file at *path*, or the sentence with which it is refused."""
    one = Input(file=path.name, path=path, settings=FileSettings())
    # Frames live as long as their engine does.
    own = load(engine)
    try:
        found = load_one(one, Config(), "Europe/Berlin", own)
    except FunnelkitError as error:
        return str(error)
    table = collect.columns(collect.frame(found.frame))
    rows = sorted(zip(*(table[name] for name in sorted(table)), strict=True), key=repr)
    accounts = [(a.reason, a.message, a.lines) for a in found.aside], found.bad, found.rows
    return sorted(table), rows, accounts, [(d.target, d.style) for d in found.decisions], found.notes


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_file_is_read_alike(path: Path, engine: str) -> None:
    assert loaded(path, engine) == loaded(path, "pandas")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "options",
    [{}, {"by": ["channel"], "grain": "month"}, {"by": ["owner"], "period": "2025-Q2", "compare": "prev"}],
    ids=str,
)
def test_a_report_is_the_same_to_the_last_byte(engine: str, options: dict[str, Any], tmp_path: Path) -> None:
    made = write(tmp_path, 3_000, 11)
    files = [str(made.leads), str(made.deals), str(made.ads)]
    answers = [
        render.render(reporting.report(files, Options(engine=one, no_config=True, **options)), "json")
        for one in ("pandas", engine)
    ]
    assert answers[0] == answers[1]


def told(files: Sequence[Path], engine: str, **options: Any) -> str:
    """The report of *files* as JSON, or the sentence with which they are refused."""
    try:
        found = reporting.report([str(f) for f in files], Options(engine=engine, no_config=True, **options))
    except FunnelkitError as error:
        return str(error)
    return render.render(found, "json").decode()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("names", ["leads", "deals", "ads", "leads ads", "deals ads", "leads deals"])
def test_any_of_the_files_alone_give_the_same_report(engine: str, names: str, tmp_path: Path) -> None:
    made = write(tmp_path, 2_000, 5)
    files = [getattr(made, name) for name in names.split()]
    assert told(files, engine, grain="month") == told(files, "pandas", grain="month")


EXPORTS = Path(__file__).parents[2] / "shared" / "exports"
"""Real exports of many tools, which do not belong to the project."""
REAL = sorted(
    p for p in EXPORTS.rglob("*") if p.suffix in (".csv", ".tsv", ".txt", ".xlsx") and p.stat().st_size < 5e6
)


@pytest.mark.skipif(not REAL, reason=f"there are no real exports in {EXPORTS}")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", REAL, ids=lambda p: str(p.relative_to(EXPORTS)))
def test_a_real_export_is_read_alike(path: Path, engine: str) -> None:
    assert loaded(path, engine) == loaded(path, "pandas")


@pytest.mark.skipif(not REAL, reason=f"there are no real exports in {EXPORTS}")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", REAL, ids=lambda p: str(p.relative_to(EXPORTS)))
def test_a_real_export_is_reported_alike(path: Path, engine: str) -> None:
    assert told([path], engine) == told([path], "pandas")


# Rows

PLAIN = [f"L{n},2026-01-{n % 28 + 1:02},Email,Firm {n}" for n in range(60)]
NO_ROWS = {
    "words under the table": ["Exported by Ada Brandt,,,"],
    "words under a column that nobody reads": [",,,Exported by Ada Brandt"],
    "words under an empty row": [",,,", "Exported by Ada Brandt,,,"],
    "the header again": ["Lead ID,Created Date,Lead Source,Notes", "L98,2026-01-05,Email,"],
    "another table": [",,,", "Campaign,Clicks,Cost,Currency", "Brand,1,2.00,EUR", "Search,3,4.00,EUR"],
    "an empty row": [",,,", "L98,2026-01-05,Email,"],
    "a blank before a quote": ['L98, "2026-01-05", "E, mail",'],
    "a quote within": ['L98,2026-01-05,E"ma"il,', 'L99,2026-01-05,"E"mail,'],
    "a lone carriage return": ["L98,2026-01-05,E\rmail,"],
    "a zero byte": ["L98,2026-01-05,E\0mail,"],
    "a row that is cut off": ["L98,2026-01-05,Em"],
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", NO_ROWS)
def test_what_is_no_row_of_the_table_is_known(case: str, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    lines = ["Lead ID,Created Date,Lead Source,Notes", *PLAIN, *NO_ROWS[case]]
    path.write_bytes("\n".join(lines).encode())
    assert loaded(path, engine) == loaded(path, "pandas")


# Cells

STYLES: dict[str, tuple[str, Style]] = {
    "day": ("date", DateStyle(to="UTC")),
    "day of another zone": ("date", DateStyle(zone="UTC", to="Asia/Tokyo")),
    "point": ("money", NumberStyle(scale=2)),
    "more decimals": ("money", NumberStyle(scale=4)),
    "comma": ("money", NumberStyle(decimal=",", scale=2)),
    "whole": ("integer", NumberStyle(exact=True)),
    "percent": ("percent", NumberStyle(scale=4, percent=True)),
    "email": ("text", EmailStyle()),
    "id": ("id", IdStyle()),
    "text": ("text", TextStyle()),
    "text with its own mark": ("text", TextStyle(missing=("select",))),
}
STAMPS = [
    "2026-01-31", "2026-01-31T10:00", "2026-01-31 23:59:59", "2026-01-31 24:00:00", "2026-02-30", "1899-12-31",
    "2200-01-01", "2026-01-31 10: 0", "2026-01-31  9:00", "2026-1-31", "2026-01-31T10:00Z", "2026-01-31+01:00",
    "31.01.2026", "0000-01-01", "2026-01-5 ", "infinity", "epoch", "n/a",
]  # fmt: skip
NUMBERS = [
    "1", "-1", "1.5", "1.25", "1.125", "1,25", "1,250.00", "+1", "1e3", "1_000", ".5", "5.", "0x10", "NaN", "inf", "-",
    "12345678901234567", "999999999999999.99", " 7", "7 ", "(3)", "50%", "€ 5", "1.2K",
]  # fmt: skip
TEXTS = [
    "Ada", " Ada", "Ada  B", "Ada\u00a0B", "Ädä", "-", "n/a", "N/A", "(not set)", "null", "12;13", "'007", "1.2E+17",
    "1E17", "a@b.example", "A@B.Example", "Ada (ada@b.example)", "a@b", "a@b..c", "x@y.z, q@r.s", "Select", "\u2003", "\t",
    "Total", "grand total",
]  # fmt: skip
CELL = st.one_of(
    st.sampled_from([*STAMPS, *NUMBERS, *TEXTS, ""]),
    st.text(st.sampled_from("0123456789-:T .,aeE+@;' \u00a0ä%"), max_size=20),
)


def converted(cells: Sequence[str], kind: str, style: Style, path: Path, engine: str) -> Any:
    """The values of *cells* as one column of a file, with those that cannot be read."""
    # A plain start, so that the column is kept as what most of it is.
    plain = {"date": "2026-01-05", "money": "10.25", "integer": "12", "percent": "12.5"}.get(kind, "word")
    body = [plain] * 30 + list(cells)
    path.write_text(
        "".join(f'{n},"{cell.replace(chr(34), "")}"\n' for n, cell in enumerate(body)), "utf-8", newline=""
    )
    plan = TablePlan(table="t", columns=(ColumnPlan(target="x", header="X", style=style),))
    scan = Scan(path=str(path), delimiter=",", first_line=1, width=2, records=len(body))
    rows = [[str(n), cell.replace('"', "")] for n, cell in enumerate(body)]
    batch = Batch(lines=range(1, len(body) + 1), rows=rows)
    made = load(engine)
    cells_of = Cells(
        batches=lambda: iter([batch]), places={"N": 0, "X": 1}, width=2, kinds={"X": kind}, scan=scan
    )
    text = made.text(cells_of)
    done = made.convert(text, plan)
    table = collect.columns(collect.frame(done.frame))
    return dict(zip(table["source_row"], table["x"], strict=True)), done.bad, done.aside, done.rows


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", STYLES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELL, max_size=40))
@example(cells=STAMPS)
@example(cells=NUMBERS)
@example(cells=TEXTS)
def test_a_cell_has_the_same_value_on_every_engine(
    cells: list[str], name: str, engine: str, tmp_path: Path
) -> None:
    kind, style = STYLES[name]
    found = [converted(cells, kind, style, tmp_path / "cells.csv", one) for one in ("pandas", engine)]
    assert found[0] == found[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_column_of_any_dates_is_read_alike(engine: str, tmp_path: Path) -> None:
    dice = random.Random(3)
    days = [date(2026, 1, 1) + timedelta(days=dice.randrange(300)) for _ in range(400)]
    for shape in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%Y-%m-%d"):
        lines = [
            f"L{n},{day.strftime(shape)},{dice.choice(string.ascii_letters)}" for n, day in enumerate(days)
        ]
        path = tmp_path / "leads.csv"
        path.write_text("\n".join(["Lead ID,Created Date,Lead Source", *lines, ""]), "utf-8")
        assert loaded(path, engine) == loaded(path, "pandas")


@pytest.mark.parametrize("engine", ["pandas", *ENGINES])
@pytest.mark.parametrize(("first", "channel"), [("Lead ID", "referral"), ("Company", "email")])
def test_of_leads_of_one_day_that_share_an_address_one_is_meant(
    first: str, channel: str, engine: str, tmp_path: Path
) -> None:
    # The deal does not name them. The smaller id comes first; without ids all cells count, the channel before others.
    rows = [
        f"{name},b@a.example,2026-01-05,{source}" for name, source in (("L2", "Email"), ("L1", "Referral"))
    ]
    leads, deals = tmp_path / "leads.csv", tmp_path / "deals.csv"
    leads.write_text("\n".join([f"{first},Email,Created Date,Lead Source", *rows, ""]), "utf-8")
    won = "D1,b@a.example,won,9.00,2026-01-10,2026-01-20"
    deals.write_text(f"Deal ID,Email,Status,Amount,Created,Closed\n{won}\n", "utf-8")
    report = json.loads(told([leads, deals], engine, by=["channel"]))
    found = {r["key"]["channel"]: r["metrics"]["customers_new"]["value"] for r in report["breakdown"]["rows"]}
    assert found == {"email": 0, "referral": 0, channel: 1}


@pytest.mark.parametrize("engine", ["pandas", *ENGINES])
def test_a_row_without_a_day_far_below_the_first_ones_is_blank_only_without_any_cell(
    engine: str, tmp_path: Path
) -> None:
    leads = tmp_path / "leads.csv"
    rows = [f"L{i},2026-01-05,google,Ada" for i in range(20_001)]
    lines = ["lead_id,created_at,source,owner", *rows, ",,,Bo", ",,,", "L,2026-01-06,google,Cy", ""]
    leads.write_text("\n".join(lines), "utf-8")
    report = json.loads(told([leads], engine))
    (source,) = report["sources"]
    assert report["metrics"]["leads"]["value"] == source["used"] == 20_003
    assert [(a["reason"], a["lines"]) for a in source["set_aside"]] == [("blank", [20_004])]


@pytest.mark.parametrize(("size", "name"), [(100, "PandasEngine"), (10_000_000, "DuckDBEngine")])
def test_large_text_chooses_the_database_by_itself(size: int, name: str, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"x" * size)
    one = Input(file=path.name, path=path, settings=FileSettings())
    with (
        engine_for([one], Options(), Config()) as chosen,
        engine_for([one], Options(engine="pandas"), Config()) as said,
    ):
        assert (type(chosen).__name__, type(said).__name__) == (name, "PandasEngine")
