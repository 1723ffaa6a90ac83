"""Empty, negative, contradictory and huge input to the pure statistics: an answer or a sentence, nothing else.

Without these, one odd file would end in a traceback, or in a number that means nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from funnelkit.metrics import lagged
from funnelkit.statistics import (
    agreement,
    competing,
    control,
    curves,
    decompose,
    intervals,
    products,
    ratios,
    significance,
    survival,
    triangle,
)
from funnelkit.statistics.curves import Times
from funnelkit.statistics.moments import Moments
from funnelkit.statistics.ratios import PairSums

HUGE = 10**12
CURVE = survival.kaplan_meier({3: 2, 5: 1}, {4: 1})
INCIDENCE = competing.aalen_johansen({"won": {3: 1}, "lost": {4: 1}}, {2: 1})
LEVEL = "between 0 and 1"


def pairs(n: int, *sums: int) -> PairSums:
    return PairSums(n, *map(Fraction, sums))


REFUSED: list[tuple[str, Callable[[], object]]] = [
    ("not rates", lambda: intervals.two_proportion_p(3, 2, 1, 5)),
    ("not rates", lambda: intervals.two_proportion_p(-1, 2, 1, 5)),
    ("not two rates", lambda: intervals.poisson_ratio(1, 1e-300, 2, 1e300)),
    ("ascend", lambda: intervals.quantile([(3, 1), (1, 1)], 0.5)),
    ("ascend", lambda: intervals.median_limits([(3, 9), (1, 9)])),
    ("less often than never", lambda: intervals.quantile([(1, -1)], 0.5)),
    (LEVEL, lambda: intervals.quantile([(1, 1)], 1.5)),
    (LEVEL, lambda: intervals.quantile([(1, 1)], math.nan)),
    ("too many", lambda: significance.fisher_exact(0, HUGE, HUGE, HUGE)),
    ("not rates", lambda: significance.power(0.5, 0, 0.5, 10)),
    ("not rates", lambda: significance.power(1.1, 10, 0.5, 10)),
    ("between 0 and 1", lambda: significance.false_discovery([0.5, 2])),
    ("between 0 and 1", lambda: significance.false_discovery([math.nan])),
    ("cannot have occurred -1 times", lambda: survival.kaplan_meier({3: 2, 5: -1}, {})),
    ("cannot have occurred -1 times", lambda: survival.kaplan_meier({3: 2}, {7: -1})),
    ("cannot have occurred -1 times", lambda: survival.share_elapsed(CURVE, {3: -1}, 4)),
    (LEVEL, lambda: survival.quantile(CURVE, -0.1)),
    (LEVEL, lambda: survival.quantile_limits(CURVE, 1.1)),
    ("cannot have occurred -2 times", lambda: competing.aalen_johansen({"won": {1: -2}}, {1: 5})),
    (LEVEL, lambda: competing.quantile_among(INCIDENCE, "won", 2)),
    ("cannot have occurred -1 times", lambda: curves.logrank([Times({3: 1}, {}), Times({}, {3: -1})])),
    ("before the beginning", lambda: curves.restricted_mean(CURVE, -1)),
    ("before the beginning", lambda: curves.days_between(Times({3: 1}, {}), Times({4: 1}, {}), -1)),
    ("not an amount to come", lambda: triangle.lognormal_limits(5, -1)),
    ("without entities", lambda: decompose.part((0, 0), (1, 1), (0, 0), (1, 1))),
    ("no 2 values", lambda: decompose.mean_and_mix({"a": Moments(2, 10, 0)}, {"a": Moments(1, 5, 25)})),
    ("infinite", lambda: products.effects({"a": 1}, {"a": math.inf})),
    ("logarithmic mean", lambda: products.log_mean(0, 3)),
    ("cannot have occurred", lambda: agreement.auc({1: 1}, {1: -1})),
    ("number of parts", lambda: agreement.calibration({1: 1}, {2: 1}, 0)),
    ("not probabilities", lambda: agreement.brier({0: 1}, {}, 0)),
    ("a row and a column", lambda: agreement.kappa([[1, 2, 3], [4, 5, 6]])),
    ("a row and a column", lambda: agreement.kappa([[1, 2], [3]])),
    ("no number below 0", lambda: agreement.kappa([[1, 2], [-3, 4]])),
    ("no limits of 6 units", lambda: ratios.limits(pairs(6, 9, 12, 18, 30, 22), share=False)),
    ("no limits of 9 units", lambda: ratios.limits(pairs(9, 9, 0, 18, 30, 22), share=False)),
    ("more than the whole", lambda: ratios.limits(pairs(9, 20, 12, 60, 18, 30), share=True)),
    ("weight of 0", lambda: control.ewma([1], 0, 1, 0)),
    ("weight of 2", lambda: control.ewma([1], 0, 1, 2)),
    ("-1 times", lambda: control.ewma([1], 0, 1, k=-1)),
    ("-1 standard", lambda: control.p_chart([(1, 2)], k=-1)),
    ("infinite", lambda: control.robust_z([1, math.inf])),
    ("cannot have occurred", lambda: lagged.lagged_cost({0: 5}, {0: 2, 1: -1})),
    ("at most 100,000 periods", lambda: lagged.lagged_cost({0: 5}, {10**9: 1})),
]


@pytest.mark.parametrize(("sentence", "call"), REFUSED)
def test_what_means_nothing_is_refused_in_a_sentence(sentence: str, call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize("level", [-1, 0, 1, 2, math.nan])
def test_limits_hold_with_a_probability(level: float) -> None:
    calls: list[Callable[[], object]] = [
        lambda: intervals.wilson(1, 2, level),
        lambda: intervals.newcombe(1, 2, 1, 3, level),
        lambda: intervals.poisson(0, level),
        lambda: intervals.poisson_ratio(1, 1, 0, 1, level),
        lambda: intervals.mean_t(2, 3, 5, level),
        lambda: intervals.welch(2, 3, 5, 2, 4, 10, level),
        lambda: intervals.median_limits([(1, 20)], level),
        lambda: significance.mantel_haenszel([(1, 3, 2, 4)], level=level),
        lambda: significance.power(0.4, 10, 0.5, 10, level),
        lambda: survival.median_limits(CURVE, level),
        lambda: competing.share_limits(INCIDENCE, "won", 3, level),
        lambda: curves.days_between(Times({3: 1}, {}), Times({4: 1}, {}), level=level),
        lambda: triangle.lognormal_limits(5, 1, level),
        lambda: decompose.rate_and_mix({"a": (1, 2)}, {"a": (1, 2)}, level),
        lambda: agreement.auc({1: 1}, {2: 1}, level),
        lambda: agreement.kappa([[1, 2], [3, 4]], level),
        lambda: ratios.limits(pairs(9, 12, 18, 20, 40, 26), share=False, level=level),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="a probability between 0 and 1"):
            call()


def test_a_value_that_nobody_has_is_no_limit() -> None:
    assert intervals.median_limits([(-5, 0), (3, 1)]) == (0, None)


def test_the_share_0_of_those_won_is_reached_by_a_win() -> None:
    # On day 2 a deal was last seen, and nothing was won.
    assert competing.quantile_among(INCIDENCE, "won", 0) == 3


def test_a_cohort_with_less_than_nothing_has_no_error() -> None:
    found = triangle.chain_ladder([[10, 15], [10, 14], [-5], [8]])
    assert found.to_come == pytest.approx((0, 0, -2.25, 3.6))
    assert found.stderr[2] is found.total_stderr is None
    assert found.stderr[3] == pytest.approx(math.sqrt(found.variances[0] * (8 + 64 / 20)))  # type: ignore[operator]


def test_factors_beyond_what_a_float_holds_add_up() -> None:
    assert products.log_mean(1e308, 1e-320) == pytest.approx(1e308 / (628 * math.log(10)), rel=1e-3)
    found = products.effects({"a": 1e-320, "b": 1}, {"a": 1e308, "b": 1})
    assert found == {"a": pytest.approx(1e308), "b": 0}


def test_lognormal_limits_of_an_error_far_above_the_estimate() -> None:
    low, high = triangle.lognormal_limits(5, 1e200)
    assert 0 <= low < high < math.inf


# -- huge counts against scipy ---------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0, 1, HUGE // 2, HUGE - 1, HUGE])
def test_wilson_of_a_million_millions(x: int) -> None:
    known = scipy.stats.binomtest(x, HUGE).proportion_ci(method="wilson")
    assert intervals.wilson(x, HUGE) == pytest.approx((known.low, known.high), rel=1e-9, abs=1e-15)


def test_counts_of_a_million_millions() -> None:
    limits = scipy.stats.chi2.ppf(0.025, 2 * HUGE) / 2, scipy.stats.chi2.isf(0.025, 2 * HUGE + 2) / 2
    assert intervals.poisson(HUGE) == pytest.approx(limits, rel=1e-12)
    *_, p = intervals.poisson_ratio(HUGE, 1, HUGE + 10**6, 1)
    assert p == pytest.approx(scipy.stats.binomtest(HUGE, 2 * HUGE + 10**6).pvalue, rel=1e-6)
    assert intervals.median_limits([(1, HUGE), (2, HUGE)]) == (1, 2)
    assert intervals.two_proportion_p(HUGE // 2, HUGE, HUGE // 2 + 10**6, HUGE) == pytest.approx(
        math.erfc(1), rel=1e-6
    )


def test_curves_of_a_million_millions() -> None:
    half = {3: HUGE // 2}
    found = competing.aalen_johansen({"won": half, "lost": {3: HUGE // 4}}, {5: HUGE // 4})
    assert found.stderr["won"][-1] == pytest.approx(math.sqrt(0.25 / HUGE))
    assert competing.share_limits(found, "won", 5) == pytest.approx(intervals.wilson(HUGE // 2, HUGE))
    same = curves.logrank([Times({3: HUGE, 9: HUGE}, {}), Times({3: HUGE, 9: HUGE}, {})])
    assert (same.statistic, same.df) == (0, 1)
    # Half of 4 * HUGE at risk in each group, and 10**6 of the first events too many in one.
    apart = curves.logrank([Times({3: HUGE, 9: HUGE}, {}), Times({3: HUGE + 10**6, 9: HUGE - 10**6}, {})])
    assert apart.statistic == pytest.approx(1, rel=1e-5)


def test_fisher_agrees_with_scipy_for_millions() -> None:
    table = [[10**6, 10**6], [10**6 + 2000, 10**6 - 2000]]
    known = scipy.stats.fisher_exact(table).pvalue
    assert significance.fisher_exact(10**6, 2 * 10**6, 10**6 + 2000, 2 * 10**6) == pytest.approx(known)


# -- any input at all ------------------------------------------------------------------------------------

counts = st.integers(-2, 12) | st.sampled_from([0, 10**6, HUGE])
tables = st.dictionaries(st.integers(-3, 12), counts, max_size=4)


def floats(found: object) -> Iterator[float]:
    """All numbers with a fraction in an answer."""
    if isinstance(found, float):
        yield found
    elif isinstance(found, Mapping):
        yield from floats(list(found.values()))
    elif isinstance(found, tuple | list):
        for one in found:
            yield from floats(one)
    elif isinstance(found, Struct):
        yield from floats([getattr(found, name) for name in found.__struct_fields__])


def answered(call: Callable[..., object], *args: Any, infinite: bool = False) -> None:
    """Whether *call* gives finite numbers, or says in a sentence of its own why not."""
    found: object
    try:
        found = call(*args)
    except ValueError as refused:
        found = str(refused)
    if isinstance(found, str):
        assert " " in found
        assert "math domain" not in found
        return
    assert all(math.isfinite(x) or (infinite and x == math.inf) for x in floats(found)), (args, found)


@given(x1=counts, n1=counts, x2=counts, n2=counts)
@settings(deadline=None)
def test_any_two_rates_have_an_answer(x1: int, n1: int, x2: int, n2: int) -> None:
    answered(intervals.wilson, x1, n1)
    for call in (intervals.newcombe, intervals.two_proportion_p, significance.fisher_exact):
        answered(call, x1, n1, x2, n2)
    answered(significance.chi_squared, [(x1, n1), (x2, n2)])
    answered(significance.mantel_haenszel, [(x1, n1, x2, n2)])
    answered(control.p_chart, [(x1, n1), (x2, n2)])
    answered(control.u_chart, [(x1, n1), (x2, n2)], infinite=True)
    answered(intervals.poisson_ratio, x1, n1, x2, n2, infinite=True)
    answered(agreement.kappa, [[x1, n1], [x2, n2]])
    answered(decompose.rate_and_mix, {"a": (x1, n1)}, {"a": (x2, n2), "b": (1, 3)})


@given(events=tables, others=tables, censored=tables, day=st.integers(-5, 20), q=st.floats(-0.2, 1.2))
@settings(deadline=None)
def test_any_table_of_days_has_an_answer(
    events: dict[int, int], others: dict[int, int], censored: dict[int, int], day: int, q: float
) -> None:
    answered(curves.logrank, [Times(events, censored), Times(others, {})])
    answered(curves.days_between, Times(events, censored), Times(others, {}), day)
    answered(agreement.auc, events, others)
    answered(agreement.calibration, events, others, day)
    answered(agreement.lift, events, others, q)
    answered(intervals.quantile, sorted(events.items()), q)
    answered(intervals.median_limits, list(events.items()))
    if min([0, *events.values(), *others.values(), *censored.values()]) < 0:
        return
    curve = survival.kaplan_meier(events, censored)
    for call in (survival.quantile, survival.quantile_limits):
        answered(call, curve, q)
    answered(curves.restricted_mean, curve, day)
    answered(survival.share_elapsed, curve, others, day)
    found = competing.aalen_johansen({"won": events, "lost": others}, censored)
    answered(competing.share_limits, found, "won", day)
    answered(competing.quantile_among, found, "won", q)


@given(
    rows=st.lists(st.lists(st.integers(-20, 60) | st.just(HUGE), max_size=4), max_size=4),
    amounts=st.lists(st.integers(-3, 3) | st.sampled_from([-HUGE, HUGE]), min_size=6, max_size=6),
)
@settings(deadline=None)
def test_any_triangle_and_any_sums_have_an_answer(rows: list[list[int]], amounts: list[int]) -> None:
    answered(triangle.chain_ladder, sorted(rows, key=len, reverse=True))
    answered(partial(ratios.limits, share=False), pairs(*amounts))
    answered(partial(ratios.limits, share=True), pairs(*amounts))
    answered(intervals.welch, *amounts)
    answered(intervals.mean_t, *amounts[:3])


def test_all_zero_and_all_equal_have_an_answer() -> None:
    for n, zero in product((1, 2, 30), (0, 5)):
        answered(triangle.chain_ladder, [[zero] * n] * n)
        answered(control.robust_z, [zero] * n)
        answered(intervals.mean_t, n, zero * n, zero * zero * n)
        answered(significance.false_discovery, [0.5] * n)
        answered(survival.median_limits, survival.kaplan_meier({zero: n}, {zero: n}))
