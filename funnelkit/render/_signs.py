"""The block that explains the signs which the page really uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.goals import PACE
from funnelkit.render import _cells, _numbers, _targets
from funnelkit.render._table import Block, Part, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.reports import Report


def signs(report: Report, blocks: Sequence[Block]) -> Block | None:
    """What the ranges, marks of change, rough values and partial periods in *blocks* mean."""
    lines = tuple((Text(said, "quiet"),) for said in _said(report, blocks))
    return Block(lines=lines) if lines else None


_UNCALLED = {
    "too few": "too few: on fewer cases than a call may rest on",
    "too young": "too young: the last of them can still change it",
    "not tested": "not tested: nothing tells noise from change in such a number",
}


def _said(report: Report, blocks: Sequence[Block]) -> Iterator[str]:
    texts = [(part, text) for block in blocks for part, text in _texts(block)]
    if any(part == _cells.RANGE and text for part, text in texts):
        yield "a – b: the 95 % range"
    if report.comparison:
        *called, no_call = (f"{mark} {word}" for word, mark in _numbers.MARKS.items())
        yield f"{', '.join(called)} against {report.comparison.span.label}"
        yield f"{no_call}: not more than noise{' (left out by group)' if report.breakdown else ''}"
        told = {text.text for _, text in texts}
        yield from (said for word, said in _UNCALLED.items() if word in told)
    if any(text.text.endswith(_cells.PER_DAY) for _, text in texts):
        yield f"{_cells.PER_DAY} size and call are those of the number per day: {_days(report)}"
    if report.comparison and report.breakdown:
        yield "groups are called with a view to how many there are: 5 % of the calls at most are wrong"
    if _targets.any_in(report):
        yield f"target: value over target; {PACE}"
    if _cells.of_both_kinds(report):
        yield (
            f"{_cells.COHORT} follows the leads, deals or customers of the period, also beyond its end; revenue won, new "
            "customers and the like are of what happened in it"
        )
    if any(text.text.startswith(_cells.ROUGH) for _, text in texts):
        yield f"{_cells.ROUGH} rests on fewer than {report.min_n}: shown, but neither ranked nor called"
    if report.trend and any(point.span.partial for point in report.trend.points):
        yield "partial: the data, or the period of the report, do not cover all of it"


def _days(report: Report) -> str:
    """The days of the period, and of those that it is compared with: ``14 days against 31``."""
    compared = [one for one in (report.comparison, *report.besides) if one]
    said = []
    for one in compared:
        pairs = dict.fromkeys(moved.days for moved in one.changes.values() if moved.days)
        days = " or ".join(f"{now} day{'s' * (now != 1)} against {before}" for now, before in pairs)
        said += [f"{days} of {one.span.label}" if len(compared) > 1 else days] if days else []
    return "; ".join(said)


def _texts(block: Block) -> Iterator[tuple[Part, Text]]:
    """Every text of the first choice, with the part of its column."""
    for table in block.choices[0] if block.choices else ():
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                yield from zip(column.parts, cell, strict=True)
