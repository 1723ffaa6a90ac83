"""The chain ladder against the two triangles that its literature prints, and small ones by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.statistics.triangle import chain_ladder, cumulate, lognormal_limits

TAYLOR_ASHE = (
    (357848, 766940, 610542, 482940, 527326, 574398, 146342, 139950, 227229, 67948),
    (352118, 884021, 933894, 1183289, 445745, 320996, 527804, 266172, 425046),
    (290507, 1001799, 926219, 1016654, 750816, 146923, 495992, 280405),
    (310608, 1108250, 776189, 1562400, 272482, 352053, 206286),
    (443160, 693190, 991983, 769488, 504851, 470639),
    (396132, 937085, 847498, 805037, 705960),
    (440832, 847631, 1131398, 1063269),
    (359480, 1061648, 1443370),
    (376686, 986608),
    (344014,),
)
"""Claims paid by accident year and year of payment (Taylor and Ashe 1983, J. Econometrics 23:37-61)."""

RAA = (
    (5012, 8269, 10907, 11805, 13539, 16181, 18009, 18608, 18662, 18834),
    (106, 4285, 5396, 10666, 13782, 15599, 15496, 16169, 16704),
    (3410, 8992, 13873, 16141, 18735, 22214, 22863, 23466),
    (5655, 11555, 15766, 21266, 23425, 26083, 27067),
    (1092, 9565, 15836, 22169, 25955, 26180),
    (1513, 6445, 11702, 12935, 15852),
    (557, 4020, 10946, 12314),
    (1351, 6947, 13112),
    (3133, 5395),
    (2063,),
)
"""Claims of general liability in thousands, cumulative (Mack 1994, CAS Forum, Spring, 101-182)."""


def test_the_factors_and_reserves_of_taylor_and_ashe() -> None:
    found = chain_ladder(cumulate(TAYLOR_ASHE))
    factors = (3.4906, 1.7473, 1.4574, 1.1739, 1.1038, 1.0863, 1.0539, 1.0766, 1.0177)
    assert found.factors == pytest.approx(factors, abs=5.1e-5)
    reserves = (0, 94634, 469511, 709638, 984889, 1419459, 2177641, 3920301, 4278972, 4625811)
    assert [round(amount) for amount in found.to_come] == list(reserves)
    assert round(found.total) == 18_680_856
    latest = [sum(row) for row in TAYLOR_ASHE]
    assert found.ultimates == pytest.approx([a + b for a, b in zip(latest, found.to_come, strict=True)])


def test_macks_errors_of_taylor_and_ashe_are_those_of_1993() -> None:
    found = chain_ladder(cumulate(TAYLOR_ASHE))
    errors = (0, 75535, 121699, 133549, 261406, 411010, 558317, 875328, 971258, 1363155)
    assert [round(error) for error in found.stderr if error is not None] == list(errors)
    assert found.total_stderr == pytest.approx(2_447_094.86, abs=0.005)


def test_macks_errors_of_raa_are_those_of_1994() -> None:
    found = chain_ladder(RAA)
    errors = (0, 206, 623, 747, 1469, 2002, 2209, 5358, 6333, 24566)
    assert [round(error) for error in found.stderr if error is not None] == list(errors)
    assert (found.total, found.total_stderr) == pytest.approx((52_135, 26_909), abs=0.5)


def test_a_triangle_of_two_ages_by_hand() -> None:
    # Factor (15 + 30) / (10 + 20) = 1.5; both cohorts grew by it, so there is no variance.
    found = chain_ladder([[10, 15], [20, 30], [40]])
    assert (found.factors, found.to_come, found.variances) == ((1.5,), (0, 0, 20), (0,))
    assert found.total_stderr == 0
    # (14 - 15)^2 / 10 + (31 - 30)^2 / 20 over 1; error 0.15 * (40 + 1600 / 30).
    found = chain_ladder([[10, 14], [20, 31], [40]])
    assert found.variances == pytest.approx((0.15,))
    assert found.stderr == pytest.approx((0, 0, math.sqrt(0.15 * (40 + 1600 / 30))))


def test_a_factor_shown_once_has_no_error_where_nothing_else_has_one() -> None:
    found = chain_ladder([[10, 14], [20]])
    assert found.to_come == pytest.approx((0, 8))
    assert found.variances == (None,)
    assert (found.stderr, found.total_stderr) == ((0, None), None)


def test_the_last_variance_is_the_one_before_it_where_there_is_but_one() -> None:
    found = chain_ladder([[10, 14, 15], [20, 31], [40]])
    assert found.variances == pytest.approx((0.15, 0.15))


@given(
    cells=st.lists(st.integers(1, 500), min_size=21, max_size=21),
    unit=st.integers(2, 1000),
)
def test_money_in_another_unit_scales_everything_but_the_factors(cells: list[int], unit: int) -> None:
    rows, at = [], 0
    for length in range(6, 0, -1):
        rows.append(cells[at : at + length])
        at += length
    found = chain_ladder(cumulate(rows))
    scaled = chain_ladder(cumulate([[unit * cell for cell in row] for row in rows]))
    assert scaled.factors == pytest.approx(found.factors)
    assert scaled.total == pytest.approx(unit * found.total)
    assert scaled.total_stderr == pytest.approx(unit * found.total_stderr, rel=1e-6)  # type: ignore[operator]


def test_more_cohorts_than_ages_are_completed_too() -> None:
    found = chain_ladder([[10, 20], [10, 20], [10, 20], [5]])
    assert (found.ultimates, found.total) == ((20, 20, 20, 10), 5)


@pytest.mark.parametrize("rows", [[], [[]], [[1, 2], []], [[1], [1, 2]]])
def test_what_is_no_triangle_is_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="oldest cohort first"):
        chain_ladder(rows)


def test_nothing_cannot_grow() -> None:
    with pytest.raises(ValueError, match="no cohort had anything at age 0"):
        chain_ladder([[0, 4], [0, 5], [0]])
    assert chain_ladder([[1, 3], [1]]).to_come == (0, 2)
    # One cohort that began with nothing only adds to the growth of all.
    assert chain_ladder([[0, 4], [10, 16], [5]]).factors == (2,)


def test_lognormal_limits_have_the_mean_and_the_error() -> None:
    low, high = lognormal_limits(18_680_856, 2_447_095)
    middle, spread = math.log(low * high) / 2, math.log(high / low) / (2 * 1.959963984540054)
    assert math.exp(middle + spread**2 / 2) == pytest.approx(18_680_856)
    assert math.sqrt(math.expm1(spread**2)) == pytest.approx(2_447_095 / 18_680_856)
    assert lognormal_limits(100, 0) == pytest.approx((100, 100))
    with pytest.raises(ValueError, match="not an amount"):
        lognormal_limits(0, 5)
