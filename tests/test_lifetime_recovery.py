"""Simulated customers of known parameters are recovered, and the limits hold the truth as often as they say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from funnelkit.models.lifetime import bdw, bgbb, bgnbd, mbgnbd, money, pareto, sbg
from funnelkit.models.lifetime.fitted import Fitted, vector
from funnelkit.models.lifetime.groups import groups
from funnelkit.models.lifetime.limits import limits
from funnelkit.models.lifetime.refusal import NoFitError
from funnelkit.models.lifetime.survivors import survivors
from tests import buyers

REPEATED = 120
MBG = (0.8, 5.0, 1.0, 2.5)


def _ages(rng: np.random.Generator, customers: int) -> Any:
    return rng.integers(60, 105, customers).astype(float)


def _pareto(rng: np.random.Generator) -> Any:
    drawn = buyers.pareto_nbd(rng, (0.9, 4.0, 1.2, 15.0), _ages(rng, 1200))
    return pareto.fit(buyers.counted(drawn))


def _bg(rng: np.random.Generator) -> Any:
    return bgnbd.fit(buyers.counted(buyers.bg_nbd(rng, (0.8, 5.0, 0.8, 2.5), _ages(rng, 1200))))


def _mbg(rng: np.random.Generator) -> Any:
    return mbgnbd.fit(buyers.counted(buyers.bg_nbd(rng, MBG, _ages(rng, 1200), at_once=True)))


def _bgbb(rng: np.random.Generator) -> Any:
    return bgbb.fit(buyers.counted(buyers.bg_bb(rng, (1.2, 0.75, 0.65, 2.8), np.full(3000, 6.0))))


def _left(rng: np.random.Generator, stays: Any, seen: int) -> list[int]:
    return [int((stays > age).sum()) for age in range(seen + 1)]


def _sbg(rng: np.random.Generator) -> Any:
    """Three cohorts, of which the younger ones are seen for less long."""
    return sbg.fit(
        survivors([_left(rng, rng.geometric(rng.beta(0.7, 2.5, 800)), seen) for seen in (7, 5, 3)])
    )


def _bdw(rng: np.random.Generator) -> Any:
    """Who leaves with a chance p at the first renewal is left at age t with (1 - p)^(t^c)."""

    def stays() -> Any:
        chance = rng.beta(0.7, 2.5, 1500)
        return np.ceil((np.log(rng.random(1500)) / np.log1p(-chance)) ** (1 / 1.3))

    return bdw.fit(survivors([_left(rng, stays(), seen) for seen in (9, 7, 5)]))


def _money(rng: np.random.Generator) -> Any:
    x = 1 + rng.poisson(2.0, 700)
    return money.fit(money.spending(x, rng.gamma(6.0 * x, 1 / (rng.gamma(4.0, 1 / 15.0, 700) * x))))


TRUTH: dict[Callable[[np.random.Generator], Any], tuple[Any, Callable[[Any], float], bool]] = {
    _pareto: (
        pareto.ParetoNbd(0.9, 4.0, 1.2, 15.0),
        lambda p: float(pareto.expected_purchases(p, 150)),
        False,
    ),
    _bg: (bgnbd.BgNbd(0.8, 5.0, 0.8, 2.5), lambda p: float(bgnbd.expected_purchases(p, 150)), False),
    _mbg: (mbgnbd.MbgNbd(*MBG), lambda p: float(mbgnbd.expected_purchases(p, 150)), False),
    _bgbb: (bgbb.BgBb(1.2, 0.75, 0.65, 2.8), lambda p: bgbb.expected_purchases(p, 12), False),
    _sbg: (sbg.Sbg(0.7, 2.5), lambda p: float(sbg.survival(p, 12)), True),
    _bdw: (bdw.Bdw(0.7, 2.5, 1.3), lambda p: float(bdw.survival(p, 14)), True),
    _money: (money.GammaGamma(6.0, 4.0, 15.0), money.mean_money, False),
}
"""How a model is fitted to drawn customers, its true parameters, what is predicted, and whether it is a share."""


@cache
def repeated(fit: Callable[[np.random.Generator], Any]) -> list[Fitted[Any]]:
    rng = np.random.default_rng(20260101)
    found = []
    for _ in range(REPEATED):
        try:
            found.append(fit(rng))
        except NoFitError:
            continue
    return found


@pytest.mark.parametrize("fit", TRUTH, ids=lambda fit: fit.__name__.strip("_"))
def test_the_truth_is_within_the_limits_as_often_as_they_say(fit: Any) -> None:
    """Of 120, each parameter's 95 % limits on the logarithm hold 90 to 98 in 100 (two errors to each side)."""
    true, predicted, share = TRUTH[fit]
    fits = repeated(fit)
    assert len(fits) >= 0.97 * REPEATED
    away = np.array(
        [
            (np.log(vector(fitted.params)) - np.log(vector(true))) / np.sqrt(np.diag(fitted.log_covariance))
            for fitted in fits
        ]
    )
    covered = (np.abs(away) < 1.96).mean(axis=0)
    assert (covered >= 0.90).all(), covered
    assert covered.mean() <= 0.98, covered
    assert np.abs(away.mean(axis=0)).max() < 0.4
    found = [limits(fitted, predicted, share=share) for fitted in fits]
    inside = np.mean([low < predicted(true) < high for _, low, high in found])
    assert 0.90 <= inside <= 0.99, inside
    assert all(low < value < high for value, low, high in found)
    assert all(fitted.converged for fitted in fits)


def test_very_many_customers_are_fitted_as_few_are() -> None:
    """Groups enough for a first fit on nodes: a maximum of the groups themselves, near the truth."""
    rng = np.random.default_rng(8)
    T = rng.integers(27, 39, 60_000).astype(float)
    true = (0.55, 10.6, 0.6, 11.7)
    data = buyers.by_days(buyers.pareto_nbd(rng, true, T), 7)
    assert data.x.size > 6000
    for model in (pareto, bgnbd):
        fitted = model.fit(data)
        from_there = np.log(vector(fitted.params))
        assert fitted.converged
        # At a maximum each parameter that is moved by a little takes the likelihood down.
        for shift in (*np.eye(4), *-np.eye(4)):
            moved = type(fitted.params)(*np.exp(from_there + 0.002 * shift))
            assert model.log_likelihood(moved, data) < fitted.log_likelihood
    fitted_pareto = pareto.fit(data)
    away = np.log(vector(fitted_pareto.params) / true) / np.sqrt(np.diag(fitted_pareto.log_covariance))
    assert np.abs(away).max() < 3.5


def test_expected_purchases_of_known_customers_are_what_they_then_do() -> None:
    """Customers who did the same in the first year, and what they did in the second: on average as said."""
    rng = np.random.default_rng(4)
    true = (0.8, 5.0, 0.8, 2.5)
    rate, leaves = rng.gamma(true[0], 1 / true[1], 20_000), rng.beta(true[2], true[3], 20_000)
    first, second = np.zeros((2, 20_000))
    last, clock, there = np.zeros(20_000), np.zeros(20_000), np.ones(20_000, dtype=bool)
    while there.any():
        clock += rng.exponential(1 / rate)
        buys = there & (clock <= 104)
        early = buys & (clock <= 52)
        first[early] += 1
        last[early] = clock[early]
        second[buys & ~early] += 1
        there = buys & (rng.random(20_000) > leaves)
    params = bgnbd.BgNbd(*true)
    data = groups(first, last, np.full(20_000, 52.0))
    said = bgnbd.next_purchases(params, data, 52.0)
    for x in range(6):
        those = first == x
        error = np.std(second[those]) / np.sqrt(those.sum())
        assert abs(said[those].mean() - second[those].mean()) < 4 * error
