"""The cells of a large file in Spark, each kept as what it plainly is, else as its text.

Part of the Spark engine. Of the cells only those reach this machine that a style must be decided by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.engines import Aside, Cells
from funnelkit.engines._plain import written
from funnelkit.engines._spark_kept import Column
from funnelkit.engines._spark_session import Session
from funnelkit.engines._spark_sql import listed, literal, tidy, worded
from funnelkit.errors import SourceError


class SparkText(Struct, frozen=True, kw_only=True):
    """The cells of one file in a view of Spark, with the ``line`` of each row; below zero where nobody knows it."""

    session: Session
    cells: Cells
    read: Callable[[Cells], SparkText | None]
    """How they were read."""
    view: str
    columns: Mapping[str, Column]
    rows: int
    aside: tuple[Aside, ...] = ()
    seen: dict[str, dict[str, list[str]]]
    """What has been asked before, and the answers by header."""

    def distinct(self, header: str) -> Sequence[str]:
        """The different cells of one column; of plain numbers only some, among them the smallest and the largest."""
        column = self.columns[header]
        if column.kept == "text" and self.cells.kinds.get(header, "text") in ("text", "id"):
            return self._once("all", {header: column.name})[header]
        if column.kept == "number":
            return list(dict.fromkeys([*column.sample, *self._extents()[header], *self._told()[header]]))
        return list(dict.fromkeys([*column.sample, *self._told()[header]]))

    def unplain(self, header: str) -> Sequence[str]:
        """The different cells of a text column that may be anything else than an identifier or a name."""
        return self._told()[header]

    def mentions(self, header: str, words: Sequence[str]) -> bool:
        """Whether any of *words* stands in any cell of a column."""
        found = " OR ".join(f"contains(lower({self.columns[header].name}), {literal(w)})" for w in words)
        return bool(self.session.rows(f"SELECT 1 FROM {self.view} WHERE {found} LIMIT 1"))

    def at(self, header: str, lines: Sequence[int]) -> list[str]:
        """The cells of one column on some lines."""
        wanted = f"line IN ({', '.join(map(str, lines))})"
        found = self.session.rows(f"SELECT line, {self.spelled(header)} FROM {self.view} WHERE {wanted}")
        return [cell for _, cell in sorted(found)]

    def lines_with(self, header: str, cells: Sequence[str]) -> list[int]:
        """The lines that have one of *cells* in a column."""
        wanted = f"{self.spelled(header)} IN {listed(cells)}"
        return sorted(line for (line,) in self.session.rows(f"SELECT line FROM {self.view} WHERE {wanted}"))

    def spelled(self, header: str) -> str:
        """SQL for a column as text; of plain cells a text that means the same."""
        column = self.columns[header]
        if column.kept == "text":
            return column.name
        return f"coalesce({column.text}, {_written(column)}, '')"

    def different(self, cells: Mapping[str, str]) -> dict[str, list[str]]:
        """The different values of the SQL *cells*, which have names, in the order in which they come; null left out."""
        found: dict[str, list[tuple[int, str]]] = {name: [] for name in cells}
        names = list(cells)
        pairs = ", ".join(f"{i}, {cell}" for i, cell in enumerate(cells.values()))
        stacked = f"SELECT line, stack({len(names)}, {pairs}) AS (k, cell) FROM {self.view} t"
        query = f"SELECT k, cell, min(line) FROM ({stacked}) WHERE cell IS NOT NULL GROUP BY k, cell"
        for k, cell, line in self.session.rows(query) if names else ():
            found[names[k]].append((line, cell))
        return {name: [cell for _, cell in sorted(several)] for name, several in found.items()}

    def as_text(self, headers: Collection[str]) -> SparkText:
        """The same, read again, with the columns *headers* kept as text."""
        kinds = {header: kind for header, kind in self.cells.kinds.items() if header not in headers}
        again = self.read(replace(self.cells, kinds=kinds))
        if again is None:
            file = self.cells.scan.path if self.cells.scan else ""
            raise SourceError(
                f"{file}: the file was changed while it was read",
                hint="Run the command again.",
                code="changed",
            )
        return again

    def _told(self) -> Mapping[str, list[str]]:
        """What the styles of all columns are decided by, asked for at once."""
        return self._once("told", {h: self._telling(h, column) for h, column in self.columns.items()})

    def _telling(self, header: str, column: Column) -> str:
        kind = self.cells.kinds.get(header, "text")
        if column.kept == "day":
            return f"coalesce({column.text}, {_written(column)})"
        if column.kept == "number" or kind not in ("text", "id"):
            return column.text
        return f"CASE WHEN NOT {(tidy if kind == 'id' else worded)(column.name)} THEN {column.name} END"

    def _extents(self) -> Mapping[str, list[str]]:
        """The smallest and the largest number of each column that is kept as numbers."""
        if "extents" not in self.seen:
            columns = {h: column for h, column in self.columns.items() if column.kept == "number"}
            ends = ", ".join(f"min({c.name}), max({c.name})" for c in columns.values())
            (row,) = self.session.rows(f"SELECT {ends} FROM {self.view}")
            self.seen["extents"] = {
                header: [written(column, n) for n in row[2 * i : 2 * i + 2] if n is not None]
                for i, (header, column) in enumerate(columns.items())
            }
        return self.seen["extents"]

    def _once(self, what: str, cells: Mapping[str, str]) -> Mapping[str, list[str]]:
        known = self.seen.setdefault(what, {})
        known |= self.different({header: cell for header, cell in cells.items() if header not in known})
        return known


def _written(column: Column) -> str:
    """SQL for a plain cell as text."""
    if column.kept == "day":
        return f"CAST(date_from_unix_date({column.name}) AS STRING)"
    unit = f"CAST('{10**-column.scale:.{column.scale}f}' AS DECIMAL(18, {column.scale}))"
    exact = f"CAST({column.name} AS DECIMAL(18, 0)) * {unit}"
    return f"CAST(CAST({exact} AS DECIMAL(18, {column.scale})) AS STRING)"
