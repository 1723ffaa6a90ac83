"""What a report says of the conventions that it was asked to follow instead of the usual ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.counting import Count
    from funnelkit.metrics.entries import Metric

_ANCHORS = {
    "cohort": "are of what was created in the period, and what became of it so far",
    "event": "are what came in the period over what began in it: not the same people or deals, and perhaps above 100 %",
    "close": "are of the deals closed in the period",
}


def said(found: Count, metrics: Sequence[Metric]) -> Iterator[Note]:
    """The anchor that was asked for, strict stages, and optional stages of which only the present ones are known."""
    request = found.request
    if request.anchor:
        names = [metric.label for metric in metrics if metric.anchor == request.anchor]
        told = (
            f"{', '.join(names)} {_ANCHORS[request.anchor]}" if names else "no number of this report has it"
        )
        yield Note(code="anchor", message=f"Anchor {request.anchor}: {told}.")
    path = request.path
    if path.strict:
        yield Note(
            code="stage_entry",
            message="Stages are strict: only leads with a day of the stage itself count for it, or where no file has "
            "such days, those that are in it now. Rates are of those that entered both stages.",
        )
    for stage in path.names[1:-1]:
        undated = not any(found.counted.facts.has("leads", c) for c in path.own_columns(stage))
        if path.step(stage).optional and undated and found.counted.survey.seen(stage):
            label = path.label(stage)
            yield Note(
                code="stage_undated",
                message=f"{label} is optional and no file has its days: only leads that are in it now count, "
                "not those that have gone on since.",
            )
