"""Of values that an engine orders, those that a median and its limits need come back, and few others.

Without this a median of a large table would silently be one of its neighbours.
"""

from __future__ import annotations

from random import Random

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import pytest

from funnelkit.metrics.ranks import Ranks
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.statistics.intervals import median_limits, quantile

WINDOWS = [Window(start=0, end=9), Window(start=10, end=19), Window(start=0, end=19)]


def ranked(rows: list[tuple[str, int, int]]) -> Ranks:
    """(group, day, amount) in a database, by group and window."""
    timeline = Timeline(WINDOWS, 30)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (channel VARCHAR, closed_at INTEGER, amount BIGINT)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    ranks = Ranks(nw.from_native(connection.table("t")), "closed_at", ("channel",), "amount")
    ranks.find({}, timeline)
    ranks.merge(("(rest)",), [("a",)], timeline)
    return ranks


@pytest.mark.parametrize("n", [1, 2, 5, 6, 7, 30, 101, 1000])
def test_the_median_and_its_limits_are_those_of_all_values(n: int) -> None:
    dice = Random(n)
    rows = [(dice.choice("abc"), dice.randrange(20), dice.randrange(-50, 100_000)) for _ in range(n)]
    found = ranked(rows)
    groups = {(): "abc", ("a",): "a", ("b",): "b", ("(rest)",): "bc"}
    for key, letters in groups.items():
        for window in WINDOWS:
            own = sorted(a for g, d, a in rows if g in letters and window.start <= d <= window.end)
            ordered = found.ordered(key, window)
            assert sum(count for _, count in ordered) == len(own)
            if own:
                assert quantile(ordered, 0.5) == np.median(own)
                assert median_limits(ordered) == median_limits([(value, 1) for value in own])


def test_few_of_many_values_come_back() -> None:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE t AS SELECT 'a' AS channel, 1 AS closed_at, i AS amount FROM range(1, 1000001) r(i)"
    )
    ranks = Ranks(nw.from_native(connection.table("t")), "closed_at", ("channel",), "amount")
    ranks.find({}, Timeline(WINDOWS, 30))
    ordered = ranks.ordered(("a",), WINDOWS[0])
    assert len(ordered) < 40
    assert quantile(ordered, 0.5) == 500_000.5
    # Ranks of the sign test at n = 1,000,000: the normal law gives 499,020.0 and 500,981.0.
    assert median_limits(ordered) == pytest.approx((499_020, 500_981), abs=1)
