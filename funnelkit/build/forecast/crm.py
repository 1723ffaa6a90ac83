"""What the CRM says of open deals, beside what became of deals like them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.build.forecast import histories, openings
from funnelkit.models.forecast.pipeline import Open

if TYPE_CHECKING:
    from funnelkit.build.forecast.flow import Flow
    from funnelkit.metrics.facts import Facts

_EVER = 3660
"""Days within which whatever is won is won."""


class Word(Struct, frozen=True):
    """The open deals of which the CRM says the same."""

    probability: float
    """As it says, from 0 to 1."""
    deals: int
    money: int
    wins: float
    """Expected of those of which past deals tell, however long it takes."""
    told: int
    """How many these are."""


def words(facts: Facts, flow: Flow, scale: int) -> Sequence[Word]:
    """The open deals by what the CRM says, in units of which *scale* make one; nothing where it says nothing."""
    if not facts.has("deals", "probability"):
        return ()
    rows = openings.standing(facts, flow.day)
    if not histories.told(facts):
        return _words([_cells(rows)], flow, scale)
    _, now = histories.stays_of(facts, flow.day)
    here, others = openings.parted(rows, now)
    unstaged = others.with_columns(stage=nw.lit(openings.NO_HISTORY), pipeline=nw.lit(""))
    return _words([_cells(here), _cells(unstaged)], flow, scale)


def _cells(rows: Any) -> Mapping[str, list[Any]]:
    rows = rows.filter(~nw.col("_probability").is_null()).with_columns(nw.col("_amount").fill_null(0))
    keys = ["pipeline", "stage", "_days", "_probability"]
    return collect.columns(
        rows.group_by(keys).agg(nw.len().alias("n"), nw.col("_amount").sum().alias("money"))
    )


def _words(several: Sequence[Mapping[str, list[Any]]], flow: Flow, scale: int) -> Sequence[Word]:
    found: dict[int, list[tuple[int, int, float | None]]] = {}
    for cells in several:
        for i, n in enumerate(map(int, cells["n"])):
            stage = openings.named(cells["pipeline"][i], cells["stage"][i])
            one = Open(stage=stage, age=int(cells["_days"][i]), amounts={}, unpriced=n)
            chance = flow.chance(one, 0, _EVER)
            said = found.setdefault(int(cells["_probability"][i]), [])
            said.append((n, int(cells["money"][i] or 0), None if chance is None else chance.p))
    return [
        Word(
            probability=said / scale,
            deals=sum(n for n, _, _ in deals),
            money=sum(money for _, money, _ in deals),
            wins=math.fsum(n * p for n, _, p in deals if p is not None),
            told=sum(n for n, _, p in deals if p is not None),
        )
        for said, deals in sorted(found.items())
        if 0 <= said <= scale
    ]
