"""Tables whose columns are parted by blanks, as research data and old programs write them, some without a header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

_OTHERS = re.compile(r"[,\t;|\"]")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_LEAST = 3
"""Columns of a table."""
_LOOKED_AT = 50
_NAME = "column {}"


def is_spaced(sample: str) -> bool:
    """Whether blanks part the columns in *sample*: no other sign does, and all lines have as many fields.

    Of these at least two are numbers below the first line, or it may be a text of short sentences.

    >>> is_spaced(" 0001 19970101  29.33" + chr(10) + " 0002 19970118  4.00")
    True
    """
    lines = [line.split() for line in sample.splitlines()[: _LOOKED_AT + 1]][:_LOOKED_AT]
    lines = [line for line in lines if line]
    if len(lines) < 2 or _OTHERS.search(sample) or len(lines[0]) < _LEAST:
        return False
    # The last one may be cut off where the sample ends.
    whole = lines if len(lines) == 2 else lines[:-1]
    return all(len(line) == len(lines[0]) and _numbers(line) > 1 for line in whole[1:])


def names(sample: str) -> str:
    """The header to put above a spaced table that has none, where its first line holds nothing but numbers; else empty."""
    first = next((line.split() for line in sample.splitlines() if line.strip()), [])
    if _numbers(first) < len(first):
        return ""
    return "\t".join(_NAME.format(place) for place in range(1, len(first) + 1)) + "\n"


def parted(lines: Iterator[str], header: str) -> Iterator[str]:
    """*lines* with a tab in the place of each run of blanks, below *header* where there is one."""
    return chain([header] if header else [], ("\t".join(line.split()) + "\n" for line in lines))


def _numbers(fields: list[str]) -> int:
    return sum(_NUMBER.fullmatch(field) is not None for field in fields)
