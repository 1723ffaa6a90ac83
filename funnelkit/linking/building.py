"""What is being made of the canonical tables while they are linked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from funnelkit.dataset import Match
from funnelkit.engines import Engine
from funnelkit.tables import Note


class Build(Struct, kw_only=True):
    """The tables on their way, and what is found out about them."""

    engine: Engine
    wanted: frozenset[str]
    frames: dict[str, Any]
    scales: dict[str, Mapping[str, int]]
    present: dict[str, frozenset[str]]
    notes: list[Note]
    channels: dict[str, frozenset[str]] = field(default_factory=dict)
    paid: frozenset[str] = frozenset()
    """The channels that somebody is paid for."""
    matches: tuple[Match, ...] = ()
    unmatched: Mapping[str, int] | None = None
    payers: Any = None
    """The leads that payments may be of, numbered; None where no payment is of any."""
    dated: bool = True
    merged: bool = False
    """Whether blanks and words for unknown are one group."""
