"""Deals against quotas: a deal counts towards one where its owner has one on the day that counts.

What others win is nobody's quota: in the numerator it would make a team look as if it had met what
only some of it were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.linking import identity
from funnelkit.listing import some
from funnelkit.tables import Note

FLAGS = {"in_quota": "closed_at", "due_in_quota": "expected_close_at"}
"""The flags of deals, and the day that must lie in a quota."""
Span = tuple[int, int]


def of_owners(quotas: Any, present: frozenset[str]) -> tuple[Any, tuple[Note, ...]]:
    """*quotas* without those of nobody, where others are of owners: a team's would count theirs again."""
    if "owner" not in present:
        return quotas, ()
    table = collect.frame(quotas)
    owned = ~nw.col("owner").is_null()
    alone, rows = collect.count(table.filter(~owned)), collect.count(table)
    if not alone:
        return quotas, ()
    if alone == rows:
        return table.drop("owner").to_native(), ()
    what = f"Quotas without an owner: {alone} of {rows}. They are left out, since the others are of owners and would count twice"
    return table.filter(owned).to_native(), (Note(code="quotas_of_nobody", message=what),)


def flagged(deals: Any, of_deals: frozenset[str], quotas: Any) -> tuple[Any, tuple[Note, ...]]:
    """*deals* with 1 in each of ``FLAGS`` where their owner has a quota on that day; owners that sell nothing.

    Where quotas have owners and deals have none, nobody can tell, and there are no flags.
    """
    owned = "owner" in collect.names(collect.frame(quotas))
    if owned and "owner" not in of_deals:
        return deals, ()
    spans = _spans(quotas)
    found = {
        flag: _any(_fits(owners, days, day if day in of_deals else None) for days, owners in spans.items())
        for flag, day in FLAGS.items()
    }
    flags = {flag: identity.flag(fits) for flag, fits in found.items()}
    return collect.frame(deals).with_columns(**flags).to_native(), _strangers(deals, spans) if owned else ()


def _strangers(deals: Any, spans: Mapping[Any, Sequence[str] | None]) -> tuple[Note, ...]:
    """A note on owners that have a quota and no deal, who may be written in another way there."""
    sellers = set(collect.distinct(collect.frame(deals), "owner"))
    alone = sorted({owner for owners in spans.values() for owner in owners or ()} - sellers)
    if not alone:
        return ()
    what = f"Owners with a quota and without any deal: {some(alone, _NAMED)}. Names must be written as in the deals"
    return (Note(code="quota_without_deals", message=what),)


_NAMED = 5


def _spans(quotas: Any) -> dict[tuple[Span, ...] | None, list[str] | None]:
    """The owners that have quotas on the same days, by these days; None stands for all owners, or all days."""
    table = collect.frame(quotas)
    names = collect.names(table)
    dated, owned = {"start", "end"} <= set(names), "owner" in names
    columns = [*(["owner"] if owned else []), *(["start", "end"] if dated else [])]
    if not columns:
        return {None: None}
    days: dict[str | None, set[Span]] = {}
    for row in collect.rows(table.select(*columns).unique()):
        known = days.setdefault(row[0] if owned else None, set())
        if dated and row[-2] is not None and row[-1] is not None:
            known.add((int(row[-2]), int(row[-1])))
    if not owned:
        return {_merged(days[None]) if dated else None: None}
    found: dict[tuple[Span, ...] | None, list[str] | None] = {}
    for owner in sorted(filter(None, days)):
        key = _merged(days[owner]) if dated else None
        found[key] = [*(found.get(key) or ()), owner]
    return found


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """*spans* of days, those that follow each other as one.

    >>> _merged([(0, 9), (10, 19), (30, 39)])
    ((0, 19), (30, 39))
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _fits(owners: list[str] | None, days: tuple[Span, ...] | None, day: str | None) -> nw.Expr:
    """Whether a deal is of one of *owners*, and its *day* is one of *days*."""
    fits = nw.lit(True) if owners is None else nw.col("owner").is_in(owners)
    if days is None or day is None:
        return fits
    within = _any((nw.col(day) >= start) & (nw.col(day) <= end) for start, end in days)
    return fits & within


def _any(conditions: Iterable[nw.Expr]) -> nw.Expr:
    several = [one.fill_null(False) for one in conditions]
    return nw.any_horizontal(*several, ignore_nulls=True) if several else nw.lit(False)
