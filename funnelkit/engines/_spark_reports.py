"""Rows of which one stands for several, in Spark: the same report row in two files.

Part of the Spark engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from funnelkit.collect import LINES
from funnelkit.engines import Repeated
from funnelkit.engines._spark_sql import literal
from funnelkit.engines._sql import name, names

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from funnelkit.engines._spark_session import Session


class Reports:
    """The rows of several files, by what says which row of a report each is: its *key*, missing cells included."""

    def __init__(self, session: Session, frame: DataFrame, key: Sequence[str]) -> None:
        self._session = session
        self._key = list(key)
        self._columns = frame.columns
        self._table = session.view(
            f"SELECT *, {_place(self._files(frame))} AS _file FROM {session.named(frame)}"
        )
        keys = names(self._key)
        self._shared = session.named(
            session.kept(
                f"SELECT {keys}, min(_file) AS _first, max(_file) AS _last, "
                f"min(struct(_file, source_row)) AS _where FROM {self._table} GROUP BY {keys} "
                "HAVING min(_file) < max(_file)"
            )
        )

    def _files(self, frame: DataFrame) -> list[str]:
        """The files in their order: Spark numbers the rows of frames that are put together one after the other."""
        rows = f"SELECT source_file, monotonically_increasing_id() AS id FROM {self._session.named(frame)}"
        found = self._session.rows(f"SELECT min(id), source_file FROM ({rows}) GROUP BY source_file")
        return [file for _, file in sorted(found)]

    def any(self) -> bool:
        """Whether two files have any row in common."""
        return bool(self._session.rows(f"SELECT 1 FROM {self._shared} LIMIT 1"))

    def conflict(self, figures: Sequence[str]) -> tuple[str, str, dict[str, Any]] | None:
        """The first row of which two files give different *figures*: both files, and its key."""
        sums = ", ".join(f"coalesce(sum(t.{name(c)}), 0) AS {name(c)}" for c in figures)
        keys = ", ".join(f"s.{name(c)}" for c in self._key)
        added = f"SELECT {keys}, s._where, t._file, {sums or '1 AS n'} FROM {self._both('JOIN')} GROUP BY ALL"
        differ = " OR ".join(f"min({name(c)}) <> max({name(c)})" for c in figures) or "false"
        unequal = f"SELECT {names(self._key)}, _where FROM ({added}) GROUP BY ALL HAVING {differ}"
        found = self._session.rows(f"SELECT * FROM ({unequal}) ORDER BY _where LIMIT 1")
        if not found:
            return None
        *cells, where = found[0]
        at = f"s._where._file = {where[0]} AND s._where.source_row = {where[1]}"
        files = self._session.rows(
            f"SELECT t._file, t.source_file FROM {self._both('JOIN')} WHERE {at} GROUP BY ALL ORDER BY 1 LIMIT 2"
        )
        return files[0][1], files[1][1], dict(zip(self._key, cells, strict=True))

    def once(self, *, keep_last: bool) -> tuple[DataFrame, str]:
        """The rows without those that another file has too, and the name of a view of the latter."""
        kept = "s._last" if keep_last else "s._first"
        columns = ", ".join(f"t.{name(c)}" for c in self._columns)
        rows = f"SELECT {columns} FROM {self._both('LEFT JOIN')}"
        gone = self._session.view(f"{rows} WHERE t._file <> {kept}")
        return self._session.relation(f"{rows} WHERE {kept} IS NULL OR t._file = {kept}"), gone

    def _both(self, join: str) -> str:
        on = " AND ".join(f"t.{name(c)} <=> s.{name(c)}" for c in self._key)
        return f"{self._table} t {join} {self._shared} s ON {on}"


def _place(files: Sequence[str]) -> str:
    """SQL for the place of a row's file among *files*."""
    return (
        f"CASE {' '.join(f'WHEN source_file = {literal(file)} THEN {i}' for i, file in enumerate(files))} END"
    )


def repeated(session: Session, table: str) -> dict[str, Repeated]:
    """The rows of *table* by file: how many, and the first lines."""
    place = "row_number() OVER (PARTITION BY source_file ORDER BY source_row)"
    first = f"SELECT source_file, source_row FROM (SELECT *, {place} AS place FROM {table}) WHERE place <= {LINES}"
    counts = dict(session.rows(f"SELECT source_file, count(*) FROM {table} GROUP BY source_file"))
    lines: dict[str, list[int]] = {file: [] for file in counts}
    for file, line in session.rows(first) if counts else ():
        lines[file].append(line)
    return {
        file: Repeated(lines=known, more=counts[file] - len(known))
        for file in sorted(counts)
        for known in [tuple(sorted(line for line in lines[file] if line > 0))]
    }
