"""The canonical tables, linked: what metrics are worked out of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from funnelkit.tables import Note


class Match(Struct, frozen=True, kw_only=True):
    """How many rows of one table found their row in another, by one key."""

    source: str
    target: str
    by: str
    matched: int


class Dataset(Struct, frozen=True, kw_only=True):
    """The canonical tables, linked, as the metrics layer needs them.

    *frames* are native frames of one engine. *present* says which columns some file really gave,
    since a column that no file has must read as "not loaded" and never as zero.
    """

    frames: Mapping[str, Any]
    scales: Mapping[str, Mapping[str, int]]
    present: Mapping[str, frozenset[str]]
    as_of: int
    stops: bool = False
    """Whether nothing after *as_of* counts, in any table, since a user said that day; else ad spend, e-mails and visits
    that the files tell of beyond it do, in a period that they are in."""
    instant: int | None = None
    """The last instant that the leads tell of, as far as *as_of* reaches; None where they hold no times."""
    qualified: bool = False
    """Whether mql_at is by the rule of the configuration, and of no file."""
    clamped: bool = False
    """Whether durations below 0 count as 0."""
    dated: bool = True
    """Whether any file holds a date; without one there is no period, and *as_of* says nothing."""
    currency: str | None = None
    channels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The channels of each table that has any of its own."""
    matches: tuple[Match, ...] = ()
    unmatched: Mapping[str, int] = field(default_factory=dict)
    """Rows of ``deals`` and ``won deals`` that link to no lead."""
    notes: tuple[Note, ...] = ()
