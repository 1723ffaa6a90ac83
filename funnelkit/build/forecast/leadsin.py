"""Leads that are in and have no deal yet: how many wins they will bring, by way of the deals that they will become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import numpy as np

from funnelkit import collect
from funnelkit.build.forecast.flow import Flow, Group
from funnelkit.build.forecast.openings import kept
from funnelkit.models.forecast.chances import FEWEST
from funnelkit.models.forecast.staged import WON

if TYPE_CHECKING:
    from funnelkit.metrics.facts import Facts
    from funnelkit.periods import Period


def toward_deals(facts: Facts, as_of: int) -> Flow | None:
    """The leads by the days on which they came and their first deal was created; None where nothing tells."""
    if "deals" not in facts.frames or not all(
        facts.has("leads", column) for column in ("created_at", "has_deal", "deal_created_at")
    ):
        return None
    rows = kept(facts, "leads").filter(~nw.col("created_at").is_null())
    rows = rows.with_columns(_deal=nw.col("has_deal").fill_null(0))
    cells = collect.columns(rows.group_by("created_at", "_deal", "deal_created_at").agg(nw.len().alias("n")))
    found = []
    for i, n in enumerate(map(int, cells["n"])):
        has, day = bool(cells["_deal"][i]), cells["deal_created_at"][i]
        if has and day is None:
            continue
        found.append(Group(int(cells["created_at"][i]), int(day) if has else None, WON if has else "", n))
    known = any(one.outcome for one in found)
    return (
        Flow(groups=sorted(found, key=lambda one: (one.begun, one.ended or 0)), day=as_of) if known else None
    )


def wins(leads: Flow, deals: Flow, period: Period) -> float:
    """The wins in *period* of deals that leads without one will still become.

    Each of them has a deal on a later day with the chance that leads of its age had (Kaplan and Meier), and
    that deal is won by the end of the period as new deals are. Ages that too few have had are left out.
    """
    days = range(deals.day + 1, period.end + 1)
    chances = [deals.yet_to_begin(day, max(period.start, deals.day + 1), period.end) for day in days]
    won = np.array([0.0 if one is None else one.p for one in chances])
    standing: Mapping[int, int] = {one.age: one.deals for one in leads.standing}
    curve = leads.curve
    longest = max(standing, default=0) + len(won)
    share = np.zeros(longest + 1)
    for day, reached in zip(curve.times, curve.won, strict=True):
        if day <= longest:
            share[day:] = reached
    total = 0.0
    for age, n in standing.items():
        _, still, beyond = curve.at(age)
        if beyond >= FEWEST and still > 0:
            total += n * float(np.diff(share[age : age + len(won) + 1]) @ won) / still
    return total
