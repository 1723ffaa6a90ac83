"""Two exports that tell of the same money: a tool's invoices beside its payments, a shop's orders beside PayPal.

Their rows have different ids, so nothing else would notice that every sale counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit.errors import SourceError
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.sources.mapping import Loaded


def paid_twice(files: Sequence[Loaded]) -> list[Note]:
    """Notes on payments of different tools that have payers and days in common.

    Raises SourceError for two different exports of one tool that do.
    """
    notes = []
    for first, second in combinations(files, 2):
        one, other = first.export.kind.preset, second.export.kind.preset
        if one is None or other is None or one.name == other.name or not _meet(first, second):
            continue
        names = f"{first.export.file} ({one.tool} {one.export}) and {second.export.file} ({other.tool} {other.export})"
        if one.tool == other.tool:
            raise SourceError(
                f"{names} tell of the same money: they have payers and days in common",
                hint="Load one of the two, or every sale counts twice.",
                code="paid_twice",
            )
        message = f"{names} have payers and days in common; if they tell of the same sales, these count twice"
        notes.append(Note(code="paid_twice", message=message))
    return notes


def _meet(first: Loaded, second: Loaded) -> bool:
    """Whether two files have a payer in common, and a day between their first and last ones."""
    one, other = (nw.from_native(f.frame) for f in (first, second))
    shared = any(
        set(one[c].drop_nulls().to_list()) & set(other[c].drop_nulls().to_list())
        for c in ("customer_id", "email")
        if c in first.present & second.present
    )
    days = [frame["paid_at"].drop_nulls() for frame in (one, other)]
    if not shared or not all(len(d) for d in days):
        return False
    return bool(max(int(d.min()) for d in days) <= min(int(d.max()) for d in days))
