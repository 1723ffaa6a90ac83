"""To part a total so that the parts add up to it, to the last cent.

A third of a conversion has no exact float, and three rounded thirds of ten euros are not ten euros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor, fsum, ldexp

_DIGITS = 60
_GRID = 2**_DIGITS
"""Amounts that were computed in floats become whole numbers of 1 / 2**60: finer than a float, and one
denominator for all, so that thousands of them can be added exactly and fast."""


def exact(amounts: Sequence[float], total: int = 1) -> list[Fraction]:
    """The float *amounts* as fractions that add up to *total*, which is what they are meant to sum to.

    What rounding has lost or gained goes to the largest, the first of equals.
    """
    parts = [floor(ldexp(amount, _DIGITS)) for amount in amounts]
    if parts:
        largest = max(range(len(parts)), key=lambda at: (abs(parts[at]), -at))
        parts[largest] += total * _GRID - sum(parts)
    return [Fraction(part, _GRID) for part in parts]


def shares(weights: Sequence[float]) -> list[Fraction]:
    """Float *weights*, at least one above 0, as fractions of exactly 1 together."""
    whole = fsum(weights)
    return exact([weight / whole for weight in weights])


def in_whole_units(amounts: Mapping[str, Fraction]) -> dict[str, int]:
    """Amounts of money as whole cents of the same sum, by largest remainders (Hamilton's method).

    Each is rounded down, and the cents that are missing go to the largest remainders, of equal ones to
    the first name. The sum must be whole. Raises ValueError where it is not.

    >>> in_whole_units({"a": Fraction(100, 3), "b": Fraction(100, 3), "c": Fraction(100, 3)})
    {'a': 34, 'b': 33, 'c': 33}
    """
    whole = sum(amounts.values(), Fraction(0))
    if whole.denominator != 1:
        raise ValueError(f"{whole} is not a whole number of cents")
    rounded = {name: floor(amount) for name, amount in amounts.items()}
    missing = int(whole) - sum(rounded.values())
    order = sorted(amounts, key=lambda name: (rounded[name] - amounts[name], name))
    for name in order[:missing]:
        rounded[name] += 1
    return rounded
