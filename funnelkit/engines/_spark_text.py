"""A large CSV in Spark: read once by its own parser; each cell is kept as what it plainly is, else as its text.

Part of the Spark engine. Of the cells only those reach this machine that a style must be decided by.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from funnelkit.engines import Aside, Cells, Scan
from funnelkit.engines import _spark_lines as of_file
from funnelkit.engines._kept import SAMPLE, Column, chosen, written
from funnelkit.engines._spark_session import Session
from funnelkit.engines._spark_sql import day, listed, literal, number, tidy, worded
from funnelkit.errors import SourceError


class SparkText(Struct, frozen=True, kw_only=True):
    """The cells of one file in a view of Spark, with the ``line`` of each row."""

    session: Session
    cells: Cells
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
        again = read(self.session, replace(self.cells, kinds=kinds))
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


def read(session: Session, cells: Cells) -> SparkText | None:
    """The text of *cells*, read by Spark; None where the file is not plain enough for it."""
    scan = cells.scan
    if scan is None:
        return None
    head = _head(cells)
    columns = {
        header: chosen(f"c{at}", cells.kinds.get(header, "text"), [row[at] for row in head if at < len(row)])
        for header, at in cells.places.items()
    }
    try:
        return _read(session, cells, scan, columns)
    except (PySparkException, Py4JError):
        # Not there for the machines that Spark runs on, or not what it was when it was looked at.
        return None


def _head(cells: Cells) -> list[Sequence[str]]:
    """The first rows."""
    rows = (row for batch in cells.batches() for row in batch.rows)
    return list(islice(rows, SAMPLE))


def _read(session: Session, cells: Cells, scan: Scan, columns: Mapping[str, Column]) -> SparkText | None:
    repeated = _repeated(cells.places)
    table = _table(session, scan, columns, repeated, of_file.one_by_one(session, scan.path))
    lines, odd = of_file.numbered(session, table)
    if lines.count != scan.first_line - 1 + scan.records:
        return None
    found, rows = _odd(session, table, lines, scan) if odd else {}, scan.records
    if of_file.broken(found, scan):
        # Perhaps some cells hold line ends: then the records are put together from their lines.
        joined = of_file.joined(session, scan.path)
        if joined is None:
            return None
        table = _table(session, scan, columns, repeated, joined.records)
        found = _odd(session, table, lines, scan)
        ((rows,),) = session.rows(f"SELECT count(*) FROM {table} WHERE {lines.line} >= {scan.first_line}")
        if of_file.broken(found, scan):
            return None
    judged = of_file.judged(found, scan, cells.places, lines.count) if len(found) <= of_file.FEW else None
    if judged is None:
        return None
    view = session.view(_own(table, columns, f"{lines.line} AS line", scan, judged))
    return SparkText(
        session=session,
        cells=cells,
        view=view,
        columns=columns,
        rows=rows - judged.skipped,
        aside=judged.aside,
        seen={},
    )


def _own(table: str, columns: Mapping[str, Column], line: str, scan: Scan, odd: of_file.Odd) -> str:
    """SQL for the rows of the table itself, as they are kept."""
    names = ", ".join(dict.fromkeys(n for column in columns.values() for n in (column.name, column.text)))
    left_out = f" AND line NOT IN ({', '.join(map(str, sorted(odd.lines)))})" if odd.lines else ""
    return (
        f"SELECT line, {names} FROM (SELECT *, {line} FROM {table}) WHERE line >= {scan.first_line}{left_out}"
    )


def _odd(session: Session, table: str, lines: of_file.Lines, scan: Scan) -> dict[int, str]:
    """The first odd lines of the table by their numbers: one more than there may be."""
    numbered = f"SELECT {lines.line} AS line, odd FROM {table} WHERE odd IS NOT NULL"
    below = f"SELECT * FROM ({numbered}) WHERE line >= {scan.first_line} LIMIT {of_file.FEW + 1}"
    return dict(session.rows(below))


def _table(session: Session, scan: Scan, columns: Mapping[str, Column], repeated: str, records: str) -> str:
    return session.named(session.kept(_typed(scan, columns, repeated, records)))


def _repeated(places: Mapping[str, int]) -> str:
    """SQL for whether a row says what the header says."""
    return " AND ".join(f"trim(c{at}) = {literal(header)}" for header, at in places.items()) or "false"


def _typed(scan: Scan, columns: Mapping[str, Column], repeated: str, records: str) -> str:
    """SQL for the wanted *columns* of all *records* as they are kept, and the text of the ``odd`` ones."""
    schema = ", ".join(f"c{i} STRING" for i in range(scan.width))
    # A delimiter stands for itself, also where it is a backslash or a tab.
    options = f"map('sep', {literal(scan.delimiter)}, 'escape', '\"', 'mode', 'PERMISSIVE')"
    parsed = f"SELECT id, value, from_csv(value, {literal(schema)}, {options}) AS row FROM {records}"
    cells = ", ".join(f"coalesce(row.{column.name}, '') AS {column.name}" for column in columns.values())
    plain = "".join(f", {_plain(column)} AS {column.name}_plain" for column in columns.values())
    odd = f"CASE WHEN {of_file.odd(scan)} OR ({repeated}) THEN value END AS odd"
    kept = ", ".join(part for column in columns.values() for part in _kept(column))
    return f"SELECT id, odd, {kept} FROM (SELECT *, {odd}{plain} FROM (SELECT id, value, {cells} FROM ({parsed})))"


def _written(column: Column) -> str:
    """SQL for a plain cell as text."""
    if column.kept == "day":
        return f"CAST(date_from_unix_date({column.name}) AS STRING)"
    unit = f"CAST('{10**-column.scale:.{column.scale}f}' AS DECIMAL(18, {column.scale}))"
    exact = f"CAST({column.name} AS DECIMAL(18, 0)) * {unit}"
    return f"CAST(CAST({exact} AS DECIMAL(18, {column.scale})) AS STRING)"


def _plain(column: Column) -> str:
    """SQL for what a cell plainly is."""
    if column.kept == "text":
        return "NULL"
    return day(column.name) if column.kept == "day" else number(column.name, column.scale)


def _kept(column: Column) -> list[str]:
    """SQL for a column as it is kept."""
    cell, plain = column.name, f"{column.name}_plain"
    if column.kept == "text":
        return [cell]
    return [
        f"{plain} AS {cell}",
        f"CASE WHEN {plain} IS NULL AND {cell} <> '' THEN {cell} END AS {column.text}",
    ]
