"""Presets: one YAML file for each export of a tool, in a closed vocabulary without conditions.

A preset recognises an export by its headers and says which header is which canonical column.
Headers are compared without regard to case and blanks; ``{currency}`` in one stands for a code
and ``{any}`` for whatever an account calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from funnelkit.errors import SourceError
from funnelkit.words import fold


class ColumnSource(Struct, frozen=True, kw_only=True):
    """Where a canonical column comes from in an export."""

    headers: tuple[str, ...]
    """Names of the column, over years and languages; the first that the file has is taken."""
    fill: tuple[str, ...] = ()
    """Names of a second column, which holds what a row leaves blank in the first."""
    order: str | None = None
    """dmy or mdy, where the tool always writes numeric dates so."""
    order_for: tuple[str, ...] = ()
    """Of which names *order* holds, where the tool writes dates in another way in other languages; none is all."""
    decimal: str | None = None
    zone: str | None = None
    """Zone of the time stamps, where the tool fixes it."""
    counts: Literal["days", "weeks", "months"] | None = None
    """The cells are no dates but numbers, which count from the first day that stands above the header."""

    def order_under(self, header: str | None) -> str | None:
        """How the tool writes numeric dates in a column of this name; None is a column that the file lacks."""
        limited = self.order_for and not (header and any(map(Header([header]).find, self.order_for)))
        return None if limited else self.order


class OtherRows(Struct, frozen=True, kw_only=True):
    """Rows of an export that are something else than its table holds: further line items, bank transfers."""

    column: str
    """The header that tells them."""
    words: tuple[str, ...]
    """What stands there in such rows; none means that nothing does."""
    reason: str
    say: str


class OneValue(Struct, frozen=True, kw_only=True):
    """A column of which all rows must say the same: rows that say something else count the same once more."""

    any_of: tuple[str, ...]
    """Its names."""
    say: str
    """How to get an export without it."""


class Need(Struct, frozen=True, kw_only=True):
    """Columns of which the export must hold one, to be of any use; and what to tell if not."""

    any_of: tuple[str, ...]
    say: str


class Preset(Struct, frozen=True, kw_only=True):
    """How to recognise and read one export of one tool."""

    name: str
    tool: str
    export: str
    table: str
    where: str
    """Where the user clicks to get the export."""
    match: tuple[tuple[str, ...], ...]
    """Each group: headers of which the file must have one."""
    columns: Mapping[str, ColumnSource]
    absent: tuple[str, ...] = ()
    """Headers that show it is another export of the same tool."""
    file: tuple[str, ...] = ()
    """Words of which the file name must hold one, where the headers alone say too little."""
    grain: str | None = None
    """What a row is; of payments, ``ledger`` says that rows are money in and out of an account."""
    platform: str = ""
    """The ad platform or tool, for the channel."""
    constants: Mapping[str, str] = field(default_factory=dict)
    totals: tuple[str, ...] = ()
    """Regular expressions for the label of a total row, in any text column."""
    blank_totals: tuple[str, ...] = ()
    """Headers that are all blank in a total row."""
    footers: tuple[str, ...] = ()
    """Regular expressions for lines below the table."""
    other_rows: tuple[OtherRows, ...] = ()
    refuse: str = ""
    """Why this export is of no use, for one that is known only to be told apart from a useful one."""
    period: Literal["preamble", "file name"] = "preamble"
    """Where the days stand of a report without a date column."""
    values: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Column -> canonical word -> the tool's words for it."""
    missing: tuple[str, ...] = ()
    """What the tool writes in a text column for no value, beside the usual marks."""
    needs: tuple[Need, ...] = ()
    one_value: tuple[OneValue, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Canonical column -> how to get it into the export, said when it is not there."""
    unverified: bool = False
    """Written from documentation; never seen on a real file."""
    own: bool = False
    """The user's, not the package's."""

    def recognises(self, header: Header, file: str) -> bool:
        """Whether this preset knows an export with *header*."""
        if self.file and not any(word in Path(file).name.lower() for word in self.file):
            return False
        return all(any(header.find(h) for h in group) for group in self.match) and not any(
            header.find(h) for h in self.absent
        )


class Header:
    """The names above a table, to be looked up without regard to case and blanks."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._index: dict[str, str] = {}
        for name in reversed(self.names):
            if name:
                self._index[fold(name)] = name

    def find(self, wanted: str) -> str | None:
        """The name in the file for *wanted*, or None."""
        if "{" not in wanted:
            return self._index.get(fold(wanted))
        beginning = fold(wanted.partition("{")[0])
        for key, name in self._index.items():
            # Few headers begin as the pattern does, and to compile one takes longer than to look at all of them.
            if key.startswith(beginning) and _pattern(wanted).fullmatch(key):
                return name
        return None


def currency_in(wanted: Iterable[str], name: str) -> str | None:
    """The currency code that *name* holds where one of *wanted* has ``{currency}``.

    >>> currency_in(["Amount spent ({currency})"], "Amount spent (EUR)")
    'EUR'
    """
    for pattern in wanted:
        if "{currency}" in pattern and (match := _pattern(pattern).fullmatch(fold(name))):
            return match["code"].upper()
    return None


@cache
def _pattern(wanted: str) -> re.Pattern[str]:
    escaped = re.escape(fold(wanted)).replace(re.escape("{currency}"), "(?P<code>[a-z]{3})")
    return re.compile(escaped.replace(re.escape("{any}"), ".+"))


def choose(header: Sequence[str], presets: Iterable[Preset], file: str) -> Preset | None:
    """The one preset that recognises *header*, None for none. Two are an error.

    A preset of the user's own goes before one of the package where it asks for the same and for more.
    Raises SourceError with the candidates and the way to choose.
    """
    names = Header(header)
    found = [p for p in presets if p.recognises(names, file)]
    found = [p for p in found if not any(_narrower(other, p) for other in found)]
    if len(found) > 1:
        raise SourceError(
            f"{file}: fits {' and '.join(p.name + ' (your own)' * p.own for p in found)}",
            hint=f"Say which: {found[0].name}={file}"
            + "; or let `match` of your own ask for all that the other asks for, and for more."
            * any(p.own for p in found),
            code="ambiguous_kind",
        )
    return found[0] if found else None


def _narrower(own: Preset, other: Preset) -> bool:
    """Whether *own* is the user's and can only know exports that the package's *other* knows, and not all of them."""
    return own.own and not other.own and _within(own, other) and not _within(other, own)


def _within(one: Preset, other: Preset) -> bool:
    """Whether every header that *one* recognises is recognised by *other* too."""
    mine = [set(map(fold, group)) for group in one.match]
    groups = all(any(group <= set(map(fold, theirs)) for group in mine) for theirs in other.match)
    absent = set(map(fold, other.absent)) <= set(map(fold, one.absent))
    named = not other.file or (
        bool(one.file) and all(any(w in mine for w in other.file) for mine in one.file)
    )
    return groups and absent and named
