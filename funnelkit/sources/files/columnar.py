"""A Parquet or Arrow file -> Export. Typed cells become the text that a CSV would hold, as those of a workbook do.

The database turns them into text, a column at a time. Such a file has no lines: its rows are counted.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.engines import Batch, Scan
from funnelkit.engines._parquet import MARK
from funnelkit.engines._sql import literal, name
from funnelkit.errors import SourceError, UsageError
from funnelkit.listing import some
from funnelkit.sources.files.content import Content
from funnelkit.sources.files.dialect import Dialect
from funnelkit.sources.files.export import FIRST, Export, Kind, Recognise, Record, distinct, unrecognised
from funnelkit.tables import Note

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PARQUET, ARROW = b"PAR1", b"ARROW1"
SIGNATURES = (PARQUET, ARROW)
_BATCH = 16_384
_CHUNK = 1 << 20
_SHOWN = 5
_AS_IT_IS = frozenset(
    "boolean tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint uhugeint bignum date time "
    "enum uuid".split()
)
_STAMPS = frozenset({"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"})
_ZONED = "timestamp with time zone"


class _Table(Struct, frozen=True, kw_only=True):
    """The flat columns of one file, and the SQL for them as texts."""

    content: Content
    arrow: Any
    header: tuple[str, ...]
    texts: tuple[str, ...]
    """SQL for the cells under it."""
    count: int
    """How many rows there are."""
    left_out: tuple[str, ...]
    """Lists, structures and bytes, which no cell of an export can be."""

    def rows(self) -> Iterator[list[list[str]]]:
        """All rows as texts, many at a time."""
        with _opened(self.content, self.arrow) as con:
            found = con.execute(f"SELECT {', '.join(self.texts) or 'NULL LIMIT 0'} FROM file")
            while rows := found.fetchmany(_BATCH):
                yield list(map(list, rows))

    def records(self) -> Iterator[Record]:
        """All rows, counted from 1."""
        yield from enumerate((row for rows in self.rows() for row in rows), 1)

    def batches(self) -> Iterator[Batch]:
        """All rows, for the engines."""
        begin = 1
        for rows in self.rows():
            yield Batch(lines=range(begin, begin + len(rows)), rows=rows)
            begin += len(rows)

    def scan(self) -> Scan | None:
        """How DuckDB may read the rows by itself; an Arrow file it cannot."""
        if self.arrow is not None or not self.texts:
            return None
        cells = ", ".join(f"{text} AS c{place}" for place, text in enumerate(self.texts))
        return Scan(
            path=str(self.content.path),
            delimiter="",
            first_line=1,
            width=len(self.texts),
            records=self.count,
            query=f"SELECT {cells} FROM {_file(self.content)}",
        )


def read(content: Content, recognise: Recognise[Kind], file: str) -> Export[Kind]:
    """The table in *content*. Raises SourceError where it is damaged, or of no known kind."""
    arrow = _arrow(content) if content.head.startswith(ARROW) else None
    table = _table(content, arrow)
    first = list(islice(table.records(), FIRST))
    header = distinct(table.header)
    proposal = recognise(header, first, file)
    if proposal is None:
        raise unrecognised(file, table.header)
    return Export(
        file=file,
        sha256=_digest(content),
        header=header,
        dialect=Dialect(encoding="parquet" if arrow is None else "arrow", delimiter="", header_line=0),
        sheet=None,
        preamble=(),
        kind=proposal.kind,
        batches=table.batches,
        everything=table.records,
        first=tuple(row for _, row in first),
        scan=table.scan(),
        notes=_notes(file, table.left_out),
    )


def _table(content: Content, arrow: Any) -> _Table:
    with _opened(content, arrow) as con:
        _refuse_kept(con, content, arrow)
        types = {column: kind for column, kind, *_ in con.execute("DESCRIBE file").fetchall()}
        ids = {c: _id(kind) for c, kind in types.items()}
        whole = _whole_days(con, [c for c, kind in ids.items() if kind in _STAMPS])
        (count,) = con.execute("SELECT count(*) FROM file").fetchone() or (0,)
    texts = {c: _text(c, kind, whole_days=c in whole) for c, kind in ids.items()}
    flat = {c: text for c, text in texts.items() if text}
    return _Table(
        content=content,
        arrow=arrow,
        header=tuple(flat),
        texts=tuple(f"coalesce({text}, '')" for text in flat.values()),
        count=count,
        left_out=tuple(c for c in texts if c not in flat),
    )


@contextmanager
def _opened(content: Content, arrow: Any) -> Iterator[DuckDBPyConnection]:
    """A database in which the file is the view ``file``."""
    import duckdb

    try:
        with duckdb.connect() as con:
            con.execute("SET enable_progress_bar = false")
            if arrow is None:
                con.execute(f"CREATE VIEW file AS SELECT * FROM {_file(content)}")
            else:
                con.register("file", arrow)
            yield con
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        raise _damaged(content.file) from None


def _path(content: Content) -> str:
    """SQL for the path of a Parquet file, which is read in places and so has to lie there as it is."""
    if content.path is None:
        raise SourceError(
            f"{content.file}: a Parquet file cannot be read from an archive or from standard input",
            hint="Unpack or save it, and name the file.",
            code="archive",
        )
    return literal(glob.escape(str(content.path)))


def _file(content: Content) -> str:
    """SQL for the rows of a Parquet file, in their order."""
    return f"read_parquet({_path(content)})"


def _arrow(content: Content) -> Any:
    """The table in an Arrow file."""
    try:
        import pyarrow as pa
        from pyarrow import ipc
    except ImportError:
        raise UsageError(
            f"{content.file}: to read Arrow files, funnelkit needs pyarrow, which is not installed",
            hint="Install it with: pip install 'funnelkit[arrow]'; or save the table as Parquet.",
            code="no_pyarrow",
        ) from None
    try:
        source = pa.memory_map(str(content.path)) if content.path else pa.BufferReader(content.whole())
        return ipc.open_file(source).read_all()
    except (pa.ArrowException, OSError, ValueError):
        raise _damaged(content.file) from None


def _refuse_kept(con: DuckDBPyConnection, content: Content, arrow: Any) -> None:
    if arrow is not None:
        return
    marks = con.execute(f"SELECT decode(key) FROM parquet_kv_metadata({_path(content)})").fetchall()
    if (MARK,) in marks:
        raise SourceError(
            f"{content.file}: is a table that `funnelkit load` keeps, and says nothing without its manifest",
            hint="Name the folder that it lies in.",
            code="kept_table",
        )


def _id(kind: str) -> str:
    """The name of a type of the database, without what follows it: ``decimal`` of ``DECIMAL(10,2)``."""
    return "nested" if kind.endswith("]") else kind.partition("(")[0].strip().lower()


def _whole_days(con: DuckDBPyConnection, columns: Sequence[str]) -> Mapping[str, None]:
    """Those of some columns of time stamps that hold nothing but days."""
    if not columns:
        return {}
    asked = ", ".join(f"bool_and({_stamp(c)} = date_trunc('day', {_stamp(c)}))" for c in columns)
    row = con.execute(f"SELECT {asked} FROM file").fetchone() or ()
    return {c: None for c, whole in zip(columns, row, strict=True) if whole}


def _stamp(column: str) -> str:
    return f"CAST({name(column)} AS TIMESTAMP)"


def _text(column: str, kind: str, *, whole_days: bool) -> str:
    """SQL for the cells of a column as texts; empty where they can be none."""
    cell = name(column)
    text = f"CAST({cell} AS VARCHAR)"
    # "1.125" could also be read as thousands. A typed number is not in doubt, so that it gets a fourth decimal.
    number = f"regexp_replace({text}, '^(-?[0-9]{{1,3}}\\.[0-9]{{3}})$', '\\10')"
    if kind in _AS_IT_IS:
        return text
    if kind == "varchar":
        return f"replace({cell}, chr(0), '')"
    if kind == "decimal":
        return number
    if kind in ("float", "double"):
        whole = f"{cell} = trunc({cell}) AND abs({cell}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({cell} AS BIGINT) AS VARCHAR) ELSE {number} END"
    if kind in _STAMPS:
        return f"strftime({_stamp(column)}, '%Y-%m-%d{'' if whole_days else ' %H:%M:%S'}')"
    if kind == _ZONED:
        return f"strftime(make_timestamp(epoch_us({cell})), '%Y-%m-%dT%H:%M:%S+00:00')"
    return ""


def _digest(content: Content) -> str:
    digest = hashlib.sha256()
    with content.open() as stream:
        while part := stream.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def _notes(file: str, left_out: Sequence[str]) -> tuple[Note, ...]:
    if not left_out:
        return ()
    named = some([repr(name) for name in left_out], _SHOWN)
    verb = (
        "hold lists, structures or bytes and are"
        if len(left_out) > 1
        else "holds lists, structures or bytes and is"
    )
    message = f"{file}: {named} {verb} not read"
    return (Note(code="nested_columns", message=message),)


def _damaged(file: str) -> SourceError:
    return SourceError(
        f"{file}: the file is damaged or cut off and cannot be read",
        hint="Write it again where it comes from.",
        code="broken_columnar",
    )
