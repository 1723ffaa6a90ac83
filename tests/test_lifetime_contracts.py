"""sBG and BdW against the retention table of Fader and Hardie, and against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from funnelkit.models.lifetime import bdw, sbg
from funnelkit.models.lifetime.fitted import vector
from funnelkit.models.lifetime.survivors import survivors

REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394)
"""Survivors of 1,000 by years (Fader and Hardie 2007, table 1): 12 renewals, and so 13 points."""


@pytest.mark.parametrize(
    ("seen", "known", "likelihood", "ahead"),
    [
        (
            REGULAR,
            (0.70407726, 1.18204294),
            -1680.265188,
            (22.0085, 20.4411, 19.1190, 17.9865, 17.0037),
        ),
        (
            HIGH_END,
            (0.66808837, 3.80609538),
            -1611.158147,
            (46.0440, 43.5780, 41.4172, 39.5055, 37.7999),
        ),
    ],
)
def test_sbg_gives_the_printed_parameters_and_projections(
    seen: Sequence[int], known: Sequence[float], likelihood: float, ahead: Sequence[float]
) -> None:
    fitted = sbg.fit(survivors([seen[:8]]))
    assert vector(fitted.params) == pytest.approx(known, abs=1e-4)
    assert fitted.log_likelihood == pytest.approx(likelihood, abs=1e-3)
    assert 100 * sbg.survival(fitted.params, range(8, 13)) == pytest.approx(ahead, abs=1e-4)
    assert fitted.customers == 1000


def test_survival_and_retention_are_those_of_the_fit() -> None:
    regular, high = (sbg.fit(survivors([seen[:8]])).params for seen in (REGULAR, HIGH_END))
    assert 100 * sbg.survival(regular, range(1, 8)) == pytest.approx(
        (62.6706, 47.3819, 38.7974, 33.2068, 29.2347, 26.2456, 23.9024), abs=1e-4
    )
    assert 100 * sbg.survival(high, range(1, 8)) == pytest.approx(
        (85.0679, 74.6859, 66.9789, 60.9919, 56.1834, 52.2216, 48.8906), abs=1e-4
    )
    retained = (0.8507, 0.8780, 0.8968, 0.9106, 0.9212, 0.9295, 0.9362)
    assert sbg.retention(high, range(1, 8)) == pytest.approx(retained, abs=6e-5)
    assert sbg.retention(regular, [1, 7]) == pytest.approx((0.6267, 0.9107), abs=6e-5)


def test_discounted_lifetimes_count_renewals_from_one() -> None:
    """The seventh renewal is not the eighth: 7.345 and 7.530, of which the latter is printed."""
    regular, high = (sbg.fit(survivors([seen[:8]])).params for seen in (REGULAR, HIGH_END))
    assert sbg.lifetime(regular, 0.1) == pytest.approx(3.694908, abs=1e-5)
    assert sbg.lifetime(high, 0.1) == pytest.approx(5.922254, abs=1e-5)
    assert sbg.residual_lifetime(high, 0.1, 8) == pytest.approx(7.529628, abs=1e-5)
    assert sbg.residual_lifetime(high, 0.1, 7) == pytest.approx(7.344721, abs=1e-5)


def test_a_discounted_lifetime_is_the_sum_of_what_survives() -> None:
    params = sbg.Sbg(2.0, 5.0)
    payments = [float(sbg.survival(params, t)) / 1.1**t for t in range(400)]
    assert sbg.lifetime(params, 0.1) == pytest.approx(math.fsum(payments), rel=1e-12)
    left = math.fsum(payments[4:]) * 1.1**4 / float(sbg.survival(params, 3))
    assert sbg.residual_lifetime(params, 0.1, 4) == pytest.approx(left, rel=1e-12)
    assert sum(sbg.pmf(params, range(1, 50))) == pytest.approx(1 - float(sbg.survival(params, 49)))


@pytest.mark.parametrize(
    ("seen", "years", "known"),
    [(HIGH_END, 4, (0.259, 1.723, 1.584)), (REGULAR, 4, (0.523, 0.894, 1.196))],
)
def test_bdw_parameters_of_four_years(seen: Sequence[int], years: int, known: Sequence[float]) -> None:
    """The two segments by four years: kept as they were found, since no printed table was at hand."""
    fitted = bdw.fit(survivors([seen[: years + 1]]))
    assert vector(fitted.params) == pytest.approx(known, abs=5e-4)


def test_bdw_projects_the_high_end_better_than_sbg() -> None:
    """The finding of FHLDS: the sBG by the first years is too low."""
    data = survivors([HIGH_END[:5]])
    ahead = bdw.survival(bdw.fit(data).params, 12)
    assert abs(ahead - 0.394) < abs(sbg.survival(sbg.fit(data).params, 12) - 0.394) / 3


def test_bdw_of_c_1_is_the_sbg() -> None:
    one, other = bdw.Bdw(0.7, 1.2, 1.0), sbg.Sbg(0.7, 1.2)
    data = survivors([REGULAR, HIGH_END[:6]])
    assert bdw.log_likelihood(one, data) == pytest.approx(sbg.log_likelihood(other, data), rel=1e-12)
    assert bdw.survival(one, [0, 1, 9]) == pytest.approx(sbg.survival(other, [0, 1, 9]), rel=1e-12)
    assert bdw.retention(one, [1, 9]) == pytest.approx(sbg.retention(other, [1, 9]), rel=1e-12)
    assert bdw.pmf(one, [1, 9]) == pytest.approx(sbg.pmf(other, [1, 9]), rel=1e-12)
    assert bdw.lifetime(one, 0.01) == pytest.approx(sbg.lifetime(other, 0.01), rel=1e-10)
    assert bdw.residual_lifetime(one, 0.01, 5) == pytest.approx(
        sbg.residual_lifetime(other, 0.01, 5), rel=1e-10
    )


def test_the_likelihood_counts_the_lost_and_those_who_are_left() -> None:
    """By the definition: each who left at t has P(T = t), each who is left has S(t)."""
    params, data = sbg.Sbg(0.7, 1.2), survivors([(100, 60, 50, 45), (80, 70)])

    def p(t: int) -> float:
        return float(sbg.pmf(params, t))

    def s(t: int) -> float:
        return float(sbg.survival(params, t))

    by_hand = 40 * math.log(p(1)) + 10 * math.log(p(2)) + 5 * math.log(p(3)) + 45 * math.log(s(3))
    by_hand += 10 * math.log(p(1)) + 70 * math.log(s(1))
    assert sbg.log_likelihood(params, data) == pytest.approx(by_hand, rel=1e-12)
    assert data.customers == 180


def test_cohorts_split_in_two_give_the_same_fit() -> None:
    half = [count // 2 for count in (1000, 630, 468, 382)]
    whole, parts = sbg.fit(survivors([[2 * n for n in half]])), sbg.fit(survivors([half, half]))
    assert vector(whole.params) == pytest.approx(vector(parts.params))
    assert whole.log_likelihood == pytest.approx(parts.log_likelihood)
