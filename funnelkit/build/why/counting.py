"""What both sides of a comparison have, by the segments of a dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.counting import Count, count
from funnelkit.build.periods import Spans
from funnelkit.metrics import notes as noted
from funnelkit.metrics.counted import Counted
from funnelkit.metrics.fold import TOTAL

if TYPE_CHECKING:
    from funnelkit.build.request import Filter, Request
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.beginning import Truncation
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.entries import Histogram, Measure, Metric
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.variation import Sample, Sampler
    from funnelkit.metrics.windows import Window


class Side(Struct, frozen=True, kw_only=True):
    """A period, or a segment in a period."""

    label: str
    counted: Counted
    evaluator: Evaluator
    window: Window
    truncated: Truncation | None

    def cell(self, metric: Metric, key: Key = TOTAL) -> Cell:
        """*metric* in the group *key*."""
        return self.evaluator.cell(metric, key, self.window)

    def sample(self, sampler: Sampler, metric: Metric, key: Key) -> Sample:
        """The sums of *metric* in the group *key*."""
        window = self.window
        if metric.trailing_months:
            window = window.trailing(metric.trailing_months)
        return sampler.sample(self.evaluator, key, window)

    def keys(self, parts: Sequence[Measure | Histogram], metric: Metric) -> set[Key]:
        """The groups in which something of *parts* occurs."""
        windows = [self.window]
        if metric.trailing_months:
            windows.append(self.window.trailing(metric.trailing_months))
        return self.evaluator.tally.keys(parts, windows)


class Sides(Struct, frozen=True, kw_only=True):
    """Both of them, the one that is asked about last."""

    before: Side
    after: Side
    spans: Spans

    @property
    def both(self) -> tuple[Side, Side]:
        """From and to."""
        return self.before, self.after

    def samples(
        self, sampler: Sampler, metric: Metric, keys: Sequence[Key]
    ) -> tuple[Mapping[Key, Sample], Mapping[Key, Sample]]:
        """The sums of every group of *keys* on both sides."""
        before, after = ({key: side.sample(sampler, metric, key) for key in keys} for side in self.both)
        return before, after


def both(
    dataset: Dataset,
    request: Request,
    between: tuple[Filter, Filter] | None,
    catalog: Catalog,
    metric: Metric,
    parts: Sequence[Measure | Histogram],
) -> Sides:
    """Both sides of *request*, by its one dimension or none. *parts* are counted beside what the metric needs."""
    more = [noted.FREE, *parts]
    if between is None:
        found = count(dataset, request, catalog, [metric], more)
        (before,) = zip(found.spans.compared, found.spans.windows_before, strict=True)
        sides = [
            _side(label, window, found)
            for label, window in ((before[0].label, before[1]), (found.spans.main.label, found.spans.window))
        ]
    else:
        sides = []
        for one in between:
            asked = replace(request, where=(*request.where, one))
            found = count(dataset, asked, catalog, [metric], more)
            sides.append(_side(str(one), found.spans.window, found))
    return Sides(before=sides[0], after=sides[1], spans=found.spans)


def _side(label: str, window: Window, found: Count) -> Side:
    return Side(
        label=label,
        counted=found.counted,
        evaluator=found.evaluator,
        window=window,
        truncated=found.truncated,
    )
