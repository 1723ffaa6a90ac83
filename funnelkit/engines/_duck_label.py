"""Labels in DuckDB: each different combination of cells is labelled once, in Python.

Part of the DuckDB engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from funnelkit.engines._sql import literal, name, names, words_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from duckdb.sqltypes import DuckDBPyType

    from funnelkit.engines._session import Session

_MOST = 10_000
"""A list of more labels is joined."""


def labelled(
    session: Session,
    frame: DuckDBPyRelation,
    columns: Sequence[str],
    label: Callable[..., str],
    target: str,
) -> tuple[DuckDBPyRelation, frozenset[str]]:
    """*frame* with a text column *target*: *label* of the values of *columns*; and all labels."""
    table = session.named(frame)
    known = [c for c in columns if c in frame.columns]
    several = session.table(
        f"SELECT row_number() OVER () AS _k, * FROM (SELECT DISTINCT {names(known)} FROM {table})"
    )
    cells = ", ".join(f"coalesce({name(c)}::VARCHAR, '')" for c in known)
    combined = session.rows(f"SELECT {cells} FROM {several} ORDER BY _k")
    labels = [label(**dict(zip(known, row, strict=True))) for row in combined]
    kinds = {c: frame.types[frame.columns.index(c)] for c in known}
    rest = f"EXCLUDE ({name(target)})" if target in frame.columns else ""
    if listed := _looked_up(kinds, combined, labels, session.words(labels)):
        query = f"SELECT * {rest}, {listed} AS {name(target)} FROM {table}"
    else:
        # Missing cells are a value like any other here.
        on = " AND ".join(f"t.{name(c)} IS NOT DISTINCT FROM m.{name(c)}" for c in known)
        of = _joined(session, several, labels)
        query = f"SELECT t.* {rest}, m._label AS {name(target)} FROM {table} t LEFT JOIN {of} m ON {on}"
    return session.relation(query), frozenset(labels)


def _joined(session: Session, several: str, labels: Sequence[str]) -> str:
    """The name of a table of what *several* lists, with its *labels*, which are in its order."""
    return session.table(
        f"SELECT c.*, l._label::{session.words(labels)} AS _label FROM {several} c "
        "JOIN (SELECT unnest($1::VARCHAR[]) AS _label, generate_subscripts($1, 1) AS _k) l USING (_k)",
        [labels],
    )


def _looked_up(
    kinds: Mapping[str, DuckDBPyType], rows: Sequence[Sequence[str]], labels: list[str], kind: str
) -> str:
    """SQL that finds the label of a row in a list, where its cells are numbers of words; empty where they are not.

    Unlike a join it costs nothing where nobody asks for the label.
    """
    if not kinds or any(one.id != "enum" for one in kinds.values()):
        return ""
    words = {c: {word: i for i, word in enumerate(words_of(one), 1)} for c, one in kinds.items()}
    sizes = {c: len(of) + 1 for c, of in words.items()}
    if math.prod(sizes.values()) > _MOST:
        return ""
    place = "0"
    # What no row has is given any of the labels: all must be words of their list.
    found = labels[:1] * math.prod(sizes.values())
    for c, size in sizes.items():
        place = f"({place} * {size} + coalesce(enum_code({name(c)})::INTEGER + 1, 0))"
    for row, label in zip(rows, labels, strict=True):
        at = 0
        for c, cell in zip(kinds, row, strict=True):
            at = at * sizes[c] + words[c].get(cell, 0)
        found[at] = label
    listed = ", ".join(map(literal, found))
    return f"([{listed}]::{kind}[])[{place} + 1]"
