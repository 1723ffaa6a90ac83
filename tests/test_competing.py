"""Aalen-Johansen shares against hand, limits of special cases, and the delta method done numerically.

Without these, open deals or lost ones would quietly move the share that is won.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.statistics.competing import (
    aalen_johansen,
    effective_counts,
    open_at,
    quantile_among,
    share_at,
    share_limits,
)
from funnelkit.statistics.intervals import wilson
from funnelkit.statistics.survival import kaplan_meier, survival_at

ages = st.lists(st.integers(0, 40), max_size=40)

DAYS = (3, 5, 5, 7, 8, 8, 9, 12, 14, 14, 2, 4, 5, 6, 6, 9, 10, 11, 15, 16, 1, 5, 8, 13, 20, 20, 21, 22)
OUTCOMES = (1, 2, 0, 1, 1, 0, 2, 1, 0, 2, 1, 1, 2, 0, 1, 2, 1, 0, 1, 0, 0, 1, 2, 0, 2, 0, 1, 0)


def picked(outcome: int) -> Counter[int]:
    """The ages of the made-up deals above that ended so, censorings last on every day."""
    return Counter(day for day, o in zip(DAYS, OUTCOMES, strict=True) if o == outcome)


def test_the_shares_by_hand() -> None:
    # Ten deals. Day 2: 1 won, 1 lost of 10. Day 4: 2 are last seen. Day 5: 3 won of 6. Day 9: 1 lost of 3.
    found = aalen_johansen({"won": {2: 1, 5: 3}, "lost": {2: 1, 9: 1}}, {4: 2, 9: 2})
    assert found.times == (2, 4, 5, 9)
    assert found.shares["won"] == pytest.approx((0.1, 0.1, 0.5, 0.5))
    assert found.shares["lost"] == pytest.approx((0.1, 0.1, 0.1, 0.1 + 0.4 / 3))
    assert found.open == pytest.approx((0.8, 0.8, 0.4, 0.8 / 3))
    assert found.known == (10, 10, 8, 8, 6)
    assert [share_at(found, "won", day) for day in (0, 2, 4, 5, 100)] == pytest.approx(
        [0, 0.1, 0.1, 0.5, 0.5]
    )
    assert [open_at(found, day) for day in (0, 3, 8)] == pytest.approx([1, 0.8, 0.4])


def test_counting_the_lost_as_still_open_overstates_the_won() -> None:
    found = aalen_johansen({"won": {20: 30}, "lost": {10: 50}}, {30: 20})
    assert share_at(found, "won", 30) == pytest.approx(0.3)
    assert 1 - survival_at(kaplan_meier({20: 30}, {10: 50, 30: 20}), 30) == pytest.approx(0.6)


@given(won=ages, lost=ages, waiting=ages)
def test_won_lost_and_open_are_everything(won: list[int], lost: list[int], waiting: list[int]) -> None:
    found = aalen_johansen({"won": Counter(won), "lost": Counter(lost)}, Counter(waiting))
    for day in range(42):
        whole = share_at(found, "won", day) + share_at(found, "lost", day) + open_at(found, day)
        assert whole == pytest.approx(1, abs=1e-12)
    closed = kaplan_meier(Counter(won + lost), Counter(waiting))
    assert [open_at(found, d) for d in range(42)] == pytest.approx(
        [survival_at(closed, d) for d in range(42)]
    )


@given(events=ages, waiting=ages)
def test_one_outcome_is_kaplan_meier_with_greenwoods_errors(events: list[int], waiting: list[int]) -> None:
    found = aalen_johansen({"won": Counter(events)}, Counter(waiting))
    curve = kaplan_meier(Counter(events), Counter(waiting))
    for day, share, error in zip(curve.times, curve.survival, curve.stderr, strict=True):
        at = found.times.index(day)
        assert found.shares["won"][at] == pytest.approx(1 - share, abs=1e-12)
        assert found.stderr["won"][at] == pytest.approx(error, rel=1e-6, abs=1e-7)


@given(won=ages.filter(bool), lost=ages, day=st.integers(0, 45))
def test_without_censoring_errors_are_binomial_and_limits_wilsons(
    won: list[int], lost: list[int], day: int
) -> None:
    found = aalen_johansen({"won": Counter(won), "lost": Counter(lost)}, {})
    x, n = sum(w <= day for w in won), len(won) + len(lost)
    at = sum(t <= day for t in found.times) - 1
    if at >= 0:
        assert found.stderr["won"][at] == pytest.approx(math.sqrt(x * (n - x) / n) / n, rel=1e-6, abs=1e-7)
    assert share_limits(found, "won", day) == pytest.approx(wilson(x, n), rel=1e-6, abs=1e-9)


def test_errors_are_those_of_the_delta_method_done_numerically() -> None:
    outcomes = {"won": picked(1), "lost": picked(2)}
    found = aalen_johansen(outcomes, picked(0))
    events = sorted({*outcomes["won"], *outcomes["lost"]})
    at_risk = np.array([sum(day >= t for day in DAYS) for t in events], dtype=float)
    hazards = np.array([[outcomes[name][t] for t in events] for name in ("won", "lost")]) / at_risk

    def shares(rates: np.ndarray) -> np.ndarray:
        left = np.concatenate([[1.0], np.cumprod(1 - rates.sum(axis=0))[:-1]])
        return np.cumsum(left * rates, axis=1)

    # The deals of one day choose between won, lost and neither; days are independent.
    variance = np.zeros_like(hazards)
    for s in range(len(events)):
        a = hazards[:, s]
        covariance = (np.diag(a) - np.outer(a, a)) / at_risk[s]
        slopes = []
        for outcome in (0, 1):
            nudge = np.zeros_like(hazards)
            nudge[outcome, s] = 1e-6
            slopes.append((shares(hazards + nudge) - shares(hazards - nudge)) / 2e-6)
        variance += np.einsum("ikt,ij,jkt->kt", slopes, covariance, slopes)
    for row, name in enumerate(("won", "lost")):
        errors = [found.stderr[name][found.times.index(t)] for t in events]
        assert errors == pytest.approx(np.sqrt(variance[row]), rel=1e-6)


def test_shares_as_in_lifelines_without_ties() -> None:
    """The 28 deals a thousandth of a day apart: its Aalen-Johansen estimator gave these two shares."""
    spread = [1000 * day + number for number, day in enumerate(DAYS)]
    outcomes: dict[str, dict[int, int]] = {"open": {}, "won": {}, "lost": {}}
    for day, outcome in zip(spread, OUTCOMES, strict=True):
        outcomes[("open", "won", "lost")[outcome]][day] = 1
    censored = outcomes.pop("open")
    found = aalen_johansen(outcomes, censored)
    assert share_at(found, "won", 10**6) == pytest.approx(0.5401812612338928, rel=1e-12)
    assert share_at(found, "lost", 10**6) == pytest.approx(0.34453051821472863, rel=1e-12)


def test_limits_where_none_or_all_have_it_rest_on_those_whose_state_is_known() -> None:
    # Of 100 that were never won, 60 have been seen for 90 days.
    found = aalen_johansen({"won": {}, "lost": {}}, {30: 40, 90: 60})
    assert share_limits(found, "won", 30) == wilson(0, 100)
    assert share_limits(found, "won", 31) == share_limits(found, "won", 90) == wilson(0, 60)
    assert effective_counts(found, "won", 90) == (0, 60)
    assert share_limits(found, "won", 91) == (0, 1)
    every = aalen_johansen({"won": {5: 20}}, {2: 4})
    assert share_limits(every, "won", 5) == wilson(20, 20)


def test_limits_widen_as_fewer_are_seen() -> None:
    found = aalen_johansen({"won": dict.fromkeys(range(1, 60), 2), "lost": {}}, {10: 200, 40: 50, 60: 20})
    early, late = share_limits(found, "won", 9), share_limits(found, "won", 59)
    assert early[0] < share_at(found, "won", 9) < early[1]
    assert late[1] - late[0] > early[1] - early[0]
    assert share_limits(found, "won", 59, 0.8)[0] > late[0]


def test_median_time_of_winners_counts_the_open() -> None:
    # Of the 4 wins 2 come by day 10, but by day 30 most had gone out of sight: the late wins weigh more.
    found = aalen_johansen({"won": {5: 1, 10: 1, 30: 1, 40: 1}}, {20: 16})
    assert quantile_among(found, "won") == 30
    assert quantile_among(aalen_johansen({"won": {5: 1, 10: 1, 30: 1, 40: 1}}, {}), "won") == 10
    assert quantile_among(found, "won", 1) == 40
    half_lost = aalen_johansen({"won": {5: 1, 10: 1}, "lost": {7: 2}}, {})
    assert [quantile_among(half_lost, "won", q) for q in (0.5, 0.6)] == [5, 10]
    assert quantile_among(aalen_johansen({"won": {}, "lost": {3: 2}}, {}), "won") is None


def test_nothing_at_all_has_no_steps() -> None:
    found = aalen_johansen({"won": {}, "lost": {4: 0}}, {})
    assert (share_at(found, "won", 9), open_at(found, 9), share_limits(found, "won", 9)) == (0, 1, (0, 1))


@pytest.mark.parametrize("size", [3, 7, 21, 49, 300])
def test_all_that_are_won_are_exactly_all(size: int) -> None:
    found = aalen_johansen({"won": dict.fromkeys(range(size), 1)}, {})
    assert (share_at(found, "won", size), open_at(found, size)) == (1, 0)
