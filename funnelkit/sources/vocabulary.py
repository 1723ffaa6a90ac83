"""The words that people use for our columns and for the values in them, when no preset knows a file.

The words stand in vocabulary.yaml, in normal form, the strongest first.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct

from funnelkit import shipped
from funnelkit.styles import WordStyle
from funnelkit.words import normalise

UNCLEAR = "unclear"
"""What a stage or status of a deal says that is in no list: it has not ended, if nothing else says so."""

OF_MONEY = frozenset({"costs", "quotas"})
"""Tables whose words are in every list of amounts: they say nothing against the other tables that know them."""
UNPAID = frozenset({"social", "search"})
"""Tables with impressions and clicks that nobody paid for, whose words are in the reports of ads too."""
_APART = OF_MONEY | UNPAID | {"activities", "touches"}
"""Those, one that is told by the cells of its kind, and one that is told by a person and a channel with no other
sign: that they know a word too says nothing against the others."""

_normal = lru_cache(maxsize=8192)(normalise)
"""Recognition asks for the same words of every table."""


class Vocabulary(Struct, frozen=True):
    """Header words by table, and the words of closed columns."""

    headers: Mapping[str, Mapping[str, tuple[str, int]]]
    """Table -> word in normal form -> column and rank."""
    tables_of: Mapping[str, int]
    """Word -> in how many tables it is known."""
    values: Mapping[str, Mapping[str, Any]]

    def column(self, table: str, header: str) -> tuple[str, int] | None:
        """The column of *table* that *header* names, and the rank of the word; None for neither."""
        return self.headers.get(table, {}).get(_normal(header))

    def weight(self, header: str) -> float:
        """How much a header word says for its table: 1 where no other table knows it."""
        return 1 / max(self.tables_of.get(_normal(header), 1), 1)

    def words(self, table: str, column: str, kind: str) -> WordStyle:
        """The closed words of a status or boolean column."""
        entry = (
            self.values.get(f"{table}.{column}") or self.values["boolean" if kind == "boolean" else "none"]
        )
        return WordStyle(
            default=UNCLEAR if table == "deals" and column in ("status", "stage_outcome") else None,
            words={
                word: meaning
                for meaning, theirs in entry.get("words", {}).items()
                for word in words_of(theirs)
            },
            contains=tuple(
                (w, meaning)
                for meaning, theirs in entry.get("contains", {}).items()
                for w in words_of(theirs)
            ),
        )


def words_of(text: str) -> list[str]:
    """The words of an entry, which is one text parted by commas: YAML lists take four times as long to read.

    >>> words_of("lead id, mql id")
    ['lead id', 'mql id']
    """
    return [word.strip() for word in text.split(",")]


@cache
def load() -> Vocabulary:
    """The vocabulary of the package."""
    document = shipped.load("funnelkit.sources", "vocabulary")
    headers = {
        table: {
            word: (column, rank)
            for column, text in columns.items()
            for rank, word in enumerate(words_of(text))
        }
        for table, columns in document["headers"].items()
    }
    counts: dict[str, int] = {}
    for table, words in headers.items():
        for word in words if table not in _APART else ():
            counts[word] = counts.get(word, 0) + 1
    return Vocabulary(headers=headers, tables_of=counts, values=document["values"])
