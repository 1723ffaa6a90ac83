"""The formats: without these tests two of them could disagree, or a name from a file could do harm in one."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from funnelkit import render
from funnelkit.errors import UsageError
from funnelkit.longform import columns, rows
from funnelkit.render.schema import read
from tests.hard_report import EMPTY, HARD, HOSTILE

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "hard.txt": ("terminal", {}),
    "hard_200.txt": ("terminal", {"width": 200}),
    "hard_80.txt": ("terminal", {"width": 80}),
    "hard_30.txt": ("terminal", {"width": 30}),
    "hard_color.txt": ("terminal", {"width": 120, "color": True}),
    "hard.md": ("md", {}),
    "hard.json": ("json", {}),
    "hard.csv": ("csv", {}),
}
REPORTS = pytest.mark.parametrize("report", [HARD, EMPTY], ids=["hard", "empty"])


def document(report: Any = HARD) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(render.render(report, "json"))
    return parsed


def table() -> list[dict[str, str]]:
    text = render.render(HARD, "csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", CASES)
def test_the_hard_report_looks_as_stored(name: str, request: pytest.FixtureRequest) -> None:
    format, options = CASES[name]
    seen = render.render(HARD, format, **options)
    if request.config.getoption("--update"):
        (GOLDEN / name).write_bytes(seen)
    assert seen == (GOLDEN / name).read_bytes()


def test_every_format_has_a_stored_file() -> None:
    assert {format for format, _ in CASES.values()} == set(render.names())


def test_formats_are_listed_and_imported_without_heavy_libraries() -> None:
    code = "import sys, funnelkit.render as r; r.names(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {"pandas", "numpy", "narwhals", "rich", "yaml"}
    assert not [name for name in loaded if re.fullmatch(r"funnelkit\.render\.(terminal|md|csv|json)", name)]


@pytest.mark.parametrize("format", render.names())
def test_rendering_needs_no_heavy_library(format: str) -> None:
    code = (
        "import sys; from tests.hard_report import HARD; from funnelkit.render import render;"
        f"render(HARD, {format!r}, width=80); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(run.stdout.split()) & {"pandas", "numpy", "narwhals", "rich", "yaml"}


@pytest.mark.parametrize("format", render.names())
@REPORTS
def test_output_is_utf8_and_ends_with_one_line_feed(format: str, report: Any) -> None:
    text = render.render(report, format).decode("utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize(
    ("path", "format"),
    [("a.md", "md"), ("x/b.JSON", "json"), ("c.csv", "csv"), ("d.txt", "terminal")],
)
def test_the_suffix_picks_the_format(path: str, format: str) -> None:
    assert render.for_path(Path(path)) == format


def test_an_unknown_format_or_suffix_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match="no output format is called 'jsn'") as unknown:
        render.render(HARD, "jsn")
    assert unknown.value.hint == "Did you mean json?"
    with pytest.raises(UsageError, match=r"a\.jsno: no output format has the suffix \.jsno") as misspelt:
        render.for_path("a.jsno")
    assert misspelt.value.hint == "Did you mean json?"
    with pytest.raises(UsageError, match="no suffix") as bare:
        render.for_path("weekly")
    assert ".md" in bare.value.hint


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
    from dataclasses import replace

    from funnelkit.metrics.cell import Cell

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


class _Elements(HTMLParser):
    """Which elements a page has, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag in ("td", "th", "h1", "li"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def test_markdown_shows_every_name_as_it_is_and_nothing_acts() -> None:
    page = _Elements()
    markdown = render.render(HARD, "md").decode()
    page.feed(MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown))
    expected = {"h1", "h2", "p", "br", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.tags == expected
    for name in (*HOSTILE[:4], "red", 'a "quoted", name; with | pipe ` tick \\ and_under_scores *bold*'):
        assert name in page.cells
    assert 'Funnel "Q3" | 日本 🚀 <b>' in [cell.strip() for cell in page.cells]


def test_markdown_and_terminal_show_the_same_numbers() -> None:
    shown = {
        format: set(re.findall(r"\d[\d,.]*", render.render(HARD, format).decode().replace("\\", "")))
        for format in ("md", "terminal")
    }
    assert shown["md"] == shown["terminal"]


@pytest.mark.parametrize("width", [None, 200, 80, 30])
def test_nothing_but_colour_codes_of_our_own_reaches_a_terminal(width: int | None) -> None:
    plain = render.render(HARD, "terminal", width=width).decode()
    painted = render.render(HARD, "terminal", width=width, color=True).decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", plain)
    assert re.sub(r"\x1b\[(?:1|2|31|32|33|0)m", "", painted).splitlines() == [
        line.rstrip() for line in plain.splitlines()
    ]


def test_colour_never_stands_alone() -> None:
    painted = render.render(HARD, "terminal", width=200, color=True).decode()
    for color, sign in (("32", "▲|better"), ("31", "▼|worse"), ("33", "!|n/a|not linked")):
        runs = re.findall(rf"\x1b\[{color}m(.*?)\x1b\[0m", painted)
        assert runs
        assert all(re.match(sign, run) for run in runs)


def test_the_terminal_explains_what_is_missing_once_per_reason() -> None:
    text = render.render(HARD, "terminal").decode()
    assert text.count("n/a: cltv - no gross margin given: set gross_margin") == 1
    assert "9.87 – 11.22 %" in text
    assert "298 – ∞" in text
    assert "other 12 groups" in text
