"""A database of DuckDB for the time of one report: its tables have numbers for names, its spill a folder of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import duckdb

from funnelkit.engines._sql import literal
from funnelkit.errors import UsageError
from funnelkit.styles import BAD

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation


_PREFIX = "funnelkit-spill-"
_USUAL = 1_200_000_000
"""So many bytes unless somebody says otherwise: beyond, the disk costs little more time, and others want memory too."""
_FEW = 1_000
"""So many different texts at most are kept as numbers."""


class Session:
    """One database in memory, which spills to disk where *memory* (``1GB``) is not enough."""

    def __init__(self, memory: str | None = None) -> None:
        _clear_away()
        # The database makes this folder when it needs it, and takes it away when it is closed.
        self._folder = Path(tempfile.gettempdir()) / f"{_PREFIX}{os.getpid()}-{token_hex(4)}"
        self.con: DuckDBPyConnection = duckdb.connect(config={"temp_directory": str(self._folder)})
        # How far a query is can be asked for; what would be drawn on the terminal is no part of a report.
        self.con.execute("SET enable_progress_bar = true")
        self.con.execute("SET enable_progress_bar_print = false")
        # Nobody needs to think of it: the frames that hold what is spilled are gone before the session is.
        weakref.finalize(self, _leave, self.con, self._folder)
        if memory:
            self._limit(memory)
        else:
            self.con.execute(f"SET memory_limit = '{min(_USUAL, _machine() * 8 // 10)}B'")
        self._numbers = count()

    def _limit(self, memory: str) -> None:
        try:
            self.con.execute("SET memory_limit = $1", [memory])
        except duckdb.Error:
            raise UsageError(
                f"--memory-limit {memory}: not an amount of memory", hint="Write it as in 1GB or 800MB."
            ) from None

    def folder(self) -> Path:
        """The folder for what does not fit into memory, made for its owner alone. It is gone after the report."""
        self._folder.mkdir(0o700, exist_ok=True)
        return self._folder

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

    def words(self, texts: Iterable[str]) -> str:
        """A type for a column of these *texts*: where they are few, numbers stand for them."""
        different = list(dict.fromkeys(texts))
        if not different or len(different) > _FEW:
            return "VARCHAR"
        name = self.name()
        self.con.execute(f"CREATE TYPE {name} AS ENUM ({', '.join(map(literal, different))})")
        return name

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


def _machine() -> int:
    """The bytes of memory that the machine has; where it does not say, as many as are usual."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2 * _USUAL


def _leave(con: DuckDBPyConnection, folder: Path) -> None:
    """Leave nothing behind."""
    with suppress(duckdb.Error, RuntimeError):
        # Where a query was broken off, its result may not be closed yet.
        con.close()
    shutil.rmtree(folder, ignore_errors=True)


def _clear_away() -> None:
    """Remove what processes have left that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        process = left.name.removeprefix(_PREFIX).partition("-")[0]
        if process.isdigit() and not runs(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def runs(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
