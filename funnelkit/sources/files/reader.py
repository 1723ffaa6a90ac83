"""A text file, a sheet or a Parquet file -> Export: header, dialect and text cells. No value is ever converted.

The header is the first line that recognition understands, under the delimiter that it likes best.
Where none of the first lines is one, every further table of the file is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Generic

from msgspec import Struct

from funnelkit.engines import Batch, Scan
from funnelkit.errors import SourceError
from funnelkit.sources.files import ahead, columnar, foreign, stacked
from funnelkit.sources.files import content as content_of
from funnelkit.sources.files.content import Content
from funnelkit.sources.files.dialect import Dialect, Head, batches, heads, rows
from funnelkit.sources.files.export import (
    FIRST,
    Choice,
    Export,
    Kind,
    Recognise,
    Record,
    distinct,
    first_header,
    joined,
    unrecognised,
)
from funnelkit.sources.files.text import Text, proved
from funnelkit.tables import Note

_SEARCHED = 100_000
"""So many records are searched for further tables; reports that are stacked are short."""


def read(
    path: Path,
    recognise: Recognise[Kind],
    *,
    file: str = "",
    data: bytes | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    looked_at: Callable[[int], None] | None = None,
    streamed: bool = False,
) -> Export[Kind]:
    """The table in *path*, which may lie in an archive, or in *data*, for standard input.

    *looked_at* hears again and again how many lines of a text have been looked at. Where a text is *streamed*,
    nobody will hold its rows in memory.
    Raises MissingInputError for no file, SourceError for one that cannot be read or recognised, or is too large.
    """
    file = file or str(path)
    content = _content(path, file, data)
    if content.head.startswith(ahead.SIGNATURES):
        # Few files are workbooks, and what reads them takes as long to import as a text of this size to read.
        from funnelkit.sources.files import workbook

        content_of.check_size(content)
        return workbook.read(content, recognise, file, sheet)
    if content.head.startswith(columnar.ARROW):
        content_of.check_size(content)
    elif not streamed:
        content_of.check_size(content, "Say --engine duckdb, which does not hold it in memory. ")
    if content.head.startswith(columnar.SIGNATURES):
        return columnar.read(content, recognise, file)
    return _read_text(proved(content, encoding, looked_at), recognise, file, delimiter)


def is_utf8(path: Path, file: str, data: bytes | None = None) -> bool:
    """Whether the text at *path*, unpacked, or in *data* is UTF-8 beyond doubt. Raises MissingInputError or SourceError."""
    return foreign.is_utf8(_content(path, file, data))


def _content(path: Path, file: str, data: bytes | None) -> Content:
    return content_of.at(path, file) if data is None else content_of.of_bytes(data, file)


class _Chosen(Struct, Generic[Kind], frozen=True, kw_only=True):
    """The table that is read, among those of its file."""

    choice: Choice[Kind]
    delimiter: str
    begin: int
    """The line of its title, or of its header."""
    preamble: tuple[str, ...]
    first: int | None = None
    """The line on which the first table above it begins."""


def _read_text(text: Text, recognise: Recognise[Kind], file: str, delimiter: str | None) -> Export[Kind]:
    beginning, complete = text.beginning()
    # Blanks have become tabs by now.
    between = "\t" if text.spaced and delimiter == " " else delimiter
    proposed = list(heads(beginning, between, complete=complete))
    chosen = _at_the_top(beginning, proposed, recognise, file) or _further_down(
        text, proposed, recognise, file
    )
    if chosen is None:
        raise _not_understood(text, beginning, proposed, file)
    choice = chosen.choice
    header = choice.header

    def opened() -> Iterator[Batch]:
        if chosen.first is not None:
            yield Batch(lines=(), rows=(), aside={"other_table": _lines_above(text, chosen)})
        found = batches(text, chosen.delimiter, skip=choice.line - 1, width=len(header))
        yield from stacked.only(_without_first(found), header, choice.below())

    return Export(
        file=file,
        sha256=text.sha256,
        header=distinct(header),
        dialect=Dialect(
            encoding=text.encoding,
            delimiter=" " if text.spaced else chosen.delimiter,
            header_line=choice.line - bool(text.names),
        ),
        sheet=None,
        preamble=chosen.preamble,
        kind=choice.proposal.kind,
        batches=opened,
        everything=lambda: _records(text, chosen.delimiter),
        first=tuple(islice(choice.below(), FIRST)),
        scan=_scan(text, chosen),
        notes=_notes(text, file),
    )


def _records(text: Text, delimiter: str) -> Iterator[Record]:
    for lines, records in batches(text, delimiter):
        yield from zip(lines, records, strict=True)


def _scan(text: Text, chosen: _Chosen[Kind]) -> Scan | None:
    """How an engine may read the rows by itself, where the text seems plain or can be made so."""
    if text.guarded or text.spaced or chosen.first is not None:
        return None
    path = text.content.path
    lines = [line for line, _ in chosen.choice.records]
    plain = path is not None and text.encoding.startswith("utf-8") and not (text.foreign or text.padded)
    return Scan(
        path=str(path or text.content.file),
        utf8=None if plain else text.utf8,
        delimiter=chosen.delimiter,
        first_line=chosen.choice.line + 1,
        width=len(chosen.choice.header),
        records=text.height - chosen.choice.line,
        widest=text.widest,
        broken=lines != list(range(lines[0], lines[0] + len(lines))),
    )


def _notes(text: Text, file: str) -> tuple[Note, ...]:
    """What is to be told of how the text is written."""
    if not text.foreign:
        return ()
    several = text.foreign > 1
    message = (
        f"{file}: {text.foreign} byte{'s are' if several else ' is'} not UTF-8, as the rest of the file is, and "
        f"{'were' if several else 'was'} read as Western European; a letter may be wrong there ({'first on ' if several else ''}line {text.foreign_line})"
    )
    return (Note(code="foreign_bytes", message=message),)


def _at_the_top(
    beginning: str, proposed: Sequence[Head], recognise: Recognise[Kind], file: str
) -> _Chosen[Kind] | None:
    """The best header among the first lines, under the delimiter that it likes best."""
    best: tuple[Choice[Kind], str] | None = None
    for head in proposed:
        found = first_header(head.records, recognise, file)
        if found and (best is None or found.proposal.score > best[0].proposal.score):
            best = (found, head.delimiter)
    if best is None:
        return None
    choice, delimiter = best
    above = list(takewhile(lambda row: row[0] < choice.line, rows(beginning, delimiter)))
    first, begin, preamble = stacked.above(above, choice.line)
    return _Chosen(choice=choice, delimiter=delimiter, begin=begin, preamble=joined(preamble), first=first)


def _further_down(
    text: Text, proposed: Sequence[Head], recognise: Recognise[Kind], file: str
) -> _Chosen[Kind] | None:
    """The best of all tables that stand one below the other."""
    best: _Chosen[Kind] | None = None
    for head in proposed:
        tables = _tables(text, head.delimiter)
        for table in tables:
            proposal = recognise(distinct(table.header), table.below, file)
            if proposal and (best is None or proposal.score > best.choice.proposal.score):
                first = None if table is tables[0] else tables[0]
                records = [(table.line, table.header), *table.below]
                best = _Chosen(
                    choice=Choice(
                        proposal=proposal, line=table.line, header=table.header, records=records, position=0
                    ),
                    delimiter=head.delimiter,
                    begin=table.begin,
                    preamble=joined([*table.above, *(first.above if first else ())]),
                    first=first.line if first else None,
                )
    return best


def _tables(text: Text, delimiter: str) -> list[stacked.Found]:
    most = _SEARCHED // text.batch + 1
    return list(stacked.tables(islice(batches(text, delimiter), most)))


def _lines_above(text: Text, chosen: _Chosen[Kind]) -> list[int]:
    """The lines of the tables above the one that is read."""
    first = chosen.first or chosen.begin
    found = []
    for lines, records in batches(text, chosen.delimiter, skip=first - 1):
        found += [line for line, row in zip(lines, records, strict=True) if row and line < chosen.begin]
        if lines[-1] >= chosen.begin:
            break
    return found


def _without_first(
    found: Iterator[tuple[Sequence[int], list[list[str]]]],
) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    lines, records = next(found)
    yield lines[1:], records[1:]
    yield from found


_AS_CSV = "Download the report as CSV or Excel."
_PAGE = "If it is called .xls, open it in a spreadsheet and save it as CSV; else a login may have expired: download it again."
_NO_TABLES = (
    (r"<(?:!doctype|html|head|meta|body|table|div|\?xml)\b", "a web page or XML", _PAGE),
    (r"[\[{]\s*[\"\[{]", "JSON", _AS_CSV),
    (r"%PDF-", "a PDF", _AS_CSV),
)
"""How texts begin that hold no table, what they are, and what to do about it."""


def _not_understood(text: Text, beginning: str, proposed: Sequence[Head], file: str) -> SourceError:
    for begin, what, hint in _NO_TABLES:
        if re.match(begin, beginning.lstrip(), re.IGNORECASE):
            return SourceError(f"{file}: this is {what} and no table", hint=hint, code="no_table")
    widest: Sequence[str] = ()
    for head in proposed:
        widest = max([widest, *(cells for _, cells in head.records)], key=len)
    tables = max((_tables(text, head.delimiter) for head in proposed), key=len, default=[])
    listed = [(f"line {table.line}", [c for c in table.header if c]) for table in tables]
    return unrecognised(file, widest or (beginning.strip().splitlines()[0][:80],), listed)
