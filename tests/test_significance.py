"""Tests of rates against R's and other software's printed examples, and scipy."""

from __future__ import annotations

import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.statistics.intervals import two_proportion_p
from funnelkit.statistics.significance import (
    chi_squared,
    detectable,
    false_discovery,
    fisher_exact,
    mantel_haenszel,
    power,
)
from tests.test_decompose import MEN, WOMEN

rates = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_smokers_in_r() -> None:
    """R's help of prop.test."""
    found = chi_squared([(83, 86), (90, 93), (129, 136), (70, 82)])
    assert (found.statistic, found.df) == pytest.approx((12.600411, 3), abs=5.1e-7)
    assert found.p == pytest.approx(0.00558548, abs=5.1e-9)
    assert found.reliable


def test_admissions_at_berkeley_by_sex() -> None:
    found = chi_squared([(1198, 2691), (557, 1835)])
    assert (found.statistic, found.df) == pytest.approx((92.2053, 1), abs=5.1e-5)


def test_olist_origins() -> None:
    deals = (271, 195, 75, 179, 56, 15, 24, 4, 6, 3, 14)
    leads = (2296, 1586, 1350, 1099, 499, 493, 284, 150, 118, 65, 60)
    found = chi_squared(list(zip(deals, leads, strict=True)))
    assert (found.statistic, found.df) == pytest.approx((140.686260, 10), abs=5.1e-7)
    assert found.p == pytest.approx(3.05e-25, rel=2e-3)


def test_two_rates_as_in_statsmodels() -> None:
    found = chi_squared([(5, 83), (12, 99)])
    assert found.statistic**0.5 == pytest.approx(1.4078304151258787, rel=1e-12)
    assert found.p == pytest.approx(0.15918129181156992, rel=1e-10)


@given(groups=st.lists(rates, min_size=2, max_size=6))
@settings(deadline=None)
def test_chi_squared_agrees_with_scipy(groups: list[tuple[int, int]]) -> None:
    assume(0 < sum(x for x, _ in groups) < sum(n for _, n in groups))
    found = chi_squared(groups)
    known = scipy.stats.chi2_contingency([[x, n - x] for x, n in groups], correction=False)
    assert (found.statistic, found.df) == pytest.approx((known.statistic, known.dof), rel=1e-9, abs=1e-12)
    assert found.p == pytest.approx(known.pvalue, rel=1e-8, abs=1e-200)
    assert found.least_expected == pytest.approx(known.expected_freq.min())
    assert chi_squared([(2 * x, 2 * n) for x, n in groups]).statistic == pytest.approx(2 * found.statistic)
    if len(groups) == 2:
        assert found.p == pytest.approx(two_proportion_p(*groups[0], *groups[1]), rel=1e-8, abs=1e-200)


def test_few_expected_are_told() -> None:
    assert not chi_squared([(1, 20), (5, 25)]).reliable
    assert chi_squared([(10, 20), (15, 30)]).reliable
    assert chi_squared([(5, 10), (5, 10)]).reliable
    nobody = chi_squared([(0, 20), (0, 30), (0, 5)])
    assert (nobody.statistic, nobody.p, nobody.reliable) == (0, 1, False)
    for groups in ([(1, 2)], [(1, 2), (0, 0)], [(3, 2), (1, 2)]):
        with pytest.raises(ValueError, match="not rates"):
            chi_squared(groups)


def test_the_lady_tasting_tea() -> None:
    """R's help of fisher.test gives 0.2429 one-sided; the other side is as likely."""
    assert fisher_exact(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert fisher_exact(4, 4, 0, 4) == pytest.approx(2 / 70)


@given(first=rates, second=rates)
@settings(deadline=None)
def test_fisher_agrees_with_scipy(first: tuple[int, int], second: tuple[int, int]) -> None:
    (x1, n1), (x2, n2) = first, second
    known = scipy.stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
    assert fisher_exact(x1, n1, x2, n2) == pytest.approx(known, rel=1e-7, abs=1e-18)


def test_fisher_of_many_trials() -> None:
    table = [[40, 10**6 - 40], [70, 10**6 - 70]]
    known = scipy.stats.fisher_exact(table).pvalue
    assert fisher_exact(40, 10**6, 70, 10**6) == pytest.approx(known, rel=1e-6)
    assert fisher_exact(0, 10**5, 10**5, 10**5) < 1e-300
    with pytest.raises(ValueError, match="not rates"):
        fisher_exact(5, 4, 0, 4)


def test_berkeley_within_departments() -> None:
    strata = [(*MEN[department], *WOMEN[department]) for department in MEN]
    found = mantel_haenszel(strata)
    assert (found.ratio, found.low, found.high) == pytest.approx(
        (0.9046968, 0.7719074, 1.0603298), abs=5.1e-8
    )
    assert (found.statistic, found.p) == pytest.approx((1.4269, 0.2323), abs=5.1e-5)
    assert mantel_haenszel(strata, corrected=False).statistic == pytest.approx(1.524607, abs=5.1e-7)


def test_strata_that_cannot_be_compared() -> None:
    one = [(10, 30, 5, 40)]
    assert mantel_haenszel(one).ratio == pytest.approx(10 * 35 / (20 * 5))
    # A stratum with one side only, or one case, says nothing.
    assert mantel_haenszel([*one, (3, 9, 0, 0), (0, 0, 1, 1)]) == mantel_haenszel(one)
    with pytest.raises(ValueError, match="no odds ratio"):
        mantel_haenszel([(5, 5, 3, 9)])
    with pytest.raises(ValueError, match="not rates"):
        mantel_haenszel([(5, 4, 3, 9)])


def test_power_as_in_r() -> None:
    """R's help of power.prop.test: power of 50 each, and how many make it 90 %."""
    assert power(0.50, 50, 0.75, 50) == pytest.approx(0.7401659, abs=5.1e-8)
    assert power(0.50, 76.706928, 0.75, 76.706928) == pytest.approx(0.90, abs=1e-7)
    assert detectable(0.50, 76.706928, 76.706928, 0.90)[1] == pytest.approx(0.75, abs=1e-7)


@given(p=st.floats(0.01, 0.99), n1=st.integers(5, 5000), n2=st.integers(5, 5000))
def test_what_is_detectable_has_the_power_that_was_asked_for(p: float, n1: int, n2: int) -> None:
    low, high = detectable(p, n1, n2)
    for end, found in ((0.0, low), (1.0, high)):
        if found is None:
            assert power(p, n1, end, n2) < 0.8
        else:
            assert power(p, n1, found, n2) == pytest.approx(0.8, abs=1e-6)
    assert low is None or low < p
    assert high is None or high > p


def test_too_few_can_see_nothing() -> None:
    assert detectable(0.1, 20, 20)[0] is None
    assert detectable(0.5, 3, 3) == (None, None)
    assert power(0, 10, 1, 10) == 1
    assert power(0.3, 10, 0.3, 10) == pytest.approx(0.025)
    with pytest.raises(ValueError, match="not a rate"):
        detectable(0.1, 0, 20)


def test_the_fifteen_p_values_of_benjamini_and_hochberg() -> None:
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    ps += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
    assert [q <= 0.05 for q in false_discovery(ps)] == [True] * 4 + [False] * 11
    assert sum(p <= 0.05 / len(ps) for p in ps) == 3


@given(ps=st.lists(st.floats(0, 1), max_size=20))
def test_false_discovery_agrees_with_scipy_in_any_order(ps: list[float]) -> None:
    assume(ps)
    assert false_discovery(ps) == pytest.approx(list(scipy.stats.false_discovery_control(ps)), abs=1e-12)
    assert false_discovery(ps[::-1]) == pytest.approx(false_discovery(ps)[::-1])
    assert false_discovery([]) == []
