"""The integrals against mpmath with 40 and more digits, the gradients against differences, and laws of probability.

The numbers come from the closed forms of the papers: hypergeometric functions for BG/NBD, sBG and the two orders
of A0 of the Pareto/NBD (400 digits), Tricomi's function for its DERT.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.models.lifetime import (
    bdw,
    bgbb,
    bgbblikelihood,
    bgnbd,
    coins,
    mbgnbd,
    money,
    pareto,
    paretolikelihood,
    sbg,
)
from funnelkit.models.lifetime.groups import Groups, groups
from funnelkit.models.lifetime.survivors import survivors

SOME = groups([0, 1, 2, 7, 30], [0, 3, 20, 31, 38], [39, 30, 35, 39, 39], [50, 20, 10, 3, 1])
OCCASIONS = groups([0, 1, 2, 3, 6], [0, 4, 2, 5, 6], [6, 6, 4, 6, 6], [50, 20, 10, 3, 1])
CONTRACTS = survivors([(100, 70, 55, 47, 42), (90, 60, 50)])
SPENT = money.spending([1, 2, 5, 9], [3.0, 10.0, 7.5, 20.0], [5, 3, 2, 1])

shapes = st.floats(0.05, 40)


@pytest.mark.parametrize(
    ("r", "alpha", "a", "b", "t", "known"),
    [
        (0.243, 4.414, 0.793, 2.426, 78, 1.8605190579427686),
        (0.243, 4.414, 0.793, 2.426, 1e6, 53.54047825301457),
        (0.02, 0.1, 0.03, 0.05, 1e4, 914.9678571977257),
        (5, 0.001, 1.0000001, 30, 1e3, 358.1157073762637),
        (26.2, 35.4, 0.793, 28.4, 52, 26.553662631985908),
        (500.3, 100, 0.8, 502, 300, 800.1586805049438),
        (0.5, 1, 0.001, 5, 1e5, 49549.88984115867),
        (300, 1, 400, 0.02, 10, 1.0000501253132832),
        (0.3, 4, 0.5, 0.5000001, 50, 1.3592022324023292),
    ],
)
def test_purchases_of_coin_tossers(
    r: float, alpha: float, a: float, b: float, t: float, known: float
) -> None:
    assert bgnbd.expected_purchases(bgnbd.BgNbd(r, alpha, a, b), t) == pytest.approx(known, rel=1e-9)


@pytest.mark.parametrize(
    ("params", "x", "t_x", "T", "likelihood", "there"),
    [
        ((0.55, 10.58, 0.61, 11.67), 2, 30.43, 38.86, -9.561981260842964, 0.8684109171320917),
        ((0.55, 10.58, 0.61, 11.67), 26, 30.86, 31, -39.14884218821929, 0.9979050725760392),
        ((0.55, 10.58, 0.61, 11.67), 0, 0, 38.86, -0.5170251508875385, 0.2937739504674205),
        ((0.55, 0.01, 0.61, 50), 3, 1, 300, -7.175434621770686, 1.1069922496328812e-07),
        ((0.55, 50, 0.61, 0.01), 3, 1, 300, -14.175518057460502, 4.6293816689570306e-05),
        ((0.5, 10, 0.6, 0.1), 100, 0.5, 100, 122.15339804670204, 1.6222352356268488e-103),
        ((0.5, 0.1, 0.6, 10), 100, 0.5, 100, 403.0464726922936, 3.2476290232266643e-221),
        ((2, 100, 100, 100), 800, 20, 39, 707.8469542924154, 2.3841887989471698e-57),
        ((0.01, 1e-4, 0.01, 1e-3), 0, 0, 1000, -0.15152162272493316, 0.8625911535683451),
        ((0.01, 1e-3, 0.01, 1e-4), 0, 0, 1000, -0.12566421035427805, 0.840572675628305),
        ((3, 1e5, 5, 1e4), 40, 100, 2000, -344.02334987282757, 0.30787689591225365),
        ((0.55, 10, 0.61, 10), 5, 20, 39, -16.667426780666162, 0.34075163096266453),
        ((0.5, 1, 30, 1e-3), 1, 5, 40, -258.94362006539876, 4.7364622586235105e-29),
        ((0.5, 1000, 0.6, 1e-3), 2000, 350, 365, -1228.1423694297187, 2.1219834607426577e-07),
        ((0.5, 1e-3, 0.6, 1e3), 2000, 10, 365, 8579.443598969001, 0.0),
    ],
)
def test_the_pareto_likelihood_in_both_orders(
    params: Sequence[float], x: int, t_x: float, T: float, likelihood: float, there: float
) -> None:
    one, at = groups([x], [t_x], [T]), pareto.ParetoNbd(*params)
    assert pareto.log_likelihood(at, one) == pytest.approx(likelihood, abs=1e-11, rel=1e-14)
    assert pareto.alive(at, one) == pytest.approx(there, rel=1e-11, abs=0)


@pytest.mark.parametrize(
    ("params", "known"),
    [
        ((0.55, 10.58, 0.61, 11.67, 2, 30.43, 38.86, 0.0027), 6.435748029803483),
        ((0.55, 10.58, 0.61, 11.67, 7, 35.7, 38.86, 0.0027), 20.854169565786073),
        ((0.55, 10.58, 0.61, 11.67, 0, 0, 38.86, 0.00001), 6.836791653283721),
        ((0.55, 10.58, 2.5, 0.5, 4, 2, 50, 2.0), 2.2672349146887075e-08),
    ],
)
def test_discounted_purchases_of_the_pareto(params: Sequence[float], known: float) -> None:
    *shape, x, t_x, T, rate = params
    found = pareto.residual_purchases(pareto.ParetoNbd(*shape), groups([x], [t_x], [T]), rate)
    assert found == pytest.approx(known, rel=1e-11)


@pytest.mark.parametrize(
    ("alpha", "beta", "rate", "known"),
    [
        (0.704, 1.182, 0.1, 3.695147405574574),
        (0.05, 200, 0.001, 929.6235762029534),
        (900, 0.3, 1e-4, 1.0003336707003099),
        (0.001, 0.001, 1e-5, 49428.816718243936),
        (3000, 9000, 0.01, 3.8855135310028643),
    ],
)
def test_discounted_lifetimes_of_contracts(alpha: float, beta: float, rate: float, known: float) -> None:
    assert sbg.lifetime(sbg.Sbg(alpha, beta), rate) == pytest.approx(known, rel=1e-11)


@pytest.mark.parametrize(
    ("score", "count", "most"),
    [
        (coins.scorer(SOME, 0), 4, 40),
        (coins.scorer(SOME, 1), 4, 40),
        (paretolikelihood.scorer(SOME), 4, 40),
        (bgbblikelihood.scorer(OCCASIONS), 4, 40),
        (sbg._scorer(CONTRACTS), 2, 40),
        (bdw._scorer(CONTRACTS), 3, 4),
        (money._scorer(SPENT), 3, 40),
    ],
    ids=["bgnbd", "mbgnbd", "pareto", "bgbb", "sbg", "bdw", "money"],
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_gradients_are_the_slopes(
    score: Callable[[Any], tuple[float, Any]], count: int, most: float, data: Any
) -> None:
    place = np.array(data.draw(st.lists(st.floats(0.05, most), min_size=count, max_size=count)))
    slope = score(place)[1]
    for index in range(count):
        step = np.zeros(count)
        step[index] = 1e-5 * place[index]
        rise = (score(place + step)[0] - score(place - step)[0]) / (2 * step[index])
        assert slope[index] == pytest.approx(rise, rel=2e-4, abs=2e-3 * (1 + 1 / place[index]))


@settings(max_examples=30, deadline=None)
@given(st.tuples(shapes, shapes, shapes, shapes), st.floats(0.1, 30))
def test_probabilities_add_up_and_have_the_expected_mean(params: Any, t: float) -> None:
    r, alpha = params[:2]
    counts = np.arange(int(20 * (r / alpha * t + 1) * (1 + 1 / min(r, 1))) + 400)
    for model, at in (
        (bgnbd, bgnbd.BgNbd(*params)),
        (mbgnbd, mbgnbd.MbgNbd(*params)),
        (pareto, pareto.ParetoNbd(*params)),
    ):
        mass: Any = model.pmf(at, t, counts)
        assert (mass >= 0).all()
        assert mass.sum() == pytest.approx(1, abs=1e-6)
        expected = model.expected_purchases(at, t)
        assert mass @ counts == pytest.approx(expected, rel=1e-4, abs=1e-4)
    many = np.arange(13)
    choice = bgbb.pmf(bgbb.BgBb(*params), 12, many)
    assert choice.sum() == pytest.approx(1, abs=1e-9)
    assert choice @ many == pytest.approx(bgbb.expected_purchases(bgbb.BgBb(*params), 12), rel=1e-9)


@pytest.mark.parametrize(
    ("model", "params"),
    [
        (bgnbd, bgnbd.BgNbd(0.24, 4.4, 0.8, 2.4)),
        (mbgnbd, mbgnbd.MbgNbd(0.52, 6.2, 0.9, 1.6)),
        (pareto, pareto.ParetoNbd(0.55, 10.6, 0.6, 11.7)),
    ],
)
def test_discounted_purchases_are_the_sum_of_those_of_short_times(model: Any, params: Any) -> None:
    """Half weeks, each discounted to its middle, until nothing is left."""
    rate, ends = 0.02, np.arange(0, 1500.25, 0.25)
    new = np.diff(model.expected_purchases(params, ends)) @ np.exp(-rate * (ends[:-1] + 0.125))
    assert model.discounted_purchases(params, rate) == pytest.approx(new, rel=1e-5)
    before = np.zeros(SOME.x.size)
    total = before
    for end in np.arange(4, 1200, 4.0):
        so_far = model.next_purchases(params, SOME, end)
        total = total + (so_far - before) * np.exp(-rate * (end - 2))
        before = so_far
    assert model.residual_purchases(params, SOME, rate) == pytest.approx(total, rel=2e-3)


def test_purchases_of_set_occasions_are_discounted_one_by_one() -> None:
    params = bgbb.BgBb(1.2, 0.75, 0.66, 2.78)
    known = [bgbb.next_purchases(params, OCCASIONS, occasions) for occasions in range(301)]
    by_hand = sum((known[i] - known[i - 1]) / 1.1**i for i in range(1, 301))
    assert bgbb.residual_purchases(params, OCCASIONS, 0.1) == pytest.approx(by_hand, rel=1e-10)
    new = [bgbb.expected_purchases(params, occasions) for occasions in range(301)]
    by_hand_new = sum((new[i] - new[i - 1]) / 1.1**i for i in range(1, 301))
    assert bgbb.discounted_purchases(params, 0.1) == pytest.approx(by_hand_new, rel=1e-10)


@pytest.mark.parametrize("split", [0, 1, 4096])
def test_the_order_of_groups_and_how_they_are_split_do_not_matter(split: int) -> None:
    """Groups taken apart into single customers, in another order, and in numbers that make several parts."""
    whole = groups([0, 1, 2, 7], [0, 3, 20, 31], [39, 30, 35, 39], [5000, 2000, 1000, 300])
    order = np.random.default_rng(split).permutation(8300)
    each = [np.repeat(column, whole.n.astype(int))[order] for column in (whole.x, whole.t_x, whole.T)]
    apart: Groups = groups(*each)
    for model, params in (
        (bgnbd, bgnbd.BgNbd(0.3, 4, 1, 2)),
        (mbgnbd, mbgnbd.MbgNbd(0.3, 4, 1, 2)),
        (pareto, pareto.ParetoNbd(0.3, 4, 1, 2)),
    ):
        one = model.log_likelihood(params, whole)
        assert model.log_likelihood(params, apart) == pytest.approx(one, rel=1e-12)
