"""Which leads count as having entered a stage, and by which days: as a report counts MQLs, SALs, SQLs, opportunities."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.metrics.stages import REJECTED

if TYPE_CHECKING:
    from funnelkit.metrics.facts import Facts

_FLAGS = {"opportunity": "has_deal", "customer": "has_won"}


def told(facts: Facts, stage: str) -> bool:
    """Whether files speak of *stage* itself: by a day, a word of the status, or a deal, which is an opportunity."""
    if any(facts.has("leads", column) for column in facts.path.own_columns(stage)):
        return True
    found = [*_status(facts, {stage}), *_flagged(facts, [stage])]
    return bool(found) and collect.any_of(facts.frames["leads"], reduce(or_, found))


def entered(facts: Facts, stage: str) -> nw.Expr:
    """Whether a lead reached or passed *stage*, by days, status or deals; of an own evidence alone where that is asked for."""
    path, dated = facts.path, days(facts, stage)
    found = [~nw.col(column).is_null() for column in dated]
    if not path.alone(stage):
        later = path.names[path.ranks[stage] :]
        found += [*_status(facts, {*later}), *_flagged(facts, later)]
    else:
        # Strict, the status counts only where no file has days of the stage.
        found += [*_flagged(facts, [stage]), *(() if path.strict and dated else _status(facts, {stage}))]
    return reduce(or_, found)


def days(facts: Facts, stage: str) -> tuple[str, ...]:
    """The columns that say when *stage* was entered, its own first, then those of later stages."""
    return tuple(column for column in facts.path.entry_columns(stage) if facts.has("leads", column))


def _status(facts: Facts, stages: set[str]) -> list[nw.Expr]:
    if not facts.has("leads", "status"):
        return []
    words = sorted(stages | {word for word, stage in REJECTED.items() if stage in stages})
    return [nw.col("status").is_in(words).fill_null(False)]


def _flagged(facts: Facts, stages: list[str] | tuple[str, ...]) -> list[nw.Expr]:
    flags = [_FLAGS[stage] for stage in stages if stage in _FLAGS]
    return [(nw.col(flag) == 1).fill_null(False) for flag in flags if facts.has("leads", flag)]
