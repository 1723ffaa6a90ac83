"""The bytes of one input, wherever they lie: in a file, packed, in an archive, or given.

They are opened anew by whoever reads them and not held whole, so that a file may be as large as the
table that comes out of it.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.errors import MissingInputError, SourceError
from funnelkit.sources.files import unpack
from funnelkit.sources.files.unpack import Open

_SHARE = 2
"""A file may have this part of the memory that the machine has."""
_HEAD = 4096


class Content(Struct, frozen=True, kw_only=True):
    """A way to the bytes of one input, and the first of them."""

    open: Open
    head: bytes
    file: str
    """What it is called, for messages."""
    path: Path | None = None
    """Where they lie as they are, for whoever reads files by itself."""
    size: int = 0
    """So many bytes the file has, packed where it is packed; 0 where there is no file by itself."""

    def whole(self) -> bytes:
        """All bytes."""
        with self.open() as stream:
            return stream.read()


def of_bytes(data: bytes, file: str) -> Content:
    """The content *data*, unpacked where it is packed."""
    return _unpacked(lambda: io.BytesIO(data), len(data), file)


def at(path: Path, file: str) -> Content:
    """The content of the file at *path*, which may lie in an archive: ``exports.zip/leads.csv``.

    Raises MissingInputError for no such file, SourceError for one that cannot be read.
    """
    try:
        stream = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        archive = unpack.archive_of(path)
        if archive is None:
            raise MissingInputError(
                f"{file}: there is no such file", hint="Check the path; quote it if it holds blanks."
            ) from None
        member = unpack.member(archive, path.relative_to(archive).as_posix(), file)
        return _unpacked(member.open, member.packed, file, nested=True)
    except IsADirectoryError:
        raise SourceError(
            f"{file}: this is a folder", hint="Name the files in it, or use a pattern."
        ) from None
    except OSError as error:
        raise MissingInputError(
            f"{file}: {error.strerror or error}", hint="Check the permissions of the file."
        ) from None
    with stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            # A pipe gives its bytes once.
            return of_bytes(stream.read(), file)
    as_it_is: Open = lambda: path.open("rb")  # noqa: E731 - to be known again below
    content = _unpacked(as_it_is, status.st_size, file)
    return replace(content, size=status.st_size, path=path if content.open is as_it_is else None)


def _unpacked(packed: Open, size: int, file: str, *, nested: bool = False) -> Content:
    head = _head(packed)
    plain = unpack.plain(packed, head, size, file)
    if plain is not None:
        packed, head = plain, _head(plain)
        if unpack.plain(packed, head, size, file) is not None:
            raise SourceError(
                f"{file}: this is packed twice", hint="Unpack it once and name the result.", code="archive"
            )
    if head.startswith(unpack.ARCHIVE) and (nested or plain is not None):
        # What is inside of something else can only be read from its beginning to its end.
        with packed() as stream:
            data = stream.read()
        packed, size = lambda: io.BytesIO(data), len(data)
    if head.startswith(unpack.ARCHIVE) and (member := unpack.lone(packed, file)):
        if nested:
            raise SourceError(
                f"{file}: this is an archive inside an archive",
                hint="Unpack the outer one and name the files in it.",
                code="archive",
            )
        return _unpacked(member.open, member.packed, f"{file}/{member.name}", nested=True)
    return Content(open=packed, head=head, file=file)


def _head(opened: Open) -> bytes:
    with opened() as stream:
        return stream.read(_HEAD)


def check_size(content: Content, instead: str = "") -> None:
    """Refuse what is too large to be held in memory; *instead* says what else may be done."""
    memory = _memory()
    if memory and content.size > memory // _SHARE:
        raise SourceError(
            f"{content.file}: the file has {content.size / 1e9:.1f} GB, too much for the {memory / 1e9:.1f} GB of memory here",
            hint=f"{instead}Export shorter date ranges into several files and name them all.",
            code="too_large",
        )


def _memory() -> int:
    """How much memory the machine has; 0 where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
