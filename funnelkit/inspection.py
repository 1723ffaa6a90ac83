"""What `inspect` says of each file: the decision for every column, the rows, the sums.

A frozen value like the Report, so that text and JSON cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct, field

from funnelkit.reports import SetAside
from funnelkit.tables import Note


class InspectedColumn(Struct, frozen=True, kw_only=True):
    """One canonical column: where it comes from and how it is read."""

    to: str
    source: str
    style: str
    """How the cells are written; empty where the column cannot be read."""
    evidence: str
    hint: str = ""
    """What settles a column that cannot be read."""


class Unreadable(Struct, frozen=True, kw_only=True):
    """Cells of one optional column that cannot be read; they count as missing, their rows are used."""

    column: str
    header: str
    count: int
    lines: tuple[int, ...]
    example: str


class Lack(Struct, frozen=True, kw_only=True):
    """A column that the file does not hold, the metrics that need it, and where to get it."""

    column: str
    metrics: tuple[str, ...]
    """Those that cannot be worked out at all."""
    how: str
    periods: bool = False
    """Without it the rows belong to no period, and count only where none is asked for."""


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
    title: str = ""
    """Tool and export of the preset."""
    rows: int | None = None
    used: int | None = None
    set_aside: tuple[SetAside, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    examples: Mapping[int, str] = field(default_factory=dict)
    """The text of some of the lines that are named above. It may be personal, so JSON does not have it."""
    header_line: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    grain: str | None = None
    currencies: tuple[str, ...] = ()
    """Of the file, or of its rows; empty where nothing states one."""
    first_date: date | None = None
    last_date: date | None = None
    columns: tuple[InspectedColumn, ...] = ()
    unread: tuple[str, ...] = ()
    """Headers that no canonical column comes from."""
    sums: Mapping[str, str] | None = None
    """Exact decimal sums of the numeric columns, as text."""
    lacks: tuple[Lack, ...] = ()
    notes: tuple[Note, ...] = ()
    error: Problem | None = None
    stray: bool = False
    """It is no export, but came along with a folder, an archive or a pattern: not read, and no reason to stop."""


class Reject(Struct, frozen=True, kw_only=True):
    """A row that is not used, or of which a cell cannot be read, as it stands in its file."""

    file: str
    line: int
    reason: str
    column: str
    """The header of the cell concerned; empty where it is the whole row."""
    header: tuple[str, ...]
    cells: Sequence[str]


class Inspection(Struct, frozen=True, kw_only=True):
    """All files, in the order of the arguments."""

    files: tuple[Inspected, ...]
    rejects: tuple[Reject, ...] = ()
    """Only where they were asked for."""
