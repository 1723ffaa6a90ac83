"""Pages of any width: without these tests a narrow terminal could cut a digit, or a wide name break a table."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from funnelkit import render
from funnelkit.metrics.cell import Cell
from funnelkit.render._text import clean, width, wrap
from funnelkit.reports import Breakdown, Report, Row
from tests.hard_report import DEFINITIONS, EMPTY, HARD, points

WIDTHS = st.integers(min_value=12, max_value=240)
NAMES = st.text(alphabet="aZ9 ,.|-_é日本한ไ🚀½", min_size=1, max_size=40)
VALUES = st.one_of(
    st.none(),
    st.integers(min_value=-(10**9), max_value=10**18),
    st.floats(allow_nan=False, allow_infinity=False),
)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=30)


@st.composite
def reports(draw: st.DrawFn, names: st.SearchStrategy[str] = NAMES) -> Report:
    """The hard report with other groups, names and numbers."""
    ids = draw(st.lists(st.sampled_from(list(DEFINITIONS)), unique=True))
    rows = tuple(
        Row(
            key=(draw(names), draw(names)),
            cells={id: _cell(draw(VALUES), draw(st.integers(0, 99))) for id in ids},
            changes={},
            trend=points(100, 10, 5.0) if draw(st.booleans()) else (),
        )
        for _ in range(draw(st.integers(0, 4)))
    )
    return replace(
        HARD,
        title=draw(names),
        filters=tuple(draw(st.lists(names, max_size=3))),
        metrics={id: _cell(draw(VALUES), 7) for id in ids},
        breakdown=Breakdown(by=("channel", "campaign"), rows=rows, sort=""),
        comparison=draw(st.sampled_from([None, HARD.comparison])),
        trend=draw(st.sampled_from([None, HARD.trend])),
    )


def _cell(value: float | None, n: int) -> Cell:
    if value is None:
        return Cell(value=None, reason="no_denominator", message="nothing to divide by here")
    return Cell(value=value, n=n, denominator=1, interval=(value, value) if n % 2 else None)


def shown(report: Report, width: int | None) -> str:
    return render.render(report, "terminal", width=width).decode()


@given(report=reports(), columns=WIDTHS)
@settings(max_examples=60, deadline=None)
def test_no_line_is_wider_than_the_terminal_unless_it_is_one_word(report: Report, columns: int) -> None:
    for line in shown(report, columns).splitlines():
        assert cell_len(line) <= columns or len(line.split()) == 1


@given(report=reports(), columns=WIDTHS)
@settings(max_examples=60, deadline=None)
def test_a_narrow_page_shows_every_number_of_a_wide_one(report: Report, columns: int) -> None:
    wide, narrow = (
        {word for word in shown(report, size).split() if re.search(r"\d", word)} for size in (None, columns)
    )
    assert wide <= narrow


@pytest.mark.parametrize("columns", [1, 5, 12, 20, 30, 40, 50, 60, 80, 100, 120, 160, 200, 400])
def test_the_hard_report_fits_every_terminal(columns: int) -> None:
    for line in shown(HARD, columns).splitlines():
        assert cell_len(line) <= columns or len(line.split()) == 1


@given(report=reports(names=ANY_TEXT), columns=st.one_of(st.none(), WIDTHS))
@settings(max_examples=60, deadline=None)
def test_any_text_at_all_is_shown_harmlessly_in_every_format(report: Report, columns: int | None) -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown(report, columns))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", render.render(report, "md").decode())
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f]", render.render(report, "csv").decode())
    kept = json.loads(render.render(report, "json"))
    assert kept["title"] == re.sub("[\ud800-\udfff]", "\ufffd", report.title)


def test_off_a_terminal_no_text_is_broken_into_lines() -> None:
    sentence = " ".join(["a long sentence"] * 40)
    note = replace(HARD.warnings[0], message=sentence)
    assert f"  ! Left truncated: {sentence}\n" in shown(replace(HARD, warnings=(note,)), None)


def test_an_empty_report_is_two_lines_of_facts() -> None:
    assert shown(EMPTY, None).splitlines() == [
        "Funnel report",
        "2026-Q2, 2026-04-01 to 2026-06-30 · as of 2026-09-14 · UTC",
    ]


@pytest.mark.parametrize(
    "text",
    "abc é e\u0301 日本語 한글 \u1112\u1161\u11ab ไทย नमस्ते ½ ▲▼·– ❤ ❤️ 👍🏽 👩‍👩‍👧 🏳️‍🌈 🇩🇪🇫🇷 1️⃣ ☎️x ﷺ █▁▇".split(),
)
def test_widths_agree_with_another_library(text: str) -> None:
    assert width(text) == cell_len(text)


@given(text=st.text(alphabet="ab 日9", max_size=60), columns=st.integers(1, 30))
def test_wrapping_keeps_every_word_whole_and_in_order(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert " ".join(lines).split() == text.split()
    assert all(width(line) <= columns or " " not in line for line in lines)


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;never closed", "0;never closed"),
        ("\x9b2Jwiped", "wiped"),
        ("\x1bPdevice\x1b\\control", "control"),
        ("\x1b\x1b[31m[31mtwice", "[31mtwice"),
        ("bell\x07 back\x08space", "bell backspace"),
        ("two\r\nlines\u2028more", "two lines more"),
        ("\u202etxt.exe\u2066", "txt.exe"),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_what_a_terminal_would_act_on_is_taken_out(raw: str, left: str) -> None:
    assert clean(raw) == left


def test_in_a_pipe_no_variable_of_the_environment_breaks_a_line(tmp_path: Path) -> None:
    """Whoever reads the output by line must not get other lines because a shell exports the width of its window."""
    leads = tmp_path / "leads.csv"
    leads.write_text("Lead ID,Created,Lead Source\n1,2026-01-02,google\n2,2026-01-03,email\n")
    command = [sys.executable, "-m", "funnelkit", "report", str(leads), "--no-config"]
    plain = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    wide, narrow = (
        subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout.decode()
        for env in (plain, {**plain, "COLUMNS": "40"})
    )
    assert narrow == wide
    assert max(map(len, wide.splitlines())) > 100
