"""Leads for which another stage stands in the place of the win: what is known of customers then holds of that stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.linking.identity import flag
from funnelkit.metrics.stages import ENTRY_DATES, RANK, STAGES, entry_columns

if TYPE_CHECKING:
    from funnelkit.tables import Dataset


def toward(data: Dataset, stage: str) -> Dataset:
    """*data* in which has_won says whether a lead has reached *stage*, and won_at when it did first.

    A lead that is beyond the stage has reached it, with or without a date of its own.
    """
    if stage == STAGES[-1] or "leads" not in data.frames:
        return data
    leads = collect.frame(data.frames["leads"])
    known = set(collect.names(leads))
    days = [nw.col(column) for column in entry_columns(stage) if column in known]
    leads = leads.with_columns(_reached=flag(_reached(stage, known)))
    if days:
        leads = leads.with_columns(won_at=nw.coalesce(*days))
    frame = leads.with_columns(has_won=nw.col("_reached")).drop("_reached").to_native()
    return replace(data, frames={**data.frames, "leads": frame})


def _reached(stage: str, known: set[str]) -> nw.Expr:
    """Whether any date, status or deal says that a lead came as far as *stage*."""
    signs = [
        ~nw.col(column).is_null()
        for name, column in ENTRY_DATES
        if column in known and RANK[name] >= RANK[stage]
    ]
    if "status" in known:
        signs.append(nw.col("status").is_in(STAGES[RANK[stage] :]).fill_null(False))
    signs += [(nw.col(c) == 1).fill_null(False) for c in ("has_deal", "has_won") if c in known]
    return nw.any_horizontal(*signs, ignore_nulls=True) if signs else nw.lit(False)
