"""What people are led to: won deals, new customers, leads and their stages, payments; by person and day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.build.attribution import refunds
from funnelkit.build.attribution.kinds import OF, Kind, kind_of
from funnelkit.collect import Frame
from funnelkit.dimensions import NO_LEAD
from funnelkit.errors import UsageError
from funnelkit.linking.persons import PERSON
from funnelkit.metrics.columns import KEPT

if TYPE_CHECKING:
    from funnelkit.build.attribution.request import Asked
    from funnelkit.build.periods import Spans
    from funnelkit.metrics.facts import Facts

NEVER = -(10**9)
"""A day that is not known: earlier than any touch."""
_CENTS = 2
"""Money is shared out with so many decimals at least."""


class Conversions(Struct, frozen=True, kw_only=True):
    """Conversions, a row each: person, day, counts (1 in the period and under the filters, else 0), value, first and latest."""

    of: str
    rows: Frame
    unit: int | None
    """So many units of the value are one of the currency; None where conversions bring no money."""
    finer: int
    """So many of these units are one of those that stand in the rows, which may be whole euros: cents are shared out."""
    total: int
    value: int
    undated: int
    milestones: bool
    lacking: str
    """Whether any file tells when persons became leads, and their deals were made."""

    refunds: int = 0
    """So many rows take money back, each from the payment before it."""
    orphans: int = 0
    """So many of them are of nobody who paid."""
    orphaned: int = 0
    """What these give back, below zero, in units of the value."""
    days: tuple[int, int] | None = None
    """The first and last day of payments, which the days of leads, deals and ads say nothing of."""

    @property
    def named(self) -> str:
        """What they are called after their number."""
        return OF[self.of][self.total != 1]

    @property
    def several(self) -> str:
        """What more than one is called."""
        return OF[self.of][1]

    @property
    def begun(self) -> str:
        """The same at the start of a sentence."""
        return self.several[:1].upper() + self.several[1:]


def conversions(
    facts: Facts, spans: Spans, scales: Mapping[str, Mapping[str, int]], asked: Asked
) -> Conversions:
    """The conversions that are *asked* for. Raises UsageError where no file tells of them."""
    of, kind = kind_of(facts, asked.of)
    for one in asked.request.where:
        if one.dimension not in facts.columns[kind.table]:
            raise UsageError(
                f"the {kind.table} have no {one.dimension}",
                hint="Leave it out of --where, or load a file with it.",
            )
    rows = facts.frames[kind.table]
    scale = scales[kind.table].get(kind.value, 0) if kind.value else _CENTS
    finer = 10 ** max(_CENTS - scale, 0)
    made = _rows(facts, spans, kind, asked, rows.filter(*kind.kept) if kind.kept else rows)
    made = made.with_columns(value=nw.col("value") * nw.col("counts"))
    given_back = orphans = lost = 0
    if kind.given_back is not None:
        back = rows.filter(kind.given_back)
        given_back = collect.count(back)
        if given_back:
            made, orphans, lost = refunds.netted(made, _rows(facts, spans, kind, asked, back))
    total, worth = collect.totals(made, ["counts", "value"])
    if not total:
        raise UsageError(
            f"there are no {OF[of][1]} in the period, and so nothing to give credit for",
            hint="Give another --period, --where or --of: " + ", ".join(OF) + ".",
        )
    return Conversions(
        of=of,
        rows=made,
        unit=10**scale * finer if kind.value else None,
        finer=finer,
        total=total,
        value=worth * finer,
        undated=collect.count(made.filter(nw.col("day") == NEVER, nw.col("counts") == 1)),
        milestones=bool(kind.lead_at and kind.opportunity_at),
        lacking=_lacking(kind),
        refunds=given_back,
        orphans=orphans,
        orphaned=lost * finer,
        days=collect.extent(rows, kind.day[0]) if kind.value == "net" else None,
    )


def _lacking(kind: Kind) -> str:
    """Which milestones have no day: ``the lead was``."""
    names = [name for name, day in (("the lead", kind.lead_at), ("the deal", kind.opportunity_at)) if not day]
    return f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'}"


def _rows(facts: Facts, spans: Spans, kind: Kind, asked: Asked, rows: Frame) -> Frame:
    """What is told of each of *rows*, in one shape for all kinds; its value whether or not it counts."""
    value = nw.col(kind.value).fill_null(0) if kind.value else nw.lit(0)
    return rows.with_columns(_counts(facts, spans, kind).alias("_counts")).select(
        PERSON,
        _day(*kind.day).alias("day"),
        nw.col("_counts").cast(nw.Int64).alias("counts"),
        value.cast(nw.Int64).alias("value"),
        _day(*filter(None, [kind.lead_at])).alias("lead_at"),
        _day(*filter(None, [kind.opportunity_at])).alias("opportunity_at"),
        source_of_lead(facts, kind.table, asked.by).alias("first"),
        _latest(facts, kind.table, asked.by).alias("latest"),
    )


def _counts(facts: Facts, spans: Spans, kind: Kind) -> nw.Expr:
    """1 for what lies in the period and passes the filters, else 0."""
    counts = nw.lit(True)
    if facts.filters and (kept := facts.derived(kind.table, KEPT)) is not None:
        counts = counts & kept
    if not spans.everything:
        days = kind.counted or kind.day
        if not days:
            raise UsageError(
                f"no date says in which period {kind.table} were won",
                hint="Leave --period out, or load the date.",
            )
        counts = counts & (_day(*days) >= spans.main.start) & (_day(*days) <= spans.main.end)
    return counts.fill_null(False).cast(nw.Int64)


def _day(*columns: str) -> nw.Expr:
    """The first of *columns* of days that a row has, ``NEVER`` where nobody knows."""
    return nw.coalesce(*(nw.col(column) for column in columns), nw.lit(NEVER)).cast(nw.Int64)


def source_of_lead(facts: Facts, table: str, by: str) -> nw.Expr:
    """By what the lead of a row came, for where no touches are loaded; missing without a lead."""
    if not facts.has(table, by):
        return nw.lit(None).cast(nw.String)
    said = nw.col(by).cast(nw.String)
    return nw.when(said != NO_LEAD).then(said)


def _latest(facts: Facts, table: str, by: str) -> nw.Expr:
    known = table == "leads" and facts.has(table, f"latest_{by}")
    return (nw.col(f"latest_{by}") if known else nw.lit(None)).cast(nw.String)
