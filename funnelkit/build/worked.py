"""One metric on the files at hand: its value, the numbers that its formula is made of, and the files they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.counting import Count, count
from funnelkit.build.entries import number
from funnelkit.build.moved import moved
from funnelkit.build.request import Request, check
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.entries import Histogram
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.lagged import LAGGED
from funnelkit.metrics.statistics import empty
from funnelkit.periods import from_day
from funnelkit.studies import TEXT, Entry, Field, Study, Table

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Number
    from funnelkit.metrics.entries import Measure, Metric
    from funnelkit.metrics.formula import Exact, Formula
    from funnelkit.metrics.weighing import Weights
    from funnelkit.reports import Source
    from funnelkit.tables import Note

Say = Callable[["Number", str], str]
"""A number with its unit, as people read it."""
Words = Callable[["Measure | Histogram"], str]
"""What is counted, of which rows, by which date."""


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
    worked = count(dataset, request, catalog, [metric])
    tables = {_read(part, dataset) for part in catalog.parts(metric)}
    tables |= {"stage_history"} if worked.weights else set()
    cell = worked.evaluator.cell(metric, TOTAL, worked.spans.window)
    return Study(
        command="metrics",
        title=f"{metric.id}: {metric.label}",
        as_of=from_day(dataset.as_of) if dataset.dated else None,
        timezone=request.timezone,
        currency=dataset.currency,
        period=worked.spans.span(worked.spans.main) if dataset.dated else None,
        filters=tuple(str(f) for f in request.where),
        sentences=tuple(_sentences(worked, metric, cell, say)),
        tables=(
            _parts(worked, metric, words, sources),
            *([_weights(worked, worked.weights)] if worked.weights and worked.weights.parts else []),
            *([moved(worked, metric)] if metric.statistic == LAGGED and cell.value is not None else []),
        ),
        sources=tuple(s for s in sources if s.table in tables),
        warnings=tuple(notes),
    )


def _sentences(worked: Count, metric: Metric, cell: Cell, say: Say) -> Iterator[str]:
    if cell.value is None:
        yield f"{metric.label}: n/a, {cell.message}."
    else:
        limits = _limits(cell, metric.unit, say)
        n = f", n {cell.n:,}" if cell.n is not None else ""
        yield f"{metric.label}: {say(cell.value, metric.unit)}{limits}{n}."
        if metric.formula is not None:
            yield f"{metric.formula.text} = {_filled(worked, metric, metric.formula, say)} = {say(cell.value, metric.unit)}"
        elif cell.numerator is not None and cell.denominator is not None:
            divided = f"{say(cell.numerator, 'number')} / {say(cell.denominator, 'number')}"
            yield f"{metric.how} = {divided} = {say(cell.value, metric.unit)}"
    yield metric.convention


def _limits(cell: Cell, unit: str, say: Say) -> str:
    if cell.interval is None:
        return ""
    low, high = cell.interval
    return f" (95 % from {say(low, unit)} to {say(high, unit) if high is not None else 'infinity'})"


def _filled(worked: Count, metric: Metric, formula: Formula, say: Say) -> str:
    """The formula with numbers for the names; the longest first, since one may be a part of another."""
    text = formula.text
    for name in sorted(formula.names, key=len, reverse=True):
        value = _named(worked, metric, name)
        text = text.replace(name, "n/a" if value is None else say(_plain(value), "number"))
    return text


def _named(worked: Count, metric: Metric, name: str) -> Exact | None:
    """What *name* in the formula of *metric* stands for."""
    window, months = worked.spans.window, metric.trailing_months
    return worked.evaluator.named(name, TOTAL, window.trailing(months) if months else window)


def _plain(value: Exact) -> Number:
    return value[0] // value[1] if value[0] % value[1] == 0 else value[0] / value[1]


def _read(part: Measure | Histogram, dataset: Dataset) -> str:
    """The table of the files that *part* is counted in; customers are made of what tells of them."""
    if part.table != "customers":
        return part.table
    return next(name for name in ("deals", "payments", "leads") if name in dataset.frames or name == "leads")


def _parts(worked: Count, metric: Metric, words: Words, sources: Sequence[Source]) -> Table:
    rows = []
    for part in worked.catalog.parts(metric):
        table = _read(part, worked.dataset)
        files = ", ".join(f"{s.file} ({s.used:,} rows)" for s in sources if s.table == table)
        rows.append(
            (Entry(text=part.id), _value(worked, metric, part), Entry(text=words(part)), Entry(text=files))
        )
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


def _weights(worked: Count, weights: Weights) -> Table:
    """What each part of the open deals comes to, and by which chance."""
    unit = 10 ** worked.evaluator.scale(weights.whole.table, weights.whole.column)
    rows = []
    for part in weights.parts:
        amount = worked.evaluator.tally.sum(part.measure, TOTAL, worked.spans.window)
        rows.append(
            (
                Entry(text=part.label),
                number(amount / unit),
                number(float(part.chance), part.n or None),
                number(float(amount * part.chance) / unit),
            )
        )
    return Table(
        id="weights",
        title="Weighed by",
        fields=(
            Field(id="part", label="", unit=TEXT),
            Field(id="amount", label="open", unit="money"),
            Field(id="chance", label="chance", unit="ratio"),
            Field(id="weighted", label="weighted", unit="money"),
        ),
        rows=tuple(rows),
        caption=f"by {weights.method}",
    )


def _value(worked: Count, metric: Metric, part: Measure | Histogram) -> Entry:
    if part.id in worked.evaluator.lacks:
        return Entry(cell=empty(worked.evaluator.lacks[part.id]))
    if isinstance(part, Histogram):
        return Entry()
    value = _named(worked, metric, part.id)
    return number(_plain(value)) if value is not None else Entry()
