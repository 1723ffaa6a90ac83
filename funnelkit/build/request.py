"""What a report is asked for, and the check that all of it exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from funnelkit.agreements import Rule, Sla
from funnelkit.dimensions import DIMENSIONS
from funnelkit.errors import UsageError, did_you_mean
from funnelkit.metrics.entries import OWN
from funnelkit.metrics.stages import USUAL, Path
from funnelkit.periods import Calendar, Period

if TYPE_CHECKING:
    from decimal import Decimal

    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog


class Filter(Struct, frozen=True):
    """Only the rows of some values of a dimension, or all but these."""

    dimension: str
    values: tuple[str, ...]
    negate: bool = False

    def __str__(self) -> str:
        return f"{self.dimension}{'!=' if self.negate else '='}{','.join(self.values)}"


class Request(Struct, frozen=True, kw_only=True):
    """A report as it is asked for. A period of None is everything, undated rows included."""

    period: Period | None = None
    grain: str | None = None
    compare: tuple[str, ...] = ()
    """What the period is compared with; the first stands beside every number, the others beside the totals."""
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    metrics: tuple[str, ...] | None = None
    """None shows what the loaded tables give."""
    sort: str | None = None
    top: int | None = None
    horizon: int = 90
    min_n: int = 30
    sla: Sla = Sla()
    rules: tuple[Rule, ...] = ()
    """The versions of the rule that makes MQLs."""
    gross_margin: Decimal | None = None
    discount: Decimal | None = None
    """A year, as a fraction."""
    probability: str = OWN
    """Whose word it is how likely an open deal is to be won: one of ``CHANCES``."""
    timezone: str = "UTC"
    title: str = "Funnel report"
    calendar: Calendar = field(default_factory=Calendar)
    path: Path = USUAL
    """The stages by which leads go."""
    anchor: str = ""
    """cohort, event or close, where it is said which day puts rates into a period."""


def check(request: Request, dataset: Dataset, catalog: Catalog) -> None:
    """Refuse what does not exist: dimensions, metrics, stages, a comparison of everything."""
    known = dimensions(dataset)
    for dimension in (*request.by, *(f.dimension for f in request.where)):
        _dimension(dimension, known)
    for name in (*(request.metrics or ()), *filter(None, [request.sort])):
        catalog.metric(name)
    for stage in request.path.shown:
        if stage not in request.path.names:
            raise UsageError(f"there is no stage {stage!r}", hint=did_you_mean(stage, request.path.names))
    if request.sort and request.metrics and request.sort not in request.metrics:
        raise UsageError(
            f"cannot sort by {request.sort}: it is not among the metrics of the report",
            hint=f"Add it to the metrics, or sort by one of: {', '.join(request.metrics)}.",
        )
    if not dataset.dated and (request.period or request.grain):
        raise UsageError(
            "none of the files holds a date, and without one there is no period",
            hint="Leave --period and --grain out, or load an export with a date column.",
        )
    if request.compare and request.period is None:
        raise UsageError("a comparison needs a period", hint="Give one, such as --period last-month.")
    if request.top is not None and request.top < 1:
        raise UsageError(f"cannot show the top {request.top} groups", hint="Give a number from 1 on.")


def dimensions(dataset: Dataset) -> Mapping[str, None]:
    """The dimensions that some loaded table has, in their usual order."""
    present = frozenset().union(*(dataset.present.get(table, ()) for table in dataset.frames))
    return dict.fromkeys(d for d in DIMENSIONS if d in present)


def _dimension(name: str, known: Mapping[str, None]) -> None:
    if name in known:
        return
    there = f"There are: {', '.join(known)}." if known else "The loaded files have none."
    if name in DIMENSIONS:
        raise UsageError(f"no loaded table has the dimension {name}", hint=there)
    raise UsageError(f"there is no dimension {name!r}", hint=did_you_mean(name, known) if known else there)
