"""The laws behind the intervals, against printed tables, exact arithmetic and scipy.

Without these, an interval could be wrong in its fifth digit, or only for counts above a million.
"""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import scipy.special
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.statistics.special import (
    binomial_mass,
    chi2_above,
    chi2_quantile,
    gamma_p,
    gamma_quantile,
    normal_cdf,
    normal_p,
    normal_quantile,
    odds_quantile,
    odds_tails,
    t_cdf,
    t_quantile,
)

shapes = st.floats(math.log(0.5), math.log(1e7)).map(math.exp)
shares = st.floats(1e-4, 1 - 1e-4)


def test_normal_quantiles_are_the_printed_ones() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-14)
    assert normal_quantile(0.5) == 0
    assert normal_quantile(0.005) == pytest.approx(-2.575829303548901, rel=1e-14)


@pytest.mark.parametrize(
    ("df", "printed"), [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)]
)
def test_t_quantiles_are_those_of_the_printed_table(df: int, printed: float) -> None:
    assert round(t_quantile(0.975, df), 3) == printed
    assert round(t_quantile(0.025, df), 3) == -printed


@pytest.mark.parametrize(
    ("df", "low", "high"), [(1, 0.004, 3.841), (2, 0.103, 5.991), (10, 3.940, 18.307), (100, 77.929, 124.342)]
)
def test_chi_squared_quantiles_are_those_of_the_printed_table(df: int, low: float, high: float) -> None:
    assert round(chi2_quantile(0.05, df), 3) == low
    assert round(chi2_quantile(0.95, df), 3) == high


@given(a=shapes, p=shares)
@settings(deadline=None)
def test_gamma_agrees_with_scipy(a: float, p: float) -> None:
    x = gamma_quantile(p, a)
    assert x == pytest.approx(scipy.special.gammaincinv(a, p), rel=1e-10)
    assert gamma_p(a, x) == pytest.approx(p, rel=1e-9)
    assert gamma_p(a, x) == pytest.approx(scipy.special.gammainc(a, x), abs=1e-10)


@given(a=shapes, b=shapes, p=shares)
@settings(deadline=None)
def test_beta_agrees_with_scipy(a: float, b: float, p: float) -> None:
    odds = odds_quantile(p, a, b)
    x = odds / (1 + odds)
    # scipy's own inverse is good to 9 digits: it gives 0.50000000007 where a = b and p = 0.5.
    assert x == pytest.approx(scipy.special.betaincinv(a, b, p), rel=1e-8)
    assume(1e-6 < x < 1 - 1e-6)  # else the argument of scipy carries too few digits of 1 - x
    assert odds_tails(odds, a, b)[0] == pytest.approx(scipy.special.betainc(a, b, x), abs=1e-10)


@given(a=shapes, b=shapes, p=shares)
@settings(deadline=None)
def test_the_odds_of_a_beta_law_keep_their_digits_at_both_ends(a: float, b: float, p: float) -> None:
    odds = odds_quantile(p, a, b)
    known = scipy.special.betaincinv(a, b, p) / scipy.special.betaincinv(b, a, 1 - p)
    assert odds == pytest.approx(known, rel=1e-8)
    assert odds_tails(odds, a, b) == pytest.approx((p, 1 - p), rel=1e-9)


@given(df=st.floats(1, 1e8), p=shares)
@settings(deadline=None)
def test_t_agrees_with_scipy(df: float, p: float) -> None:
    t = t_quantile(p, df)
    assert t == pytest.approx(scipy.stats.t.ppf(p, df), rel=1e-9, abs=1e-12)
    assert t_cdf(t, df) == pytest.approx(scipy.stats.t.cdf(t, df), rel=1e-10)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 10), (40, 100), (1440, 3000), (1350, 3000), (1, 3000)])
def test_binomial_tails_are_exact_integer_sums(k: int, n: int) -> None:
    ways = [math.comb(n, i) for i in range(k + 1)]
    below = float(Fraction(sum(ways), 2**n))
    assert odds_tails(1.0, k + 1, n - k)[1] == pytest.approx(below, rel=1e-11)
    assert odds_tails(1.0, n - k, k + 1)[0] == pytest.approx(below, rel=1e-11)
    assert binomial_mass(k, n, 1.0) == pytest.approx(float(Fraction(ways[-1], 2**n)), rel=1e-11)


@given(a=st.integers(1, 400), x=st.integers(1, 800))
@settings(deadline=None, max_examples=50)
def test_gamma_is_the_exact_sum_of_poisson_probabilities(a: int, x: int) -> None:
    # Below a: sum of x^i / i!, in whole numbers over (a - 1)!, times exp(-x).
    terms = sum(Fraction(x**i, math.factorial(i)) for i in range(a))
    at_least = -math.expm1(math.log(terms.numerator) - math.log(terms.denominator) - x)
    assert gamma_p(a, x) == pytest.approx(at_least, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("p", [1e-15, 1e-6, 0.5, 1 - 1e-6])
@pytest.mark.parametrize("df", [1.0, 7.5, 1e4])
def test_far_tails_keep_their_digits(p: float, df: float) -> None:
    assert t_quantile(p, df) == pytest.approx(scipy.stats.t.ppf(p, df), rel=1e-10, abs=1e-12)
    assert chi2_quantile(p, df) == pytest.approx(scipy.stats.chi2.ppf(p, df), rel=1e-10)


def test_far_tails_of_millions_are_exact() -> None:
    # P(Poisson(9984188.61...) >= 1e7) summed term by term in decimals of 60 digits.
    assert gamma_p(10**7, 10**7 - 5 * math.sqrt(10**7)) == pytest.approx(2.829105758297979e-07, rel=1e-11)
    # P(Binomial(14999999, x) < 5e6), 4 standard deviations out in the log odds, likewise.
    odds = 0.5 * math.exp(4 / math.sqrt(5e6 / 1.5))
    assert odds_tails(odds, 5e6, 1e7)[1] == pytest.approx(3.159806922919138e-05, rel=1e-11)


def test_a_symmetric_beta_law_has_its_median_at_one_half() -> None:
    for a in (0.5, 1.0, 2.1554325516672908, 77.0, 1e7):
        assert odds_quantile(0.5, a, a) == pytest.approx(1, rel=2e-13)


@pytest.mark.parametrize(("df", "p"), [(26432.0, 0.14725192655087818), (26432.0, 0.1472)])
def test_a_first_guess_at_the_mode_is_no_quantile_yet(df: float, p: float) -> None:
    # At this share the way from the mode to the first guess is about nothing.
    assert t_quantile(p, df) == pytest.approx(scipy.stats.t.ppf(p, df), rel=1e-10)


def test_outside_the_range_the_probability_is_0_or_1() -> None:
    assert (gamma_p(3, 0), gamma_p(3, -1)) == (0, 0)
    assert (t_cdf(0, 5), t_cdf(math.inf, 5), t_cdf(-math.inf, 5)) == (0.5, 1, 0)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1])
def test_a_quantile_needs_a_share_between_0_and_1(p: float) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is Python's own
        gamma_quantile(p, 3)


@given(x=st.floats(1e-6, 1e4), df=st.integers(1, 200))
@settings(deadline=None)
def test_the_p_of_chi_squared_agrees_with_scipy_far_into_the_tail(x: float, df: int) -> None:
    assert chi2_above(x, df) == pytest.approx(scipy.stats.chi2.sf(x, df), rel=1e-9, abs=1e-290)
    assert chi2_above(0, df) == 1


@given(z=st.floats(-37, 37))
def test_shares_of_the_normal_law_agree_with_scipy(z: float) -> None:
    assert normal_cdf(z) == pytest.approx(scipy.stats.norm.cdf(z), rel=1e-12)
    assert normal_p(z) == pytest.approx(2 * scipy.stats.norm.sf(abs(z)), rel=1e-12)
