"""The report itself: which metrics, which periods, which rows, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from funnelkit.build import conventions, funnel, handoff
from funnelkit.build.counting import Count, count
from funnelkit.build.request import Filter, Request, check
from funnelkit.build.rows import Cells, rows
from funnelkit.errors import did_you_mean
from funnelkit.metrics import moneynotes
from funnelkit.metrics import notes as noted
from funnelkit.metrics.aggregate import distinct
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.stages import REACHED, STRICT
from funnelkit.periods import from_day
from funnelkit.reports import Breakdown, Comparison, Report, Trend
from funnelkit.reports import Metric as Definition
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.entries import Histogram, Measure, Metric
    from funnelkit.metrics.facts import Facts
    from funnelkit.reports import Source


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
    joint = handoff.wanted(dataset, request)
    candidates = _candidates(catalog, request, handoff.METRICS if joint else ())
    found = count(dataset, request, catalog, candidates, _beside(catalog, request, joint=joint))
    metrics = _chosen(found, candidates)
    cells = Cells(found.evaluator, metrics, found.spans, request.min_n)
    total = dict(cells.of(TOTAL))
    breakdown = rows(cells, request) if request.by else None
    made = handoff.Maker(found.evaluator, dataset, request, found.spans)
    compared = _comparisons(cells, request)
    return Report(
        title=request.title,
        as_of=from_day(dataset.as_of) if dataset.dated else None,
        timezone=request.timezone,
        currency=dataset.currency,
        period=found.spans.span(found.spans.main) if dataset.dated else None,
        filters=tuple(str(f) for f in request.where),
        min_n=request.min_n,
        definitions={m.id: _definition(m) for m in metrics},
        metrics=total,
        funnel=funnel.funnel(found.counted, found.evaluator.tally, catalog, found.spans.window, request.path),
        stage_entry=STRICT if request.path.strict else REACHED,
        breakdown=breakdown,
        trend=Trend(grain=request.grain, points=cells.points(TOTAL)) if request.grain else None,
        comparison=compared[0] if compared else None,
        besides=compared[1:],
        sources=tuple(sources),
        matching=dataset.matches,
        unmatched=dataset.unmatched,
        warnings=(
            *(dataset.notes if notes is None else notes),
            *misspelt(found.counted.facts, request.where),
            *conventions.said(found, metrics, total),
            *noted.notes(_view(found, cells, total, breakdown)),
            *(made.notes() if "leads" in dataset.frames else ()),
        ),
        handoff=made.handoff(metrics) if joint else None,
    )


def _view(found: Count, cells: Cells, total: Mapping[str, Cell], breakdown: Breakdown | None) -> noted.View:
    return noted.View(
        counted=found.counted,
        evaluator=found.evaluator,
        window=cells.spans.window,
        befores=cells.spans.windows_before,
        metrics=frozenset(name for name, cell in total.items() if cell.value is not None),
        rows=[(row.key, row.cells) for row in breakdown.rows] if breakdown else (),
        min_n=cells.min_n,
        truncated=found.truncated,
        begun=found.begun,
    )


def _candidates(catalog: Catalog, request: Request, more: Sequence[str]) -> list[Metric]:
    """The metrics that may be shown or sorted by; *more* of them where nobody names any."""
    if not request.metrics:
        names = [m.id for m in catalog.metrics.values() if not m.by_name or m.id in more]
    else:
        names = list(request.metrics)
    if request.sort:
        names.append(request.sort)
    return [catalog.metrics[name] for name in dict.fromkeys(names)]


def _beside(catalog: Catalog, request: Request, *, joint: bool) -> list[Measure | Histogram]:
    """What is counted beside the metrics: for the funnel, for notes, and with *joint* for the handoff."""
    parts = handoff.parts(catalog) if joint else ()
    return [*funnel.measures(catalog, request.path), noted.FREE, moneynotes.OUTSIDE, *parts]


def _chosen(found: Count, candidates: Sequence[Metric]) -> list[Metric]:
    """The metrics asked for; else those that can be worked out, and the main ones in any case."""
    request = found.request
    if request.metrics:
        return [found.catalog.metrics[name] for name in dict.fromkeys(request.metrics)]
    return [
        metric
        for metric in candidates
        if metric.main
        or metric.id == request.sort
        or handoff.shown(metric, found.evaluator, found.spans.window)
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
        id=metric.id,
        label=metric.label,
        unit=metric.unit,
        better=metric.better,
        group=metric.group,
        cohort=metric.cohort,
        anchor=metric.anchor,
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
