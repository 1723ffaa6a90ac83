"""What became of a lead or a deal, from whatever columns of an export say so.

A status column decides; else a won flag; else the stage; else a filled won or lost date. A deal
of which nothing says so is open where the file has such a column at all, and unknown where not.
"""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

OUTCOME_COLUMNS = frozenset({"status", "won", "closed", "stage", "won_at", "lost_at"})


def deals(frame: Any, present: frozenset[str]) -> tuple[Any, frozenset[str]]:
    """A deals frame with status, closed_at, expected_close_at and type; and the columns it has now.

    A close date of an open deal is an expectation: it moves to expected_close_at.
    """
    table = nw.from_native(frame)
    known = bool(OUTCOME_COLUMNS & present)
    table = table.with_columns(
        status=nw.coalesce(*_evidence(present), nw.lit("open" if known else "unknown"))
    )
    done = nw.col("status").is_in(["won", "lost", "other"])
    dates = [nw.col(c) for c in ("closed_at", "won_at", "lost_at") if c in present]
    if dates:
        closed = nw.coalesce(*dates)
        table = table.with_columns(
            closed_at=nw.when(done).then(closed),
            expected_close_at=nw.when(~done).then(
                nw.col("expected_close_at" if "expected_close_at" in present else "closed_at")
                if {"expected_close_at", "closed_at"} & present
                else closed
            ),
        )
        present |= {"closed_at"}
    helpers = [c for c in ("won", "closed", "won_at", "lost_at", "stage_outcome") if c in table.columns]
    present = (present - OUTCOME_COLUMNS) | ({"stage"} & present) | ({"status"} if known else set())
    return table.drop(helpers).to_native(), present


def _evidence(present: frozenset[str]) -> list[nw.Expr]:
    """Expressions for the outcome, the strongest first; each is null where it says nothing."""
    found = []
    if "status" in present:
        found.append(nw.col("status"))
    if "won" in present:
        found.append(nw.when(nw.col("won") == "true").then(nw.lit("won")))
        if "closed" in present:
            lost = (nw.col("won") == "false") & (nw.col("closed") == "true")
            found.append(nw.when(lost).then(nw.lit("lost")))
    if "stage" in present:
        found.append(nw.col("stage_outcome"))
    for column, outcome in (("won_at", "won"), ("lost_at", "lost")):
        if column in present:
            found.append(nw.when(~nw.col(column).is_null()).then(nw.lit(outcome)))
    return found


def leads(frame: Any, present: frozenset[str]) -> tuple[Any, frozenset[str]]:
    """A leads frame whose status is the canonical word of its stage or status; and its columns now."""
    table = nw.from_native(frame)
    words = [c for c in ("stage_outcome", "status") if c in table.columns]
    if words:
        table = table.with_columns(status=nw.coalesce(*(nw.col(c) for c in words)))
        table = table.drop([c for c in words if c == "stage_outcome"])
        present |= {"status"}
    return table.to_native(), present
