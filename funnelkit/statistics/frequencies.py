"""How often each value occurred: whole numbers, and none below 0."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Value = TypeVar("Value", bound=Hashable)


def occurred(frequencies: Mapping[Value, int]) -> int:
    """How many occurred in all. Raises ValueError where a value occurred less often than never.

    >>> occurred({3: 2, 9: 1})
    3
    """
    if min(frequencies.values(), default=0) < 0:
        value = min(frequencies, key=frequencies.__getitem__)
        raise ValueError(f"{value} cannot have occurred {frequencies[value]} times")
    return sum(frequencies.values())
