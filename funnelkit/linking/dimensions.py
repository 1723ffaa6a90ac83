"""The dimensions of every fact: a channel for each row, blanks named, and a deal's from its lead.

A deal or customer belongs to the channel of its lead; its owner is the one who sold. What no file
says stays missing here and is never turned into a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit.engines import Engine
from funnelkit.tables import BLANK, DIMENSIONS, NO_LEAD

_EVIDENCE = ("channel", "source", "medium", "campaign_type", "platform")
_OF_THE_DEAL = ("owner", "product")
"""Dimensions in which a deal's own value counts before its lead's."""

Classify = Callable[..., str]


def own(
    frame: Any, present: frozenset[str], classify: Classify, is_paid: Callable[[str], bool], engine: Engine
) -> tuple[Any, frozenset[str]]:
    """*frame* with a channel and is_paid from its own columns, blanks named; and its columns now."""
    evidence = [
        c for c in _EVIDENCE if c in present or (c == "platform" and c in nw.from_native(frame).columns)
    ]
    if evidence:
        frame = engine.label(frame, evidence, classify, "channel")
        present |= {"channel"}
    table = nw.from_native(frame)
    filled = [nw.col(c).fill_null(BLANK) for c in DIMENSIONS if c in present]
    return paid(table.with_columns(*filled).to_native(), present, is_paid), present


def paid(frame: Any, present: frozenset[str], is_paid: Callable[[str], bool]) -> Any:
    """*frame* with is_paid: 1 where somebody paid for the channel, 0 elsewhere."""
    table = nw.from_native(frame)
    if "channel" not in present:
        return table.with_columns(is_paid=nw.lit(0).cast(nw.Int64)).to_native()
    channels = [c for c in table["channel"].unique().to_list() if is_paid(c)]
    flag = nw.when(nw.col("channel").is_in(channels)).then(nw.lit(1)).otherwise(nw.lit(0))
    return table.with_columns(is_paid=flag.cast(nw.Int64)).to_native()


def through_leads(
    frame: Any, present: frozenset[str], leads: Any, of_leads: frozenset[str]
) -> tuple[Any, frozenset[str]]:
    """*frame* (with ``_lead``) in the dimensions of its leads, and lead_created_at; its columns now."""
    table, lead = nw.from_native(frame), nw.from_native(leads)
    shared = [d for d in DIMENSIONS if d in of_leads]
    columns = {f"_{d}": nw.col(d) for d in shared}
    if "created_at" in of_leads:
        columns["lead_created_at"] = nw.col("created_at")
    table = table.join(lead.select("_lead", **columns), on="_lead", how="left")
    for dimension in shared:
        theirs = nw.col(f"_{dimension}")
        mine = nw.col(dimension) if dimension in present else nw.lit(None, nw.String)
        first, second = (mine, theirs) if dimension in _OF_THE_DEAL else (theirs, mine)
        if dimension in _OF_THE_DEAL and dimension in present:
            # A blank owner is no owner: the lead's counts then.
            first = nw.when(mine != BLANK).then(mine)
        table = table.with_columns(nw.coalesce(first, second, nw.lit(NO_LEAD)).alias(dimension))
    return table.drop([f"_{d}" for d in shared]).to_native(), present | set(shared)
