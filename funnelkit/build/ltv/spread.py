"""The moments of amounts, of columns with one row per customer: exact sums on the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.statistics.moments import Moments

_SPLIT = 1 << 20
"""Amounts are squared in parts of their numbers, so that no sum overflows 64 bits."""
_CENTS = 10_000
"""Of parts of the currency no smaller than this no amount is so large that it needs more than two parts."""


def moments(
    each: collect.Frame, by: Sequence[str], columns: Sequence[str], unit: int
) -> Iterator[tuple[tuple[Any, ...], list[Moments]]]:
    """Of each group of *each* that the values of *by* make: these, and the moments of each of *columns*.

    So many *unit* of the amounts are one of the currency.
    """
    count = 2 if unit <= _CENTS else 3
    pairs = list(combinations_with_replacement(range(count), 2))
    rows = each.with_columns(**{f"{c}_{p}": _part(c, p, count) for c in columns for p in range(count)})
    rows = rows.with_columns(
        **{f"{c}_{p}{q}": nw.col(f"{c}_{p}") * nw.col(f"{c}_{q}") for c in columns for p, q in pairs}
    )
    sums = [name for c in columns for name in (c, *(f"{c}_{p}{q}" for p, q in pairs))]
    least = [nw.col(c).min().alias(f"{c}_least") for c in columns]
    counted = rows.group_by(*by).agg(nw.len().alias("n"), *(nw.col(c).sum() for c in sums), *least)
    names = [*by, "n", *sums, *(f"{c}_least" for c in columns)]
    width = 1 + len(pairs)
    for row in collect.rows(counted.select(*names)):
        n, *numbers = map(int, row[len(by) :])
        values, smallest = numbers[: len(sums)], numbers[len(sums) :]
        yield (
            row[: len(by)],
            [
                Moments(n, values[at], _squares(values[at + 1 : at + width], pairs), least)
                for at, least in zip(range(0, len(sums), width), smallest, strict=True)
            ],
        )


def _part(column: str, place: int, count: int) -> nw.Expr:
    """The digit at *place* of the size of an amount, to the base of the split; the last one holds all that is left."""
    size = nw.col(column).abs()
    for _ in range(place):
        size = (size - size % _SPLIT) // _SPLIT
    return size if place == count - 1 else size % _SPLIT


def _squares(products: Sequence[int], pairs: Sequence[tuple[int, int]]) -> int:
    """The sum of the squares, from the sums of the *products* of their parts."""
    return sum(
        (1 if p == q else 2) * product * _SPLIT ** (p + q)
        for product, (p, q) in zip(products, pairs, strict=True)
    )
