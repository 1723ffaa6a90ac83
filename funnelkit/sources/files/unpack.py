"""What is packed, unpacked on the way: gzip and Zstandard files, and the exports in a ZIP archive.

A few kilobytes may unpack to more than any machine holds. Nothing is therefore unpacked without a
limit, and nothing is ever written to disk.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from msgspec import Struct

from funnelkit.errors import SourceError
from funnelkit.listing import some

if TYPE_CHECKING:
    from collections.abc import Sequence

Open = Callable[[], IO[bytes]]
"""A way to a stream; each call gives another one, from the first byte on."""

LARGEST = 2_000_000_000
"""So many bytes may come out of one file or archive."""
_RATIO = 200
"""So many times as much may come out as went in: text packs to a tenth, tables full of zeros to a fiftieth."""
_HARMLESS = 16_000_000
"""So much may always come out."""
ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")
SUFFIXES = (
    ".csv",
    ".tsv",
    ".txt",
    ".xlsx",
    ".xls",
    ".xlsm",
    ".xlsb",
    ".ods",
    ".parquet",
    ".arrow",
    ".feather",
)
PACKED = (".gz", ".zst")
_NAMED = 8
_WORDS = ("readme.txt", "read me.txt", "read_me.txt", "license.txt", "licence.txt")
"""What tools lay beside their exports."""
_UNKNOWN = {b"Rar!": "RAR", b"7z\xbc\xaf": "7z", b"\xfd7zX": "xz", b"BZh9": "bzip2"}


class Member(Struct, frozen=True, kw_only=True):
    """One file in an archive."""

    name: str
    size: int
    packed: int
    """Its size in the archive."""
    open: Open


def is_export(name: str) -> bool:
    """Whether a file called *name* may hold a table, by its suffix; hidden files and Excel's locks do not."""
    path = Path(name.lower())
    suffix = Path(path.stem).suffix if path.suffix in PACKED else path.suffix
    return suffix in SUFFIXES and not path.name.startswith((".", "~$")) and path.name not in _WORDS


# Packed files


def plain(packed: Open, head: bytes, size: int, file: str) -> Open | None:
    """A way to what is packed in gzip or Zstandard, or None where *head* says that nothing is packed.

    Raises SourceError for what funnelkit does not unpack.
    """
    kind = "tar" if head[257:262] == b"ustar" else _UNKNOWN.get(head[:4])
    if kind:
        raise SourceError(
            f"{file}: this is a {kind} archive", hint="Unpack it and name the files in it.", code="archive"
        )
    if head[:2] == b"\x1f\x8b":
        return lambda: _gzip(packed(), size, file)
    if head[:4] == b"\x28\xb5\x2f\xfd":
        return lambda: _zstandard(packed(), size, file)
    return None


def _gzip(stream: IO[bytes], size: int, file: str) -> IO[bytes]:
    return _bounded(cast("IO[bytes]", gzip.GzipFile(fileobj=stream)), stream, size=size, file=file)


def _zstandard(stream: IO[bytes], size: int, file: str) -> IO[bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return _bounded(cast("IO[bytes]", zstd.ZstdFile(stream)), stream, size=size, file=file)


# Archives


def exports(path: Path, file: str) -> Sequence[str] | None:
    """The names of the exports in the archive at *path*; None where it is no archive.

    Raises SourceError for an archive without any, and for one that cannot be unpacked.
    """
    if not path.is_file():
        return None  # a pipe gives its bytes once
    with path.open("rb") as stream:
        if stream.read(4) not in ARCHIVE:
            return None
    with _archive(path, file) as archive:
        return _exports(archive, file)


def lone(packed: Open, file: str) -> Member | None:
    """The only export of an archive that comes as a stream; None for a workbook, which is one too."""
    with packed() as stream:
        if not zipfile.is_zipfile(stream) and not file.lower().endswith(".zip"):
            return None  # damaged, and by its name a workbook
    with packed() as stream, _archive(stream, file) as archive:
        names = _exports(archive, file)
        if names is None:
            return None
        if len(names) > 1:
            raise SourceError(
                f"{file}: this is an archive of {len(names)} exports: {some(names, _NAMED)}",
                hint=f"Name one of them: {file}/{names[0]}",
                code="archive",
            )
        info = archive.getinfo(names[0])
    return _member(info, lambda: _archive(packed(), file), f"{file}/{names[0]}")


def member(path: Path, name: str, file: str) -> Member:
    """The file *name* in the archive at *path*. Raises SourceError where there is none or it is locked."""
    with _archive(path, file) as archive:
        known = {_shown(info): info for info in archive.infolist()}
    if name not in known:
        listed = some(sorted(n for n in known if _is_visible(n)), _NAMED)
        raise SourceError(
            f"{file}: there is no such file in the archive", hint=f"In it are: {listed}.", code="archive"
        )
    return _member(known[name], lambda: _archive(path, file), file)


def archive_of(path: Path) -> Path | None:
    """The archive that *path* leads into, as in ``exports.zip/leads.csv``."""
    for parent in path.parents:
        if parent.is_file():
            return parent if zipfile.is_zipfile(parent) else None
    return None


def _exports(archive: zipfile.ZipFile, file: str) -> Sequence[str] | None:
    names = archive.namelist()
    if "mimetype" in names or "[Content_Types].xml" in names or any(n.startswith("xl/") for n in names):
        return None
    found = sorted(
        _shown(i)
        for i in archive.infolist()
        if not i.is_dir() and _is_visible(_shown(i)) and is_input(_shown(i))
    )
    if not found:
        raise SourceError(
            f"{file}: there are no exports in this archive",
            hint="It holds no CSV or Excel file.",
            code="archive",
        )
    total = sum(info.file_size for info in archive.infolist())
    if total > LARGEST:
        raise _too_large(file, total)
    return found


def is_input(name: str) -> bool:
    """Whether *name* is an export or an archive of some."""
    return is_export(name) or name.lower().endswith(".zip")


def _shown(info: zipfile.ZipInfo) -> str:
    return info.filename.replace("\\", "/").lstrip("/")


def _is_visible(name: str) -> bool:
    parts = name.split("/")
    return not name.endswith("/") and not any(p.startswith(".") or p == "__MACOSX" for p in parts)


def _archive(source: Path | IO[bytes], file: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged(file) from error


def _member(info: zipfile.ZipInfo, archive: Callable[[], zipfile.ZipFile], file: str) -> Member:
    if info.flag_bits & 1:
        raise SourceError(
            f"{file}: the archive is protected by a password",
            hint="Unpack it with the password and name the files in it.",
            code="password",
        )

    def stream() -> IO[bytes]:
        # The archive may be closed at once: the file below stays open as long as a member of it is.
        with archive() as opened:
            try:
                return _bounded(opened.open(info), size=info.compress_size, file=file)
            except (NotImplementedError, zipfile.BadZipFile) as error:
                raise _damaged(file) from error

    return Member(name=_shown(info), size=info.file_size, packed=info.compress_size, open=stream)


# Limits


def limit(size: int) -> int:
    """How many bytes may come out of *size* bytes."""
    return min(LARGEST, max(_HARMLESS, size * _RATIO))


def _bounded(*streams: IO[bytes], size: int, file: str) -> IO[bytes]:
    return io.BufferedReader(_Bounded(streams, size, file), 1 << 16)


class _Bounded(io.RawIOBase):
    """What comes out of the first of *streams*, up to a limit. All of them are closed in the end."""

    def __init__(self, streams: Sequence[IO[bytes]], size: int, file: str) -> None:
        self._streams = streams
        self._most = limit(size)
        self._seen = 0
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._streams[0].read(len(buffer))
        except SourceError:
            raise
        except Exception as error:  # each way of packing has errors of its own
            raise _damaged(self._file) from error
        self._seen += len(data)
        if self._seen > self._most:
            raise _too_large(self._file, self._seen)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            for stream in self._streams:
                stream.close()
        super().close()


def _too_large(file: str, seen: int) -> SourceError:
    return SourceError(
        f"{file}: more than {seen / 1e6:,.0f} MB come out of it, far more than an export of its size holds",
        hint="Unpack it yourself if it can be trusted, and name the files in it.",
        code="too_large",
    )


def _damaged(file: str) -> SourceError:
    return SourceError(
        f"{file}: it is damaged or cut off and cannot be unpacked",
        hint="Download it again.",
        code="damaged_archive",
    )
