"""What is known of a file before it is opened, from the command line and the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from funnelkit.agreements import Step


class FileSettings(Struct, frozen=True, kw_only=True):
    """What decides how one file is read; None and empty leave it to the file."""

    kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)
    """Column -> strptime pattern."""
    orders: Mapping[str, str] = field(default_factory=dict)
    """Column -> dmy or mdy."""
    decimals: Mapping[str, str] = field(default_factory=dict)
    """Column -> decimal sign."""
    values: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    """All stages of leads from the first one on, where some of them are the user's own."""
    order: str | None = None
    decimal: str | None = None
    yields: bool = False
    """*order* and *decimal* settle only what the cells leave open, as the options of the command line do."""
    pinned: bool = False
    """Only *columns* are read."""
    unused: Sequence[str] | None = None
    """Headers that a pinned file is known to have besides."""
    unclear: Sequence[str] | None = None
    """Words of the status or stage that a pinned file is known to have, and nobody has explained."""
    zone: str | None = None
    currency: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    overlap: str | None = None
