"""Notes on costs, quotas and pipeline: what a loaded cost holds, what no quota counts, what weighs the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.metrics.entries import Measure
from funnelkit.metrics.fold import TOTAL
from funnelkit.periods import from_day
from funnelkit.rounding import fixed, percent

if TYPE_CHECKING:
    from funnelkit.metrics.notes import View

OUTSIDE = Measure(
    id="won_without_quota",
    table="deals",
    column="amount",
    date="closed_at",
    where={"status": frozenset({"won"}), "in_quota": frozenset({0})},
)
"""What was won by owners, or on days, without a quota: counted for a note."""


def cost_kinds(view: View) -> str:
    """Which kinds of cost the loaded acquisition cost holds."""
    if "cac_loaded" not in view.metrics or not (amount := view.sum("costs")):
        return ""
    frame, has = view.counted.facts.frames["costs"], view.counted.facts.has
    if has("costs", "start"):
        window = view.evaluator.tally.timeline.so_far(view.window)
        days = nw.col("end") >= window.start, nw.col("start") <= window.end
        frame = frame.filter(*days[view.window.everything :])
    kinds = sorted(collect.distinct(frame, "kind")) if has("costs", "kind") else []
    unit = 10 ** view.evaluator.scale("costs", "amount")
    named = f"of the kinds {', '.join(kinds)}" if kinds else "of no stated kind"
    return f"Loaded acquisition cost holds {fixed(amount / unit, 2)} of costs beside ad spend, {named}."


def costs_so_far(view: View) -> str:
    """Up to which day costs count where the period is not over."""
    as_of = view.evaluator.tally.timeline.as_of
    if (
        "cac_loaded" not in view.metrics
        or view.window.everything
        or not view.window.start <= as_of < view.window.end
    ):
        return ""
    if "costs" in view.counted.lacks:
        return ""
    return (
        f"The period runs to {from_day(view.window.end)}. Of the costs beside ad spend those of the days until "
        f"{from_day(as_of)} count, as customers do: of a month the days that are over, of one day all of it."
    )


def won_without_quota(view: View) -> str:
    """What was won by owners, or on days, without a quota."""
    if "quota_attainment" not in view.metrics or OUTSIDE.id in view.counted.lacks:
        return ""
    won = view.evaluator.tally.sum(OUTSIDE, TOTAL, view.window)
    amount = won / 10 ** view.evaluator.scale("deals", "amount")
    said = f"Won by owners, or on days, without a quota: {fixed(amount, 2)}. It counts in revenue, but not in quota attainment."
    return said if won else ""


def coverage_undue(view: View) -> str:
    """How many open deals no coverage holds, since nobody knows when they were expected to close."""
    if "pipeline_coverage" not in view.metrics or "pipeline_due" in view.counted.lacks:
        return ""
    if not (n := view.counted.undue()):
        return ""
    return (
        f"Open deals without a day on which they are expected to close: {n:,}. They count in no pipeline coverage, which "
        "is too low by them; of a deal closed after the as-of day the files no longer tell that day."
    )


def pipeline_chances(view: View) -> str:
    """The chances by which the pipeline was weighed, where they come from the history of the deals."""
    weights = view.evaluator.weights
    if weights is None or not any(part.n for part in weights.parts):
        return ""
    thin = [part for part in weights.parts if part.n < view.min_n]
    told = [
        f"{part.label} {ROUGH if part in thin else ''}{percent(float(part.chance))} (n {part.n:,})"
        for part in weights.parts[:_STAGES]
    ]
    more = len(weights.parts) - len(told)
    rest = f", and {more} more: `funnelkit cycle --stages` has all" if more else ""
    rough = f" {ROUGH} rests on fewer than {view.min_n} deals won or lost." if thin else ""
    return f"Chance of being won by {weights.method}: {', '.join(told)}{rest}.{rough} {INSIDE}"


def pipeline_unweighted(view: View) -> str:
    """What part of the open pipeline counts as 0, since its chance is not known."""
    weights = view.evaluator.weights
    if weights is None or weights.reason or WEIGHED not in view.metrics:
        return ""
    tally = view.evaluator.tally
    whole = tally.sum(weights.whole, TOTAL, view.window)
    left = whole - weights.known(tally, TOTAL, view.window)
    if not left:
        return ""
    unit = 10 ** view.evaluator.scale(weights.whole.table, weights.whole.column)
    return f"Open deals whose chance of being won nobody knows: {fixed(left / unit, 2)} of {fixed(whole / unit, 2)}. They count as 0 in the weighted pipeline."


WEIGHED = "pipeline_weighted"
INSIDE = "Chances are of deals that were in the stage: a deal that jumped it does not count, won or lost."
ROUGH = "≈"
"""Marks what rests on fewer cases than a call may rest on."""
_STAGES = 8
"""So many chances are named."""
