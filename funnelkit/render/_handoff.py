"""The block that marketing and sales read together: counts, rates, response, reasons of rejection, score quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _cells, _numbers, _totals
from funnelkit.render._table import Block, Column, Part, Row, Table, Text
from funnelkit.reports import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.metrics.cell import Cell
    from funnelkit.reports import Handoff, Orphans, Report

_RATE = Metric(id="rate", label="", unit="ratio", better="higher", group="handoff")
_NUMBER = Metric(id="score", label="", unit="number", better="none", group="handoff")
_MOST_REASONS = 10


def handoff(report: Report) -> Block | None:
    """What both teams agreed on, and how it went."""
    found = report.handoff
    if found is None:
        return None
    metrics = [report.definitions[name] for name in found.metrics]
    tables = [
        _totals.listed(metrics, report),
        _shares("rejected because", [(s.label, s.cell) for s in found.reasons[:_MOST_REASONS]]),
        _shares("score", [(_between(band.least, band.most), band.cell) for band in found.bands]),
        _versions(found),
    ]
    return Block(
        title=Text("Handoff", "strong"),
        caption=Text(f"from marketing to sales; SLA {found.sla}", "quiet"),
        choices=(tuple(table for table in tables if table),),
        lines=tuple(_lines(found)),
    )


def _shares(header: str, rows: Sequence[tuple[str, Cell]]) -> Table | None:
    """Parts of a whole with bars, counts and shares."""
    if not rows:
        return None
    won = header == "score"
    columns = (
        Column(header=Text(header), right=False),
        Column(header=Text(), right=False, bare=True),
        Column(header=Text("won" if won else "leads")),
        *([Column(header=Text("of"))] if won else []),
        Column(header=Text("rate" if won else "share"), parts=(Part(), _cells.RANGE)),
    )
    return Table(columns=columns, rows=tuple(_share(label, cell, with_n=won) for label, cell in rows))


def _share(label: str, cell: Cell, *, with_n: bool) -> Row:
    return Row(
        cells=(
            (Text(label),),
            (Text(share=cell.value or 0),),
            (Text(f"{cell.numerator:,}"),),
            *([(Text(f"{cell.n:,}"),)] if with_n else []),
            (_cells.value(cell, _RATE), _cells.limits(cell, _RATE)),
        )
    )


def _between(least: float, most: float) -> str:
    """The scores of one band."""
    ends = dict.fromkeys(_numbers.number(score, "number") for score in (least, most))
    return " to ".join(ends)


def _versions(found: Handoff) -> Table | None:
    """A row per version of the qualification rule."""
    if not found.rules:
        return None
    names = {"mql_rate": "lead to MQL", "sql_rate": "MQL to SQL", "mql_precision": "good MQLs"}
    columns = (
        Column(header=Text("rule"), right=False),
        Column(header=Text("since"), right=False),
        Column(header=Text("leads")),
        *(Column(header=Text(label), parts=(Part(), _cells.RANGE)) for label in names.values()),
        Column(header=Text("an MQL has"), right=False),
    )
    rows = []
    for rule in found.rules:
        cells = [(_cells.value(rule.cells[n], _RATE), _cells.limits(rule.cells[n], _RATE)) for n in names]
        since = Text(rule.since.isoformat() if rule.since else "")
        rows.append(
            Row(
                cells=(
                    (Text(rule.version),),
                    (since,),
                    (Text(f"{rule.leads:,}"),),
                    *cells,
                    (Text(rule.rule),),
                )
            )
        )
    return Table(columns=columns, rows=tuple(rows))


def _lines(found: Handoff) -> Iterator[tuple[Text, ...]]:
    if found.handed_over is not None and found.undecided is not None:
        decided = f"{found.accepted:,} accepted, {found.rejected:,} rejected, {found.undecided:,} undecided"
        yield (Text(f"handed over: {found.handed_over:,} leads, of which {decided}", "quiet"),)
    if found.orphans:
        yield (Text(_orphaned(found.orphans), "quiet"),)
    if (more := len(found.reasons) - _MOST_REASONS) > 0:
        yield (Text(f"{more} more reasons: in JSON and CSV", "quiet"),)
    for lift in found.lifts:
        times = _numbers.number(lift.value, "multiple")
        yield (
            Text(
                f"lift: the {lift.top * 100:g} % with the highest scores are won {times} as often as all",
                "quiet",
            ),
        )
    if found.rules:
        told = "is by the rule" if found.by_rule else "is told by the files, not by the rule"
        yield (Text(f"who is an MQL {told}", "quiet"),)


def _orphaned(found: Orphans) -> str:
    """Whom nobody cares for, in one sentence."""
    said = [f"{found.without_activity:,} without any activity of sales since"]
    if found.without_owner is not None:
        said += [f"{found.without_owner:,} without an owner", f"{found.without_either:,} without either"]
    return (
        f"handed over {found.days} days ago or more: {found.handed_over:,} leads, of which {', '.join(said)}"
    )
