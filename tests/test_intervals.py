"""Limits and tests against the tables in the papers that define them, R's printed examples and scipy."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.statistics.intervals import (
    mean_t,
    median_limits,
    newcombe,
    poisson,
    poisson_ratio,
    quantile,
    two_proportion_p,
    welch,
    wilson,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

EXTRA_SLEEP = (
    (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
)
"""R's `sleep`: hours of extra sleep after two drugs (Student 1908)."""

rates = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
samples = st.lists(st.integers(-1000, 10**6), min_size=2, max_size=40)


def sums(values: Sequence[float]) -> tuple[int, float, float]:
    return len(values), sum(values), sum(v * v for v in values)


def histogram(values: Sequence[int]) -> list[tuple[int, int]]:
    return sorted(Counter(values).items())


# Rates


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_wilson_is_newcombe_1998a_table_1_method_3(x: int, n: int, low: float, high: float) -> None:
    assert wilson(x, n) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (81, 263, 0.2535, 0.3682),
        (15, 148, 0.0598, 0.1644),
        (0, 20, 0.0, 0.2005),
        (1, 29, 0.0018, 0.1963),
    ],
)
def test_corrected_wilson_is_method_4(x: int, n: int, low: float, high: float) -> None:
    assert wilson(x, n, corrected=True) == pytest.approx((low, high), abs=6e-5)


def test_wilson_has_the_digits_of_other_software() -> None:
    assert wilson(81, 263) == pytest.approx((0.255289, 0.366210), abs=5.1e-7)
    assert wilson(100, 200) == pytest.approx((0.4313609, 0.5686391), abs=5.1e-8)
    assert wilson(0, 10)[1] == pytest.approx(0.277533, abs=5.1e-7)


@given(rate=rates, level=levels)
@settings(deadline=None)
def test_wilson_agrees_with_scipy(rate: tuple[int, int], level: float) -> None:
    x, n = rate
    known = scipy.stats.binomtest(x, n).proportion_ci(level, method="wilson")
    assert wilson(x, n, level) == pytest.approx((known.low, known.high), rel=1e-9, abs=1e-12)
    known = scipy.stats.binomtest(x, n).proportion_ci(level, method="wilsoncc")
    assert wilson(x, n, level, corrected=True) == pytest.approx((known.low, known.high), rel=1e-9, abs=1e-12)


def test_none_and_all_of_n_end_exactly_at_0_and_1() -> None:
    for n in (1, 3, 10, 30, 10**7):
        assert wilson(0, n)[0] == 0
        assert wilson(n, n)[1] == 1


@given(rate=rates, level=levels)
def test_wilson_holds_the_rate_and_is_the_mirror_of_its_complement(
    rate: tuple[int, int], level: float
) -> None:
    x, n = rate
    low, high = wilson(x, n, level)
    assert 0 <= low <= x / n <= high <= 1
    assert wilson(n - x, n, level) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize(("x", "n"), [(0, 0), (1, 0), (-1, 5), (6, 5)])
def test_what_is_no_rate_has_no_limits(x: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        wilson(x, n)
    with pytest.raises(ValueError, match="not a rate"):
        newcombe(1, 2, x, n)


@pytest.mark.parametrize(
    ("cells", "difference", "low", "high"),
    [
        ((56, 70, 48, 80), 0.2, 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.6, 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.5714, 0.0582, 0.8062),
        ((5, 56, 0, 29), 0.0893, -0.0381, 0.1926),
        ((0, 10, 0, 20), 0.0, -0.1611, 0.2775),
        ((0, 10, 0, 10), 0.0, -0.2775, 0.2775),
        ((10, 10, 0, 20), 1.0, 0.6791, 1.0),
        ((10, 10, 0, 10), 1.0, 0.6075, 1.0),
    ],
)
def test_differences_are_newcombe_1998b_table_2_method_10(
    cells: tuple[int, int, int, int], difference: float, low: float, high: float
) -> None:
    assert newcombe(*cells) == pytest.approx((difference, low, high), abs=5.1e-5)


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0428, 0.3422),
        ((9, 10, 3, 10), 0.1013, 0.8387),
        ((6, 7, 2, 7), -0.0290, 0.8423),
        ((5, 56, 0, 29), -0.0667, 0.2037),
        ((0, 10, 0, 20), -0.2005, 0.3445),
        ((0, 10, 0, 10), -0.3445, 0.3445),
        ((10, 10, 0, 20), 0.6014, 1.0),
        ((10, 10, 0, 10), 0.5128, 1.0),
    ],
)
def test_corrected_differences_are_method_11(
    cells: tuple[int, int, int, int], low: float, high: float
) -> None:
    assert newcombe(*cells, corrected=True)[1:] == pytest.approx((low, high), abs=5.1e-5)


def test_the_difference_of_fagerland_2015() -> None:
    assert newcombe(7, 34, 1, 34)[1:] == pytest.approx((0.018921, 0.340369), abs=5.1e-7)


def test_differences_of_olist_channels() -> None:
    assert newcombe(195, 1586, 75, 1350) == pytest.approx((0.067395, 0.047005, 0.087713), abs=5.1e-7)
    assert newcombe(271, 2296, 195, 1586) == pytest.approx((-0.004919, -0.026121, 0.015679), abs=1.1e-6)
    assert two_proportion_p(271, 2296, 195, 1586) == pytest.approx(0.642944, abs=5.1e-7)


def test_two_proportions_as_in_statsmodels() -> None:
    assert two_proportion_p(5, 83, 12, 99) == pytest.approx(0.15918129181156992, rel=1e-12)


@given(first=rates, second=rates)
@settings(deadline=None)
def test_two_proportions_are_pearsons_chi_squared(first: tuple[int, int], second: tuple[int, int]) -> None:
    (x1, n1), (x2, n2) = first, second
    assume(0 < x1 + x2 < n1 + n2)
    table = [[x1, n1 - x1], [x2, n2 - x2]]
    known = scipy.stats.chi2_contingency(table, correction=False).pvalue
    assert two_proportion_p(x1, n1, x2, n2) == pytest.approx(known, rel=1e-8, abs=1e-200)


def test_nobody_or_everybody_on_both_sides_is_no_difference() -> None:
    assert two_proportion_p(0, 10, 0, 20) == two_proportion_p(10, 10, 20, 20) == 1
    with pytest.raises(ValueError, match="not rates"):
        two_proportion_p(0, 0, 1, 2)


# Counts


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.689),
        (1, 0.025, 5.572),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (100, 81.364, 121.627),
    ],
)
def test_poisson_limits_are_those_of_the_printed_table(count: int, low: float, high: float) -> None:
    assert poisson(count) == pytest.approx((low, high), abs=5.1e-4)


def test_poisson_limits_as_in_r() -> None:
    low, high = poisson(137)
    assert (low / 24.19893, high / 24.19893) == pytest.approx((4.753125, 6.692709), abs=5.1e-7)


def test_limits_of_a_cost_per_lead() -> None:
    low, high = poisson(40)
    assert (10_000 / high, 10_000 / low) == pytest.approx((183.59, 349.94), abs=0.0051)


def test_poisson_limits_with_no_event_are_in_closed_form() -> None:
    assert poisson(0) == pytest.approx((0, -math.log(0.025)), rel=1e-13)
    assert poisson(0, 0.99)[1] == pytest.approx(-math.log(0.005), rel=1e-13)


@given(count=st.integers(1, 10**6) | st.integers(1, 50), level=levels)
@settings(deadline=None)
def test_poisson_limits_agree_with_scipy(count: int, level: float) -> None:
    low = scipy.stats.chi2.ppf((1 - level) / 2, 2 * count) / 2
    high = scipy.stats.chi2.isf((1 - level) / 2, 2 * count + 2) / 2
    assert poisson(count, level) == pytest.approx((low, high), rel=1e-10)


def test_counts_below_0_have_no_limits() -> None:
    with pytest.raises(ValueError, match="not a count"):
        poisson(-1)


def test_poisson_ratio_as_in_r() -> None:
    known = (1.971488, 0.8584264, 4.277266, 0.0796686)
    assert poisson_ratio(11, 800, 21, 3011) == pytest.approx(known, abs=5.1e-7)


@given(c1=st.integers(0, 3000), c2=st.integers(0, 3000), e1=st.integers(1, 999), e2=st.integers(1, 999))
@settings(deadline=None)
def test_poisson_ratio_is_a_binomial_test(c1: int, c2: int, e1: int, e2: int) -> None:
    assume(c1 + c2)
    known = scipy.stats.binomtest(c1, c1 + c2, e1 / (e1 + e2))
    ratio, low, high, p = poisson_ratio(c1, e1, c2, e2)
    assert ratio == (pytest.approx(c1 * e2 / (c2 * e1)) if c2 else math.inf)
    assert low == pytest.approx(clopper_pearson_odds(c1, c2) * e2 / e1, rel=1e-8)
    assert 1 / high == pytest.approx(clopper_pearson_odds(c2, c1) * e1 / e2, rel=1e-8)
    assert p == pytest.approx(known.pvalue, rel=1e-8, abs=1e-250)


def clopper_pearson_odds(successes: int, failures: int) -> float:
    """The lower 95 % limit of the odds of success; 1 - x on its own, as x may be too near to 1."""
    if successes == 0:
        return 0.0
    low, complement = scipy.stats.beta.ppf(
        [0.025, 0.975], [successes, failures + 1], [failures + 1, successes]
    )
    return float(low / complement)


def test_poisson_ratio_of_millions_agrees_with_scipy() -> None:
    ratio, low, high, p = poisson_ratio(1_001_000, 2.0, 999_000, 2.0)
    known = scipy.stats.binomtest(1_001_000, 2_000_000, 0.5)
    limits = known.proportion_ci(0.95, method="exact")
    assert (ratio, p) == pytest.approx((1001 / 999, known.pvalue), rel=1e-10)
    assert (low, high) == pytest.approx([q / (1 - q) for q in (limits.low, limits.high)], rel=1e-11)


def test_poisson_ratio_turned_round_is_its_inverse() -> None:
    ratio, low, high, p = poisson_ratio(3, 40.0, 17, 55.0)
    assert poisson_ratio(17, 55.0, 3, 40.0) == pytest.approx((1 / ratio, 1 / high, 1 / low, p), rel=1e-12)


def test_equal_rates_are_as_likely_as_can_be() -> None:
    for c1, e1, c2, e2 in ((7, 3.0, 7, 3.0), (2, 1.0, 6, 3.0), (10, 0.1, 30, 0.3), (700, 49.0, 300, 21.0)):
        assert poisson_ratio(c1, e1, c2, e2)[3] == pytest.approx(1, abs=1e-12)
        assert poisson_ratio(c2, e2, c1, e1)[3] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("counts", [(0, 1.0, 0, 1.0), (1, 0.0, 1, 1.0), (1, 1.0, -1, 1.0)])
def test_what_is_no_pair_of_rates_has_no_ratio(counts: tuple[int, float, int, float]) -> None:
    with pytest.raises(ValueError, match="not two rates"):
        poisson_ratio(*counts)


# Means


def test_welch_of_the_sleep_data_from_sums_only_as_in_r() -> None:
    difference, low, high, p = welch(*sums(EXTRA_SLEEP[0]), *sums(EXTRA_SLEEP[1]))
    assert difference == pytest.approx(0.75 - 2.33)
    assert (low, high) == pytest.approx((-3.3654832, 0.2054832), abs=5.1e-8)
    assert p == pytest.approx(0.07939, abs=5.1e-6)


@given(first=samples, second=samples, level=levels)
@settings(deadline=None)
def test_means_agree_with_scipy(first: list[int], second: list[int], level: float) -> None:
    assume(len(set(first)) > 1 and len(set(second)) > 1)
    known = scipy.stats.ttest_ind(first, second, equal_var=False)
    limits = known.confidence_interval(level)
    difference, low, high, p = welch(*sums(first), *sums(second), level)
    known_difference = np.mean(first) - np.mean(second)
    assert (difference, low, high) == pytest.approx((known_difference, *limits), rel=1e-8, abs=1e-7)
    assert p == pytest.approx(known.pvalue, rel=1e-7)
    limits = scipy.stats.ttest_1samp(first, 0).confidence_interval(level)
    assert mean_t(*sums(first), level) == pytest.approx(tuple(limits), rel=1e-8, abs=1e-7)


def test_nothing_cancels_in_the_sums_of_millions_of_large_amounts() -> None:
    # Half of them 10**12 cents, half one more: variance n / (4 (n - 1)), about 1e-25 of the squares.
    half, amount = 5 * 10**6, 10**12
    n, total = 2 * half, half * (2 * amount + 1)
    low, high = mean_t(n, total, half * (amount**2 + (amount + 1) ** 2))
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(n), abs=2e-4)
    _, low, high, _ = welch(n, total, half * (amount**2 + (amount + 1) ** 2), n, n * 2, n * 5)
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(1.25 / n), abs=2e-4)


def test_equal_values_leave_nothing_to_chance() -> None:
    assert mean_t(3, 30, 300) == (10, 10)
    assert welch(3, 30, 300, 4, 40, 400) == (0, 0, 0, 1)
    assert welch(3, 30, 300, 4, 48, 576) == (-2, -2, -2, 0)


def test_one_value_has_no_limits() -> None:
    with pytest.raises(ValueError, match="no variance"):
        mean_t(1, 5, 25)
    with pytest.raises(ValueError, match="no variance"):
        welch(2, 3, 5, 1, 5, 25)


# Quantiles


@given(values=st.lists(st.integers(-50, 10**6), min_size=1, max_size=60), q=st.floats(0, 1))
def test_quantiles_are_numpys_linear_ones(values: list[int], q: float) -> None:
    assert quantile(histogram(values), q) == pytest.approx(float(np.quantile(values, q)), rel=1e-12, abs=1e-9)


def test_quantiles_by_hand() -> None:
    days = [(0, 3), (4, 1), (10, 1)]
    assert [quantile(days, q) for q in (0, 0.5, 0.625, 0.75, 0.9, 1)] == [0, 0, 2, 4, pytest.approx(7.6), 10]
    assert quantile([(5, 1)], 0.9) == 5
    assert quantile([(1, 10**9), (2, 10**9)], 0.5) == 1.5


def test_entries_without_values_change_nothing() -> None:
    assert quantile([(0, 0), (3, 1), (4, 0), (5, 1), (9, 0)], 1) == 5
    with pytest.raises(ValueError, match="no values"):
        quantile([(3, 0)], 0.5)
    with pytest.raises(ValueError, match="no values"):
        median_limits([])


@pytest.mark.parametrize(
    ("n", "rank"),
    [(6, 1), (8, 1), (9, 2), (12, 3), (15, 4), (17, 5), (20, 6), (25, 8), (30, 10), (40, 14), (50, 18)],
)
def test_the_ranks_of_median_limits_are_those_of_the_sign_test_table(n: int, rank: int) -> None:
    assert median_limits([(day, 1) for day in range(1, n + 1)]) == (rank, n + 1 - rank)


@pytest.mark.parametrize("n", range(1, 6))
def test_five_values_are_too_few_for_limits_of_a_median(n: int) -> None:
    assert median_limits([(7, n)]) == (0, None)
    assert median_limits([(-7, n)]) == (-7, None)


@given(values=st.lists(st.integers(0, 100), min_size=9, max_size=300), level=levels)
@settings(deadline=None)
def test_median_limits_agree_with_scipy(values: list[int], level: float) -> None:
    known = scipy.stats.quantile_test(values, q=0, p=0.5).confidence_interval(level)
    assert median_limits(histogram(values), level) == (known.low, known.high)


@pytest.mark.parametrize("n", [10**5, 10**7, 10**7 + 1])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_the_ranks_of_median_limits_are_exact_for_millions(n: int, level: float) -> None:
    # The first rank whose binomial probability exceeds what may lie outside.
    rank = int(scipy.stats.binom.ppf((1 - level) / 2, n, 0.5))
    values = [(0, rank - 1), (1, 1), (2, n - 2 * rank), (3, 1), (4, rank - 1)]
    assert median_limits(values, level) == (1, 3)
