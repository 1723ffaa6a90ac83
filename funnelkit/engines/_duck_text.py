"""A large CSV in DuckDB: read once by its own parser; each cell is kept as what it plainly is, else as its text.

A date in ISO form is a day, a number with at most two decimals a whole number of hundredths, one of few
words a number that stands for it. A row with a cell that is none of these keeps its texts beside it,
for `Style.parse` to read; so nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from funnelkit.engines._duck_columns import ODD, Column, column, tidy, written
from funnelkit.engines._sql import literal
from funnelkit.errors import SourceError

if TYPE_CHECKING:
    from funnelkit.engines import Aside, Cells, Scan
    from funnelkit.engines._session import Session

_SAMPLE = 20_000


class DuckText(Struct, frozen=True, kw_only=True):
    """The cells of one file in a table of DuckDB; a blank cell is null there."""

    session: Session
    scan: Scan
    cells: Cells
    table: str
    columns: Mapping[str, Column]
    rows: int
    aside: tuple[Aside, ...] = ()
    known: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Different cells that were asked for before, by header and condition."""

    def distinct(self, header: str) -> Sequence[str]:
        """The different cells of one column; of plain numbers only some, among them the smallest and the largest."""
        column = self.columns[header]
        if column.kept == "text":
            return self.first(header, "true")
        odd = self.first(header, column.is_odd)
        if column.kept == "rare":
            return odd
        if column.kept == "word":
            return [*self._words(column), *odd]
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
        return (
            self.first(header, f"NOT {tidy(column.name)}") if column.kept == "text" else self.distinct(header)
        )

    def _words(self, column: Column) -> list[str]:
        """The words of a column that occur, in the order of the list that they are of."""
        if (column.name, "") not in self.known:
            query = f"SELECT {column.name} FROM {self.table} GROUP BY {column.name} ORDER BY {column.name} NULLS LAST"
            self.known[column.name, ""] = [word or "" for (word,) in self.session.rows(query)]
        return self.known[column.name, ""]

    def first(self, header: str, where: str) -> list[str]:
        """The different texts of a column in the rows that fit a condition, in the order in which they come."""
        if (header, where) not in self.known:
            self.known[header, where] = self._first(f"coalesce({self.columns[header].odd}, '')", where)
        return self.known[header, where]

    def mentions(self, header: str, words: Sequence[str]) -> bool:
        """Whether any of *words* stands in any cell of a column."""
        column = self.columns[header]
        if column.kept in ("word", "rare"):
            return any(word in cell.lower() for cell in self.distinct(header) for word in words)
        found = f"regexp_matches({column.name}, {literal('(?i)' + '|'.join(words))})"
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
        if column.kept in ("text", "rare"):
            return f"coalesce({column.odd}, '')"
        plain = f"{column.name}::VARCHAR"
        if column.kept == "instant":
            plain = f"strftime(make_timestamp({column.name} * 1000000), '%Y-%m-%d %H:%M:%S')"
        if column.kept == "number":
            plain = f"CAST(({column.name}::DECIMAL(18, 2) / {10**column.scale})::DECIMAL(18, {column.scale}) AS VARCHAR)"
        return f"coalesce({column.odd}, {plain}, '')"

    def _first(self, cell: str, where: str) -> list[str]:
        query = f"SELECT {cell} AS cell FROM {self.table} WHERE {where} GROUP BY cell ORDER BY min(rowid)"
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
        head = session.rows(f"SELECT {', '.join(names.values())} FROM {source} LIMIT {_SAMPLE}")
        columns = {
            header: column(session, name, i + 1, cells.kinds.get(header, ""), [row[i] for row in head])
            for i, (header, name) in enumerate(names.items())
        }
        if all(columns[day].kept in ("day", "instant") for day in cells.bare):
            columns |= {h: Column(name=names[h], place=columns[h].place, kept="rare") for h in cells.rare}
        table = session.table(_load(source, columns, cells))
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        # It is not the file that is at fault.
        raise
    except duckdb.Error:
        return None
    ((rows,),) = session.rows(f"SELECT count(*) FROM {table}")
    if rows != scan.records:
        session.con.execute(f"DROP TABLE {table}")
        return None
    return DuckText(session=session, scan=scan, cells=cells, table=table, columns=columns, rows=rows)


def _load(source: str, columns: Mapping[str, Column], cells: Cells) -> str:
    """SQL for the rows of *source* as they are kept."""
    typed = [c for c in columns.values() if c.value]
    odd = [f"(v{c.name} IS NULL AND {c.name} IS NOT NULL)" for c in typed]
    rare = {header: column for header, column in columns.items() if column.kept == "rare"}
    if rare and cells.bare:
        odd.append(f"({' AND '.join(f'v{columns[day].name} IS NULL' for day in cells.bare)})")
    searched = [rare[header].name for header in cells.words if header in rare]
    if searched:
        # One look over all of them costs less than one each; which of them it is, is seen later.
        every = dict.fromkeys(word for words in cells.words.values() for word in words)
        odd.append(f"({' OR '.join(f'contains(searched, {literal(word)})' for word in every)})")
    texts = ", ".join(c.name for c in columns.values())
    kept = ", ".join(
        f"v{c.name} AS {c.name}" if c.value else c.name for c in columns.values() if c.kept != "rare"
    )
    values = "".join(f", {c.value} AS v{c.name}" for c in typed)
    values += f", lower(concat_ws(' ', {', '.join(searched)})) AS searched" if searched else ""
    return (
        f"SELECT {kept}, CASE WHEN {' OR '.join(odd) or 'false'} THEN to_json([{texts}])::VARCHAR END AS {ODD} "
        f"FROM (SELECT {texts}{values} FROM {source})"
    )


def _reader(scan: Scan) -> str:
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(scan.width))
    options = (
        f"auto_detect=false, header=false, skip={scan.first_line - 1}, delim={literal(scan.delimiter)}, quote='\"', "
        f"escape='\"', columns={{{types}}}, strict_mode=true, null_padding=false, nullstr='', "
        "max_line_size=16000000"
    )
    return f"read_csv({literal(scan.path)}, {options})"
