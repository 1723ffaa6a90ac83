"""What open deals will bring: by hand, by every outcome one by one, and against made-up companies.

Without these an old deal would be as likely to be won as a new one, and a few deals would sound sure.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.models.forecast.chances import Curve, chance, curve
from funnelkit.models.forecast.pipeline import Expected, Open, Pipeline, pipeline
from funnelkit.models.forecast.series import Refusal
from funnelkit.models.forecast.wins import mixed_law, number_law, quantile
from funnelkit.statistics.competing import aalen_johansen


def learnt(won: dict[int, int], lost: dict[int, int], still_open: dict[int, int]) -> Curve:
    outcomes = {"won": won, "lost": lost}
    return curve(aalen_johansen(outcomes, still_open), outcomes, still_open)


PAST = learnt({10: 6, 30: 4}, {20: 10}, {40: 20})
"""Forty deals: 6 won on day 10, 10 lost on day 20, 4 won on day 30, 20 open on day 40."""


def answered(found: Pipeline | Refusal) -> Pipeline:
    assert isinstance(found, Pipeline)
    return found


def test_the_chance_of_a_deal_depends_on_its_age() -> None:
    # Nothing is censored before day 40, so these are plain counts: 10 of 40, 4 of 34, 4 of 24, none of 20.
    for age, share, support in ((0, 10 / 40, 40), (10, 4 / 34, 34), (25, 4 / 24, 24), (30, 0, 20)):
        found = chance(None, PAST, age, 40, prior=0)
        assert found is not None
        assert found.p == pytest.approx(share)
        assert PAST.at(age)[2] == support


def test_lost_deals_are_not_open_ones() -> None:
    # Counting lost deals as still open (1 - Kaplan-Meier) would give 6 / 40 + 34 / 40 * 4 / 24.
    found = chance(None, PAST, 0, 30)
    assert found is not None
    assert found.p == pytest.approx(0.25)


def test_a_horizon_beyond_what_was_seen_is_told() -> None:
    seen = [chance(None, PAST, 20, days) for days in (20, 21)]
    assert [found.reaches for found in seen if found] == [True, False]


def test_few_deals_of_a_stage_are_drawn_towards_all() -> None:
    # Of five deals of this stage all were won on day 5; of all forty, a quarter by day 30.
    few = learnt({5: 5}, {}, {})
    found = chance(few, PAST, 0, 30, prior=10)
    assert found is not None
    assert found.p == pytest.approx((5 * 1 + 10 * 0.25) / 15)
    assert found.deals == 5
    beyond = chance(few, PAST, 6, 30, prior=10)
    assert beyond is not None
    assert beyond.deals == 0
    assert beyond.p == pytest.approx(0.25)


def test_an_age_that_hardly_any_deal_reached_has_no_answer() -> None:
    assert chance(None, PAST, 40, 30) is None
    assert chance(None, PAST, 30, 30, fewest=21) is None
    assert chance(None, PAST, 30, 30, fewest=20) is not None
    assert chance(None, learnt({}, {}, {}), 0, 30) is None


def test_no_win_so_far_is_no_proof_of_impossibility() -> None:
    found = chance(None, PAST, 30, 30)
    assert found is not None
    assert found.p == 0
    assert found.variance > 0


def test_the_sums_of_a_pipeline_by_hand() -> None:
    deals = [
        Open(stage="demo", age=0, amounts={1000: 2, 500: 1}, unpriced=1),
        Open(stage="offer", age=25, amounts={9000: 3}),
        Open(stage="offer", age=99, amounts={7: 2}),
        Open(stage="none", age=0, amounts={}),
    ]
    found = answered(pipeline(deals, 30, {}, PAST))
    p, q = 10 / 40, 4 / 24
    assert found.wins.mean == pytest.approx(4 * p + 3 * q)
    assert found.wins.by_chance == pytest.approx(math.sqrt(4 * p * (1 - p) + 3 * q * (1 - q)))
    assert found.value.mean == pytest.approx(2500 * p + 27000 * q)
    variance = (2 * 1000**2 + 500**2) * p * (1 - p) + 3 * 9000**2 * q * (1 - q)
    assert found.value.by_chance == pytest.approx(math.sqrt(variance))
    assert (found.unanswered_deals, found.unanswered_money) == (2, 14)
    assert (found.unpriced, found.short_sighted) == (1, 3)
    assert found.limits == "poisson_binomial"
    assert [(part.stage, part.deals, part.money) for part in found.stages] == [
        ("demo", 4, 2500),
        ("offer", 3, 27000),
    ]
    assert sum(part.value for part in found.stages) == pytest.approx(found.value.mean)
    assert sum(part.wins for part in found.stages) == pytest.approx(found.wins.mean)
    assert 0 <= found.wins.low <= found.wins.mean <= found.wins.high <= 7
    assert 0 <= found.value.low <= found.value.mean <= found.value.high <= 29500


def test_errors_of_estimates_are_shared_by_ages_that_look_ahead_to_the_same_days() -> None:
    def of(*deals: tuple[int, int]) -> Pipeline:
        return answered(pipeline([Open(stage="s", age=a, amounts={100: n}) for a, n in deals], 10, {}, PAST))

    young, near, far = (chance(None, PAST, age, 10) for age in (0, 5, 25))
    assert young
    assert near
    assert far
    one, two, three = (math.sqrt(each.variance) for each in (young, near, far))
    assert of((0, 50)).wins.by_estimate == pytest.approx(50 * one)
    assert of((0, 20), (0, 30)).value.by_estimate == pytest.approx(5000 * one)
    assert of((0, 1), (25, 1)).wins.by_estimate == pytest.approx(math.hypot(one, three))
    half = math.sqrt(one**2 + two**2 + 2 * 0.5 * one * two)
    assert of((0, 1), (5, 1)).wins.by_estimate == pytest.approx(half)


def test_many_deals_have_normal_limits_near_the_exact_ones() -> None:
    exact = answered(pipeline([Open(stage="s", age=0, amounts={1: 1000})], 30, {}, PAST))
    normal = answered(pipeline([Open(stage="s", age=0, amounts={1: 1001})], 30, {}, PAST))
    assert (exact.limits, normal.limits) == ("poisson_binomial", "normal")
    assert (normal.wins.low, normal.wins.high) == pytest.approx((exact.wins.low, exact.wins.high), rel=0.05)


def test_an_empty_and_an_unanswerable_pipeline_are_refused() -> None:
    none = pipeline([], 30, {}, PAST)
    old = pipeline([Open(stage="s", age=400, amounts={1: 1})], 30, {}, PAST)
    assert isinstance(none, Refusal)
    assert isinstance(old, Refusal)
    assert (none.code, old.code) == ("no_open_deals", "too_few_deals")


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=4))
def test_the_law_of_wins_is_the_sum_over_all_outcomes(groups: list[tuple[int, float]]) -> None:
    chances = [p for n, p in groups for _ in range(n)]
    expected = np.zeros(len(chances) + 1)
    for outcome in product((0, 1), repeat=len(chances)):
        expected[sum(outcome)] += math.prod(
            p if won else 1 - p for p, won in zip(chances, outcome, strict=True)
        )
    assert number_law(groups) == pytest.approx(expected, abs=1e-12)


def test_the_mixed_law_has_both_variances() -> None:
    law = mixed_law([(40, 0.3, 0.04), (25, 0.5, 0.03)])
    wins = np.arange(len(law))
    mean = float(wins @ law)
    assert law.sum() == pytest.approx(1)
    assert mean == pytest.approx(40 * 0.3 + 25 * 0.5)
    # Probabilities that vary by themselves lose p (1 - p) what they give to their own variance.
    chances = 40 * (0.3 * 0.7 - 0.04**2) + 25 * (0.25 - 0.03**2)
    assert float((wins - mean) ** 2 @ law) == pytest.approx(chances + (40 * 0.04 + 25 * 0.03) ** 2, rel=2e-3)
    assert quantile(np.array([0.025, 0.95, 0.025]), 0.025) == 0
    assert quantile(np.array([0.02, 0.95, 0.03]), 0.025) == 1
    assert quantile(np.array([0.02, 0.95, 0.03]), 1) == 2


def covered(limits: Expected, actual: float) -> bool:
    return limits.low <= actual <= limits.high


def test_the_limits_hold_for_made_up_companies() -> None:
    """Deals are won or lost by known hazards; learn from the past, forecast, and let the month go by."""
    random = np.random.RandomState(11)
    wins = money = 0
    for _ in range(80):
        began = random.randint(-400, 0, 260)
        ends = random.exponential(60, 260).astype(int)
        is_won = random.random_sample(260) < 0.35
        amounts = np.exp(random.normal(8, 0.6, 260)).astype(int)
        ages = -began
        done = ends <= ages
        past = learnt(
            Counter(ends[done & is_won].tolist()),
            Counter(ends[done & ~is_won].tolist()),
            Counter(ages[~done].tolist()),
        )
        deals = [
            Open(stage="s", age=age, amounts={amount: 1})
            for age, amount in zip(ages[~done].tolist(), amounts[~done].tolist(), strict=True)
        ]
        found = answered(pipeline(deals, 30, {}, past))
        told = past.times[-1] if past.times else 0
        counts = [past.at(int(age))[2] >= 10 and age <= told for age in ages]
        came = ~done & is_won & (ends <= ages + 30) & np.array(counts)
        wins += covered(found.wins, came.sum())
        money += covered(found.value, amounts[came].sum())
    assert 0.93 * 80 <= wins < 80
    assert 0.88 * 80 <= money < 80
