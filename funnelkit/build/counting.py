"""What every answer about metrics begins with: one question to the engine, and what works metrics out of its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.periods import Spans, spans
from funnelkit.metrics import courses, lagged, stagerates, units
from funnelkit.metrics.beginning import Truncation
from funnelkit.metrics.counted import Counted, ask
from funnelkit.metrics.evaluate import Evaluator
from funnelkit.metrics.settings import Settings
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.windows import Timeline

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Histogram, Measure, Metric
    from funnelkit.metrics.weighing import Weights


class Count(Struct, frozen=True, dict=True):
    """What was counted, over which periods, and whether the data begin without their first wins."""

    dataset: Dataset
    request: Request
    catalog: Catalog
    counted: Counted
    spans: Spans
    truncated: Truncation | None
    begun: Mapping[str, Truncation] = MappingProxyType({})
    """The same for each stage that a rate asks how long leads take to; of customers too."""
    weights: Weights | None = None
    """The chances of open deals, where a metric asks for them."""

    @cached_property
    def evaluator(self) -> Evaluator:
        """What works metrics out, by the groups of the request."""
        settings = Settings(
            by=self.request.by,
            horizon=self.request.horizon,
            gross_margin=self.request.gross_margin,
            discount=self.request.discount,
            sla=self.request.sla.minutes,
        )
        curve, since = None, {stage: found.first_win for stage, found in self.begun.items()}
        if "lead_times" not in self.counted.lacks:
            curve = self.counted.timing(self.catalog.histograms["lead_times"], since.get("customer"))
        return Evaluator(
            self.catalog,
            self.counted,
            self.dataset.scales,
            curve,
            settings,
            weights=self.weights,
            since=since,
        )


def count(
    dataset: Dataset,
    request: Request,
    catalog: Catalog,
    metrics: Sequence[Metric],
    more: Iterable[Measure | Histogram] = (),
) -> Count:
    """Count what *metrics* need, what must be known anyway, and *more*."""
    probes = [catalog.measures.get(name) or catalog.histograms[name] for name in PROBES]
    parts = [*probes, *more, *(part for metric in metrics for part in catalog.parts(metric))]
    weights = _weights(dataset, request, catalog, metrics)
    parts += [part.measure for part in weights.parts] if weights else []
    for metric in metrics:
        parts += [*units.parts(metric, catalog), *lagged.parts(metric, catalog)]
    parts += _undated(catalog, metrics)
    begins = _begins(catalog, metrics)
    parts += begins.values()
    filters = [(f.dimension, f.values, f.negate) for f in request.where]
    asked = ask(dataset, filters, request.by, parts, request.horizon, sla=request.sla, path=request.path)
    found = spans(asked, request, dataset.as_of)
    truncated = asked.truncated(catalog.histograms["lead_times"])
    known = {"customer": truncated, **{stage: asked.truncated(one) for stage, one in begins.items()}}
    begun = {stage: one for stage, one in known.items() if one}
    ranked = {m.of for m in metrics if m.statistic in ("median", "quantile")}
    months = {m.trailing_months for m in metrics if m.trailing_months}
    cuts = _cuts(found, request, catalog, metrics, begun)
    timeline = Timeline(found.windows, dataset.as_of, cuts, found.trailing(months), stops=dataset.stops)
    return Count(dataset, request, catalog, asked.count(timeline, ranked), found, truncated, begun, weights)


def _begins(catalog: Catalog, metrics: Sequence[Metric]) -> Mapping[str, Histogram]:
    """What tells since when each stage is written down to which a rate of *metrics* leads."""
    found: dict[str, Histogram] = {}
    for metric in metrics:
        if metric.course and (begins := courses.begun(catalog.histograms[metric.course])):
            _, stage = courses.stages(begins.of) or ("", "")
            found[stage] = begins
    return found


def _undated(catalog: Catalog, metrics: Sequence[Metric]) -> Iterable[Measure]:
    """How many leads are in the stages of the rates among *metrics* without a day, for a note."""
    timed = (catalog.histograms[metric.course] for metric in metrics if metric.course)
    names = (stagerates.undated(stage) for one in timed for stage in courses.stages(one.of) or ())
    return (catalog.measures[name] for name in dict.fromkeys(names) if name in catalog.measures)


def _weights(
    dataset: Dataset, request: Request, catalog: Catalog, metrics: Sequence[Metric]
) -> Weights | None:
    """The chances of open deals, if one of *metrics* asks for them."""
    if not any(catalog.weighs(m) for m in metrics):
        return None
    from funnelkit.metrics import weighing

    return weighing.weights(dataset, catalog.measures[weighing.WHOLE], request.probability)


def _cuts(
    found: Spans,
    request: Request,
    catalog: Catalog,
    metrics: Sequence[Metric],
    begun: Mapping[str, Truncation],
) -> list[int]:
    """The days at which time is cut beside the periods themselves."""
    # Leads from before anybody wrote down wins are kept apart, since they would make all leads look slow.
    cuts = [one.first_win for one in begun.values()]
    if any(catalog.looks_back(m) for m in metrics):
        cuts += found.previous_cuts()
    return cuts + [rule.since for rule in request.rules if rule.since is not None]
