"""What only Spark can open, by its address: folders of CSV or Parquet files, in any store that it knows.

Part of the Spark engine. The rows of a Parquet file are made lines of text, so that both go one way. Their
lines have no numbers: each row has a number below zero, that is its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from msgspec import Struct
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

from funnelkit import collect
from funnelkit.engines import Aside, Scan
from funnelkit.engines import _spark_lines as of_file
from funnelkit.engines._odd_rows import ODD, oddity
from funnelkit.engines._spark_refusals import refused
from funnelkit.engines._spark_session import Session
from funnelkit.engines._spark_sql import literal
from funnelkit.engines._sql import name
from funnelkit.errors import SourceError

_HEAD = 2_000
"""So many lines show what the files are."""
_NESTED = (ArrayType, MapType, StructType, BinaryType)


class Parts(Struct, frozen=True, kw_only=True):
    """The lines of all files at one address."""

    lines: str
    """A view of them: ``value``, ``id``, and as ``block`` the file."""
    header: str
    """The line that every file begins with, or none does where the files say their columns by themselves."""
    headed: bool


def opened(session: Session, address: str) -> Parts:
    """The lines of the files at *address*. Raises MissingInputError or SourceError where there are none."""
    try:
        text = session.spark.read.text(address)
        found = collect.fetched(text.selectExpr("value", "_metadata.file_name").limit(1))
    except (PySparkException, Py4JError) as error:
        raise refused(address, error) from None
    if not found:
        raise SourceError(f"{address}: the files are empty", hint="Export them again.", code="empty")
    ((line, file),) = found
    headed = not file.endswith(".parquet")
    rows = text if headed else _as_text(session.spark.read.parquet(address))
    numbered = rows.selectExpr("value", "monotonically_increasing_id() AS id", "_metadata.file_path AS block")
    header = line if headed else _line(_plain_columns(session.spark.read.parquet(address)))
    return Parts(lines=session.named(numbered), header=header, headed=headed)


def head(session: Session, address: str) -> bytes:
    """The first lines of the files at *address*, as one file would have them."""
    parts = opened(session, address)
    lines = [line for (line,) in session.rows(f"SELECT value FROM {parts.lines} LIMIT {_HEAD}")]
    return "\n".join([*([] if parts.headed else [parts.header]), *lines, ""]).encode()


def accounted(session: Session, table: str, parts: Parts, scan: Scan, needed: int) -> tuple[of_file.Odd, int]:
    """What the odd lines of *table* are, and how many rows it has with them.

    Raises SourceError where the files are not alike, or no plain CSV.
    """
    header = header_row(parts)
    ((files, headed, rows),) = session.rows(
        f"SELECT count(DISTINCT block), count(DISTINCT CASE WHEN {header} THEN block END), "
        f"count(CASE WHEN NOT {header} THEN 1 END) FROM {table}"
    )
    if parts.headed and headed != files:
        raise SourceError(
            f"{scan.path}: {files - headed} of {files} files do not begin with the header of the others",
            hint="Name files of one export only, each with its header.",
            code="not_alike",
        )
    query = f"SELECT id, odd FROM {table} WHERE odd IS NOT NULL AND NOT {header} LIMIT {of_file.FEW + 1}"
    found = dict(session.rows(query))
    if len(found) > of_file.FEW or of_file.broken(found, scan):
        raise SourceError(
            f"{scan.path}: the files are no plain CSV in UTF-8: line ends within cells, or lines that are no rows",
            hint="Write them as Parquet, or name the files one by one.",
            code="not_plain",
        )
    return _judged(found, scan, needed), rows


def header_row(parts: Parts) -> str:
    """SQL for a line that is the header of its file."""
    return f"(odd IS NOT NULL AND odd = {literal(parts.header)})" if parts.headed else "false"


def _judged(found: dict[int, str], scan: Scan, needed: int) -> of_file.Odd:
    gone: dict[str, list[int]] = {}
    for number, text in found.items():
        row = next(csv.reader([text], delimiter=scan.delimiter, skipinitialspace=True), [])
        if (len(row) != scan.width or not any(row)) and (why := oddity(row, scan.width, needed)):
            gone.setdefault(why, []).append(number)
    aside = (Aside(reason=why, message=ODD[why], lines=(), more=len(gone[why])) for why in ODD if why in gone)
    return of_file.Odd(aside=tuple(aside), lines=frozenset(n for several in gone.values() for n in several))


def _as_text(frame: DataFrame) -> DataFrame:
    """The rows of *frame* as lines of CSV."""
    cells = ", ".join(f"{literal(c)}, CAST({name(c)} AS STRING)" for c in _plain_columns(frame))
    options = "map('quoteAll', 'true', 'escape', '\"', 'emptyValue', '', 'nullValue', '')"
    return frame.selectExpr(f"to_csv(named_struct({cells}), {options}) AS value", "_metadata")


def _plain_columns(frame: DataFrame) -> Sequence[str]:
    """The columns that hold one value in each row."""
    return [field.name for field in frame.schema.fields if not isinstance(field.dataType, _NESTED)]


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
    return text.getvalue()
