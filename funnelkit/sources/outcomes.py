"""What became of a lead or a deal, from whatever columns of an export say so.

A status column decides; else a won flag; else the stage; else a filled won or lost date. A deal
with a stage or flag that names no outcome is open; one of which nothing is said is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.agreements import Step
from funnelkit.sources import vocabulary
from funnelkit.sources.fills import HOPED_FOR
from funnelkit.sources.vocabulary import UNCLEAR

OUTCOME_COLUMNS = frozenset({"status", "won", "closed", "stage", "won_at", "lost_at"})


def deals(frame: Any, present: frozenset[str]) -> tuple[Any, frozenset[str]]:
    """A deals frame with status, closed_at, expected_close_at and type; and the columns it has now.

    A close date of an open deal is an expectation: it moves to expected_close_at.
    """
    table = collect.frame(frame)
    known = bool(OUTCOME_COLUMNS & present)
    table = table.with_columns(
        status=nw.coalesce(*_evidence(present), _still_open(present), nw.lit("unknown"))
    )
    if HOPED_FOR in collect.names(table):
        table = table.with_columns(amount=_amount()).drop(HOPED_FOR)
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
        present |= {"closed_at", "expected_close_at"}
    held = collect.names(table)
    helpers = [c for c in ("won", "closed", "won_at", "lost_at", "stage_outcome") if c in held]
    present = (present - OUTCOME_COLUMNS) | ({"stage"} & present) | ({"status"} if known else set())
    return table.drop(helpers).to_native(), present


def _evidence(present: frozenset[str]) -> list[nw.Expr]:
    """Expressions for the outcome, the strongest first; each is null where it says nothing."""
    found = []
    if "status" in present:
        found.append(_clear("status"))
    if "won" in present:
        found.append(nw.when(nw.col("won") == "true").then(nw.lit("won")))
        if "closed" in present:
            lost = (nw.col("won") == "false") & (nw.col("closed") == "true")
            found.append(nw.when(lost).then(nw.lit("lost")))
    if "stage" in present:
        found.append(_clear("stage_outcome"))
    for column, outcome in (("won_at", "won"), ("lost_at", "lost")):
        if column in present:
            found.append(nw.when(~nw.col(column).is_null()).then(nw.lit(outcome)))
    return found


def _amount() -> nw.Expr:
    """What a won deal brought, and what the others were hoped to bring: a lost one brought nothing."""
    brought = nw.col("amount")
    some = nw.when((nw.col("status") == "won") | (brought != 0)).then(brought)
    return nw.coalesce(some, nw.col(HOPED_FOR), brought)


def _clear(column: str) -> nw.Expr:
    return nw.when(nw.col(column) != UNCLEAR).then(nw.col(column))


def _still_open(present: frozenset[str]) -> nw.Expr:
    """``open`` where a stage, status or flag is filled, or no lost date is where there could be one."""
    said = [nw.col(c) for c in ("status", "won", "closed") if c in present]
    if "stage" in present:
        said.append(nw.col("stage_outcome"))
    if {"won_at", "lost_at"} <= present or not said:
        return nw.lit("open" if "lost_at" in present else None, nw.String)
    return nw.when(~nw.coalesce(*said).is_null()).then(nw.lit("open"))


def leads(frame: Any, present: frozenset[str], steps: Sequence[Step] = ()) -> tuple[Any, frozenset[str]]:
    """A leads frame whose status is the canonical word of its stage or status; and its columns now.

    The stage goes before the status, but where one of them names a stage of the user's own, the later of both among *steps*.
    """
    table = collect.frame(frame)
    words = [c for c in ("stage_outcome", "status") if c in collect.names(table)]
    if words:
        status = nw.coalesce(*(nw.col(c) for c in words))
        if len(words) > 1:
            status = _turned_down(status)
        if len(words) > 1 and steps:
            status = nw.when(_beyond(steps)).then(nw.col("status")).otherwise(status)
        table = table.with_columns(status=status)
        table = table.drop([c for c in words if c == "stage_outcome"])
        present |= {"status"}
    return table.to_native(), present


def _turned_down(stage: nw.Expr) -> nw.Expr:
    """*stage* of a lead, and whether sales turned it down: CRMs write that beside the stage at which it ended."""
    no = nw.col("status") == "rejected"
    found = nw.when(no & (stage == "lead")).then(nw.lit("rejected"))
    return nw.coalesce(found, nw.when(no & (stage == "mql")).then(nw.lit("mql_rejected")), stage)


def of_stage(stage: str = "") -> str:
    """What a stage in the history of a deal says of its outcome; empty for none.

    >>> of_stage("Closed Won"), of_stage("Proposal"), of_stage("Our own stage")
    ('won', 'open', '')
    """
    found = vocabulary.load().words("deals", "stage_outcome", "status").parse(stage)
    return found if isinstance(found, str) and found != UNCLEAR else ""


def _beyond(steps: Sequence[Step]) -> nw.Expr:
    """Whether the status is a later stage than the stage column says, and one of both is the user's own."""
    stage, status, order = nw.col("stage_outcome"), nw.col("status"), [step.name for step in steps]
    found = []
    for place, step in enumerate(steps):
        if step.words:
            found += [(status == step.name) & stage.is_in(order[:place])]
            found += [(stage == step.name) & status.is_in(order[place + 1 :])]
    return nw.any_horizontal(*found, ignore_nulls=True) if found else nw.lit(False)
