"""Scores and judgements against Hanley and McNeil's readers, scipy, statsmodels, and counting by hand."""

from __future__ import annotations

from collections import Counter

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.statistics.agreement import auc, brier, calibration, kappa, lift
from funnelkit.statistics.intervals import wilson

NORMAL = {1: 33, 2: 6, 3: 6, 4: 11, 5: 2}
ABNORMAL = {1: 3, 2: 2, 3: 2, 4: 11, 5: 33}
"""Ratings of 109 images by one reader (Hanley and McNeil 1982, table I)."""

scores = st.lists(st.integers(0, 12), min_size=1, max_size=40)


def test_the_area_of_hanley_and_mcneil() -> None:
    found = auc(ABNORMAL, NORMAL)
    assert (found.value, found.stderr) == pytest.approx((0.893171, 0.032487), abs=5.1e-7)
    assert found.low < found.value < found.high < 1


@given(good=scores, bad=scores)
def test_the_area_is_mann_and_whitneys(good: list[int], bad: list[int]) -> None:
    found = auc(Counter(good), Counter(bad))
    known = scipy.stats.mannwhitneyu(good, bad).statistic / (len(good) * len(bad))
    assert found.value == pytest.approx(known, rel=1e-12)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    turned = auc(Counter(bad), Counter(good))
    assert (turned.low, turned.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-9)


def test_scores_that_separate_completely_are_not_certain() -> None:
    found = auc({9: 10}, {1: 10})
    assert (found.value, found.stderr, found.high) == (1, 0, 1)
    assert 0.6 < found.low < 0.95
    assert auc({9: 1000}, {1: 1000}).low > 0.99
    assert auc({5: 3}, {5: 8}).value == 0.5


def test_newcombes_limits_solve_his_equation() -> None:
    found, m, n = auc(ABNORMAL, NORMAL), 51, 58
    for limit in (found.low, found.high):
        more = ((m + n) / 2 - 1) * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        error = (limit * (1 - limit) * (1 + more) / (m * n)) ** 0.5
        assert abs(limit - found.value) / error == pytest.approx(1.959963985)


def test_one_outcome_tells_nothing_apart() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        auc({3: 4}, {})


def test_deciles_of_a_hundred_scores_have_ten_each() -> None:
    bins = calibration(dict.fromkeys(range(0, 100, 2), 1), dict.fromkeys(range(1, 100, 2), 1))
    assert [(b.least, b.most, b.good, b.n) for b in bins] == [(d, d + 9, 5, 10) for d in range(0, 100, 10)]
    assert (bins[0].low, bins[0].high) == wilson(5, 10)


def test_equal_scores_stay_together() -> None:
    bins = calibration({1: 2, 2: 0}, {1: 88, 3: 10, 7: 0})
    assert [(b.least, b.most, b.good, b.n) for b in bins] == [(1, 1, 2, 90), (3, 3, 0, 10)]
    assert calibration({}, {}) == []


@given(good=scores, bad=scores, parts=st.integers(1, 12))
def test_bins_hold_everybody_once_and_in_order(good: list[int], bad: list[int], parts: int) -> None:
    bins = calibration(Counter(good), Counter(bad), parts)
    assert (sum(b.good for b in bins), sum(b.n for b in bins)) == (len(good), len(good) + len(bad))
    assert 1 <= len(bins) <= parts
    borders = [border for b in bins for border in (b.least, b.most)]
    assert borders == sorted(borders)


def test_lift_by_hand() -> None:
    # 10 of 40 are good. The best 8 hold 6 of them: 75 % against 25 %.
    good, bad = {3: 6, 2: 3, 1: 1}, {3: 2, 2: 10, 1: 18}
    assert lift(good, bad, 0.2) == pytest.approx(3)
    # Of the 13 with score 2, as many as are missing, in proportion.
    assert lift(good, bad, 0.4) == pytest.approx((6 + 3 * 8 / 13) / 16 / 0.25)
    assert lift(good, bad, 1) == pytest.approx(1)
    with pytest.raises(ValueError, match="0 of 5 are good"):
        lift({}, {1: 5}, 0.1)
    with pytest.raises(ValueError, match="no lift"):
        lift(good, bad, 0)


def test_brier_by_hand() -> None:
    assert brier({0.8: 1}, {0.8: 1, 0.1: 2}) == pytest.approx((0.04 + 0.64 + 0.02) / 4)
    assert brier({80: 1}, {80: 1, 10: 2}, certain=100) == pytest.approx(0.175)
    assert brier({1: 3}, {0: 4}) == 0
    for good, certain in (({80: 1}, 1.0), ({-1: 1}, 1.0), ({}, 1.0)):
        with pytest.raises(ValueError, match="not probabilities"):
            brier(good, {}, certain)


def test_cohens_kappa() -> None:
    found = kappa([[20, 5], [10, 15]])
    assert found.value == pytest.approx(0.40)
    # statsmodels' cohens_kappa: std_kappa, kappa_low and kappa_upp.
    assert found.stderr == pytest.approx(0.12699606293110033, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((0.151092290476661, 0.6489077095233389), rel=1e-12)
    three = kappa([[44, 5, 1], [7, 20, 3], [9, 5, 6]])
    assert (three.value, three.stderr) == pytest.approx((0.49152542372881347, 0.07212745929334068), rel=1e-12)


def test_judges_who_agree_always_or_never() -> None:
    assert kappa([[7, 0], [0, 3]]).value == pytest.approx(1)
    assert kappa([[0, 5], [5, 0]]).value == pytest.approx(-1)
    assert kappa([[25, 25], [25, 25]]).value == pytest.approx(0)
    with pytest.raises(ValueError, match="into one class"):
        kappa([[9, 0], [0, 0]])
    with pytest.raises(ValueError, match="nothing was judged"):
        kappa([[0, 0], [0, 0]])
