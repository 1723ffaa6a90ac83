"""Recursions and fits of exponential smoothing against the tables of books, R and statsmodels.

Without these a forecast could be off by one update, or be the second best that a search came upon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.models.forecast.fitting import Fitted, fit
from funnelkit.models.forecast.limits import steps_of, variances
from funnelkit.models.forecast.menu import shape_of
from funnelkit.models.forecast.series import Refusal, Series, series
from funnelkit.models.forecast.smoothing import Parameters, Shape, ahead, many, smooth
from tests.published_series import AIR_2004, AIR_2016, OIL_2007, OIL_2013, PASSENGERS, TOURISTS

HOLT = Shape(trend="additive")
QUARTERS = Shape(trend="additive", season="additive", period=4)
PRODUCTS = Shape(trend="additive", season="multiplicative", period=4)


def run(
    values: list[float], shape: Shape, given: Parameters, steps: int = 1
) -> tuple[list[float], list[float]]:
    """What was expected of each value, and of the *steps* after the last, with *given* parameters."""
    weights, first = many([given])
    fitted, last = smooth(np.array(values, dtype=float), shape, weights, first)
    return fitted[:, 0].tolist(), ahead(last, shape, weights["phi"], steps)[:, 0].tolist()


def fitted(values: list[float], shape: Shape, fixed: dict[str, float] | None = None) -> Fitted:
    data = series(values, shape.period)
    assert isinstance(data, Series)
    found = fit(data, shape, fixed)
    assert isinstance(found, Fitted)
    return found


@pytest.mark.parametrize(("alpha", "expected"), [(0.2, 484.802465), (0.6, 501.837454)])
def test_the_oil_of_the_first_edition(alpha: float, expected: float) -> None:
    assert run(OIL_2007, Shape(), Parameters(alpha=alpha, level=OIL_2007[0]))[1] == pytest.approx(
        [expected], abs=1e-6
    )


def test_the_oil_fitted() -> None:
    found = fitted(OIL_2007, Shape())
    assert found.parameters.alpha == pytest.approx(0.892000, abs=1e-6)
    assert found.parameters.level == pytest.approx(447.478437, abs=1e-4)
    assert found.sse == pytest.approx(7573.426, abs=1e-3)
    assert steps_of(found, 1)[0].mean == pytest.approx(496.493482, abs=1e-4)


def test_the_oil_of_the_second_edition() -> None:
    found = fitted(OIL_2013, Shape())
    assert (found.parameters.alpha, found.parameters.level) == pytest.approx((0.8339, 446.5868), abs=0.02)
    levels = [
        446.59, 445.57, 451.93, 454.00, 427.63, 451.32, 442.20, 428.02, 476.54,
        496.46, 517.15, 510.31, 492.45, 506.98, 465.07, 472.36, 517.05, 544.39, 542.68,
    ]  # fmt: skip
    before, after = run(OIL_2013, Shape(), Parameters(alpha=0.8339, level=446.5868))
    assert before + after == pytest.approx(levels, abs=0.006)
    assert steps_of(found, 1)[0].mean == pytest.approx(542.68, abs=0.005)


def test_the_temperatures_of_nist() -> None:
    # (e-Handbook 6.4.3.1; the first forecast is the first value, and not judged.)
    values = [71.0, 70, 69, 68, 64, 65, 72, 78, 75, 75, 75, 70]
    before, _ = run(values, Shape(), Parameters(alpha=0.1, level=71))
    printed = [71, 70.9, 70.71, 70.44, 69.80, 69.32, 69.58, 70.43, 70.88, 71.29, 71.67]
    assert before[1:] == pytest.approx(printed, abs=0.0051)


def test_the_ewma_of_nist_is_the_same_recursion() -> None:
    # (e-Handbook 6.3.2.4, weight 0.3 from the target of 50; printed are the averages from the target on.)
    furnace = (
        "52.0 47.0 53.0 49.3 50.1 47.0 51.0 50.1 51.2 50.5 49.6 47.6 49.9 51.3 47.8 51.2 52.6 52.4 53.6 52.1"
    )
    printed = (
        "50.00 50.60 49.52 50.56 50.18 50.16 49.21 49.75 49.85 50.26 50.33"
        " 50.11 49.36 49.52 50.05 49.38 49.92 50.73 51.23 51.94 51.99"
    )
    before, after = run([float(x) for x in furnace.split()], Shape(), Parameters(alpha=0.3, level=50))
    assert before + after == pytest.approx([float(x) for x in printed.split()], abs=0.0051)


def test_double_smoothing_of_nist() -> None:
    # (e-Handbook 6.4.3.4: the level begins with the first value, the trend with the mean of three steps.)
    values = [5.6, 7.8, 8.8, 11, 11.6, 16.7, 15.3, 21.6, 22.4]
    _, after = run(values, HOLT, Parameters(alpha=0.3623, beta=1, level=6.4, trend=0.8), 5)
    assert after == pytest.approx([25.8, 28.7, 31.7, 34.6, 37.6], abs=0.05)


def test_the_air_passengers_of_the_first_edition() -> None:
    given = Parameters(alpha=0.8, beta=0.2, level=AIR_2004[0], trend=AIR_2004[1] - AIR_2004[0])
    _, after = run(AIR_2004, HOLT, given, 5)
    expected = [43.757004, 45.593562, 47.430121, 49.266679, 51.103237]
    assert after == pytest.approx(expected, abs=1e-6)
    # Not letting the first value update the level is the trap.
    _, trapped = run(AIR_2004[1:], HOLT, given)
    assert trapped == pytest.approx([43.803442], abs=1e-6)


def test_the_air_passengers_of_the_second_edition() -> None:
    given = Parameters(alpha=0.8321, beta=0.0001, level=15.57, trend=2.102)
    _, after = run(AIR_2016, HOLT, given, 5)
    assert after == pytest.approx([74.60, 76.70, 78.80, 80.91, 83.01], abs=0.01)
    # R stops a little before the optimum, which statsmodels finds too (without its bound of 0.0001).
    found = fitted(AIR_2016, HOLT)
    assert found.sse < 128.5143
    assert found.parameters.alpha == pytest.approx(0.82155, abs=1e-4)
    assert found.sse == pytest.approx(128.4222, abs=0.02)


def test_damped_trends_agree_with_statsmodels() -> None:
    found = fitted(AIR_2016, Shape(trend="damped"))
    assert found.parameters.phi == 0.98
    assert found.sse == pytest.approx(137.3959, abs=0.02)
    assert [step.mean for step in steps_of(found, 5)] == pytest.approx(
        [73.98927, 75.48048, 76.94187, 78.37402, 79.77754], abs=0.002
    )
    assert fitted(AIR_2016, Shape(trend="damped"), {"phi": 0.9}).parameters.phi == 0.9


def test_the_tourists_with_seasons_that_add() -> None:
    given = Parameters(
        alpha=0.306, beta=0.0003, gamma=0.426, level=32.26, trend=0.7014, seasons=(9.70, -9.31, -1.69, 1.31)
    )
    before, after = run(TOURISTS, QUARTERS, given, 4)
    assert before[:4] == pytest.approx([42.66, 24.21, 32.67, 36.37], abs=0.006)
    assert after == pytest.approx([76.10, 51.60, 63.97, 68.37], abs=0.006)
    errors = np.array(TOURISTS) - before
    assert math.sqrt(np.mean(errors**2)) == pytest.approx(1.763, abs=0.0006)
    found = fitted(TOURISTS, QUARTERS)
    assert found.sse == pytest.approx(135.9208, abs=0.02)  # statsmodels 0.15
    assert found.parameters.gamma == pytest.approx(0.45467, abs=1e-4)


def test_the_tourists_with_seasons_that_multiply() -> None:
    found = fitted(TOURISTS, PRODUCTS)
    assert found.sse == pytest.approx(105.1747, abs=0.03)  # statsmodels 0.15
    assert [step.mean for step in steps_of(found, 4)] == pytest.approx(
        [79.42945, 49.65512, 63.05724, 67.62361], abs=0.002
    )
    # The root mean square error of R, whose errors are relative too, is 1.576.
    assert math.sqrt(fitted(TOURISTS, shape_of("holt_winters_multiplicative", 4)).sse / 44) < 1.576


def test_a_published_fit_of_ses_with_its_limits() -> None:
    # (R forecast: ses(airpass).)
    found = fitted([float(value) for value in PASSENGERS], Shape())
    assert found.parameters.alpha == pytest.approx(0.9999)
    assert math.sqrt(found.variance) == pytest.approx(33.8299, abs=5e-5)
    assert found.aicc == pytest.approx(1733.958, abs=5e-4)
    narrow, wide = (steps_of(found, 1, level)[0] for level in (0.8, 0.95))
    assert (narrow.mean, narrow.low, narrow.high) == pytest.approx((431.9958, 388.641, 475.3506), abs=1e-3)
    assert (wide.low, wide.high) == pytest.approx((365.6904, 498.3012), abs=1e-3)


def test_a_published_fit_with_relative_errors() -> None:
    # (R forecast: ets(AirPassengers), ETS(M,Ad,M), AIC 1395.166, AICc 1400.638, sigma 0.0392; its beta is
    # alpha beta*. The states begin with December there.)
    shape = shape_of("holt_winters_damped_multiplicative", 12)
    december_first = [
        0.8944, 0.7993, 0.9217, 1.0592, 1.2203, 1.2318, 1.1105, 0.9786, 0.9804, 1.011, 0.8869, 0.9059,
    ]  # fmt: skip
    given = Parameters(
        alpha=0.7096, beta=0.0204 / 0.7096, gamma=1e-4, phi=0.98, level=120.9939, trend=1.7705,
        seasons=tuple(reversed(december_first)),
    )  # fmt: skip
    values = [float(value) for value in PASSENGERS]
    before, after = run(values, shape, given)
    assert after == pytest.approx([441.80], abs=0.05)
    relative = np.array(values) / before - 1
    squares = float(np.square(relative).sum())
    assert math.sqrt(squares / (144 - 17)) == pytest.approx(0.0392, abs=5e-5)
    aic = 144 * math.log(squares) + 2 * np.log(before).sum() + 2 * 18
    assert aic == pytest.approx(1395.166, abs=0.01)
    found = fitted(values, shape)
    assert found.estimated == 18
    assert 1398 < found.aicc < 1400.638


def test_smoothing_without_memory_is_the_naive_forecast() -> None:
    before, after = run(OIL_2007, Shape(), Parameters(alpha=1, level=1.0))
    assert before[1:] == OIL_2007[:-1]
    assert after == [OIL_2007[-1]]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_smoothing_without_memory_is_naive_everywhere(values: list[float]) -> None:
    before, after = run(values, Shape(), Parameters(alpha=1, level=0.0))
    assert [*before[1:], *after] == values


def test_gaps_teach_nothing() -> None:
    given = Parameters(alpha=0.5, level=10.0)
    before, after = run([10, math.nan, 20, math.nan], Shape(), given)
    assert before == [10, 10, 10, 15]
    assert after == [15]
    seasonal = Parameters(alpha=0.5, gamma=0.5, level=10, seasons=(2, -2))
    shape = Shape(season="additive", period=2)
    assert run([12, math.nan, 12, 8], shape, seasonal)[0] == [12, 8, 12, 8]


def test_the_season_goes_on_where_the_series_ends() -> None:
    given = Parameters(alpha=0.1, level=100, seasons=(30, -10, -20))
    shape = Shape(season="additive", period=3)
    assert run([130, 90, 80, 130], shape, given, 4)[1] == [90, 80, 130, 90]


def test_the_search_finds_the_better_of_two_optima() -> None:
    # A search from common first guesses may end at gamma = 0 with a sum of squares of 40,300.
    found = fitted([float(value) for value in PASSENGERS], shape_of("holt_winters_additive", 12))
    assert found.sse == pytest.approx(21564.4, abs=4)  # statsmodels 0.15, whose trend may stand still
    assert found.parameters.gamma == pytest.approx(0.74747, abs=1e-3)
    assert steps_of(found, 1)[0].mean == pytest.approx(451.576, abs=0.01)
    # Of seasons that multiply, with errors of one size, statsmodels finds 15,952.9.
    products = Shape(trend="additive", season="multiplicative", period=12)
    assert fitted([float(value) for value in PASSENGERS], products).sse < 12881


def test_fits_are_the_least_of_many_random_starts() -> None:
    # The search is not trusted to find the optimum: scattered places must not be better.
    random = np.random.RandomState(3)
    found = fitted(TOURISTS, QUARTERS)
    best = found.parameters
    sets = [
        Parameters(
            alpha=best.alpha * (1 + 0.05 * random.randn()),
            beta=abs(best.beta + 0.01 * random.randn()),
            gamma=best.gamma * (1 + 0.05 * random.randn()),
            level=best.level + 0.3 * random.randn(),
            trend=best.trend + 0.02 * random.randn(),
            seasons=tuple(season + 0.3 * random.randn() for season in best.seasons),
        )
        for _ in range(2000)
    ]
    weights, first = many(sets)
    expected, _ = smooth(np.array(TOURISTS), QUARTERS, weights, first)
    assert np.square(np.array(TOURISTS)[:, None] - expected).sum(axis=0).min() > found.sse


@settings(deadline=None, max_examples=20)
@given(st.floats(0.01, 1e7), st.floats(-1e4, 1e4))
def test_units_do_not_matter(unit: float, shift: float) -> None:
    one = fitted(AIR_2004, HOLT)
    other = fitted([value * unit + shift * unit for value in AIR_2004], HOLT)
    assert other.sse == pytest.approx(one.sse * unit**2, rel=1e-4)


def test_the_variances_are_those_of_the_published_formulas() -> None:
    # (FPP3, table 8.8, with beta = alpha beta*.)
    found = fitted(TOURISTS, QUARTERS)
    a, g = found.parameters.alpha, found.parameters.gamma
    b = a * found.parameters.beta
    for h, variance in enumerate(variances(found, 12), start=1):
        k = (h - 1) // 4
        formula = 1 + (h - 1) * (a * a + a * b * h + b * b * h * (2 * h - 1) / 6)
        formula += g * k * (2 * a + g + b * 4 * (k + 1))
        assert variance == pytest.approx(found.variance * formula, rel=1e-12)
    damped = fitted(AIR_2016, Shape(trend="damped"), {"phi": 0.9, "beta": 0.3})
    a, p = damped.parameters.alpha, 0.9
    b = a * 0.3
    for h, variance in enumerate(variances(damped, 12), start=1):
        formula = 1 + a * a * (h - 1) + b * p * h / (1 - p) ** 2 * (2 * a * (1 - p) + b * p)
        formula -= (
            b
            * p
            * (1 - p**h)
            / ((1 - p) ** 2 * (1 - p * p))
            * (2 * a * (1 - p * p) + b * p * (1 + 2 * p - p**h))
        )
        assert variance == pytest.approx(damped.variance * formula, rel=1e-9)


def test_simulated_limits_are_near_those_of_r_and_the_same_every_time() -> None:
    found = fitted([float(value) for value in PASSENGERS], shape_of("holt_winters_damped_multiplicative", 12))
    one = steps_of(found, 1, 0.95)[0]
    # The first step has a normal law: mean (1 -+ 1.96 sigma).
    half = 1.959964 * math.sqrt(found.variance) * one.mean
    assert (one.mean - one.low, one.high - one.mean) == pytest.approx((half, half), rel=0.04)
    assert steps_of(found, 6) == steps_of(found, 6)


def test_what_cannot_be_fitted_is_refused_with_the_reason() -> None:
    def code(values: Sequence[float | None], shape: Shape) -> str:
        data = series(values, shape.period)
        found = fit(data, shape) if isinstance(data, Series) else data
        assert isinstance(found, Refusal)
        assert found.message
        return found.code

    assert code([1, 2, 3, 4], Shape()) == "too_short"
    assert code([1, 2, 3, 4, 5, 6], HOLT) == "too_short"
    assert code([1.0, 2] * 4 + [0], Shape(season="multiplicative", period=2)) == "not_above_zero"
    assert code([1, 2, 3, 4, 5, 6, 7], Shape(season="additive", period=4)) == "too_short"
    assert code([1, 2, 3, None] * 5, Shape(season="additive", period=4)) == "too_short"
    assert code([], Shape()) == code([None, math.nan], Shape()) == "no_values"
    assert code([1, None, None, 4], Shape()) == "too_many_gaps"
    assert code([1, math.inf], Shape()) == "infinite_values"


def test_what_is_asked_wrongly_is_refused() -> None:
    with pytest.raises(ValueError, match="season"):
        Shape(season="additive")
    with pytest.raises(ValueError, match="season"):
        series([1], 0)
    with pytest.raises(ValueError, match="fixed: phi"):
        fitted(OIL_2007, Shape(), {"phi": 0.9})
