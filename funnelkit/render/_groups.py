"""The block with the metrics by one or several dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _cells, _numbers, _targets
from funnelkit.render._table import Block, Column, Part, Parts, Row, Table, Text, halved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from funnelkit.metrics.cell import Cell, Change
    from funnelkit.reports import Aim, Breakdown, Metric, Report
    from funnelkit.reports import Row as Group

_MOST = 8
"""More columns than this are no longer read; the others are in the data formats."""
_TOTAL = "all"


def breakdown(report: Report) -> Block | None:
    """One row per group, the most important metrics, and all groups together at the end."""
    found = report.breakdown
    if not found or not found.rows:
        return None
    metrics = shown(report, found, _MOST)
    return Block(
        title=Text(f"By {_cells.listed(found.by)}", "strong"),
        caption=Text(f"sorted by {found.sort}", "quiet") if found.sort else Text(),
        choices=tuple(tuple(_table(part, report, found) for part in parts) for parts in halved(metrics)),
        lines=tuple(_remarks(metrics, report, found)),
    )


def _table(metrics: Sequence[Metric], report: Report, found: Breakdown) -> Table:
    columns = (
        *(Column(header=Text(name), right=False) for name in found.by),
        *(_column(metric, report, found) for metric in metrics),
    )
    rows = [_row(group, metrics, report, found) for group in found.rows]
    return Table(columns=columns, rows=(*rows, _total(metrics, report, found)), names=len(found.by))


def shown(report: Report, found: Breakdown, most: int) -> list[Metric]:
    """The metrics to show by group, in the order of the report; those with targets come before others."""
    everything = _cells.chosen(report, [row.cells for row in found.rows], len(report.definitions))
    chosen = sorted(everything, key=lambda metric: not _aimed(metric, found))[:most]
    return [metric for metric in report.definitions.values() if metric in chosen]


def names(group: Group, found: Breakdown) -> tuple[Text, ...]:
    """What to call a group: its key, or how many groups it stands for."""
    if group.rest_of:
        return (Text(f"other {group.rest_of:,} groups"), *(Text(),) * (len(found.by) - 1))
    return tuple(Text(name) for name in group.key)


def _column(metric: Metric, report: Report, found: Breakdown) -> Column:
    parts = (
        Part(),
        _cells.RANGE,
        Part(header="change"),
        *(_targets.BELOW if _aimed(metric, found) else ()),
    )
    return Column(header=_cells.label(metric, report, with_currency=True), parts=parts)


def _row(group: Group, metrics: Sequence[Metric], report: Report, found: Breakdown) -> Row:
    cells = [
        _parts(metric, group.cells, group.changes, report) + _below(metric, group.targets, found)
        for metric in metrics
    ]
    return Row(cells=(*((name,) for name in names(group, found)), *cells))


def _total(metrics: Sequence[Metric], report: Report, found: Breakdown) -> Row:
    changes: Mapping[str, Change] = report.comparison.changes if report.comparison else {}
    keys = (Text(_TOTAL, "strong"), *(Text(),) * (len(found.by) - 1))
    cells = [
        _parts(metric, report.metrics, changes, report) + _below(metric, report.targets, found)
        for metric in metrics
    ]
    return Row(cells=(*((key,) for key in keys), *cells))


def _aimed(metric: Metric, found: Breakdown) -> bool:
    """Whether the column of *metric* holds a target; that of the whole stands in the table of the totals too."""
    return any(metric.id in group.targets for group in found.rows)


def _below(metric: Metric, targets: Mapping[str, Aim], found: Breakdown) -> Parts:
    return _targets.lines(targets.get(metric.id), metric) if _aimed(metric, found) else ()


def _parts(metric: Metric, cells: Mapping[str, Cell], changes: Mapping[str, Change], report: Report) -> Parts:
    cell = cells.get(metric.id)
    number = _cells.rough(_cells.value(cell, metric), cell, report)
    moved = changes.get(metric.id)
    called = moved if moved and moved.verdict != _numbers.NO_CALL else None
    size, _ = _cells.change(called, metric, report)
    return (number, _cells.limits(cell, metric), size)


def _remarks(metrics: Sequence[Metric], report: Report, found: Breakdown) -> Iterator[tuple[Text, ...]]:
    """What is missing, and what is not shown."""
    yield from _cells.missing(_missing(metrics, report, found))
    more = len(shown(report, found, len(report.definitions))) - len(metrics)
    if more:
        others = f"{more} more metric{'s' if more > 1 else ''} by {_cells.listed(found.by)}"
        yield (Text(f"{others}: in JSON and CSV, or choose with --metrics", "quiet"),)


def _missing(metrics: Sequence[Metric], report: Report, found: Breakdown) -> Iterator[tuple[str, Cell, str]]:
    """Empty cells of the table, and metrics that only the whole has."""
    for metric in report.definitions.values():
        empty = (
            (group, cell)
            for group in found.rows
            if (cell := group.cells.get(metric.id)) and cell.value is None
        )
        if metric in metrics:
            for group, cell in empty:
                yield metric.id, cell, " ".join(name.text for name in names(group, found) if name)
        elif _only_whole(metric, report, found):
            yield metric.id, next(empty)[1], ""


def _only_whole(metric: Metric, report: Report, found: Breakdown) -> bool:
    """Whether *metric* has a value for the whole, and is asked for by group but has none there."""
    whole = report.metrics.get(metric.id)
    if whole is None or whole.value is None:
        return False
    cells = [cell for group in found.rows if (cell := group.cells.get(metric.id))]
    return bool(cells) and all(cell.value is None for cell in cells)
