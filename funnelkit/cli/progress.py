"""What is being read, on a terminal's stderr, once a run takes longer than half a second.

In a pipe, under cron and in short runs nothing appears, and rich is not even imported.
"""

from __future__ import annotations

import sys
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status

_PATIENCE = 0.5
"""Seconds."""


class Progress:
    """A line on stderr that says which file is being read; gone when the work is done."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = sys.stderr.isatty() and not quiet
        self._timer = Timer(_PATIENCE, self._start)
        self._timer.daemon = True
        self._lock = Lock()
        self._status: Status | None = None
        self._text = "reading"
        self._done = False

    def __enter__(self) -> Self:
        if self._shown:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._done = True
            if self._status:
                self._status.stop()

    def say(self, text: str) -> None:
        """Show *text* from now on."""
        with self._lock:
            self._text = text
            if self._status:
                self._status.update(self._safe())

    def _start(self) -> None:
        from rich.console import Console
        from rich.status import Status

        with self._lock:
            if not self._done:
                self._status = Status(self._safe(), console=Console(stderr=True))
                self._status.start()

    def _safe(self) -> str:
        from rich.markup import escape

        return escape(self._text)
