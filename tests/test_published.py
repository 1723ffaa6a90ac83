"""Tables that textbooks, handbooks and other programs print for the same methods, figure by figure.

Each test names its source. Where the source prints so many digits, all of them are compared.
"""

from __future__ import annotations

from collections import Counter

import pytest

from funnelkit.statistics.agreement import kappa
from funnelkit.statistics.competing import aalen_johansen, open_at, share_at
from funnelkit.statistics.control import ewma, p_chart, u_chart
from funnelkit.statistics.curves import Times, logrank, restricted_mean
from funnelkit.statistics.intervals import poisson, wilson
from funnelkit.statistics.products import MIX, segment_effects
from funnelkit.statistics.significance import (
    chi_squared,
    detectable,
    false_discovery,
    fisher_exact,
    mantel_haenszel,
)
from funnelkit.statistics.survival import (
    Curve,
    kaplan_meier,
    median,
    median_limits,
    quantile,
    quantile_limits,
)

# -- survival --------------------------------------------------------------------------------------------

MAINTAINED = Times(Counter([9, 13, 18, 23, 31, 34, 48]), Counter([13, 28, 45, 161]))
NOT_MAINTAINED = Times(Counter([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45]), Counter([16]))
"""Weeks of remission in acute myelogenous leukaemia (Miller 1997, Survival Analysis; `aml` in R)."""

LATER = (192, 194, 230, 276, 332, 383, 418, 466, 487, 526, 609, 662)
LYMPHOBLASTIC = Times(
    Counter([1, 55, 74, 86, 104, 107, 109, 110, 122, 122, 129, 172, *LATER]),
    Counter([226, 530, 996, 1111, 1167, 1182, 1199, 1330, 1377, 1433, 1462, 1496, 1602, 2081]),
)
"""Days free of disease after bone marrow transplants, group ALL (Klein and Moeschberger 1997, table D.1)."""


def curve(group: Times) -> Curve:
    return kaplan_meier(group.events, group.censored)


def test_remission_of_the_maintained_is_the_table_of_miller() -> None:
    """R's survfit of `aml`, as in every tutorial of the survival package."""
    found = curve(MAINTAINED)
    assert (found.times, found.at_risk) == ((9, 13, 18, 23, 31, 34, 48), (11, 10, 8, 7, 5, 4, 2))
    assert [round(s, 3) for s in found.survival] == [0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184]
    assert [round(e, 4) for e in found.stderr] == [0.0867, 0.1163, 0.1397, 0.1526, 0.1642, 0.1627, 0.1535]
    assert (median(found), median(curve(NOT_MAINTAINED))) == (31, 23)


def test_remission_has_the_restricted_means_of_r() -> None:
    """print(survfit(...), rmean="common") of the survival package: 52.6 (19.83) and 22.7 (4.18) up to week 161."""
    mean, error = restricted_mean(curve(MAINTAINED), 161)
    assert (round(mean, 1), round(error, 2)) == (52.6, 19.83)
    mean, error = restricted_mean(curve(NOT_MAINTAINED), 161)
    assert (round(mean, 1), round(error, 2)) == (22.7, 4.18)


def test_remission_has_the_log_rank_of_r() -> None:
    """survdiff(Surv(time, status) ~ x, data = aml): chi-squared 3.4, p 0.0653, expected 10.69 and 7.31."""
    found = logrank([MAINTAINED, NOT_MAINTAINED])
    assert found.observed == (7, 11)
    assert [round(e, 2) for e in found.expected] == [10.69, 7.31]
    assert (round(found.statistic, 1), found.df, round(found.p, 4)) == (3.4, 1, 0.0653)


def test_quartiles_after_transplants_have_the_log_log_limits_of_sas() -> None:
    """SAS/STAT User's Guide, LIFETEST, example of the BMT data: median 418 (192, .), and no third quartile."""
    found = curve(LYMPHOBLASTIC)
    assert (median(found), median_limits(found)) == (418, (192, None))
    assert (quantile(found, 0.75), quantile_limits(found, 0.75)) == (None, (609, None))
    assert quantile(found, 0.25) == 122


def test_cumulative_incidence_of_satagopan() -> None:
    """Satagopan et al. 2004, Brit. J. Cancer 91:1229-1235, table 2: 305 patients, of whom 9 left in 27 months."""
    found = aalen_johansen(
        {"cancer": {10: 1, 16: 1, 23: 1, 27: 1}, "other": {18: 1, 26: 1}}, {7: 1, 14: 1, 24: 1, 28: 296}
    )
    assert found.known[0] == 305
    overall = [round(100 * open_at(found, month), 1) for month in (10, 16, 18, 23, 26, 27)]
    assert overall == [99.7, 99.3, 99.0, 98.7, 98.3, 98.0]
    # The paper adds up rounded percentages: 0.3, 0.6, 0.9, 1.2.
    by_cancer = [share_at(found, "cancer", month) for month in (10, 16, 23, 27)]
    steps = [1 / 304, 303 / 304 / 302, 303 / 304 * 301 / 302 * 300 / 301 / 300]
    steps.append(303 / 304 * 301 / 302 * 300 / 301 * 299 / 300 * 297 / 298 / 297)
    assert by_cancer == pytest.approx([sum(steps[: n + 1]) for n in range(4)])


# -- rates and counts ------------------------------------------------------------------------------------


def test_no_vegetarians_among_25_students() -> None:
    """Agresti, An Introduction to Categorical Data Analysis, 1.4.3: the score interval is (0.0, 0.133)."""
    low, high = wilson(0, 25)
    assert (low, round(high, 3)) == (0, 0.133)


@pytest.mark.parametrize(
    ("count", "at_95", "at_99"),
    [
        (0, (0.00, 3.69), (0.00, 5.30)),
        (1, (0.0253, 5.57), (0.0050, 7.43)),
        (2, (0.242, 7.22), (0.103, 9.27)),
        (3, (0.619, 8.77), (0.338, 10.98)),
        (4, (1.09, 10.24), (0.672, 12.59)),
        (5, (1.62, 11.67), (1.08, 14.15)),
        (6, (2.20, 13.06), (1.54, 15.66)),
        (7, (2.81, 14.42), (2.04, 17.13)),
        (8, (3.45, 15.76), (2.57, 18.58)),
        (9, (4.12, 17.08), (3.13, 20.00)),
        (10, (4.80, 18.39), (3.72, 21.40)),
        (20, (12.22, 30.89), (10.35, 34.67)),
        (50, (37.11, 65.92), (33.66, 71.27)),
    ],
)
def test_limits_of_counts_are_those_of_pearson_and_hartley(
    count: int, at_95: tuple[float, float], at_99: tuple[float, float]
) -> None:
    """Biometrika Tables for Statisticians, table 40, after Garwood 1936."""
    assert poisson(count) == pytest.approx(at_95, abs=0.0051)
    assert poisson(count, 0.99) == pytest.approx(at_99, abs=0.0051)


def test_convictions_of_twins_of_criminals() -> None:
    """Fisher 1962, Sankhya A 24:35-42; R's help of fisher.test prints p 0.0005367."""
    assert fisher_exact(2, 17, 10, 13) == pytest.approx(0.0005367, abs=5.1e-8)


def test_heart_disease_by_diet() -> None:
    """SAS/STAT User's Guide, FREQ, FatComp: chi-squared 4.9597, p 0.0259; Fisher two-sided 0.0393."""
    found = chi_squared([(11, 15), (2, 8)])
    assert (round(found.statistic, 4), round(found.p, 4)) == (4.9597, 0.0259)
    assert not found.reliable
    assert round(fisher_exact(11, 15, 2, 8), 4) == 0.0393


def test_penicillin_in_rabbits() -> None:
    """Agresti 2002, p. 316; R's help of mantelhaen.test: 3.9286, p 0.04747, odds ratio 7 (1.026713, 47.725133)."""
    strata = [(0, 6, 0, 5), (3, 6, 0, 6), (6, 6, 2, 6), (5, 6, 6, 6), (2, 2, 5, 5)]
    found = mantel_haenszel(strata)
    assert (round(found.statistic, 4), round(found.p, 5)) == (3.9286, 0.04747)
    assert (found.ratio, found.low, found.high) == pytest.approx((7, 1.026713, 47.725133), abs=5.1e-7)


def test_treatment_of_migraine_within_the_sexes() -> None:
    """SAS/STAT User's Guide, FREQ, Migraine: CMH 8.3052, p 0.0040, odds ratio 3.3132 (1.4456, 7.5934)."""
    found = mantel_haenszel([(16, 27, 5, 25), (12, 28, 7, 26)], corrected=False)
    assert (round(found.statistic, 4), round(found.p, 4)) == (8.3052, 0.0040)
    assert [round(x, 4) for x in (found.ratio, found.low, found.high)] == [3.3132, 1.4456, 7.5934]


def test_the_rate_that_50_could_tell_from_a_half() -> None:
    """R's help of power.prop.test: n = 50, p1 = .50, power = .90 gives p2 = 0.8026141."""
    assert detectable(0.5, 50, 50, 0.9)[1] == pytest.approx(0.8026141, abs=2e-5)


def test_the_adjusted_p_values_of_benjamini_and_hochberg() -> None:
    """Their fifteen of 1995, as p.adjust(p, "BH") of R prints them."""
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    ps += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
    printed = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645]
    printed += [0.0765, 0.486, 0.58118182, 0.714875, 0.75323077, 0.81321429, 1]
    assert false_discovery(ps) == pytest.approx(printed, abs=5.1e-9)


# -- agreement -------------------------------------------------------------------------------------------


def test_two_diagnoses_of_fleiss() -> None:
    """Fleiss, Statistical Methods for Rates and Proportions, 2nd ed. 1981, p. 218-221: kappa 0.68."""
    found = kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert round(found.value, 2) == 0.68
    assert found.stderr == pytest.approx(0.087, abs=0.001)


def test_two_dermatologists() -> None:
    """SAS/STAT User's Guide, FREQ, SkinCondition: 0.3449, ASE 0.0724, limits 0.2030 and 0.4868."""
    found = kappa([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]])
    printed = [round(x, 4) for x in (found.value, found.stderr, found.low, found.high)]
    assert printed == [0.3449, 0.0724, 0.2030, 0.4868]


def test_husbands_and_wives() -> None:
    """Hout et al. 1987 in Agresti 1990; Kappa(SexualFun) of R's vcd prints 0.1293 and 0.06860."""
    found = kappa([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
    assert (round(found.value, 4), round(found.stderr, 4)) == (0.1293, 0.0686)


# -- control charts --------------------------------------------------------------------------------------


def test_the_c_chart_of_nist() -> None:
    """NIST e-Handbook 6.3.3.1: faults on 25 wafers, limits 4 and 28."""
    faults = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31]
    chart = u_chart([(x, 1) for x in [*faults, 13]], laney=False)
    assert (chart.centre, chart.points[0].low, chart.points[0].high) == pytest.approx((16, 4, 28))
    assert [number for number, p in enumerate(chart.points, start=1) if p.side] == [24]


def test_purchase_orders_in_samples_of_several_sizes() -> None:
    """Montgomery, Introduction to Statistical Quality Control, table 7.4 (6th ed.): sample 11 is out."""
    sizes = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120]
    sizes += [120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90]
    faulty = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
    chart = p_chart(list(zip(faulty, sizes, strict=True)), laney=False)
    assert chart.centre == 234 / 2450
    limits = {n: (round(p.low, 3), round(p.high, 3)) for n, p in zip(sizes, chart.points, strict=True)}
    assert limits[100] == (0.007, 0.184)
    assert limits[80] == (0, 0.194)
    assert [number for number, p in enumerate(chart.points, start=1) if p.side] == [11]


def test_faults_of_computers() -> None:
    """Montgomery, example of a u chart: 193 faults in 20 samples of 5, 1.93, limits 0.07 and 3.79."""
    faults = (10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5)
    chart = u_chart([(x, 5) for x in faults], laney=False)
    point = chart.points[0]
    assert [round(x, 2) for x in (chart.centre, point.low, point.high)] == [1.93, 0.07, 3.79]


def test_the_ewma_chart_of_montgomery() -> None:
    """Montgomery, table 9.10 (6th ed.): weight 0.1, limits 2.7 standard deviations wide, target 10."""
    values = [
        9.45,
        7.99,
        9.29,
        11.66,
        12.16,
        10.18,
        8.04,
        11.46,
        9.20,
        10.34,
        9.03,
        11.47,
        10.51,
        9.40,
        10.08,
    ]
    values += [9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31]
    printed = [9.945, 9.7495, 9.70355, 9.8992, 10.1253, 10.1307, 9.92167, 10.0755, 9.98796, 10.0232, 9.92384]
    printed += [10.0785, 10.1216, 10.0495, 10.0525, 9.98426, 10.0478, 10.074, 9.91864, 10.0108, 10.0997]
    printed += [10.0227, 10.2495, 10.3745, 10.3971, 10.4654, 10.4568, 10.5731, 10.6468, 10.6341]
    chart = ewma([*values, 10.52], 10, 1, weight=0.1, k=2.7)
    assert [p.value for p in chart.points] == pytest.approx(printed, abs=5.1e-5)
    widths = [(round(p.low, 2), round(p.high, 2)) for p in chart.points]
    assert (widths[0], widths[1], widths[-1]) == ((9.73, 10.27), (9.64, 10.36), (9.38, 10.62))


# -- decomposition ---------------------------------------------------------------------------------------


def test_energy_of_two_sectors_is_angs() -> None:
    """Ang 2005, Energy Policy 33:867-871: 46.0 = activity 32.4 + structure 38.3 - intensity 24.7, in LMDI-I."""
    before = {1: {"output": 10, "intensity": 3.0}, 2: {"output": 40, "intensity": 0.5}}
    after = {1: {"output": 40, "intensity": 2.0}, 2: {"output": 40, "intensity": 0.4}}
    found = segment_effects(before, after, "output")
    total = {name: sum(parts[name] for parts in found.values()) for name in ("output", MIX, "intensity")}
    assert {name: round(value, 1) for name, value in total.items()} == {
        "output": 32.4,
        MIX: 38.3,
        "intensity": -24.7,
    }
    assert sum(total.values()) == pytest.approx(96 - 50)
