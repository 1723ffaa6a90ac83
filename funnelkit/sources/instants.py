"""The minutes until a lead was answered: its creation and its first response, kept as instants beside their days.

Only where a file tells of both, and both with times of day: then two more columns are made of the same cells.
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
    """Whether an export of *kind* may tell how long leads have waited."""
    return kind.table == "leads" and kind.columns.keys() >= INSTANTS.keys()


def plans(table: str, decisions: Mapping[str, Decision], text: Any) -> tuple[ColumnPlan, ...]:
    """The columns that are read as instants too; none where one of them holds days alone."""
    if table != "leads" or not decisions.keys() >= INSTANTS.keys():
        return ()
    from funnelkit.instants import InstantStyle, any_times

    found = []
    for target, beside in INSTANTS.items():
        header, style = decisions[target].header, decisions[target].style
        if isinstance(style, DateStyle) and any_times(style, text.distinct(header)):
            found.append(ColumnPlan(target=beside, header=header, style=InstantStyle(of=style)))
    return tuple(found) if len(found) == len(INSTANTS) else ()
