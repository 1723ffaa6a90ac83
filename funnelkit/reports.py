"""The Report: everything that a renderer may know, and nothing that it would have to work out.

A frozen value. Every format is made from it alone, so that no two formats can disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from funnelkit.metrics.cell import Cell, Change

if TYPE_CHECKING:
    import pandas as pd

    from funnelkit.dataset import Match
    from funnelkit.tables import Note

__all__ = ["Cell", "Change"]

Key = tuple[str, ...]
"""The values of the dimensions of one row, in the order of ``Breakdown.by``."""


class Metric(Struct, frozen=True, kw_only=True):
    """How a metric is named and shown."""

    id: str
    label: str
    unit: str
    """count, money, ratio (0 to 1), multiple (times), minutes, days, money_per_day or number."""
    better: str
    """higher, lower or none."""
    group: str
    """funnel, handoff, sales, economics, ads or revenue: the block of the report it belongs to."""
    cohort: bool = False
    """Whether it is of those who came in the period, whenever they turned out; else of what happened in it."""
    anchor: str = ""
    """cohort, event or close: which day puts its entities into a period, where there is a choice."""


class Span(Struct, frozen=True, kw_only=True):
    """A period of whole days, both ends included."""

    start: date
    end: date
    label: str
    partial: bool = False
    """True where the data end before the period does."""


class Stage(Struct, frozen=True, kw_only=True):
    """One step of the funnel: of the leads created in the period, how many came this far."""

    stage: str
    label: str
    entered: int
    rate_from_previous: Cell | None
    rate_from_first: Cell | None
    skipped: int = 0
    """How many came further without a date or status of this stage: part of *entered* unless that is strict."""
    optional: bool = False
    """Whether leads may go another way: then nobody skips it, and the rate of the next one is of the stage before."""


class Point(Struct, frozen=True, kw_only=True):
    """One period of a trend."""

    span: Span
    cells: Mapping[str, Cell]


class Aim(Struct, frozen=True, kw_only=True):
    """What a number was to be in its period, and what is to be said of it."""

    value: float
    """The target, in the unit of its metric."""
    direction: str
    """at least or at most."""
    tolerance: float = 0.0
    """The share of the target by which it may be missed and is met."""
    attainment: float | None = None
    """The number over its target; None where there is no number, and for a target of 0."""
    pace: float | None = None
    """The number over what the target asks for by now; None but for sums and counts while their period runs."""
    verdict: str
    """met, missed, on pace, behind, no call, no value, no data or not begun."""


class Row(Struct, frozen=True, kw_only=True):
    """One group of a breakdown."""

    key: Key
    cells: Mapping[str, Cell]
    changes: Mapping[str, Change]
    """Empty without a comparison."""
    trend: tuple[Point, ...] = ()
    rest_of: int = 0
    """Not 0 for the row that sums the groups beyond ``--top``: how many there are."""
    targets: Mapping[str, Aim] = {}
    """By metric, where a target names the group and the period of the report."""


class Breakdown(Struct, frozen=True, kw_only=True):
    """The metrics by one or several dimensions."""

    by: tuple[str, ...]
    rows: tuple[Row, ...]
    sort: str


class Trend(Struct, frozen=True, kw_only=True):
    """The metrics by period."""

    grain: str
    points: tuple[Point, ...]


class Share(Struct, frozen=True, kw_only=True):
    """One of several parts of a whole."""

    label: str
    cell: Cell


class Band(Struct, frozen=True, kw_only=True):
    """Leads with neighbouring scores, and the share of them that is won."""

    least: float
    most: float
    cell: Cell


class Lift(Struct, frozen=True, kw_only=True):
    """How many times the overall rate the leads with the highest scores are won."""

    top: float
    """The share of the leads that these are."""
    value: float


class RuleVersion(Struct, frozen=True, kw_only=True):
    """One version of the qualification rule, and the leads created while it held."""

    version: str
    since: date | None
    rule: str
    leads: int
    cells: Mapping[str, Cell]


class Orphans(Struct, frozen=True, kw_only=True):
    """Leads of the period that were handed over so many days ago or more, and whom nobody cares for."""

    days: int
    handed_over: int
    """All that were, so long ago."""
    without_activity: int
    without_owner: int | None
    """None where no file says who owns leads."""
    without_either: int | None


class Handoff(Struct, frozen=True, kw_only=True):
    """What marketing and sales look at together."""

    metrics: tuple[str, ...]
    """Those of the report's metrics that belong to it, in the order to show them."""
    sla: str
    """The time within which sales answers, as people say it."""
    sla_minutes: int
    handed_over: int | None
    """Leads of the period; None where no file tells."""
    accepted: int | None
    rejected: int | None
    undecided: int | None
    reasons: tuple[Share, ...]
    """Why sales turned leads down, the most frequent first."""
    bands: tuple[Band, ...]
    """Leads old enough to be judged, by ascending score in about ten parts."""
    score_stderr: float | None
    """The standard error of score_auc (Hanley and McNeil 1982)."""
    lifts: tuple[Lift, ...]
    rules: tuple[RuleVersion, ...]
    by_rule: bool
    """Whether the rule says who is an MQL; else the files do."""
    orphans: Orphans | None = None
    """None where no activities are loaded, or no file tells who was handed over."""


class Comparison(Struct, frozen=True, kw_only=True):
    """The metrics against another period."""

    span: Span
    kind: str
    """prev, yoy or the period as it was given."""
    changes: Mapping[str, Change]


class SetAside(Struct, frozen=True, kw_only=True):
    """Rows of a file that are not used, for one reason."""

    reason: str
    """A stable code: total, blank, bad_value, duplicate, deleted, not_counted, footer, test."""
    message: str
    count: int
    lines: tuple[int, ...]
    """The first lines concerned."""


class Source(Struct, frozen=True, kw_only=True):
    """One file: what it was read as, and what became of its rows."""

    file: str
    table: str
    preset: str | None
    rows: int
    used: int
    set_aside: tuple[SetAside, ...]
    first_date: date | None
    last_date: date | None
    sha256: str
    """Of the bytes of the file; empty where only the engine came by them."""
    currency: str | None = None
    counted: Literal["line", "row"] = "line"
    """What the numbers of its records count."""


class Report(Struct, frozen=True, kw_only=True):
    """The whole report."""

    title: str
    as_of: date | None
    """None where no file holds a date; then there is no period either."""
    timezone: str
    currency: str | None
    period: Span | None
    filters: tuple[str, ...]
    """``--where`` as given, for the header."""
    min_n: int
    """Groups with fewer entities are shown, but not ranked or called better or worse."""
    definitions: Mapping[str, Metric]
    """Every metric of the report by id, in the order to show them."""
    metrics: Mapping[str, Cell]
    funnel: tuple[Stage, ...]
    breakdown: Breakdown | None
    trend: Trend | None
    comparison: Comparison | None
    besides: tuple[Comparison, ...]
    """Further periods that the totals are compared with."""
    sources: tuple[Source, ...]
    matching: tuple[Match, ...]
    unmatched: Mapping[str, int]
    warnings: tuple[Note, ...]
    stage_entry: str = "reached"
    """reached, where whoever came further counts as having entered a stage; strict, where only its own day or status does."""
    handoff: Handoff | None = None
    """None where no file tells of it."""
    targets: Mapping[str, Aim] = {}
    """By metric, where there is a target for the period and the filters of the report."""

    def to_frame(self) -> pd.DataFrame:
        """The report as one long pandas frame: a row per metric, group and period.

        Columns: scope (total, breakdown, trend, comparison), one per dimension of the breakdown,
        period_start, period_end, metric, unit, value, numerator, denominator, n, low, high, reason,
        target, attainment, pace, verdict.
        """
        import pandas as pd

        from funnelkit.longform import columns, rows

        return pd.DataFrame.from_records(list(rows(self)), columns=columns(self))
