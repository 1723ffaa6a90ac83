"""What people are led to: won deals, new customers, leads and their stages, payments; by person and day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.build.attribution.kinds import OF, Kind, kind_of
from funnelkit.collect import Frame
from funnelkit.errors import UsageError
from funnelkit.linking.persons import PERSON
from funnelkit.metrics.columns import KEPT
from funnelkit.tables import NO_LEAD

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
    """Whether any file tells when persons became leads, and their deals were made."""

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
    if kind.kept:
        rows = rows.filter(*kind.kept)
    rows = rows.with_columns(_counts(facts, spans, kind).alias("_counts"))
    scale = scales[kind.table].get(kind.value, 0) if kind.value else _CENTS
    finer = 10 ** max(_CENTS - scale, 0)
    value = nw.col(kind.value).fill_null(0) if kind.value else nw.lit(0)
    made = rows.select(
        PERSON,
        _day(*kind.day).alias("day"),
        nw.col("_counts").cast(nw.Int64).alias("counts"),
        (value * nw.col("_counts")).cast(nw.Int64).alias("value"),
        _day(*filter(None, [kind.lead_at])).alias("lead_at"),
        _day(*filter(None, [kind.opportunity_at])).alias("opportunity_at"),
        _label(facts, kind.table, asked.by).alias("first"),
        _latest(facts, kind.table, asked.by).alias("latest"),
    )
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


def _label(facts: Facts, table: str, by: str) -> nw.Expr:
    """By what the lead of a conversion came, where no touches are loaded; missing without one."""
    if not facts.has(table, by):
        return nw.lit(None).cast(nw.String)
    said = nw.col(by).cast(nw.String)
    return nw.when(said != NO_LEAD).then(said)


def _latest(facts: Facts, table: str, by: str) -> nw.Expr:
    known = table == "leads" and facts.has(table, f"latest_{by}")
    return (nw.col(f"latest_{by}") if known else nw.lit(None)).cast(nw.String)
