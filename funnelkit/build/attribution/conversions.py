"""What people are led to: won deals, new customers, leads and their stages, payments; by person and day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.collect import Frame
from funnelkit.errors import UsageError, did_you_mean
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
_STAGES = ("mql", "sal", "sql", "opportunity")
OF: Mapping[str, tuple[str, str]] = {
    "deal": ("won deal", "won deals"),
    "customer": ("new customer", "new customers"),
    "payment": ("payment", "payments"),
    "lead": ("lead", "leads"),
    **{stage: (stage.upper(), f"{stage.upper()}s") for stage in _STAGES[:-1]},
    "opportunity": ("opportunity", "opportunities"),
}
"""The words of ``--of``, and what they are called."""


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
    def several(self) -> str:
        """What more than one is called."""
        return OF[self.of][1]


class _Kind(Struct, frozen=True, kw_only=True):
    table: str
    day: str | None
    kept: tuple[nw.Expr, ...] = ()
    value: str = ""
    lead_at: str = ""
    opportunity_at: str = ""


def conversions(
    facts: Facts, spans: Spans, scales: Mapping[str, Mapping[str, int]], asked: Asked
) -> Conversions:
    """The conversions that are *asked* for. Raises UsageError where no file tells of them."""
    of, kind = _kind(facts, asked.of)
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
        _day(kind.day).alias("day"),
        nw.col("_counts").cast(nw.Int64).alias("counts"),
        (value * nw.col("_counts")).cast(nw.Int64).alias("value"),
        _day(kind.lead_at).alias("lead_at"),
        _day(kind.opportunity_at).alias("opportunity_at"),
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


def leads(facts: Facts) -> Frame:
    """The leads that pass the filters; none where filters ask for what leads do not have."""
    frame = facts.frames.get("leads")
    if frame is None or any(dimension not in facts.columns["leads"] for dimension, _, _ in facts.filters):
        raise UsageError(
            "only leads say which of those who did not convert --where means, and they do not have it",
            hint="Leave --where out, or load the leads with that column.",
        )
    kept = facts.derived("leads", KEPT) if facts.filters else None
    return frame if kept is None else frame.filter(kept)


def _kind(facts: Facts, of: str | None) -> tuple[str, _Kind]:
    """What *of* means, or what the files tell of, the nearest to money first."""
    if of is not None and of not in OF:
        raise UsageError(f"--of {of}: there is no such conversion", hint=did_you_mean(of, OF))
    known = {name: kind for name in OF if (kind := _told(facts, name))}
    if of is None:
        # Payments repeat; who has no deals is won as a customer.
        of = next(
            (name for name in ("deal", "customer", "payment", *_STAGES[::-1], "lead") if name in known), None
        )
    if of is None or of not in known:
        what = OF[of][1] if of else "deals, customers or leads"
        raise UsageError(
            f"no file tells of {what} that could be given to touches",
            hint=f"Give --of {' or '.join(known)}."
            if known
            else "Load the leads or deals beside the touches.",
        )
    return of, known[of]


def _told(facts: Facts, of: str) -> _Kind | None:
    """Where conversions of the kind *of* stand; None where no file tells of them."""
    has = facts.has
    if of == "deal" and has("deals", "status"):
        return _Kind(
            table="deals",
            day=_first(facts, "deals", "closed_at"),
            kept=(nw.col("status") == "won",),
            value=_first(facts, "deals", "amount") or "",
            lead_at=_first(facts, "deals", "lead_created_at") or "",
            opportunity_at=_first(facts, "deals", "created_at") or "",
        )
    if of == "customer" and "customers" in facts.frames:
        if PERSON in collect.names(facts.frames["customers"]):
            names = collect.names(facts.frames["customers"])
            return _Kind(
                table="customers",
                day=_first(facts, "customers", "first_won_at"),
                value=_first(facts, "customers", "revenue") or "",
                lead_at="lead_created_at" if "lead_created_at" in names else "",
                opportunity_at="created_at" if "created_at" in names else "",
            )
        if has("leads", "has_won"):
            won = (nw.col("has_won") == 1,)
            day, opened = (_first(facts, "leads", c) for c in ("won_at", "opportunity_at"))
            lead_at = _first(facts, "leads", "created_at") or ""
            return _Kind(table="leads", day=day, kept=won, lead_at=lead_at, opportunity_at=opened or "")
    if of == "payment" and has("payments", "amount"):
        return _Kind(table="payments", day="paid_at", kept=(nw.col("net") > 0,), value="net")
    if of == "lead" and "leads" in facts.frames:
        return _Kind(table="leads", day=_first(facts, "leads", "created_at"))
    if of in _STAGES and (day := _first(facts, "leads", f"{of}_at", *_OTHERWISE.get(of, ()))):
        return _Kind(
            table="leads",
            day=day,
            kept=(~nw.col(day).is_null(),),
            lead_at=_first(facts, "leads", "created_at") or "",
        )
    return None


_OTHERWISE = {"opportunity": ("deal_created_at",)}


def _first(facts: Facts, table: str, *columns: str) -> str | None:
    """The first of *columns* that *table* has."""
    return next((column for column in columns if facts.has(table, column)), None)


def _counts(facts: Facts, spans: Spans, kind: _Kind) -> nw.Expr:
    """1 for what lies in the period and passes the filters, else 0."""
    counts = nw.lit(True)
    if facts.filters and (kept := facts.derived(kind.table, KEPT)) is not None:
        counts = counts & kept
    if not spans.everything:
        if kind.day is None:
            raise UsageError(
                f"no date says in which period {kind.table} were won",
                hint="Leave --period out, or load the date.",
            )
        counts = counts & (nw.col(kind.day) >= spans.main.start) & (nw.col(kind.day) <= spans.main.end)
    return counts.fill_null(False).cast(nw.Int64)


def _day(column: str | None) -> nw.Expr:
    """*column* of days, ``NEVER`` where nobody knows."""
    return (nw.col(column).fill_null(NEVER) if column else nw.lit(NEVER)).cast(nw.Int64)


def _label(facts: Facts, table: str, by: str) -> nw.Expr:
    """By what the lead of a conversion came, where no touches are loaded; missing without one."""
    if not facts.has(table, by):
        return nw.lit(None).cast(nw.String)
    said = nw.col(by).cast(nw.String)
    return nw.when(said != NO_LEAD).then(said)


def _latest(facts: Facts, table: str, by: str) -> nw.Expr:
    known = table == "leads" and facts.has(table, f"latest_{by}")
    return (nw.col(f"latest_{by}") if known else nw.lit(None)).cast(nw.String)
