"""Small pieces of SQL that engines share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType


def literal(text: str) -> str:
    """*text* as a literal."""
    return "'" + text.replace("'", "''") + "'"


def name(column: str) -> str:
    """*column* as an identifier."""
    return '"' + column.replace('"', '""') + '"'


def names(columns: Iterable[str]) -> str:
    """*columns* as a list of identifiers."""
    return ", ".join(map(name, columns))


def listed(words: object) -> str:
    """Texts as a list in brackets, in an order of their own."""
    assert isinstance(words, frozenset | set | tuple | list)
    return f"({', '.join(map(literal, sorted(words)))})"


def twins(table: str, columns: Iterable[str], without: str | None) -> str:
    """How many rows of *table* equal an earlier one in all *columns*; with *without* only of those that have none."""
    where = f"WHERE {name(without)} IS NULL" if without else ""
    groups = f"SELECT count(*) AS n FROM {table} {where} GROUP BY {names(columns)}"
    return f"SELECT coalesce(sum(n - 1), 0) FROM ({groups})"


def words_of(kind: DuckDBPyType) -> list[str]:
    """The words of a type of DuckDB that has a list of them, in the order of their numbers."""
    ((_, words),) = kind.children
    assert isinstance(words, list)
    return words
