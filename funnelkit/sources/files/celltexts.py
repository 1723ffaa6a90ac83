"""Typed cells of a workbook -> the texts that a CSV would hold.

Dates turn into ISO form and numbers keep all their digits, so that everything above reads one kind of cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any


def texts(cells: Sequence[Any]) -> list[str]:
    """The texts that a CSV export would hold for typed *cells*."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return list(cells)
    if bool in kinds:
        # True equals 1, and so cannot be looked up beside it.
        return list(map(cell_text, cells))
    known = {cell: cell_text(cell) for cell in set(cells)}
    return list(map(known.__getitem__, cells))


def cell_text(cell: Any) -> str:
    """The text that a CSV export would hold for a typed cell of a workbook.

    >>> cell_text(45362.0), cell_text(0.1), cell_text(datetime(2026, 3, 4))
    ('45362', '0.1', '2026-03-04')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time(0)
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta | int) else ""


def _float_text(number: float) -> str:
    # Beyond 15 digits Excel itself has rounded: the exponent form shows that an id is damaged.
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    text = repr(number)
    # "1.125" could also be read as thousands. A typed number is not in doubt, so that it gets a fourth decimal.
    return f"{text}0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", text) else text
