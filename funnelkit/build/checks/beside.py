"""Targets beside the numbers of a report: those of its period, for the whole and for the groups of its breakdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.build.checks.targets import Day, against
from funnelkit.build.checks.verdicts import NO_DATA, NO_VALUE
from funnelkit.build.periods import days
from funnelkit.listing import some
from funnelkit.reports import Aim
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Goal
    from funnelkit.build.request import Filter, Request
    from funnelkit.metrics.cell import Cell
    from funnelkit.reports import Key, Report

_NAMED = 3
"""So many are named in a note."""
_Found = dict["Key | None", dict[str, Aim]]
"""By group, None for the whole."""


def beside(report: Report, request: Request, goals: Sequence[Goal], day: Day) -> Report:
    """*report*, made for *request*, with those of *goals* that are of its numbers; the others are counted in a note."""
    if not goals:
        return report
    rows = report.breakdown.rows if report.breakdown else ()
    cells: dict[Key | None, Mapping[str, Cell]] = {
        None: report.metrics,
        **{row.key: row.cells for row in rows},
    }
    found: _Found = {}
    elsewhere: list[Goal] = []
    empty: list[Goal] = []
    second: list[Goal] = []
    for goal in goals:
        key = _place(goal, request)
        cell = cells.get(key, {}).get(goal.metric.id) if _same_days(goal, report) and key != () else None
        if cell is None or goal.metric.id in found.get(key, ()):
            (elsewhere if cell is None else second).append(goal)
            continue
        aim = _aim(goal, cell, day)
        found.setdefault(key, {})[goal.metric.id] = aim
        if aim.verdict in (NO_DATA, NO_VALUE):
            empty.append(goal)
    broken = report.breakdown and replace(
        report.breakdown, rows=tuple(replace(row, targets=found.get(row.key, {})) for row in rows)
    )
    notes = (*_without_number(empty), *_second(second), *_elsewhere(elsewhere, report))
    return replace(report, targets=found.get(None, {}), breakdown=broken, warnings=(*report.warnings, *notes))


def _aim(goal: Goal, cell: Cell, day: Day) -> Aim:
    verdict = against(goal, cell, day).judged
    return Aim(
        value=float(goal.target.value),
        direction=goal.direction,
        tolerance=float(goal.target.tolerance),
        attainment=verdict.attainment,
        pace=verdict.pace,
        verdict=verdict.verdict,
    )


def _same_days(goal: Goal, report: Report) -> bool:
    return report.period is not None and days(report.period) == (goal.period.start, goal.period.end)


def _place(goal: Goal, request: Request) -> Key | None:
    """Which row of the report *goal* is about: None for the whole, an empty key where it has none."""
    asked, wanted = _conditions(request.where), _conditions(goal.where)
    if asked == wanted:
        return None
    groups = {f.dimension: f.values[0] for f in goal.where if not f.negate and len(f.values) == 1}
    if not request.by or not groups.keys() >= {*request.by}:
        return ()

    def rest(several: frozenset[_Condition]) -> frozenset[_Condition]:
        return frozenset(one for one in several if one[0] not in request.by)

    named = sum(f.dimension in request.by for f in goal.where) == len(request.by)
    return tuple(groups[name] for name in request.by) if named and rest(asked) == rest(wanted) else ()


_Condition = tuple[str, frozenset[str], bool]


def _conditions(where: Sequence[Filter]) -> frozenset[_Condition]:
    return frozenset((f.dimension, frozenset(f.values), f.negate) for f in where)


def _without_number(goals: Sequence[Goal]) -> Iterator[Note]:
    if goals:
        yield Note(
            code="target_without_number",
            message=f"{_counted(goals)} cannot be held against a number, which is n/a: {_listed(goals)}.",
        )


def _second(goals: Sequence[Goal]) -> Iterator[Note]:
    if goals:
        yield Note(
            code="second_target",
            message=f"{_counted(goals)} of numbers that have one already, not shown beside them: {_listed(goals)}; "
            "`funnelkit check` holds all of them against their numbers.",
        )


def _elsewhere(goals: Sequence[Goal], report: Report) -> Iterator[Note]:
    """That some targets are not of what the report shows; and what would show them."""
    if goals:
        other = next((goal.target.period for goal in goals if not _same_days(goal, report)), "")
        shown = f"--period {other} shows those of it, " if other else ""
        are = "is" if len(goals) == 1 else "are"
        yield Note(
            code="targets_elsewhere",
            message=f"{_counted(goals)} {are} of another period, segment or metric than this report shows: {_listed(goals)}; "
            f"{shown}`funnelkit check` holds all of them against their numbers.",
        )


def _counted(goals: Sequence[Goal]) -> str:
    return f"{len(goals)} target{'s' * (len(goals) > 1)}"


def _listed(goals: Sequence[Goal]) -> str:
    names = [
        f"{goal.metric.id}{f' ({goal.target.segment})' if goal.target.segment else ''} in {goal.period.label}"
        for goal in goals
    ]
    return some(names, _NAMED)
