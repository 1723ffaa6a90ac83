"""Log-rank and restricted means against the trial that every textbook prints, scipy and other software."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.statistics.curves import Times, common_follow_up, days_between, logrank, restricted_mean
from funnelkit.statistics.survival import Curve, kaplan_meier

MP6 = Times(
    Counter([6, 6, 6, 7, 10, 13, 16, 22, 23]), Counter([6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
)
PLACEBO = Times(Counter([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]), {})
"""Weeks to relapse in the 6-MP trial (Freireich et al. 1963, Blood 21:699-716)."""

ages = st.lists(st.integers(0, 30), max_size=25)
groups = st.tuples(ages, ages).map(lambda pair: Times(Counter(pair[0]), Counter(pair[1])))


def test_the_log_rank_of_the_trial_is_the_printed_one() -> None:
    found = logrank([MP6, PLACEBO])
    assert found.observed == (9, 21)
    assert found.expected == pytest.approx((19.25050, 10.74950), abs=5.1e-6)
    assert found.variance == pytest.approx((6.25696, 6.25696), abs=5.1e-6)
    assert found.df == 1
    assert found.statistic == pytest.approx(16.792941, abs=5.1e-7)
    assert found.p == pytest.approx(4.17e-5, abs=5.1e-8)


def test_the_log_rank_of_three_groups_as_in_lifelines() -> None:
    three = [
        Times(Counter([3, 5, 7, 8, 9, 12, 14]), Counter([5, 8, 14])),
        Times(Counter([2, 4, 5, 6, 9, 10, 15]), Counter([6, 11, 16])),
        Times(Counter([5, 8, 20, 21]), Counter([1, 13, 20, 22])),
    ]
    found = logrank(three)
    assert found.df == 2
    assert found.statistic == pytest.approx(4.29017113286219, rel=1e-9)
    assert found.p == pytest.approx(0.11705802037855251, rel=1e-9)


@given(first=groups, second=groups)
@settings(deadline=None)
def test_the_log_rank_agrees_with_scipy(first: Times, second: Times) -> None:
    assume(first.events and second.events)
    found = logrank([first, second])
    assume(found.df)
    sides = [
        scipy.stats.CensoredData(uncensored=list(g.events.elements()), right=list(g.censored.elements()))
        for g in (first, second)
        if isinstance(g.events, Counter) and isinstance(g.censored, Counter)
    ]
    known = scipy.stats.logrank(*sides)
    assert found.statistic == pytest.approx(known.statistic**2, rel=1e-8, abs=1e-12)
    assert found.p == pytest.approx(known.pvalue, rel=1e-7)


@given(several=st.lists(groups, min_size=2, max_size=5))
def test_events_are_conserved_and_order_does_not_matter(several: list[Times]) -> None:
    found, turned = logrank(several), logrank(several[::-1])
    assert sum(found.expected) == pytest.approx(sum(found.observed))
    assert (turned.df, turned.p) == pytest.approx((found.df, found.p), rel=1e-6)
    assert 0 <= found.p <= 1


def test_what_cannot_be_compared_is_no_difference() -> None:
    assert (logrank([MP6]).df, logrank([MP6]).p) == (0, 1)
    assert logrank([MP6, Times({}, {})]).df == 0
    # All of the first are gone before anything happens in the second.
    apart = logrank([Times({}, {3: 5}), Times({4: 2}, {})])
    assert (apart.df, apart.p) == (0, 1)
    with_empty = logrank([MP6, PLACEBO, Times({}, {})])
    assert (with_empty.df, with_empty.statistic) == pytest.approx((1, 16.792941), abs=5.1e-7)


@pytest.mark.parametrize(
    ("tau", "mean", "error", "placebo"),
    [
        (10, 9.277311, 0.326769, 6.619048),
        (20, 16.116527, 1.251560, 8.428571),
        (22, 17.371429, 1.459959, 8.619048),
        (23, 17.909244, 1.553190, 8.666667),
        (35, 23.287395, 2.827468, 8.666667),
    ],
)
def test_restricted_means_and_their_errors_are_the_printed_ones(
    tau: int, mean: float, error: float, placebo: float
) -> None:
    assert restricted_mean(curve(MP6), tau) == pytest.approx((mean, error), abs=5.1e-7)
    assert restricted_mean(curve(PLACEBO), tau)[0] == pytest.approx(placebo, abs=5.1e-7)


def curve(group: Times) -> Curve:
    return kaplan_meier(group.events, group.censored)


@given(days=st.lists(st.integers(0, 50), min_size=2, max_size=40), tau=st.integers(0, 60))
def test_without_censoring_it_is_the_mean_of_what_was_seen(days: list[int], tau: int) -> None:
    mean, error = restricted_mean(kaplan_meier(Counter(days), {}), tau)
    seen = [min(day, tau) for day in days]
    assert mean == pytest.approx(sum(seen) / len(seen), abs=1e-9)
    spread = math.sqrt(sum((day - mean) ** 2 for day in seen)) / len(seen)
    assert error == pytest.approx(spread, rel=1e-7, abs=1e-9)


def test_the_days_between_treatment_and_placebo() -> None:
    assert common_follow_up([MP6, PLACEBO]) == 23
    at_23 = days_between(MP6, PLACEBO)
    assert (at_23.tau, at_23.value) == pytest.approx((23, 17.909244 - 8.666667), abs=1.1e-6)
    # Nobody is left on placebo after week 23, so its curve is known to the end of the other.
    at_35 = days_between(MP6, PLACEBO, 35)
    assert at_35.value == pytest.approx(14.620728, abs=1.1e-6)
    turned = days_between(PLACEBO, MP6, 35)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-at_35.value, -at_35.high, -at_35.low))
    assert turned.p == at_35.p < 1e-4


def test_beyond_what_was_followed_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="beyond the follow-up of 35"):
        days_between(MP6, PLACEBO, 36)
    with pytest.raises(ValueError, match="without entities"):
        days_between(MP6, Times({4: 0}, {}))
    # An empty day of a histogram is no follow-up.
    assert common_follow_up([Times({3: 1, 90: 0}, {})]) == 3


def test_nothing_ever_happened_leaves_nothing_between() -> None:
    none = Times({}, {30: 5})
    found = days_between(none, none)
    assert (found.value, found.low, found.high, found.p, found.tau) == (0, 0, 0, 1, 30)
    assert restricted_mean(kaplan_meier({}, {30: 5}), 30) == (30, 0)
