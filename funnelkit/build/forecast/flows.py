"""The flows of deals and of leads, counted on the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.build.forecast import histories, openings
from funnelkit.build.forecast.flow import Flow, Group
from funnelkit.build.forecast.openings import NO_HISTORY, kept, opened
from funnelkit.metrics.reasons import NO_LOST_DEALS, Reason
from funnelkit.models.forecast.staged import LOST, WON, staged

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.metrics.counted import Counted

_DEALS = "deals"
_WAITS = "deal_waits"
_TIMES = "lead_times"
_ENDS = {"won": WON, "lost": LOST, "other": LOST}


def of_deals(counted: Counted, as_of: int) -> Flow | Reason:
    """The deals by the days on which they were created and closed, or why they cannot be followed.

    Where a history tells of their stages, open ones are also known by these.
    """
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
    if not histories.told(facts):
        return Flow(groups=groups, day=as_of, open=opened(openings.standing(facts, as_of)))
    stays, now = histories.stays_of(facts, as_of)
    here, others = openings.parted(openings.standing(facts, as_of), now)
    return Flow(
        groups=groups, day=as_of, stages=staged(stays), open=[*opened(here), *opened(others, mark=NO_HISTORY)]
    )


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
