"""The course of leads from one stage to another: how long each took, or has had, in one number that engines count.

``course[mql->sql]`` holds the days since the first stage, no more than the horizon, and the days to the
second one: enough for the leads that have had their time, and for the curve of all. ``days[lead->sql]`` holds
the days to the second one alone, however many: when it was first written down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from funnelkit.metrics.conversion import Cohort, LeadDay
from funnelkit.metrics.entries import Histogram
from funnelkit.statistics.survival import Curve, kaplan_meier

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    from funnelkit.metrics.tally import Value

_NAME = re.compile(r"(course|days)\[(\w+)->(\w+)\]")


def stages(column: str) -> tuple[str, str] | None:
    """The stages that *column* is about; None for another column.

    >>> stages("course[mql->sql]")
    ('mql', 'sql')
    """
    found = _NAME.fullmatch(column)
    return (found[2], found[3]) if found else None


def begun(course: Histogram) -> Histogram | None:
    """The days from lead to the second stage of *course*, to tell since when that is written down.

    None for the win, which all counting knows of, and for a course that begins later than with the lead.
    """
    pair = stages(course.of)
    if pair is None or pair[0] != "lead" or pair[1] == "customer":
        return None
    name = f"days[lead->{pair[1]}]"
    return Histogram(id=name, table="leads", of=name, date="created_at", needs=(f"stage_{pair[1]}",))


def days(column: str, first: nw.Expr, last: nw.Expr, as_of: int, horizon: int) -> nw.Expr:
    """*column* of leads that entered its stages on the days *first* and *last*."""
    return last - first if column.startswith("days") else coded(first, last, as_of, horizon)


def coded(first: nw.Expr, last: nw.Expr, as_of: int, horizon: int) -> nw.Expr:
    """The course of leads that entered stages on the days *first* and *last*; missing without the first."""
    import narwhals.stable.v2 as nw

    age, lag = nw.lit(as_of) - first, last - first
    age = nw.when(age > horizon).then(nw.lit(horizon)).otherwise(age)
    # Who came to the second stage before the first was there at once.
    lag = nw.when(lag < 0).then(nw.lit(0)).otherwise(lag)
    lag = nw.when(lag > horizon).then(nw.lit(horizon + _LATE)).otherwise(lag)
    lag = nw.when(last.is_null()).then(nw.lit(horizon + _NO_DAY)).otherwise(lag)
    return age * (horizon + _LATE + 1) + lag


_NO_DAY, _LATE = 1, 2


def cohort(counts: Mapping[Value, int], horizon: int, *, wins: bool = False) -> Cohort:
    """The leads of the first stage, by what maturity needs.

    Who came to the second stage on a day that nobody knows counts there since creation, and so was there at once;
    not with *wins*, which count in no period without their day.
    """
    found = Cohort()
    for (code, reached), n in counts.items():
        age, lag = divmod(code, horizon + _LATE + 1)
        undated = n if reached and lag == horizon + _NO_DAY and not wins else 0
        found.take(LeadDay(n, n if lag <= horizon else undated, 0), age, horizon)
        found.undated += undated
    return found


def timing(counts: Iterable[tuple[Value, int]], horizon: int) -> Curve:
    """The curve of the days to the second stage; who came there on a day that nobody knows is left out."""
    came: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for (code, reached), n in counts:
        age, lag = divmod(code, horizon + _LATE + 1)
        if lag <= horizon:
            came[lag] = came.get(lag, 0) + n
        elif not reached or lag == horizon + _LATE:
            waiting[age] = waiting.get(age, 0) + n
    return kaplan_meier(came, waiting)
