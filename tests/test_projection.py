"""Young cohorts of a funnel whose truth is known: what is projected for them holds, what is counted so far does not."""

from __future__ import annotations

from random import Random

import pytest

from funnelkit.metrics.conversion import Cohort, LeadDay, projected, timing
from funnelkit.metrics.intervals import wilson

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
