"""Where DuckDB finds the rows of a text: in the file itself, else in a copy that is written for it, a part at a time.

A file that is packed or in another encoding is copied as UTF-8. Of any other Python reads the records, and writes
out those that are rows of the table. Part of the DuckDB engine.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.engines import WIDEST
from funnelkit.engines._sifted import FOOTER, Sieve, turned
from funnelkit.engines._sql import literal
from funnelkit.errors import SourceError, UsageError

if TYPE_CHECKING:
    from funnelkit.engines import Aside, Cells
    from funnelkit.engines._session import Session

_LINE = "line"
_BETWEEN = "\x1f"
"""What stands between the cells that are written out: in hardly any of them, so that hardly any needs quotes."""
_USUAL = 2_000_000
"""The database reads lines of so many bytes unless it is told otherwise; smaller parts are not worth the trouble."""


class Source(Struct, frozen=True, kw_only=True):
    """The rows of a text under the columns ``c0``, ``c1`` and so on, by their places in the file; a blank cell is null."""

    rows: str
    """SQL for them."""
    records: int
    """So many there are; whoever finds more or fewer has misread them."""
    line: str
    """SQL for the line that a row of a table made of them begins on."""
    kept: str = ""
    """The column that such a table must have for it, and a comma."""
    aside: tuple[Aside, ...] = ()
    """What is none of them."""
    copy: Copy | None = None


class Copy:
    """A file that only its owner may read. It goes with whoever holds it."""

    def __init__(self, folder: Callable[[], Path], parts: Iterable[bytes]) -> None:
        """Write *parts* to a new file in a *folder*. Raises UsageError where there is no room for them."""
        with _room():
            handle, name = tempfile.mkstemp(".csv", dir=folder())
        self.path = Path(name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)
        # Without a buffer nothing is left to be written when the file is closed.
        with os.fdopen(handle, "wb", buffering=0) as stream:
            for part in parts:
                _put(stream, part)


def of_file(session: Session, cells: Cells) -> Source | None:
    """The rows as they lie in the file of *cells*, or in a copy of it; None where they are not plain enough."""
    scan = cells.scan
    if scan is None or scan.records is None or scan.broken:
        return None
    copy = Copy(session.folder, scan.utf8()) if scan.utf8 else None
    columns = {f"c{i}": "VARCHAR" for i in range(scan.width)}
    if scan.query:
        filled = ", ".join(f"nullif({c}, '') AS {c}" for c in columns)
        return Source(rows=f"(SELECT {filled} FROM ({scan.query}))", records=scan.records, line="rowid + 1")
    return Source(
        rows=_csv(
            copy.path if copy else scan.path, columns, scan.delimiter, scan.first_line - 1, scan.widest
        ),
        records=scan.records,
        line=f"rowid + {scan.first_line}",
        copy=copy,
    )


def of_rows(session: Session, cells: Cells) -> Source:
    """The rows of *cells*, whatever they lie in: read by Python, and written out with their lines."""
    written = _Rows(cells)
    copy = Copy(session.folder, written.parts())
    columns = {_LINE: "BIGINT", **{f"c{place}": "VARCHAR" for place in cells.places.values()}}
    return Source(
        rows=_csv(copy.path, columns, _BETWEEN, 0, min(written.widest, WIDEST), "new_line='\\n'"),
        records=written.count,
        line=_LINE,
        kept=f"{_LINE}, ",
        aside=written.aside,
        copy=copy,
    )


class _Rows:
    """The rows of an export as CSV: their lines and the cells that are wanted."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.count = 0
        """How many rows have come."""
        self.widest = 0
        """No row has more bytes."""
        self.aside: tuple[Aside, ...] = ()
        """What was no row; known at the end."""

    def parts(self) -> Iterator[bytes]:
        """All of it, in their order."""
        places = list(self._cells.places.values())
        sieve = Sieve(self._cells.width, 1 + max(places, default=0))
        lines: list[int] = []
        columns: list[list[str]] = [[] for _ in places]
        for batch in self._cells.batches():
            taken, rows = sieve.rows(batch)
            if rows:
                lines += taken
                for column, cells in zip(columns, turned(rows, places), strict=True):
                    column += batch.texts(cells)
                # What the last rows are is known at the end only.
                yield self._written(lines[:-FOOTER], [column[:-FOOTER] for column in columns])
                lines, columns = lines[-FOOTER:], [column[-FOOTER:] for column in columns]
        gone, self.aside = sieve.done()
        kept = len(lines) - gone
        yield self._written(lines[:kept], [column[:kept] for column in columns])

    def _written(self, lines: Sequence[int], columns: Sequence[Sequence[str]]) -> bytes:
        self.count += len(lines)
        rows = list(zip(map(str, lines), *columns, strict=True))
        joined = list(map(_BETWEEN.join, rows))
        # A letter has four bytes at most, and a quote may become two.
        self.widest = max(self.widest, 8 * max(map(len, joined), default=0))
        if self.widest > WIDEST:
            self._check(lines, rows)
        text = "".join(f"{row}\n" for row in joined)
        signs = text.count(_BETWEEN), text.count("\n")
        if '"' in text or "\r" in text or signs != (len(rows) * len(columns), len(rows)):
            quoted = io.StringIO(newline="")
            csv.writer(quoted, delimiter=_BETWEEN, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
            text = quoted.getvalue()
        return text.encode()

    def _check(self, lines: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
        for line, row in zip(lines, rows, strict=True):
            if sum(len(cell.encode()) for cell in row) > WIDEST * 9 // 10:
                raise SourceError(
                    f"{self._cells.file}, line {line}: a row of more than {WIDEST * 9 // 10**7} MB, which DuckDB does not read",
                    hint="Say --engine pandas.",
                    code="too_long",
                )


def _csv(
    path: Path | str, columns: Mapping[str, str], delimiter: str, skip: int, widest: int, *more: str
) -> str:
    """SQL for the records of a CSV, of which no line has more than *widest* bytes."""
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    options = (
        f"auto_detect=false, header=false, skip={skip}, delim={literal(delimiter)}, quote='\"', "
        f"escape='\"', columns={{{types}}}, strict_mode=true, null_padding=false, nullstr='', "
        f"max_line_size={max(widest, _USUAL)}"
    )
    return f"read_csv({', '.join([literal(str(path)), options, *more])})"


def _put(stream: io.FileIO, part: bytes) -> None:
    left = memoryview(part)
    with _room():
        while left:
            left = left[stream.write(left) :]


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"a copy of the text cannot be written to the folder for temporary files: {error.strerror}",
            hint="Free space where TMPDIR points, or let it name another folder.",
        ) from None
