"""Conversion between two stages, and the measures of stages that follow from the path of leads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.metrics.entries import Histogram, Measure, Metric
from funnelkit.metrics.formula import parse
from funnelkit.metrics.stages import RANK, Path

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog

_LEADS = {"lead": "leads", "customer": "leads_won"}
_EVENTS = {"lead": "leads", "opportunity": "opportunities", "customer": "customers_new"}
_TRUE = frozenset({True})
_NAME = re.compile(r"stage_rate\[ *(\w*) *-> *(\w*) *\]")
RATES = {
    "mql_rate": ("lead", "mql"),
    "sql_rate": ("mql", "sql"),
    "opportunity_rate": ("sql", "opportunity"),
}
"""The rates of the catalogue from one stage to another."""


def of(stage: str) -> str:
    """The measure of the leads created in a period that count as having entered *stage*."""
    return _LEADS.get(stage) or (f"leads_{stage}" if stage in RANK else f"leads_in_{stage}")


def both(first: str, last: str, path: Path) -> str:
    """The measure of those of *first* that count as having entered *last* as well."""
    if first == "lead" or not (path.alone(first) or path.alone(last)):
        return of(last)
    return f"leads_{last}_of_{first}"


def course(first: str, last: str) -> str:
    """The histogram of the days from *first* to *last*."""
    return f"course[{first}->{last}]"


def skipped(stage: str) -> Measure:
    """The leads that came further without any evidence of *stage* itself."""
    return _leads(f"skipped_{stage}", {f"skipped_{stage}": _TRUE}, stage)


def passed(path: Path) -> dict[str, Measure]:
    """By stage the leads that count for it though nothing tells of it but that they came further.

    Only of a team with stages of its own, whose place decides for which others they count.
    """
    names = [name for name in path.names[1:-1] if path.own and name in path.shown and not path.alone(name)]
    return {name: _leads(f"passed_{name}", {f"passed_{name}": _TRUE}, name) for name in names}


def measures(path: Path) -> Iterator[Measure]:
    """Those that the catalogue has not, or has for leads that reach or pass a stage only."""
    for rank, last in enumerate(path.names[1:-1], start=1):
        if path.alone(last) or last not in RANK:
            yield _leads(of(last), {f"counts_{last}": _TRUE}, last)
            yield _leads(undated(last), {f"undated_{last}": _TRUE}, last)
        if last not in RANK:
            yield Measure(id=f"{_events(last)}_dated", table="leads", date=f"entered_{last}", needs=(f"stage_{last}",))  # fmt: skip
        for first in path.names[1:rank]:
            if (name := both(first, last, path)) != of(last):
                yield _leads(name, {f"counts_{first}": _TRUE, f"counts_{last}": _TRUE}, first, last)
    for first in path.names[1:-1]:
        if (name := both(first, "customer", path)) != of("customer"):
            yield replace(
                _leads(name, {f"counts_{first}": _TRUE, "has_won": frozenset({1})}, first),
                needs=("outcome", f"stage_{first}"),
            )


def undated(stage: str) -> str:
    """The measure of the leads that count for *stage* without a day on which they came there."""
    return f"{_events(stage)}_undated"


def _leads(name: str, where: Mapping[str, frozenset[bool | int]], *stages: str) -> Measure:
    needs = tuple(f"stage_{stage}" for stage in stages)
    return Measure(id=name, table="leads", date="created_at", where=where, needs=needs)


def _events(stage: str) -> str:
    return _EVENTS.get(stage) or (f"{stage}s" if stage in RANK else f"entries_{stage}")


def on_path(catalog: Catalog, path: Path) -> Catalog:
    """*catalog* with what it counts by stage counted by *path*."""
    made = {m.id: m for m in measures(path)}
    said = " Only leads with evidence of the stage itself count for it."
    changed = {}
    for name, (first, last) in RATES.items():
        if path.alone(first) or path.alone(last):
            metric = catalog.metrics[name]
            formula = parse(f"{both(first, last, path)} / {of(first)}")
            changed[name] = replace(metric, formula=formula, convention=metric.convention + said)
    for stage in path.names[1:-1]:
        if path.alone(stage) and stage in RANK:
            name = _events(stage)
            changed[name] = replace(catalog.metrics[name], convention=catalog.metrics[name].convention + said)
    return replace(catalog, measures={**catalog.measures, **made}, metrics={**catalog.metrics, **changed})


def asked(catalog: Catalog, names: Iterable[str], path: Path, anchor: str, *, aged: bool) -> Catalog:
    """*catalog* with the rates between two stages among *names*; *aged*, with what they are of leads that have had their time."""
    rates: dict[str, Metric] = {}
    timed: dict[str, Histogram] = {}
    for name in names:
        if pair := _pair(name, path):
            metric = _event(name, *pair, path) if anchor == "event" else _between(name, *pair, path)
        elif name in RATES and catalog.metrics[name].cohort:
            metric, pair = catalog.metrics[name], RATES[name]
        else:
            continue
        if metric.cohort and aged:
            histogram = _course(*pair)
            timed[histogram.id] = histogram
            metric = replace(metric, course=histogram.id)
        rates[name] = metric
    return replace(
        catalog,
        histograms={**catalog.histograms, **timed},
        metrics={**catalog.metrics, **rates},
    )


def _course(first: str, last: str) -> Histogram:
    """How long leads took from *first* to *last*, or have had for it, and whether they came there."""
    return Histogram(
        id=course(first, last),
        table="leads",
        of=course(first, last),
        date="created_at",
        split=f"counts_{last}",
        where={f"counts_{first}": _TRUE},
        needs=tuple("outcome" if stage == "customer" else f"stage_{stage}" for stage in (first, last) if stage != "lead"),
    )  # fmt: skip


def _pair(name: str, path: Path) -> tuple[str, str] | None:
    """The stages of ``stage_rate[a->b]``; None for another name.

    Raises UsageError where a stage does not exist, or comes before the other.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    first, last = found[1], found[2]
    for stage in (first, last):
        if stage not in path.names:
            raise UsageError(f"{name}: there is no stage {stage!r}", hint=did_you_mean(stage, path.names))
    if path.ranks[first] >= path.ranks[last]:
        raise UsageError(
            f"{name}: {last} does not come after {first}", hint=f"The stages are {', '.join(path.names)}."
        )
    return first, last


def _between(name: str, first: str, last: str, path: Path) -> Metric:
    return Metric(
        id=name,
        label=f"{path.label(first)} to {path.label(last)}",
        group="funnel",
        unit="ratio",
        better="higher",
        formula=parse(f"{both(first, last, path)} / {of(first)}"),
        interval="wilson",
        cohort=True,
        anchor="cohort",
        by_name=True,
        convention=f"Of the leads created in the period that have reached {_reached(first, path)}, "
        f"those that have reached {_reached(last, path)} so far.",
        source="stage conversion by cohort",
    )


def _reached(stage: str, path: Path) -> str:
    return f"{path.label(stage)} itself" if path.alone(stage) else f"{path.label(stage)} or a later stage"


def _event(name: str, first: str, last: str, path: Path) -> Metric:
    above, below = (_entered(stage) for stage in (last, first))
    return Metric(
        id=name,
        label=f"{path.label(first)} to {path.label(last)}, same period",
        group="funnel",
        unit="ratio",
        better="higher",
        formula=parse(f"{above} / {below}"),
        interval="counts",
        anchor="event",
        by_name=True,
        convention=f"What became {path.label(last)} in the period over what became {path.label(first)} in it: "
        "not the same people, and perhaps above 100 %.",
        source="milestone conversion (Kellblog)",
    )


def _entered(stage: str) -> str:
    """The formula of how many entered *stage* in the period."""
    return _events(stage) if stage in RANK else f"({_events(stage)}_dated + {undated(stage)})"
