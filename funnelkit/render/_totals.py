"""The blocks about the whole: key numbers, the funnel, and every metric by subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.metrics.cell import Cell, Change
from funnelkit.render import _cells, _numbers, _targets
from funnelkit.render._table import Block, Column, Part, Row, Table, Text
from funnelkit.reports import Metric, Report, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SUBJECTS = {
    "funnel": "Leads and conversion",
    "handoff": "Handoff",
    "sales": "Sales",
    "economics": "Unit economics",
    "ads": "Advertising",
    "revenue": "Revenue",
    "emails": "E-mail",
    "web": "Website",
}
_KEYS = 6
_RATE = Metric(id="rate", label="rate", unit="ratio", better="higher", group="funnel")
_NONE = Text()


def key_numbers(report: Report) -> Block | None:
    """The few numbers that most readers look for first, as tiles."""
    metrics = _cells.chosen(report, [report.metrics], _KEYS)
    if not metrics:
        return None
    tiles = [_tile(metric, report) for metric in metrics]
    grids = tuple((_tiled(tiles, across),) for across in (6, 3, 2) if across <= max(len(tiles), 2))
    return Block(choices=(*grids, (_listed(metrics, report),)))


def funnel(report: Report) -> Block | None:
    """The stages with bars, counts, rates and what was lost on the way."""
    if not report.funnel:
        return None
    stages = report.funnel
    most = max(stage.entered for stage in stages)
    columns = (
        Column(header=_NONE, right=False),
        Column(header=_NONE, right=False, bare=True),
        Column(header=Text("count")),
        Column(header=Text("from previous"), parts=(Part(), _cells.RANGE)),
        Column(header=Text("from first"), parts=(Part(), _cells.RANGE)),
        Column(header=Text("drop-off"), parts=(Part(), Part(header="skipped", prefix="skipped"))),
    )
    rows = [_stage(stage, most) for stage in stages]
    strict = ", and is not counted in it" if report.stage_entry == "strict" else ""
    said = [
        ("skipped: came further without a date or status of this stage" + strict, "skipped"),
        (
            "optional: who was not in it has skipped nothing, and the next rate is from the stage before",
            "optional",
        ),
    ]
    lines = tuple((Text(text, "quiet"),) for text, sign in said if any(getattr(s, sign) for s in stages))
    return Block(
        title=Text("Funnel", "strong"),
        caption=Text("how far the leads created in the period have come", "quiet"),
        choices=((Table(columns=columns, rows=tuple(rows)),),),
        lines=lines,
    )


def metrics(report: Report) -> Block | None:
    """Every metric that has a value, under its subject."""
    # Those of the handoff stand in its own block, where there is one.
    apart = "handoff" if report.handoff else ""
    known = [m for m in report.definitions.values() if m.id in report.metrics and m.group != apart]
    rows = [row for title, found in _by_subject(known) for row in _subject(title, found, report)]
    if not rows:
        return None
    return Block(
        choices=((Table(columns=_metric_columns(report), rows=tuple(rows)),),),
        lines=tuple(_power(known, report)),
    )


def _power(metrics: Sequence[Metric], report: Report) -> Iterator[tuple[Text, ...]]:
    """How large the changes of rates that are not called would have had to be."""
    changes = report.comparison.changes if report.comparison else {}
    sizes = {m.label: _cells.detectable(changes[m.id]) for m in metrics if m.id in changes}
    if told := ", ".join(f"{label} {size}" for label, size in sizes.items() if size):
        yield (Text(f"told from noise four times of five: {told} or more", "quiet"),)


def listed(metrics: Sequence[Metric], report: Report) -> Table | None:
    """Those of *metrics* that have a value, one below the other; None where none has."""
    rows = tuple(row for metric in metrics for row in _subject("", [metric], report))
    return Table(columns=_metric_columns(report), rows=rows) if rows else None


def besides(report: Report) -> Block | None:
    """The totals beside further periods."""
    if not report.besides:
        return None
    columns = [
        Column(header=_NONE, right=False),
        Column(header=Text(report.period.label if report.period else "now")),
        *(Column(header=Text(one.span.label), parts=(Part(), *_cells.CHANGE)) for one in report.besides),
    ]
    rows = []
    for metric in report.definitions.values():
        cell = report.metrics.get(metric.id)
        if cell is None or cell.value is None:
            continue
        beside = (_beside_it(one.changes.get(metric.id), metric, report) for one in report.besides)
        value = _cells.value(cell, metric, currency=report.currency, style="strong")
        rows.append(Row(cells=((_cells.label(metric, report),), (value,), *beside)))
    compared = " and ".join(one.span.label for one in report.besides)
    return Block(
        title=Text(f"Beside {compared}", "strong"),
        choices=((Table(columns=tuple(columns), rows=tuple(rows)),),) if rows else (),
    )


def _beside_it(moved: Change | None, metric: Metric, report: Report) -> tuple[Text, ...]:
    was = _cells.value(moved.previous, metric, currency=report.currency) if moved else _NONE
    return (was, *_cells.change(moved, metric, report))


def missing(report: Report) -> Block | None:
    """The metrics that have no value, and why."""
    empty = [(id, cell, "") for id, cell in report.metrics.items() if cell.value is None]
    return Block(lines=tuple(_cells.missing(empty))) if empty else None


def _tile(metric: Metric, report: Report) -> tuple[Text, ...]:
    cell = report.metrics[metric.id]
    moved = report.comparison.changes.get(metric.id) if report.comparison else None
    return (
        Text(_cells.named(metric, report), "quiet"),
        _cells.value(cell, metric, currency=report.currency, style="strong"),
        *_cells.change(moved, metric, report),
        _cells.limits(cell, metric),
    )


def _tiled(tiles: Sequence[tuple[Text, ...]], across: int) -> Table:
    """The tiles in rows of *across*; the last row is filled up with empty ones."""
    empty = (_NONE,) * len(tiles[0])
    filled = [*tiles, *[empty] * (-len(tiles) % across)]
    rows = tuple(Row(cells=tuple(filled[start : start + across])) for start in range(0, len(filled), across))
    column = Column(
        header=_NONE, parts=(Part(), Part(), *_cells.CHANGE, _cells.RANGE), right=False, solid=True
    )
    return Table(columns=(column,) * across, rows=rows, tiles=True)


def _listed(metrics: Sequence[Metric], report: Report) -> Table:
    """The same numbers one below the other."""
    columns = (
        Column(header=_NONE, right=False),
        Column(header=Text("value"), parts=(Part(), _cells.RANGE), bare=True),
        Column(header=Text("change"), parts=_cells.CHANGE, bare=True),
    )
    tiles = [_tile(metric, report) for metric in metrics]
    rows = [
        Row(cells=((Text(name.text),), (number, limits), (size, word)))
        for name, number, size, word, limits in tiles
    ]
    return Table(columns=columns, rows=tuple(rows))


def _stage(stage: Stage, most: int) -> Row:
    of = stage.rate_from_previous
    lost = f"{int(of.numerator or 0) - int(of.denominator or 0):+,}" if of else ""
    return Row(
        cells=(
            (Text(f"{stage.label} (optional)" if stage.optional else stage.label),),
            (Text(share=stage.entered / most if most else 0),),
            (Text(_numbers.number(stage.entered, "count"), "strong"),),
            _rate(stage.rate_from_previous),
            _rate(stage.rate_from_first),
            (Text("0" if lost == "+0" else lost), Text(f"{stage.skipped:,}" if stage.skipped else "")),
        )
    )


def _rate(cell: Cell | None) -> tuple[Text, Text]:
    return (_cells.value(cell, _RATE), _cells.limits(cell, _RATE)) if cell else (_NONE, _NONE)


def _by_subject(metrics: Sequence[Metric]) -> Iterator[tuple[str, list[Metric]]]:
    """The metrics of each subject together, in the order in which the subjects first come up."""
    order = list(dict.fromkeys(metric.group for metric in metrics))
    for group in order:
        title = _SUBJECTS.get(group, _cells.words(group).capitalize())
        yield title, [metric for metric in metrics if metric.group == group]


def _subject(title: str, metrics: Sequence[Metric], report: Report) -> Iterator[Row]:
    """The rows of one subject, the first of them below its title."""
    heading = Text(title, "strong")
    for metric in metrics:
        cell = report.metrics[metric.id]
        if cell.value is None:
            continue
        moved = report.comparison.changes.get(metric.id) if report.comparison else None
        before = _cells.value(moved.previous, metric, currency=report.currency) if moved else _NONE
        name = _cells.named(metric, report)
        cells = (
            (Text(f"{name} ({cell.method})" if cell.method else name),),
            (
                _cells.value(cell, metric, currency=report.currency, style="strong"),
                _cells.limits(cell, metric),
            ),
            (Text(f"{cell.n:,}" if cell.n is not None else ""),),
            (*_cells.change(moved, metric, report), before),
        )
        yield Row(cells=cells, heading=heading)
        yield from _beside(cell)
        if metric.id in report.targets:
            label, target = _targets.line(report.targets[metric.id], metric, report)
            yield Row(cells=((label,), (target, _NONE), (_NONE,), (_NONE, _NONE, _NONE)))
        heading = _NONE


def _beside(cell: Cell) -> Iterator[Row]:
    """The rows for the mature and the projected rate, which belong to the rate above them."""
    mature, projected = cell.mature, cell.projected
    days = f"{mature.horizon_days} d" if mature else ""
    if mature:
        rate = Cell(value=mature.value, interval=mature.interval)
        yield _side_row(f"└ mature ({days})", rate, f"{mature.denominator:,}")
    if projected:
        elapsed = projected.share_elapsed
        seen = "" if elapsed is None else f"{_numbers.number(elapsed, 'ratio')} elapsed"
        remark = ", ".join(word for word in (days, seen) if word)
        rate = Cell(value=projected.value, interval=projected.interval)
        yield _side_row(f"└ projected ({remark})" if remark else "└ projected", rate, "")


def _side_row(label: str, cell: Cell, n: str) -> Row:
    rate = (_cells.value(cell, _RATE), _cells.limits(cell, _RATE))
    return Row(cells=((Text(label, "quiet"),), rate, (Text(n),), (_NONE, _NONE, _NONE)))


def _metric_columns(report: Report) -> tuple[Column, ...]:
    before = report.comparison.span.label if report.comparison else ""
    return (
        Column(header=_NONE, right=False),
        Column(header=Text("value"), parts=(Part(), _cells.RANGE), bare=True),
        Column(header=Text("n"), parts=(Part(prefix="n"),), bare=True),
        Column(header=Text("change"), parts=(*_cells.CHANGE, Part(header=before, prefix="was")), bare=True),
    )
