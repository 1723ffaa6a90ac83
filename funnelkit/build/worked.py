"""One metric on the files at hand: its value, the numbers that its formula is made of, and the files they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.assemble import evaluator
from funnelkit.build.periods import Spans, spans
from funnelkit.build.request import Request, check
from funnelkit.metrics.counted import ask
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.windows import Timeline
from funnelkit.periods import from_day
from funnelkit.studies import TEXT, Entry, Field, Study, Table

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell, Number
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.formula import Exact
    from funnelkit.metrics.language import Histogram, Measure, Metric
    from funnelkit.reports import Source
    from funnelkit.tables import Dataset, Note

Say = Callable[["Number", str], str]
"""A number with its unit, as people read it."""
Words = Callable[["Measure | Histogram"], str]
"""What is counted, of which rows, by which date."""


class _Worked(Struct, frozen=True):
    metric: Metric
    catalog: Catalog
    evaluator: Evaluator
    spans: Spans

    @property
    def cell(self) -> Cell:
        """The value, in the period."""
        return self.evaluator.cell(self.metric, TOTAL, self.spans.window)

    def named(self, name: str) -> Exact | None:
        """What *name* stands for."""
        window = self.spans.window
        months = self.metric.trailing_months
        return self.evaluator.named(name, TOTAL, window.trailing(months) if months else window)


def study(
    dataset: Dataset,
    request: Request,
    catalog: Catalog,
    metric: Metric,
    sources: Sequence[Source],
    notes: Sequence[Note],
    say: Say,
    words: Words,
) -> Study:
    """*metric* worked out in the open; UsageError where the request asks for what is not there."""
    check(request, dataset, catalog)
    worked = _worked(dataset, request, catalog, metric)
    tables = {_read(part, dataset) for part in catalog.parts(metric)}
    return Study(
        command="metrics",
        title=f"{metric.id}: {metric.label}",
        as_of=from_day(dataset.as_of) if dataset.dated else None,
        timezone=request.timezone,
        currency=dataset.currency,
        period=worked.spans.span(worked.spans.main) if dataset.dated else None,
        filters=tuple(str(f) for f in request.where),
        sentences=tuple(_sentences(worked, say)),
        tables=(_parts(worked, dataset, words, sources),),
        sources=tuple(s for s in sources if s.table in tables),
        warnings=tuple(notes),
    )


def _worked(dataset: Dataset, request: Request, catalog: Catalog, metric: Metric) -> _Worked:
    probes = [catalog.measures.get(name) or catalog.histograms[name] for name in PROBES]
    filters = [(f.dimension, f.values, f.negate) for f in request.where]
    parts = [*probes, *catalog.parts(metric)]
    asked = ask(dataset, filters, (), parts, request.horizon, sla=request.sla)
    found = spans(asked, request, dataset.as_of)
    truncated = asked.truncated(catalog.histograms["lead_times"])
    cuts = [truncated.first_win] if truncated else []
    cuts += found.trailing_cuts([metric.trailing_months] if metric.trailing_months else [])
    cuts += found.previous_cuts() if catalog.looks_back(metric) else []
    ranked = {metric.of} if metric.statistic in ("median", "quantile") else set()
    counted = asked.count(Timeline(found.windows, dataset.as_of, cuts), ranked)
    return _Worked(metric, catalog, evaluator(dataset, request, catalog, counted, truncated), found)


def _sentences(worked: _Worked, say: Say) -> Iterator[str]:
    metric, cell = worked.metric, worked.cell
    if cell.value is None:
        yield f"{metric.label}: n/a, {cell.message}."
    else:
        limits = _limits(cell, metric.unit, say)
        n = f", n {cell.n:,}" if cell.n is not None else ""
        yield f"{metric.label}: {say(cell.value, metric.unit)}{limits}{n}."
        if metric.formula is not None:
            yield f"{metric.formula.text} = {_filled(worked, say)} = {say(cell.value, metric.unit)}"
    yield metric.convention


def _limits(cell: Cell, unit: str, say: Say) -> str:
    if cell.interval is None:
        return ""
    low, high = cell.interval
    return f" (95 % from {say(low, unit)} to {say(high, unit) if high is not None else 'infinity'})"


def _filled(worked: _Worked, say: Say) -> str:
    """The formula with numbers for the names; the longest first, since one may be a part of another."""
    assert worked.metric.formula is not None
    text = worked.metric.formula.text
    for name in sorted(worked.metric.formula.names, key=len, reverse=True):
        value = worked.named(name)
        text = text.replace(name, "n/a" if value is None else say(_plain(value), "number"))
    return text


def _plain(value: Exact) -> Number:
    return value[0] // value[1] if value[0] % value[1] == 0 else value[0] / value[1]


def _read(part: Measure | Histogram, dataset: Dataset) -> str:
    """The table of the files that *part* is counted in; customers are made of what tells of them."""
    if part.table != "customers":
        return part.table
    return next(name for name in ("deals", "payments", "leads") if name in dataset.frames or name == "leads")


def _parts(worked: _Worked, dataset: Dataset, words: Words, sources: Sequence[Source]) -> Table:
    rows = []
    for part in worked.catalog.parts(worked.metric):
        table = _read(part, dataset)
        files = ", ".join(f"{s.file} ({s.used:,} rows)" for s in sources if s.table == table)
        rows.append((Entry(text=part.id), _value(worked, part), Entry(text=words(part)), Entry(text=files)))
    return Table(
        id="parts",
        title="Counted in it",
        fields=(
            Field(id="name", label="", unit=TEXT),
            Field(id="value", label="value", unit="number"),
            Field(id="counts", label="counts", unit=TEXT),
            Field(id="files", label="files", unit=TEXT),
        ),
        rows=tuple(rows),
    )


def _value(worked: _Worked, part: Measure | Histogram) -> Entry:
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.language import Histogram
    from funnelkit.metrics.statistics import empty

    if part.id in worked.evaluator.lacks:
        return Entry(cell=empty(worked.evaluator.lacks[part.id]))
    if isinstance(part, Histogram):
        return Entry()
    value = worked.named(part.id)
    return Entry(cell=Cell(value=_plain(value))) if value is not None else Entry()
