"""Whether spend is loaded for the days of what it is divided by: an export that ends earlier makes every cost too low.

Spend that pauses is spend of 0, and nothing is said of it; only the first and the last day on which anything was spent
tell where the files begin and end.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit import collect
from funnelkit.periods import from_day

if TYPE_CHECKING:
    from funnelkit.metrics.counted import Asked
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.notes import View
    from funnelkit.metrics.windows import Window
    from funnelkit.periods import Period

_FEW = 7
"""So many days without spend are a pause."""
_WON = ("leads", "deals", "customers", "payments")
"""What spend is divided by stands in these tables."""


class Uncovered(Struct, frozen=True, kw_only=True):
    """The days of spend, and those of what it is divided by, which are more."""

    spent: tuple[int, int]
    days: tuple[int, int]

    def ends(self, what: str) -> str:
        """Both ends of both, where spend is divided by *what*."""
        spent, days = (f"{from_day(first)} to {from_day(last)}" for first, last in (self.spent, self.days))
        return f"Spend is loaded for {spent}, {what} for {days}"

    def said(self, what: str, costs: str) -> str:
        """The note of it, where spend is divided by *what* in *costs*."""
        first = from_day(max(self.spent[0], self.days[0]))
        last = from_day(min(self.spent[1], self.days[1]))
        return (
            f"{self.ends(what)}: unless nothing was spent on the other days, costs come out too low and returns too high "
            f"({costs}). Load the rest of the spend, or say --period {first}..{last}."
        )


def slack(facts: Facts) -> int:
    """So many days after a day of spend may the next one come: a few, or more where rows are of weeks or months."""
    starts = collect.distinct(facts.frames["spend"], "start")
    steps = [later - earlier for earlier, later in pairwise(starts)]
    return max(_FEW, int(median(steps)) if steps else 0)


def uncovered(
    asked: Asked, days: tuple[int, int] | None, period: Window | Period | None = None
) -> Uncovered | None:
    """The days of spend, where *days*, as far as they lie in *period*, begin before or end after it; None where they do not.

    None, too, where nothing was spent in these days at all: then no cost is worked out.
    """
    if days is None or "spend" not in asked.facts.frames or not (spent := asked.days("spend")):
        return None
    begin, end = days[0], min(days[1], asked.facts.as_of)
    if period is not None:
        begin, end = max(begin, period.start), min(end, period.end)
    if begin > end or spent[0] > end or spent[1] < begin:
        return None
    least = _FEW if spent[0] - begin <= _FEW and end - spent[1] <= _FEW else slack(asked.facts)
    if spent[0] - begin <= least and end - spent[1] <= least:
        return None
    return Uncovered(spent=(spent[0], spent[1]), days=(begin, end))


def note(view: View) -> str:
    """What to say of a report whose costs rest on spend of fewer days than what they are divided by."""
    if "spend" in view.counted.lacks:
        return ""
    catalog = view.evaluator.catalog
    tables = {
        name: {part.table for part in catalog.parts(catalog.metrics[name])}
        for name in sorted(view.metrics)
        if name in catalog.metrics
    }
    costs = [name for name, of in tables.items() if "spend" in of and of & {*_WON}]
    if not costs:
        return ""
    divisors = [table for table in _WON if any(table in tables[name] for name in costs)]
    days = view.counted.asked.days(*_loaded(view, divisors))
    period = None if view.window.everything else view.window
    found = uncovered(view.counted.asked, (days[0], days[1]) if days else None, period)
    if found is None:
        return ""
    *others, last = divisors
    return found.said(f"{', '.join(others)} and {last}" if others else last, ", ".join(costs))


def _loaded(view: View, tables: list[str]) -> list[str]:
    """*tables*, and for customers what they are made from."""
    made = (
        [t for t in ("deals", "payments") if t in view.counted.facts.frames] if "customers" in tables else []
    )
    return [*tables, *made]
