"""Instants beside days, where minutes count: how long a lead waited for its answer, which of a day's stages came first.

Only where a file has all such columns of its table, with times of day: then more columns are made of the same cells.
Where activities tell who was answered when, the creation of leads alone is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from funnelkit import collect
from funnelkit.columns import INSTANTS
from funnelkit.plans import ColumnPlan
from funnelkit.styles import DateStyle

if TYPE_CHECKING:
    from funnelkit.sources.deciding.decisions import Decision
    from funnelkit.sources.loaded import Loaded
    from funnelkit.sources.recognise import Recognition


CREATED = frozenset({INSTANTS["leads"]["created_at"]})
"""What is read of leads without a first response only where activities are loaded."""


def asked(kind: Recognition, spare: frozenset[str]) -> frozenset[str]:
    """The columns of an export of *kind* that may be read as instants too; nobody asks for those of *spare*."""
    known = INSTANTS.get(kind.table, {})
    if kind.columns.keys() >= known.keys():
        return frozenset(known)
    return frozenset(c for c in kind.columns if known.get(c) in CREATED - spare)


def plans(
    kind: Recognition, decisions: Mapping[str, Decision], text: Any, spare: frozenset[str]
) -> tuple[ColumnPlan, ...]:
    """The columns that are read as instants too; none where one of those that belong together holds days alone."""
    if not (sought := asked(kind, spare)):
        return ()
    from funnelkit.instants import InstantStyle, any_times

    found = []
    for target, beside in INSTANTS[kind.table].items():
        decision = decisions.get(target) if target in sought else None
        style = decision.style if decision else None
        if decision and isinstance(style, DateStyle) and any_times(style, text.distinct(decision.header)):
            found.append(ColumnPlan(target=beside, header=decision.header, style=InstantStyle(of=style)))
    whole = len(found) == len(INSTANTS[kind.table])
    return tuple(plan for plan in found if whole or plan.target in CREATED - spare)


def spared(loaded: Loaded, spare: frozenset[str]) -> Loaded:
    """*loaded* as `plans` would have had it read where nobody asks for *spare*: a kept table has all columns."""
    whole = loaded.present >= set(INSTANTS.get(loaded.table, {}).values())
    if whole or not (unasked := CREATED & spare & loaded.present):
        return loaded
    frame = collect.frame(loaded.frame).drop(sorted(unasked)).to_native()
    return replace(loaded, frame=frame, present=loaded.present - unasked)
