"""Fieller's limits against their definition, tried on the units themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.metrics.ratios import PairSums, ratio

units = st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=2, max_size=40)


def sums(pairs: list[tuple[int, int]]) -> PairSums:
    return PairSums(
        len(pairs),
        sum(x for x, _ in pairs),
        sum(y for _, y in pairs),
        sum(x * x for x, _ in pairs),
        sum(y * y for _, y in pairs),
        sum(x * y for x, y in pairs),
    )


@given(pairs=units)
@settings(deadline=None)
def test_a_limit_is_where_the_t_test_of_the_difference_gives_5_percent(pairs: list[tuple[int, int]]) -> None:
    value, low, high = ratio(sums(pairs))
    x, y = np.array(pairs, dtype=float).T
    assert value == pytest.approx(x.sum() / y.sum())
    assume(low is not None and high is not None and high - low > 1e-6 * abs(value))
    assert low is not None
    assert high is not None
    assert low <= value <= high
    for limit in (low, high):
        assert scipy.stats.ttest_1samp(x - limit * y, 0).pvalue == pytest.approx(0.05, rel=1e-3)


def test_equal_quotients_leave_nothing_to_chance() -> None:
    assert ratio(sums([(2, 1), (4, 2), (2, 1), (4, 2)])) == pytest.approx((2, 2, 2))


def test_where_the_divisor_might_be_nothing_there_are_no_limits() -> None:
    value, low, high = ratio(sums([(5, 100), (5, 1), (5, 1)]))
    assert value == pytest.approx(15 / 102)
    assert (low, high) == (None, None)


def test_sums_add_up_and_money_scales() -> None:
    first, second = [(120, 40), (90, 35)], [(300, 80), (10, 20)]
    assert sums(first) + sums(second) == sums(first + second)
    low, high = ratio(sums(first + second))[1:]
    assert low is not None
    assert high is not None
    scaled = ratio(sums([(100 * x, y) for x, y in first + second]))
    assert scaled == pytest.approx((100 * 520 / 175, 100 * low, 100 * high))


def test_cents_of_millions_do_not_cancel() -> None:
    pairs = [(10**12 + k * 10**6, 10**11) for k in range(-2, 3)]
    _, low, high = ratio(sums(pairs))
    assert low is not None
    assert high is not None
    half = scipy.stats.t.ppf(0.975, 4) * math.sqrt(2.5 / 5) * 10**6 / 10**11
    assert (high - low) / 2 == pytest.approx(half, rel=1e-6)


@pytest.mark.parametrize("pairs", [[], [(1, 2)], [(1, 0), (2, 0)]])
def test_one_unit_or_nothing_below_has_no_ratio(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="no ratio"):
        ratio(sums(pairs))
