"""Values that can be read but hardly be true: counted, told with their lines, and what becomes of them.

Nothing is set aside here. Whoever keeps the files knows whether a credit was meant or a sign is wrong; until
then a reader of the numbers must know that such rows are among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.columns import INSTANTS
from funnelkit.tables import Note

_SHOWN = 3
"""So many lines are named."""
OF_DURATIONS = frozenset({"negative_cycles", "answered_before_created"})
"""The codes of what makes a duration less than nothing: it is no longer said where these count as 0."""
_STAGES = ("mql_at", "sal_at", "sql_at", "opportunity_at")
Scales = Mapping[str, int]


class _Check(Struct, frozen=True, kw_only=True):
    """One thing that cannot be, in the rows of one table."""

    code: str
    table: str
    needs: tuple[str, ...]
    """Columns without any of which there is nothing to look at."""
    hit: Callable[[frozenset[str], Scales], nw.Expr]
    """Which rows, by the columns that are there and their decimals."""
    says: str
    """Behind the number of rows: what is odd, and what becomes of it."""


def _below_zero(column: str) -> Callable[[frozenset[str], Scales], nw.Expr]:
    return lambda columns, scales: nw.col(column) < 0


def _before(later: str, earlier: str) -> Callable[[frozenset[str], Scales], nw.Expr]:
    return lambda columns, scales: nw.col(later) < nw.col(earlier)


def _more(part: str, whole: str) -> Callable[[frozenset[str], Scales], nw.Expr]:
    """Rows in which *part* is more than *whole*, whatever decimals each is kept in."""

    def hit(columns: frozenset[str], scales: Scales) -> nw.Expr:
        # No further than to the finer of both: amounts of many decimals would leave 64 bits.
        least = min(_one(part, scales), _one(whole, scales))
        return nw.col(part) * (_one(whole, scales) // least) > nw.col(whole) * (_one(part, scales) // least)

    return hit


def _answered_before(columns: frozenset[str], scales: Scales) -> nw.Expr:
    """By the instant where both are known, else by the day."""
    beside = INSTANTS["leads"]
    at = {*beside.values()} <= columns
    created, answered = (beside[c] if at else c for c in ("created_at", "first_response_at"))
    return nw.col(answered) < nw.col(created)


def _staged_before(columns: frozenset[str], scales: Scales) -> nw.Expr:
    early = (nw.col(c) < nw.col("created_at") for c in _STAGES if c in columns)
    return nw.any_horizontal(*early, ignore_nulls=True)


def _no_chance(columns: frozenset[str], scales: Scales) -> nw.Expr:
    chance = nw.col("probability")
    return (chance < 0) | (chance > _one("probability", scales))


def _one(column: str, scales: Scales) -> int:
    """How 1 is kept in *column*."""
    return int(10 ** scales.get(column, 0))


_CHECKS = (
    _Check(
        code="negative_amounts",
        table="deals",
        needs=("amount",),
        hit=_below_zero("amount"),
        says="with an amount below 0: counted like the others, so revenue, deal size and pipeline are less by it",
    ),
    _Check(
        code="negative_cycles",
        table="deals",
        needs=("closed_at", "created_at"),
        hit=_before("closed_at", "created_at"),
        says="closed before created: counted, but left out of the sales cycle",
    ),
    _Check(
        code="odd_probability",
        table="deals",
        needs=("probability",),
        hit=_no_chance,
        says="with a probability below 0 or above 100 %: kept as written, and so weighed in pipeline_weighted under --probability crm",
    ),
    _Check(
        code="answered_before_created",
        table="leads",
        needs=("first_response_at", "created_at"),
        hit=_answered_before,
        says="answered before created: counted as leads, but left out of response times",
    ),
    _Check(
        code="staged_before_created",
        table="leads",
        needs=("created_at",),
        hit=_staged_before,
        says="with the date of a stage before that of creation: counted in each stage on its own date",
    ),
    _Check(
        code="zero_payments",
        table="payments",
        needs=("amount",),
        hit=lambda columns, scales: nw.col("amount") == 0,
        says="of 0: purchases in cohorts and repeat_rate, but no revenue, and nobody becomes a new customer by one",
    ),
    _Check(
        code="refunded_more",
        table="payments",
        needs=("amount", "refunded"),
        hit=lambda columns, scales: (nw.col("amount") > 0) & _more("refunded", "amount")(columns, scales),
        says="refunded by more than was paid: what is left of each is below 0",
    ),
    _Check(
        code="negative_cost",
        table="spend",
        needs=("cost",),
        hit=_below_zero("cost"),
        says="with a cost below 0: taken for credits, which lower spend",
    ),
    _Check(
        code="more_clicks",
        table="spend",
        needs=("clicks", "impressions"),
        hit=_more("clicks", "impressions"),
        says="with more clicks than impressions: counted, so the click-through rate is too high",
    ),
    _Check(
        code="more_opens",
        table="emails",
        needs=("unique_opens", "delivered"),
        hit=_more("unique_opens", "delivered"),
        says="opened by more people than it was delivered to: counted, so the open rate is too high",
    ),
    _Check(
        code="more_clicks",
        table="emails",
        needs=("unique_clicks", "delivered"),
        hit=_more("unique_clicks", "delivered"),
        says="clicked by more people than it was delivered to: counted, so the click rate is too high",
    ),
    _Check(
        code="more_clicks",
        table="search",
        needs=("clicks", "impressions"),
        hit=_more("clicks", "impressions"),
        says="with more clicks than impressions: counted as they stand",
    ),
)


def notes(file: str, table: str, native: Any, scales: Scales, counted: str = "line") -> list[Note]:
    """A note for each thing that cannot be and is in the rows *native* of *file*, with the first lines."""
    frame = collect.frame(native)
    columns = frozenset(collect.names(frame))
    asked = [c for c in _CHECKS if c.table == table and columns.issuperset(c.needs)]
    asked = [c for c in asked if c.hit is not _staged_before or columns.intersection(_STAGES)]
    if not asked:
        return []
    hits = {f"_hit{i}": c.hit(columns, scales).fill_null(False) for i, c in enumerate(asked)}
    numbers = {name: nw.when(hit).then(nw.lit(1)).otherwise(nw.lit(0)) for name, hit in hits.items()}
    # One look at all rows for all of it; most files have none.
    sums = collect.totals(frame.with_columns(**numbers), [*hits])
    return [
        Note(code=check.code, message=f"{file}: {_rows(n)} {_where(frame.filter(hit), counted)}{check.says}")
        for check, hit, n in zip(asked, hits.values(), sums, strict=True)
        if n
    ]


def _rows(n: int) -> str:
    return f"{n:,} row{'s' * (n > 1)}"


def _where(rows: collect.Frame, counted: str) -> str:
    """The first lines of *rows*, where they are known: ``(lines 4, 9, 12, ...) ``."""
    lines, more = collect.first_lines(rows)
    if not lines:
        return ""
    shown = ", ".join(map(str, lines[:_SHOWN])) + (", ..." if len(lines) + more > _SHOWN else "")
    return f"({counted}{'s' * (len(lines) > 1)} {shown}) "
