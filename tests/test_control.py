"""Control charts against the NIST handbook and Montgomery, Laney's by hand, and robust scores."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.statistics.control import ewma, p_chart, robust_z, u_chart

WAFERS = (
    12,
    15,
    8,
    10,
    4,
    7,
    16,
    9,
    14,
    10,
    5,
    6,
    17,
    12,
    22,
    8,
    10,
    5,
    13,
    11,
    20,
    18,
    24,
    15,
    9,
    12,
    7,
    13,
    9,
    6,
)
"""Chips with a fault of 50 on each wafer (NIST e-Handbook of Statistical Methods, 6.3.3.2)."""

FURNACE = (
    52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5,
    49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
)  # fmt: skip
"""NIST e-Handbook, 6.3.2.4: target 50, standard deviation 2.0539."""

periods = st.lists(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=20
)


def test_the_p_chart_of_nist() -> None:
    chart = p_chart([(x, 50) for x in WAFERS], laney=False)
    assert chart.centre == pytest.approx(0.2313, abs=5.1e-5)
    assert {(round(p.low, 4), round(p.high, 4)) for p in chart.points} == {(0.0524, 0.4102)}
    assert [number for number, p in enumerate(chart.points, start=1) if p.side] == [15, 23]


def test_the_p_chart_of_montgomery() -> None:
    chart = p_chart([(117, 2000), *[(117, 2000)] * 3], laney=False)
    small = p_chart([(1170, 20000 - 100), (0, 100)], laney=False)
    assert chart.centre == small.centre == 0.0585
    assert (small.points[1].low, small.points[1].high) == pytest.approx((0, 0.1289), abs=5.1e-5)


def test_the_ewma_chart_of_nist() -> None:
    chart = ewma(FURNACE, 50, 2.0539)
    printed = (
        50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33,
        50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
    )  # fmt: skip
    assert [p.value for p in chart.points] == pytest.approx(printed, abs=0.0051)
    last = chart.points[-1]
    assert (last.low, last.high) == pytest.approx((47.4115, 52.5884), abs=1.1e-4)
    assert not any(p.side for p in chart.points)
    # The first average has the standard deviation of 0.3 values.
    assert chart.points[0].high == pytest.approx(50 + 3 * 0.3 * 2.0539)


def test_ewma_sees_a_small_shift_that_lasts() -> None:
    chart = ewma([50.0] * 10 + [51.5] * 15, 50, 1)
    assert chart.points[-1].side == 1
    assert not any(p.side for p in chart.points[:10])


def test_laneys_limits_by_hand() -> None:
    # At 1 % of 10,000 chance has a standard deviation of 9.9; the months lie 40 apart.
    months = [(80, 10_000), (120, 10_000)] * 6
    plain, laney = p_chart(months, laney=False), p_chart(months)
    z = 40 / math.sqrt(10_000 * 0.01 * 0.99)
    assert laney.overdispersion == pytest.approx(z / (2 / math.sqrt(math.pi)))
    width = laney.points[0].high - laney.centre
    assert width == pytest.approx(laney.overdispersion * (plain.points[0].high - plain.centre))
    assert not any(p.side for p in laney.points)


def test_quarter_ends_flag_every_month_but_not_laneys() -> None:
    months = [(900, 10_000), (1000, 10_000), (1500, 10_000)] * 4
    assert sum(p.side != 0 for p in p_chart(months, laney=False).points) == 12
    assert sum(p.side != 0 for p in p_chart(months).points) == 0
    worse = p_chart([*months, (4000, 10_000)])
    assert [p.side for p in worse.points] == [0] * 12 + [1]


def test_counts_per_day_have_limits_by_their_days() -> None:
    chart = u_chart([(310, 31), (280, 28), (600, 31)], laney=False)
    assert chart.centre == pytest.approx(1190 / 90)
    half = 3 * math.sqrt(chart.centre / 28)
    assert (chart.points[1].low, chart.points[1].high) == pytest.approx(
        (chart.centre - half, chart.centre + half)
    )
    assert [p.side for p in chart.points] == [-1, -1, 1]
    doubled = u_chart([(310, 62), (280, 56), (600, 62)])
    assert doubled.overdispersion == pytest.approx(u_chart([(310, 31), (280, 28), (600, 31)]).overdispersion)
    assert u_chart([(0, 5), (1, 900)]).points[0].low == 0


@given(series=periods)
def test_limits_hold_the_centre_and_stay_rates(series: list[tuple[int, int]]) -> None:
    for laney in (False, True):
        chart = p_chart(series, laney=laney)
        assert len(chart.points) == len(series)
        assert all(0 <= p.low <= chart.centre <= p.high <= 1 for p in chart.points)
        assert all(p.value == x / n for p, (x, n) in zip(chart.points, series, strict=True))


def test_what_nobody_or_everybody_does_has_no_width() -> None:
    for x in (0, 10):
        chart = p_chart([(x, 10), (x, 10)])
        assert {(p.low, p.high, p.side) for p in chart.points} == {(x / 10, x / 10, 0)}
    assert p_chart([(3, 10)]).overdispersion == ewma([3], 3, 1).overdispersion == 1
    two = p_chart([(30, 100), (50, 100)])
    assert two.overdispersion == pytest.approx(2 / math.sqrt(0.24) * math.sqrt(math.pi) / 2)


@pytest.mark.parametrize("series", [[], [(1, 0)], [(-1, 5)]])
def test_what_is_no_series_is_refused(series: list[tuple[int, int]]) -> None:
    for chart in (p_chart, u_chart):
        with pytest.raises(ValueError, match="every period needs"):
            chart(series)
    with pytest.raises(ValueError, match="more successes"):
        p_chart([(6, 5)])


def test_robust_scores_by_hand() -> None:
    # Median 3, distances 2 1 0 1 97, of median 1.
    assert robust_z([1, 2, 3, 4, 100]) == pytest.approx([d * 0.6744898 for d in (-2, -1, 0, 1, 97)])
    # More than half are equal: the mean distance, 10 / 5, stands in.
    assert robust_z([7, 7, 7, 7, 17]) == pytest.approx([0, 0, 0, 0, 10 / (2 * math.sqrt(math.pi / 2))])
    assert (robust_z([5, 5]), robust_z([])) == ([0, 0], [])


@given(
    values=st.lists(st.integers(-(10**6), 10**6), min_size=1), unit=st.integers(1, 100), shift=st.integers()
)
def test_robust_scores_know_neither_unit_nor_zero(values: list[int], unit: int, shift: int) -> None:
    moved = robust_z([unit * value + shift % 1000 for value in values])
    assert moved == pytest.approx(robust_z(values), rel=1e-9, abs=1e-9)
