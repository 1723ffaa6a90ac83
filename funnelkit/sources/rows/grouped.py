"""Reports that are grouped: only the first row of a group names it, the others leave the cell blank.

Formatted exports of a CRM are so. A column is a group's where it stands first, an arrow in its header
or subtotals among its cells say so, and no row names again the group that it is in already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.engines import Batch
from funnelkit.sources.files.export import Export
from funnelkit.sources.recognise import Recognition

_ARROW = r"\s*[↑↓▲▼]$"
_LABELS = r"(?i)(?:grand |sub ?)?totals?(?: \(.*\))?|subtotal|count"
_LOOKED_AT = 5_000
"""So many rows show whether a column is a group's."""


class _Groups(Struct):
    """The columns by which rows are grouped, and the groups that the last row was in."""

    columns: Sequence[int]
    labels: re.Pattern[str]
    now: list[Any]

    def named(self, row: Sequence[Any]) -> tuple[list[Any], int | None]:
        """*row* with the groups that it leaves blank, and the first column that names a group; None for none."""
        first = next((i for i, c in enumerate(self.columns) if _at(row, c)), None)
        if first is not None:
            # A new group begins, and with it those within.
            self.now[first:] = [row[c] if c < len(row) else "" for c in self.columns[first:]]
        made = list(row)
        for column, group in zip(self.columns, self.now, strict=True):
            if column < len(made):
                made[column] = group
        return made, first

    def sums(self, row: Sequence[Any]) -> bool:
        """Whether *row* is a line of sums, or none at all."""
        filled = [text for c in range(min(len(row), 6)) if (text := _at(row, c))]
        return not filled or any(self.labels.fullmatch(text) for text in filled)


def filled_down(export: Export[Recognition]) -> Export[Recognition]:
    """*export* with the group of each row in its cell, where the report is grouped."""
    preset = export.kind.preset
    if preset is None or not preset.totals or preset.table not in ("leads", "deals"):
        return export
    labels = re.compile("|".join([_LABELS, *preset.totals]), re.IGNORECASE)
    columns = _columns(export, labels)
    if not columns:
        return export

    def batches() -> Iterator[Batch]:
        groups = _Groups(columns=columns, labels=labels, now=[""] * len(columns))
        for batch in export.batches():
            rows = [row if groups.sums(row) else groups.named(row)[0] for row in batch.rows]
            yield replace(batch, rows=rows)

    return replace(export, batches=batches, scan=None)


def _columns(export: Export[Recognition], labels: re.Pattern[str]) -> list[int]:
    """The columns by which *export* is grouped, from the left."""
    found: list[int] = []
    arrows = [bool(re.search(_ARROW, name)) for name in export.header]
    begin = next((column for column, name in enumerate(export.header) if name), 0)
    if not any(arrows) and all(_at(cells, begin) for cells in export.first):
        return found
    rows = [list(cells) for _, cells in islice(export.open(), _LOOKED_AT)]
    for column, name in enumerate(export.header):
        if not name:
            continue
        if not _groups(rows, [*found, column], labels, arrow=arrows[column]):
            break
        found.append(column)
    return found


def _groups(rows: Sequence[list[str]], columns: list[int], labels: re.Pattern[str], *, arrow: bool) -> bool:
    """Whether the last of *columns* is a group's, the others being so already."""
    groups = _Groups(columns=columns, labels=labels, now=[""] * len(columns))
    last = columns[-1]
    told, blank, before = arrow, False, ""
    for row in rows:
        if groups.sums(row):
            told |= bool(labels.fullmatch(_at(row, last)))
            continue
        first = next((i for i, c in enumerate(columns) if _at(row, c)), None)
        cell = _at(row, last)
        # Its own first row must say the group, and no later one may say it again.
        if not cell and (not before or first is not None):
            return False
        if cell and cell == before and first == len(columns) - 1:
            return False
        blank |= not cell
        before = cell or before
    return told and blank


def _at(row: Sequence[Any], column: int) -> str:
    """The cell of *row* in *column*, as text."""
    return str(row[column]).strip() if column < len(row) and row[column] is not None else ""
