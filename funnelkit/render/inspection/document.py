"""An inspection as JSON: one entry per file, in the order of the arguments, also for a refused one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from funnelkit.inspection import Inspected
from funnelkit.render.json import written

VERSION = "1.0"


def render(seen: Sequence[Inspected]) -> bytes:
    """The document as indented JSON with a line feed at its end."""
    document = {"format_version": VERSION, "files": [entry(one) for one in seen]}
    return written(document)


def entry(one: Inspected) -> dict[str, Any]:
    """The plain values of one file."""
    return {
        "file": one.file,
        "table": one.table,
        "preset": one.preset,
        "rows": one.rows,
        "used": one.used,
        "set_aside": [
            {"reason": s.reason, "message": s.message, "count": s.count, "lines": list(s.lines)}
            for s in one.set_aside
        ],
        "header_line": one.header_line,
        "encoding": one.encoding,
        "delimiter": one.delimiter,
        "sheet": one.sheet,
        "grain": one.grain,
        "currency": one.currencies[0] if len(one.currencies) == 1 else None,
        "first_date": _iso(one.first_date),
        "last_date": _iso(one.last_date),
        "columns": [
            {"to": c.to, "from": c.source, "style": c.style or None, "evidence": c.evidence}
            for c in one.columns
        ],
        "unread": list(one.unread),
        "sums": dict(one.sums or {}),
        "unreadable": [
            {"column": u.column, "from": u.header, "count": u.count, "lines": list(u.lines)}
            for u in one.unreadable
        ],
        "lacks": [
            {"column": k.column, "metrics": list(k.metrics), "periods": k.periods, "message": k.how}
            for k in one.lacks
        ],
        "notes": [{"code": note.code, "message": note.message} for note in one.notes],
        "error": one.error and {"code": one.error.code, "message": one.error.message, "hint": one.error.hint},
        "passed_over": one.stray,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
