"""Halves go away from zero, in every format and sentence: as decimals do it that know no binary fractions."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.build.checks.study import spoken
from funnelkit.render._numbers import limits, number
from funnelkit.rounding import fixed, percent, rounded


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.125, 2, "0.13"),
        (2.5, 0, "3"),
        (3.5, 0, "4"),
        (-0.125, 2, "-0.13"),
        (-2.5, 0, "-3"),
        # Below one half in binary, one half as it is written.
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (0.145, 2, "0.15"),
        (1234567.5, 0, "1,234,568"),
        (Decimal("0.125"), 2, "0.13"),
        (Fraction(1, 8), 2, "0.13"),
        (Fraction(-5, 2), 0, "-3"),
        (Fraction(2, 3), 2, "0.67"),
        (7, 0, "7"),
        (1e14 + 0.5, 0, "100,000,000,000,001"),
    ],
)
def test_a_half_goes_away_from_zero(value: float | Decimal | Fraction, decimals: int, text: str) -> None:
    assert fixed(value, decimals) == text


@given(st.integers(-(10**15), 10**15), st.integers(0, 6), st.integers(0, 6))
def test_all_kinds_of_numbers_are_rounded_alike(digits: int, scale: int, decimals: int) -> None:
    exact = Decimal(digits).scaleb(-scale)
    expected = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    # Fifteen digits are as many as a binary fraction holds in any case.
    assert rounded(float(exact), decimals) == expected
    assert rounded(exact, decimals) == rounded(Fraction(exact), decimals) == expected


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.125, "money", "EUR 0.13"),
        (8.125, "money", "EUR 8.13"),
        (1000.5, "money", "EUR 1,001"),
        (102.5, "money", "EUR 103"),
        (0.1205, "ratio", "12.1 %"),
        (0.00125, "ratio", "0.13 %"),
        (2.25, "multiple", "2.3x"),
        (10.25, "days", "10.3 d"),
        (0.5, "count", "0.5"),
    ],
)
def test_what_people_read_follows_it(value: float, unit: str, text: str) -> None:
    assert number(value, unit, "EUR") == text


def test_limits_and_sentences_follow_it() -> None:
    assert limits((0.00125, 0.12345), "ratio") == "0.13 – 12.35 %"
    assert limits((2.125, 3.125), "money") == "2.13 – 3.13"
    assert percent(0.1205) == "12.1 %"
    assert spoken(0.125, "money", "EUR") == "EUR 0.13"
    assert spoken(0.1205, "ratio", None) == "12.1 %"
