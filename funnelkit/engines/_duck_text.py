"""A large CSV in DuckDB: read once by its own parser; each cell is kept as what it plainly is, else as its text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.bulk import SPACES
from funnelkit.dates import YEARS
from funnelkit.engines._kept import SAMPLE, Column, chosen, written
from funnelkit.engines._sql import listed, literal
from funnelkit.errors import SourceError
from funnelkit.styles import LONGEST_MARK, MISSING_TEXT

if TYPE_CHECKING:
    from funnelkit.engines import Aside, Cells, Scan
    from funnelkit.engines._session import Session

_NULL = "\x01"
"""No cell is this: an empty one is an empty text."""


class DuckText(Struct, frozen=True, kw_only=True):
    """The cells of one file in a table of DuckDB."""

    session: Session
    scan: Scan
    cells: Cells
    table: str
    columns: Mapping[str, Column]
    rows: int
    aside: tuple[Aside, ...] = ()

    def distinct(self, header: str) -> Sequence[str]:
        """The different cells of one column; of plain numbers only some, among them the smallest and the largest."""
        column = self.columns[header]
        if column.kept == "text":
            return self._first(column.name)
        odd = self._first(f"{column.name}_odd", f"{column.name}_odd IS NOT NULL")
        some = (
            f"DISTINCT {column.name}"
            if column.kept == "day"
            else f"unnest([min({column.name}), max({column.name})])"
        )
        found = self.session.rows(f"SELECT {some} FROM {self.table}")
        plain = [written(column, value) for (value,) in found if value is not None]
        return list(dict.fromkeys([*column.sample, *plain, *odd]))

    def unplain(self, header: str) -> Sequence[str]:
        """The different cells of a text column that may be anything else than an identifier or a name."""
        column = self.columns[header]
        return self._first(column.name, f"NOT {tidy(column.name)}")

    def mentions(self, header: str, words: Sequence[str]) -> bool:
        """Whether any of *words* stands in any cell of a column."""
        found = " OR ".join(f"contains(lower({self.columns[header].name}), {literal(w)})" for w in words)
        return bool(self.session.rows(f"SELECT 1 FROM {self.table} WHERE {found} LIMIT 1"))

    def at(self, header: str, lines: Sequence[int]) -> list[str]:
        """The cells of one column on some lines."""
        text = self.spelled(header)
        wanted = f"rowid + {self.scan.first_line} IN (SELECT unnest($1::BIGINT[]))"
        query = f"SELECT {text} FROM {self.table} WHERE {wanted} ORDER BY rowid"
        return [cell for (cell,) in self.session.rows(query, [list(lines)])]

    def lines_with(self, header: str, cells: Sequence[str]) -> list[int]:
        """The lines that have one of *cells* in a column."""
        wanted = f"{self.spelled(header)} IN (SELECT unnest($1::VARCHAR[]))"
        query = f"SELECT rowid + {self.scan.first_line} FROM {self.table} WHERE {wanted} ORDER BY rowid"
        return [line for (line,) in self.session.rows(query, [list(cells)])]

    def spelled(self, header: str) -> str:
        """SQL for a column as text; of plain cells a text that means the same."""
        column = self.columns[header]
        if column.kept == "text":
            return column.name
        plain = f"CAST({column.name} AS VARCHAR)"
        if column.kept == "number":
            plain = f"CAST(({column.name}::DECIMAL(18, 2) / {10**column.scale})::DECIMAL(18, {column.scale}) AS VARCHAR)"
        return f"coalesce({column.name}_odd, {plain}, '')"

    def _first(self, cell: str, where: str = "true") -> list[str]:
        """The different values of *cell*, in the order in which they come."""
        query = f"SELECT {cell} FROM {self.table} WHERE {where} GROUP BY {cell} ORDER BY min(rowid)"
        return [found for (found,) in self.session.rows(query)]

    def as_text(self, headers: Collection[str]) -> DuckText:
        """The same, read again, with the columns *headers* kept as text."""
        kinds = {header: kind for header, kind in self.cells.kinds.items() if header not in headers}
        again = read(self.session, replace(self.cells, kinds=kinds))
        if again is None:
            raise SourceError(
                f"{self.scan.path}: the file was changed while it was read",
                hint="Run the command again.",
                code="changed",
            )
        return again


def read(session: Session, cells: Cells) -> DuckText | None:
    """The text of *cells*, read by the database; None where the file is not plain enough for it."""
    import duckdb

    scan = cells.scan
    if scan is None:
        return None
    source = _reader(scan)
    names = {header: f"c{position}" for header, position in cells.places.items()}
    try:
        head = session.rows(f"SELECT {', '.join(names.values())} FROM {source} LIMIT {SAMPLE}")
        columns = {
            header: chosen(name, cells.kinds.get(header, "text"), [row[i] for row in head])
            for i, (header, name) in enumerate(names.items())
        }
        kept = ", ".join(part for column in columns.values() for part in _kept(column))
        table = session.table(f"SELECT {kept} FROM {source}")
    except duckdb.Error:
        return None
    ((rows,),) = session.rows(f"SELECT count(*) FROM {table}")
    if rows != scan.records:
        session.con.execute(f"DROP TABLE {table}")
        return None
    return DuckText(session=session, scan=scan, cells=cells, table=table, columns=columns, rows=rows)


def _reader(scan: Scan) -> str:
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(scan.width))
    options = (
        f"auto_detect=false, header=false, skip={scan.first_line - 1}, delim={literal(scan.delimiter)}, quote='\"', "
        f"escape='\"', columns={{{types}}}, strict_mode=true, null_padding=false, nullstr={literal(_NULL)}, "
        "max_line_size=16000000"
    )
    return f"read_csv({literal(scan.path)}, {options})"


def _kept(column: Column) -> list[str]:
    """SQL for a column as it is kept."""
    cell = column.name
    if column.kept == "text":
        return [cell]
    plain = _day(cell) if column.kept == "day" else _number(cell, column.scale)
    return [
        f"{plain} AS {cell}",
        f"CASE WHEN ({plain}) IS NULL AND {cell} <> '' THEN {cell} END AS {cell}_odd",
    ]


def _day(cell: str) -> str:
    """SQL for the day of a date or time stamp in ISO form, counted from 1970-01-01; else null."""
    dashes = f"{cell}[5] = '-' AND {cell}[8] = '-'"
    clock = f"{cell}[11] IN (' ', 'T') AND {cell}[12] BETWEEN '0' AND '2' AND {cell}[12:13] < '24'"
    colons = f"{cell}[14] = ':' AND {cell}[15] BETWEEN '0' AND '5'"
    seconds = f"(strlen({cell}) = 16 OR {cell}[18] BETWEEN '0' AND '5')"
    day = (
        f"CASE WHEN strlen({cell}) = 10 AND {dashes} AND {cell}[10] <> ' ' THEN try_cast({cell} AS DATE) "
        f"WHEN strlen({cell}) IN (16, 19) AND {dashes} AND {clock} AND {colons} AND {seconds} "
        f"THEN try_cast({cell} AS TIMESTAMP)::DATE END"
    )
    first, last = (f"DATE '{year}-01-01'" for year in (YEARS.start, YEARS.stop))
    return (
        f"CASE WHEN ({day}) >= {first} AND ({day}) < {last} THEN (({day}) - DATE '1970-01-01')::INTEGER END"
    )


def _number(cell: str, scale: int) -> str:
    """SQL for a plain number as a whole one at *scale* decimals; else null."""
    decimals = f"(\\.[0-9]{{1,{scale}}})?" if scale else ""
    plain = f"regexp_full_match({cell}, '-?[0-9]{{1,15}}{decimals}')"
    return f"CASE WHEN {plain} THEN ({cell}::DECIMAL(18, {scale}) * {10**scale})::BIGINT END"


def tidy(cell: str) -> str:
    """SQL for whether a text is plainly itself: letters, digits and single blanks, and no mark of missing."""
    plain = f"regexp_full_match({cell}, '[0-9A-Za-z_@.:/&()-]+( [0-9A-Za-z_@.:/&()-]+)*')"
    marks = f"strlen({cell}) > {LONGEST_MARK} OR lower({cell}) NOT IN {listed(MISSING_TEXT)}"
    return f"({plain} AND ({marks}))"


def missing(cell: str) -> str:
    """SQL for whether a text is blank or a mark of missing."""
    blanks = literal(" " + SPACES)
    return f"(strlen({cell}) = 0 OR lower(trim({cell}, {blanks})) IN {listed(MISSING_TEXT)})"
