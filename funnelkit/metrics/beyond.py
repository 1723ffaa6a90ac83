"""Notes on what goes on beyond the as-of day: spend, e-mails and visits are exported when leads and deals long were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from funnelkit.periods import from_day

if TYPE_CHECKING:
    from funnelkit.metrics.notes import View

_SPEND = {"spend": "spend"}
_VISITS = {"emails": "e-mails", "web": "visits", "social": "posts", "search": "searches"}
GOING_ON = frozenset({*_SPEND, *_VISITS})
"""The tables of which days after the as-of day count, unless the user named it."""


def spend(view: View) -> str:
    """How far ad spend goes beyond the as-of day."""
    return "" if "spend" in view.counted.lacks else _after_as_of(view, _SPEND)


def visits(view: View) -> str:
    """How far e-mails, visits, posts and searches go beyond the as-of day."""
    return _after_as_of(view, _VISITS)


def _after_as_of(view: View, tables: Mapping[str, str]) -> str:
    """How far *tables* go beyond the as-of day, and whether what lies there counts."""
    timeline, asked = view.evaluator.tally.timeline, view.counted.asked
    if view.window.end <= timeline.as_of and not view.window.everything:
        return ""
    left_out = view.window.everything or timeline.stops
    beyond = {what: asked.days(table)[-1:] for table, what in tables.items() if table in asked.facts.frames}
    ends = {what: days[0] for what, days in beyond.items() if days and days[0] > timeline.as_of}
    if not ends:
        return ""
    lasts = {what: from_day(day if left_out else min(day, view.window.end)) for what, day in ends.items()}
    (first, day), *others = lasts.items()
    goes, counts = ("goes", "counts") if tables is _SPEND else ("go", "count")
    said = ", ".join(
        [f"{first.capitalize()} {goes} on to {day}", *(f"{what} to {end}" for what, end in others)]
    )
    as_of = from_day(timeline.as_of)
    if left_out:
        return f"{said}; what is after {as_of} is left out."
    return f"{said} and {counts}, but leads and deals are only known to {as_of}."
