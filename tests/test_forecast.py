"""Choosing, trying in the past, and limits that make sense for counts and money."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.errors import UsageError
from funnelkit.models.forecast.accuracy import accuracy, naive, naive_step, seasonal_naive
from funnelkit.models.forecast.backtest import Backtest, backtest
from funnelkit.models.forecast.choosing import Forecast, forecast
from funnelkit.models.forecast.fitting import Fitted, fit
from funnelkit.models.forecast.limits import steps_of
from funnelkit.models.forecast.menu import MODELS, names_for, shape_of
from funnelkit.models.forecast.series import Refusal, Series, series
from tests.published_series import AIR_2016, OIL_2013, TOURISTS


def data(values: Sequence[float | None], period: int = 1) -> Series:
    found = series(values, period)
    assert isinstance(found, Series)
    return found


def answered(found: Forecast | Refusal) -> Forecast:
    assert isinstance(found, Forecast)
    return found


def test_seasons_are_chosen_where_there_are_some() -> None:
    found = answered(forecast(data(TOURISTS, 4), 4))
    assert found.model == "holt_winters_multiplicative"
    assert found.limits == "simulated"
    assert answered(forecast(data(OIL_2013), 2)).model == "ses"


def test_a_level_with_weekdays_needs_no_trend() -> None:
    random = np.random.RandomState(5)
    week = [20.0, 22, 21, 19, 15, 4, 3]
    values = [100 + week[day % 7] * 3 + random.randn() * 2 for day in range(70)]
    found = answered(forecast(data(values, 7), 7))
    assert found.model == "seasonal_additive"
    expected = [100 + week[day % 7] * 3 for day in range(70, 77)]
    assert [step.mean for step in found.steps] == pytest.approx(expected, abs=2)


def test_the_choice_by_back_test_takes_the_least_error() -> None:
    values = data(AIR_2016)
    found = answered(forecast(values, 2, by="backtest"))
    tried = {name: backtest(values, name, 2) for name in names_for(1)}
    errors = {name: one.own.absolute for name, one in tried.items() if isinstance(one, Backtest)}
    assert found.model == min(errors, key=errors.__getitem__)


def test_models_are_compared_at_the_origins_that_all_had() -> None:
    # Ten values: ses could be tried at five origins, two of them before wild values, holt at three after.
    values = data([21, 20, 20, 22, 21, 8, 31, 19, 19, 20])
    ses, holt = backtest(values, "ses"), backtest(values, "holt")
    assert isinstance(ses, Backtest)
    assert isinstance(holt, Backtest)
    assert (ses.origins, holt.origins) == (5, 3)
    assert ses.own.absolute > 6 * holt.own.absolute
    found = answered(forecast(values, 1, by="backtest"))
    assert found.model == "ses"
    assert found.refused["damped"].code == "too_short"


def test_a_back_test_is_the_rolling_origin_by_hand() -> None:
    values = data(OIL_2013)
    found = backtest(values, "ses", 2, origins=4)
    assert isinstance(found, Backtest)
    errors, plain, scaled, within = [], [], [], 0
    for origin in (13, 14, 15, 16):
        model = fit(data(OIL_2013[:origin]), shape_of("ses", 1))
        assert isinstance(model, Fitted)
        changes = [abs(b - a) for a, b in pairwise(OIL_2013[:origin])]
        for step, actual in zip(steps_of(model, 2), OIL_2013[origin : origin + 2], strict=True):
            errors.append(step.mean - actual)
            plain.append(OIL_2013[origin - 1] - actual)
            scaled.append(abs(step.mean - actual) / (sum(changes) / len(changes)))
            within += step.low <= actual <= step.high
    actuals = sum(sum(OIL_2013[origin : origin + 2]) for origin in (13, 14, 15, 16))
    assert found.origins == 4
    assert found.own.wape == pytest.approx(sum(map(abs, errors)) / actuals, rel=1e-5)
    assert found.own.bias == pytest.approx(sum(errors) / actuals, rel=1e-4)
    assert found.own.mase == pytest.approx(sum(scaled) / 8, rel=1e-5)
    assert found.naive.wape == pytest.approx(sum(map(abs, plain)) / actuals)
    assert found.covered == within / 8
    assert found.seasonal_naive is None


def test_a_back_test_does_not_look_ahead() -> None:
    # With the last value wild, only its own error changes: nothing was learnt from it.
    calm = backtest(data(OIL_2013), "ses", 1, origins=5)
    wild = backtest(data([*OIL_2013[:-1], OIL_2013[-1] + 1e6]), "ses", 1, origins=5)
    assert isinstance(calm, Backtest)
    assert isinstance(wild, Backtest)
    assert calm.own.signed - wild.own.signed == pytest.approx(1e6)


def test_a_line_is_forecast_better_than_by_its_last_value() -> None:
    random = np.random.RandomState(2)
    found = backtest(data([10 + 3 * t + random.randn() * 0.1 for t in range(24)]), "holt", 3)
    assert isinstance(found, Backtest)
    assert found.gain is not None
    assert found.gain > 0.9
    assert found.naive.bias == pytest.approx(-found.naive.absolute / found.naive.actual)


def test_the_measures_of_error_by_hand() -> None:
    found = accuracy([12, 8, 5], np.array([10.0, 10.0, math.nan]), scale=4)
    assert (found.n, found.wape, found.bias, found.mase) == (2, 0.2, 0, 0.5)
    both = found + accuracy([3], np.array([0.0]), scale=None)
    assert (both.n, both.wape, both.mase) == (3, 7 / 20, 0.5)
    assert accuracy([3], np.array([0.0]), None).wape is None
    assert naive_step(np.array([1.0, 3, 2, 7]), 2) == 2.5
    assert naive_step(np.array([1.0, 3]), 12) == 2
    assert naive_step(np.array([1.0, 1]), 1) is None
    assert naive(np.array([1.0, 2, math.nan]), 2).tolist() == [2, 2]
    before = seasonal_naive(np.array([1.0, 2, 3, 4, 5, math.nan]), 3, 4)
    assert before is not None
    assert before.tolist() == [4, 5, 3, 4]
    assert seasonal_naive(np.array([1.0]), 3, 4) is None


def test_counts_do_not_fall_below_nothing() -> None:
    falling = data([100 - 4.0 * t + (t % 3) for t in range(24)])
    free = answered(forecast(falling, 6, model="holt"))
    assert free.steps[-1].mean < 0
    assert not free.raised
    found = answered(forecast(falling, 6, model="holt", least=0))
    assert found.raised
    assert all(step.low >= 0 and step.mean >= 0 for step in found.steps)
    assert found.steps[0].mean == free.steps[0].mean


def test_a_series_that_never_varied() -> None:
    for values in ([0, 0, 0], [7]):
        found = answered(forecast(data(values), 2))
        assert (found.model, found.limits) == ("constant", "constant")
        assert {(step.low, step.mean, step.high) for step in found.steps} == {(values[0],) * 3}


def test_zeros_leave_the_models_that_bear_them() -> None:
    found = answered(forecast(data([3, 0, 8, 4] * 6, 4), 4, least=0))
    assert {one.code for one in found.refused.values()} == {"not_above_zero"}
    assert MODELS[found.model][1] == "additive"
    assert [step.mean for step in found.steps] == pytest.approx([3, 0, 8, 4], abs=0.05)


def test_too_few_values_are_refused_with_how_many_are_needed() -> None:
    found = forecast(data([1, 2, 1, 3]), 2)
    assert isinstance(found, Refusal)
    assert "needs 5" in found.message
    assert isinstance(backtest(data([1, 2, 1, 3, 2]), "ses", 2), Refusal)


def test_gaps_are_passed_over() -> None:
    values: list[float | None] = [*OIL_2013]
    values[5] = values[11] = None
    found = answered(forecast(data([None, *values]), 1))
    assert found.fitted is not None
    assert found.fitted.n == 16
    assert data([None, 1, None, 2]).values.tolist()[::2] == [1, 2]
    assert isinstance(backtest(data(values), "ses", 1), Backtest)


def test_mistyped_and_unfitting_models_are_refused() -> None:
    with pytest.raises(UsageError) as raised:
        shape_of("halt", 1)
    assert "holt" in raised.value.hint
    with pytest.raises(UsageError, match="seasons"):
        shape_of("holt_winters_additive", 1)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(0, 50) | st.none(), max_size=16) | st.lists(st.floats(-1e9, 1e9), max_size=12),
    st.sampled_from([1, 2, 4]),
)
def test_any_series_has_an_answer_or_a_reason(values: list[float | None], period: int) -> None:
    found = series(values, period)
    if isinstance(found, Series):
        answer = forecast(found, 3, least=0)
        if isinstance(answer, Forecast):
            for step in answer.steps:
                assert 0 <= step.low <= step.mean <= step.high < math.inf
            return
        found = answer
    assert found.code
    assert found.message
