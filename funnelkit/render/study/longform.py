"""A study as CSV for spreadsheets and scripts: one row for each value, with raw numbers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from funnelkit.render.csv import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from funnelkit.studies import Entry, Field, Study, Table

_AFTER = tuple("column value numerator denominator n low high unit young verdict reason few".split())


def render(study: Study) -> bytes:
    """*study* as UTF-8 CSV with a header line. What is missing is empty; words stand as values of the unit text.

    The columns that say what a row is stand behind the name of the table, those of all tables beside each other.
    """
    keys = list(dict.fromkeys(field.id for table in study.tables for field in table.fields[: table.names]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", *(safe(key) for key in keys), *_AFTER])
    for table in study.tables:
        for row in _rows(table, keys):
            writer.writerow([safe(value) if isinstance(value, str) else value for value in row])
    return text.getvalue().encode()


def _rows(table: Table, keys: list[str]) -> Iterator[tuple[object, ...]]:
    for row in table.rows:
        names = {
            field.id: entry.cell.value if entry.cell else entry.text
            for field, entry in zip(table.fields[: table.names], row, strict=False)
        }
        for field, entry in zip(table.fields[table.names :], row[table.names :], strict=True):
            if entry.cell or entry.text:
                yield table.id, *(names.get(key, "") for key in keys), field.id, *_numbers(entry, field)


def _numbers(entry: Entry, field: Field) -> tuple[object, ...]:
    young, few = ("true" if sign else "" for sign in (entry.young, entry.few))
    cell = entry.cell
    if cell is None:
        return (entry.text, *("",) * 5, "text", young, entry.verdict, "", few)
    low, high = cell.interval or (None, None)
    unit = entry.unit or field.unit
    return (
        cell.value, cell.numerator, cell.denominator, cell.n, low, high, unit, young, entry.verdict, cell.reason, few,
    )  # fmt: skip
