"""Kaplan-Meier curves against the table of the trial that every textbook prints, scipy and real leads.

Without these, leads that have not converted yet would quietly shorten the cycle or halve the rate.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.statistics.survival import (
    Curve,
    kaplan_meier,
    median,
    median_limits,
    share_elapsed,
    survival_at,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MP6 = kaplan_meier(
    Counter([6, 6, 6, 7, 10, 13, 16, 22, 23]), Counter([6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
)
PLACEBO = kaplan_meier(
    Counter([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]), Counter[int]()
)
"""Weeks to relapse in the 6-MP trial (Freireich et al. 1963, Blood 21:699-716)."""

OLIST = Path(__file__).parents[2] / "shared/exports/datasets"

ages = st.lists(st.integers(0, 60), max_size=60)


def test_the_curve_is_the_printed_one() -> None:
    assert MP6.times == (6, 7, 10, 13, 16, 22, 23)
    assert MP6.at_risk == (21, 17, 15, 12, 11, 7, 6)
    assert MP6.events == (3, 1, 1, 1, 1, 1, 1)
    survival = (0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179)
    assert MP6.survival == pytest.approx(survival, abs=5.1e-7)
    greenwood = (0.076360, 0.086935, 0.096350, 0.106815, 0.114054, 0.128234, 0.134591)
    assert MP6.stderr == pytest.approx(greenwood, abs=5.1e-7)


def test_medians_and_their_log_log_limits_are_the_printed_ones() -> None:
    assert (median(MP6), median_limits(MP6)) == (23, (13, None))
    assert (median(PLACEBO), median_limits(PLACEBO)) == (8, (4, 11))


def test_without_censoring_the_curve_is_the_share_that_is_left() -> None:
    assert survival_at(PLACEBO, 0) == 1
    assert survival_at(PLACEBO, 8) == pytest.approx(8 / 21)
    assert (PLACEBO.survival[-1], PLACEBO.stderr[-1]) == (0, 0)


def test_on_one_day_the_event_comes_before_the_censoring() -> None:
    assert kaplan_meier({5: 1}, {5: 1}).survival == (0.5,)
    assert kaplan_meier({5: 1}, {4: 1}).survival == (0,)


def test_the_median_is_the_left_end_of_a_flat_step_at_one_half() -> None:
    assert median(kaplan_meier({3: 1, 9: 1}, {})) == 3
    assert median(kaplan_meier({3: 2, 9: 2}, {})) == 3


@pytest.mark.parametrize("days", [2, 3, 7, 50, 400])
def test_a_step_at_one_half_is_found_in_spite_of_rounding(days: int) -> None:
    # Twice as many as *days*, of whom one leaves a day: half are left on the last of *days*.
    curve = kaplan_meier(dict.fromkeys(range(1, days + 1), 1), {days + 1: days})
    assert survival_at(curve, days) == pytest.approx(0.5)
    assert median(curve) == days


def test_where_more_than_half_are_left_there_is_no_median() -> None:
    curve = kaplan_meier({3: 1}, {9: 2})
    assert (median(curve), median_limits(curve)[1]) == (None, None)


def test_all_censored_is_a_curve_without_steps() -> None:
    curve = kaplan_meier({}, {4: 10})
    assert curve == Curve(times=(), survival=(), at_risk=(), events=(), stderr=())
    assert (survival_at(curve, 100), median(curve), median_limits(curve)) == (1, None, (None, None))
    assert share_elapsed(curve, {4: 10}, 90) is None
    assert kaplan_meier({}, {}) == curve == kaplan_meier({3: 0}, {4: 10})


def test_all_on_one_day_leaves_no_limits() -> None:
    curve = kaplan_meier({3: 5}, {})
    assert (median(curve), median_limits(curve)) == (3, (None, None))


@given(events=ages, censored=ages)
@settings(deadline=None)
def test_curve_errors_and_limits_agree_with_scipy(events: list[int], censored: list[int]) -> None:
    assume(events)
    curve = kaplan_meier(Counter(events), Counter(censored))
    known = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=events, right=censored)).sf
    assert curve.survival == pytest.approx(known.evaluate(curve.times), rel=1e-12, abs=1e-12)
    with warnings.catch_warnings():
        # It says that the limits are undefined where nobody is left.
        warnings.simplefilter("ignore", RuntimeWarning)
        # At so low a level no limit is clipped at 0 or 1.
        plain = known.confidence_interval(0.1, method="linear").low.evaluate(curve.times)
        band = known.confidence_interval(0.95, method="log-log")
    z = scipy.stats.norm.ppf(0.55)
    for share, error, limit in zip(curve.survival, curve.stderr, plain, strict=True):
        assert share == 0 or error == pytest.approx((share - limit) / z, rel=1e-7)
    low, high = (side.evaluate(curve.times) for side in (band.low, band.high))
    assert median_limits(curve) == (first_half(curve, low), first_half(curve, high))


def first_half(curve: Curve, line: Sequence[float]) -> int | None:
    """The first day on which somebody is left and *line* is at most one half."""
    steps = zip(curve.times, curve.survival, line, strict=True)
    return next((day for day, left, at in steps if left > 0 and at <= 0.5 + 1e-12), None)


@given(events=ages, censored=ages, horizon=st.integers(0, 60))
def test_the_share_elapsed_is_between_0_and_1_and_whole_for_the_old(
    events: list[int], censored: list[int], horizon: int
) -> None:
    curve = kaplan_meier(Counter(events), Counter(censored))
    share = share_elapsed(curve, Counter(events + censored), horizon)
    assert (share is None) == (survival_at(curve, horizon) == 1)
    assert share is None or 0 <= share <= 1 + 1e-12
    if share is not None:
        assert share_elapsed(curve, {horizon: 3, horizon + 50: 2}, horizon) == pytest.approx(1)


def test_the_share_elapsed_by_hand() -> None:
    curve = kaplan_meier({10: 1, 20: 1}, {30: 2})
    assert share_elapsed(curve, {5: 1, 10: 1, 19: 1, 20: 1, 500: 1}, 90) == pytest.approx(3 / 5)
    assert share_elapsed(curve, {5: 1, 10: 1}, 15) == pytest.approx(1 / 2)
    assert share_elapsed(curve, {}, 90) is None
    assert share_elapsed(curve, {5: 1}, 9) is None


@pytest.fixture(scope="module")
def olist() -> list[tuple[date, date | None]]:
    """Day of first contact and day won of every lead of the Olist marketing funnel."""
    if not OLIST.is_dir():
        pytest.skip(f"the Olist files are not there: {OLIST}")
    with (OLIST / "olist_closed_deals_dataset.csv").open(newline="", encoding="utf-8") as file:
        won = {row["mql_id"]: date.fromisoformat(row["won_date"][:10]) for row in csv.DictReader(file)}
    with (OLIST / "olist_marketing_qualified_leads_dataset.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(date.fromisoformat(row["first_contact_date"]), won.get(row["mql_id"])) for row in rows]


SNAPSHOT = date(2018, 5, 31)


def curve_at(leads: list[tuple[date, date | None]], snapshot: date) -> Curve:
    """The curve of days from lead to win as it was known on the day *snapshot*."""
    events, censored = Counter[int](), Counter[int]()
    for created, won in leads:
        if won and won <= snapshot:
            events[max(0, (won - created).days)] += 1
        else:
            censored[(snapshot - created).days] += 1
    return kaplan_meier(events, censored)


@pytest.fixture(scope="module")
def pooled(olist: list[tuple[date, date | None]]) -> Curve:
    """The curve of the leads since the first win, as it was known at the snapshot."""
    recent = [lead for lead in olist if date(2017, 12, 5) <= lead[0] <= SNAPSHOT]
    curve = curve_at(recent, SNAPSHOT)
    assert (len(recent), sum(curve.events)) == (6173, 639)
    return curve


def test_the_curve_of_all_olist_leads(olist: list[tuple[date, date | None]]) -> None:
    curve = curve_at(olist, date(2018, 11, 14))
    known = (0.0355, 0.069375, 0.080875, 0.0865, 0.09692216, 0.11345761)
    assert [1 - survival_at(curve, d) for d in (7, 30, 60, 90, 180, 365)] == pytest.approx(known, abs=5.1e-9)


def test_the_curve_of_olist_leads_at_a_snapshot(pooled: Curve) -> None:
    known = (0.046060, 0.069541, 0.091364, 0.108303, 0.116200, 0.121523)
    assert [1 - survival_at(pooled, d) for d in (7, 14, 30, 60, 90, 120)] == pytest.approx(known, abs=5.1e-7)


@pytest.mark.parametrize(
    ("month", "leads", "won", "share", "completed"),
    [
        (1, 1141, 137, 1.0000, 0.120070),
        (2, 1028, 131, 1.0000, 0.127432),
        (3, 1174, 140, 0.9645, 0.123634),
        (4, 1352, 154, 0.8739, 0.130338),
        (5, 1303, 70, 0.5640, 0.095252),
    ],
)
def test_young_cohorts_of_olist_are_completed_as_in_the_back_test(
    olist: list[tuple[date, date | None]],
    pooled: Curve,
    month: int,
    leads: int,
    won: int,
    share: float,
    completed: float,
) -> None:
    cohort = [(c, w) for c, w in olist if (c.year, c.month) == (2018, month)]
    so_far = sum(w is not None and w <= SNAPSHOT for _, w in cohort)
    assert (len(cohort), so_far) == (leads, won)
    elapsed = share_elapsed(pooled, Counter((SNAPSHOT - c).days for c, _ in cohort), 90)
    assert elapsed == pytest.approx(share, abs=5.1e-5)
    assert elapsed is not None
    assert math.isclose(so_far / leads / elapsed, completed, abs_tol=1e-6)
