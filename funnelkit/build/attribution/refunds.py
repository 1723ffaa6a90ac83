"""Refunds in rows of their own, netted against what the same person paid: by the payment's day and path, not the refund's."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.collect import Frame
from funnelkit.linking.persons import PERSON

_SAME = (PERSON, "day")


def netted(payments: Frame, refunds: Frame) -> tuple[Frame, int, int]:
    """*payments* and *refunds*, each moved to the latest payment of its person up to its day; how many are of nobody who paid.

    Where none is up to its day it is the first after it, for a date may be wrong. Refunds count as no conversion, and are
    in the period and under the filters where the payment is. Those of nobody who paid are left out: how many of what counts,
    and their value.
    """
    paid = payments.group_by(*_SAME).agg(nw.col("counts").max().alias("_counts"))
    paid = paid.select(PERSON, nw.col("day").alias("_paid"), "_counts")
    pairs = refunds.select(*_SAME).unique().join(paid, on=PERSON, how="inner")  # type: ignore[arg-type]
    before = nw.when(nw.col("_paid") <= nw.col("day")).then(nw.col("_paid"))
    days = pairs.with_columns(_before=before).group_by(*_SAME)
    found = days.agg(nw.col("_before").max(), nw.col("_paid").min())
    placed = found.select(*_SAME, nw.coalesce("_before", "_paid").alias("_paid"))
    moved = refunds.join(placed, on=[*_SAME], how="left")  # type: ignore[arg-type]
    alone = moved.filter(nw.col("_paid").is_null(), nw.col("counts") == 1)
    of_paid = moved.join(paid, on=[PERSON, "_paid"], how="inner")  # type: ignore[arg-type]
    taken = of_paid.with_columns(
        day=nw.col("_paid"), value=nw.col("value") * nw.col("_counts"), counts=nw.lit(0).cast(nw.Int64)
    )
    names = collect.names(payments)
    rows: Frame = nw.concat([payments.select(names), taken.select(names)])  # type: ignore[type-var]
    number, worth = collect.totals(alone, ["counts", "value"])
    return rows, number, worth
