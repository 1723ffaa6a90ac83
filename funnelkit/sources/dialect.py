"""How a text file is written: its encoding, and where under which delimiter a header may stand.

The encoding is proved on every byte. The delimiter and the header line are only proposed here:
recognition decides, since the header is the line that somebody understands. Text is read as a
stream, again for each look at it, so that a large file is never held whole.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from msgspec import Struct

from funnelkit.errors import SourceError
from funnelkit.sources.content import Content, of_bytes

DELIMITERS = (",", "\t", ";", "|")
HEADER_WITHIN = 80
"""Tools put at most a title, an account, a date range and some settings above the header, with empty lines."""
_HEAD = 200_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LONGEST = 16_000_000
"""No line and no cell of an export is longer."""
_CHUNK = 1 << 20
_BATCH = 16_384
_SAMPLE = 20_000
_STRANGE = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

Row = tuple[int, Sequence[str]]
"""A line number, counted from 1, and the cells of the record that begins there; an empty line has none."""


class Dialect(Struct, frozen=True, kw_only=True):
    """How one table of one file is written."""

    encoding: str
    delimiter: str
    header_line: int
    """The line of the header, counted from 1."""


class Text(Struct, frozen=True, kw_only=True):
    """A text whose encoding is proved; read anew as often as asked."""

    content: Content
    encoding: str
    sha256: str
    batch: int
    """So many records are looked at together."""

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """The lines with their ends, as they are written."""
        with io.TextIOWrapper(self.content.open(), self.encoding, newline="") as stream:
            # Of two byte-order marks, or one under a stated encoding, a decoder leaves one in the text.
            yield chain([next(stream, "").lstrip("\ufeff")], stream)

    def beginning(self) -> tuple[str, bool]:
        """The first part of the text, and whether that is all of it."""
        with io.TextIOWrapper(self.content.open(), self.encoding, newline="") as stream:
            text = stream.read(_HEAD).lstrip("\ufeff")
            return text, not stream.read(1)


class Head(Struct, frozen=True, kw_only=True):
    """The first lines of a text under one delimiter, empty ones too."""

    delimiter: str
    records: tuple[Row, ...]


# Encoding


def proved(content: Content, encoding: str | None = None) -> Text:
    """The text in *content*, its encoding proved on all of it.

    Raises SourceError where the bytes are no text, or not in the *encoding* that was asked for.
    """
    known = next((name for bom, name in _BOMS if content.head.startswith(bom)), None)
    names = [encoding] if encoding else [known] if known else _guesses(content.head)
    digest = hashlib.sha256()
    for number, name in enumerate(names):
        found = _look(content, name, None if number else digest)
        if found is None:
            continue
        if not found.filled:
            raise SourceError(
                f"{content.file}: the file is empty", hint="Download the export again.", code="empty"
            )
        if _is_text(found.sample):
            batch = _CHUNK * 16 * found.lines // max(found.size, 1)
            return Text(
                content=content,
                encoding=name,
                sha256=digest.hexdigest(),
                batch=min(max(batch, 16), _BATCH),
            )
    if encoding:
        raise SourceError(
            f"{content.file}: the bytes are not {encoding}", hint="Leave `encoding` out, or correct it."
        )
    raise SourceError(
        f"{content.file}: this is not a text file",
        hint="funnelkit reads CSV and Excel exports; download the report as one of these.",
        code="not_text",
    )


def decode(data: bytes, file: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of *data* and the name of its encoding, for a file that is small."""
    text = proved(of_bytes(data, file), encoding)
    with text.lines() as lines:
        return "".join(lines), text.encoding


class _Look(Struct):
    """What one pass over the bytes shows."""

    sample: str = ""
    filled: bool = False
    lines: int = 1
    size: int = 0


def _look(content: Content, encoding: str, digest: Any) -> _Look | None:
    """One pass over all bytes, which *digest* takes in; None where they are not in *encoding*."""
    look = _Look()
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        return None
    good = True
    open_line = 0
    with content.open() as stream:
        while True:
            chunk = stream.read(_CHUNK)
            if digest is not None:
                digest.update(chunk)
            if good:
                try:
                    text = decoder.decode(chunk, not chunk)
                except UnicodeDecodeError:
                    good = False
                    if digest is None:
                        return None
                else:
                    look.filled = look.filled or bool(text.strip("\ufeff").strip())
                    if len(look.sample) < _SAMPLE:
                        look.sample += text[:_SAMPLE].lstrip("\ufeff")
            if not chunk:
                return look if good else None
            ends = chunk.count(b"\n") or chunk.count(b"\r")
            open_line = (
                len(chunk) - 1 - max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + (0 if ends else open_line)
            )
            look.lines += ends
            look.size += len(chunk)
            if open_line > _LONGEST:
                raise _too_long(content.file, look.lines, "line")


def _too_long(file: str, line: int, what: str) -> SourceError:
    return SourceError(
        f"{file}, line {line}: a {what} of more than {_LONGEST // 1_000_000} million characters is no row of a table",
        hint="Download the export again; perhaps a quote is opened there and never closed.",
        code="too_long",
    )


def _guesses(head: bytes) -> list[str]:
    if head.count(0) > len(head) // 4:
        # Most letters of an export are ASCII, the first one need not be: the zeros are their other halves.
        return ["utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"]
    # Of the one-byte encodings only cp1252 leaves five bytes undefined; latin-1 takes anything.
    return ["utf-8", "cp1252", "latin-1"]


def _is_text(sample: str) -> bool:
    sample = sample[:_SAMPLE]
    return len(_STRANGE.findall(sample)) <= len(sample) // 200


# Records


def heads(beginning: str, delimiter: str | None = None, *, complete: bool = True) -> Iterator[Head]:
    """The first lines of a text under every delimiter that splits any of them."""
    for candidate in (delimiter,) if delimiter else DELIMITERS:
        found = tuple(islice(rows(beginning, candidate), HEADER_WITHIN + 60))
        if not complete:
            found = found[:-1] or found  # the last one may be cut in the middle
        if delimiter or any(len(cells) > 1 for _, cells in found):
            yield Head(delimiter=candidate, records=found)


def rows(text: str, delimiter: str) -> Iterator[Row]:
    """The lines of a short *text* as records, each with the line that it begins on; empty ones too."""
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    for cells in reader:
        yield line, cells if len(cells) != 1 else _unwrapped(cells, delimiter, None)
        line = reader.line_num + 1


def batches(
    text: Text, delimiter: str, *, skip: int = 0, width: int | None = None
) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    """The records of *text* below its first *skip* lines, many at a time, with the lines they begin on.

    An empty line is a record without cells. A record that is wrapped whole in quotes, as Excel
    sometimes leaves it, is read a second time; *width* tells it from a line of words. Raises
    SourceError where a cell is too long, and at the end of a file in which a quote is never closed.
    """
    csv.field_size_limit(_LONGEST)
    line = begin = skip + 1
    with text.lines() as lines:
        deque(islice(lines, skip), maxlen=0)
        for after, found in _records(text, lines, delimiter, line):
            begins = range(line, after) if after - line == len(found) else _begins(line, found)
            if 1 in map(len, found):
                found = [_unwrapped(cells, delimiter, width) for cells in found]
            begin, line = begins[-1], after
            yield begins, found
    if line > begin + 1 and _is_open(text, delimiter, begin):
        raise SourceError(
            f"{text.content.file}, line {begin}: a quote is opened and never closed, so that all lines below it are one cell",
            hint="Close the quote, or download the export again: it may be cut off.",
            code="open_quote",
        )


def _records(
    text: Text, lines: Iterator[str], delimiter: str, line: int
) -> Iterator[tuple[int, list[list[str]]]]:
    """Records, many at a time, with the line after the last of them; the first begins on *line*."""
    while taken := list(islice(lines, text.batch)):
        found = _plain(taken, delimiter)
        if found is None:
            break
        line += len(taken)
        yield line, found
    reader = csv.reader(chain(taken, lines), delimiter=delimiter)
    try:
        while found := list(islice(reader, text.batch)):
            yield line + reader.line_num, found
    except csv.Error:
        raise _too_long(text.content.file, line + reader.line_num, "cell") from None


def _plain(lines: Sequence[str], delimiter: str) -> list[list[str]] | None:
    """The cells of *lines* without a quote among them, which need only be split; None for others."""
    text = "".join(lines)
    if '"' in text:
        return None
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        return None
    return [line.split(delimiter) if line else [] for line in text.removesuffix("\n").split("\n")]


def _begins(line: int, found: Sequence[Sequence[str]]) -> list[int]:
    """The line on which each record begins, where cells hold line ends; the first one begins on *line*."""
    begins = []
    for cells in found:
        begins.append(line)
        written = "\0".join(cells)
        line += 1 + written.count("\n") + written.count("\r") - written.count("\r\n")
    return begins


def _unwrapped(cells: list[str], delimiter: str, width: int | None) -> list[str]:
    """The record inside a lone cell; the cell itself where it holds words and no record."""
    if len(cells) != 1 or delimiter not in cells[0]:
        return cells
    inner = list(csv.reader(io.StringIO(cells[0], newline=""), delimiter=delimiter))
    if len(inner) != 1:
        return cells
    # "(c) salesforce.com, inc. All rights reserved" has a comma too, but not half as many as a row.
    fits = width is None or len(inner[0]) == width or len(inner[0]) > max(width // 2, 2)
    return inner[0] if fits else cells


def _is_open(text: Text, delimiter: str, line: int) -> bool:
    """Whether the last record of *text*, which begins on *line*, opens a quote that is never closed."""
    with text.lines() as lines:
        try:
            deque(csv.reader(islice(lines, line - 1, None), delimiter=delimiter, strict=True), maxlen=0)
        except csv.Error as error:
            return "end of data" in str(error)
    return False
