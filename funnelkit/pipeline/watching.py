"""What is being done, for whoever shows it: which file, and how many of its rows are done.

The numbers are asked for, never pushed, so that reading does not wait for anybody who looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from funnelkit.engines import Batch, Engine
    from funnelkit.sources.files.export import Export
    from funnelkit.sources.recognise import Recognition


class Work(Struct, frozen=True):
    """A piece of work that has begun."""

    doing: str
    """``reading``."""
    file: str = ""
    """The path as the user gave it; empty where it is about all files."""
    rows: Callable[[], int] = int
    """How many rows are done; it may be asked at any time, from any thread."""


Observe = Callable[[Work], None]


def nobody(work: Work) -> None:
    """Nobody looks."""


class Watched:
    """One file while it is read: first all of its lines are looked at, then its rows are taken."""

    def __init__(self, file: str, engine: Engine, observe: Observe) -> None:
        self._file = file
        self._engine = engine
        self._observe = observe
        self._lines = self._rows = 0
        observe(Work("checking", file, lambda: self._lines))

    def looked_at(self, lines: int) -> None:
        """So many *lines* have been looked at."""
        self._lines = lines

    def reading(self, export: Export[Recognition]) -> Export[Recognition]:
        """*export*, whose rows are counted from now on as they are read."""
        records = (export.scan.records or 0) if export.scan else 0
        self._observe(Work("reading", self._file, lambda: self._taken(records)))
        return replace(export, batches=lambda: self._counted(export.batches()))

    def _taken(self, records: int) -> int:
        """Where the engine reads the file by itself, it knows how far it has come."""
        share = self._engine.progress() if records else None
        if share is not None:
            self._rows = max(self._rows, int(share * records))
        return self._rows

    def _counted(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        self._rows = 0
        for batch in batches:
            self._rows += len(batch.rows)
            yield batch
