"""The stays of deals in their stages, and where the open ones are now, from a stage history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect, stageorder
from funnelkit.build.forecast.openings import kept, named
from funnelkit.metrics import stays
from funnelkit.models.forecast.staged import LOST, WON, Stay

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.metrics.facts import Facts

_HISTORY = "stage_history"
_ENDS = {"won": WON, "lost": LOST, "other": LOST}


def told(facts: Facts) -> bool:
    """Whether a history of the stages of deals is loaded."""
    return facts.has(_HISTORY, "status")


def stays_of(facts: Facts, as_of: int) -> tuple[Mapping[str, Sequence[Stay]], Frame]:
    """The stays by stage, and of the open deals the stage that they are in and their ``_days`` in it."""
    rows = stageorder.entries(kept(facts, _HISTORY))
    places = stageorder.places(rows)
    frame = stays.ended(rows, places, as_of).filter(nw.col("_days") >= 0, nw.col("_wait") >= 0)
    keys = ["pipeline", "stage", "_days", "_wait", "status"]
    cells = collect.columns(frame.group_by(keys).agg(nw.len().alias("n")))
    found: dict[str, list[Stay]] = {}
    for i, n in enumerate(map(int, cells["n"])):
        stage = named(cells["pipeline"][i], cells["stage"][i])
        outcome = _ENDS.get(cells["status"][i], "")
        found.setdefault(stage, []).append(Stay(int(cells["_days"][i]), int(cells["_wait"][i]), outcome, n))
    here = frame.filter(nw.col("_end") == stays.STILL, nw.col("status") == "open")
    return found, here.select("deal_id", "pipeline", "stage", "_days")
