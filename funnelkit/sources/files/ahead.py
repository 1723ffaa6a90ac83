"""Workbooks that are taken apart in the background, while the frames library is being imported.

That takes the library as long as everything else together, and it does not keep other threads from
their work. One workbook at a time is worked on ahead; a fault is left for the reading itself to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from funnelkit.sources.files.workbook import Book

SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How a workbook begins. It stands here, since texts need nothing else of what reads workbooks."""
_WORTH = 100_000
"""Smaller files are read at once."""
_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


class _Task:
    """One workbook, being opened."""

    def __init__(self, path: Path, file: str) -> None:
        self.file = file
        self._path = path
        self._book: Book | None = None
        self._thread = Thread(target=self._open, daemon=True)
        self._thread.start()

    def _open(self) -> None:
        from funnelkit.sources.files.workbook import opened

        try:
            self._book = opened(self._path.read_bytes(), self.file)
        except Exception:  # noqa: BLE001 - whatever it is, reading meets it again and says it
            self._book = None

    def book(self) -> Book | None:
        """The workbook, waited for."""
        self._thread.join()
        return self._book


_waiting: list[tuple[Path, str]] = []
_tasks: list[_Task] = []


def begin(files: Sequence[tuple[Path, str]]) -> None:
    """Work on the workbooks among *files*, each a path and its name for messages, in their order."""
    _tasks.clear()
    _waiting[:] = [(path, file) for path, file in files if _is_worth_it(path)]
    _next()


def taken(file: str) -> Book | None:
    """The workbook of *file*, where it is the one that is worked on; the next one is begun."""
    if not _tasks or _tasks[0].file != file:
        return None
    book = _tasks.pop().book()
    _next()
    return book


def _next() -> None:
    if _waiting:
        _tasks.append(_Task(*_waiting.pop(0)))


def _is_worth_it(path: Path) -> bool:
    try:
        return path.suffix.lower() in _SUFFIXES and path.stat().st_size > _WORTH
    except OSError:
        return False
