"""The funnel: of the leads created in the period, how many came how far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.metrics.cell import Cell
from funnelkit.metrics.entries import Measure
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.stagerates import both, of, passed, skipped
from funnelkit.metrics.stages import Path
from funnelkit.reports import Stage
from funnelkit.statistics import intervals

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.tally import Tally
    from funnelkit.metrics.windows import Window


def measures(catalog: Catalog, path: Path) -> Iterator[Measure]:
    """What must be counted for the funnel."""
    for rank, stage in enumerate(path.names):
        yield catalog.measures[of(stage)]
        yield from (catalog.measures[both(first, stage, path)] for first in path.names[:rank])
        if stage in path.names[1:-1]:
            yield skipped(stage)
    yield from passed(path).values()


def funnel(counted: Counted, tally: Tally, catalog: Catalog, window: Window, path: Path) -> tuple[Stage, ...]:
    """The stages that *path* shows, or those that the files speak of; nothing without leads."""
    found: list[Stage] = []
    for name in _shown(counted, path):
        measure = catalog.measures[of(name)]
        if measure.id in counted.lacks:
            continue
        passed, optional = skipped(name), path.step(name).optional
        countable = name in path.names[1:-1] and not optional and passed.id not in counted.lacks
        # Who may go another way has not dropped out by doing so.
        before = next((stage for stage in reversed(found) if not stage.optional), None)
        first, previous = (
            _rate(tally.sum(catalog.measures[both(base.stage, name, path)], TOTAL, window), base.entered)
            if base
            else None
            for base in (found[0] if found else None, before)
        )
        found.append(
            Stage(
                stage=name,
                label=path.label(name),
                entered=tally.sum(measure, TOTAL, window),
                rate_from_previous=previous,
                rate_from_first=first,
                skipped=tally.sum(passed, TOTAL, window) if countable else 0,
                optional=optional,
            )
        )
    return tuple(found)


def _shown(counted: Counted, path: Path) -> list[str]:
    if path.shown:
        return sorted(path.shown, key=path.ranks.__getitem__)
    return [name for name in path.names if name in ("lead", "customer") or counted.survey.seen(name)]


def _rate(entered: int, of: int) -> Cell:
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
