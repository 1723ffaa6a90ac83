"""The block that explains the signs which the page really uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _cells, _numbers
from funnelkit.render._table import Block, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from funnelkit.metrics.cell import Cell
    from funnelkit.report import Point, Report


def signs(report: Report) -> Block | None:
    """What marks of change, rough values and partial periods mean, as far as there are any."""
    lines = tuple((Text(said, "quiet"),) for said in _said(report))
    return Block(lines=lines) if lines else None


def _said(report: Report) -> Iterator[str]:
    if any(cell.interval for cell in _with_limits(report)):
        yield "a – b: the 95 % range"
    if report.comparison:
        *called, no_call = (f"{mark} {word}" for word, mark in _numbers.MARKS.items())
        yield f"{', '.join(called)} against {report.comparison.span.label}"
        yield f"{no_call}: not more than noise{' (left out by group)' if report.breakdown else ''}"
    if any(_cells.is_small(cell, report) for cell in _by_group_or_period(report)):
        yield f"{_cells.ROUGH} rests on fewer than {report.min_n}: shown, but neither ranked nor called"
    if any(point.span.partial for point in _points(report)):
        yield "partial: the data end before the period does"


def _with_limits(report: Report) -> Iterator[Cell]:
    yield from report.metrics.values()
    yield from (stage.rate_from_previous for stage in report.funnel if stage.rate_from_previous)
    for row in report.breakdown.rows if report.breakdown else ():
        yield from row.cells.values()


def _by_group_or_period(report: Report) -> Iterator[Cell]:
    for row in report.breakdown.rows if report.breakdown else ():
        yield from row.cells.values()
    for point in _points(report):
        yield from point.cells.values()


def _points(report: Report) -> Iterator[Point]:
    if report.trend:
        yield from report.trend.points
        for row in report.breakdown.rows if report.breakdown else ():
            yield from row.trend
