"""Cost of a range of days, spread evenly over its days without losing a cent.

Up to day d of a range, ``total * days so far // days`` has been spent; a period gets the difference
of two such sums. Groups are cut out of their running total in the same way, so that neither a
breakdown nor a trend changes the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

Key = TypeVar("Key")


def spread(
    parts: Iterable[tuple[Key, int]], start: int, end: int, cuts: Sequence[int]
) -> Iterator[tuple[Key, int, int]]:
    """(key, first day, amount) of each part of a total in each piece between *cuts*.

    *parts* must come in an order that does not depend on the input. *cuts* are days on which a new
    piece begins, ascending.

    >>> list(spread([("a", 100)], 0, 2, [1, 2]))
    [('a', 0, 33), ('a', 1, 33), ('a', 2, 34)]
    """
    days = end - start + 1
    edges = [start, *(cut for cut in cuts if start < cut <= end), end + 1]
    before = 0
    for key, amount in parts:
        after = before + amount
        spent = [after * (edge - start) // days - before * (edge - start) // days for edge in edges]
        for edge, (so_far, then) in zip(edges, pairwise(spent), strict=False):
            yield key, edge, then - so_far
        before = after
