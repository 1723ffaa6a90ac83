"""What is checked, and the numbers for it: one report for each period and segment, whatever is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.assemble import build
from funnelkit.errors import UsageError
from funnelkit.goals import AT_LEAST, AT_MOST

if TYPE_CHECKING:
    from funnelkit.build.request import Filter, Request
    from funnelkit.dataset import Dataset
    from funnelkit.goals import Alert, Target
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell, Change
    from funnelkit.metrics.entries import Metric
    from funnelkit.periods import Period
    from funnelkit.reports import Report

_Key = tuple["Period", "tuple[Filter, ...]", "str | None"]


class Goal(Struct, frozen=True, kw_only=True):
    """A target whose words have been understood."""

    target: Target
    metric: Metric
    where: tuple[Filter, ...]
    period: Period
    at_least: bool

    @property
    def direction(self) -> str:
        """Which side of the target is good, in words."""
        return AT_LEAST if self.at_least else AT_MOST

    @property
    def key(self) -> _Key:
        """Which report has its number."""
        return self.period, self.where, None


class Watch(Struct, frozen=True, kw_only=True):
    """An alert whose words have been understood; one of a table has no metric."""

    alert: Alert
    metric: Metric | None = None
    where: tuple[Filter, ...] = ()
    period: Period | None = None
    grain: str = ""
    """The periods of a control chart."""

    @property
    def key(self) -> _Key | None:
        """Which report has its number; None where it needs none."""
        if self.period is None or self.alert.behind_target:
            return None
        return self.period, self.where, self.alert.against if self.alert.change is not None else None


class Numbers:
    """The numbers of all that is checked."""

    def __init__(
        self,
        dataset: Dataset,
        request: Request,
        catalog: Catalog,
        goals: Sequence[Goal],
        watches: Sequence[Watch],
    ) -> None:
        self.dataset, self.catalog, self.request = dataset, catalog, request
        self._reports: dict[_Key, Report] = {}
        wanted: dict[_Key, dict[str, str]] = {}
        for goal in goals:
            wanted.setdefault(goal.key, {}).setdefault(goal.metric.id, goal.target.at)
        for watch in watches:
            if watch.key and watch.metric:
                wanted.setdefault(watch.key, {}).setdefault(watch.metric.id, watch.alert.at)
        for key, metrics in wanted.items():
            self._reports[key] = self._report(key, metrics)

    def cell(self, one: Goal | Watch) -> Cell:
        """The metric of *one* in its period and segment."""
        assert one.key is not None
        assert one.metric is not None
        return self._reports[one.key].metrics[one.metric.id]

    def change(self, watch: Watch) -> Change:
        """How the metric of *watch* has changed."""
        assert watch.key is not None
        assert watch.metric is not None
        beside = self._reports[watch.key].comparison
        assert beside is not None
        return beside.changes[watch.metric.id]

    def series(self, watch: Watch) -> Report:
        """The metric of *watch* period by period, in the whole and by the segments that it is charted for."""
        assert watch.metric is not None
        by = (watch.alert.by,) if watch.alert.by else ()
        asked = replace(
            self.request,
            period=None,
            where=watch.where,
            compare=(),
            metrics=(watch.metric.id,),
            by=by,
            grain=watch.grain,
            top=None,
            sort=None,
        )
        return self._built(asked, watch.alert.at)

    def _report(self, key: _Key, metrics: dict[str, str]) -> Report:
        period, where, compare = key
        asked = replace(
            self.request,
            period=period,
            where=where,
            compare=(compare,) if compare else (),
            metrics=tuple(metrics),
            by=(),
            grain=None,
        )
        return self._built(asked, next(iter(metrics.values())))

    def _built(self, asked: Request, at: str) -> Report:
        try:
            return build(self.dataset, asked, self.catalog, (), ())
        except UsageError as error:
            raise UsageError(f"{at}: {error}", hint=error.hint) from None

    @property
    def notes(self) -> dict[str, str]:
        """Filters that no row fits: a segment that is misspelt has no numbers, and meets no target."""
        found = (note for report in self._reports.values() for note in report.warnings)
        return {note.message: note.code for note in found if note.code == "no_such_value"}
