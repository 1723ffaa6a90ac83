"""The total row as a check: its figures beside the sum of the rows, told and never used.

The two need not be equal: a tool counts in its total what it leaves out of the rows, and counts a person once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from funnelkit import collect
from funnelkit.engines import Aside
from funnelkit.sources.decisions import Decision
from funnelkit.styles import NumberStyle
from funnelkit.tables import Note

_CHECKED = ("cost", "impressions", "clicks", "sessions")
"""What adds up. Reach and users do not: their totals count a person once."""


def differences(
    file: str, text: Any, frame: Any, aside: Sequence[Aside], decisions: Mapping[str, Decision]
) -> list[Note]:
    """A note where no total row of *file* says what its rows add up to."""
    lines = [line for one in aside if one.reason == "total" for line in one.lines]
    if not lines:
        return []
    table = collect.frame(frame)
    rows = collect.count(table)
    found = []
    for target in _CHECKED:
        decision = decisions.get(target)
        if decision is None or not isinstance(decision.style, NumberStyle) or not rows:
            continue
        style = decision.style
        said = [n for cell in text.at(decision.header, lines) if isinstance(n := style.parse(cell), int)]
        # Each row may be rounded by half of its last decimal.
        slack = 0 if style.exact or not style.scale else rows // 2 + 1
        summed = collect.totals(table, [target])[0]
        # With two ranges of days each has a total of its own.
        if said and all(abs(n - summed) > slack for n in (*said, sum(said))):
            found.append(f"{decision.header} {_shown(said[0], style)} and the rows {_shown(summed, style)}")
    if not found:
        return []
    message = (
        f"{file}: the total row says {'; '.join(found)}. The rows are what counts: a total may hold what the "
        "export leaves out"
    )
    return [Note(code="total_differs", message=message)]


def _shown(number: int, style: NumberStyle) -> str:
    return f"{Decimal(number).scaleb(-style.scale):,}"
