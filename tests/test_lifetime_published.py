"""The models of lifetime value against the numbers that their papers, notes and other programs print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from funnelkit.models.lifetime import bgbb, bgnbd, mbgnbd, money, pareto
from funnelkit.models.lifetime.fitted import vector
from funnelkit.models.lifetime.groups import groups
from tests import cdnow

DONATIONS = groups(
    x=[0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6],
    t_x=[0, 1, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 3, 4, 5, 6, 4, 5, 6, 5, 6, 6],
    T=[6] * 22,
    n=[
        *(3464, 1091, 277, 129, 78, 119, 129, 613, 255, 155, 173),
        *(234, 322, 181, 225, 357, 240, 284, 512, 335, 728, 1203),
    ],
)
"""Donors of 1995 in the six years after (Fader, Hardie and Shang 2010, table 1)."""
ONE = groups([26], [30.85714], [31])
"""Customer 1516 of CDNOW."""
BTYD_BG = bgnbd.BgNbd(0.2425945, 4.4136019, 0.7929199, 2.4258881)
BTYD_PARETO = pareto.ParetoNbd(0.553, 10.580, 0.606, 11.656)


def near(values: Any, known: Sequence[float], decimals: int) -> bool:
    """Whether all *known* values, printed with so many decimals, are what the *values* round to."""
    return bool(np.abs(np.asarray(values) - known).max() <= 0.5000001 * 10**-decimals)


@pytest.mark.parametrize(
    ("model", "decimals", "known", "likelihood"),
    [
        (bgnbd, None, (0.24259451, 4.41360177, 0.79292204, 2.42590690), -9582.429207),
        (bgnbd, 2, (0.24259291, 4.41353162, 0.79288621, 2.42575384), -9582.4256),
        (pareto, 2, (0.55327553, 10.57761255, 0.60621358, 11.66791081), -9594.9739),
        (mbgnbd, 2, (0.525, 6.183, 0.891, 1.614), -9582.1327),
    ],
)
def test_cdnow_gives_the_printed_parameters(
    model: Any, decimals: int | None, known: Sequence[float], likelihood: float
) -> None:
    data = cdnow.customers(decimals)
    assert data.n.sum() == 2357
    assert data.n @ data.x == 2457
    assert data.x.size == 1016
    fitted = model.fit(data)
    assert vector(fitted.params) == pytest.approx(known, abs=1e-4 if model is not mbgnbd else 5e-4)
    assert fitted.log_likelihood == pytest.approx(likelihood, abs=1e-3)
    assert (fitted.customers, fitted.converged) == (2357, True)
    assert model.log_likelihood(fitted.params, data) == pytest.approx(fitted.log_likelihood, rel=1e-12)


def test_the_sums_of_cdnow_are_those_of_the_summary_that_others_use() -> None:
    data = cdnow.customers(2)
    assert data.n @ data.t_x == pytest.approx(16135.52)
    assert data.n @ data.T == pytest.approx(77111.21)
    assert data.n[data.x > 0].sum() == 946
    assert cdnow.spent(whole_cents=True).mean.sum() == pytest.approx(33184.31)


def test_the_log_likelihood_is_a_sum_over_customers_not_a_mean() -> None:
    data = cdnow.customers(2)
    twice = groups(data.x, data.t_x, data.T, 2 * data.n)
    params = bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426)
    assert bgnbd.log_likelihood(params, data) == pytest.approx(-9582.4, abs=0.05)
    assert bgnbd.log_likelihood(params, twice) == pytest.approx(2 * bgnbd.log_likelihood(params, data))


def test_standard_errors_are_those_of_other_programs() -> None:
    """BG/NBD on CDNOW: .0126, .378, .186, .705 (lifetimes, standard error of its summary)."""
    errors = vector(bgnbd.fit(cdnow.customers(2)).errors)
    assert near(errors[:1], [0.0126], 4)
    assert near(errors[1:], [0.378, 0.186, 0.705], 3)


def test_bg_nbd_expectations_are_the_printed_ones() -> None:
    """FHL 2005 and their spreadsheet; CLVTools and BTYD for customer 1516."""
    params = bgnbd.BgNbd(0.24259291, 4.41353162, 0.79288621, 2.42575384)
    expected = bgnbd.expected_purchases(params, [0.1429, 1, 3, 31.8571, 32, 78])
    assert near(expected, [0.007816, 0.053185, 0.150632, 1.040494, 1.043737, 1.857972], 6)
    assert bgnbd.expected_purchases(params, 52) == pytest.approx(1.444021, abs=1e-6)
    assert bgnbd.next_purchases(params, groups([2], [30.43], [38.86]), 39) == pytest.approx(1.226, abs=5e-4)
    assert bgnbd.next_purchases(params, ONE, 52) == pytest.approx(25.757767, abs=1e-5)
    assert bgnbd.alive(params, ONE) == pytest.approx(0.9688556, abs=1e-6)
    assert bgnbd.next_purchases(BTYD_BG, ONE, 52) == pytest.approx(25.75659, abs=1e-3)


def test_bg_nbd_probabilities_are_those_of_the_btyd_manual() -> None:
    params = bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426)
    assert bgnbd.pmf(params, 2, 10) == pytest.approx(1.07869e-07, rel=1e-5)
    assert bgnbd.pmf(params, 39, 0) == pytest.approx(0.5737864, abs=5e-8)


def test_pareto_expectations_are_the_printed_ones() -> None:
    """The BTYD manual and vignette; the increasing-frequency paradox of the last line is theirs."""
    printed = (0.05077821, 0.09916088, 0.14542507, 0.18979930, 0.23247466, 0.27361274, 0.31335159)
    params = pareto.ParetoNbd(0.55, 10.56, 0.61, 11.64)
    assert near(pareto.expected_purchases(params, [*range(1, 10)]), [*printed, 0.35181024, 0.38909211], 8)
    fitted = pareto.ParetoNbd(0.55327553, 10.57761255, 0.60621358, 11.66791081)
    assert pareto.expected_purchases(fitted, 52) == pytest.approx(1.473441, abs=1e-6)
    assert pareto.next_purchases(fitted, ONE, 52) == pytest.approx(25.455411, abs=1e-4)
    assert pareto.alive(fitted, ONE) == pytest.approx(0.997873, abs=1e-6)
    assert pareto.alive(fitted, groups([0, 23], [0, 39], [39, 39])) == pytest.approx([0.2941633, 1], abs=2e-4)
    paradox = pareto.next_purchases(BTYD_PARETO, groups([10, 15, 20, 25], [20] * 4, [39] * 4), 52)
    assert paradox == pytest.approx([0.7062289, 0.1442396, 0.02250658, 0.00309267], rel=2e-4)


def test_the_holdout_of_cdnow_is_forecast_as_in_the_paper() -> None:
    """FHL 2005: correlation .626; the total by week 78 is 4 % (BG/NBD) and 2 % (Pareto/NBD) too low."""
    data, known = cdnow.customers(), cdnow.holdout()
    rows = np.array(cdnow.days_seen()) / [1, 7, 7]
    each = groups(*rows.T)
    params = bgnbd.fit(data).params
    expected = bgnbd.next_purchases(params, each, 39.0)
    assert sum(known) == 1882
    assert expected.sum() == pytest.approx(1653.41, abs=0.005)
    assert np.corrcoef(expected, known)[0, 1] == pytest.approx(0.6256, abs=5e-5)
    for model, at, week, total in (
        (bgnbd, params, 39, 2493.97),
        (bgnbd, params, 78, 4160.64),
        (pareto, pareto.fit(data).params, 39, 2524.94),
        (pareto, pareto.fit(data).params, 78, 4270.07),
    ):
        until = rows[:, 2] + (week - 39)
        assert model.expected_purchases(at, until).sum() == pytest.approx(total, abs=0.05)


def test_gamma_gamma_gives_the_printed_parameters_and_amounts() -> None:
    """Note 025: 6.25, 3.74, 15.44 on 946 customers; the amounts are those of the lifetimes manual."""
    fitted = money.fit(cdnow.spent(whole_cents=True))
    assert vector(fitted.params) == pytest.approx((6.24880212, 3.74458865, 15.44774971), abs=1e-4)
    assert fitted.log_likelihood == pytest.approx(-4055.923243, abs=1e-3)
    assert fitted.customers == 946
    assert near(vector(money.fit(cdnow.spent()).params), [6.25, 3.74, 15.44], 2)
    data = cdnow.spent(whole_cents=True)
    printed = [24.658619, 18.911489, 35.170981, 71.462843, 18.911489, 27.282408]
    x, mean = ([*column[:2], 0, *column[2:5]] for column in (data.x, data.mean))
    amounts = money.expected_money(fitted.params, x, mean)
    assert amounts == pytest.approx(printed, abs=5e-5)
    everyone = [
        *money.expected_money(fitted.params, data.x, data.mean),
        *[money.mean_money(fitted.params)] * 1411,
    ]
    assert np.mean(everyone) == pytest.approx(35.2529588, abs=1e-5)
    assert data.mean.mean() == pytest.approx(35.078552, abs=1e-6)


def test_donations_give_the_printed_parameters() -> None:
    """FHS 2010, table 2."""
    fitted = bgbb.fit(DONATIONS)
    assert vector(fitted.params) == pytest.approx((1.20352, 0.74972, 0.65672, 2.78344), abs=1e-4)
    assert fitted.log_likelihood == pytest.approx(-33225.5813, abs=1e-3)
    assert fitted.customers == 11104
    assert near(fitted.log_likelihood, [-33225.6], 1)


def test_donors_to_come_are_those_of_the_paper() -> None:
    params = bgbb.fit(DONATIONS).params
    assert bgbb.expected_purchases(params, 10) == pytest.approx(3.179805, abs=2e-4)
    known = groups([0, 4], [0, 5], [6, 6])
    assert bgbb.next_purchases(params, known, 10) == pytest.approx([0.1302169, 3.627858], abs=2e-4)
    assert near(bgbb.alive(params, groups([0, 2, 6], [0, 4, 6], [6] * 3)), [0.11, 0.59, 0.93], 2)
    spread = 11104 * bgbb.pmf(params, 6, range(7))
    assert spread == pytest.approx([3454.8, 1888.7, 1348.9, 1113.4, 1017.9, 1027.2, 1253.1], abs=0.15)
