"""A study as JSON for scripts: raw numbers, ISO dates, null with a reason.

``schema/study.schema.json`` says what each key means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import json as report
from funnelkit.render._measured import measured

if TYPE_CHECKING:
    from funnelkit.render._measured import Object
    from funnelkit.studies import Entry, Field, Study, Table

VERSION = "1.0"
"""Adding keys raises the minor number, anything else the major."""


def render(study: Study) -> bytes:
    """*study* as one JSON document, indented by two, with a line feed at the end."""
    return report.written(document(study))


def document(study: Study) -> Object:
    """The keys in the order in which they are written."""
    return {
        "format_version": VERSION,
        "command": study.command,
        "title": study.title,
        "as_of": study.as_of.isoformat() if study.as_of else None,
        "timezone": study.timezone,
        "currency": study.currency,
        "period": report.period(study.period) if study.period else None,
        "filters": list(study.filters),
        "sentences": list(study.sentences),
        "tables": [_table(table) for table in study.tables],
        "sources": [report.origin(source) for source in study.sources],
        "warnings": report.notes(study.warnings),
    }


def _table(table: Table) -> Object:
    return {
        "id": table.id,
        "title": table.title,
        "caption": table.caption,
        "key": [field.id for field in table.fields[: table.names]],
        "columns": [{"id": field.id, "label": field.label, "unit": field.unit} for field in table.fields],
        "rows": [
            {field.id: _entry(entry, field) for field, entry in zip(table.fields, row, strict=True)}
            for row in table.rows
        ],
    }


def _entry(entry: Entry, field: Field) -> Object | str | None:
    """Words as they are, a cell as in the report; null where nothing can stand."""
    beside: Object = {"young": True} if entry.young else {}
    beside |= {"few": True} if entry.few else {}
    beside |= {"verdict": entry.verdict} if entry.verdict else {}
    beside |= {"uncalled": entry.uncalled} if entry.uncalled else {}
    if entry.cell is not None:
        return measured(entry.cell, entry.unit or field.unit) | beside
    return {"text": entry.text} | beside if beside else entry.text or None
