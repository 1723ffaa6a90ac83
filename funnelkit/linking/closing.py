"""When deals were closed for the first time, where their history tells: many tools write the close date anew each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.linking.building import Build
from funnelkit.tables import Note

_OUTCOME, _FIRST = "_outcome", "_first_closed_at"


def first(made: Build, outcome: Callable[..., str]) -> None:
    """The deals, closed on the first day on which they entered a stage of the outcome that they have now.

    *outcome* is what the word of a *stage* says.
    """
    history, deals = made.present.get("stage_history", frozenset()), made.present["deals"]
    if not ({"deal_id", "stage", "entered_at"} <= history and {"deal_id", "closed_at"} <= deals):
        message = (
            "--first-close changed nothing: no history tells when deals were first closed, so that their close dates are "
            "those of the last time"
        )
        made.notes.append(Note(code="no_first_close", message=message))
        return
    entered, _ = made.engine.label(made.frames["stage_history"], ["stage"], outcome, _OUTCOME)
    known: Any = collect.frame(entered)
    known = known.filter(~nw.col("deal_id").is_null() & nw.col(_OUTCOME).is_in(["won", "lost"]))
    firsts = known.group_by("deal_id", _OUTCOME).agg(nw.col("entered_at").min().alias(_FIRST))
    rows: Any = collect.frame(made.frames["deals"])
    rows = rows.join(firsts, left_on=["deal_id", "status"], right_on=["deal_id", _OUTCOME], how="left")
    earlier = (nw.col(_FIRST) < nw.col("closed_at")).fill_null(False)
    moved = collect.count(rows.filter(earlier))
    closed = nw.when(earlier).then(nw.col(_FIRST)).otherwise(nw.col("closed_at"))
    rows = rows.with_columns(closed_at=closed)
    rows = rows.drop([c for c in (_FIRST, _OUTCOME) if c in collect.names(rows)])
    made.frames["deals"] = made.engine.held(rows.to_native())
    if not moved:
        message = (
            "--first-close changed nothing: no deal of these files was closed before with the outcome of now"
        )
        made.notes.append(Note(code="changed_nothing", message=message))
        return
    message = f"Deals that were closed again: {moved}. They count when they were first closed with the outcome of now (--first-close)"
    made.notes.append(Note(code="first_close", message=message))
