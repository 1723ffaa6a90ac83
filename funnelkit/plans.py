"""How the text columns of one export become a canonical frame: the decisions of reading, as data.

An engine follows a plan in its own language; nothing in it depends on one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from funnelkit.styles import Style


@dataclass(frozen=True, kw_only=True)
class ColumnPlan:
    """One canonical column and where it comes from."""

    target: str
    header: str
    style: Style
    required: Literal["no", "readable", "present"] = "no"
    """A row is set aside where its cell here cannot be read; with ``present``, also where it is missing."""


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """Rows to set aside: those where any of *headers* fits *pattern*, or none of them has a value."""

    reason: str
    message: str
    headers: tuple[str, ...]
    pattern: str | None = None
    """A regular expression for the whole cell; None asks for cells without a value."""
    unless: tuple[str, ...] = ()
    """A row with a value in one of these, other than one that fits *pattern*, is never meant."""


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """How the text columns of one export become a canonical frame."""

    table: str
    columns: tuple[ColumnPlan, ...]
    rules: tuple[RowRule, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
