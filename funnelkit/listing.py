"""Lists in sentences that stay short however much there is to list."""

from __future__ import annotations

from collections.abc import Sequence


def some(names: Sequence[str], most: int, between: str = ", ") -> str:
    """The first *most* of *names*, and how many more there are.

    >>> some(["a", "b", "c"], 2), some(["a", "b"], 2)
    ('a, b and 1 more', 'a, b')
    """
    more = len(names) - most
    return between.join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
