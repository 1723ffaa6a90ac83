"""The report as JSON for scripts: raw numbers, ISO dates, null with a reason.

``schema/report.schema.json`` says what each key means.
"""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from funnelkit.render._measured import Object, change, measured, target
from funnelkit.render._text import whole
from funnelkit.reports import (
    Breakdown,
    Comparison,
    Handoff,
    Metric,
    Point,
    Report,
    Row,
    Source,
    Span,
    Stage,
    Trend,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from funnelkit.metrics.cell import Cell, Change
    from funnelkit.reports import Aim
    from funnelkit.tables import Note

FORMAT_VERSION = "1.0"
"""Adding keys raises the minor number, anything else the major."""

# JSON lets these stand as they are, but a terminal or a script that embeds the document would act on them.
_RAW = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def render(report: Report) -> bytes:
    """*report* as one JSON document, indented by two, with a line feed at the end."""
    return written(document(report))


def written(found: Object) -> bytes:
    """The document *found* as text that nothing can act on."""
    try:
        packed = msgspec.json.encode(found)
    except UnicodeEncodeError:
        # Half a character, which UTF-8 cannot hold.
        packed = whole(json.dumps(found, ensure_ascii=False)).encode()
    # The standard library takes twenty times as long to indent.
    return f"{_RAW.sub(_escaped, msgspec.json.format(packed, indent=2).decode())}\n".encode()


def document(report: Report) -> Object:
    """The keys in the order in which they are written."""
    definitions, changes = report.definitions, report.comparison.changes if report.comparison else {}
    found: Object = {
        "format_version": FORMAT_VERSION,
        "title": report.title,
        "as_of": report.as_of.isoformat() if report.as_of else None,
        "timezone": report.timezone,
        "currency": report.currency,
        "period": period(report.period) if report.period else None,
        "filters": list(report.filters),
        "min_n": report.min_n,
        "metrics": _metrics(report.metrics, changes, definitions, report.targets, named=True),
        "breakdown": _breakdown(report.breakdown, definitions) if report.breakdown else None,
        "trend": _trend(report.trend, definitions) if report.trend else None,
        "comparison": _comparison(report),
        "further_comparisons": [_beside(one, definitions) for one in report.besides],
        "stage_entry": report.stage_entry,
        "funnel": [_stage(stage) for stage in report.funnel],
        "sources": [origin(source) for source in report.sources],
        "matching": _matching(report),
        "unmatched": dict(report.unmatched),
        "warnings": notes(report.warnings),
    }
    return found | ({"handoff": _handoff(report.handoff)} if report.handoff else {})


def _metrics(
    cells: Mapping[str, Cell],
    changes: Mapping[str, Change],
    definitions: Mapping[str, Metric],
    targets: Mapping[str, Aim] = MappingProxyType({}),
    *,
    named: bool = False,
) -> Object:
    """The cells by metric id, in the order of the report; *named* adds label, direction and anchor."""
    return {
        metric.id: measured(cells[metric.id], metric.unit)
        | (_named(metric) if named else {})
        | ({"change": change(changes[metric.id], metric.unit)} if metric.id in changes else {})
        | ({"target": target(targets[metric.id])} if metric.id in targets else {})
        for metric in definitions.values()
        if metric.id in cells
    }


def _named(metric: Metric) -> Object:
    found = {"label": metric.label, "better": metric.better}
    return (
        found
        | ({"cohort": True} if metric.cohort else {})
        | ({"anchor": metric.anchor} if metric.anchor else {})
    )


def period(span: Span) -> Object:
    """The first and last day of *span*, and what it is called."""
    days = {"start": span.start.isoformat(), "end": span.end.isoformat(), "label": span.label}
    return days | ({"partial": True} if span.partial else {})


def _points(points: tuple[Point, ...], definitions: Mapping[str, Metric]) -> list[Object]:
    """One object per period. It is called by its label, as the period of the report is."""
    found = []
    for point in points:
        span = period(point.span)
        label = span.pop("label")
        found.append({"period": label, **span, "metrics": _metrics(point.cells, {}, definitions)})
    return found


def _trend(trend: Trend, definitions: Mapping[str, Metric]) -> Object:
    return {"grain": trend.grain, "rows": _points(trend.points, definitions)}


def _breakdown(breakdown: Breakdown, definitions: Mapping[str, Metric]) -> Object:
    rows = [_row(row, breakdown.by, definitions) for row in breakdown.rows]
    return {"by": list(breakdown.by), "sort": breakdown.sort, "rows": rows}


def _row(row: Row, by: tuple[str, ...], definitions: Mapping[str, Metric]) -> Object:
    found: Object = {"key": dict(zip(by, row.key, strict=True))}
    if row.rest_of:
        found["rest_of"] = row.rest_of
    found["metrics"] = _metrics(row.cells, row.changes, definitions, row.targets)
    return found | {"trend": _points(row.trend, definitions)}


def _handoff(found: Handoff) -> Object:
    orphans = {"orphans": msgspec.to_builtins(found.orphans)} if found.orphans else {}
    return orphans | {
        "metrics": list(found.metrics),
        "sla": {"minutes": found.sla_minutes, "label": found.sla},
        "handed_over": found.handed_over,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "undecided": found.undecided,
        "rejection_reasons": [{"reason": r.label, **measured(r.cell, "ratio")} for r in found.reasons],
        "score": {
            "bands": [{"least": b.least, "most": b.most, **measured(b.cell, "ratio")} for b in found.bands],
            "stderr": found.score_stderr,
            "lift": [{"top": lift.top, "value": lift.value} for lift in found.lifts],
        },
        "qualification": {
            "applied": found.by_rule,
            "versions": [
                {
                    "version": rule.version,
                    "since": rule.since.isoformat() if rule.since else None,
                    "rule": rule.rule,
                    "leads": rule.leads,
                    "metrics": {name: measured(one, "ratio") for name, one in rule.cells.items()},
                }
                for rule in found.rules
            ],
        },
    }


def _comparison(report: Report) -> Object | None:
    if not report.comparison:
        return None
    return {"kind": report.comparison.kind, "period": period(report.comparison.span)}


def _beside(one: Comparison, definitions: Mapping[str, Metric]) -> Object:
    changes = {name: change(moved, definitions[name].unit) for name, moved in one.changes.items()}
    return {"kind": one.kind, "period": period(one.span), "changes": changes}


def _stage(stage: Stage) -> Object:
    """A stage with its rates as plain numbers, and as cells with interval, n and reason beside them."""
    found: Object = {"stage": stage.stage, "label": stage.label, "entered": stage.entered}
    for name, cell in (("previous", stage.rate_from_previous), ("first", stage.rate_from_first)):
        if cell:
            found |= {f"rate_from_{name}": cell.value, f"from_{name}": measured(cell, "ratio")}
    return found | {"skipped": stage.skipped} | ({"optional": True} if stage.optional else {})


def origin(source: Source) -> Object:
    """One file, and what became of its rows."""
    return {
        "file": source.file,
        "table": source.table,
        "preset": source.preset,
        "rows": source.rows,
        "used": source.used,
        "set_aside": [
            {
                "reason": aside.reason,
                "count": aside.count,
                "lines": list(aside.lines),
                "message": aside.message,
            }
            for aside in source.set_aside
        ],
        "first_date": source.first_date.isoformat() if source.first_date else None,
        "last_date": source.last_date.isoformat() if source.last_date else None,
        "sha256": source.sha256 or None,
        "currency": source.currency,
    }


def notes(warnings: Iterable[Note]) -> list[Object]:
    """What a reader of the numbers must know."""
    return [{"code": note.code, "message": note.message} for note in warnings]


def _matching(report: Report) -> list[Object]:
    """One entry per key. *unmatched* is for the table as a whole: its rows that no key linked."""
    return [
        {
            "from": match.source,
            "to": match.target,
            "by": match.by,
            "matched": match.matched,
            "unmatched": report.unmatched.get(match.source),
        }
        for match in report.matching
    ]


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
