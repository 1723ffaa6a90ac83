"""Every measure and metric there is: the built-in ones and the user's own, checked together.

A *measure* is a sum or count over one table, so it adds up across any grouping. A *metric* is
worked out last, from measures and other metrics: the CPL of two campaigns is never the average of
their two CPLs. Adding one is adding an entry to ``catalog.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from funnelkit import shipped
from funnelkit.errors import ConfigError, UsageError, did_you_mean
from funnelkit.metrics import stagerates
from funnelkit.metrics.entries import Histogram, Measure, Metric
from funnelkit.metrics.formula import parse
from funnelkit.metrics.language import OWN_MEASURE, OWN_METRIC, read_histogram, read_measure, read_metric
from funnelkit.metrics.lookback import OF_PERIODS
from funnelkit.metrics.stages import USUAL, Path

GIVEN = ("gross_margin", "discount")
"""Numbers that a report is given."""
CONSTANTS = (*GIVEN, *OF_PERIODS)
"""Numbers that formulas may name beside measures and metrics: those given, and those of the period."""


class Catalog(Struct, frozen=True):
    """Measures, histograms and metrics by id, in the order to show them."""

    measures: Mapping[str, Measure]
    histograms: Mapping[str, Histogram]
    metrics: Mapping[str, Metric]

    def metric(self, name: str) -> Metric:
        """The metric called *name*."""
        if name not in self.metrics:
            raise UsageError(f"there is no metric {name!r}", hint=did_you_mean(name, self.metrics))
        return self.metrics[name]

    def own(self, measures: Mapping[str, Any], metrics: Mapping[str, Any]) -> Catalog:
        """This catalogue and *measures* and *metrics* besides."""
        for section, entries, taken in (
            ("measures", measures, {*self.measures, *self.metrics, *CONSTANTS}),
            ("metrics", metrics, {*self.measures, *self.metrics, *CONSTANTS, *measures}),
        ):
            for name in entries:
                if name in taken:
                    raise ConfigError(f"{section}.{name}: the name is taken", hint="Choose another.")
        new = {k: read_measure(k, v, allowed=OWN_MEASURE) for k, v in measures.items()}
        merged = Catalog(
            measures={**self.measures, **new},
            histograms=self.histograms,
            metrics={
                **self.metrics,
                **{k: read_metric(k, v, allowed=OWN_METRIC) for k, v in metrics.items()},
            },
        )
        merged.check(metrics)
        inferred = {name: replace(merged.with_interval(merged.metrics[name]), main=True) for name in metrics}
        return replace(merged, metrics={**merged.metrics, **inferred})

    def parts(self, metric: Metric) -> tuple[Measure | Histogram, ...]:
        """What must be counted for *metric*, in the order in which its formula names it."""
        return tuple(dict.fromkeys(self._parts(metric)))

    def named(self, name: str) -> tuple[Measure | Histogram, ...]:
        """What must be counted for the measure or metric *name* of a formula."""
        if name in CONSTANTS:
            return ()
        inner = self._inner(name)
        return self.parts(inner) if inner else (self.measures[name],)

    def tables(self, metric: Metric) -> tuple[str, ...]:
        """The tables that must be loaded for *metric*."""
        return tuple(dict.fromkeys(part.table for part in self.parts(metric)))

    def given(self, metric: Metric) -> tuple[str, ...]:
        """Those of ``GIVEN`` that *metric*, or one in its formula, is made with."""
        names = self._names(metric)
        inner = (name for n in names if (m := self._inner(n)) for name in self.given(m))
        found = {metric.times, *names, *inner}
        return tuple(name for name in GIVEN if name in found)

    def weighs(self, metric: Metric) -> bool:
        """Whether *metric*, or one in its formula, counts deals by the chance of each."""
        inner = (m for n in self._names(metric) if (m := self._inner(n)))
        return metric.statistic == "weighted" or any(self.weighs(m) for m in inner)

    def looks_back(self, metric: Metric) -> tuple[str, ...]:
        """The names that *metric*, or one in its formula, takes of the period before."""
        own = metric.formula.previous if metric.formula is not None else ()
        inner = [m for n in self._names(metric) if (m := self._inner(n))]
        return tuple(dict.fromkeys((*own, *(name for m in inner for name in self.looks_back(m)))))

    def needs_period(self, metric: Metric) -> bool:
        """Whether *metric*, or one in its formula, says nothing of all days together."""
        if metric.trailing_months:
            # Months that end with the as-of day are a period too.
            return False
        if metric.needs_period or set(OF_PERIODS) & {*self._names(metric)} or self.looks_back(metric):
            return True
        return any(self.needs_period(m) for n in self._names(metric) if (m := self._inner(n)))

    def _inner(self, name: str) -> Metric | None:
        """The metric that a formula means by *name*; a measure or constant of that name goes before it."""
        return None if name in self.measures or name in CONSTANTS else self.metrics.get(name)

    def check(self, names: Iterable[str]) -> None:
        """Refuse formulas of the metrics *names* that name what does not exist, or each other in a circle."""
        known = {*self.measures, *self.metrics, *CONSTANTS}
        for name in names:
            factors = (used for factor in self.metrics[name].product.values() for used in factor.names)
            for used in (*self._names(self.metrics[name]), *factors):
                if used not in known:
                    raise ConfigError(
                        f"metrics.{name}: there is no measure or metric {used!r}",
                        hint=did_you_mean(used, known),
                    )
        for name in names:
            self._walk(name, ())
            for used in (self.metrics[name].formula or parse("0")).previous:
                if used in CONSTANTS or ((inner := self._inner(used)) and self.looks_back(inner)):
                    raise ConfigError(
                        f"metrics.{name}: previous({used}) has no meaning",
                        hint="Take previous() of a measure, or of a metric that does not look back itself.",
                    )

    def with_interval(self, metric: Metric) -> Metric:
        """*metric* with the interval that its formula allows, where it says none."""
        if metric.interval or metric.formula is None or metric.formula.denominator is None:
            return metric
        above = [n for n in metric.formula.names if n not in metric.formula.below]
        if not all(self._counts(name) for name in metric.formula.below) or not above:
            return metric
        if metric.unit == "ratio" and all(self._counts(name) for name in above):
            return replace(metric, interval="wilson")
        return replace(metric, interval="poisson") if metric.unit == "money" else metric

    def _counts(self, name: str) -> bool:
        """Whether *name* is a number of rows."""
        if name in self.measures:
            return self.measures[name].column is None
        metric = self.metrics.get(name)
        return metric is not None and metric.unit == "count"

    def _names(self, metric: Metric) -> tuple[str, ...]:
        if metric.formula is not None:
            return metric.formula.names
        return tuple(filter(None, (metric.reached, metric.among))) or metric.judged

    def _parts(self, metric: Metric) -> Iterator[Measure | Histogram]:
        for name in self._names(metric):
            # A measure goes before a metric of the same name, which then is that measure alone.
            if name in self.measures:
                yield self.measures[name]
            elif inner := self._inner(name):
                yield from self._parts(inner)
        yield from (self.histograms[name] for name in (metric.of, metric.otherwise, metric.course) if name)

    def _walk(self, name: str, above: tuple[str, ...]) -> None:
        if name in above:
            circle = " -> ".join((*above[above.index(name) :], name))
            raise ConfigError(f"metrics.{above[0]}: the formula goes in a circle: {circle}")
        for used in self._names(self.metrics[name]):
            if self._inner(used):
                self._walk(used, (*above, name))


def load(
    measures: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    asked: Iterable[str] = (),
    path: Path = USUAL,
    anchor: str = "",
    *,
    aged: bool = False,
) -> Catalog:
    """The built-in catalogue, with *measures* and *metrics* of the user's own as YAML has them.

    Of the metrics *asked* for, those between any two stages of *path* are made: ``stage_rate[mql->customer]``.
    Metrics that can be had by *anchor* are. *Aged*, rates between stages also tell what they are of leads that have had their time.
    """
    known = _built_in() if path == USUAL else stagerates.on_path(_built_in(), path)
    if measures or metrics:
        known = known.own(measures or {}, metrics or {})
    return stagerates.asked(_anchored(known, anchor), asked, path, anchor, aged=aged)


def _anchored(catalog: Catalog, anchor: str) -> Catalog:
    """*catalog* in which plain names stand for what is counted by *anchor*, where there is such a metric."""
    changed = {
        name: replace(catalog.metrics[other], id=name, main=metric.main, by_name=metric.by_name)
        for name, metric in catalog.metrics.items()
        if (other := metric.instead.get(anchor))
    }
    return replace(catalog, metrics={**catalog.metrics, **changed}) if changed else catalog


@cache
def _built_in() -> Catalog:
    return read(shipped.load("funnelkit.metrics", "catalog"))


def read(entries: Mapping[str, Any]) -> Catalog:
    """The catalogue that *entries* describe."""
    catalog = Catalog(
        measures={k: read_measure(k, v) for k, v in entries["measures"].items()},
        histograms={k: read_histogram(k, v) for k, v in entries["histograms"].items()},
        metrics={k: read_metric(k, v) for k, v in entries["metrics"].items()},
    )
    for name, metric in catalog.metrics.items():
        if (name in catalog.measures or name in CONSTANTS) and catalog._names(metric) != (name,):
            raise ConfigError(f"metrics.{name}: a measure or constant has this name but means something else")
        for of in filter(None, (metric.of, metric.otherwise)):
            if of not in catalog.histograms:
                raise ConfigError(f"metrics.{name}: there is no histogram {of!r}")
    catalog.check(catalog.metrics)
    return catalog
