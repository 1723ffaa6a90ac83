"""Where conversions of each kind stand: won deals, customers, payments, leads and their stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.build.attribution import staged
from funnelkit.errors import UsageError, did_you_mean
from funnelkit.linking.persons import PERSON

if TYPE_CHECKING:
    from funnelkit.metrics.facts import Facts

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


class Kind(Struct, frozen=True, kw_only=True):
    """In which rows of which table conversions stand, and in which columns their days and value."""

    table: str
    day: tuple[str, ...]
    """Columns of the day on which somebody converted; the first that a row has is it."""
    counted: tuple[str, ...] = ()
    """The same for the period alone, where it is counted by another day than that; empty for the same."""
    kept: tuple[nw.Expr, ...] = ()
    given_back: nw.Expr | None = None
    """The rows that take money back of other rows."""
    value: str = ""
    lead_at: str = ""
    opportunity_at: str = ""


def kind_of(facts: Facts, of: str | None) -> tuple[str, Kind]:
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


def _told(facts: Facts, of: str) -> Kind | None:
    """Where conversions of the kind *of* stand; None where no file tells of them."""
    has = facts.has
    if of == "deal" and has("deals", "status"):
        return Kind(
            table="deals",
            day=_days(facts, "deals", "closed_at"),
            kept=(nw.col("status") == "won",),
            value=_first(facts, "deals", "amount") or "",
            lead_at=_first(facts, "deals", "lead_created_at") or "",
            opportunity_at=_first(facts, "deals", "created_at") or "",
        )
    if of == "customer" and "customers" in facts.frames:
        if PERSON in collect.names(facts.frames["customers"]):
            names = collect.names(facts.frames["customers"])
            return Kind(
                table="customers",
                day=_days(facts, "customers", "first_won_at"),
                value=_first(facts, "customers", "revenue") or "",
                lead_at="lead_created_at" if "lead_created_at" in names else "",
                opportunity_at="created_at" if "created_at" in names else "",
            )
        won = nw.col("has_won") == 1
        if has("leads", "has_won") and collect.any_of(facts.frames["leads"], won):
            # A status that nobody has says of nobody that they became a customer.
            day, opened = _days(facts, "leads", "won_at"), _first(facts, "leads", "opportunity_at")
            lead_at = _first(facts, "leads", "created_at") or ""
            return Kind(table="leads", day=day, kept=(won,), lead_at=lead_at, opportunity_at=opened or "")
    if of == "payment" and has("payments", "amount"):
        return Kind(
            table="payments",
            day=("paid_at",),
            kept=(nw.col("net") > 0,),
            value="net",
            given_back=nw.col("net") < 0,
        )
    if of == "lead" and "leads" in facts.frames:
        return Kind(table="leads", day=_days(facts, "leads", "created_at"))
    return _stage(facts, of) if of in _STAGES else None


def _stage(facts: Facts, of: str) -> Kind | None:
    """The leads that came to a stage, or passed it: by its day, else that of a later one, else by their creation."""
    if "leads" not in facts.frames or not staged.told(facts, of):
        return None
    day, lead_at = staged.days(facts, of), _first(facts, "leads", "created_at") or ""
    return Kind(
        table="leads",
        day=day,
        counted=(*day, lead_at) if lead_at else day,
        kept=(staged.entered(facts, of),),
        lead_at=lead_at,
    )


def _days(facts: Facts, table: str, column: str) -> tuple[str, ...]:
    """*column* where *table* has it."""
    return (column,) if facts.has(table, column) else ()


def _first(facts: Facts, table: str, *columns: str) -> str | None:
    """The first of *columns* that *table* has."""
    return next((column for column in columns if facts.has(table, column)), None)
