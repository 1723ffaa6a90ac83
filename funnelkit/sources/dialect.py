"""How a text file is written: its encoding, and where under which delimiter a header may stand.

The encoding is proved on every byte. The delimiter and the header line are only proposed here:
recognition decides, since the header is the line that somebody understands.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from funnelkit.errors import SourceError

DELIMITERS = (",", "\t", ";", "|")
HEADER_WITHIN = 40
"""Tools put at most a title, an account, a date range and some settings above the header."""
_HEAD = 200_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FIELD_LIMIT = 2**27


class Dialect(Struct, frozen=True, kw_only=True):
    """How one table of one file is written."""

    encoding: str
    delimiter: str
    header_line: int
    """The line of the header, counted from 1."""


class Head(Struct, frozen=True, kw_only=True):
    """The first records of a text under one delimiter, each with the line that it begins on."""

    delimiter: str
    records: tuple[tuple[int, Sequence[str]], ...]


def decode(data: bytes, file: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of *data* and the name of its encoding, proved on all of it.

    Raises SourceError where the bytes are no text, or not in the *encoding* that was asked for.
    """
    known = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    for name in [encoding] if encoding else [known] if known else _guesses(data):
        try:
            # Of two byte-order marks, or one under a stated encoding, a decoder leaves one in the text.
            text = data.decode(name).lstrip("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
        if not text.strip():
            raise SourceError(f"{file}: the file is empty", hint="Download the export again.", code="empty")
        if _is_text(text):
            return text, name
    if encoding:
        raise SourceError(
            f"{file}: the bytes are not {encoding}", hint="Leave `encoding` out, or correct it."
        )
    raise SourceError(
        f"{file}: this is not a text file",
        hint="funnelkit reads CSV and Excel exports; download the report as one of these.",
        code="not_text",
    )


def _guesses(data: bytes) -> list[str]:
    head = data[:4000]
    if head.count(0) > len(head) // 4:
        # Most letters of an export are ASCII, the first one need not be: the zeros are their other halves.
        return ["utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"]
    # Of the one-byte encodings only cp1252 leaves five bytes undefined; latin-1 takes anything.
    return ["utf-8", "cp1252", "latin-1"]


def _is_text(text: str) -> bool:
    sample = text[:20_000]
    strange = sum(1 for c in sample if (c < " " and c not in "\t\r\n\f\v\x1b") or c == "\x7f")
    return strange <= len(sample) // 200


def heads(text: str, delimiter: str | None = None) -> Iterator[Head]:
    """The first records of *text* under every delimiter that splits any of them."""
    beginning = text[:_HEAD]
    for candidate in (delimiter,) if delimiter else DELIMITERS:
        found = tuple(islice(records(beginning, candidate), HEADER_WITHIN + 20))
        if len(beginning) < len(text):
            found = found[:-1] or found  # the last one may be cut in the middle
        if delimiter or any(len(cells) > 1 for _, cells in found):
            yield Head(delimiter=candidate, records=found)


def records(
    text: str, delimiter: str, skip_lines: int = 0, width: int | None = None, file: str = ""
) -> Iterator[tuple[int, Sequence[str]]]:
    """The records of *text* below its first *skip_lines* lines, with the line each begins on.

    Empty lines are no records. A record that is wrapped whole in quotes, as Excel sometimes
    leaves it, is read a second time; *width*, where it is known, tells it from a line of words.
    Raises SourceError at the end of a *file* in which a quote is never closed.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    lines = io.StringIO(text, newline="")
    for _ in range(skip_lines):
        lines.readline()
    reader = csv.reader(lines, delimiter=delimiter)
    line = begin = skip_lines + 1
    for cells in reader:
        begin = line
        if len(cells) == 1 and delimiter in cells[0]:
            cells = _unwrapped(cells, delimiter, width)
        if cells:
            yield line, cells
        line = skip_lines + reader.line_num + 1
    if file and line > begin + 1 and _is_open(text, delimiter, begin):
        raise SourceError(
            f"{file}, line {begin}: a quote is opened and never closed, so that all lines below it are one cell",
            hint="Close the quote, or download the export again: it may be cut off.",
            code="open_quote",
        )


def _unwrapped(cells: list[str], delimiter: str, width: int | None) -> list[str]:
    """The record inside a lone cell; the cell itself where it holds words and no record."""
    inner = list(csv.reader(io.StringIO(cells[0], newline=""), delimiter=delimiter))
    if len(inner) != 1:
        return cells
    # "(c) salesforce.com, inc. All rights reserved" has a comma too, but not half as many as a row.
    fits = width is None or len(inner[0]) == width or len(inner[0]) > max(width // 2, 2)
    return inner[0] if fits else cells


def _is_open(text: str, delimiter: str, line: int) -> bool:
    """Whether the last record of *text*, which begins on *line*, opens a quote that is never closed."""
    lines = islice(io.StringIO(text, newline=""), line - 1, None)
    try:
        deque(csv.reader(lines, delimiter=delimiter, strict=True), maxlen=0)
    except csv.Error as error:
        return "end of data" in str(error)
    return False
