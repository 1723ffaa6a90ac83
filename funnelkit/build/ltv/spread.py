"""The moments of amounts, of columns with one row per customer: exact sums on the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.statistics.moments import Moments

_SPLIT = 1 << 20
"""Amounts are squared in two halves of their numbers, so that no sum overflows 64 bits."""


def moments(
    each: collect.Frame, by: Sequence[str], columns: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], list[Moments]]]:
    """Of each group of *each* that the values of *by* make: these, and the moments of each of *columns*."""
    halves: dict[str, nw.Expr] = {}
    for c in columns:
        size = nw.col(c).abs()
        halves |= {f"{c}_l": size % _SPLIT, f"{c}_h": (size - size % _SPLIT) // _SPLIT}
    rows = each.with_columns(**halves)
    products = (("h", "h"), ("h", "l"), ("l", "l"))
    rows = rows.with_columns(
        **{f"{c}_{p}{q}": nw.col(f"{c}_{p}") * nw.col(f"{c}_{q}") for c in columns for p, q in products}
    )
    sums = [name for c in columns for name in (c, *(f"{c}_{p}{q}" for p, q in products))]
    least = [nw.col(c).min().alias(f"{c}_least") for c in columns]
    counted = rows.group_by(*by).agg(nw.len().alias("n"), *(nw.col(c).sum() for c in sums), *least)
    names = [*by, "n", *sums, *(f"{c}_least" for c in columns)]
    for row in collect.rows(counted.select(*names)):
        n, *numbers = map(int, row[len(by) :])
        values, smallest = numbers[: len(sums)], numbers[len(sums) :]
        yield (
            row[: len(by)],
            [
                Moments(n, total, (hh * _SPLIT + 2 * hl) * _SPLIT + ll, least)
                for total, hh, hl, ll, least in zip(
                    *(values[place::4] for place in range(4)), smallest, strict=True
                )
            ],
        )
