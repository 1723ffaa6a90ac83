"""The engine for large files: DuckDB, which reads a CSV with all processors and spills to disk.

A file that is odd is read by Python and written out anew, a part at a time, so that none is held in memory.
Imported only when it is asked for, so the database stands at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelkit.engines import (
    Cells,
    Converted,
    Repeated,
    _duck_convert,
    _duck_label,
    _duck_text,
    _parquet,
    no_address,
)
from funnelkit.engines import _sql_link as link
from funnelkit.engines._duck_text import DuckText
from funnelkit.engines._session import Session
from funnelkit.engines._sql import name, names, twins

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from duckdb.sqltypes import DuckDBPyType

    from funnelkit.engines.pandas import PandasEngine
    from funnelkit.plans import LinkKey, TablePlan

_FILES = ("source_file", "source_row")
_BEGINNING = 1_000


class DuckDBEngine:
    """Frames as relations of DuckDB."""

    streams = True

    def __init__(self, memory: str | None = None) -> None:
        self._session = Session(memory)
        self._several = False
        """Whether any table is made of several files."""
        self._ids: set[str] = set()
        """Columns that name a row of their table: no two rows have the same."""
        self._in_order: set[str] = set()
        """Those of them in whose order the lines of their file stand."""

    @cached_property
    def _memory(self) -> PandasEngine:
        """What does the work on small reports; to read files needs no pandas."""
        from funnelkit.engines.pandas import PandasEngine

        return PandasEngine()

    def close(self) -> None:
        """Nothing: what is held goes with the frames."""

    def head(self, address: str) -> bytes:
        """Nothing: files are opened by their paths here."""
        raise no_address(address)

    def text(self, cells: Cells) -> DuckText:
        """Hold the text of *cells*; what the database cannot read is written out for it, a part at a time."""
        return _duck_text.read(self._session, cells)

    def convert(self, text: DuckText, plan: TablePlan) -> Converted:
        """The canonical frame that *plan* makes of *text*."""
        return _duck_convert.convert(self._session, text, plan)

    def from_parquet(self, path: Path) -> DuckDBPyRelation:
        """The canonical frame in the Parquet file at *path*."""
        return self._session.relation(f"SELECT * FROM {_parquet.scan(path)}")

    def label(
        self, frame: DuckDBPyRelation, columns: Sequence[str], label: Callable[..., str], target: str
    ) -> tuple[DuckDBPyRelation, frozenset[str]]:
        """*frame* with a text column *target*: *label* of the values of *columns*; and all labels."""
        return _duck_label.labelled(self._session, frame, columns, label, target)

    def concat(self, frames: Sequence[DuckDBPyRelation]) -> DuckDBPyRelation:
        """The rows of several frames under the union of their columns."""
        self._several = self._several or len(frames) > 1
        tables = [f"SELECT * FROM {self._session.named(frame)}" for frame in frames]
        return frames[0] if len(frames) == 1 else self._session.relation(" UNION ALL BY NAME ".join(tables))

    def one_per_key(
        self, frame: DuckDBPyRelation, key: str, order: Sequence[str]
    ) -> tuple[DuckDBPyRelation, dict[str, Repeated]]:
        """One row per value of *key*: the one that is last in the *order* of its columns."""
        table = self._session.named(frame)
        self._ids.add(key)
        if self._ascending(table, key):
            self._in_order |= set() if self._several else {key}
            return frame, {}
        several = self._session.table(link.repeated(table, key))
        if not self._session.rows(f"SELECT 1 FROM {several} LIMIT 1"):
            return frame, {}
        places = ", ".join(f"{name(c)}{_text(frame, c)} DESC NULLS LAST" for c in [*order, *_FILES])
        place = f"row_number() OVER (PARTITION BY {name(key)} ORDER BY {places})"
        dropped = self._session.table(
            f"SELECT source_file, source_row FROM (SELECT *, {place} AS _place FROM {table} "
            f"WHERE {name(key)} IN (SELECT key FROM {several})) WHERE _place > 1"
        )
        kept = self._session.relation(
            f"SELECT * FROM {table} ANTI JOIN {dropped} USING ({names(self._place)})"
        )
        return kept, self._lines_by_file(f"SELECT source_file, source_row FROM {dropped}")

    def one_per_report(
        self, frame: DuckDBPyRelation, key: Sequence[str], figures: Sequence[str], *, keep_last: bool
    ) -> tuple[DuckDBPyRelation, dict[str, Repeated], tuple[str, str, str] | None]:
        """Rows that two files have in common, once. Reports are small: this is done in memory."""
        done, repeated, conflict = self._memory.one_per_report(
            self.in_memory(frame), key, figures, keep_last=keep_last
        )
        return self._from_memory(done), repeated, conflict

    def twins(self, frame: DuckDBPyRelation, without: str | None) -> int:
        """How many rows equal an earlier row in every canonical column."""
        table = self._session.named(frame)
        columns = [c for c in frame.columns if c not in _FILES]
        return int(self._session.rows(twins(table, columns, without))[0][0])

    def numbered(
        self, frame: DuckDBPyRelation, target: str, date: str, key: str, only: tuple[str, str] | None = None
    ) -> DuckDBPyRelation:
        """*frame* with a number *target*, from 0, in the order of *date*, then *key*, then of all cells."""
        query = self._numbered(frame, target, date, key, only)
        return self._session.relation(query) if key in self._in_order else self._session.kept(query)

    def _numbered(
        self, frame: DuckDBPyRelation, target: str, date: str, key: str, only: tuple[str, str] | None = None
    ) -> str:
        table = self._session.named(frame)
        columns = {c: _text(frame, c) for c in frame.columns}
        if key in self._in_order and {date, "source_row"} <= columns.keys():
            return link.numbered_by_line(table, target, date)
        some = f"SELECT 1 FROM {table} WHERE {name(key)} IS NULL LIMIT 1"
        if key in columns and not self._session.rows(some):
            # No two rows are alike in it, so nothing else puts them in order.
            columns = {c: kind for c, kind in columns.items() if c in (date, key)}
        return link.numbered(table, columns, target, date, key, only)

    def linked(
        self,
        leads: DuckDBPyRelation,
        deals: DuckDBPyRelation,
        keys: Sequence[LinkKey],
        columns: Sequence[str],
    ) -> tuple[DuckDBPyRelation, DuckDBPyRelation, Callable[[DuckDBPyRelation], Mapping[str, int]]]:
        """The people among *leads*, *deals* with ``_lead``, and what tells how many of these each of *keys* linked."""
        of_deals = self._session.named(deals)
        used = [k for k in keys if k.lead in leads.columns and k.deal in deals.columns]
        # Only the leads that any deal may mean are put in order: they are few.
        taken = self._taken(leads, {*columns, *_FILES, *(k.lead for k in used)})
        meant = self._session.relation(link.candidates(self._session.named(leads), taken, of_deals, used))
        meant = meant if "lead_id" in self._in_order else self.held(meant)
        people = self._session.table(self._numbered(meant, "_lead", "created_at", "lead_id"))
        found = [(k, self._known(people, of_deals, k)) for k in used]
        frame = self._session.relation(link.linked(of_deals, found))

        def matched(held: DuckDBPyRelation) -> Mapping[str, int]:
            table = self._session.named(held)
            told = dict(self._session.rows(f"SELECT _by, count(*) FROM {table} GROUP BY _by"))
            return {k.name: int(told.get(k.name, 0)) for k in used}

        return self._session.con.table(people), frame, matched

    def _taken(self, leads: DuckDBPyRelation, columns: Collection[str]) -> Sequence[str]:
        """Those of *columns* that *leads* have, and what puts them in order: their id, or each cell where any has none."""
        without = f"SELECT 1 FROM {self._session.named(leads)} WHERE lead_id IS NULL LIMIT 1"
        if "lead_id" not in leads.columns or self._session.rows(without):
            return leads.columns
        return [c for c in leads.columns if c == "lead_id" or c in columns]

    def _known(self, people: str, deals: str, key: LinkKey) -> str:
        """The name of a table: value of *key* -> the earliest lead that has it."""
        if key.lead in self._ids:
            column = name(key.lead)
            return self._session.view(
                f"SELECT {column} AS value, _lead AS lead FROM {people} WHERE {column} IS NOT NULL"
            )
        return self._session.table(link.known(people, deals, key))

    def named(
        self, frame: DuckDBPyRelation, keys: Sequence[tuple[str, str]], target: str
    ) -> DuckDBPyRelation:
        """*frame* with the text *target*: the first of *keys* that the row has."""
        used = [(key, column) for key, column in keys if column in frame.columns]
        return self._session.relation(link.named(self._session.named(frame), used, target))

    def customers(self, deals: DuckDBPyRelation) -> DuckDBPyRelation:
        """One row per customer of the won *deals*."""
        return self._session.kept(link.customers(self._session.named(deals), deals.columns))

    def outcomes(
        self,
        leads: DuckDBPyRelation,
        people: DuckDBPyRelation,
        deals: DuckDBPyRelation,
        customers: DuckDBPyRelation,
    ) -> DuckDBPyRelation:
        """*leads* with what became of them."""
        tables = {self._session.named(f): f.columns for f in (people, deals, customers)}
        found = self._session.table(link.outcomes(*tables.items()))
        table = self._session.named(leads)
        days = [c for c in ("deal_created_at", "won_at") if c in self._session.con.table(found).columns]
        return self._session.kept(link.with_outcomes((table, leads.columns), found, self._place, days))

    def looked_up(
        self, frame: DuckDBPyRelation, number: str, other: DuckDBPyRelation, columns: Mapping[str, str]
    ) -> DuckDBPyRelation:
        """*frame* with *columns* of the rows of *other* that *number* names."""
        own = {"_lead": "_lead", "_first": "_deal"}[number]
        tables = self._session.named(frame), self._session.named(other)
        return self._session.relation(link.looked_up(tables[0], number, tables[1], own, columns))

    def strung(
        self, frame: DuckDBPyRelation, by: Sequence[str], order: Sequence[str], columns: Sequence[str]
    ) -> DuckDBPyRelation:
        """One row for each value of *by*: the texts of *columns* in their *order*, joined."""
        joined = (f"string_agg({name(c)}, chr(31) ORDER BY {names(order)}) AS {name(c)}" for c in columns)
        table = self._session.named(frame)
        return self._session.relation(
            f"SELECT {names(by)}, {', '.join(joined)} FROM {table} GROUP BY {names(by)}"
        )

    def convert_money(
        self,
        frame: DuckDBPyRelation,
        columns: Sequence[str],
        by: Sequence[str],
        factor: Callable[..., Fraction],
    ) -> DuckDBPyRelation:
        """*frame* with the money *columns* times *factor* of the values of *by*, rounded half to even."""
        return self._from_memory(self._memory.convert_money(self.in_memory(frame), columns, by, factor))

    def progress(self) -> float | None:
        """The share of its present query that is done."""
        percent = self._session.con.query_progress()
        return percent / 100 if percent >= 0 else None

    def held(self, frame: DuckDBPyRelation) -> DuckDBPyRelation:
        """*frame*, worked out once for all that is asked of it later."""
        return self._session.kept(f"SELECT * FROM {self._session.named(frame)}")

    def in_memory(self, frame: DuckDBPyRelation) -> Any:
        """*frame* as a frame of pandas."""
        import pandas as pd

        found = frame.df()
        kinds = {c: "str" if is_text(t) else "Int64" for c, t in zip(frame.columns, frame.types, strict=True)}
        return found.astype({c: pd.api.types.pandas_dtype(kind) for c, kind in kinds.items()})

    def _ascending(self, table: str, key: str) -> bool:
        """Whether each *key* is greater than the one before, as in exports in the order of their ids: none repeats."""
        column = name(key)
        begun = f"(SELECT {column} FROM {table} LIMIT {_BEGINNING})"
        for rows in (begun, table):
            after = (
                f"SELECT {column} > lag({column}) OVER () AS ascends, row_number() OVER () AS n FROM {rows}"
            )
            if self._session.rows(f"SELECT 1 FROM ({after}) WHERE n > 1 AND ascends IS NOT true LIMIT 1"):
                return False
        return True

    @property
    def _place(self) -> list[str]:
        """The columns that name a row: where no table has several files, its line does."""
        return list(_FILES) if self._several else ["source_row"]

    def _from_memory(self, frame: Any) -> DuckDBPyRelation:
        return self._session.kept(f"SELECT * FROM {self._session.named(self._session.con.from_df(frame))}")

    def _lines_by_file(self, query: str) -> dict[str, Repeated]:
        listed = (
            f"SELECT source_file, list(source_row ORDER BY source_row) FROM ({query}) GROUP BY source_file"
        )
        return {file: Repeated(lines=tuple(lines)) for file, lines in sorted(self._session.rows(listed))}


def is_text(kind: DuckDBPyType) -> bool:
    """Whether a type of the database holds text, one of few words or any."""
    return kind.id in ("varchar", "enum")


def _text(frame: DuckDBPyRelation, column: str) -> str:
    """The cast under which a column is put in order: words by their letters, not by their numbers."""
    return "::VARCHAR" if is_text(frame.types[frame.columns.index(column)]) else ""
