"""The formats for programs: without these tests JSON and CSV could disagree, or a script stop working."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from funnelkit import render
from funnelkit.longform import columns, rows
from funnelkit.metrics.cell import Cell
from funnelkit.render.schema import read
from tests.hard_report import EMPTY, HARD, HOSTILE

REPORTS = pytest.mark.parametrize("report", [HARD, EMPTY], ids=["hard", "empty"])


def document(report: Any = HARD) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(render.render(report, "json"))
    return parsed


def table() -> list[dict[str, str]]:
    text = render.render(HARD, "csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@REPORTS
def test_json_obeys_its_schema(report: Any) -> None:
    schema = read()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        document(report)
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(extra=1),
        lambda d: d["metrics"]["leads"].update(extra=1),
        lambda d: d["metrics"]["cltv"].pop("reason"),
        lambda d: d["metrics"]["leads"].update(value="8000"),
        lambda d: d["sources"][0].pop("sha256"),
        lambda d: d.update(as_of="14.09.2026"),
    ],
)
def test_the_schema_is_strict(spoil: Any) -> None:
    spoilt = document()
    spoil(spoilt)
    assert not Draft202012Validator(read()).is_valid(spoilt)


def test_json_says_what_scripts_rely_on() -> None:
    seen = document()
    assert seen["format_version"] == "1.0"
    assert seen["period"] == {"start": "2026-07-01", "end": "2026-09-30", "label": "2026-Q3", "partial": True}
    rate = seen["metrics"]["lead_conversion_rate"]
    assert rate["value"] == 0.10525
    assert rate["interval"] == [0.098714, 0.112165]
    assert rate["mature"] == {"value": 0.0931, "numerator": 700, "denominator": 7520, "horizon_days": 90}
    assert seen["metrics"]["cac"]["interval"] == [298.24, None]
    assert seen["metrics"]["cltv"]["value"] is None
    assert seen["metrics"]["cltv"]["reason"] == "no_gross_margin"
    assert seen["metrics"]["spend"]["change"]["previous"]["value"] == 0.0
    assert seen["breakdown"]["rows"][0]["key"] == {
        "channel": "paid_search",
        "campaign": "日本語キャンペーン 🎌",
    }
    assert [row.get("rest_of") for row in seen["breakdown"]["rows"]][-1] == 12
    assert seen["trend"]["rows"][0]["period"] == "2026-07"
    assert seen["funnel"][2]["rate_from_previous"] == 842 / 3999
    assert seen["matching"] == [
        {"from": "deals", "to": "leads", "by": "lead_id", "matched": 830, "unmatched": 3},
        {"from": "deals", "to": "leads", "by": "email", "matched": 9, "unmatched": 3},
    ]


def test_json_keeps_text_as_the_files_have_it_but_escaped() -> None:
    raw = render.render(HARD, "json").decode()
    assert document()["breakdown"]["rows"][3]["key"]["campaign"] == HOSTILE[4]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", raw)


def test_json_refuses_what_is_not_a_number() -> None:
    spoilt = replace(HARD, metrics={"leads": Cell(value=float("nan"))})
    with pytest.raises(ValueError, match="not JSON compliant"):
        render.render(spoilt, "json")


def test_csv_and_json_agree_cell_by_cell() -> None:
    seen = document()
    cells: dict[tuple[str, ...], dict[str, Any]] = {}
    for scope, key, start, metrics in _scopes(seen):
        for metric, cell in metrics.items():
            cells[(scope, *key, start, metric)] = cell
    for row in table():
        key = tuple(_unsafe(row[name]) for name in ("channel", "campaign"))
        cell = cells.pop((row["scope"], *key, row["period_start"], row["metric"]))
        low, high = cell.get("interval", [None, None])
        expected = {name: cell.get(name) for name in ("value", "numerator", "denominator", "n")}
        for name, number in (expected | {"low": low, "high": high}).items():
            assert row[name] == ("" if number is None else str(number))
        assert row["unit"] == cell["unit"]
        assert row["reason"] == cell.get("reason", "")
    assert not cells


def _scopes(seen: dict[str, Any]) -> Any:
    """Every place where the JSON has metrics: scope, key, first day, cells by id."""
    start, before = seen["period"]["start"], seen["comparison"]["period"]["start"]
    groups = [(tuple(_shown(name) for name in row["key"].values()), row) for row in seen["breakdown"]["rows"]]
    for scope, key, place in (
        ("total", ("", ""), seen),
        *(("breakdown", key, row) for key, row in groups),
    ):
        yield scope, key, start, place["metrics"]
        changes = {
            id: cell["change"]["previous"] for id, cell in place["metrics"].items() if "change" in cell
        }
        yield "comparison", key, before, changes
        for beside in seen["further_comparisons"] if scope == "total" else ():
            cells = {id: change["previous"] for id, change in beside["changes"].items()}
            yield "comparison", key, beside["period"]["start"], cells
        for point in place["trend"] if scope == "breakdown" else place["trend"]["rows"]:
            yield "trend", key, point["start"], point["metrics"]


def _shown(name: str) -> str:
    """What is left of a name in CSV: no terminal sequences."""
    return "red " if name == HOSTILE[4] else name


def _unsafe(text: str) -> str:
    """The text before it was made safe for spreadsheets."""
    return text[1:] if re.match(r"'[=+\-@\t\r\n]", text) else text


def test_csv_runs_in_no_spreadsheet_and_leaves_numbers_alone() -> None:
    names = [row[name] for row in table() for name in ("scope", "channel", "campaign", "metric", "reason")]
    assert not [name for name in names if name.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert "'=cmd|' /C calc'!A0" in names
    assert {row["value"] for row in table() if row["metric"] == "demo_score"} == {"-7.25"}


def test_csv_reads_back_as_the_rows_of_the_report() -> None:
    text = render.render(HARD, "csv").decode()
    assert "\r\n" not in text.replace("line\nbreak\r\n", "")
    assert text.splitlines()[0] == ",".join(columns(HARD))
    assert len(table()) == len(list(rows(HARD)))


def test_the_frame_has_the_columns_and_rows_of_the_csv() -> None:
    frame = HARD.to_frame()
    assert list(frame.columns) == columns(HARD)
    assert len(frame) == len(table())
    assert set(frame["scope"]) == {"total", "breakdown", "trend", "comparison"}
