"""Cohorts completed by the chain ladder: each grows with age as those before it have grown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.statistics.triangle import Completed, chain_ladder, lognormal_limits

if TYPE_CHECKING:
    from funnelkit.build.cohorts.counted import Cohort

_TRUNCATED = Reason("left_truncated", "its first wins are from before any were written down")
_TOO_YOUNG = Reason("too_young", "not all of the cohort has had the first age")
_MORE_ALREADY = Reason("too_young", "more have converted already than by the last age that all of it has had")
_NO_LADDER = Reason("no_triangle", "no cohort that was seen from its beginning has had the whole horizon")


class Ladder(Struct, frozen=True, kw_only=True):
    """The completed triangle, and which cohort stands in which row of it."""

    completed: Completed | None
    rows: dict[int, int]
    """First day of a cohort -> its row."""
    since: int
    """Cohorts that began before this day were not seen from their beginning."""
    horizon: int
    """The age in days to which they are completed."""

    def share(self, cohort: Cohort) -> Cell:
        """The share of *cohort* that will have reached the stage by the horizon, with 95 % limits by Mack."""
        row, found = self.rows.get(cohort.period.start), self.completed
        if found is None or row is None:
            return empty(self._reason(cohort))
        ultimate, to_come, error = found.ultimates[row], found.to_come[row], found.stderr[row]
        if ultimate < cohort.by(self.horizon):
            # It goes on from the last age that all of the cohort has had, and some have come to more since.
            return empty(_MORE_ALREADY)
        limits = None
        if to_come > 0 and error:
            low, high = (ultimate - to_come + limit for limit in lognormal_limits(to_come, error))
            limits = low / cohort.size, min(high / cohort.size, 1.0)
        return Cell(
            value=min(ultimate / cohort.size, 1.0),
            numerator=ultimate,
            denominator=cohort.size,
            n=cohort.size,
            interval=limits,
            interval_type="mack" if limits else None,
            method="chain ladder",
        )

    def error(self, cohort: Cohort) -> Cell:
        """Mack's standard error of that, in members of the cohort."""
        row, found = self.rows.get(cohort.period.start), self.completed
        if found is None or row is None:
            return empty(self._reason(cohort))
        if found.ultimates[row] < cohort.by(self.horizon):
            return empty(_MORE_ALREADY)
        error = found.stderr[row]
        return empty(_NO_LADDER) if error is None else Cell(value=error, n=cohort.size, method="Mack 1993")

    def _reason(self, cohort: Cohort) -> Reason:
        if cohort.period.start < self.since:
            return _TRUNCATED
        return _NO_LADDER if self.completed is None else _TOO_YOUNG


def ladder(cohorts: Sequence[Cohort], ages: Sequence[int], since: int) -> Ladder:
    """The chain ladder of *cohorts*, oldest first, over *ages* in days; each as far as all of it has come.

    Those that began before the day *since* are left out.
    """
    cohorts = [cohort for cohort in cohorts if cohort.period.start >= since]
    rows = [[cohort.by(age) for age in ages if cohort.has_had(age)] for cohort in cohorts]
    begun = [(cohort, row) for cohort, row in zip(cohorts, rows, strict=True) if row]
    places = {cohort.period.start: place for place, (cohort, _) in enumerate(begun)}
    if not begun or len(begun[0][1]) < len(ages):
        return Ladder(completed=None, rows=places, since=since, horizon=ages[-1])
    try:
        return Ladder(
            completed=chain_ladder([row for _, row in begun]), rows=places, since=since, horizon=ages[-1]
        )
    except ValueError:
        # At some age no cohort had come to anything, so that nothing has grown.
        return Ladder(completed=None, rows=places, since=since, horizon=ages[-1])
