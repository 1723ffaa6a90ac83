"""Cells, changes and trends of one group, and the groups of a breakdown in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from funnelkit.build.periods import Spans, window
from funnelkit.metrics.cell import Cell, Change
from funnelkit.metrics.compare import Place, among_many, change
from funnelkit.reports import Breakdown, Point, Row

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.windows import Window

_Value = TypeVar("_Value")
REST = "(rest)"
"""The key of the row that sums the groups beyond the top ones."""
_SORTS = ("leads", "deals_won", "spend", "sessions", "emails_delivered", "revenue_net")
"""What rows are sorted by unless said: the first of these that the report has."""


class Lazy(Mapping[str, _Value]):
    """What is said of each metric in one place, worked out when it is looked at.

    A monthly trend of every metric in every row is thousands of cells, and most formats show few.
    """

    def __init__(self, metrics: Mapping[str, Metric], work: Callable[[Metric], _Value]) -> None:
        self._metrics = metrics
        self._work = work
        self._known: dict[str, _Value] = {}

    def __getitem__(self, name: str) -> _Value:
        if name not in self._known:
            self._known[name] = self._work(self._metrics[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)


class Cells(Struct, frozen=True):
    """The metrics of a report, for any group of it."""

    evaluator: Evaluator
    metrics: Sequence[Metric]
    spans: Spans
    min_n: int

    def of(self, key: Key, asked: Window | None = None) -> Mapping[str, Cell]:
        """The metrics of the report's period, or of another window."""
        return self.lazy(lambda metric: self.evaluator.cell(metric, key, asked or self.spans.window))

    def changes(self, key: Key, before: Window) -> Mapping[str, Change]:
        """Their changes against what was *before*."""
        return self.lazy(lambda metric: self.change(metric, key, before))

    def change(self, metric: Metric, key: Key, before: Window) -> Change:
        """The change of one metric."""
        now, then = (
            Place(self.evaluator, key, window, self.evaluator.cell(metric, key, window))
            for window in (self.spans.window, before)
        )
        return change(metric, now, then, self.min_n)

    def points(self, key: Key) -> tuple[Point, ...]:
        """The metrics period by period."""
        return tuple(
            Point(span=self.spans.span(point), cells=self.of(key, window(point)))
            for point in self.spans.points
        )

    def row(self, key: Key, changes: Mapping[str, Change], rest_of: int = 0) -> Row:
        """The row of the group *key*."""
        return Row(
            key=key,
            cells=self.of(key),
            changes=changes,
            trend=self.points(key),
            rest_of=rest_of,
        )

    def lazy(self, work: Callable[[Metric], _Value]) -> Lazy[_Value]:
        """What *work* makes of each metric."""
        return Lazy({m.id: m for m in self.metrics}, work)


def rows(cells: Cells, request: Request) -> Breakdown:
    """The groups in which something happened, the largest or best first."""
    sort = request.sort or next(
        (name for name in _SORTS if any(m.id == name for m in cells.metrics)), cells.metrics[0].id
    )
    metric = cells.evaluator.catalog.metrics[sort]
    tally, spans = cells.evaluator.tally, cells.spans
    windows = [w for w in (spans.window, spans.window_before) if w]
    parts = dict.fromkeys(part for m in cells.metrics for part in cells.evaluator.catalog.parts(m))
    keys = sorted(tally.keys(parts, windows))
    ranks = {
        key: _rank(metric, cells.evaluator.cell(metric, key, spans.window), request.min_n) for key in keys
    }
    keys.sort(key=ranks.__getitem__)
    top = keys[: request.top] if request.top else keys
    shown = list(top)
    if beyond := keys[len(top) :]:
        rest = (REST,) * len(request.by)
        while rest in keys:
            rest = tuple(f"({value})" for value in rest)
        tally.merge(beyond, rest, top)
        shown.append(rest)
    changes = _changes(cells, shown)
    found = (cells.row(key, changes[key], rest_of=len(beyond) if key not in top else 0) for key in shown)
    return Breakdown(by=request.by, rows=tuple(found), sort=sort)


def _changes(cells: Cells, keys: Sequence[Key]) -> dict[Key, Mapping[str, Change]]:
    """The changes of the groups *keys*, called with a view to how many groups there are."""
    before = cells.spans.window_before
    if before is None:
        return {key: {} for key in keys}
    known: dict[str, dict[Key, Change]] = {}

    def work(metric: Metric, key: Key) -> Change:
        if metric.id not in known:
            several = [cells.change(metric, one, before) for one in keys]
            known[metric.id] = dict(zip(keys, among_many(several), strict=True))
        return known[metric.id][key]

    def of(key: Key) -> Mapping[str, Change]:
        return cells.lazy(lambda metric: work(metric, key))

    return {key: of(key) for key in keys}


def _rank(metric: Metric, cell: Cell, min_n: int) -> tuple[int, float]:
    """Ranked groups first, then those too small to be ranked, then those without a value."""
    if cell.value is None:
        return 2, 0.0
    small = cell.n is not None and cell.n < min_n
    smallest_first = metric.better == "lower" and metric.unit != "count"
    return int(small), cell.value if smallest_first else -cell.value
