"""What the models do with data that do not hold what they need: a reason, at once, and never a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from funnelkit.models.lifetime import bdw, bgbb, bgnbd, mbgnbd, money, pareto, sbg
from funnelkit.models.lifetime.discounting import check_rate
from funnelkit.models.lifetime.fitted import vector
from funnelkit.models.lifetime.groups import groups
from funnelkit.models.lifetime.limits import limits
from funnelkit.models.lifetime.refusal import NoFitError
from funnelkit.models.lifetime.survivors import survivors

SILENT = [bgnbd, mbgnbd, pareto, bgbb]
REASONS = (
    *("", "too_few_customers", "nobody_repeats", "nobody_leaves", "too_few_periods"),
    *("all_alike", "at_the_edge", "flat"),
)


def reason(model: Any, data: Any) -> str:
    with pytest.raises(NoFitError) as refused:
        model.fit(data)
    assert str(refused.value)
    return refused.value.reason


@pytest.mark.parametrize("model", SILENT, ids=lambda model: model.__name__.rpartition(".")[2])
def test_customers_who_tell_nothing_are_refused(model: Any) -> None:
    assert reason(model, groups([3], [5], [8])) == "too_few_customers"
    assert reason(model, groups([0, 0], [0, 0], [8, 9], [50, 70])) == "nobody_repeats"
    assert reason(model, groups([2], [5], [8], [500])) == "all_alike"
    assert reason(model, groups([2, 4], [5, 6], [8, 8], [500, 0])) == "all_alike"
    assert reason(model, groups([0, 1], [0, 5], [20, 20], [99, 1])) == "at_the_edge"


@pytest.mark.parametrize(
    "model", [bgnbd, mbgnbd, pareto], ids=lambda model: model.__name__.rpartition(".")[2]
)
def test_customers_of_one_rate_who_never_leave_are_at_the_edge(model: Any) -> None:
    rng = np.random.default_rng(3)
    x = rng.poisson(15.0, 300)
    last = np.where(x > 0, 50 * rng.random(300) ** (1 / np.maximum(x, 1)), 0)
    assert reason(model, groups(x, last, np.full(300, 50.0))) == "at_the_edge"


@pytest.mark.parametrize(
    ("x", "t_x", "T", "said"),
    [
        ([1.5], [2], [3], "whole number"),
        ([-1], [0], [3], "neither below 0"),
        ([1], [4], [3], "end of the observation"),
        ([1], [-1], [3], "end of the observation"),
        ([0], [1], [3], "only there"),
        ([1], [0], [3], "only there"),
        ([1], [np.nan], [3], "no numbers"),
        ([], [], [], "no customers"),
        ([1, 2], [1], [3], "equal length"),
    ],
)
def test_what_no_customer_can_have_done_is_refused(x: Any, t_x: Any, T: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        groups(x, t_x, T)


@pytest.mark.parametrize(
    ("x", "t_x", "T", "said"),
    [([1], [1.5], [3], "whole"), ([2], [1], [3], "more than once"), ([1], [1], [2000], "at most 1000")],
)
def test_what_no_customer_of_set_occasions_can_have_done_is_refused(
    x: Any, t_x: Any, T: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        bgbb.log_likelihood(bgbb.BgBb(1, 1, 1, 1), groups(x, t_x, T))


@pytest.mark.parametrize("model", [sbg, bdw], ids=["sbg", "bdw"])
def test_cohorts_that_tell_nothing_are_refused(model: Any) -> None:
    assert reason(model, survivors([])) == "too_few_customers"
    assert reason(model, survivors([[1, 1, 0, 0]])) == "too_few_customers"
    assert reason(model, survivors([[100, 0, 0, 0]])) == "nobody_repeats"
    assert reason(model, survivors([[100, 100, 100, 100]])) == "nobody_leaves"
    assert reason(model, survivors([[100, 50]] * 9)) == "too_few_periods"
    assert reason(model, survivors([[1000, 800, 640, 512]])) == "at_the_edge"
    assert reason(model, survivors([[1000, 900, 700, 300, 50]])) == "at_the_edge"


customers = st.tuples(st.integers(0, 40), st.floats(0.01, 1), st.integers(1, 400), st.integers(1, 500))
cohorts = st.lists(st.integers(0, 5000), max_size=9).map(lambda counts: sorted(counts, reverse=True))


@settings(max_examples=12, deadline=None)
@given(st.lists(customers, min_size=1, max_size=12))
def test_any_customers_give_a_fit_or_a_reason(rows: Any) -> None:
    x, share, age, n = map(np.array, zip(*rows, strict=True))
    data = groups(x, np.where(x > 0, share * age, 0), age, n)
    whole = np.ceil(share * np.minimum(age, 12)) * (x > 0)
    chosen = groups(np.minimum(x, whole), whole, np.minimum(age, 12), n)
    for fit in (bgnbd.fit, mbgnbd.fit, pareto.fit, lambda _: bgbb.fit(chosen)):
        sound(fit, data)


@settings(max_examples=60, deadline=None)
@example([[2, 2, 1, 1]])
@given(st.lists(cohorts, max_size=4))
def test_any_cohorts_give_a_fit_or_a_reason(seen: Any) -> None:
    for fit in (sbg.fit, bdw.fit):
        sound(fit, survivors(seen))


def sound(fit: Any, data: Any) -> None:
    """A fit has finite numbers; warnings of numpy would be errors here."""
    try:
        fitted = fit(data)
    except NoFitError as refused:
        said = refused.reason
    else:
        said = ""
        assert np.isfinite(fitted.log_likelihood)
        assert np.isfinite(fitted.log_covariance).all()
        assert (np.diag(fitted.covariance) > 0).all()
    assert said in REASONS


def test_a_cohort_does_not_grow() -> None:
    with pytest.raises(ValueError, match="from 10 to 11"):
        survivors([[10, 11]])
    with pytest.raises(ValueError, match="counts"):
        survivors([[10, float("nan")]])


def test_amounts_that_tell_nothing_are_refused() -> None:
    assert reason(money, money.spending([3], [10])) == "too_few_customers"
    assert reason(money, money.spending([1, 2, 3], [10, 10, 10])) == "all_alike"
    assert reason(money, money.spending([1, 2], [10, 20])) == "at_the_edge"
    for x, mean in (([0], [5]), ([1], [0]), ([1], [-1])):
        with pytest.raises(ValueError, match="above 0"):
            money.spending(x, mean)


def test_what_is_infinite_is_refused() -> None:
    wide = money.GammaGamma(2.0, 0.9, 10.0)
    with pytest.raises(ValueError, match="no mean"):
        money.mean_money(wide)
    with pytest.raises(ValueError, match="no mean"):
        money.expected_money(wide, [0], [0])
    assert money.expected_money(wide, [3], [10]) == pytest.approx(2 * (10 + 30) / (6 + 0.9 - 1))
    for rate in (0.0, -0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="above 0"):
            check_rate(rate)
    with pytest.raises(ValueError, match=r"at least 0\.00001"):
        bdw.lifetime(bdw.Bdw(1, 1, 1), 1e-6)
    for model, params in ((sbg, sbg.Sbg(1, 1)), (bdw, bdw.Bdw(1, 1, 1))):
        with pytest.raises(ValueError, match="first renewal is 1"):
            model.residual_lifetime(params, 0.1, 0)


def test_parameters_are_above_0() -> None:
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="above 0"):
            vector(sbg.Sbg(1.0, wrong))


def test_limits_of_what_is_no_share_are_refused() -> None:
    fitted = sbg.fit(survivors([[1000, 700, 600]]))
    with pytest.raises(ValueError, match="no limits"):
        limits(fitted, lambda params: params.beta * 100, share=True)
    with pytest.raises(ValueError, match="no limits"):
        limits(fitted, lambda params: -params.beta)


def test_the_clock_may_run_in_any_unit() -> None:
    rng = np.random.default_rng(11)
    rate, stays = rng.gamma(1.0, 0.2, 900), rng.exponential(1 / rng.gamma(1.5, 0.05, 900))
    seen = np.minimum(stays, 40.0)
    x = rng.poisson(rate * seen)
    last = np.where(x > 0, seen * rng.random(900) ** (1 / np.maximum(x, 1)), 0)
    weeks, fast = (
        pareto.fit(groups(x, last * unit, np.full(900, 40.0 * unit))).params for unit in (1.0, 1e6)
    )
    assert vector(fast) == pytest.approx(vector(weeks) * [1, 1e6, 1, 1e6], rel=1e-5)
