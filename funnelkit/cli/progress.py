"""What is being done, on a terminal's stderr, once a run takes longer than half a second.

In a pipe, under cron and in short runs nothing appears, and rich is not even imported.
"""

from __future__ import annotations

import sys
from threading import Lock, Timer
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

    from funnelkit.pipeline.watching import Work

_PATIENCE = 0.5
"""Seconds."""
_LONGEST = 40
"""Of a longer path the end is shown."""


class Progress:
    """A line on stderr that says which file is being read, and how far; gone when the work is done."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = sys.stderr.isatty() and not quiet
        self._timer = Timer(_PATIENCE, self._start)
        self._timer.daemon = True
        self._lock = Lock()
        self._status: Status | None = None
        self._line: Line | None = None
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

    def show(self, work: Work) -> None:
        """Show *work* from now on."""
        with self._lock:
            self._line = Line(work)
            if self._status:
                self._status.update(self._line)

    def _start(self) -> None:
        from rich.console import Console
        from rich.status import Status

        with self._lock:
            if not self._done:
                self._status = Status(self._line or "reading", console=Console(stderr=True))
                self._status.start()


class Line:
    """What is told of one piece of work; rich asks for it anew each time that it draws."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._begun = self._last = monotonic()
        self._rows = 0

    def __rich__(self) -> Text:
        from rich.text import Text

        return Text(self.text(), no_wrap=True, overflow="ellipsis")

    def text(self) -> str:
        """The work, its file, the rows so far, and how many of them it did in a second."""
        rows = self._work.rows()
        if rows != self._rows:
            self._rows, self._last = rows, monotonic()
        file = "".join(sign if sign.isprintable() else "?" for sign in self._work.file)
        if len(file) > _LONGEST:
            file = f"…{file[1 - _LONGEST :]}"
        named = f"{self._work.doing} {file}".rstrip()
        took = self._last - self._begun
        return f"{named}: {rows:,} rows, {rows / took:,.0f} a second" if rows and took > 0 else named
