"""The engine for more than one machine: Spark, of which only sums come back to this one.

Files that are small or odd are read in memory, as the pandas engine does, and then handed over.
Imported only when it is asked for, so pyspark stands at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from funnelkit.engines import (
    Cells,
    Converted,
    Repeated,
    _parquet,
    _spark_convert,
    _spark_money,
    _spark_parts,
    _spark_read,
)
from funnelkit.engines import _sql_link as link
from funnelkit.engines._coded import PandasText
from funnelkit.engines._spark_memory import from_memory, in_memory
from funnelkit.engines._spark_reports import Reports, repeated
from funnelkit.engines._spark_session import MASTER, Session
from funnelkit.engines._spark_sql import literal
from funnelkit.engines._sql import name, names, twins
from funnelkit.engines.pandas import PandasEngine, described

if TYPE_CHECKING:
    from funnelkit.plans import LinkKey, TablePlan

_FILES = ("source_file", "source_row")
FEW_ROWS = 5_000
"""A file of fewer rows is read in memory before Spark would have begun with it."""


class SparkEngine:
    """Frames as those of Spark."""

    streams = False

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._session = Session(settings.get("master", MASTER), settings.get("options", {}))
        self._memory = PandasEngine()

    def close(self) -> None:
        """Stop the session, if it was started here."""
        self._session.close()

    def head(self, address: str) -> bytes:
        """The first lines of the files at *address*."""
        return _spark_parts.head(self._session, address)

    def text(self, cells: Cells) -> Any:
        """Hold the text of *cells*: read by Spark where it can and that is worth it, else in memory."""
        if cells.scan is None or not cells.scan.plain:
            return self._memory.text(cells)
        if cells.scan.records is None:
            return _spark_read.read_parts(self._session, cells)
        large = cells.scan.records >= FEW_ROWS
        return (large and _spark_read.read(self._session, cells)) or self._memory.text(cells)

    def convert(self, text: Any, plan: TablePlan) -> Converted:
        """The canonical frame that *plan* makes of *text*."""
        if not isinstance(text, PandasText):
            return _spark_convert.convert(self._session, text, plan)
        done = self._memory.convert(text, plan)
        frame = self._session.held(from_memory(self._session, done.frame))
        return Converted(frame=frame, rows=done.rows, aside=done.aside, bad=done.bad)

    def from_parquet(self, path: Path) -> DataFrame:
        """The canonical frame in the Parquet file at *path*: read by Spark where its machines see the file."""
        found = _spark_read.canonical(self._session, path)
        return found or self._session.held(from_memory(self._session, _parquet.in_memory(path)))

    def label(
        self,
        frame: DataFrame,
        columns: Sequence[str],
        label: Callable[..., str],
        target: str,
    ) -> tuple[DataFrame, frozenset[str]]:
        """*frame* with a text column *target*: *label* of the values of *columns*; and all labels."""
        table = self._session.named(frame)
        known = [c for c in columns if c in frame.columns]
        cells = [f"coalesce({name(c)}, '')" for c in known]
        shown = ", ".join(f"{cell} AS k{i}" for i, cell in enumerate(cells))
        combined = self._session.rows(f"SELECT DISTINCT {shown} FROM {table}")
        labels = [label(**dict(zip(known, row, strict=True))) for row in combined]
        labelled = [
            {**{f"k{i}": cell for i, cell in enumerate(row)}, "label": said}
            for row, said in zip(combined, labels, strict=True)
        ]
        kinds = dict.fromkeys([*(f"k{i}" for i in range(len(known))), "label"], "STRING")
        of = self._session.named(self._session.of_rows(labelled, kinds))
        on = " AND ".join(f"{cell} = {of}.k{i}" for i, cell in enumerate(cells))
        kept = ", ".join(f"{table}.{name(c)}" for c in frame.columns if c != target)
        query = f"SELECT {kept}, {of}.label AS {name(target)} FROM {table} LEFT JOIN {of} ON {on}"
        return self._session.relation(query), frozenset(labels)

    def concat(self, frames: Sequence[DataFrame]) -> DataFrame:
        """The rows of several frames under the union of their columns."""
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.unionByName(frame, allowMissingColumns=True)
        return whole

    def one_per_key(
        self, frame: DataFrame, key: str, order: Sequence[str]
    ) -> tuple[DataFrame, dict[str, Repeated]]:
        """One row per value of *key*: the one that is last in the *order* of its columns."""
        table = self._session.named(frame)
        several = self._session.named(self._session.kept(link.repeated(table, key)))
        if not self._session.rows(f"SELECT 1 FROM {several} LIMIT 1"):
            return frame, {}
        places = ", ".join(f"{name(c)} DESC NULLS LAST" for c in [*order, *_FILES])
        place = f"row_number() OVER (PARTITION BY {name(key)} ORDER BY {places})"
        dropped = self._session.named(
            self._session.kept(
                f"SELECT source_file, source_row FROM (SELECT *, {place} AS _place FROM {table} "
                f"WHERE {name(key)} IN (SELECT key FROM {several})) WHERE _place > 1"
            )
        )
        kept = self._session.relation(
            f"SELECT t.* FROM {table} t LEFT ANTI JOIN {dropped} d "
            "ON t.source_row = d.source_row AND t.source_file = d.source_file"
        )
        return kept, repeated(self._session, dropped)

    def one_per_report(
        self, frame: DataFrame, key: Sequence[str], figures: Sequence[str], *, keep_last: bool
    ) -> tuple[DataFrame, dict[str, Repeated], tuple[str, str, str] | None]:
        """Rows that two files have in common, once."""
        reports = Reports(self._session, frame, key)
        if not reports.any():
            return frame, {}, None
        if not keep_last and (found := reports.conflict(figures)):
            first, second, cells = found
            return frame, {}, (first, second, described(cells))
        kept, gone = reports.once(keep_last=keep_last)
        return kept, repeated(self._session, gone), None

    def twins(self, frame: DataFrame, without: str | None) -> int:
        """How many rows equal an earlier row in every canonical column."""
        table = self._session.named(frame)
        columns = [c for c in frame.columns if c not in _FILES]
        return int(self._session.rows(twins(table, columns, without))[0][0])

    def numbered(
        self, frame: DataFrame, target: str, date: str, key: str, only: tuple[str, str] | None = None
    ) -> DataFrame:
        """*frame* with a number *target*, from 0, in the order of *date*, then *key*, then of all cells."""
        table = self._session.named(frame)
        if only is None:
            return self._session.held(self._in_order(table, frame.columns, target, date, key))
        is_one = f"{name(only[0])} <=> {literal(only[1])}"
        some = self._session.view(f"SELECT * FROM {table} WHERE {is_one}")
        others = self._session.relation(
            f"SELECT *, NULL::BIGINT AS {name(target)} FROM {table} WHERE NOT ({is_one})"
        )
        return self._session.held(self._in_order(some, frame.columns, target, date, key).unionByName(others))

    def _in_order(self, table: str, columns: Sequence[str], target: str, date: str, key: str) -> DataFrame:
        """*table* with numbers that grow with the order of its rows, with gaps: Spark counts each part by itself."""
        order = ", ".join(f"{name(c)} ASC NULLS LAST" for c in link.ordering(columns, date, key))
        ordered = f"SELECT * FROM {table} ORDER BY {order}" if order else f"SELECT * FROM {table}"
        return self._session.relation(
            f"SELECT *, monotonically_increasing_id() AS {name(target)} FROM ({ordered})"
        )

    def linked(
        self, leads: DataFrame, deals: DataFrame, keys: Sequence[LinkKey], columns: Sequence[str]
    ) -> tuple[DataFrame, DataFrame, Callable[[DataFrame], Mapping[str, int]]]:
        """The people among *leads*, *deals* with ``_lead``, and what tells how many of these each of *keys* linked."""
        of_leads, of_deals = self._session.named(leads), self._session.named(deals)
        used = [k for k in keys if k.lead in leads.columns and k.deal in deals.columns]
        # Only the leads that any deal may mean are put in order: they are few.
        meant = self._session.view(link.candidates(of_leads, leads.columns, of_deals, used))
        people = self._session.held(self._in_order(meant, leads.columns, "_lead", "created_at", "lead_id"))
        of_people = self._session.named(people)
        found = [(k, self._session.view(link.known(of_people, of_deals, k))) for k in used]

        def matched(held: DataFrame) -> Mapping[str, int]:
            table = self._session.named(held)
            told = dict(self._session.rows(f"SELECT _by, count(*) FROM {table} GROUP BY _by"))
            return {k.name: int(told.get(k.name, 0)) for k in used}

        return people, self._session.relation(link.linked(of_deals, found)), matched

    def named(self, frame: DataFrame, keys: Sequence[tuple[str, str]], target: str) -> DataFrame:
        """*frame* with the text *target*: the first of *keys* that the row has."""
        used = [(key, column) for key, column in keys if column in frame.columns]
        return self._session.relation(link.named(self._session.named(frame), used, target))

    def customers(self, deals: DataFrame) -> DataFrame:
        """One row per customer of the won *deals*."""
        return self._session.kept(link.customers(self._session.named(deals), deals.columns))

    def outcomes(
        self, leads: DataFrame, people: DataFrame, deals: DataFrame, customers: DataFrame
    ) -> DataFrame:
        """*leads* with what became of them."""
        tables = [(self._session.named(f), f.columns) for f in (people, deals, customers)]
        found = self._session.relation(link.outcomes(*tables))
        days = [c for c in ("deal_created_at", "won_at") if c in found.columns]
        table = self._session.named(leads), leads.columns
        return self._session.kept(link.with_outcomes(table, self._session.named(found), _FILES, days))

    def looked_up(
        self, frame: DataFrame, number: str, other: DataFrame, columns: Mapping[str, str]
    ) -> DataFrame:
        """*frame* with *columns* of the rows of *other* that *number* names."""
        own = {"_lead": "_lead", "_first": "_deal"}[number]
        tables = self._session.named(frame), self._session.named(other)
        return self._session.relation(link.looked_up(tables[0], number, tables[1], own, columns))

    def strung(
        self, frame: DataFrame, by: Sequence[str], order: Sequence[str], columns: Sequence[str]
    ) -> DataFrame:
        """One row for each value of *by*: the texts of *columns* in their *order*, joined."""
        row = f"struct({names([*order, *columns])})"
        table = self._session.named(frame)
        listed = (
            f"SELECT {names(by)}, array_sort(collect_list({row})) AS _rows FROM {table} GROUP BY {names(by)}"
        )
        joined = (f"array_join(_rows.{name(c)}, chr(31)) AS {name(c)}" for c in columns)
        return self._session.relation(f"SELECT {names(by)}, {', '.join(joined)} FROM ({listed})")

    def convert_money(
        self, frame: DataFrame, columns: Sequence[str], by: Sequence[str], factor: Callable[..., Fraction]
    ) -> DataFrame:
        """*frame* with the money *columns* times *factor* of the values of *by*, rounded half to even."""
        return _spark_money.converted(self._session, frame, columns, by, factor)

    def progress(self) -> None:
        """Nobody can say."""

    def held(self, frame: DataFrame) -> DataFrame:
        """*frame*, worked out once for all that is asked of it later."""
        return self._session.held(frame)

    def in_memory(self, frame: DataFrame) -> Any:
        """*frame* as a frame of pandas."""
        return in_memory(frame)
