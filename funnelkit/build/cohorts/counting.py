"""The one question to the engine that the cohorts of leads are worked out from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.build.cohorts.counted import LEADS, Leads
from funnelkit.build.periods import window
from funnelkit.errors import UsageError
from funnelkit.metrics import catalog
from funnelkit.metrics.counted import ask
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.metrics.stages import STAGES
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.windows import Timeline
from funnelkit.periods import Period, split

if TYPE_CHECKING:
    from funnelkit.build.cohorts.request import Asked
    from funnelkit.dataset import Dataset


def count(data: Dataset, asked: Asked) -> Leads:
    """The leads of *data*, in which the win stands for the stage; UsageError where there are no dated ones."""
    request = asked.request
    customer = asked.stage == STAGES[-1]
    needs = ("outcome",) if customer else (f"stage_{asked.stage}",)
    reached = Measure(
        id="cohort_reached",
        table="leads",
        date="created_at",
        where={"has_won": frozenset({1})},
        needs=needs,
    )
    times = Histogram(
        id="cohort_times",
        table="leads",
        of="lag_days",
        date="created_at",
        split="has_won",
        aged=True,
        needs=(*needs, "won_dates"),
    )
    known = catalog.load()
    probes = [known.measures.get(name) or known.histograms[name] for name in PROBES]
    filters = [(f.dimension, f.values, f.negate) for f in request.where]
    parts = [*probes, LEADS, reached, times]
    question = ask(data, filters, request.by, parts, request.horizon, path=request.path)
    days = question.days("leads")
    if not days:
        raise UsageError(
            "no lead has a date of creation, and without one there are no cohorts",
            hint="Load an export of leads with the day on which each was created.",
        )
    main = request.period or Period(start=days[0], end=max(data.as_of, days[0]), label="all")
    cohorts = split(main, asked.grain, request.calendar)
    truncated = question.truncated(times)
    cuts = [truncated.first_win] if truncated else []
    timeline = Timeline([window(period) for period in (main, *cohorts)], data.as_of, cuts)
    return Leads(
        asked=asked,
        counted=question.count(timeline, frozenset()),
        reached=reached,
        times=times,
        main=main,
        cohorts=cohorts,
        truncated=truncated,
        as_of=data.as_of,
    )
