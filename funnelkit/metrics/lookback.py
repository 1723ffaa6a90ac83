"""What a formula may ask of the period itself, and when the period before it can be asked for anything.

Business days are Monday to Friday; public holidays differ from place to place and are business days here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.metrics.reasons import NO_BEFORE, NO_MONTHS, NO_PERIOD, NOT_OVER, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelkit.metrics.formula import Exact
    from funnelkit.metrics.windows import Window

OF_PERIODS = ("business_days", "business_days_elapsed", "periods_a_year")
"""Numbers of a period: Mondays to Fridays in it, those of them that are over, and how many such periods a year has."""
_THURSDAY = 3
"""1970-01-01, day 0, in a week from Monday on."""
_QUIET = 10
"""Of the period before, one day in so many may pass before the data begin: a year seldom starts on New Year."""


def business_days(start: int, end: int) -> int:
    """How many Mondays to Fridays there are from day *start* to *end*, both included.

    >>> business_days(0, 6), business_days(2, 3), business_days(5, 4)
    (5, 0, 0)
    """
    return max(_weekdays_before(end + 1) - _weekdays_before(start), 0)


def _weekdays_before(day: int) -> int:
    """Mondays to Fridays before *day*, counted from a Monday long ago."""
    weeks, rest = divmod(day + _THURSDAY, 7)
    return 5 * weeks + min(rest, 5)


def of_period(name: str, window: Window, as_of: int) -> Exact | None:
    """The number *name* of *window*; None where it has none."""
    if window.everything:
        return None
    if name == "periods_a_year":
        return (12, window.months) if window.months else None
    end = window.end if name == "business_days" else min(window.end, as_of)
    return business_days(window.start, end), 1


def reason(
    names: Sequence[str], window: Window, as_of: int, *, back: bool, first: int | None
) -> Reason | None:
    """Why a metric of *names* that needs a period says nothing of *window*.

    *back*: it looks back, at data that begin on day *first*.
    """
    if window.everything:
        return NO_PERIOD
    if "periods_a_year" in names and not window.months:
        return NO_MONTHS
    if not back:
        return None
    if window.end > as_of:
        return NOT_OVER
    return None if covers(first, window.previous()) else NO_BEFORE


def covers(first: int | None, window: Window) -> bool:
    """Whether data that begin on day *first* are of the whole *window*, as good as."""
    return first is not None and (first - window.start) * _QUIET <= window.days
