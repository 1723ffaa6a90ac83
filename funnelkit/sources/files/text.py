"""The text of a file: its encoding, proved on every byte, and its lines.

Text is read as a stream, again for each look at it, so that a large file is never held whole.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

from msgspec import Struct

from funnelkit.engines import WIDEST
from funnelkit.errors import SourceError
from funnelkit.sources.files import foreign, spaced
from funnelkit.sources.files.content import Content, of_bytes
from funnelkit.sources.files.digest import Digest

LONGEST = WIDEST
"""No line and no cell of an export is longer."""
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_HEAD = 200_000
_CHUNK = 1 << 20
_BATCH = 16_384
_SAMPLE = 20_000
_EXPANDED = 3
"""So many bytes of UTF-8 one of another encoding becomes at most."""
_STRANGE = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_FOREIGN = re.compile(r"[\udc80-\udcff]")
"""Bytes that are no UTF-8, as Python lets them through."""
_STRICT = "strict"


class Text(Struct, frozen=True, kw_only=True):
    """A text whose encoding is proved; read anew as often as asked."""

    content: Content
    encoding: str
    sha256: str
    batch: int
    """So many records are looked at together."""
    height: int = 0
    """So many lines it has, an unfinished one included."""
    widest: int = WIDEST
    """No line has more bytes, in UTF-8."""
    foreign: int = 0
    """So many bytes are not in the encoding of the others, and are taken for cp1252."""
    foreign_line: int = 0
    """The line of the first of them."""
    padded: bool = False
    """It holds zero bytes, which a writer that was cut off leaves behind. They say nothing."""
    guarded: bool = False
    """Some cells are written ``="007"``, so that a spreadsheet leaves them alone."""
    spaced: bool = False
    """Blanks part its columns; its lines are handed out with tabs in their place."""
    names: str = ""
    """The header that a spaced table without one is given, as a line of its own above the first."""

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """The lines with their ends, as they are written."""
        with self._opened() as stream:
            # Of two byte-order marks, or one under a stated encoding, a decoder leaves one in the text.
            lines = chain([next(stream, "").lstrip("\ufeff")], stream)
            known = (line.replace("\0", "") for line in lines) if self.padded else lines
            yield spaced.parted(iter(known), self.names) if self.spaced else iter(known)

    def beginning(self) -> tuple[str, bool]:
        """The first part of the text, and whether that is all of it."""
        with self._opened() as stream:
            text = stream.read(_HEAD).lstrip("\ufeff")
            text, whole = text.replace("\0", ""), not stream.read(1)
        if self.spaced:
            text = "".join(spaced.parted(iter(text.splitlines()), self.names))
        return text, whole

    def utf8(self) -> Iterator[bytes]:
        """The same in plain UTF-8, a part at a time."""
        with self._opened() as stream:
            part = stream.read(_CHUNK).lstrip("\ufeff")
            while part:
                yield (part.replace("\0", "") if self.padded else part).encode()
                part = stream.read(_CHUNK)

    def _opened(self) -> io.TextIOWrapper:
        errors = foreign.WESTERN if self.foreign else _STRICT
        return io.TextIOWrapper(self.content.open(), self.encoding, errors=errors, newline="")


def proved(
    content: Content, encoding: str | None = None, looked_at: Callable[[int], None] | None = None
) -> Text:
    """The text in *content*, its encoding proved on all of it; *looked_at* hears how many lines are done.

    Raises SourceError where the bytes are no text, or not in the *encoding* that was asked for.
    """
    known = next((name for bom, name in _BOMS if content.head.startswith(bom)), None)
    names = [encoding] if encoding else [known] if known else _guesses(content.head)
    digest = Digest()
    for number, name in enumerate(names):
        found = _look(content, name, None if number else digest, looked_at)
        if found is None and name.startswith("utf-8") and not encoding:
            found = _look(content, name, None, looked_at, mixed=True)
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
                sha256=digest.hex(),
                batch=min(max(batch, 16), _BATCH),
                height=found.lines - found.finished,
                widest=min(found.widest * (1 if name.startswith("utf") else _EXPANDED), WIDEST),
                foreign=found.foreign,
                foreign_line=foreign.line(content, name) if found.foreign else 0,
                padded=found.padded,
                guarded=found.guarded,
                spaced=spaced.is_spaced(found.sample),
                names=spaced.names(found.sample) if spaced.is_spaced(found.sample) else "",
            )
    line = foreign.line(content, names[0])
    if encoding:
        raise SourceError(
            f"{content.file}: the bytes are not {encoding}{f' on line {line}' if line else ''}",
            hint="Leave `encoding` out, or correct it.",
        )
    if known and line > 1:
        raise SourceError(
            f"{content.file}, line {line}: the bytes are not {known.upper()}, as those before are",
            hint="Download the export again: it is damaged or cut off.",
            code="not_text",
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
    widest: int = 0
    """No line has more bytes; most have far fewer."""
    finished: bool = False
    """The last line has an end."""
    foreign: int = 0
    own: int = 0
    """Letters beyond ASCII that are in the encoding."""
    padded: bool = False
    guarded: bool = False

    def take(self, text: str) -> None:
        """Look at the next part of the text."""
        self.filled = self.filled or bool(text.strip("\ufeff").strip())
        self.padded = self.padded or "\0" in text
        # A single sign is looked for many times as fast as two of them.
        self.guarded = self.guarded or ("=" in text and '="' in text)
        if len(self.sample) < _SAMPLE:
            self.sample += text[:_SAMPLE].lstrip("\ufeff")

    def weigh(self, text: str) -> bool:
        """Whether more letters are in the encoding than not, with those of *text*."""
        self.foreign += len(_FOREIGN.findall(text))
        self.own += len(text) - len(text.encode("ascii", "ignore"))
        return self.foreign * 2 <= self.own


def _look(
    content: Content,
    encoding: str,
    digest: Digest | None,
    looked_at: Callable[[int], None] | None,
    *,
    mixed: bool = False,
) -> _Look | None:
    """One pass over all bytes, which *digest* takes in; None where they are not in *encoding*.

    In a *mixed* text some of them may be in another one, as where a database has cut a letter in two
    or two files were put together.
    """
    look = _Look()
    try:
        decoder = codecs.getincrementaldecoder(encoding)("surrogateescape" if mixed else _STRICT)
    except LookupError:
        return None
    wide = b"\0" in "\n".encode(encoding)
    good = True
    open_line = 0
    with content.open() as stream:
        while True:
            chunk = stream.read(_CHUNK)
            if digest is not None:
                digest.take(chunk)
            if good:
                try:
                    text = decoder.decode(chunk, not chunk)
                except UnicodeDecodeError:
                    good = False
                else:
                    good = not mixed or look.weigh(text) or not text
                    look.take(text)
                if not good and digest is None:
                    return None
            if not chunk:
                return look if good else None
            # Where a letter has several bytes, one of them may be that of a line end.
            written = text.encode("utf-8", "replace") if wide and good else chunk
            end = b"\n" if b"\n" in written else b"\r"
            ends = written.count(end)
            look.widest = max(look.widest, open_line + len(written))
            open_line = len(written) - 1 - written.rfind(end) + (0 if ends else open_line)
            look.lines += ends
            look.size += len(written)
            if looked_at:
                looked_at(look.lines)
            look.finished = written.endswith((b"\n", b"\r"))
            if open_line > LONGEST:
                raise too_long(content.file, look.lines, "line")


def too_long(file: str, line: int, what: str) -> SourceError:
    """The refusal of a line or a cell without end."""
    return SourceError(
        f"{file}, line {line}: a {what} of more than {LONGEST // 1_000_000} million characters is no row of a table",
        hint="Download the export again; perhaps a quote is opened there and never closed.",
        code="too_long",
    )


def _guesses(head: bytes) -> list[str]:
    head = head.rstrip(b"\0")
    if head.count(0) > len(head) // 4:
        # Most letters of an export are ASCII, the first one need not be: the zeros are their other halves.
        return ["utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"]
    # Of the one-byte encodings only cp1252 leaves five bytes undefined; latin-1 takes anything.
    return ["utf-8", "cp1252", "latin-1"]


def _is_text(sample: str) -> bool:
    sample = sample[:_SAMPLE].rstrip("\0")
    strange = len(_STRANGE.findall(sample))
    return bool(sample) and strange <= len(sample) // 200 and sample.count("\0") <= len(sample) // 20
