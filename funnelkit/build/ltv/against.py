"""What a model of silent leaving expects, against what happened: by frequency, over time, in what was held out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.ltv import histories, silent
from funnelkit.models.lifetime.groups import Floats

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Expecting
    from funnelkit.build.ltv.silence import Silence

MOST = 7
"""So many purchases and more stand in one row, as in the papers."""
_POINTS = 40
"""At so many times at most the curve is told of."""
_AGES = 400
"""Of customers of more different ages than this the ages are put together for the frequencies."""


def by_frequency(seen: Silence, ahead: Expecting) -> list[tuple[int, float, float]]:
    """Purchases after the first (the last row: so many or more), customers with that many, and expected ones."""
    found = seen.whole
    actual = np.bincount(np.minimum(found.x, MOST).astype(int), found.n, MOST + 1)
    expected = np.zeros(MOST + 1)
    counts = np.arange(MOST, dtype=np.float64)
    for age, n in _ages(found.T / seen.days, found.n):
        if age > 0:
            each = silent.MODELS[ahead.id].pmf(
                ahead.fitted.params, round(age) if seen.occasions else age, counts
            )
        else:
            each = (counts == 0).astype(float)
        expected += n * np.append(each, max(1 - each.sum(), 0.0))
    return [(x, float(actual[x]), float(expected[x])) for x in range(MOST + 1)]


class Point(Struct, frozen=True):
    """Repeat purchases up to the end of a unit of time."""

    at: int
    """Units since the first purchase of all."""
    actual: float
    expected: float
    fitted: bool
    """Whether the model knew of it."""


def over_time(seen: Silence, ahead: Expecting) -> list[Point]:
    """Repeat purchases since the beginning, of those who bought first before what was held out."""
    days = histories.repeats_by_day(seen.found, seen.until)
    began = seen.until - seen.whole.T
    last = seen.found.as_of - seen.found.begin
    steps = int(last // seen.days)
    width = max(1, -(-steps // _POINTS))
    marks = {float(last), float(seen.until - seen.found.begin)} - {0.0}
    ends = {round(mark / seen.days) for mark in marks}
    marks |= {step * seen.days for step in range(width, steps + 1, width) if step not in ends}
    firsts, place = np.unique(began, return_inverse=True)
    newcomers = np.bincount(place, seen.whole.n)
    bought_on, times = np.array(sorted(days)), np.array([days[day] for day in sorted(days)])
    points = []
    for mark in sorted(marks):
        day = seen.found.begin + mark
        since = np.maximum(day - firsts, 0.0) / seen.days
        expected = float(newcomers @ silent.expected(ahead.id, ahead.fitted.params, since))
        actual = float(times[bought_on <= day].sum()) if bought_on.size else 0.0
        points.append(Point(round(mark / seen.days), actual, expected, day <= seen.until))
    return points


class HeldOut(Struct, frozen=True, kw_only=True):
    """The customers who were known before what was held out, in it."""

    actual: float
    expected: float
    correlation: float | None
    """Of what was expected of each customer and what each did."""
    money: float
    """What they brought in it."""
    expected_money: float
    rows: list[tuple[int, float, float, float]]
    """Purchases before (the last: so many or more), customers, mean purchases in it, mean expected."""


def held_out(seen: Silence, ahead: Expecting) -> HeldOut:
    """What was expected of the days that were held out, and what happened."""
    found = seen.whole
    span = seen.held_out / seen.days
    params = ahead.fitted.params
    each = silent.MODELS[ahead.id].next_purchases(
        params, found.groups(seen.days), round(span) if seen.occasions else span
    )
    return HeldOut(
        actual=float(found.later.sum()),
        expected=float(found.n @ each),
        correlation=_correlation(each, found.n, found.later, float(found.later_squares.sum())),
        money=float(found.later_spent.sum()),
        expected_money=float(ahead.amounts.of(found) @ each),
        rows=[row for x in range(MOST + 1) if (row := _row(seen, each, x))[1]],
    )


def missed(seen: Silence, ahead: Expecting) -> float:
    """By how much purchases in what was held out differ from the expected ones: the logarithm of the quotient, without its sign.

    0 where that is no more than chance, in how often these customers bought and in the estimate, explains in 95 of 100.
    """
    found = seen.whole
    span = replace(ahead, ahead=seen.held_out / seen.days, missed=0.0)
    value, low, high = span.total_purchases(found)
    actual = float(found.later.sum())
    if not (value > 0 and low > 0):
        return 0.0
    each = span.purchases(found)
    spread = float(found.later_squares.sum() - 2 * found.later @ each + found.n @ each**2)
    # Of none that came no quotient tells: as of half a purchase.
    known = max(actual, 0.5)
    off = abs(math.log(known / value))
    chance = math.hypot(_Z * math.sqrt(max(spread, 0.25)) / known, math.log(high / low) / 2)
    return off if off > chance else 0.0


_Z = 1.959963984540054


def _row(seen: Silence, each: Floats, x: int) -> tuple[int, float, float, float]:
    found = seen.whole
    of = (found.x == x) if x < MOST else (found.x >= x)
    n = float(found.n[of].sum())
    return (
        x,
        n,
        float(found.later[of].sum()) / n if n else 0.0,
        float(found.n[of] @ each[of]) / n if n else 0.0,
    )


def _correlation(each: Floats, n: Floats, later: Floats, squares: float) -> float | None:
    total = n.sum()
    mean, middle = float(later.sum() / total), float(n @ each / total)
    spread = (squares - total * mean**2) * float(n @ (each - middle) ** 2)
    return float((later @ each - total * mean * middle) / np.sqrt(spread)) if spread > 0 else None


def _ages(T: Floats, n: Floats) -> Iterator[tuple[float, float]]:
    """The different ages and how many customers have each; very many are put together with their neighbours."""
    ages, place = np.unique(T, return_inverse=True)
    counts = np.bincount(place, n)
    for some in np.array_split(np.arange(ages.size), min(ages.size, _AGES)):
        total = float(counts[some].sum())
        yield float(counts[some] @ ages[some] / total), total
