"""Limits of quotients against the definition of what they are made of, tried on the units themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.statistics.ratios import PairSums, difference, effective, limits, supports

wild = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6))
alike = st.tuples(st.integers(500, 2_000), st.integers(500, 2_000))
units = st.lists(wild, min_size=7, max_size=40) | st.lists(alike, min_size=10, max_size=40)


def sums(pairs: Sequence[tuple[int, int]]) -> PairSums:
    return PairSums(
        len(pairs),
        Fraction(sum(x for x, _ in pairs)),
        Fraction(sum(y for _, y in pairs)),
        Fraction(sum(x * x for x, _ in pairs)),
        Fraction(sum(y * y for _, y in pairs)),
        Fraction(sum(x * y for x, y in pairs)),
    )


@given(pairs=units)
@settings(deadline=None)
def test_limits_are_those_of_the_residuals_on_a_scale_of_logarithms(pairs: list[tuple[int, int]]) -> None:
    found = sums(pairs)
    assume(supports(found, share=False))
    x, y = np.array(pairs, dtype=float).T
    value = x.sum() / y.sum()
    residuals = x - value * y
    assume(residuals.std() > 1e-6 * x.mean())
    both = limits(found, share=False)
    assert both is not None
    # Residuals come to 0, so that this is their plain standard deviation.
    error = math.sqrt(len(x)) * residuals.std(ddof=1) / y.sum()
    equal = min(len(x), x.sum() ** 2 / (x @ x))
    half = scipy.stats.t.ppf(0.975, equal - 1) * error / value
    assert np.log(both) == pytest.approx([math.log(value) - half, math.log(value) + half], rel=1e-6, abs=1e-6)


@given(pairs=units)
@settings(deadline=None)
def test_a_share_is_between_0_and_1(pairs: list[tuple[int, int]]) -> None:
    found = sums([(min(x, y), y) for x, y in pairs])
    assume(supports(found, share=True))
    if (both := limits(found, share=True)) is None:
        return
    assert 0 <= both[0] <= float(found.x / found.y) + 1e-12
    assert float(found.x / found.y) - 1e-12 <= both[1] <= 1
    turned = limits(sums([(y - min(x, y), y) for x, y in pairs]), share=True)
    assert turned is not None
    assert (1 - turned[1], 1 - turned[0]) == pytest.approx(both, abs=1e-9)


def test_of_units_of_one_size_there_are_as_many_as_there_are() -> None:
    assert effective(sums([(3, 5)] * 20), share=False) == pytest.approx(20)
    # One of 100 and 20 of 1: as good as 1.4 of one size.
    assert effective(sums([(100, 1), *[(1, 1)] * 20]), share=False) == pytest.approx(120**2 / (10_000 + 20))
    assert not supports(sums([(100, 1), *[(1, 1)] * 20]), share=False)


def test_none_and_all_of_a_share_have_limits_too() -> None:
    """Of 20 deals of one size none: the upper limit of Wilson's 0 of 20, which is z^2 / (n + z^2)."""
    found = limits(sums([(0, 5)] * 20), share=True)
    assert found == pytest.approx((0, 1.959964**2 / (20 + 1.959964**2)), abs=1e-6)
    assert limits(sums([(5, 5)] * 20), share=True) == pytest.approx((1 - 0.1611252, 1), abs=1e-6)


def test_where_nothing_varies_there_are_no_limits() -> None:
    assert limits(sums([(2, 1), (4, 2)] * 5), share=False) is None
    assert limits(sums([(0, 1)] * 10), share=False) is None


def test_what_is_taken_off_for_every_unit_moves_the_limits_with_the_quotient() -> None:
    pairs = [(30 + 7 * k % 11, 10 + k) for k in range(12)]
    found = sums(pairs)
    assert found.shifted(Fraction(1)) == sums([(x - y, y) for x, y in pairs])


@given(first=units, second=units)
@settings(deadline=None)
def test_the_p_of_a_difference_is_5_percent_where_its_limits_reach_0(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    a, b = sums(first), sums(second)
    assume(supports(a, share=False) and supports(b, share=False))
    there, back = difference(a, b, share=False), difference(b, a, share=False)
    assume(there is not None and back is not None)
    assert there is not None
    assert back is not None
    assert there.value == pytest.approx(float(a.x / a.y - b.x / b.y))
    assert (there.low, there.high, there.p) == pytest.approx((-back.high, -back.low, back.p))
    assume(abs(there.p - 0.05) > 1e-6)
    assert (there.p < 0.05) == (there.low > 0 or there.high < 0)


def test_of_means_it_is_the_t_test_of_equal_variances() -> None:
    """With 1 below every unit of two samples of one size, and amounts that are even: the test of scipy."""
    draw = np.random.default_rng(3)
    first, second = draw.integers(900, 1100, 400), draw.integers(910, 1110, 400)
    found = difference(*(sums([(int(v), 1) for v in side]) for side in (first, second)), share=False)
    assert found is not None
    assert found.p == pytest.approx(scipy.stats.ttest_ind(first, second).pvalue, rel=0.05)


@pytest.mark.parametrize("pairs", [[], [(1, 2)] * 6, [(0, 0)] * 10])
def test_too_few_units_have_no_limits(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="no limits"):
        limits(sums(pairs), share=False)
