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

from funnelkit.engines import _duck_source
from funnelkit.engines._duck_columns import ODD, Column, column, tidy
from funnelkit.engines._duck_source import Source
from funnelkit.engines._plain import SAMPLE, written
from funnelkit.engines._sql import literal, words_of
from funnelkit.errors import SourceError

if TYPE_CHECKING:
    from funnelkit.engines import Aside, Cells
    from funnelkit.engines._session import Session

_FILLED = 2
"""So many cells are filled in the last row, unless it holds the words under a table."""


class DuckText(Struct, frozen=True, kw_only=True):
    """The cells of one file in a table of DuckDB; a blank cell is null there."""

    session: Session
    source: Source
    cells: Cells
    table: str
    columns: Mapping[str, Column]
    held: int
    """How many rows there are in the table."""
    known: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Different cells that were asked for before, by header and condition."""

    @property
    def line(self) -> str:
        """SQL for the line that a row begins on."""
        return self.source.line

    @property
    def aside(self) -> tuple[Aside, ...]:
        """What was seen to be no row before the database read any."""
        return self.source.aside

    @property
    def rows(self) -> int:
        """How many records there are, those set aside while reading included."""
        return self.held + sum(len(a.lines) for a in self.aside)

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

    def words(self, header: str) -> list[str]:
        """The list of words that a column is kept by, whether they occur or not."""
        table = self.session.con.table(self.table)
        return words_of(table.types[table.columns.index(self.columns[header].name)])

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
        wanted = f"{self.line} IN (SELECT unnest($1::BIGINT[]))"
        query = f"SELECT {text} FROM {self.table} WHERE {wanted} ORDER BY rowid"
        return [cell for (cell,) in self.session.rows(query, [list(lines)])]

    def lines_with(self, header: str, cells: Sequence[str]) -> list[int]:
        """The lines that have one of *cells* in a column."""
        wanted = f"{self.spelled(header)} IN (SELECT unnest($1::VARCHAR[]))"
        query = f"SELECT {self.line} FROM {self.table} WHERE {wanted} ORDER BY rowid"
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
        again = _tried(self.session, replace(self.cells, kinds=kinds), self.source)
        if again is None:
            raise SourceError(
                f"{self.cells.file}: the file was changed while it was read",
                hint="Run the command again.",
                code="changed",
            )
        return again


def read(session: Session, cells: Cells) -> DuckText:
    """The text of *cells*, read by the database; where the file is not plain enough for it, once its rows are written out.

    Raises SourceError for a row that the database cannot hold, and UsageError where there is no room on the disk.
    """
    source = _duck_source.of_file(session, cells)
    text = _tried(session, cells, source) if source else None
    if text and not _strange(text):
        return text
    if text:
        session.con.execute(f"DROP TABLE {text.table}")
    return _read(session, cells, _duck_source.of_rows(session, cells))


def _tried(session: Session, cells: Cells, source: Source) -> DuckText | None:
    """The text of *cells* in *source*; None where that is not plain enough."""
    import duckdb

    try:
        text = _read(session, cells, source)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        # Where a CSV that was there before cannot be read, it is the place for what is spilled that is at fault.
        if isinstance(error, duckdb.IOException) and not (cells.scan and cells.scan.query):
            raise
        return None
    if text.held == source.records:
        return text
    session.con.execute(f"DROP TABLE {text.table}")
    return None


def _read(session: Session, cells: Cells, source: Source) -> DuckText:
    names = {header: f"c{position}" for header, position in cells.places.items()}
    head = session.rows(f"SELECT {', '.join(names.values())} FROM {source.rows} LIMIT {SAMPLE}")
    columns = {
        header: column(session, name, i + 1, cells.kinds.get(header, ""), [row[i] for row in head])
        for i, (header, name) in enumerate(names.items())
    }
    if all(columns[day].kept in ("day", "instant") for day in cells.bare):
        columns |= {h: Column(name=names[h], place=columns[h].place, kept="rare") for h in cells.rare}
    days = [columns[day].place - 1 for day in cells.bare]
    dayless = any(all(row[day] is None for day in days) for row in head)
    table = "" if dayless else _without_rare(session, source, columns, cells)
    table = table or session.table(_load(source, columns, cells))
    ((rows,),) = session.rows(f"SELECT count(*) FROM {table}")
    return DuckText(session=session, source=source, cells=cells, table=table, columns=columns, held=rows)


def _without_rare(session: Session, source: Source, columns: Mapping[str, Column], cells: Cells) -> str:
    """The table of the rows of *source* where each has a day, as in most files; else nothing.

    Texts that are only asked for in rows without one are not read then, which costs as much as to keep others.
    """
    rare = {column.name for h, column in columns.items() if column.kept == "rare" and h not in cells.words}
    if not rare:
        return ""
    table = session.table(_load(source, columns, cells, rare))
    dayless = " AND ".join(f"{columns[day].name} IS NULL" for day in cells.bare)
    if not session.rows(f"SELECT 1 FROM {table} WHERE {dayless} LIMIT 1"):
        return table
    session.con.execute(f"DROP TABLE {table}")
    return ""


def _strange(text: DuckText) -> bool:
    """Whether some rows may be none though they are as wide as any: the header again, words at the end, another table."""
    cells = {header: text.spelled(header) for header in text.cells.places}
    header = " AND ".join(f"{cell} = {literal(h)}" for h, cell in cells.items())
    # Below an empty row another table may begin.
    kept = [f"{c.name} IS NULL" for c in text.columns.values() if c.kept != "rare"]
    blank = " AND ".join([*kept, *(f"{cell} = ''" for cell in cells.values())])
    if text.session.rows(f"SELECT 1 FROM {text.table} WHERE ({header}) OR ({blank}) LIMIT 1"):
        return True
    filled = " + ".join(f"({cell} <> '')::INTEGER" for cell in cells.values())
    last = text.session.rows(f"SELECT {filled} FROM {text.table} WHERE rowid = {text.held - 1}")
    return bool(last) and last[0][0] < _FILLED


def _load(source: Source, columns: Mapping[str, Column], cells: Cells, unread: Collection[str] = ()) -> str:
    """SQL for the rows of *source* as they are kept; without the texts of the columns *unread*."""
    typed = [c for c in columns.values() if c.value]
    odd = [f"(v{c.name} IS NULL AND {c.name} IS NOT NULL)" for c in typed]
    rare = {header: column for header, column in columns.items() if column.kept == "rare"}
    if rare and cells.bare:
        odd.append(f"({' AND '.join(f'v{columns[day].name} IS NULL' for day in cells.bare)})")
    searched = {rare[header].name: words for header, words in cells.words.items() if header in rare}
    # Each is put into small letters once, however many words are looked for.
    odd += [f"contains(s{c}, {literal(word)})" for c, words in searched.items() for word in words]
    read = ", ".join(c.name for c in columns.values() if c.name not in unread)
    texts = ", ".join("NULL" if c.name in unread else c.name for c in columns.values())
    kept = ", ".join(
        f"v{c.name} AS {c.name}" if c.value else c.name for c in columns.values() if c.kept != "rare"
    )
    values = "".join(f", {c.value} AS v{c.name}" for c in typed)
    values += "".join(f", lower({c}) AS s{c}" for c in searched)
    return (
        f"SELECT {source.kept}{kept}, CASE WHEN {' OR '.join(odd) or 'false'} THEN to_json([{texts}])::VARCHAR END AS {ODD} "
        f"FROM (SELECT {source.kept}{read}{values} FROM {source.rows})"
    )
