"""The engine for large files: DuckDB, which reads a CSV with all processors and spills to disk.

Files that are small or odd are read in memory, as the pandas engine does, and then kept here too.
Imported only when it is asked for, so the database stands at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelkit.engines import Cells, Converted, _duck_convert, _duck_text, _parquet
from funnelkit.engines import _sql_link as link
from funnelkit.engines._coded import PandasText
from funnelkit.engines._session import Session
from funnelkit.engines._sql import name, names
from funnelkit.engines.pandas import PandasEngine

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from funnelkit.plans import LinkKey, TablePlan

_FILES = ("source_file", "source_row")


class DuckDBEngine:
    """Frames as relations of DuckDB."""

    def __init__(self, memory: str | None = None) -> None:
        self._session = Session(memory)
        self._memory = PandasEngine()

    def text(self, cells: Cells) -> Any:
        """Hold the text of *cells*: read by the database where it can, else in memory."""
        return _duck_text.read(self._session, cells) or self._memory.text(cells)

    def convert(self, text: Any, plan: TablePlan) -> Converted:
        """The canonical frame that *plan* makes of *text*."""
        if not isinstance(text, PandasText):
            return _duck_convert.convert(self._session, text, plan)
        done = self._memory.convert(text, plan)
        view = self._session.named(self._session.con.from_df(done.frame))
        frame = self._session.kept(f"SELECT * FROM {view}")
        return Converted(frame=frame, rows=done.rows, aside=done.aside, bad=done.bad)

    def from_parquet(self, path: Path) -> DuckDBPyRelation:
        """The canonical frame in the Parquet file at *path*."""
        return self._session.relation(f"SELECT * FROM {_parquet.scan(path)}")

    def label(
        self, frame: DuckDBPyRelation, columns: Sequence[str], label: Callable[..., str], target: str
    ) -> DuckDBPyRelation:
        """*frame* with a text column *target*: *label* of the values of *columns*."""
        table = self._session.named(frame)
        known = [c for c in columns if c in frame.columns]
        cells = [f"coalesce({name(c)}, '')" for c in known]
        combined = self._session.rows(f"SELECT DISTINCT {', '.join(cells)} FROM {table}")
        lists = [[row[i] for row in combined] for i in range(len(known))]
        labels = [label(**dict(zip(known, row, strict=True))) for row in combined]
        unnested = [f"unnest(${i}::VARCHAR[]) AS k{i}" for i in range(1, len(known) + 2)]
        of = self._session.table(f"SELECT {', '.join(unnested)}", [*lists, labels])
        on = " AND ".join(f"{cell} = {of}.k{i}" for i, cell in enumerate(cells, 1))
        rest = f"EXCLUDE ({name(target)})" if target in frame.columns else ""
        return self._session.relation(
            f"SELECT {table}.* {rest}, {of}.k{len(known) + 1} AS {name(target)} FROM {table} LEFT JOIN {of} ON {on}"
        )

    def concat(self, frames: Sequence[DuckDBPyRelation]) -> DuckDBPyRelation:
        """The rows of several frames under the union of their columns."""
        tables = [f"SELECT * FROM {self._session.named(frame)}" for frame in frames]
        return frames[0] if len(frames) == 1 else self._session.relation(" UNION ALL BY NAME ".join(tables))

    def one_per_key(
        self, frame: DuckDBPyRelation, key: str, later: Sequence[str]
    ) -> tuple[DuckDBPyRelation, dict[str, tuple[int, ...]]]:
        """One row per value of *key*: the one with the latest of the dates *later*."""
        table = self._session.named(frame)
        several = self._session.table(
            f"SELECT {name(key)} AS key FROM {table} WHERE {name(key)} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        )
        if not self._session.rows(f"SELECT 1 FROM {several} LIMIT 1"):
            return frame, {}
        dates = [c for c in later if c in frame.columns]
        rest = sorted(c for c in frame.columns if c not in (key, *dates, *_FILES))
        order = ", ".join(f"{name(c)} DESC NULLS LAST" for c in [*dates, *rest, *_FILES])
        place = f"row_number() OVER (PARTITION BY {name(key)} ORDER BY {order})"
        dropped = self._session.table(
            f"SELECT source_file, source_row FROM (SELECT *, {place} AS _place FROM {table} "
            f"WHERE {name(key)} IN (SELECT key FROM {several})) WHERE _place > 1"
        )
        kept = self._session.relation(
            f"SELECT * FROM {table} ANTI JOIN {dropped} USING (source_row, source_file)"
        )
        return kept, self._lines_by_file(f"SELECT source_file, source_row FROM {dropped}")

    def one_per_report(
        self, frame: DuckDBPyRelation, key: Sequence[str], figures: Sequence[str], *, keep_last: bool
    ) -> tuple[DuckDBPyRelation, dict[str, tuple[int, ...]], tuple[str, str, str] | None]:
        """Rows that two files have in common, once. Reports are small: this is done in memory."""
        done, repeated, conflict = self._memory.one_per_report(
            self.in_memory(frame), key, figures, keep_last=keep_last
        )
        return self._from_memory(done), repeated, conflict

    def twins(self, frame: DuckDBPyRelation, without: str | None) -> int:
        """How many rows equal an earlier row in every canonical column."""
        table = self._session.named(frame)
        columns = names([c for c in frame.columns if c not in _FILES])
        where = f"WHERE {name(without)} IS NULL" if without else ""
        query = f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {table} {where} GROUP BY {columns})"
        return int(self._session.rows(query)[0][0])

    def numbered(self, frame: DuckDBPyRelation, target: str, date: str, key: str) -> DuckDBPyRelation:
        """*frame* with a number *target*, from 0, in the order of *date*, then *key*, then of all cells."""
        table = self._session.named(frame)
        return self._session.kept(link.numbered(table, frame.columns, target, date, key))

    def linked(
        self, leads: DuckDBPyRelation, deals: DuckDBPyRelation, keys: Sequence[LinkKey]
    ) -> tuple[DuckDBPyRelation, DuckDBPyRelation, Mapping[str, int]]:
        """*leads* and *deals* with ``_lead``; and how many deals each of *keys* linked."""
        of_leads, of_deals = self._session.named(leads), self._session.named(deals)
        used = [k for k in keys if k.lead in leads.columns and k.deal in deals.columns]
        # Only the leads that any deal may mean are put in order: they are few.
        meant = self._session.view(link.candidates(of_leads, of_deals, used))
        people = self._session.table(link.numbered(meant, leads.columns, "_lead", "created_at", "lead_id"))
        found = [(k, self._session.table(link.known(people, of_deals, k))) for k in used]
        done = self._session.table(link.linked(of_deals, found))
        told = dict(
            self._session.rows(f"SELECT _by, count(*) FROM {done} WHERE _by IS NOT NULL GROUP BY _by")
        )
        frame = self._session.relation(f"SELECT * EXCLUDE (_by) FROM {done}")
        with_numbers = self._session.relation(link.with_numbers(of_leads, people)) if used else leads
        return with_numbers, frame, {k.name: int(told.get(k.name, 0)) for k in used}

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
        self, leads: DuckDBPyRelation, deals: DuckDBPyRelation, customers: DuckDBPyRelation
    ) -> DuckDBPyRelation:
        """*leads* with what became of them."""
        tables = [(self._session.named(f), f.columns) for f in (leads, deals, customers)]
        (people, of_people), (of_deals, deal_columns), (found, of_found) = tables
        return self._session.kept(link.outcomes(people, of_people, of_deals, deal_columns, found, of_found))

    def looked_up(
        self, frame: DuckDBPyRelation, number: str, other: DuckDBPyRelation, columns: Mapping[str, str]
    ) -> DuckDBPyRelation:
        """*frame* with *columns* of the rows of *other* that *number* names."""
        own = {"_lead": "_lead", "_first": "_deal"}[number]
        tables = self._session.named(frame), self._session.named(other)
        return self._session.relation(link.looked_up(tables[0], number, tables[1], own, columns))

    def convert_money(
        self,
        frame: DuckDBPyRelation,
        columns: Sequence[str],
        by: Sequence[str],
        factor: Callable[..., Fraction],
    ) -> DuckDBPyRelation:
        """*frame* with the money *columns* times *factor* of the values of *by*, rounded half to even."""
        return self._from_memory(self._memory.convert_money(self.in_memory(frame), columns, by, factor))

    def held(self, frame: DuckDBPyRelation) -> DuckDBPyRelation:
        """*frame*, worked out once for all that is asked of it later."""
        return self._session.kept(f"SELECT * FROM {self._session.named(frame)}")

    def in_memory(self, frame: DuckDBPyRelation) -> Any:
        """*frame* as a frame of pandas."""
        import pandas as pd

        found = frame.df()
        kinds = {
            c: "str" if str(t) == "VARCHAR" else "Int64"
            for c, t in zip(frame.columns, frame.types, strict=True)
        }
        return found.astype({c: pd.api.types.pandas_dtype(kind) for c, kind in kinds.items()})

    def _from_memory(self, frame: Any) -> DuckDBPyRelation:
        return self._session.kept(f"SELECT * FROM {self._session.named(self._session.con.from_df(frame))}")

    def _lines_by_file(self, query: str) -> dict[str, tuple[int, ...]]:
        listed = (
            f"SELECT source_file, list(source_row ORDER BY source_row) FROM ({query}) GROUP BY source_file"
        )
        return {file: tuple(lines) for file, lines in sorted(self._session.rows(listed))}
