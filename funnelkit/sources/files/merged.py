"""Merged cells of a sheet: a name or a day that stands for several rows is said of each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

Merged = dict[int, list[tuple[int, int]]]
"""Line -> column and first line of the merged cells that reach down to it, both counted from 0."""


def below(cells: Any, skip: int) -> Merged:
    """The merged cells of a sheet's *cells* below its first *skip* rows."""
    found: Merged = {}
    last = cells.end[0] if cells.end else 0
    for (top, column), (bottom, _) in cells.merged_cell_ranges or ():
        for line in range(top + 1, min(bottom, last) + 1) if top >= skip else ():
            found.setdefault(line, []).append((column, top))
    return found


def filled(rows: Iterator[list[Any]], merged: Merged, skip: int) -> Iterator[list[Any]]:
    """*rows* from line *skip* on, where a merged name or day stands in each row it spans. A number is there once."""
    tops: dict[int, set[int]] = {}
    for column, top in {cell for reached in merged.values() for cell in reached}:
        tops.setdefault(top, set()).add(column)
    values: dict[tuple[int, int], Any] = {}
    for line, row in enumerate(rows, skip):
        values |= {(line, column): row[column] for column in tops.get(line, ()) if column < len(row)}
        if any(cell != "" for cell in row):
            for column, top in merged.get(line, ()):
                value = values.get((top, column))
                names = isinstance(value, str) and any(map(str.isalpha, value))
                if column < len(row) and row[column] == "" and (names or isinstance(value, date)):
                    row[column] = value
        yield row
