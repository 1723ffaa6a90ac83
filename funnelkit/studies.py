"""What a command beside `report` answers: a few sentences, tables of cells, and where all of it comes from.

A frozen value, like the Report; every format of every such command is made from it alone.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics.cell import Cell
from funnelkit.reports import Source, Span

if TYPE_CHECKING:
    import pandas as pd

    from funnelkit.metrics.cell import Number
    from funnelkit.tables import Note

TEXT = "text"
"""The unit of a field that holds words."""


class Field(Struct, frozen=True, kw_only=True):
    """One column of a table."""

    id: str
    """Stable, for scripts: small letters, digits and _."""
    label: str
    unit: str
    """``TEXT``, one of the units of a metric (count, money, ratio, multiple, days, number ...), or points: the
    difference of two ratios."""


class Entry(Struct, frozen=True, kw_only=True):
    """What stands in one place of a table: words, or a cell with all that is needed to trust it."""

    text: str = ""
    cell: Cell | None = None
    unit: str = ""
    """Of the cell, in place of its field's, where the rows of a table measure different things."""
    young: bool = False
    """Not all of its cases have had their time: shown, but as something that will still change."""
    few: bool = False
    """It rests on fewer cases than ``--min-n`` asks for, so that it may be chance."""
    verdict: str = ""
    """better, worse, changed, no call, met, missed ...: what the number means, where it means something."""
    uncalled: str = ""
    """Why there is no call, as in a report: noise, few or young; empty where nothing tells."""

    @property
    def plain(self) -> Number | str | None:
        """The number, else the words that stand there."""
        return self.cell.value if self.cell else self.text or self.verdict or None


class Chart(Struct, frozen=True, kw_only=True):
    """How a table may be drawn: from its own fields, so that no picture holds a number that the table does not."""

    of: tuple[str, ...]
    """Ids of the fields that are drawn."""
    along: str = ""
    """Id of the field with the places of curves along the bottom, numbers or days; without one, a bar for each row."""


class Table(Struct, frozen=True, kw_only=True):
    """Rows of entries, one for each of the fields."""

    id: str
    title: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Entry, ...], ...]
    names: int = 1
    """So many of the first fields say what a row is."""
    caption: str = ""
    """One sentence: what the numbers are and by which convention."""
    chart: Chart | None = None
    """Where a picture says more than the rows."""

    def to_frame(self) -> pd.DataFrame:
        """The table as a pandas frame: a column per field, by its id; raw numbers, words, or None where there is neither."""
        import pandas as pd

        rows = [[entry.plain for entry in row] for row in self.rows]
        return pd.DataFrame(rows, columns=[field.id for field in self.fields])


class Study(Struct, frozen=True, kw_only=True):
    """The whole answer."""

    command: str
    """cohorts, why, check ..."""
    title: str
    as_of: date | None
    timezone: str
    currency: str | None
    period: Span | None
    filters: tuple[str, ...]
    sentences: tuple[str, ...]
    """The answer in words, the most important one first."""
    tables: tuple[Table, ...]
    sources: tuple[Source, ...]
    warnings: tuple[Note, ...]

    def table(self, id: str) -> Table:
        """The table that is called *id*. Raises KeyError, naming those that there are."""
        for one in self.tables:
            if one.id == id:
                return one
        raise KeyError(f"{id}: there are {', '.join(one.id for one in self.tables)}")
