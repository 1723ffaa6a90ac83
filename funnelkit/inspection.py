"""What `inspect` says of each file: the decision for every column, the rows, the sums.

A frozen value like the Report, so that text and JSON cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from funnelkit.report import SetAside


class InspectedColumn(Struct, frozen=True, kw_only=True):
    """One canonical column: where it comes from and how it is read."""

    to: str
    source: str
    style: str
    """How the cells are written; empty where the column cannot be read."""
    evidence: str


class Problem(Struct, frozen=True, kw_only=True):
    """Why a file was refused."""

    code: str
    message: str
    hint: str
    exit_code: int


class Inspected(Struct, frozen=True, kw_only=True):
    """One file, also a refused one: then all that was found out before."""

    file: str
    table: str | None = None
    preset: str | None = None
    rows: int | None = None
    used: int | None = None
    set_aside: tuple[SetAside, ...] = ()
    header_line: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    grain: str | None = None
    currency: str | None = None
    first_date: date | None = None
    last_date: date | None = None
    columns: tuple[InspectedColumn, ...] = ()
    unread: tuple[str, ...] = ()
    """Headers that no canonical column comes from."""
    sums: Mapping[str, str] | None = None
    """Exact decimal sums of the numeric columns, as text."""
    lacks: tuple[str, ...] = ()
    """What the file does not hold, and how to add it."""
    notes: tuple[str, ...] = ()
    error: Problem | None = None
