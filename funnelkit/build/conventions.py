"""What a report says of the conventions that it was asked to follow instead of the usual ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from funnelkit.metrics import firstpaid, stagerates
from funnelkit.metrics.fold import TOTAL
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.counting import Count
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.stages import Path

_ANCHORS = {
    "cohort": "of what was created in the period, and what became of it so far",
    "event": "what came in the period over what began in it (not the same people or deals, and perhaps above 100 %)",
    "close": "of the deals closed in the period",
}


def said(found: Count, metrics: Sequence[Metric], total: Mapping[str, Cell]) -> Iterator[Note]:
    """The anchor that was asked for, strict stages, and optional stages of which only the present ones are known.

    *total* are the values of *metrics*: what has none is not named.
    """
    request = found.request
    if request.anchor:
        valued = [metric for metric in metrics if total[metric.id].value is not None]
        names = dict.fromkeys(metric.label for metric in valued if metric.anchor == request.anchor)
        told = (
            f"{_ANCHORS[request.anchor]}: {'; '.join(names)}" if names else "no number of this report has it"
        )
        yield Note(code="anchor", message=f"Anchor {request.anchor}: {told}.")
    yield from _of_age(found, metrics)
    path = request.path
    if path.strict:
        yield Note(
            code="stage_entry",
            message="Stages are strict: only leads with a day of the stage itself count for it, or where no file has "
            "such days, those that are in it now. Rates are of those that entered both stages.",
        )
    yield from _of_stages(found.counted, path)
    yield from _passed(found)


def _of_age(found: Count, metrics: Sequence[Metric]) -> Iterator[Note]:
    """Up to which age customers are counted who all had to reach it."""
    age = firstpaid.age(found.spans.window, found.dataset.as_of)
    aged = [m for m in metrics if any(p.id == firstpaid.REVENUE for p in found.catalog.parts(m))]
    if aged and age is not None:
        yield Note(
            code="customer_age",
            message=f"{aged[0].label}: in the month of the first payment and the {age} after it, which all customers "
            "of the period have behind them. A first payment is the first in these files.",
        )


def _passed(found: Count) -> Iterator[Note]:
    """How many leads count for a stage that nothing tells of, where the team's own stages lie between the others."""
    path, tally, window = found.request.path, found.evaluator.tally, found.spans.window
    told = []
    for stage, measure in stagerates.passed(path).items():
        whole = found.catalog.measures[stagerates.of(stage)]
        if {measure.id, whole.id} & found.counted.lacks.keys() or not found.counted.survey.seen(stage):
            continue
        if n := tally.sum(measure, TOTAL, window):
            told.append(f"{path.label(stage)} {n:,} of {tally.sum(whole, TOTAL, window):,}")
    if told:
        yield Note(
            code="stage_passed",
            message=f"Counted for a stage because they came to a later one, without a day or status of it: {', '.join(told)} "
            "leads. --stage-entry strict leaves them out, and `optional: true` those of one stage.",
        )


def _of_stages(counted: Counted, path: Path) -> Iterator[Note]:
    """Stages of the user's own that nobody is in, and optional ones that are known of a few."""
    for step in path.own:
        if "leads" in counted.facts.frames and not counted.survey.seen(step.name):
            yield Note(
                code="stage_not_seen",
                message=f"No lead is in the stage {step.label}: none has {' or '.join(map(repr, step.words))} for its "
                "status or stage, so the funnel is shown without it.",
            )
    for stage in path.names[1:-1]:
        undated = not any(counted.facts.has("leads", c) for c in path.own_columns(stage))
        if path.step(stage).optional and undated and counted.survey.seen(stage):
            label = path.label(stage)
            yield Note(
                code="stage_undated",
                message=f"{label} is optional and no file has its days: only leads that are in it now count, "
                "not those that have gone on since.",
            )
