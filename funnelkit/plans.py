"""How the text columns of one export become a canonical frame: the decisions of reading, as data.

An engine follows a plan in its own language; nothing in it depends on one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from funnelkit.styles import Style

if TYPE_CHECKING:
    from funnelkit.instants import InstantStyle


class ColumnPlan(Struct, frozen=True, kw_only=True):
    """One canonical column and where it comes from."""

    target: str
    header: str
    style: Style | InstantStyle
    required: Literal["no", "readable", "present"] = "no"
    """A row is set aside where its cell here cannot be read; with ``present``, also where it is missing."""


class RowRule(Struct, frozen=True, kw_only=True):
    """Rows to set aside: those where any of *headers* fits *pattern*, or none of them has a value."""

    reason: str
    message: str
    headers: tuple[str, ...]
    pattern: str | None = None
    """A regular expression for the whole cell; None asks for cells without a value."""
    unless: tuple[str, ...] = ()
    """A row with a value in one of these, other than one that fits *pattern*, is never meant."""


class TablePlan(Struct, frozen=True, kw_only=True):
    """How the text columns of one export become a canonical frame."""

    table: str
    columns: tuple[ColumnPlan, ...]
    rules: tuple[RowRule, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)


class LinkKey(Struct, frozen=True, kw_only=True):
    """A column of leads and one of deals: where both hold the same value, the deal may be the lead's."""

    name: str
    lead: str
    deal: str
    several_leads: bool = False
    """Several leads under one value are the same person or the same deal: the earliest counts."""
    one_side: bool = False
    """Links where either side is unique."""
