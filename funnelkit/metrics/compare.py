"""A metric in two periods: the change, its limits, and whether it is more than noise.

Rates by Newcombe's limits, counts and costs per something by the exact ratio of two Poisson counts,
means by Welch, quotients of sums by their days, deals or customers; medians are called only where
their limits do not meet. What has no test of its own (money sums) is never called better or worse.
Counts and sums of what happened are called per day where the periods have unequal days. Whole months, quarters
and years are shown by their totals all the same, as everybody has them; where the data end within a period, or one is
much longer, size and limits are those of the number per day too.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.metrics import exposure, units
from funnelkit.metrics.cell import Cell, Change, Number
from funnelkit.statistics import intervals
from funnelkit.statistics.significance import detectable, false_discovery

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
Days = tuple[int, int]
"""How many days now and before."""
_EQUAL = (1, 1)


class Place(Struct, frozen=True):
    """A metric in one group and window: one of two that are compared."""

    evaluator: Evaluator
    key: Key
    window: Window
    cell: Cell


class Test(Struct, frozen=True):
    """What a test says of a change."""

    limits: Limits | None = None
    of_ratio: bool = False
    """Whether the limits are those of the ratio less 1, and not of the difference."""
    direction: int = 0
    """1 for more, -1 for less, 0 for no more than noise."""
    p: float | None = None
    detectable: tuple[float | None, float | None] | None = None
    why: str = NOISE
    """Why there is no call, where there is none."""
    days: Days | None = None
    """Where they differ and the test is of the number per day."""

    def differences(self, previous: Number) -> Limits | None:
        """The limits in the unit of the metric, which was *previous* before; of all its days, and not per day."""
        if self.limits is None or not self.of_ratio:
            return self.limits
        now, before = self.days or _EQUAL
        low, high = self.limits

        def difference(limit: float) -> float:
            return ((1 + limit) * now / before - 1) * previous

        return difference(low), None if high is None else difference(high)


def change(metric: Metric, now: Place, before: Place, min_n: int) -> Change:
    """*metric* in the place *now* against another one *before*."""
    current, previous = now.cell, before.cell
    if current.value is None or previous.value is None:
        return Change(previous=previous, absolute=None, relative=None)
    found = test(metric, now, before)
    enough = _enough(metric, _compared(metric, (current, previous)), min_n) or metric.exact
    word = verdict(metric, found.direction) if enough else NO_CALL
    # Of a conversion the test is about the leads that are old enough, and not about the rate so far.
    same = metric.statistic != "conversion"
    absolute, relative = _size(current.value, previous.value, found.days)
    return Change(
        previous=previous,
        absolute=absolute,
        relative=relative,
        days=found.days,
        interval=found.limits if same else None,
        of_ratio=found.of_ratio and same,
        verdict=word,
        uncalled=(found.why if enough else FEW) if word == NO_CALL else None,
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


def test(metric: Metric, now: Place, before: Place) -> Test:
    """The test of a change of *metric*; of a conversion it is about the leads that are old enough."""
    days = _days(metric, now, before)
    found = _test(metric, now, before, days)
    # Of a period that has not begun nothing is known per day.
    if days[0] == days[1] or min(days) < 1:
        return found
    running = any(exposure.runs(metric, one.evaluator, one.window) for one in (now, before))
    if exposure.neighbours(days) and not running:
        rose = (now.cell.value or 0) - (before.cell.value or 0)
        # More in all and clearly less a day would stand there as a rise that is worse.
        if rose * found.direction >= 0:
            return _of_totals(found, days)
    return replace(found, days=days)


def _of_totals(found: Test, days: Days) -> Test:
    """The test of numbers per day, whose limits are to stand beside the totals of whole months, quarters or years."""
    if found.limits is None or not found.of_ratio:
        return found
    low, high = (None if one is None else (1 + one) * days[0] / days[1] - 1 for one in found.limits)
    assert low is not None
    return replace(found, limits=(low, high))


def _test(metric: Metric, now: Place, before: Place, days: Days) -> Test:
    current, previous = now.cell, before.cell
    if metric.exact:
        absolute, _ = _size(current.value or 0, previous.value or 0, days if min(days) > 0 else None)
        return Test(direction=_beyond(absolute, absolute, 0))
    if metric.cohort and not _ripe(metric, now, before):
        # The younger cohort still has time to change, so the difference says little yet.
        return Test(why=YOUNG)
    if metric.interval == "wilson":
        return _rates(*_compared(metric, (current, previous)))
    if metric.interval == "poisson":
        return _costs(current, previous)
    if metric.interval in units.UNITS:
        return _quotients(metric, now, before)
    if metric.statistic == "mean":
        return _means(metric, now, before)
    if metric.interval in ("order", "km", "auc", "kappa"):
        return Test(direction=_apart(current, previous))
    if metric.unit == "count":
        return _counts(current.value, previous.value, days)
    return Test(why=UNTESTED)


def _ripe(metric: Metric, *places: Place) -> bool:
    """Whether all entities of both cohorts have had the whole horizon, or as much time, or only those are compared."""
    if metric.statistic == "conversion" or len({place.window for place in places}) == 1:
        return True
    return all(
        place.window.end + place.evaluator.settings.horizon <= place.evaluator.tally.timeline.as_of
        for place in places
    )


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
    p = intervals.two_proportion_p(x1, n1, x2, n2)
    return Test((low, high), direction=_beyond(low, high, 0), p=p, detectable=seen)


def _costs(current: Cell, previous: Cell) -> Test:
    """Cost per case: the ratio of costs is the inverse ratio of cases per money."""
    if not (current.n and previous.n and current.numerator and previous.numerator):
        return Test()
    if current.numerator < 0 or previous.numerator < 0:
        return Test()
    _, low, high, p = intervals.poisson_ratio(
        previous.n, float(previous.numerator), current.n, float(current.numerator)
    )
    return Test((low - 1, _finite(high - 1)), of_ratio=True, direction=_beyond(low, high, 1), p=p)


def _counts(current: Number | None, previous: Number | None, days: Days) -> Test:
    """Counts per day."""
    if not (isinstance(current, int) and isinstance(previous, int) and current + previous > 0):
        return Test()
    if min(current, previous) < 0 or min(days) < 1:
        return Test()
    _, low, high, p = intervals.poisson_ratio(current, days[0], previous, days[1])
    return Test((low - 1, _finite(high - 1)), of_ratio=True, direction=_beyond(low, high, 1), p=p)


def _quotients(metric: Metric, now: Place, before: Place) -> Test:
    found = units.compared(metric, *((one.evaluator, one.key, one.window) for one in (now, before)))
    if found is None:
        return Test(why=FEW)
    limits = found.low, found.high
    return Test(limits, direction=_beyond(*limits, 0), p=found.p)


def _means(metric: Metric, now: Place, before: Place) -> Test:
    a, b = (one.evaluator.moments(metric, one.key, one.window) for one in (now, before))
    if min(a.n, b.n) < 2:
        return Test()
    _, low, high, p = intervals.welch(a.n, a.total, a.squares, b.n, b.total, b.squares)
    unit = float(now.evaluator.unit(metric))
    return Test((low * unit, high * unit), direction=_beyond(low, high, 0), p=p)


def _apart(current: Cell, previous: Cell) -> int:
    """Whether the limits of two medians do not meet."""
    if current.interval is None or previous.interval is None:
        return 0
    if previous.interval[1] is not None and current.interval[0] > previous.interval[1]:
        return 1
    return -1 if current.interval[1] is not None and current.interval[1] < previous.interval[0] else 0


def verdict(metric: Metric, direction: float) -> str:
    """The word for a change of *metric* upwards, above 0, or downwards; no call for 0."""
    if direction == 0:
        return NO_CALL
    if metric.better == "none":
        return "changed"
    return "better" if (direction > 0) == (metric.better == "higher") else "worse"


def _beyond(low: float, high: float, null: float) -> int:
    return 1 if low > null else -1 if high < null else 0


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value


def _days(metric: Metric, now: Place, before: Place) -> Days:
    """The known days now and before, by which *metric* is divided; equal ones where it does not grow with them."""
    if not exposure.grows(metric, now.evaluator):
        return _EQUAL
    return (
        exposure.days(metric, now.evaluator, now.window),
        exposure.days(metric, before.evaluator, before.window),
    )


def _size(current: Number, previous: Number, days: Days | None) -> tuple[Number, float | None]:
    """How far *current* is from *previous*, or where *days* differ from what that is in as many, and relatively."""
    if days is None or days[0] == days[1]:
        return current - previous, current / previous - 1 if previous else None
    # In fractions, so that the same per day is no change at all.
    expected = Fraction(str(previous)) * days[0] / days[1]
    difference = Fraction(str(current)) - expected
    return float(difference), float(difference / expected) if expected else None
