"""What effects and factors are called, in tables and in sentences, and the units they have."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.dimensions import DIMENSIONS
from funnelkit.metrics.anatomy import TOTAL
from funnelkit.metrics.columns import table_columns
from funnelkit.metrics.entries import Measure
from funnelkit.metrics.shifts import DAYS, MIX, VOLUME

if TYPE_CHECKING:
    from funnelkit.metrics.anatomy import Factor, Sum
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.shifts import Effect, Shifts
    from funnelkit.metrics.variation import Sampler

_TAKEN = frozenset({"dimension", "from", "to", "sum", *DIMENSIONS})
"""Ids of other columns of the same tables."""
_PLURAL = {"country": "countries", "medium": "media"}


class Label(Struct, frozen=True):
    """The names of an effect."""

    id: str
    title: str
    """For the head of a column."""
    said: str
    """For a sentence, after an amount: with a place for the plural of the dimension."""


def plural(dimension: str) -> str:
    """Several of *dimension*.

    >>> plural("channel"), plural("country")
    ('channels', 'countries')
    """
    return _PLURAL.get(dimension, f"{dimension}s")


def labels(shifts: Shifts) -> list[Label]:
    """The names of the effects, in their order."""
    alone = len({e.factor for e in shifts.effects if e.factor is not None}) == 1
    found: list[Label] = []
    for label in (_label(effect, alone=alone) for effect in shifts.effects):
        taken = {*_TAKEN, *(one.id for one in found)}
        number = next((n for n in count(2) if f"{label.id}_{n}" not in taken), 2)
        found.append(replace(label, id=f"{label.id}_{number}") if label.id in taken else label)
    return found


def _label(effect: Effect, *, alone: bool) -> Label:
    if effect.kind == DAYS:
        return Label("days", "Days", "because the periods differ in days")
    if effect.factor is None:
        return Label("mix", "Mix", "because of a different mix of {several}")
    name = effect.factor.label
    if effect.kind == MIX:
        if alone:
            return Label("mix", "Mix", "because of a different mix of {several}")
        return Label(f"{_slug(name)}_mix", f"{name}: mix", f"by {name} from a different mix of {{several}}")
    if alone:
        if effect.kind == VOLUME:
            return Label("volume", "Volume", "by volume")
        return Label("rate", "Within", "within {several}")
    return Label(_slug(name), name, f"by {name}")


def unit(metric: Metric, shifts: Shifts) -> str:
    """The unit of effects on *metric*: points for rates, and counts come in fractions where factors share them."""
    if metric.unit == "count":
        return "count" if len(shifts.effects) == 1 else "number"
    return "points" if metric.unit == "ratio" else metric.unit


def unit_of(factor: Factor, sampler: Sampler) -> str:
    """The unit of a factor: its own, or that of what it is made of."""
    if factor.unit != "number":
        return factor.unit
    top = _of_sum(factor.top, sampler)
    if factor.bottom is None:
        return top
    bottom = _of_sum(factor.bottom, sampler)
    if bottom == "count":
        return "ratio" if top == "count" else top
    return "multiple" if top == bottom else "number"


def _of_sum(one: Sum, sampler: Sampler) -> str:
    kinds = set()
    for piece, _ in one:
        part = sampler.part(piece)
        column = part.column if isinstance(part, Measure) else part.of if piece.kind == TOTAL else None
        kind = table_columns()[part.table][column] if column else "count"
        kinds.add(
            "money" if kind == "money" else "count" if isinstance(part, Measure) or not column else "days"
        )
    return kinds.pop() if len(kinds) == 1 else "number"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "factor"
