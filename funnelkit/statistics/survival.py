"""Time to an event when for some it has not come yet: Kaplan-Meier curves over whole days.

Leads that are not won and deals that are not closed are not left out, which would make every cycle
look short, but count for as long as they were seen. On one day an event comes before a censoring.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.statistics.frequencies import occurred
from funnelkit.statistics.special import deviate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROUNDING = 1e-12
"""A share this little above another is that one, after some hundred multiplications."""


class Curve(Struct, frozen=True, kw_only=True):
    """The share for which the event has not come, as steps: one entry per day with an event."""

    times: tuple[int, ...]
    """Days since the start of each entity, ascending."""
    survival: tuple[float, ...]
    """S(t): the share that is left after the events of that day."""
    at_risk: tuple[int, ...]
    """How many were still observed when the day began."""
    events: tuple[int, ...]
    stderr: tuple[float, ...]
    """Standard error of *survival* (Greenwood 1926); 0 where nothing is left."""


def kaplan_meier(events: Mapping[int, int], censored: Mapping[int, int]) -> Curve:
    """The curve (Kaplan and Meier 1958, JASA 53:457-481).

    *events* is how many had the event, *censored* how many were last seen without it, by age in days.
    Raises ValueError for numbers below 0.

    >>> kaplan_meier({1: 1, 3: 1}, {2: 2}).survival
    (0.75, 0.0)
    """
    left = occurred(events) + occurred(censored)
    share, error = 1.0, 0.0
    steps: list[tuple[int, float, int, int, float]] = []
    for day in sorted({*events, *censored}):
        came = events.get(day, 0)
        if came:
            share *= (left - came) / left
            error += came / (left * (left - came)) if came < left else 0.0
            steps.append((day, share, left, came, share * math.sqrt(error)))
        left -= came + censored.get(day, 0)
    times, survival, at_risk, counts, stderr = zip(*steps, strict=True) if steps else ((),) * 5
    return Curve(times=times, survival=survival, at_risk=at_risk, events=counts, stderr=stderr)


def median(curve: Curve) -> int | None:
    """The first day on which at most half are left; None where more than half are left to the end.

    On a flat step at exactly one half that is its left end (R reports the middle of the step).
    """
    return quantile(curve, 0.5)


def quantile(curve: Curve, q: float) -> int | None:
    """The first day by which the share *q* has had the event; None where it never comes to that."""
    return _first(curve, q, lambda share, _: share)


def median_limits(curve: Curve, level: float = 0.95) -> tuple[int | None, int | None]:
    """Limits of the median in days."""
    return quantile_limits(curve, 0.5, level)


def quantile_limits(curve: Curve, q: float, level: float = 0.95) -> tuple[int | None, int | None]:
    """Limits of a quantile in days (Brookmeyer and Crowley 1982, Biometrics 38:29-41).

    They are where the log-log limits of the curve (Kalbfleisch and Prentice 1980) come down to 1 - *q*;
    None where they never do. Where nothing is left there are no limits of the curve.
    """
    z = deviate(level)

    def line(share: float, error: float, sign: int) -> float:
        return share ** math.exp(sign * z * error / (share * math.log(share))) if share else 1.0

    return _first(curve, q, lambda s, e: line(s, e, -1)), _first(curve, q, lambda s, e: line(s, e, 1))


def survival_at(curve: Curve, day: int) -> float:
    """The share for which the event has not come by the end of *day*; level after the last event."""
    step = bisect_right(curve.times, day)
    return curve.survival[step - 1] if step else 1.0


def share_elapsed(curve: Curve, ages: Mapping[int, int], horizon: int) -> float | None:
    """How much of the conversion within *horizon* days has had its time, from 0 to 1.

    The mean over entities of F(min(age, horizon)) / F(horizon), with F = 1 - S and *ages* as days ->
    entities. A young cohort's rate divided by it is what the rate will be, if it converts as *curve*
    did: the expected emergence of chain ladder. None without entities, or where F(horizon) is 0.
    """
    entities = occurred(ages)
    whole = 1 - survival_at(curve, horizon)
    if entities == 0 or whole == 0:
        return None
    had = math.fsum(n * (1 - survival_at(curve, min(age, horizon))) for age, n in ages.items())
    return had / (whole * entities)


def _first(curve: Curve, q: float, line: Callable[[float, float], float]) -> int | None:
    """The first day on which *line*, of survival and its error, is at most 1 - *q*."""
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile is of a share between 0 and 1, and not {q:g}")
    for day, share, error in zip(curve.times, curve.survival, curve.stderr, strict=True):
        if line(share, error) <= 1 - q + _ROUNDING:
            return day
    return None
