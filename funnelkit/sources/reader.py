"""A text file or a sheet -> Export: header, dialect and text cells. No value is ever converted.

The header is the first line that recognition understands, under the delimiter that it likes best.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from funnelkit.errors import MissingInputError, SourceError
from funnelkit.sources.dialect import Dialect, decode, heads, records
from funnelkit.sources.export import (
    Export,
    Kind,
    Proposal,
    Recognise,
    Record,
    Records,
    distinct,
    first_header,
    joined,
    unrecognised,
)
from funnelkit.sources.workbook import SIGNATURES
from funnelkit.sources.workbook import read as read_workbook


def read(
    path: Path,
    recognise: Recognise[Kind],
    *,
    file: str = "",
    data: bytes | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Export[Kind]:
    """The table in *path* (or in *data*, for standard input).

    Raises MissingInputError for no file, SourceError for one that cannot be read or recognised.
    """
    file = file or str(path)
    content = _bytes(path, file) if data is None else data
    sha256 = hashlib.sha256(content).hexdigest()
    if content.startswith(SIGNATURES):
        return read_workbook(content, recognise, file, sha256, sheet)
    text, name = decode(content, file, encoding)
    best: tuple[Proposal[Kind], str, int, Records] | None = None
    widest: Sequence[str] = ()
    for head in heads(text, delimiter):
        widest = max([widest, *(cells for _, cells in head.records)], key=len)
        found = first_header(head.records, recognise, file)
        if found and (best is None or found[0].score > best[0].score):
            best = (found[0], head.delimiter, found[1], head.records)
    if best is None:
        raise unrecognised(file, widest or (text.strip().splitlines()[0][:80],))
    proposal, separator, position, seen = best
    line, header = seen[position]
    return Export(
        file=file,
        sha256=sha256,
        header=distinct(header),
        dialect=Dialect(encoding=name, delimiter=separator, header_line=line),
        sheet=None,
        preamble=joined(seen[:position]),
        kind=proposal.kind,
        open=lambda: _below(records(text, separator, line - 1, len(header), file)),
    )


def _below(found: Iterator[Record]) -> Iterator[Record]:
    next(found)
    return found


def _bytes(path: Path, file: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingInputError(
            f"{file}: there is no such file", hint="Check the path; quote it if it holds blanks."
        ) from None
    except IsADirectoryError:
        raise SourceError(
            f"{file}: this is a folder", hint="Name the files in it, or use a pattern."
        ) from None
    except OSError as error:
        raise MissingInputError(
            f"{file}: {error.strerror or error}", hint="Check the permissions of the file."
        ) from None
