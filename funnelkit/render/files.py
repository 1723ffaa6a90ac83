"""Writing reports to files so that a reader sees the old report or the new one, never a part.

The bytes of all files are there before the first is opened. Each is written beside its target and
synced; only when all are, they take the places of the old ones.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from funnelkit.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HINTS = {
    errno.ENOENT: ("the folder does not exist", "Create the folder first, or write to another place."),
    errno.ENOTDIR: ("the folder does not exist", "A part of the path is a file and not a folder."),
    errno.EACCES: ("no permission to write there", "Choose a folder that you may write to."),
    errno.EPERM: ("no permission to write there", "Choose a folder that you may write to."),
    errno.EROFS: ("no permission to write there", "The disk is read-only: choose another place."),
    errno.ENOSPC: ("the disk is full", "Free some space, or write to another disk."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or write to another disk."),
    errno.EISDIR: ("this is a folder", "Name a file in it, such as report.md."),
}


def make_folder(path: Path) -> None:
    """Make the folder that *path* is to lie in. Raises OutputError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explained(path, error) from error


def write(outputs: Mapping[Path, bytes], *, private: bool = False) -> None:
    """Put the bytes of every output into its file, or raise OutputError and leave the old files alone.

    What is *private* only its owner may read, whoever might read the file that it replaces.
    """
    staged: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, data in outputs.items():
            if _is_stream(path):
                path.write_bytes(data)
            else:
                target = Path(os.path.realpath(path))
                staged.append((_beside(target), target))
                _fill(*staged[-1], data, private=private)
        for temporary, path in staged:
            os.replace(temporary, path)
    except OSError as error:
        raise explained(path, error) from error
    finally:
        # Also after an interrupt; those that took their place are gone from here already.
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _is_stream(path: Path) -> bool:
    """Whether *path* is there and no plain file, as a pipe or ``/dev/stdout``: it cannot be replaced."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return not stat.S_ISREG(mode)


def _beside(target: Path) -> Path:
    """A new name in the folder of *target*, of its own length so that a long name does not matter."""
    return target.with_name(f".funnelkit-{os.urandom(6).hex()}.tmp")


def _fill(temporary: Path, target: Path, data: bytes, *, private: bool) -> None:
    """Write and sync *data*, with the permissions of the file that it will replace, if there is one; or *private*."""
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    mode = 0o600 if private else 0o666
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        if target.exists() and not private:
            os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def explained(path: Path, error: OSError) -> OutputError:
    """What *error* in writing to *path* means, and what to do about it."""
    said, hint = _HINTS.get(error.errno or 0, (error.strerror or str(error), "Write to another place."))
    return OutputError(f"{path}: cannot be written: {said}", hint=hint)
