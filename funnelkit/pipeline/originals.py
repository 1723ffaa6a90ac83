"""The files that kept tables were made of: where they lie, and whether they are still what they were."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from funnelkit.errors import MissingInputError, SourceError
from funnelkit.sources.files import content, unpack

_CHUNK = 1 << 20


def place(folder: str | Path, path: Path) -> str:
    """Where the file at *path* lies, as seen from *folder*; empty for what gives its bytes only once."""
    if stamp(path) is None:
        return ""
    return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(folder))).as_posix()


def path_of(folder: str | Path, place: str) -> Path:
    """The path of the file that lies at *place*."""
    return Path(os.path.normpath(Path(os.path.realpath(folder)) / place))


def stamp(path: Path) -> tuple[int, ...] | None:
    """Size and times of the file at *path*, or of the archive that it lies in; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        archive = unpack.archive_of(path)
        return stamp(archive) if archive else None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def digest(path: Path, file: str) -> str | None:
    """The SHA-256 of the bytes of the export at *path*, unpacked; None where it is gone.

    Raises SourceError for an archive that is damaged.
    """
    try:
        found = content.at(path, file)
    except MissingInputError:
        return None
    except SourceError as error:
        if error.code == "archive":
            return None
        raise
    summed = hashlib.sha256()
    with found.open() as stream:
        while part := stream.read(_CHUNK):
            summed.update(part)
    return summed.hexdigest()
