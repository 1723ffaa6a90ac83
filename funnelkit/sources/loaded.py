"""One export, loaded: its canonical frame, and everything that was decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from funnelkit.engines import Aside, BadCells
from funnelkit.sources.deciding.decisions import Decision
from funnelkit.sources.files.export import Export
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.settings import FileSettings
from funnelkit.tables import Note


class Loaded(Struct, frozen=True, kw_only=True):
    """One export as a canonical frame, and everything that was decided about it."""

    export: Export[Recognition]
    frame: Any
    scales: Mapping[str, int]
    """Decimals of each money and decimal column."""
    present: frozenset[str]
    decisions: tuple[Decision, ...]
    rows: int
    aside: tuple[Aside, ...]
    bad: tuple[BadCells, ...]
    mentions: frozenset[str] = frozenset()
    """Columns in which a word that makes a row look like a test stands anywhere."""
    currency: str | None
    """The currency of the whole file; None where a column gives it per row, or nothing does."""
    notes: tuple[Note, ...]
    settings: FileSettings

    @property
    def table(self) -> str:
        """The canonical table."""
        return self.export.kind.table

    @property
    def used(self) -> int:
        """How many rows are in the frame."""
        return self.rows - sum(a.count for a in self.aside)
