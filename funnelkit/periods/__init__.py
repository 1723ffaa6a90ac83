"""Periods of whole days: how people name them, cut them up and compare them.

A day is an integer, the days since 1970-01-01, because that is all that every engine can do
arithmetic with. Nothing here reads a clock: "last month" is reckoned from the report's as-of date.
"""

from funnelkit.periods.comparison import compare
from funnelkit.periods.days import EPOCH, Calendar, Period, day_number, from_day, is_partial
from funnelkit.periods.grains import GRAINS, split
from funnelkit.periods.spec import parse

__all__ = [
    "EPOCH",
    "GRAINS",
    "Calendar",
    "Period",
    "compare",
    "day_number",
    "from_day",
    "is_partial",
    "parse",
    "split",
]
