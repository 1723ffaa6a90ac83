"""The study of the stages that deals go through: where they stay long, and from where they are won."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.cycles import stagetables
from funnelkit.build.cycles.staying import Reentries, Staying, staying
from funnelkit.metrics.fold import TOTAL
from funnelkit.periods import from_day
from funnelkit.statistics import survival
from funnelkit.studies import Study
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.reports import Source
    from funnelkit.stageorder import Place

GROUPS = 6
"""So many groups are shown unless said, each with all of its stages."""


def of_stages(
    data: Dataset, request: Request, sources: Sequence[Source], notes: Sequence[Note], reentries: Reentries
) -> Study:
    """How long the deals of *data* stay in their stages; UsageError where no history tells of them."""
    found = staying(data, request, reentries)
    keys = found.groups[: request.top or GROUPS]
    return Study(
        command="cycle",
        title="How long deals stay in their stages",
        as_of=from_day(data.as_of),
        timezone=request.timezone,
        currency=None,
        period=found.spans.span(found.spans.main),
        filters=tuple(str(f) for f in request.where),
        sentences=tuple(_sentences(found)),
        tables=(
            stagetables.times(found),
            stagetables.outcomes(found),
            *([stagetables.by_group(found, keys)] if keys else []),
        ),
        sources=tuple(sources),
        warnings=(*notes, *_notes(found)),
    )


def _sentences(found: Staying) -> Iterator[str]:
    known = found.known(TOTAL)
    still = sum(stays.ends.get(0, 0) for (key, _), stays in found.stays.items() if key == TOTAL)
    yield f"{found.deals:,} deals with a stage history, {still:,} of them in one of {len(known)} stages now."
    waits = {place: days for place in known if (days := _median(found, place)) is not None}
    if waits:
        longest = max(waits, key=lambda place: waits[place])
        alone = list(waits.values()).count(waits[longest]) == 1 < len(waits)
        most = ": the longest of the stages" if alone else ""
        yield f"Half have left {_called(found, longest)} after {waits[longest]:,} days, those still in it counted{most}."
    stuck = [place for place in known if place not in waits and (TOTAL, place) in found.stays]
    if stuck:
        named = ", ".join(_called(found, place) for place in stuck)
        yield f"Fewer than half have left so far: {named}."


def _median(found: Staying, place: Place) -> int | None:
    stays = found.stays.get((TOTAL, place))
    return None if stays is None else survival.median(survival.kaplan_meier(stays.left, stays.still))


def _called(found: Staying, place: Place) -> str:
    return f"{place.stage} ({place.pipeline})" if found.pipelines and place.pipeline else place.stage


def _notes(found: Staying) -> Iterator[Note]:
    if found.stageless:
        yield Note(
            code="stageless",
            message=f"Deals of which the history tells the outcome alone: {found.stageless:,}. They are in no stage, and not "
            "among those that were won or lost from one.",
        )
    untimed = sum(stays.untimed for (key, _), stays in found.stays.items() if key == TOTAL)
    if untimed:
        yield Note(
            code="stays_untimed",
            message=f"Stays in a stage without a day on which they ended, or with one before they began: {untimed:,}. "
            "They count as entered, and in no number of days.",
        )
