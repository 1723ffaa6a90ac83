"""Two exports that tell of the same money: a tool's invoices beside its payments, a shop's orders beside PayPal.

Their rows have different ids, so nothing else would notice that every sale counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from funnelkit import collect
from funnelkit.errors import SourceError
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.sources.loaded import Loaded


def paid_twice(files: Sequence[Loaded]) -> list[Note]:
    """Notes on payments of different tools that have payers and days in common.

    Raises SourceError for two different exports of one tool that do, or that may, since one does not say who paid.
    """
    notes = []
    for first, second in combinations(files, 2):
        one, other = first.export.kind.preset, second.export.kind.preset
        if one is None or other is None or one.name == other.name:
            continue
        same = _share_payers(first, second)
        if not (same or (same is None and one.tool == other.tool)) or not _share_days(first, second):
            continue
        names = f"{first.export.file} ({one.tool} {one.export}) and {second.export.file} ({other.tool} {other.export})"
        if one.tool == other.tool:
            raise SourceError(
                f"{names} tell of the same money: they have {'payers and ' * bool(same)}days in common",
                hint="Load one of the two, or every sale counts twice.",
                code="paid_twice",
            )
        message = f"{names} have payers and days in common; if they tell of the same sales, these count twice"
        notes.append(Note(code="paid_twice", message=message))
    return notes


def _share_payers(first: Loaded, second: Loaded) -> bool | None:
    """Whether two files have a payer in common; None where one of them names none."""
    one, other = (collect.frame(f.frame) for f in (first, second))
    named = [c for c in ("customer_id", "email") if c in first.present & second.present]
    payers = [(set(collect.distinct(one, c)), set(collect.distinct(other, c))) for c in named]
    payers = [(mine, theirs) for mine, theirs in payers if mine and theirs]
    return any(mine & theirs for mine, theirs in payers) if payers else None


def _share_days(first: Loaded, second: Loaded) -> bool:
    """Whether two files have a day in common between their first and last ones."""
    one, other = (collect.extent(collect.frame(f.frame), "paid_at") for f in (first, second))
    return one is not None and other is not None and max(one[0], other[0]) <= min(one[1], other[1])
