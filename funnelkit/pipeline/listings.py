"""The catalogue of metrics to read: as a list, and one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Histogram, Measure, Metric
    from funnelkit.pipeline.options import Options


def known(options: Options, asked: Iterable[str] = ()) -> Catalog:
    """The catalogue with the metrics of the configuration, and those between two stages that are *asked* for."""
    from funnelkit.pipeline import requests
    from funnelkit.pipeline.reading import read_config

    return requests.catalog(options, read_config(options), asked)


def table(rows: Iterable[Sequence[str]]) -> str:
    """*rows* with their columns aligned; the last one is not padded.

    >>> print(table([("a", "one"), ("long", "two")]))
    a     one
    long  two
    """
    found = [tuple(row) for row in rows]
    widths = [max(len(row[i]) for row in found) for i in range(len(found[0]) - 1)]
    padded = (
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in found
    )
    return "\n".join(padded)


def worked_out(metric: Metric) -> str:
    """How a metric is worked out, in few words: its formula, or the statistic of a distribution."""
    if metric.formula:
        return metric.formula.text
    if metric.statistic == "conversion":
        return f"{metric.reached} of {metric.among}, so far"
    if metric.statistic in ("within", "kappa", "lagged", "weighted") or (
        metric.statistic == "survival" and metric.q != 0.5
    ):
        return metric.how
    name = f"quantile {metric.q:g}" if metric.statistic == "quantile" else metric.statistic or ""
    return f"{name} of {metric.of}{f' x {metric.times}' if metric.times else ''}"


def metrics(catalog: Catalog) -> bytes:
    """All metrics: id, unit, label and how they are worked out."""
    rows = [("metric", "unit", "what it is", "how it is worked out")]
    rows += [(m.id, m.unit, m.label, worked_out(m)) for m in catalog.metrics.values()]
    return (
        f"{table(rows)}\n\n`funnelkit metrics ID` gives the convention, the source and an example.\n".encode()
    )


def metric(catalog: Catalog, name: str) -> bytes:
    """One metric: its formula, the measures in it, convention, interval, source and example."""
    found = catalog.metric(name)
    facts = [
        ("is", worked_out(found)),
        ("product of", "; ".join(f"{label} = {formula}" for label, formula in found.product.items())),
        ("unit", found.unit),
        ("better", found.better),
        ("interval", _INTERVALS.get(found.interval or "", found.interval or "none")),
        ("convention", found.convention),
        ("source", found.source),
    ]
    parts = [(f"  {part.id}", counted(part)) for part in catalog.parts(found)]
    lines = [f"{found.id}: {found.label}", table((f"  {name}", text) for name, text in facts if text)]
    lines += ["", "counted in it", table(parts)] if parts else []
    if found.example:
        given = ", ".join(f"{key} {value}" for key, value in found.example.get("in", {}).items())
        lines += ["", f"example: {given} -> {found.example.get('out')}"]
    return ("\n".join(lines) + "\n").encode()


_INTERVALS = {
    "wilson": "95 %, Wilson",
    "poisson": "95 %, exact Poisson on the count",
    "counts": "95 %, exact ratio of two Poisson counts",
    "t": "95 %, Student's t on the mean, of money on its logarithm",
    "order": "95 %, order statistics",
    "km": "95 %, log-log limits of Kaplan-Meier",
    "auc": "95 %, Hanley and McNeil, as Newcombe has them",
    "days": "95 %, Taylor's series with a day as the unit",
    "deals": "95 %, Taylor's series with a deal as the unit",
    "customers": "95 %, Taylor's series with a customer as the unit",
    "kept": "95 %, the values at Wilson's limits of the share of customers who stay",
    "acquired": "95 %, Student's t on the mean over customers, on its logarithm",
    "repaid": "95 %, Taylor's series with a customer as the unit, of a known cost",
    "kappa": "95 %, Fleiss, Cohen and Everitt",
}


def counted(part: Measure | Histogram) -> str:
    """A measure or histogram in words: what is counted, of which rows, by which date."""
    column = getattr(part, "column", None) or getattr(part, "of", None)
    what = f"{column} of {part.table}" if column else f"rows of {part.table}"
    from funnelkit.metrics import courses

    if pair := courses.stages(column or ""):
        what = f"days from {pair[0]} to {pair[1]} of {part.table}"
    where = ", ".join(_condition(name, values) for name, values in part.where.items())
    date = f", in the period by {part.date}" if part.date else ""
    return f"{what}{f' where {where}' if where else ''}{date}"


def _condition(column: str, values: frozenset[Any]) -> str:
    """What *column* must hold; one that is true or false names what is true by itself: ``counts_sql``."""
    if all(value is True for value in values):
        return column.replace("_", " ", 1)
    return f"{column} {' or '.join(sorted(map(str, values)))}"
