"""The table of targets: what each number is, what it was to be, and whether that will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.checks.verdicts import Judged, accumulates, is_young, judged
from funnelkit.build.entries import number
from funnelkit.goals import PACE
from funnelkit.metrics.cell import Cell
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Goal, Numbers
    from funnelkit.metrics.catalog import Catalog

_FIELDS = (
    Field(id="metric", label="metric", unit=TEXT),
    Field(id="segment", label="segment", unit=TEXT),
    Field(id="period", label="period", unit=TEXT),
    Field(id="value", label="value", unit="number"),
    Field(id="target", label="target", unit="number"),
    Field(id="direction", label="", unit=TEXT),
    Field(id="attainment", label="of target", unit="ratio"),
    Field(id="pace", label="pace", unit="ratio"),
    Field(id="verdict", label="verdict", unit=TEXT),
)


class Held(Struct, frozen=True, kw_only=True):
    """A target, its number, and the verdict on it."""

    goal: Goal
    cell: Cell
    judged: Judged
    young: bool = False
    """Whether not all of its cases have had their time."""


class Day(Struct, frozen=True, kw_only=True):
    """What a verdict depends on beside the number and its target."""

    as_of: int
    horizon: int
    """Days that a lead has to convert."""
    catalog: Catalog


def held(goals: Sequence[Goal], numbers: Numbers) -> list[Held]:
    """Every target against its number."""
    day = Day(as_of=numbers.dataset.as_of, horizon=numbers.request.horizon, catalog=numbers.catalog)
    return [against(goal, numbers.cell(goal), day) for goal in goals]


def against(goal: Goal, cell: Cell, day: Day) -> Held:
    """*cell*, the number that *goal* is about, as it stands on *day*."""
    flows = accumulates(goal.metric, day.catalog)
    return Held(
        goal=goal,
        cell=cell,
        judged=judged(goal, cell, day.as_of, flows=flows, horizon=day.horizon),
        young=is_young(goal.metric, goal.period, day.as_of, day.horizon),
    )


def table(several: Sequence[Held]) -> Table:
    """The targets in their order."""
    return Table(
        id="targets",
        title="Targets",
        fields=_FIELDS,
        rows=tuple(map(_row, several)),
        names=3,
        caption=f"of target: value over target; {PACE}",
    )


def _row(one: Held) -> tuple[Entry, ...]:
    goal, unit = one.goal, one.goal.metric.unit
    target = Cell(value=float(goal.target.value))
    return (
        Entry(text=goal.metric.id),
        Entry(text=goal.target.segment),
        Entry(text=goal.period.label),
        Entry(cell=one.cell, unit=unit, young=one.young),
        Entry(cell=target, unit=unit),
        Entry(text=goal.direction),
        number(one.judged.attainment),
        number(one.judged.pace),
        Entry(verdict=one.judged.verdict),
    )
