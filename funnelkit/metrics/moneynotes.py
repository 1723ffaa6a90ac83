"""Notes on costs and quotas: what a loaded cost holds, and what no quota counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.metrics.entries import Measure
from funnelkit.metrics.fold import TOTAL

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
        days = nw.col("end") >= view.window.start, nw.col("start") <= view.window.end
        frame = frame.filter(*days[view.window.everything :])
    kinds = sorted(collect.distinct(frame, "kind")) if has("costs", "kind") else []
    unit = 10 ** view.evaluator.scale("costs", "amount")
    named = f"of the kinds {', '.join(kinds)}" if kinds else "of no stated kind"
    return f"Loaded acquisition cost holds {amount / unit:,.2f} of costs beside ad spend, {named}."


def won_without_quota(view: View) -> str:
    """What was won by owners, or on days, without a quota."""
    if "quota_attainment" not in view.metrics or OUTSIDE.id in view.counted.lacks:
        return ""
    won = view.evaluator.tally.sum(OUTSIDE, TOTAL, view.window)
    amount = won / 10 ** view.evaluator.scale("deals", "amount")
    said = f"Won by owners, or on days, without a quota: {amount:,.2f}. It counts in revenue, but not in quota attainment."
    return said if won else ""
