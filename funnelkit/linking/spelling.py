"""Names of stages and pipelines that differ in nothing but capitals and blanks are one name, in the most frequent spelling."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.linking.building import Build
from funnelkit.listing import some
from funnelkit.tables import Note
from funnelkit.words import fold

_WHERE: Mapping[str, tuple[str, ...]] = {"stage": ("deals", "stage_history"), "pipeline": ("deals",)}
"""The columns of names that are compared with one another, and the tables that have them."""
_SHOWN = 8
"""So many names are told with their spellings; of the others it is told how many they are."""


def unified(made: Build) -> None:
    """Give each stage and each pipeline one spelling over all tables, and note the names that had several."""
    for column, tables in _WHERE.items():
        loaded = [table for table in tables if column in made.present.get(table, ())]
        several = _several(made, column, loaded)
        if not several:
            continue
        for table in loaded:
            rows = collect.frame(made.frames[table])
            cell = nw.col(column).cast(nw.String)
            told = [
                nw.when(cell.is_in(sorted(spellings))).then(nw.lit(name))
                for name, spellings in several.items()
            ]
            made.frames[table] = rows.with_columns(nw.coalesce(*told, cell).alias(column)).to_native()
        made.notes.append(_said(column, several))


def _several(made: Build, column: str, tables: list[str]) -> dict[str, Counter[str]]:
    """The names in more than one spelling, each with the rows of its spellings, under the one that most rows have.

    Of those with as many rows it is none in capitals alone, then the first by the alphabet: no order of files decides.
    """
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for table in tables:
        for spelling, n in _counts(made, column, table):
            names[fold(spelling)][spelling] += n
    return {
        min(found, key=lambda name: (-found[name], name.isupper(), name)): found
        for _, found in sorted(names.items())
        if len(found) > 1
    }


def _counts(made: Build, column: str, table: str) -> Iterator[tuple[str, int]]:
    rows = collect.frame(made.frames[table]).select(_name=nw.col(column).cast(nw.String))
    known = rows.filter(~nw.col("_name").is_null())
    for spelling, n in collect.rows(known.group_by("_name").agg(nw.len().alias("n"))):
        yield str(spelling), int(n)


def _said(column: str, several: Mapping[str, Counter[str]]) -> Note:
    listed = [
        f"{name} ({', '.join(f'{spelling!r} {n:,}' for spelling, n in _by_rows(spellings))})"
        for name, spellings in several.items()
    ]
    message = (
        f"Names of one {column} that differ in capitals or blanks alone are one {column}, in the spelling of most "
        f"rows: {some(listed, _SHOWN, '; ')}"
    )
    return Note(code=f"{column}_spellings", message=message)


def _by_rows(spellings: Counter[str]) -> list[tuple[str, int]]:
    return sorted(spellings.items(), key=lambda one: (-one[1], one[0]))
