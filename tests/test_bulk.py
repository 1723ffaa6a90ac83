"""Whole columns at once give what cell by cell gives: else a large file would read otherwise than a small one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit import bulk
from funnelkit.figures import shape
from funnelkit.styles import MISSING_TEXT, DateStyle, EmailStyle, IdStyle, NumberStyle, Style, TextStyle
from tests.reading import column, load, table

STYLES: list[Style] = [
    NumberStyle(scale=2),
    NumberStyle(scale=0, exact=True),
    NumberStyle(decimal=",", scale=3),
    DateStyle(orders={"/": "dmy"}),
    DateStyle(zone="UTC", to="America/New_York"),
    DateStyle(pattern="%d/%m/%Y"),
    DateStyle(edge="last"),
    DateStyle(count="week", base=20000, edge="first"),
    DateStyle(count="serial", base=-25569),
    NumberStyle(scale=4, percent=True),
    TextStyle(),
    TextStyle(missing=("select", "12")),
    IdStyle(),
    EmailStyle(),
]
PLAIN = [
    "",
    "0",
    "-0.5",
    "12",
    "1234.50",
    "99.125",
    "2026-01-05",
    "2026-02-30",
    "2026-01-05 23:30",
    "0001-01-01",
]
PLAIN += [
    "2026-01-05T23:30:00",
    "Brume",
    "a b",
    "-",
    "--",
    "n/a",
    "N/A",
    "null",
    "007",
    "1.2E+17",
    "12;15",
    "'7",
]
WILD = [
    " 12",
    "12 ",
    "a  b",
    "a\u00a0b",
    "\u202f",
    "\u3000",
    "x\x00y",
    "\x00",
    "1,5",
    "(5)",
    "€ 5",
    "5 %",
    "1e3",
    "é",
    "\n",
]
WILD += [
    "13/02/2026",
    "9999-12-31",
    "12345678901234567",
    "ada@lund.example",
    "Ada@Lund.Example",
    "a@b@c.example",
    "@b.example",
    "a@.b",
    "a@b.",
    "a@b.c.",
    "ada@lund.example;bo@lund.example",
    "Ada <ada@lund.example>",
    "ΑΣ@x.gr",
    "−5",
    "-00",
    "1.",
    ".5",
    "nan",
    "None",
]


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_a_column_reads_like_its_cells(style: Style) -> None:
    @given(st.lists(st.sampled_from(PLAIN) | st.sampled_from(PLAIN + WILD) | st.text(max_size=4), max_size=8))
    def holds(cells: list[str]) -> None:
        assert bulk.parse(style, cells) == [style.parse(cell) for cell in cells]

    holds()


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_a_plain_column_reads_like_its_cells(style: Style) -> None:
    @given(st.lists(st.sampled_from(PLAIN), max_size=8))
    def holds(cells: list[str]) -> None:
        assert bulk.parse(style, cells) == [style.parse(cell) for cell in cells]

    holds()


@given(st.lists(st.sampled_from(PLAIN + WILD) | st.text(max_size=4), max_size=8))
def test_shapes_are_those_of_the_cells(cells: list[str]) -> None:
    assert bulk.shapes(cells) == [shape(cell) for cell in cells]


@given(st.lists(st.sampled_from(PLAIN) | st.text("-–—nN/aAuUlL(#) \t\r\n\xa0x5", max_size=5), max_size=8))
def test_blanks_are_those_of_the_cells(cells: list[str]) -> None:
    assert bulk.missing(cells) == [cell.strip().lower() in MISSING_TEXT for cell in cells]


def test_a_day_that_no_calendar_has_is_not_a_missing_one() -> None:
    days = ["2026-01-05", "2026-02-30", "", "2026-03-01"]
    loaded = load(
        table("Lead ID,Email,Created Date", *(f"{n},u{n}@x.example,{day}" for n, day in enumerate(days)))
    )
    assert column(loaded, "created_at") == ["2026-01-05", None, "2026-03-01"]
    assert [(one.reason, one.lines) for one in loaded.aside] == [("bad_value", (3,))]


@pytest.mark.parametrize("cells", [["a", " Total ", "b"], ["TOTAL"], ["x", "total"], ["total", "x"]])
def test_a_total_is_seen_wherever_it_stands(cells: list[str]) -> None:
    assert bulk.fitting(["total|summe"], cells)


@pytest.mark.parametrize("cells", [[], ["a total", "totals", "to\ntal"], ["", " "]])
def test_a_word_with_total_in_it_is_none(cells: list[str]) -> None:
    assert not bulk.fitting(["total|summe"], cells)


def test_every_blank_of_unicode_is_known() -> None:
    assert set(bulk.SPACES) | {" "} == {c for c in map(chr, range(0x110000)) if c.isspace()}
