"""What cohorts are asked for, and the parts of the answer that those of leads and of payments have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.request import Request
from funnelkit.metrics.cell import Cell
from funnelkit.periods import Period, from_day, is_partial
from funnelkit.reports import Span
from funnelkit.statistics import intervals
from funnelkit.studies import Entry

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.reports import Source
    from funnelkit.tables import Note

AGES = 12
"""So many ages are shown unless said."""
STEPS: Mapping[str, int] = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
"""Days from one age to the next, by the grain of the cohorts."""
GROUPS = 5
"""So many groups are shown apart unless said."""
ALL = "all"
"""The row of all cohorts together."""

_ONE = {"customer": "customer", "opportunity": "opportunity", "mql": "MQL", "sal": "SAL", "sql": "SQL"}
_MANY = {
    "customer": "customers",
    "opportunity": "opportunities",
    "mql": "MQLs",
    "sal": "SALs",
    "sql": "SQLs",
}


class Asked(Struct, frozen=True, kw_only=True):
    """A request, and what only cohorts are asked for."""

    request: Request
    stage: str = "customer"
    step: int | None = None
    """Days from one age to the next."""
    ages: int = AGES
    """So many ages at most."""
    groups: int = GROUPS
    """So many groups apart at most."""

    @property
    def thing(self) -> str:
        """What is said of a lead that has reached the stage."""
        return _ONE.get(self.stage, f"lead in {self.request.path.label(self.stage)}")

    @property
    def things(self) -> str:
        """And of several."""
        return _MANY.get(self.stage, f"leads in {self.request.path.label(self.stage)}")

    @property
    def grain(self) -> str:
        """How long the time is in which the members of one cohort came."""
        return self.request.grain or "month"

    @property
    def days(self) -> int:
        """Days from one age to the next."""
        return self.step or STEPS[self.grain]


class Given(Struct, frozen=True, kw_only=True):
    """What is measured, and what is to be said of the files."""

    data: Dataset
    sources: Sequence[Source]
    notes: Sequence[Note]


def span(period: Period, as_of: int) -> Span:
    """*period* as the answer shows it."""
    return Span(
        start=from_day(period.start),
        end=from_day(period.end),
        label=period.label,
        partial=is_partial(period, as_of),
    )


def rate(numerator: int, denominator: int, *, young: bool = False) -> Entry:
    """The share of a cohort, with Wilson's limits; *young* where not all of it has had its time."""
    return Entry(cell=share(numerator, denominator), young=young)


def share(numerator: int, denominator: int) -> Cell:
    """*numerator* of *denominator*, with Wilson's limits."""
    return Cell(
        value=numerator / denominator,
        numerator=numerator,
        denominator=denominator,
        n=denominator,
        interval=intervals.wilson(numerator, denominator),
        interval_type="wilson",
    )
