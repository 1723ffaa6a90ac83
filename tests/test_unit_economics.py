"""Values of customers and paybacks: the published worked examples, and sums by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.metrics.unit_economics import (
    annual_growth,
    constant_retention,
    expanding_value,
    lagged_cost,
    payback,
)


def test_the_three_conventions_of_fader_and_hardie() -> None:
    found = constant_retention(100, 0.75, 0.10)
    assert found.first_included == pytest.approx(314.29, abs=0.005)
    assert found.first_excluded == pytest.approx(214.29, abs=0.005)
    assert found.end_of_period == pytest.approx(285.71, abs=0.005)


def test_the_coffee_drinker_of_kissmetrics() -> None:
    """Their "traditional" value excludes the first payment; 5,382.94 is their margin a year."""
    spend, visits = (3.50, 8.50, 5, 6.50, 6), (4, 3, 5, 6, 3)
    weekly = sum(a * b for a, b in zip(spend, visits, strict=True)) / 5
    assert weekly == pytest.approx(24.30)
    custom = 20 * 52 * 5.90 * 4.2 * 0.213
    traditional = constant_retention(5382.94, 0.75, 0.10).first_excluded
    assert (custom, traditional) == pytest.approx((5489, 11535), abs=0.5)
    assert (52 * weekly * 20 + custom + traditional) / 3 == pytest.approx(14099, abs=0.5)


@given(margin=st.floats(1, 1000), retention=st.floats(0, 0.95), discount=st.floats(0.01, 0.5))
def test_constant_retention_is_the_sum_of_its_payments(
    margin: float, retention: float, discount: float
) -> None:
    found = constant_retention(margin, retention, discount)
    now = sum(margin * (retention / (1 + discount)) ** k for k in range(2000))
    assert found.first_included == pytest.approx(now)
    assert found.first_included - found.first_excluded == pytest.approx(margin)
    assert found.end_of_period == pytest.approx(now / (1 + discount))


def test_a_customer_who_never_returns_is_worth_one_payment() -> None:
    assert constant_retention(100, 0, 0.10).first_included == pytest.approx(100)
    assert constant_retention(100, 0, 0).first_excluded == 0


def test_what_never_ends_has_no_value() -> None:
    for retention, discount in ((1, 0), (1.2, 0.5), (-0.1, 0.1), (0.5, -0.1)):
        with pytest.raises(ValueError, match="no value at a retention"):
            constant_retention(1, retention, discount)
    for churn, discount in ((0, 0), (-0.1, 0.2), (1.1, 0), (0.1, 1)):
        with pytest.raises(ValueError, match="no value at a churn"):
            expanding_value(1, 0, churn, discount)


@pytest.mark.parametrize(
    ("margin", "churn", "value"),
    [(1, 0.03, 33.3), (1, 0.20, 5), (40 * 0.75, 0.04, 750), (500 * 0.80, 0.05, 8000)],
)
def test_without_growth_a_customer_is_worth_margin_over_churn(
    margin: float, churn: float, value: float
) -> None:
    assert expanding_value(margin, 0, churn) == pytest.approx(value, abs=0.05)


@given(
    margin=st.floats(0, 500),
    growth=st.floats(0, 20),
    churn=st.floats(0.02, 0.5),
    discount=st.floats(0, 0.2),
)
def test_an_expanding_value_is_the_sum_of_its_payments(
    margin: float, growth: float, churn: float, discount: float
) -> None:
    kept = (1 - churn) * (1 - discount)
    total = sum((margin + growth * k) * kept**k for k in range(3000))
    assert expanding_value(margin, growth, churn, discount) == pytest.approx(total, rel=1e-9, abs=1e-9)


def test_linear_expansion_without_discount_is_skoks() -> None:
    a, m, c = 100, 2, 0.02
    assert expanding_value(a, m, c) == pytest.approx(a / c + m * (1 - c) / c**2)


def test_the_payback_of_bessemer() -> None:
    """770,000 for new recurring margin of 70 % of 100,000 a month."""
    assert payback(770_000, 100_000 * 0.70, [1] * 24) == 11
    assert payback(770_001, 100_000 * 0.70, [1] * 24) == 12


def test_churn_and_discount_put_payback_off_or_prevent_it() -> None:
    staying = [0.9**k for k in range(60)]
    # 100 + 90 + 81 = 271, + 72.9.
    assert [payback(cost, 100, staying) for cost in (100, 190, 271, 271.1)] == [1, 2, 3, 4]
    assert payback(1000, 100, staying) is None
    # 100 + 100 / 1.1 = 190.9.
    assert [payback(cost, 100, [1, 1, 1], discount=0.1) for cost in (190, 191)] == [2, 3]
    assert payback(1, 0, [1, 1]) is None
    assert payback(0, 5, [1]) == 1


def test_what_adds_up_in_spite_of_rounding_is_paid_back() -> None:
    assert payback(0.3, 0.1, [1, 1, 1]) == 3


def test_spending_is_charged_to_later_wins_by_hand() -> None:
    # Half of the customers are won in the same month, a quarter after one and after two months.
    found = lagged_cost({1: 400, 2: 800}, {0: 2, 1: 1, 2: 1})
    assert {t: charged.cost for t, charged in found.items()} == {1: 200, 2: 500, 3: 300, 4: 200}
    assert {t: charged.covered for t, charged in found.items()} == {1: 0.5, 2: 0.75, 3: 0.5, 4: 0.25}


@given(
    spend=st.dictionaries(st.integers(0, 24), st.integers(0, 10**6), min_size=1),
    lags=st.dictionaries(st.integers(0, 12), st.integers(1, 50), min_size=1),
)
def test_all_spending_is_charged_once(spend: dict[int, int], lags: dict[int, int]) -> None:
    found = lagged_cost(spend, lags)
    assert sum(charged.cost for charged in found.values()) == pytest.approx(sum(spend.values()))
    assert all(0 <= charged.covered <= 1 for charged in found.values())
    assert min(found) == min(spend)
    same = lagged_cost(spend, {0: 7})
    assert {t: charged.cost for t, charged in same.items() if charged.cost} == {
        t: s for t, s in spend.items() if s
    }


def test_no_lags_charge_nothing() -> None:
    assert lagged_cost({}, {0: 1}) == {}
    for lags in ({}, {0: 0}, {-1: 3}):
        with pytest.raises(ValueError, match="no lags"):
            lagged_cost({1: 100}, lags)


def test_growth_a_year() -> None:
    assert annual_growth(100, 200, 5) == pytest.approx(0.148698, abs=5.1e-7)
    assert annual_growth(80, 20, 2) == pytest.approx(-0.5)
    assert annual_growth(80, 0, 2) == -1
    for first, last, years in ((0, 1, 1), (-5, 5, 1), (1, -1, 1), (1, 2, 0)):
        with pytest.raises(ValueError, match="no growth"):
            annual_growth(first, last, years)
