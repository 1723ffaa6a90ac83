"""A large CSV in Spark: read once, by its own parser; what is kept of it.

Part of the Spark engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import islice
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql.types import StringType

from funnelkit import collect
from funnelkit.engines import Cells, Scan
from funnelkit.engines import _spark_lines as of_file
from funnelkit.engines import _spark_parts as of_parts
from funnelkit.engines._plain import SAMPLE
from funnelkit.engines._spark_kept import Column, column
from funnelkit.engines._spark_session import Session
from funnelkit.engines._spark_sql import day, literal, number
from funnelkit.engines._spark_text import SparkText
from funnelkit.engines._sql import name


def read(session: Session, cells: Cells) -> SparkText | None:
    """The text of the file of *cells*; None where it is not plain enough for Spark."""
    try:
        return _read(session, cells)
    except (PySparkException, Py4JError):
        # Not there for the machines that Spark runs on, or not what it was when it was looked at.
        return None


def _read(session: Session, cells: Cells) -> SparkText | None:
    scan = _scan(cells)
    if not of_file.is_seen(session, scan.path):
        return None
    columns = _columns(cells)
    repeated = " AND ".join(f"trim(c{at}) = {literal(header)}" for header, at in cells.places.items())
    table = _table(session, scan, columns, repeated, of_file.one_by_one(session, scan.path))
    lines, odd = of_file.numbered(session, table)
    rows = lines.count - scan.first_line + 1
    if rows != scan.records:
        return None
    found = _odd(session, table, lines, scan) if odd else {}
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
    own = f"FROM (SELECT *, {lines.line} AS line FROM {table}) WHERE line >= {scan.first_line}"
    return SparkText(
        session=session,
        cells=cells,
        read=partial(read, session),
        view=session.view(f"SELECT line, {_names(columns)} {own}{_but('line', judged.lines)}"),
        columns=columns,
        rows=rows - judged.skipped,
        aside=judged.aside,
        seen={},
    )


def read_parts(session: Session, cells: Cells) -> SparkText:
    """The text of *cells*, which lie at an address. Raises SourceError where they are no plain CSV, nor Parquet."""
    scan = _scan(cells)
    columns = _columns(cells)
    parts = of_parts.opened(session, scan.path)
    table = _table(session, scan, columns, f"value = {literal(parts.header)}", parts.lines)
    odd, rows = of_parts.accounted(session, table, parts, scan, 1 + max(cells.places.values(), default=0))
    own = f"FROM {table} WHERE NOT {of_parts.header_row(parts)}"
    return SparkText(
        session=session,
        cells=cells,
        read=partial(read_parts, session),
        view=session.view(f"SELECT -1L - id AS line, {_names(columns)} {own}{_but('id', odd.lines)}"),
        columns=columns,
        rows=rows,
        aside=odd.aside,
        seen={},
    )


def canonical(session: Session, path: Path) -> DataFrame | None:
    """The canonical frame in the Parquet file at *path*; None where the machines of Spark do not see it."""
    try:
        if not of_file.is_seen(session, str(path)):
            return None
        rows = session.spark.read.parquet(of_file.url(str(path)))
        kinds = {
            f.name: "STRING" if isinstance(f.dataType, StringType) else "BIGINT" for f in rows.schema.fields
        }
        frame = session.held(
            rows.selectExpr(*(f"CAST({name(c)} AS {k}) AS {name(c)}" for c, k in kinds.items()))
        )
        collect.fetched(frame.groupBy().count())
    except (PySparkException, Py4JError):
        return None
    return frame


def _scan(cells: Cells) -> Scan:
    assert cells.scan is not None
    return cells.scan


def _columns(cells: Cells) -> dict[str, Column]:
    """How the columns are kept, judged by the first rows."""
    head = list(islice((row for batch in cells.batches() for row in batch.rows), SAMPLE))
    return {
        header: column(f"c{at}", cells.kinds.get(header, "text"), [row[at] for row in head if at < len(row)])
        for header, at in cells.places.items()
    }


def _names(columns: Mapping[str, Column]) -> str:
    """The columns as they are kept."""
    return ", ".join(dict.fromkeys(n for column in columns.values() for n in (column.name, column.text)))


def _but(number: str, numbers: frozenset[int]) -> str:
    """SQL for the rows without those of some *numbers*."""
    return f" AND {number} NOT IN ({', '.join(map(str, sorted(numbers)))})" if numbers else ""


def _odd(session: Session, table: str, lines: of_file.Lines, scan: Scan) -> dict[int, str]:
    """The first odd lines of the table by their numbers: one more than there may be."""
    numbered = f"SELECT {lines.line} AS line, odd FROM {table} WHERE odd IS NOT NULL"
    below = f"SELECT * FROM ({numbered}) WHERE line >= {scan.first_line} LIMIT {of_file.FEW + 1}"
    return dict(session.rows(below))


def _table(session: Session, scan: Scan, columns: Mapping[str, Column], header: str, records: str) -> str:
    """The name of a table of the wanted *columns* of all *records* as they are kept, and the text of the ``odd`` ones.

    *header* is SQL for whether a line says what the header says.
    """
    schema = ", ".join(f"c{i} STRING" for i in range(scan.width))
    options = f"map('sep', {literal(scan.delimiter)}, 'escape', '\"', 'mode', 'PERMISSIVE')"
    parsed = f"SELECT id, block, value, from_csv(value, {literal(schema)}, {options}) AS row FROM {records}"
    cells = ", ".join(f"coalesce(row.{column.name}, '') AS {column.name}" for column in columns.values())
    split = f"SELECT id, block, value, {cells} FROM ({parsed})"
    plain = "".join(f", {_plain(column)} AS {column.name}_plain" for column in columns.values())
    odd = f"CASE WHEN {of_file.odd(scan)} OR ({header}) THEN value END AS odd"
    kept = ", ".join(part for column in columns.values() for part in _kept(column))
    query = f"SELECT id, block, odd, {kept} FROM (SELECT *, {odd}{plain} FROM ({split}))"
    return session.named(session.kept(query))


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
