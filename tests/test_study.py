"""The answers of commands beside the report, in every format: they must agree, be harmless, and fit every terminal."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from rich.cells import cell_len

from funnelkit.cli.answer import answer
from funnelkit.errors import UsageError
from funnelkit.metrics.cell import Cell
from funnelkit.pipeline.schemas import NAMES, schema
from funnelkit.render import study as rendering
from funnelkit.studies import Entry, Field, Study, Table
from tests.hard_study import EMPTY, HARD, TRIANGLE

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "study.txt": ("terminal", {}),
    "study_80.txt": ("terminal", {"width": 80}),
    "study_30.txt": ("terminal", {"width": 30}),
    "study_color.txt": ("terminal", {"width": 200, "color": True}),
    "study.md": ("md", {}),
    "study.json": ("json", {}),
    "study.csv": ("csv", {}),
}
STUDIES = pytest.mark.parametrize("study", [HARD, EMPTY], ids=["hard", "empty"])


def document(study: Study = HARD) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(rendering.render(study, "json"))
    return parsed


def text(study: Study = HARD, width: int | None = None) -> str:
    return rendering.render(study, "terminal", width=width).decode()


@pytest.mark.parametrize("name", CASES)
def test_the_hard_study_looks_as_stored(name: str, request: pytest.FixtureRequest) -> None:
    format, options = CASES[name]
    seen = rendering.render(HARD, format, **options)
    if request.config.getoption("--update"):
        (GOLDEN / name).write_bytes(seen)
    assert seen == (GOLDEN / name).read_bytes()


@STUDIES
def test_json_obeys_its_schema(study: Study) -> None:
    found = schema("study")
    Draft202012Validator.check_schema(found)
    Draft202012Validator(found, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document(study))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(extra=1),
        lambda d: d.pop("sentences"),
        lambda d: d["tables"][0]["rows"][0]["size"].update(extra=1),
        lambda d: d["tables"][0]["rows"][0]["size"].pop("value"),
        lambda d: d["tables"][1]["rows"][1]["spend"].pop("reason"),
        lambda d: d["tables"][0]["rows"][0].update(size=1204),
        lambda d: d["tables"][0]["columns"][0].update(unit="words"),
        lambda d: d["tables"][1]["rows"][2]["word"].update(young=False),
        lambda d: d["sources"][0].pop("sha256"),
    ],
)
def test_the_schema_is_strict(spoil: Any) -> None:
    spoilt = document()
    spoil(spoilt)
    assert not Draft202012Validator(schema("study")).is_valid(spoilt)


def test_the_schema_needs_no_other_document() -> None:
    found = schema("study")
    refs = set(re.findall(r'"#/\$defs/([a-z]+)"', json.dumps(found)))
    assert refs == set(found["$defs"])
    assert "study" in NAMES


def test_json_says_what_scripts_rely_on() -> None:
    seen = document()
    table = seen["tables"][0]
    assert seen["command"] == "cohorts"
    assert seen["sentences"][0] == "The leads of 2026-05 convert worse."
    assert table["key"] == ["cohort"]
    assert table["columns"][1] == {"id": "size", "label": "leads", "unit": "count"}
    row = table["rows"][2]
    assert row["size"] == {"value": 88, "unit": "count"}
    assert row["age_2"]["value"] == 11 / 88
    assert row["age_2"]["interval"] == pytest.approx([0.02, 0.12])
    assert row["age_2"]["young"] is True
    assert "young" not in row["age_1"]
    assert row["age_3"] is None
    checks = seen["tables"][1]["rows"]
    assert (checks[0]["value"]["unit"], checks[0]["value"]["verdict"]) == ("ratio", "missed")
    assert checks[2]["word"] == {"text": "not yet", "young": True}
    assert checks[1]["spend"]["reason"] == "no_denominator"


def _plain(name: Any) -> str:
    """What a row is called, where a number calls it too."""
    return str(name["value"]) if isinstance(name, dict) else name


def test_csv_and_json_agree_cell_by_cell() -> None:
    seen = document()
    cells = {
        (table["id"], tuple(_plain(row[key]) for key in table["key"]), column["id"]): row[column["id"]]
        for table in seen["tables"]
        for row in table["rows"]
        for column in table["columns"]
        if column["id"] not in table["key"] and row[column["id"]] is not None
    }
    keys = {table["id"]: table["key"] for table in seen["tables"]}
    lines = list(csv.DictReader(io.StringIO(rendering.render(HARD, "csv").decode(), newline="")))
    named = {_harmless(part) for _, key, _ in cells for part in key}
    for line in lines:
        own = [line[key] for key in keys[line["table"]]]
        assert set(map(_unsafe, own)) <= named
        (place,) = [p for p in cells if p[::2] == (line["table"], line["column"]) and _same(p[1], own)]
        cell = cells.pop(place)
        if not isinstance(cell, dict) or "text" in cell:
            said = cell["text"] if isinstance(cell, dict) else cell
            assert (_unsafe(line["value"]), line["unit"]) == (_harmless(said), "text")
            continue
        low, high = cell.get("interval", [None, None])
        expected = {n: cell.get(n) for n in ("value", "numerator", "denominator", "n", "reason", "unit")}
        expected |= {"low": low, "high": high, "verdict": cell.get("verdict")}
        expected |= {sign: "true" if sign in cell else None for sign in ("young", "few")}
        for name, number in expected.items():
            assert line[name] == ("" if number is None else str(number))
    assert not cells


def _same(key: tuple[str, ...], own: list[str]) -> bool:
    return [_harmless(part) for part in key] == [_unsafe(part) for part in own]


def _harmless(name: str) -> str:
    """What is left of a name in CSV: no terminal sequences."""
    return "red " if "red" in name and "\x1b" in name else name


def _unsafe(words: str) -> str:
    return words[1:] if re.match(r"'[=+\-@\t\r\n]", words) else words


@STUDIES
@pytest.mark.parametrize("format", rendering.FORMATS)
def test_nothing_acts_on_any_program_and_lines_end_once(study: Study, format: str) -> None:
    seen = rendering.render(study, format).decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2066-\u2069]", seen)
    assert seen.endswith("\n")
    assert not seen.endswith("\n\n")
    assert "<script>" not in seen or format in ("json", "terminal", "csv")


@pytest.mark.parametrize("columns", [1, 12, 20, 30, 40, 60, 80, 100, 120, 160, 240])
def test_it_fits_every_terminal_and_says_the_same(columns: int) -> None:
    narrow, wide = text(width=columns), text()
    for line in narrow.splitlines():
        assert cell_len(line) <= columns or len(line.split()) == 1
    numbers = {word for word in wide.split() if re.search(r"\d", word)}
    assert numbers <= set(narrow.split())


def test_the_answer_comes_before_every_number() -> None:
    lines = text().splitlines()
    assert lines[0] == "Cohorts"
    assert lines.index("  The leads of 2026-05 convert worse.") < min(
        i for i, line in enumerate(lines) if "1,204" in line
    )


@pytest.mark.parametrize("format", ["terminal", "md"])
def test_young_values_are_told_apart_without_colour(format: str) -> None:
    shown = rendering.render(HARD, format).decode()
    assert "◔12.5 %" in shown
    assert "◔ young: not all of its cases" in shown
    assert "≈" not in shown
    old = replace(HARD, tables=(replace(TRIANGLE, rows=TRIANGLE.rows[:0]),))
    assert "◔" not in rendering.render(old, format).decode()


def test_ranges_of_few_columns_are_shown_and_of_many_only_named() -> None:
    assert "95 % ranges of these values: in JSON and CSV" in text()
    assert "6.56 – 14.95 %" in text()
    few = replace(
        HARD,
        tables=(replace(TRIANGLE, fields=TRIANGLE.fields[:4], rows=tuple(row[:4] for row in TRIANGLE.rows)),),
    )
    assert "0 – 10.00 %" in text(few)
    assert "a – b: the 95 % range" in text(few)
    assert "in JSON and CSV" not in text(few)


def test_an_empty_place_is_blank_and_a_missing_value_says_why() -> None:
    assert "n/a: spend in cac =cmd|' /C calc'!A0 - nothing to divide by here" in text()
    assert not re.search(r"n/a: \d", text())


def test_json_refuses_what_is_not_a_number() -> None:
    spoilt = replace(TRIANGLE.rows[0][1], cell=Cell(value=float("nan")))
    row = (TRIANGLE.rows[0][0], spoilt, *TRIANGLE.rows[0][2:])
    with pytest.raises(ValueError, match="not JSON compliant"):
        rendering.render(replace(HARD, tables=(replace(TRIANGLE, rows=(row,)),)), "json")


@pytest.mark.parametrize("format", rendering.FORMATS)
def test_rendering_needs_no_heavy_library(format: str) -> None:
    code = (
        "import sys; from tests.hard_study import HARD; from funnelkit.render.study import render;"
        f"render(HARD, {format!r}, width=80); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(run.stdout.split()) & {"pandas", "numpy", "narwhals", "rich", "yaml"}


def test_an_unknown_format_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    def never(_: Any) -> Study:
        raise AssertionError

    for format, output in (("html", []), (None, ["a.html"]), (None, ["a"])):
        with pytest.raises(UsageError):
            answer(never, rendering, format=format, output=output)


def test_an_answer_is_written_to_every_file_or_to_stdout(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    paths = [str(tmp_path / name) for name in ("a.json", "b.csv", "c.md", "d.txt")]
    assert answer(lambda _: HARD, rendering, format=None, output=paths, verbose=True) is HARD
    for path, format in zip(paths, ("json", "csv", "md", "terminal"), strict=True):
        assert Path(path).read_bytes() == rendering.render(HARD, format)
    told = capfdbinary.readouterr()
    assert told.out == b""
    assert b"leads.csv: leads, 2025 of 2028 rows used\n" in told.err
    answer(lambda _: HARD, rendering, format="csv", output=None)
    assert capfdbinary.readouterr().out == rendering.render(HARD, "csv")


@pytest.mark.parametrize("format", ["terminal", "md"])
def test_what_rests_on_few_cases_is_marked_as_in_a_report(format: str) -> None:
    few = Entry(cell=Cell(value=7, n=3), few=True)
    fields = (Field(id="name", label="name", unit="text"), Field(id="size", label="size", unit="count"))
    study = replace(HARD, tables=(Table(id="t", title="T", fields=fields, rows=((Entry(text="a"), few),)),))
    shown = rendering.render(study, format).decode()
    assert "≈7" in shown
    assert "≈ rests on fewer cases than --min-n asks for" in shown
    (row,) = document(study)["tables"][0]["rows"]
    assert row["size"]["few"] is True
    Draft202012Validator(schema("study")).validate(document(study))
    (line,) = csv.DictReader(io.StringIO(rendering.render(study, "csv").decode(), newline=""))
    assert (line["value"], line["few"], line["young"]) == ("7", "true", "")
