"""Text cells in memory -> typed ones, and what is told of those that cannot be read: once per different value.

Part of the pandas engine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from funnelkit import bulk
from funnelkit.engines import Aside, BadCells
from funnelkit.engines._coded import Coded, PandasText, Rows
from funnelkit.plans import ColumnPlan
from funnelkit.styles import BAD, Bad, DateStyle, NumberStyle

_INT64_MAX = 2**63 - 1


def typed(coded: Coded, column: ColumnPlan) -> tuple[Any, Rows]:
    """The typed column, and which rows had a cell that its style cannot read."""
    parsed = bulk.parse(column.style, coded.values)
    whole = isinstance(column.style, NumberStyle | DateStyle) or column.style.kind == "instant"
    if whole:
        parsed = _in_range(parsed)
    bad = np.zeros(len(parsed), dtype=bool)
    if Bad in set(map(type, parsed)):
        bad = np.array([p is BAD for p in parsed], dtype=bool)
        parsed = [None if p is BAD else p for p in parsed]
    if whole:
        missing = np.array([p is None for p in parsed], dtype=bool)
        numbers = np.array([0 if p is None else p for p in parsed], dtype=np.int64)
        array: Any = pd.arrays.IntegerArray(numbers[coded.codes], missing[coded.codes])
    else:
        array = pd.array(np.array(parsed, dtype=object), dtype="str").take(coded.codes)
    return array, bad[coded.codes]


def _in_range(parsed: list[Any]) -> list[Any]:
    """*parsed* where a number that 64 bits do not hold is bad."""
    numbers = [p for p in parsed if isinstance(p, int)]
    if not numbers or (max(numbers) <= _INT64_MAX and min(numbers) >= -_INT64_MAX):
        return parsed
    return [BAD if isinstance(p, int) and abs(p) > _INT64_MAX else p for p in parsed]


def asides(text: PandasText, column: ColumnPlan, lost: Any, wrong: Any) -> list[Aside]:
    """Rows without a needed cell: those where it is missing, and those where it cannot be read."""
    found = []
    for reason, mask, say in (
        ("missing_value", lost & ~wrong, f"no value in column {column.header!r} ({column.target})"),
        ("bad_value", lost & wrong, f"column {column.header!r} ({column.target}) cannot be read"),
    ):
        if mask.any():
            example = bad_cells(text, column, mask).example if reason == "bad_value" else ""
            message = f"{say}: {example!r}" if example else say
            lines = tuple(text.lines[mask].tolist())
            found.append(Aside(reason=reason, message=message, lines=lines, column=column.header))
    return found


def bad_cells(text: PandasText, column: ColumnPlan, mask: Any) -> BadCells:
    coded = text.columns[column.header]
    first = int(np.flatnonzero(mask)[0])
    return BadCells(
        target=column.target,
        header=column.header,
        lines=tuple(text.lines[mask].tolist()),
        example=coded.values[coded.codes[first]][:40],
    )
