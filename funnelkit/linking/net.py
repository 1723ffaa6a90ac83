"""What a payment leaves after its refund."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import narwhals.stable.v2 as nw


def net(present: Collection[str], scales: Mapping[str, int], *, gross: bool = False) -> tuple[nw.Expr, int]:
    """The net amount of a row of payments in its smallest unit, and the decimals of that.

    With *gross* refunds are left out, both those of a payment and those in a row of their own.
    """
    if gross:
        refund = nw.col("amount").fill_null(0) < 0
        paid = nw.when(refund).then(nw.lit(0)).otherwise(nw.col("amount").fill_null(0))
        return paid, scales.get("amount", 0)
    amount, refunded = scales.get("amount", 0), scales.get("refunded", 0)
    if "refunded" not in present:
        return nw.col("amount").fill_null(0), amount
    scale = max(amount, refunded)
    paid = nw.col("amount").fill_null(0) * 10 ** (scale - amount)
    return paid - nw.col("refunded").fill_null(0) * 10 ** (scale - refunded), scale
