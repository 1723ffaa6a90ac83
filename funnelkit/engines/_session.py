"""A database of DuckDB for the time of one report: its tables have numbers for names, its spill a folder of its own."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb

from funnelkit.styles import BAD

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation


class Session:
    """One database in memory, which spills to disk where *memory* (``1GB``) is not enough."""

    def __init__(self, memory: str | None = None) -> None:
        self.folder = tempfile.mkdtemp(prefix="funnelkit-")
        atexit.register(self.close)
        self.con: DuckDBPyConnection = duckdb.connect(config={"temp_directory": self.folder})
        if memory:
            self.con.execute("SET memory_limit = $1", [memory])
        self._numbers = count()

    def close(self) -> None:
        """Leave nothing behind."""
        self.con.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def name(self) -> str:
        """A name that nothing has."""
        return f"t{next(self._numbers)}"

    def view(self, query: str) -> str:
        """The name of a view of *query*."""
        name = self.name()
        self.con.execute(f"CREATE TEMP VIEW {name} AS {query}")
        return name

    def table(self, query: str, values: Sequence[Any] = ()) -> str:
        """The name of a table with the rows of *query*."""
        name = self.name()
        self.con.execute(f"CREATE TEMP TABLE {name} AS {query}", list(values) or None)
        return name

    def named(self, frame: DuckDBPyRelation) -> str:
        """The name of a view of *frame*."""
        name = self.name()
        frame.create_view(name, replace=True)
        return name

    def relation(self, query: str) -> DuckDBPyRelation:
        """The rows of *query*, as a frame."""
        return self.con.table(self.view(query))

    def kept(self, query: str) -> DuckDBPyRelation:
        """The rows of *query*, worked out once and held, as a frame."""
        return self.con.table(self.table(query))

    def known(self, cells: Sequence[str], parsed: Sequence[Any], kind: str) -> str:
        """The name of a table of *cells*, the values they were *parsed* to, and whether they are bad."""
        values = [None if value is BAD else value for value in parsed]
        bad = [value is BAD for value in parsed]
        query = f"SELECT unnest($1::VARCHAR[]) AS cell, unnest($2::{kind}[]) AS value, unnest($3::BOOLEAN[]) AS bad"
        return self.table(query, [list(cells), values, bad])

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of *query* as Python values."""
        found: list[tuple[Any, ...]] = self.con.execute(query, list(values) or None).fetchall()
        return found

    def lines(self, query: str) -> tuple[int, ...]:
        """The line numbers that *query* gives, in their order."""
        return tuple(sorted(line for (line,) in self.rows(query)))
