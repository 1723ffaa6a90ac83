"""Which rows of a payments export are money that came in, and what was given back of it.

A payment that failed, is still due or whose state nobody understands is no revenue, whatever its
amount: it is set aside and counted. A refund lowers revenue, wherever the tool writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.engines import Aside
from funnelkit.errors import SourceError
from funnelkit.sources.ledger import BACK, no_income, says, with_payers

_NOT_PAID = {
    "failed": "the payment failed, was cancelled or voided: no money came in",
    "pending": "not paid so far: a draft, due, pending or only authorised",
}
_NO_SALE = r"(?i)^\s*(?:(?:pre-?)?authori[sz]ation(?: only)?|auth(?: only)?|void|payouts?(?: failure)?|withdrawals?)\s*$"
_COST = r"(?i)^\s*(?:\w+[ _])*fees?\s*$"
"""A fee that lowers what the account holds; one that customers pay is a sale like others."""


class Settled(Struct, frozen=True, kw_only=True):
    """The payments that count, the columns and decimals they have now, and the rows that do not count."""

    frame: Any
    present: frozenset[str]
    scales: dict[str, int]
    aside: tuple[Aside, ...]


def settle(
    frame: Any,
    present: AbstractSet[str],
    scales: dict[str, int],
    *,
    unknown: Sequence[str] = (),
    ledger: bool = False,
) -> Settled:
    """The rows of *frame* that were paid or refunded.

    *unknown* are the words of its status that are in no list. In a *ledger* money also goes out:
    what is neither income nor a refund of it is set aside.
    """
    table = with_payers(collect.frame(frame), present)
    helpers = {"refund_of", "refund_to"} & present
    table, present = table.drop(list(helpers)), present - helpers
    aside: list[Aside] = []
    if "status" in present:
        if unknown or collect.any_of(table, ~nw.col("status").is_null()):
            table = _paid(table, unknown, aside)
        else:
            present = present - {"status"}  # a column that is blank throughout says nothing
    if ledger:
        for reason, why, hit in no_income(present):
            table = _without(table, hit, reason, why, aside)
    elif "kind" in present:
        why = "an authorisation, a fee or a payout, no payment of a customer"
        no_sale = says(_NO_SALE) | (says(_COST) & (nw.col("amount") < 0))
        table = _without(table, no_sale, "not_sales", why, aside)
        if "refunded" not in present and not _signed(table):
            negative = nw.when(says(BACK)).then(-nw.col("amount")).otherwise(nw.col("amount"))
            table = table.with_columns(amount=negative)
    if "status" in present and not ledger and not _signed(table):
        table, present, scales = _given_back(table, present, scales)
    return Settled(frame=table.to_native(), present=frozenset(present), scales=scales, aside=tuple(aside))


def _signed(table: Any) -> bool:
    """Whether some amounts are negative: then refunds have rows of their own."""
    return "amount" in collect.names(table) and collect.any_of(table, nw.col("amount") < 0)


def _paid(table: Any, unknown: Sequence[str], aside: list[Aside]) -> Any:
    """*table* without the rows that were not paid."""
    for status, why in _NOT_PAID.items():
        table = _without(table, nw.col("status") == status, status, why, aside)
    words = f"or in no list ({', '.join(map(repr, unknown[:5]))})" if unknown else ""
    why = " ".join(
        f"the status is blank {words} and counts as not paid; say what it means under "
        "`values: {status: {paid: [...]}}` of this source in funnelkit.yaml".split()
    )
    return _without(table, nw.col("status").is_null(), "unknown_status", why, aside)


def _without(table: Any, hit: nw.Expr, reason: str, message: str, aside: list[Aside]) -> Any:
    marked = table.with_columns(_hit=hit.fill_null(False))
    lines, more = collect.first_lines(marked.filter(nw.col("_hit")))
    if not lines and not more:
        return table
    aside.append(Aside(reason=reason, message=message, lines=lines, more=more))
    return marked.filter(~nw.col("_hit")).drop("_hit")


def _given_back(
    table: Any, present: AbstractSet[str], scales: dict[str, int]
) -> tuple[Any, AbstractSet[str], dict[str, int]]:
    """*table* where a payment that was refunded says how much: all of it, if the file does not tell."""
    whole = nw.col("status") == "refunded"
    if not collect.any_of(table, whole):
        return table, present, scales
    paid, before = scales.get("amount", 0), scales.get("refunded", 0)
    scale = max(paid, before)
    amount = nw.col("amount") * 10 ** (scale - paid)
    all_of_it: nw.Expr = nw.when(whole).then(amount)
    if "refunded" in present:
        told = nw.col("refunded") * 10 ** (scale - before)
        # A payment that is called refunded, with nothing given back, contradicts itself: it is no revenue.
        all_of_it = nw.when(whole & (told.fill_null(0) == 0)).then(amount).otherwise(told)
    table = table.with_columns(refunded=all_of_it)
    return table, present | {"refunded"}, {**scales, "refunded": scale}


def nothing_paid(file: str, aside: Sequence[Aside]) -> SourceError:
    """The refusal of a file in which no money came in, with what its rows are instead."""
    told = "; ".join(f"{a.count} row{'s' * (a.count > 1)}: {a.message}" for a in aside)
    return SourceError(
        f"{file}: holds no money that came in ({told})",
        hint="Download the payments that were paid. If a word of its status means paid here, as for cash on delivery, "
        "say so under `values: {status: {paid: [WORD]}}` of this source in funnelkit.yaml.",
        code="nothing_paid",
    )
