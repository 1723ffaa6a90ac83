"""Young cohorts of a funnel whose truth is known: what is projected for them holds, what is counted so far does not."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from funnelkit import cohorts, report
from funnelkit.metrics.conversion import Cohort, LeadDay, projected, timing
from funnelkit.statistics.intervals import wilson

HORIZON = 90
DAYS = 240
"""So many days the funnel has been running."""
EACH = 12
"""Leads a day."""
EVER, DAILY = 0.15, 0.04
"""This share is ever won, and of those who will be so many on each day that they still wait."""
TRUTH = EVER * (1 - (1 - DAILY) ** (HORIZON + 1))
ROUNDS = 300


def simulated(draw: Random) -> tuple[tuple[float, float] | None, tuple[float, float]]:
    """The limits of the projected rate of the leads of the last 30 days, and those of the rate so far."""
    lags: dict[int, int] = {}
    days: list[tuple[int, LeadDay]] = []
    young = Cohort()
    for day in range(DAYS):
        age, won, within = DAYS - 1 - day, 0, 0
        for _ in range(EACH):
            if draw.random() < EVER:
                lag = 0
                while draw.random() >= DAILY:
                    lag += 1
                if lag <= age:
                    won += 1
                    within += lag <= HORIZON
                    lags[lag] = lags.get(lag, 0) + 1
        leads = LeadDay(EACH, within, EACH - won)
        days.append((day, leads))
        if age < 30:
            young.take(leads, age, HORIZON)
    curve = timing(lags, days, DAYS - 1)
    return projected(young, curve, HORIZON).interval, wilson(young.within, young.leads)


def test_the_projected_rate_holds_where_the_rate_so_far_is_far_too_low() -> None:
    draw = Random(20260930)
    covered, naive = 0, 0
    for _ in range(ROUNDS):
        interval, so_far = simulated(draw)
        assert interval is not None
        covered += interval[0] <= TRUTH <= interval[1]
        naive += so_far[0] <= TRUTH <= so_far[1]
    assert 0.90 <= covered / ROUNDS <= 0.98
    assert naive / ROUNDS < 0.05


def test_nobody_who_has_had_all_of_the_time_is_expected_to_convert_any_more() -> None:
    """Of 30 old leads 24 converted after a day; of 10 of today 8 did at once, so that 34 of 40 is the most."""
    young = Cohort()
    young.take(LeadDay(30, 24, 6), 149, HORIZON)
    young.take(LeadDay(10, 8, 2), 0, HORIZON)
    curve = timing({0: 8, 1: 24}, [(0, LeadDay(30, 24, 6)), (149, LeadDay(10, 8, 2))], 149)
    found = projected(young, curve, HORIZON)
    assert found.value == pytest.approx(34 / 40)


LATE = """\
Lead ID,Created,MQL date
1,2026-01-01,
2,2026-01-01,
3,2026-01-01,
4,2026-01-01,
5,2026-02-01,2026-02-01
6,2026-02-01,2026-02-01
7,2026-02-01,2026-02-11
8,2026-02-01,
9,2026-02-21,2026-02-21
10,2026-02-21,
"""
"""Nobody wrote down MQLs in January; the last two leads are of the as-of day, 21 February."""


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
@pytest.mark.parametrize(("period", "elapsed", "value"), [(None, 14 / 15, 3 / 7), ("2026-02", 8 / 9, 3 / 4)])
def test_report_and_cohorts_complete_a_stage_by_the_same_curve(
    tmp_path: Path, engine: str, period: str | None, elapsed: float, value: float
) -> None:
    """By hand, within 20 days, of the leads from 1 February on.

    Day 0: 3 of 6 become MQLs, S = 1/2; lead 10 has been seen no longer. Day 10: 1 of 2, S = 1/4. So of what comes within
    20 days (3/4) two thirds (1/2) come on the first day: the leads of the as-of day have had two thirds of their time.
    All leads: (8 + 2 x 2/3) / 10 = 14/15, and 4 / (10 x 14/15) = 3/7; of February (4 + 2 x 2/3) / 6 = 8/9, 4 / (6 x 8/9) = 3/4.
    """
    leads = tmp_path / "leads.csv"
    leads.write_text(LATE)
    options: dict[str, Any] = {"horizon": 20, "period": period, "engine": engine, "no_config": True}
    reported = report([str(leads)], metrics=["mql_rate", "stage_rate[lead->mql]"], **options)
    shown = cohorts([str(leads)], stage="mql", **options).table("cohorts")
    row = dict(zip((field.id for field in shown.fields), shown.rows[-1], strict=True))
    assert row["elapsed"].cell
    assert row["completed"].cell
    found = [(row["elapsed"].cell.value, row["completed"].cell.value)]
    for metric in ("mql_rate", "stage_rate[lead->mql]"):
        beside = reported.metrics[metric].projected
        assert beside
        found.append((beside.share_elapsed, beside.value))
    assert [share for share, _ in found] == pytest.approx([elapsed] * 3)
    assert [rate for _, rate in found] == pytest.approx([value] * 3)
    told = next((note.message for note in reported.warnings if note.code == "stages_truncated"), "")
    assert ("the first MQL of 2026-02-01, 31 days later" in told) is (period is None)
