"""The report itself: which metrics, which periods, which rows, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from funnelkit.build import funnel, handoff
from funnelkit.build.periods import Spans, spans
from funnelkit.build.request import Filter, Request, check
from funnelkit.build.rows import Cells, rows
from funnelkit.errors import did_you_mean
from funnelkit.metrics import moneynotes
from funnelkit.metrics import notes as noted
from funnelkit.metrics.aggregate import distinct
from funnelkit.metrics.beginning import Truncation
from funnelkit.metrics.counted import Counted, ask
from funnelkit.metrics.evaluate import Evaluator, Settings
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.windows import Timeline
from funnelkit.periods import from_day
from funnelkit.reports import Breakdown, Comparison, Report, Trend
from funnelkit.reports import Metric as Definition
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.language import Histogram, Measure, Metric
    from funnelkit.reports import Source
    from funnelkit.tables import Dataset


def build(
    dataset: Dataset,
    request: Request,
    catalog: Catalog,
    sources: Sequence[Source],
    notes: Sequence[Note] | None = None,
) -> Report:
    """The report of *dataset* that *request* asks for.

    *notes* are what is to be said before its own; without them, what the dataset says.
    """
    check(request, dataset, catalog)
    filters = [(f.dimension, f.values, f.negate) for f in request.where]
    joint = handoff.wanted(dataset, request)
    candidates = _candidates(catalog, request, handoff.METRICS if joint else ())
    parts = [*_parts(catalog, candidates), *(handoff.parts(catalog) if joint else ())]
    asked = ask(dataset, filters, request.by, parts, request.horizon, sla=request.sla)
    found = spans(asked, request, dataset.as_of)
    truncated = asked.truncated(catalog.histograms["lead_times"])
    ranked = {m.of for m in candidates if m.statistic in ("median", "quantile")}
    counted = asked.count(_timeline(found, dataset, request, catalog, candidates, truncated), ranked)
    worked = evaluator(dataset, request, catalog, counted, truncated)
    metrics = _chosen(catalog, request, worked, found, candidates)
    cells = Cells(worked, metrics, found, request.min_n)
    total = dict(cells.of(TOTAL))
    breakdown = rows(cells, request) if request.by else None
    made = handoff.Maker(worked, dataset, request, found)
    compared = _comparisons(cells, request)
    view = _view(counted, worked, truncated, cells, total, breakdown)
    return Report(
        title=request.title,
        as_of=from_day(dataset.as_of) if dataset.dated else None,
        timezone=request.timezone,
        currency=dataset.currency,
        period=found.span(found.main) if dataset.dated else None,
        filters=tuple(str(f) for f in request.where),
        min_n=request.min_n,
        definitions={m.id: _definition(m) for m in metrics},
        metrics=total,
        funnel=funnel.funnel(counted, worked.tally, catalog, found.window, request.stages),
        breakdown=breakdown,
        trend=Trend(grain=request.grain, points=cells.points(TOTAL)) if request.grain else None,
        comparison=compared[0] if compared else None,
        besides=compared[1:],
        sources=tuple(sources),
        matching=dataset.matches,
        unmatched=dataset.unmatched,
        warnings=(
            *(dataset.notes if notes is None else notes),
            *misspelt(counted.facts, request.where),
            *noted.notes(view),
            *(made.notes() if "leads" in dataset.frames else ()),
        ),
        handoff=made.handoff(metrics) if joint else None,
    )


def _view(
    counted: Counted,
    evaluator: Evaluator,
    truncated: Truncation | None,
    cells: Cells,
    total: Mapping[str, Cell],
    breakdown: Breakdown | None,
) -> noted.View:
    return noted.View(
        counted=counted,
        evaluator=evaluator,
        window=cells.spans.window,
        befores=cells.spans.windows_before,
        metrics=frozenset(name for name, cell in total.items() if cell.value is not None),
        rows=[(row.key, row.cells) for row in breakdown.rows] if breakdown else (),
        min_n=cells.min_n,
        truncated=truncated,
    )


def _parts(catalog: Catalog, candidates: Sequence[Metric]) -> Iterator[Measure | Histogram]:
    """All that is to be counted: for the metrics, for the funnel, and for what must be known anyway."""
    for name in PROBES:
        yield catalog.measures[name] if name in catalog.measures else catalog.histograms[name]
    yield from funnel.measures(catalog)
    yield from (noted.FREE, moneynotes.OUTSIDE)
    for metric in candidates:
        yield from catalog.parts(metric)


def _candidates(catalog: Catalog, request: Request, more: Sequence[str]) -> list[Metric]:
    """The metrics that may be shown or sorted by; *more* of them where nobody names any."""
    if not request.metrics:
        names = [m.id for m in catalog.metrics.values() if not m.by_name or m.id in more]
    else:
        names = list(request.metrics)
    if request.sort:
        names.append(request.sort)
    return [catalog.metrics[name] for name in dict.fromkeys(names)]


def _timeline(
    found: Spans,
    dataset: Dataset,
    request: Request,
    catalog: Catalog,
    candidates: Sequence[Metric],
    truncated: Truncation | None,
) -> Timeline:
    """The windows that are counted, and the days at which they are cut besides."""
    # Leads from before anybody wrote down wins are kept apart, since they would make all leads look slow.
    cuts = [truncated.first_win] if truncated else []
    cuts += found.trailing_cuts({m.trailing_months for m in candidates if m.trailing_months})
    if any(catalog.looks_back(m) for m in candidates):
        cuts += found.previous_cuts()
    cuts += [rule.since for rule in request.rules if rule.since is not None]
    return Timeline(found.windows, dataset.as_of, cuts)


def evaluator(
    dataset: Dataset, request: Request, catalog: Catalog, counted: Counted, truncated: Truncation | None
) -> Evaluator:
    """What works out metrics on what was *counted*, by the groups of *request*."""
    settings = Settings(
        by=request.by,
        horizon=request.horizon,
        gross_margin=request.gross_margin,
        sla=request.sla.minutes,
    )
    curve = None
    if "lead_times" not in counted.lacks:
        since = truncated.first_win if truncated else None
        curve = counted.timing(catalog.histograms["lead_times"], since)
    return Evaluator(catalog, counted, dataset.scales, curve, settings)


def _chosen(
    catalog: Catalog, request: Request, evaluator: Evaluator, found: Spans, candidates: Sequence[Metric]
) -> list[Metric]:
    """The metrics asked for; else those that can be worked out, and the main ones in any case."""
    if request.metrics:
        return [catalog.metrics[name] for name in dict.fromkeys(request.metrics)]
    return [
        metric
        for metric in candidates
        if metric.main or metric.id == request.sort or handoff.shown(metric, evaluator, found.window)
    ]


def _comparisons(cells: Cells, request: Request) -> tuple[Comparison, ...]:
    spans, found = cells.spans, []
    for spec, period, before in zip(request.compare, spans.compared, spans.windows_before, strict=True):
        word = spec.strip().lower()
        found.append(
            Comparison(
                span=spans.span(period),
                kind=word if word in ("prev", "yoy") else spec,
                changes=cells.changes(TOTAL, before),
            )
        )
    return tuple(found)


def _definition(metric: Metric) -> Definition:
    return Definition(
        id=metric.id, label=metric.label, unit=metric.unit, better=metric.better, group=metric.group
    )


def misspelt(facts: Facts, filters: Sequence[Filter]) -> Iterator[Note]:
    """A note for every value of *filters* that no row has."""
    for one in filters:
        known = distinct(facts, one.dimension)
        for value in one.values:
            if value not in known:
                yield Note(
                    code="no_such_value",
                    message=f"No row has the {one.dimension} {value!r}. {did_you_mean(value, known)}",
                )
