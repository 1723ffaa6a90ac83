"""The total row as a check: its figures beside the sum of the rows, told and never used.

The two need not be equal: a tool counts in its total what it leaves out of the rows, and counts a person once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.engines import Aside
from funnelkit.sources.deciding.decisions import Decision
from funnelkit.sources.rows.subtotals import FIGURES
from funnelkit.styles import DateStyle, NumberStyle
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
    less = False
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
            less = less or abs(sum(said)) < abs(summed)
            found.append(f"{decision.header} {_shown(said[0], style)} and the rows {_shown(summed, style)}")
    if not found:
        return []
    why = (
        "rows may be counted twice, such as subtotals among them"
        if less
        else "a total may hold what the export leaves out"
    )
    message = f"{file}: the total row says {'; '.join(found)}. The rows are what counts: {why}"
    return [Note(code="total_differs", message=message)]


def _proven(figures: Sequence[int], rows: collect.Frame) -> bool:
    """Whether it is no chance that *figures* are the sum of *rows*: one figure may equal that of one row."""
    return sum(map(bool, figures)) > 1 or collect.count(rows) > 1


_MOST = 50
"""So many rows without a date are added up at most: more are no totals."""


def undated(
    table: str, text: Any, frame: Any, aside: Sequence[Aside], decisions: Mapping[str, Decision]
) -> tuple[Aside, ...]:
    """*aside*, where a row without a date that is the sum of all rows, or of those above it, is said to be a total."""
    dates = {d.header for d in decisions.values() if isinstance(d.style, DateStyle)}
    styles = [
        (c, d.header, d.style)
        for c in FIGURES.get(table, ())
        if (d := decisions.get(c)) and isinstance(d.style, NumberStyle)
    ]
    found: list[Aside] = []
    for one in aside:
        told_of = one.reason == "missing_value" and one.column in dates and not one.more
        if not told_of or one.count > _MOST or not styles:
            found.append(one)
            continue
        told = {c: [style.parse(cell) for cell in text.at(h, one.lines)] for c, h, style in styles}
        found += _summed(one, told, collect.frame(frame))
    return tuple(found)


def _summed(one: Aside, told: Mapping[str, Sequence[Any]], frame: collect.Frame) -> list[Aside]:
    """The rows of *one*, of which those that say what others add up to are totals or subtotals."""
    names = list(told)
    all_rows = collect.totals(frame, names)
    totals, parts = [], []
    before = 0
    for line, *said in zip(one.lines, *told.values(), strict=True):
        figures = [n or 0 if isinstance(n, int | None) else -1 for n in said]
        row = nw.col("source_row")
        if not any(figures):
            continue
        block = frame.filter((row > before) & (row < line))
        if figures == all_rows and _proven(figures, frame):
            totals.append(line)
        elif figures == collect.totals(block, names) and _proven(figures, block):
            parts.append(line)
        before = line
    rest = tuple(line for line in one.lines if line not in {*totals, *parts})
    made = [
        Aside(reason="total", message="without a date, and the sum of all rows", lines=tuple(totals)),
        Aside(reason="subtotal", message="without a date, and the sum of the rows above", lines=tuple(parts)),
        replace(one, lines=rest),
    ]
    return [aside for aside in made if aside.lines]


def _shown(number: int, style: NumberStyle) -> str:
    return f"{Decimal(number).scaleb(-style.scale):,}"
