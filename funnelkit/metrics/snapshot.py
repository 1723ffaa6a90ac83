"""The tables as they were known on an earlier day than the last one that they tell of.

With an as-of date inside the data, a lead won after it was not won yet, and a deal closed after it
was open. Loaded only when a report is built.
"""

from __future__ import annotations

from dataclasses import replace

import narwhals.stable.v2 as nw

from funnelkit.metrics import stages
from funnelkit.metrics.facts import Facts, Frame


def known_at(facts: Facts) -> Facts:
    """*facts* with what happened to leads and deals after the as-of date undone."""
    frames = dict(facts.frames)
    if "leads" in frames:
        frames["leads"] = _leads(facts, frames["leads"])
    if "deals" in frames:
        frames["deals"] = _deals(facts, frames["deals"])
    return replace(facts, frames=frames)


def _leads(facts: Facts, frame: Frame) -> Frame:
    dates = [column for _, column in stages.ENTRY_DATES if facts.has("leads", column)]
    undone = [_no_later(column, facts.as_of) for column in dates]
    for flag, date in (("has_won", "won_at"), ("has_deal", "deal_created_at")):
        if facts.has("leads", flag) and date in dates:
            undone.append(nw.when(_after(date, facts.as_of)).then(nw.lit(0)).otherwise(nw.col(flag)).alias(flag))
    return _created(facts, "leads", frame).with_columns(*undone)


def _deals(facts: Facts, frame: Frame) -> Frame:
    frame = _created(facts, "deals", frame)
    if not facts.has("deals", "closed_at"):
        return frame
    status = nw.when(_after("closed_at", facts.as_of)).then(nw.lit("open")).otherwise(nw.col("status"))
    return frame.with_columns(status.alias("status"), _no_later("closed_at", facts.as_of))


def _created(facts: Facts, table: str, frame: Frame) -> Frame:
    if not facts.has(table, "created_at"):
        return frame
    return frame.filter(~_after("created_at", facts.as_of))


def _after(column: str, day: int) -> nw.Expr:
    return (nw.col(column) > day).fill_null(False)


def _no_later(column: str, day: int) -> nw.Expr:
    return nw.when(nw.col(column) <= day).then(nw.col(column)).alias(column)
