"""The table of targets: what each number is, what it was to be, and whether that will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.checks.verdicts import Judged, accumulates, is_young, judged
from funnelkit.metrics.cell import Cell
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.checks.asked import Goal, Numbers

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
_CAPTION = (
    "of target: value over target; pace: value over what the business days so far ask for; "
    "no call: short of the target by no more than noise, or too young to say"
)


class Held(Struct, frozen=True, kw_only=True):
    """A target, its number, and the verdict on it."""

    goal: Goal
    cell: Cell
    judged: Judged
    young: bool = False
    """Whether not all of its cases have had their time."""


def held(goals: Sequence[Goal], numbers: Numbers) -> list[Held]:
    """Every target against its number."""
    as_of, catalog, horizon = numbers.dataset.as_of, numbers.catalog, numbers.request.horizon
    found = []
    for goal in goals:
        cell = numbers.cell(goal)
        flows = accumulates(goal.metric, catalog)
        verdict = judged(goal, cell, as_of, flows=flows, horizon=horizon)
        young = is_young(goal.metric, goal.period, as_of, horizon)
        found.append(Held(goal=goal, cell=cell, judged=verdict, young=young))
    return found


def table(several: Sequence[Held]) -> Table:
    """The targets in their order."""
    return Table(
        id="targets",
        title="Targets",
        fields=_FIELDS,
        rows=tuple(map(_row, several)),
        names=3,
        caption=_CAPTION,
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
        Entry(text="at least" if goal.at_least else "at most"),
        share(one.judged.attainment),
        share(one.judged.pace),
        Entry(verdict=one.judged.verdict),
    )


def share(value: float | None) -> Entry:
    """A share that there may be."""
    return Entry() if value is None else Entry(cell=Cell(value=value))
