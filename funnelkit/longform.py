"""The report as flat rows: one per metric, group and period, with raw numbers.

CSV and ``Report.to_frame`` are both made from these rows, so a spreadsheet and a notebook cannot differ.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from funnelkit.metrics.cell import Cell, Change
    from funnelkit.reports import Aim, Handoff, Key, Report, Row, Span

_BEFORE = ("scope",)
_NO_AIM = (None,) * 4
_AFTER = (
    "period_start",
    "period_end",
    "metric",
    "unit",
    "value",
    "numerator",
    "denominator",
    "n",
    "low",
    "high",
    "reason",
    "target",
    "attainment",
    "pace",
    "verdict",
)


def columns(report: Report) -> list[str]:
    """The names of the columns: the dimensions of the breakdown stand after the scope."""
    return [*_BEFORE, *_dimensions(report), *_AFTER]


def rows(report: Report) -> Iterator[tuple[object, ...]]:
    """One tuple per metric, group and period, in the order of the report.

    Dates are dates, text is as the files have it, missing is None. An infinite upper limit is None beside
    a lower limit. The cells of the comparison period have the scope comparison and that period's days.
    """
    whole: Key = ("",) * len(_dimensions(report))
    yield from _rows(report, "total", whole, report.period, report.metrics, report.targets)
    for compared in (*filter(None, [report.comparison]), *report.besides):
        yield from _previous(report, whole, compared.span, compared.changes)
    for row in report.breakdown.rows if report.breakdown else ():
        yield from _group(report, row)
    for point in report.trend.points if report.trend else ():
        yield from _rows(report, "trend", whole, point.span, point.cells)
    if report.handoff:
        yield from _handoff(report, report.handoff, whole)


def _handoff(report: Report, found: Handoff, whole: Key) -> Iterator[tuple[object, ...]]:
    """The shares of the handoff: what each is of stands in brackets behind its name."""
    span = report.period
    days = (span.start if span else None, span.end if span else None)
    cells = [
        *((f"rejection_share[{share.label}]", share.cell) for share in found.reasons),
        *((f"score_rate[{band.least:g}..{band.most:g}]", band.cell) for band in found.bands),
        *((f"{name}[{rule.version}]", cell) for rule in found.rules for name, cell in rule.cells.items()),
    ]
    for name, cell in cells:
        yield ("handoff", *(part or None for part in whole), *days, name, "ratio", *_numbers(cell), *_NO_AIM)
    for lift in found.lifts:
        tail = (lift.value, *(None,) * 6, *_NO_AIM)
        yield (
            "handoff",
            *(part or None for part in whole),
            *days,
            f"score_lift[{lift.top:g}]",
            "multiple",
            *tail,
        )


def _dimensions(report: Report) -> tuple[str, ...]:
    return report.breakdown.by if report.breakdown else ()


def _group(report: Report, row: Row) -> Iterator[tuple[object, ...]]:
    yield from _rows(report, "breakdown", row.key, report.period, row.cells, row.targets)
    if report.comparison:
        yield from _previous(report, row.key, report.comparison.span, row.changes)
    for point in row.trend:
        yield from _rows(report, "trend", row.key, point.span, point.cells)


def _previous(
    report: Report, key: Key, span: Span, changes: Mapping[str, Change]
) -> Iterator[tuple[object, ...]]:
    cells = {metric: change.previous for metric, change in changes.items()}
    yield from _rows(report, "comparison", key, span, cells)


def _rows(
    report: Report,
    scope: str,
    key: Key,
    span: Span | None,
    cells: Mapping[str, Cell],
    targets: Mapping[str, Aim] = MappingProxyType({}),
) -> Iterator[tuple[object, ...]]:
    for metric in report.definitions.values():
        if metric.id in cells:
            cell = cells[metric.id]
            period = (span.start if span else None, span.end if span else None)
            named = (scope, *(name or None for name in key), *period, metric.id, metric.unit)
            yield (*named, *_numbers(cell), *_aimed(targets.get(metric.id)))


def _numbers(cell: Cell) -> tuple[object, ...]:
    low, high = cell.interval or (None, None)
    return (cell.value, cell.numerator, cell.denominator, cell.n, low, high, cell.reason)


def _aimed(aim: Aim | None) -> tuple[object, ...]:
    return (aim.value, aim.attainment, aim.pace, aim.verdict) if aim else _NO_AIM
