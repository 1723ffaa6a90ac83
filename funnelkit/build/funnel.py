"""The funnel: of the leads created in the period, how many came how far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.metrics import intervals
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.entries import Measure
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.stagerates import MEASURES
from funnelkit.metrics.stages import LABELS, MISSING, RANK, STAGES
from funnelkit.reports import Stage

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.tally import Tally
    from funnelkit.metrics.windows import Window


def measures(catalog: Catalog) -> Iterator[Measure]:
    """What must be counted for the funnel."""
    for stage, name in MEASURES.items():
        yield catalog.measures[name]
        if stage in _SKIPPED:
            yield _SKIPPED[stage]


def funnel(counted: Counted, tally: Tally, catalog: Catalog, window: Window, asked: Sequence[str]) -> tuple[Stage, ...]:  # fmt: skip
    """The stages *asked* for, or those that the files speak of; nothing without leads."""
    found: list[Stage] = []
    for name in sorted(asked, key=RANK.__getitem__) if asked else STAGES:
        measure = catalog.measures[MEASURES[name]]
        spoken_of = bool(asked) or name in ("lead", "customer") or counted.survey.seen(name)
        if measure.id in counted.lacks or not spoken_of:
            continue
        entered = tally.sum(measure, TOTAL, window)
        first, previous = (found[0].entered, found[-1].entered) if found else (None, None)
        skipped = _SKIPPED.get(name)
        found.append(
            Stage(
                stage=name,
                label=LABELS[name],
                entered=entered,
                rate_from_previous=_rate(entered, previous),
                rate_from_first=_rate(entered, first),
                skipped=tally.sum(skipped, TOTAL, window)
                if skipped and skipped.id not in counted.lacks
                else 0,
            )
        )
    return tuple(found)


def _skipped(stage: str) -> Measure:
    """Leads that are beyond *stage* without a date of their own for it."""
    return Measure(
        id=f"skipped_{stage}",
        table="leads",
        date="created_at",
        where={"reached": frozenset(STAGES[RANK[stage] :]), MISSING[f"{stage}_at"]: frozenset({1})},
        needs=(f"stage_{stage}",),
    )


_SKIPPED = {stage: _skipped(stage) for stage in ("mql", "sal", "sql")}


def _rate(entered: int, of: int | None) -> Cell | None:
    if of is None:
        return None
    if of == 0:
        return Cell(value=None, numerator=entered, denominator=0, n=0, reason="no_denominator", message="nothing to divide by here")  # fmt: skip
    limits = intervals.wilson(entered, of) if entered <= of else None
    return Cell(
        value=entered / of,
        numerator=entered,
        denominator=of,
        n=of,
        interval=limits,
        interval_type="wilson" if limits else None,
    )
