"""Instants beside days, where minutes count: how long a lead waited for its answer, which of a day's stages came first.

Only where a file has all such columns of its table, with times of day: then more columns are made of the same cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from funnelkit.plans import ColumnPlan
from funnelkit.styles import DateStyle
from funnelkit.tables import INSTANTS

if TYPE_CHECKING:
    from funnelkit.sources.decisions import Decision
    from funnelkit.sources.recognise import Recognition


def asked(kind: Recognition) -> bool:
    """Whether an export of *kind* has all the columns of its table of which instants are kept."""
    wanted = INSTANTS.get(kind.table, {})
    return bool(wanted) and kind.columns.keys() >= wanted.keys()


def plans(table: str, decisions: Mapping[str, Decision], text: Any) -> tuple[ColumnPlan, ...]:
    """The columns that are read as instants too; none where one of them holds days alone."""
    wanted = INSTANTS.get(table, {})
    if not decisions.keys() >= wanted.keys():
        return ()
    from funnelkit.instants import InstantStyle, any_times

    found = []
    for target, beside in wanted.items():
        header, style = decisions[target].header, decisions[target].style
        if isinstance(style, DateStyle) and any_times(style, text.distinct(header)):
            found.append(ColumnPlan(target=beside, header=header, style=InstantStyle(of=style)))
    return tuple(found) if len(found) == len(wanted) else ()
