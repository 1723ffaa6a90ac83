"""Fits by way of nodes against fits without them: the same parameters and errors, the same refusals.

What is said of errors is also held against second differences of the log-likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from funnelkit.models.lifetime import bgnbd, maximise, mbgnbd, pareto
from funnelkit.models.lifetime.fitted import Fitted, rebuilt, vector
from funnelkit.models.lifetime.groups import Floats, Groups, groups
from funnelkit.models.lifetime.nodes import nodes
from funnelkit.models.lifetime.refusal import NoFitError
from tests import buyers

CUSTOMERS = 30_000
Draw = Callable[[np.random.Generator, Floats], buyers.Drawn]


def _pareto(*params: float) -> Draw:
    return lambda rng, T: buyers.pareto_nbd(rng, (params[0], params[1], params[2], params[3]), T)


def _coins(*params: float, at_once: bool = False) -> Draw:
    return lambda rng, T: buyers.bg_nbd(rng, (params[0], params[1], params[2], params[3]), T, at_once=at_once)


def _drawn(draw: Draw, first: int, last: int) -> Groups:
    rng = np.random.default_rng(7)
    return buyers.by_days(draw(rng, rng.integers(first, last, CUSTOMERS) / 7), 7)


def _without(model: ModuleType, data: Groups, patch: pytest.MonkeyPatch) -> Any:
    with patch.context() as patched:
        patched.setattr(maximise, "nodes", lambda _: [])
        return _outcome(model, data)


def _outcome(model: ModuleType, data: Groups) -> Any:
    try:
        return model.fit(data)
    except NoFitError as error:
        return error.reason


def _same(found: Fitted[Any], direct: Fitted[Any]) -> None:
    assert vector(found.params) == pytest.approx(vector(direct.params), rel=1e-6)
    assert found.log_likelihood == pytest.approx(direct.log_likelihood, abs=1e-7)
    errors = np.sqrt(np.diag(direct.log_covariance))
    away = (found.log_covariance - direct.log_covariance) / np.outer(errors, errors)
    assert np.abs(away).max() < 1e-4
    assert found.converged


def _bent(model: ModuleType, fitted: Fitted[Any], data: Groups) -> Floats:
    """The covariance of the logarithms of the parameters, by second differences of the log-likelihood."""
    place, shifts = np.log(vector(fitted.params)), np.eye(4) * 2e-3

    def value(at: Floats) -> float:
        return float(model.log_likelihood(rebuilt(fitted.params, np.exp(at)), data))

    def bend(one: Floats, other: Floats) -> float:
        both, apart = one + other, one - other
        ends = value(place + both) + value(place - both) - value(place + apart) - value(place - apart)
        return ends / 4 / 2e-3**2

    return np.asarray(np.linalg.inv(-np.array([[bend(one, other) for other in shifts] for one in shifts])))


@pytest.mark.parametrize(
    ("model", "draw", "ages"),
    [
        (bgnbd, _coins(0.243, 4.414, 0.793, 2.426), (189, 273)),
        (mbgnbd, _coins(0.525, 6.183, 0.891, 1.614, at_once=True), (189, 273)),
        (pareto, _pareto(0.553, 10.58, 0.606, 11.67), (189, 273)),
        (bgnbd, _coins(0.6, 5.0, 0.6, 2.0), (1, 730)),
        (pareto, _pareto(0.6, 5.0, 0.6, 20.0), (1, 730)),
        (bgnbd, _coins(0.08, 1.0, 0.6, 2.0), (300, 900)),
        (pareto, _pareto(0.08, 1.0, 0.6, 20.0), (300, 900)),
        (mbgnbd, _coins(8.0, 100.0, 0.6, 2.0), (300, 900)),
        (pareto, _pareto(8.0, 100.0, 0.6, 20.0), (300, 900)),
        (bgnbd, _pareto(0.553, 10.58, 0.606, 11.67), (189, 273)),
        (pareto, _coins(0.243, 4.414, 0.793, 2.426), (189, 273)),
        (pareto, _pareto(1.6, 5.0, 0.6, 20.0), (350, 351)),
        (bgnbd, _pareto(0.8, 6.0, 5.0, 1e7), (189, 273)),
        (mbgnbd, _pareto(0.8, 6.0, 5.0, 1e7), (189, 273)),
    ],
    ids=[
        *("cdnow-bg", "cdnow-mbg", "cdnow-pareto", "all-ages-bg", "all-ages-pareto", "few-buy-bg"),
        *("few-buy-pareto", "large-alpha-mbg", "large-alpha-pareto", "other-story-bg", "other-story-pareto"),
        *("one-age-pareto", "nobody-leaves-bg", "nobody-leaves-mbg"),
    ],
)
def test_a_fit_by_way_of_nodes_is_that_of_the_groups(
    model: ModuleType, draw: Draw, ages: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _drawn(draw, *ages)
    found, direct = _outcome(model, data), _without(model, data, monkeypatch)
    assert nodes(data), "these are so few groups that there are no nodes"
    if isinstance(direct, str):
        assert found == direct == "at_the_edge"
        return
    _same(found, direct)
    assert found.checked.evaluations < direct.checked.evaluations
    true = _bent(model, found, data)
    errors = np.sqrt(np.diag(true))
    assert np.abs((found.log_covariance - true) / np.outer(errors, errors)).max() < 5e-4


@pytest.mark.parametrize(
    "lie",
    [
        lambda data: Groups(x=data.x, t_x=data.t_x, T=data.T, n=(1 + 0.1 * data.x) * data.n),
        lambda data: Groups(x=data.x, t_x=data.t_x, T=data.T, n=1.001 * data.n),
        lambda data: Groups(x=data.x, t_x=0.8 * data.t_x, T=data.T, n=data.n),
        lambda data: Groups(x=data.x, t_x=data.t_x, T=data.T, n=np.full_like(data.n, np.nan)),
    ],
    ids=["other-weights", "one-in-a-thousand-more", "other-times", "no-numbers"],
)
@pytest.mark.parametrize("model", [bgnbd, pareto], ids=["bg", "pareto"])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_nodes_that_lie_are_not_believed(
    model: ModuleType, lie: Callable[[Groups], Groups], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More customers have their maximum at the same place: only the information tells that they are others."""
    data = _drawn(_coins(0.6, 5.0, 0.6, 2.0), 200, 300)
    direct = _without(model, data, monkeypatch)
    monkeypatch.setattr(maximise, "nodes", lambda seen: [lie(few) for few in nodes(seen)])
    _same(model.fit(data), direct)


def test_nodes_have_the_likelihood_of_the_groups_whatever_the_parameters() -> None:
    data = _drawn(_coins(0.6, 5.0, 0.6, 2.0), 1, 730)
    means, points = nodes(data)
    assert means.x.size < points.x.size < data.x.size
    for few, close in ((means, 2e-2), (points, 1e-5)):
        assert few.n.sum() == pytest.approx(CUSTOMERS)
        assert few.n @ few.x == pytest.approx(data.n @ data.x)
        assert (few.t_x <= few.T).all()
        for params in ((0.6, 5.0, 0.6, 2.0), (0.2, 3.0, 0.3, 6.0), (3.0, 30.0, 2.0, 1.0)):
            for at in (bgnbd.BgNbd(*params), mbgnbd.MbgNbd(*params), pareto.ParetoNbd(*params)):
                model = {bgnbd.BgNbd: bgnbd, mbgnbd.MbgNbd: mbgnbd, pareto.ParetoNbd: pareto}[type(at)]
                away = model.log_likelihood(at, few) - model.log_likelihood(at, data)
                assert abs(away) / CUSTOMERS < close


@pytest.mark.parametrize("model", [bgnbd, mbgnbd, pareto], ids=["bg", "mbg", "pareto"])
@pytest.mark.parametrize(
    "odd",
    [
        ([0], [0.0], [10.0]),
        ([1], [5.0], [5.0]),
        ([0, 0, 3], [0.0, 0.0, 2.0], [0.0, 1e-3, 2.0]),
        ([39, 40, 41, 5000], [30.0, 30.0, 30.0, 30.0], [40.0, 40.0, 40.0, 40.0]),
    ],
    ids=["silent", "bought-at-the-end", "no-time", "very-many-purchases"],
)
def test_odd_customers_among_many_do_no_harm(
    model: ModuleType, odd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = _drawn(_coins(0.6, 5.0, 0.6, 2.0), 200, 300)
    columns = [
        np.append(a, b)
        for a, b in zip((usual.x, usual.t_x, usual.T, usual.n), (*odd, np.ones(len(odd[0]))), strict=True)
    ]
    data = groups(*columns)
    _same(model.fit(data), _without(model, data, monkeypatch))


@pytest.mark.parametrize("model", [bgnbd, mbgnbd, pareto], ids=["bg", "mbg", "pareto"])
def test_very_many_groups_that_tell_nothing_are_refused(model: ModuleType) -> None:
    T = np.linspace(10, 20, 7000)
    assert _outcome(model, groups(np.zeros(7000), np.zeros(7000), T)) == "nobody_repeats"
    alike = np.full(7000, 2.0)
    assert _outcome(model, groups(alike, alike, 5 * alike)) == "all_alike"
    assert not nodes(groups([3, 0], [1, 0], [2, 2]))
