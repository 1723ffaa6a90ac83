"""The customers of CDNOW, in the groups that the models of repeated purchases are fitted to.

One in ten of those who bought first in the first quarter of 1997, as the papers have them. The file lies beside
the project and is no part of it: where it is absent the tests that need it are skipped.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from funnelkit.models.lifetime.groups import Groups, groups
from funnelkit.models.lifetime.money import Spending, spending

FILE = Path(__file__).parents[2] / "shared/exports/datasets/CDNOW_sample.txt"
CALIBRATED = date(1997, 9, 30)
END = date(1998, 6, 30)
_SINCE = date(1997, 1, 1)


@cache
def histories() -> list[list[tuple[int, int]]]:
    """For each customer the days since 1 January 1997 with a purchase, ascending, with the cents of the day."""
    if not FILE.is_file():
        pytest.skip(f"the CDNOW sample is not here ({FILE})")
    spent: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for line in FILE.read_text("ascii").split("\n"):
        if not line.strip():
            continue
        customer, _, day, _, amount = line.split()
        when = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        spent[customer][(when - _SINCE).days] += round(float(amount) * 100)
    return [sorted(days.items()) for days in spent.values()]


@cache
def days_seen() -> list[tuple[int, int, int]]:
    """x, t_x and T of each customer at the end of September 1997, in days."""
    last = (CALIBRATED - _SINCE).days
    rows = []
    for history in histories():
        seen = [day for day, _ in history if day <= last]
        rows.append((len(seen) - 1, seen[-1] - seen[0], last - seen[0]))
    return rows


def customers(decimals: int | None = None) -> Groups:
    """The groups with times in weeks, where *decimals* are given rounded to so many, and their numbers."""
    rows = np.array(days_seen(), dtype=np.float64)
    rows[:, 1:] /= 7
    if decimals is not None:
        rows[:, 1:] = np.round(rows[:, 1:], decimals)
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    return groups(distinct[:, 0], distinct[:, 1], distinct[:, 2], counts)


def holdout() -> list[int]:
    """On how many days each customer bought in the 39 weeks after."""
    last, end = (CALIBRATED - _SINCE).days, (END - _SINCE).days
    return [sum(last < day <= end for day, _ in history) for history in histories()]


def spent(*, whole_cents: bool = False) -> Spending:
    """The mean amount on a day with a purchase after the first, of those who had one.

    In *whole_cents* it is rounded half up, as in the summaries that others work with.
    """
    last = (CALIBRATED - _SINCE).days
    repeats = [[cents for day, cents in history[1:] if day <= last] for history in histories()]
    repeats = [amounts for amounts in repeats if amounts]
    if whole_cents:
        means = [(2 * sum(a) + len(a)) // (2 * len(a)) / 100 for a in repeats]
    else:
        means = [sum(a) / len(a) / 100 for a in repeats]
    return spending([len(a) for a in repeats], means)
