"""The flows of deals and of leads, counted on the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.build.forecast.flow import LOST, WON, Flow, Group
from funnelkit.metrics.columns import KEPT
from funnelkit.metrics.reasons import NO_LOST_DEALS, Reason
from funnelkit.models.forecast.pipeline import Open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelkit.collect import Frame
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.facts import Facts

_DEALS = "deals"
_WAITS = "deal_waits"
_TIMES = "lead_times"
_ENDS = {"won": WON, "lost": LOST, "other": LOST}


def of_deals(counted: Counted, as_of: int) -> Flow | Reason:
    """The deals by the days on which they were created and closed, or why they cannot be followed."""
    facts = counted.facts
    if reason := counted.lacks.get(_WAITS):
        return reason
    priced = facts.has(_DEALS, "amount")
    rows = kept(facts, _DEALS).filter(
        ~nw.col("created_at").is_null(), nw.col("status").is_in([*_ENDS, "open"])
    )
    closed = nw.when(nw.col("status") != "open").then(nw.col("closed_at"))
    rows = rows.with_columns(_closed=closed)
    groups = _grouped(rows, priced=priced)
    if not any(one.outcome == LOST for one in groups):
        return NO_LOST_DEALS
    if not any(one.outcome == WON for one in groups):
        return Reason("no_won_deals", "no deal with days of creation and closing has been won so far")
    return Flow(groups=groups, day=as_of, open=_open(facts, as_of, priced=priced))


def _grouped(rows: Frame, *, priced: bool) -> list[Group]:
    made = {"_bare": nw.col("amount").is_null().cast(nw.Int64)} if priced else {}
    keys = ["created_at", "_closed", "status"]
    sums = [nw.col("amount").sum().alias("money"), nw.col("_bare").sum().alias("bare")] if priced else []
    if priced:
        rows = rows.with_columns(**made, amount=nw.col("amount").fill_null(0))
    cells = collect.columns(rows.group_by(keys).agg(nw.len().alias("n"), *sums))
    found = []
    for i, n in enumerate(map(int, cells["n"])):
        status, begun, ended = cells["status"][i], int(cells["created_at"][i]), cells["_closed"][i]
        if status != "open" and ended is None:
            # Closed on a day that nobody knows: it tells nothing of time.
            continue
        money, bare = (int(cells["money"][i]), int(cells["bare"][i])) if priced else (0, n)
        found.append(
            Group(begun, None if ended is None else int(ended), _ENDS.get(status, ""), n, money, bare)
        )
    return sorted(found, key=lambda one: (one.begun, one.ended or 0, one.outcome, one.money))


def _open(facts: Facts, as_of: int, *, priced: bool) -> Sequence[Open]:
    """The open deals by stage, age and amount."""
    rows = kept(facts, _DEALS).filter(nw.col("status") == "open", ~nw.col("created_at").is_null())
    made = {name: _text(facts, name) for name in ("pipeline", "stage")}
    made["_amount"] = nw.col("amount") if priced else nw.lit(None, nw.Int64)
    keys = ["pipeline", "stage", "created_at", "_amount"]
    cells = collect.columns(rows.with_columns(**made).group_by(keys).agg(nw.len().alias("n")))
    several = len({name for name in cells["pipeline"] if name}) > 1
    places: dict[tuple[str, int], dict[int | None, int]] = {}
    for i, n in enumerate(map(int, cells["n"])):
        stage = named(cells["pipeline"][i] if several else "", cells["stage"][i])
        amount = cells["_amount"][i]
        amounts = places.setdefault((stage, as_of - int(cells["created_at"][i])), {})
        key = None if amount is None else int(amount)
        amounts[key] = amounts.get(key, 0) + n
    return [
        Open(
            stage=stage,
            age=age,
            amounts={amount: n for amount, n in sorted(_priced(amounts))},
            unpriced=amounts.get(None, 0),
        )
        for (stage, age), amounts in sorted(places.items())
    ]


def named(pipeline: str | None, stage: str | None) -> str:
    """A stage as it is called where there are several pipelines."""
    return f"{pipeline}: {stage or ''}" if pipeline else stage or ""


def _priced(amounts: Mapping[int | None, int]) -> Iterator[tuple[int, int]]:
    return ((amount, n) for amount, n in amounts.items() if amount is not None)


def _text(facts: Facts, column: str) -> nw.Expr:
    told = facts.has(_DEALS, column)
    return nw.col(column).cast(nw.String).fill_null("") if told else nw.lit("")


def of_leads(counted: Counted, as_of: int) -> Flow | Reason:
    """The leads by the days on which they came and were won, or why they cannot be followed.

    Leads from before anybody wrote down wins are left out, since they would make all leads look slow.
    """
    if reason := counted.lacks.get(_TIMES):
        return reason
    rows = kept(counted.facts, "leads").filter(~nw.col("created_at").is_null())
    rows = rows.with_columns(
        _won=nw.col("has_won").fill_null(0), _day=nw.when(nw.col("has_won") == 1).then(nw.col("won_at"))
    )
    cells: dict[str, list[Any]] = collect.columns(
        rows.group_by("created_at", "_won", "_day").agg(nw.len().alias("n"))
    )
    found = []
    for i, n in enumerate(map(int, cells["n"])):
        won, day = bool(cells["_won"][i]), cells["_day"][i]
        if won and day is None:
            continue
        ended = None if day is None else int(day)
        found.append(Group(int(cells["created_at"][i]), ended, WON if won else "", n))
    if not any(one.outcome == WON for one in found):
        return Reason("no_won_leads", "no lead with a day of creation has been won so far")
    return Flow(groups=sorted(found, key=lambda one: (one.begun, one.ended or 0)), day=as_of)


def since(flow: Flow, day: int) -> Flow:
    """*flow* without what began before *day*."""
    return Flow(groups=[one for one in flow.groups if one.begun >= day], day=flow.day)


def kept(facts: Facts, table: str) -> Frame:
    """The rows of *table* that pass the filters."""
    frame: Frame = facts.frames[table]
    if facts.filters and (passes := facts.derived(table, KEPT)) is not None:
        frame = frame.filter(passes)
    return frame
