"""What must hold between several keys of a file, once each of them makes sense alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funnelkit.config.reading import name
from funnelkit.errors import did_you_mean
from funnelkit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.config.model import Words
    from funnelkit.config.reading import Place, Reading


def one_meaning(words: Words, place: Place, seen: Reading) -> None:
    """No word of the files stands under two of ours, in any case."""
    first: dict[str, str] = {}
    for ours, theirs in words.items():
        for number, word in enumerate(theirs):
            other = first.setdefault(word.lower(), ours)
            if other != ours:
                seen.note_at(
                    (*place, ours, number),
                    f"{name(place)} gives the word {word!r} to {other!r} and to {ours!r}",
                    "One word can have one meaning only.",
                )


def columns_of_table(source: Mapping[str, Any], place: Place, seen: Reading) -> None:
    """The columns of a source are those of its table, where it names one."""
    if "table" not in source:
        return
    known = TABLES[source["table"]].columns
    for key in ("columns", "values"):
        for column in source.get(key, ()):
            if column not in known:
                seen.note_at(
                    (*place, key, column),
                    f"{name(place)}.{key}: the table {source['table']} has no column {column!r}",
                    did_you_mean(column, known),
                )


def names_apart(file: Mapping[str, Any], place: Place, seen: Reading) -> None:
    """No name is a measure and a metric, since a formula could mean either."""
    for both in file.get("measures", {}):
        if both in file.get("metrics", {}):
            seen.note_at(
                ("metrics", both), f"{both!r} is a measure and a metric", "Give one of them another name."
            )
