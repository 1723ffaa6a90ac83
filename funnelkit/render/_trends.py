"""The blocks with the metrics by period: of the whole, and of the groups of a breakdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.cell import Cell
from funnelkit.render import _cells, _groups
from funnelkit.render._picture import sparkline
from funnelkit.render._table import Block, Choice, Column, Row, Table, Text, halved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.reports import Metric, Point, Report

_MOST_METRICS = 8
_MOST_BY_GROUP = 3
_MOST_POINTS = 36
"""Longer trends are summed up by their first, last, lowest and highest value."""
_NONE = Text()


class Series(Struct, frozen=True, kw_only=True):
    """One line of a trend: a value per period, and how it is written."""

    label: Text
    values: tuple[float | None, ...]
    texts: tuple[Text, ...]


def trend(report: Report) -> Block | None:
    """The most important metrics by period."""
    if not report.trend or not report.trend.points:
        return None
    points = report.trend.points
    metrics = _cells.chosen(report, [point.cells for point in points], _MOST_METRICS)
    ordered = [metric for metric in report.definitions.values() if metric in metrics]
    series = [line for metric in ordered for line in _of_metric(metric, points, report)]
    return _block(f"By {report.trend.grain}", series, points) if series else None


def by_group(report: Report) -> Iterator[Block]:
    """For each of the few most important metrics, its trend in every group."""
    found = report.breakdown
    if not found or not report.trend:
        return
    groups = [row for row in found.rows if row.trend]
    if not groups:
        return
    points = groups[0].trend
    for metric in _groups.shown(report, found, _MOST_BY_GROUP):
        series = [
            _series(
                Text(" · ".join(name.text for name in _groups.names(row, found) if name)),
                metric,
                row.trend,
                report,
            )
            for row in groups
        ]
        measured = _cells.label(metric, report, with_currency=True).text
        title = f"{measured} by {_cells.listed([*found.by, report.trend.grain])}"
        yield _block(title, series, points)


def _of_metric(metric: Metric, points: Sequence[Point], report: Report) -> Iterator[Series]:
    """The line of a metric, and the projected rate below a rate whose last periods are still young."""
    yield _series(_cells.label(metric, report, with_currency=True), metric, points, report)
    cells = [point.cells.get(metric.id) for point in points]
    projected = [cell.projected if cell else None for cell in cells]
    if any(later and later.value is not None for later in projected):
        young = [Cell(value=later.value) if later else None for later in projected]
        texts = tuple(_cells.value(cell, metric) for cell in young)
        values = tuple(cell.value if cell else None for cell in young)
        yield Series(label=Text("└ projected", "quiet"), values=values, texts=texts)


def _series(label: Text, metric: Metric, points: Sequence[Point], report: Report) -> Series:
    cells = [point.cells.get(metric.id) for point in points]
    return Series(
        label=label,
        values=tuple(cell.value if cell else None for cell in cells),
        texts=tuple(_cells.rough(_cells.value(cell, metric), cell, report) for cell in cells),
    )


def _block(title: str, series: Sequence[Series], points: Sequence[Point]) -> Block:
    short = len(points) <= _MOST_POINTS
    spans = [Text(f"{point.span.label}{' partial' if point.span.partial else ''}") for point in points]
    choices: tuple[Choice, ...] = ((_summary(series, spans),),)
    if short:
        ends = _ends(series, spans)
        tall = [tuple(_tall(part, spans) for part in parts) for parts in halved(series)]
        choices = ((_wide(series, spans),), *((ends, *tables) for tables in tall))
    return Block(
        title=Text(title, "strong"),
        caption=_NONE if short else Text(f"all {len(points)} values are in JSON and CSV", "quiet"),
        choices=choices,
    )


def _wide(series: Sequence[Series], spans: Sequence[Text]) -> Table:
    """One row per metric or group, one column per period."""
    columns = (*_names(), *(Column(header=span) for span in spans))
    rows = tuple(Row(cells=(*_head(line), *((text,) for text in line.texts))) for line in series)
    return Table(columns=columns, rows=rows)


def _ends(series: Sequence[Series], spans: Sequence[Text]) -> Table:
    """The sparklines with the first and the last value of each."""
    columns = (*_names(), Column(header=spans[0]), Column(header=spans[-1]))
    rows = tuple(Row(cells=(*_head(line), (line.texts[0],), (line.texts[-1],))) for line in series)
    return Table(columns=columns, rows=rows)


def _tall(series: Sequence[Series], spans: Sequence[Text]) -> Table:
    """One row per period, one column per metric or group."""
    columns = (Column(header=_NONE, right=False), *(Column(header=line.label) for line in series))
    rows = tuple(
        Row(cells=((span,), *((line.texts[index],) for line in series))) for index, span in enumerate(spans)
    )
    return Table(columns=columns, rows=rows)


def _summary(series: Sequence[Series], spans: Sequence[Text]) -> Table:
    """The sparklines with first, last, lowest and highest value."""
    headers = (spans[0], spans[-1], Text("lowest"), Text("highest"))
    columns = (*_names(), *(Column(header=header) for header in headers))
    rows = tuple(Row(cells=(*_head(line), *((text,) for text in _extremes(line)))) for line in series)
    return Table(columns=columns, rows=rows)


def _names() -> tuple[Column, Column]:
    return Column(header=_NONE, right=False), Column(header=_NONE, right=False, bare=True)


def _head(line: Series) -> tuple[tuple[Text], tuple[Text]]:
    return (line.label,), (Text(sparkline(line.values)),)


def _extremes(line: Series) -> tuple[Text, ...]:
    known = [(value, index) for index, value in enumerate(line.values) if value is not None]
    lowest, highest = min(known, default=(0, 0))[1], max(known, default=(0, 0))[1]
    return tuple(line.texts[index] for index in (0, -1, lowest, highest))
