"""Leads for which another stage stands in the place of the win: what is known of customers then holds of that stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.linking.identity import flag

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.stages import Path


def toward(data: Dataset, stage: str, path: Path) -> Dataset:
    """*data* in which has_won says whether a lead counts for *stage* of *path*, and won_at when it did first."""
    if stage == path.names[-1] or "leads" not in data.frames:
        return data
    leads = collect.frame(data.frames["leads"])
    known = set(collect.names(leads))
    days = [nw.col(column) for column in path.entry_columns(stage) if column in known]
    leads = leads.with_columns(_reached=flag(_reached(stage, path, known)))
    if days:
        leads = leads.with_columns(won_at=nw.coalesce(*days))
    frame = leads.with_columns(has_won=nw.col("_reached")).drop("_reached").to_native()
    return replace(data, frames={**data.frames, "leads": frame})


def _reached(stage: str, path: Path, known: set[str]) -> nw.Expr:
    """Whether any date, status or deal says that a lead came as far as *stage*, or into it where only that counts."""
    signs = [~nw.col(column).is_null() for column in path.entry_columns(stage) if column in known]
    last = path.ranks[stage] + 1 if path.alone(stage) else None
    if "status" in known and not (last and signs):
        signs.append(nw.col("status").is_in(path.names[path.ranks[stage] : last]).fill_null(False))
    deals = ("has_deal", "has_won") if stage == "opportunity" or not last else ()
    signs += [(nw.col(c) == 1).fill_null(False) for c in deals if c in known]
    return nw.any_horizontal(*signs, ignore_nulls=True) if signs else nw.lit(False)
