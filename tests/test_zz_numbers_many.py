"""Numbers as people read them: without these tests 0.3 % could be shown as 0 %, or a limit lose its unit."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.metrics.cell import Cell, Change
from funnelkit.render._numbers import difference, limits, number, verdict
from funnelkit.render._picture import LONGEST, bar, sparkline

PREVIOUS = Cell(value=1)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "money", "n/a"),
        (0, "count", "0"),
        (1234, "count", "1,234"),
        (12.5, "count", "12.5"),
        (1234567.891, "count", "1,234,567.89"),
        (123456789012345678, "count", "123,456,789,012,345,678"),
        (1e300, "number", "1.00e+300"),
        (-7.25, "number", "-7.25"),
        (1661.67, "money", "EUR 1,662"),
        (99.996, "money", "EUR 100"),
        (99.99, "money", "EUR 99.99"),
        (12.3, "money", "EUR 12.30"),
        (0.01, "money", "EUR 0.01"),
        (0.042, "money", "EUR 0.042"),
        (1e-12, "money", "EUR 1.00e-12"),
        (4531.27, "money_per_day", "EUR 4,531 a day"),
        (0.10525, "ratio", "10.5 %"),
        (0, "ratio", "0 %"),
        (1, "ratio", "100 %"),
        (0.0053, "ratio", "0.53 %"),
        (0.00004, "ratio", "<0.01 %"),
        (0.9996, "ratio", "99.96 %"),
        (0.99999, "ratio", ">99.99 %"),
        (1.0001, "ratio", "100.01 %"),
        (1.531, "ratio", "153.1 %"),
        (-0.05, "ratio", "-5.0 %"),
        (3.24, "multiple", "3.2x"),
        (0.854, "multiple", "0.85x"),
        (123.4, "multiple", "123x"),
        (14, "days", "14 d"),
        (14.0, "days", "14 d"),
        (40789 / 841, "days", "48.5 d"),
    ],
)
def test_values(value: float | None, unit: str, shown: str) -> None:
    assert number(value, unit, "EUR") == shown


def test_money_without_a_currency_is_a_plain_number() -> None:
    assert number(12.5, "money") == "12.50"


@pytest.mark.parametrize(
    ("interval", "unit", "shown"),
    [
        (None, "ratio", ""),
        ((0.098714, 0.112165), "ratio", "9.87 – 11.22 %"),
        ((0.0, 0.2775), "ratio", "0 – 27.75 %"),
        ((0.99999, 1.0), "ratio", ">99.99 – 100 %"),
        ((98.2, 112.4), "money", "98.20 – 112.40"),
        ((1020.4, 1400.6), "money", "1,020 – 1,401"),
        ((298.24, None), "money", "298 – ∞"),
        ((0, math.inf), "money", "0 – ∞"),
        ((0.04, 250), "money", "0.04 – 250"),
        ((12, 16), "days", "12 – 16 d"),
        ((2.1, 4.34), "multiple", "2.1 – 4.3x"),
    ],
)
def test_intervals(interval: tuple[float, float | None] | None, unit: str, shown: str) -> None:
    assert limits(interval, unit) == shown


@pytest.mark.parametrize(
    ("absolute", "relative", "unit", "shown"),
    [
        (0.012, 0.12, "ratio", "+1.2 pp"),
        (-0.0042, -0.04, "ratio", "-0.42 pp"),
        (100, 0.123, "count", "+12.3 %"),
        (-1, -0.5, "money", "-50.0 %"),
        (0, 0.0, "count", "0 %"),
        (120, None, "money", "+EUR 120"),
        (None, None, "money", "n/a"),
    ],
)
def test_changes(absolute: float | None, relative: float | None, unit: str, shown: str) -> None:
    change = Change(previous=PREVIOUS, absolute=absolute, relative=relative)
    assert difference(change, unit, "EUR") == shown


@pytest.mark.parametrize(
    ("word", "mark"), [("better", "▲"), ("worse", "▼"), ("changed", "◆"), ("no call", "·")]
)
def test_every_verdict_has_a_mark_and_a_word(word: str, mark: str) -> None:
    assert verdict(Change(previous=PREVIOUS, absolute=1, relative=1.0, verdict=word)) == (mark, word)


@settings(max_examples=20000, deadline=None)
@given(value=st.floats(min_value=-10, max_value=10))
def test_a_share_is_shown_as_0_or_100_only_if_it_is(value: float) -> None:
    shown = number(value, "ratio")
    assert (shown == "0 %") == (value * 100 == 0)
    assert (shown == "100 %") == (value * 100 == 100)


@settings(max_examples=20000, deadline=None)
@given(
    value=st.floats(min_value=-1e300, max_value=1e300).filter(bool),
    unit=st.sampled_from(["count", "money", "multiple", "days", "number", "money_per_day"]),
)
def test_nothing_but_0_is_shown_as_0_and_what_is_shown_is_near(value: float, unit: str) -> None:
    shown = float(re.sub(r"[^\d.e+-]| a day| d$|x$", "", re.sub(r" a day| d|x", "", number(value, unit))))
    assert shown != 0
    assert shown == pytest.approx(value, rel=0.06)


@settings(max_examples=20000, deadline=None)
@given(share=st.floats(0, 1), columns=st.integers(1, 60))
def test_a_bar_never_leaves_its_column_and_never_hides_something(share: float, columns: int) -> None:
    drawn = bar(share, columns)
    assert len(drawn) <= columns
    assert bool(drawn) == (share > 0)


@settings(max_examples=20000, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=400))
def test_a_sparkline_is_as_long_as_its_values_up_to_a_limit(values: list[float | None]) -> None:
    assert len(sparkline(values)) == min(len(values), LONGEST)


def test_a_sparkline_starts_at_0_so_that_a_small_change_looks_small() -> None:
    assert sparkline([100, 101, 102]) == "▇▇▇"
    assert sparkline([0, 50, 100]) == "▁▄▇"
    assert sparkline([None, None]) == "··"
