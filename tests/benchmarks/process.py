"""One run of a command as a process: how long it took, and the most memory that it and its children held.

The process that measures must stay small: on Linux a child starts with the peak of its parent on its record.
So whatever needs a large library is itself run as a command.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

_PAUSE = 0.05
"""Seconds between two looks at the memory of a process and its children."""


@dataclass(frozen=True)
class Run:
    """One finished process: seconds by the clock and of the processors, the peak in units of 10^6 bytes."""

    wall: float
    cpu: float
    peak_mb: float


class FailedError(Exception):
    """The command ended with an error; the text is the last line that it said."""


def once(command: Sequence[str]) -> Run:
    """Run *command* with its output thrown away. Raises FailedError where it does not end well."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        family = watch.stop()
        if process.returncode:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise FailedError(f"exit {process.returncode}: {lines[-1] if lines else 'no message'}")
    return Run(wall, usage.ru_utime + usage.ru_stime, max(usage.ru_maxrss * 1024, family) / 1e6)


class _Watch:
    """Looks at a process and its children until it is stopped; only a process with children is worth it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The most bytes that all held together, 0 where there were never any children."""
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._over.wait(_PAUSE):
            family = list(_family(self._pid))
            if len(family) > 1:
                self._peak = max(self._peak, sum(map(_resident, family)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [
            c for task in Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()
        ]
    except OSError:
        return  # it has ended, or this is no Linux
    for child in children:
        yield from _family(int(child))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
