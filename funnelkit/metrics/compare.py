"""A metric in two periods: the change, its limits, and whether it is more than noise.

Rates by Newcombe's limits, counts and costs per something by the exact ratio of two Poisson counts,
means by Welch; medians are called only where their limits do not meet. What has no test of its own
(money sums, quotients of money) is never called better or worse.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.metrics import intervals
from funnelkit.metrics.cell import Cell, Change, Number
from funnelkit.metrics.significance import detectable, false_discovery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.windows import Window

NO_CALL = "no call"
NOISE, FEW, YOUNG, UNTESTED = "noise", "few", "young", "untested"
"""Why a change is not called."""
_LEVEL = 0.05
Limits = tuple[float, float | None]


class Test(Struct, frozen=True):
    """What a test says of a change."""

    limits: Limits | None = None
    direction: int = 0
    """1 for more, -1 for less, 0 for no more than noise."""
    p: float | None = None
    detectable: tuple[float | None, float | None] | None = None
    why: str = NOISE
    """Why there is no call, where there is none."""


def change(
    evaluator: Evaluator,
    metric: Metric,
    key: Key,
    windows: tuple[Window, Window],
    cells: tuple[Cell, Cell],
    min_n: int,
) -> Change:
    """*metric* in the group *key*: in the first of *windows* and *cells* against the second."""
    (now, before), (current, previous) = windows, cells
    if current.value is None or previous.value is None:
        return Change(previous=previous, absolute=None, relative=None)
    found = _test(evaluator, metric, key, now, before, cells)
    enough = _enough(metric, _compared(metric, cells), min_n) or metric.exact
    verdict = _verdict(metric, found.direction) if enough else NO_CALL
    # Of a conversion the test is about the leads that are old enough, and not about the rate so far.
    same = metric.statistic != "conversion"
    return Change(
        previous=previous,
        absolute=current.value - previous.value,
        relative=current.value / previous.value - 1 if previous.value else None,
        interval=found.limits if same else None,
        verdict=verdict,
        uncalled=(found.why if enough else FEW) if verdict == NO_CALL else None,
        p=found.p,
        detectable=found.detectable if same else None,
    )


def among_many(changes: Sequence[Change]) -> list[Change]:
    """*changes* of one metric in several groups, of which 5 % of the calls at most are wrong on average.

    Each test alone would call one group in twenty by chance (Benjamini and Hochberg 1995).
    """
    tested = [change.p for change in changes if change.p is not None]
    adjusted = iter(false_discovery(tested))
    found = []
    for change in changes:
        if change.p is not None:
            p = next(adjusted)
            lost = p > _LEVEL and change.verdict != NO_CALL
            change = replace(change, p=p)
            change = replace(change, verdict=NO_CALL, uncalled=NOISE) if lost else change
        found.append(change)
    return found


def _test(
    evaluator: Evaluator, metric: Metric, key: Key, now: Window, before: Window, cells: tuple[Cell, Cell]
) -> Test:
    current, previous = cells
    if metric.exact:
        return Test(direction=_sign(current.value, previous.value))
    if metric.cohort and not _ripe(evaluator, metric, now, before):
        # The younger cohort still has time to change, so the difference says little yet.
        return Test(why=YOUNG)
    if metric.interval == "wilson":
        return _rates(*_compared(metric, cells))
    if metric.interval == "poisson":
        return _costs(current, previous)
    if metric.statistic == "mean":
        return _means(evaluator, metric, key, now, before)
    if metric.interval in ("order", "km", "auc", "kappa"):
        return Test(direction=_apart(current, previous))
    if metric.unit == "count":
        as_of = evaluator.tally.timeline.as_of
        return _counts(current.value, previous.value, _seen(now, as_of), _seen(before, as_of))
    return Test(why=UNTESTED)


def _ripe(evaluator: Evaluator, metric: Metric, *windows: Window) -> bool:
    """Whether all entities of both cohorts have had the whole horizon, or only those are compared."""
    as_of, horizon = evaluator.tally.timeline.as_of, evaluator.settings.horizon
    return metric.statistic == "conversion" or all(w.end + horizon <= as_of for w in windows)


def _compared(metric: Metric, cells: tuple[Cell, Cell]) -> tuple[Cell, Cell]:
    """The cells that a test compares: of conversions only the leads that are old enough."""
    if metric.statistic != "conversion":
        return cells
    first, second = (
        Cell(value=m.value, numerator=m.numerator, denominator=m.denominator, n=m.denominator)
        if (m := cell.mature)
        else Cell(value=None, n=0)
        for cell in cells
    )
    return first, second


def _enough(metric: Metric, cells: tuple[Cell, Cell], min_n: int) -> bool:
    """Whether a comparison rests on enough entities to be called."""
    if metric.unit == "count":
        return max(cell.value or 0 for cell in cells) >= min_n
    return all(cell.n is None or cell.n >= min_n for cell in cells)


def _rates(current: Cell, previous: Cell) -> Test:
    counts = (current.numerator, current.n, previous.numerator, previous.n)
    if not all(counts[1::2]) or any(c is None for c in counts) or (current.value or 0) > 1:
        return Test()
    x1, n1, x2, n2 = (int(c or 0) for c in counts)
    if x1 > n1 or x2 > n2:
        return Test()
    _, low, high = intervals.newcombe(x1, n1, x2, n2)
    low_rate, high_rate = detectable(x2 / n2, n2, n1)
    seen = (
        None if low_rate is None else low_rate - x2 / n2,
        None if high_rate is None else high_rate - x2 / n2,
    )
    return Test((low, high), _beyond(low, high, 0), intervals.two_proportion_p(x1, n1, x2, n2), seen)


def _costs(current: Cell, previous: Cell) -> Test:
    """Cost per case: the ratio of costs is the inverse ratio of cases per money."""
    if not (current.n and previous.n and current.numerator and previous.numerator):
        return Test()
    if current.numerator < 0 or previous.numerator < 0:
        return Test()
    _, low, high, p = intervals.poisson_ratio(
        previous.n, float(previous.numerator), current.n, float(current.numerator)
    )
    return Test((low - 1, _finite(high - 1)), _beyond(low, high, 1), p)


def _counts(current: Number | None, previous: Number | None, days: int, days_before: int) -> Test:
    """Counts as they are; called by counts per day, since months differ in length."""
    if not (isinstance(current, int) and isinstance(previous, int) and current + previous > 0):
        return Test()
    if min(current, previous) < 0 or min(days, days_before) < 1:
        return Test()
    _, low, high, p = intervals.poisson_ratio(current, days, previous, days_before)
    factor = days / days_before
    return Test((low * factor - 1, _finite(high * factor - 1)), _beyond(low, high, 1), p)


def _means(evaluator: Evaluator, metric: Metric, key: Key, now: Window, before: Window) -> Test:
    a, b = (evaluator.moments(metric, key, window) for window in (now, before))
    if min(a.n, b.n) < 2:
        return Test()
    _, low, high, p = intervals.welch(a.n, a.total, a.squares, b.n, b.total, b.squares)
    unit = float(evaluator.unit(metric))
    return Test((low * unit, high * unit), _beyond(low, high, 0), p)


def _apart(current: Cell, previous: Cell) -> int:
    """Whether the limits of two medians do not meet."""
    if current.interval is None or previous.interval is None:
        return 0
    if previous.interval[1] is not None and current.interval[0] > previous.interval[1]:
        return 1
    return -1 if current.interval[1] is not None and current.interval[1] < previous.interval[0] else 0


def _verdict(metric: Metric, direction: int) -> str:
    if direction == 0:
        return NO_CALL
    if metric.better == "none":
        return "changed"
    return "better" if (direction > 0) == (metric.better == "higher") else "worse"


def _beyond(low: float, high: float, null: float) -> int:
    return 1 if low > null else -1 if high < null else 0


def _sign(current: Number | None, previous: Number | None) -> int:
    difference = (current or 0) - (previous or 0)
    return (difference > 0) - (difference < 0)


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value


def _seen(window: Window, as_of: int) -> int:
    """How many days of *window* the data know of."""
    return min(window.end, as_of) - window.start + 1
