"""The formats for reading: without these tests a name from a file could do harm in one of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from funnelkit import render
from funnelkit.cli.app import run
from funnelkit.errors import UsageError
from funnelkit.metrics.cell import Cell
from funnelkit.reports import Point, Span, Trend
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
    shown = [cell.strip() for cell in page.cells]
    expected = {"h1", "h2", "p", "br", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.tags == expected
    for name in (*HOSTILE[:4], "red", 'a "quoted", name; with | pipe ` tick \\ and_under_scores *bold*'):
        assert name in shown
    assert shown[0].splitlines()[0] == 'Funnel "Q3" | 日本 🚀 <b>'


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


COLORS = (
    ("32", r"▲|better|.*\b(met|on pace)$"),
    ("31", r"▼|worse|.*\b(missed|behind)$"),
    ("33", "!|n/a|not linked"),
)


def test_colour_never_stands_alone() -> None:
    painted = render.render(HARD, "terminal", width=200, color=True).decode()
    for color, sign in COLORS:
        runs = re.findall(rf"\x1b\[{color}m(.*?)\x1b\[0m", painted)
        assert runs
        assert all(re.match(sign, run) for run in runs)


def test_the_terminal_explains_what_is_missing_once_per_reason() -> None:
    text = render.render(HARD, "terminal").decode()
    assert text.count("n/a: cltv - no gross margin given: set gross_margin") == 1
    assert "9.87 – 11.22 %" in text
    assert "298 – ∞" in text
    assert "other 12 groups" in text


def test_a_long_trend_is_summed_up_and_says_where_the_rest_is() -> None:
    days = [date(2026, 7, 1) + timedelta(days=number) for number in range(92)]
    points = tuple(
        Point(
            span=Span(start=day, end=day, label=str(day)),
            cells={"leads": Cell(value=7 + 3 * number)},
        )
        for number, day in enumerate(days)
    )
    text = render.render(replace(HARD, trend=Trend(grain="day", points=points)), "terminal").decode()
    assert "By day  all 92 values are in JSON and CSV" in text
    row = next(line for line in text.splitlines() if re.match(r"  Leads +▁", line))
    assert row.split()[2:] == ["7", "280", "7", "280"]


def test_what_follows_a_cohort_is_marked_beside_what_happened_in_the_period(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    def shown(*arguments: str) -> str:
        assert run(["report", *files, "--no-config", "-q", *arguments]) == 0
        return capsysbinary.readouterr().out.decode("utf-8")

    texts = {
        "leads": "Lead ID,Source,Created Date\n1,Google Ads,2026-01-05\n2,Referral,2026-01-06\n",
        "deals": "Deal ID,Lead ID,Status,Amount,Created,Close Date\n1,1,Won,90,2026-01-08,2026-02-01\n",
        "spend": "Day,Channel,Cost\n2026-01-05,Google Ads,30\n",
    }
    files = []
    for table, text in texts.items():
        (tmp_path / f"{table}.csv").write_text(text, "utf-8")
        files.append(f"{table}={tmp_path / f'{table}.csv'}")
    # Won in February by a lead of January: the return of January's spend holds it, January's revenue does not.
    january = ["--period", "2026-01", "--metrics", "roas,revenue_won,spend"]
    found = json.loads(shown(*january, "-f", "json"))["metrics"]
    assert (found["roas"]["value"], found["revenue_won"]["value"]) == (3, 0)
    assert (found["roas"].get("cohort"), found["revenue_won"].get("cohort")) == (True, None)
    for format in ("terminal", "md"):
        text = shown(*january, "-f", format, "--by", "channel")
        assert text.count("spend†") >= 3  # key numbers, totals, groups
        assert "Revenue won†" not in text
        assert "† follows the leads, deals or customers of the period" in text
    assert "†" not in shown("--metrics", "roas,lead_conversion_rate")
    assert "†" not in shown("--metrics", "revenue_won,spend")
