"""The configuration as the pipeline sees it. Without a file everything has its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from funnelkit.agreements import Rule, Sla
from funnelkit.goals import Alert
from funnelkit.metrics.stages import REACHED, USUAL
from funnelkit.metrics.stages import Path as LeadPath
from funnelkit.periods import Calendar

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

Words = Mapping[str, tuple[str, ...]]
"""Our word -> the words that the files use for it."""


class ColumnSpec(Struct, frozen=True, kw_only=True):
    """Where one canonical column comes from, and how its cells are written."""

    source: str
    """The header in the file."""
    format: str | None = None
    """A strptime pattern."""
    order: str | None = None
    """``dmy`` or ``mdy``."""
    decimal: str | None = None
    """The decimal mark, ``.`` or ``,``."""


class SourceSpec(Struct, frozen=True, kw_only=True):
    """One entry of ``sources``. What is None is found out from the file."""

    path: str
    """An absolute glob pattern, or an address with a scheme as it was written."""
    table: str | None = None
    preset: str | None = None
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)
    """Canonical column -> where it comes from."""
    values: Mapping[str, Words] = field(default_factory=dict)
    """Canonical column -> canonical word -> the file's words."""
    pinned: bool = False
    """Only *columns* are read, and a file that differs from what is said here is refused."""
    unused: tuple[str, ...] | None = None
    """The other headers that the file had when it was pinned."""
    unclear: tuple[str, ...] | None = None
    """Words of its status or stage that were not understood then."""
    timezone: str | None = None
    currency: str | None = None
    decimal: str | None = None
    date_order: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    overlap: str | None = None
    """``last``: where two files tell the same days differently, the last one holds."""


class Config(Struct, frozen=True, kw_only=True):
    """A funnelkit.yaml that makes sense, or the defaults."""

    path: Path | None = None
    timezone: str = "UTC"
    currency: str | None = None
    rates: Path | None = None
    calendar: Calendar = field(default_factory=Calendar)
    as_of: str | None = None
    """An ISO date."""
    period: str | None = None
    by: tuple[str, ...] = ()
    grain: str | None = None
    compare: str | None = None
    sources: tuple[SourceSpec, ...] = ()
    channels: Words = field(default_factory=dict)
    stages: LeadPath = USUAL
    """The way of leads; only `stage_entry` says whether it is strict."""
    stage_entry: str = REACHED
    anchor: str | None = None
    gross_margin: Decimal | None = None
    """Above 0, at most 1."""
    discount: Decimal | None = None
    """A year, as a fraction: 0 or more, at most 1."""
    horizon: int = 90
    """Days."""
    sla: Sla = Sla()
    qualification: tuple[Rule, ...] = ()
    """The versions of the rule that makes MQLs, the oldest first."""
    brand: tuple[str, ...] = ()
    """The words by which a search names the brand."""
    min_n: int = 30
    probability: str = "own"
    """own, mature or crm."""
    drop_tests: bool = False
    dedupe_emails: bool = False
    merge_unknown: bool = False
    clamp_negative: bool = False
    gross: bool = False
    first_close: bool = False
    constant_currency: str | None = None
    """An ISO date."""
    spark: Mapping[str, Any] = field(default_factory=dict)
    costs: Path | None = None
    targets: Path | None = None
    alerts: tuple[Alert, ...] = ()
    presets: Path | Mapping[str, Any] | None = None
    """A folder with presets of the team's own, or the presets themselves by their names."""
    measures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict)
    """The line of every key and entry, as ``("metrics", "roi", "formula")`` or ``("sources", 0)``."""

    def locate(self, *keys: str | int) -> str:
        """File and line of a key, such as ``funnelkit.yaml:12``, for messages of later checks.

        Without that key it is the line of the nearest one around it; without a file, nothing.
        """
        if self.path is None:
            return ""
        return f"{self.path}:{nearest_line(self.lines, keys)}"


def nearest_line(lines: Mapping[tuple[str | int, ...], int], keys: tuple[str | int, ...]) -> int:
    """The line of *keys*, or of the nearest place around them; line 1 is around everything."""
    while keys and keys not in lines:
        keys = keys[:-1]
    return lines.get(keys, 1)
