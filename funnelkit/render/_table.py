"""What a page holds before anybody knows how wide it is: texts, tables, curves, blocks.

Both formats for reading, terminal and Markdown, are laid out from these, so they say the same.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import force_setattr

from funnelkit.render._text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")
Style = Literal["", "strong", "quiet", "better", "worse", "note"]
"""What a text means; each format decides what that looks like. A word or sign always says it too."""


class Text(Struct, frozen=True):
    """A piece of one line. Whatever is put in, only harmless characters stay."""

    text: str = ""
    style: Style = ""
    share: float | None = None
    """Draw a bar that fills this part of the column instead of the text."""

    def __post_init__(self) -> None:
        force_setattr(self, "text", clean(self.text))

    def __bool__(self) -> bool:
        return bool(self.text) or self.share is not None


class Part(Struct, frozen=True, kw_only=True):
    """One of the texts of a cell: side by side where there is room, else below each other."""

    header: str = ""
    prefix: str = ""
    """Says what the text is where the header cannot: ``n 8,000``."""
    tail: bool = False
    """Belongs behind the part before it, on the same line, whatever the shape."""


class Column(Struct, frozen=True, kw_only=True):
    """One column of a table."""

    header: Text
    parts: tuple[Part, ...] = (Part(),)
    right: bool = True
    """Aligned to the right. Only columns that are not may be broken into lines."""
    solid: bool = False
    """Not broken into lines either, though aligned to the left."""
    bare: bool = False
    """The texts speak for themselves: no label where rows are stacked."""


Parts = tuple[Text, ...]
"""The texts of one cell, one for each part of its column."""


class Row(Struct, frozen=True, kw_only=True):
    """One row of a table."""

    cells: tuple[Parts, ...]
    heading: Text = Text()
    """A title above this row."""
    details: tuple[Text, ...] = ()
    """Lines that belong below this row."""


class Table(Struct, frozen=True, kw_only=True):
    """Rows and columns. The first *names* columns say what a row is."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    names: int = 1
    tiles: bool = False
    """A grid of cells that each bring their own label: no headers, parts below each other."""


_MOST_TABLES = 6

Choice = tuple[Table, ...]
"""Tables that stand below each other."""


def halved(columns: Sequence[T]) -> Iterator[list[Sequence[T]]]:
    """*columns* in one table, in two and so on up to six, as long as each has at least two of them.

    >>> list(halved("abcd"))
    [['abcd'], ['ab', 'cd']]
    """
    for tables in range(1, min(max(len(columns) // 2, 1), _MOST_TABLES) + 1):
        most = max(ceil(len(columns) / tables), 1)
        yield [columns[start : start + most] for start in range(0, len(columns), most)]


class Point(Struct, frozen=True):
    """A place on a curve."""

    x: float
    value: float
    limits: tuple[float, float] | None = None


class Curve(Struct, frozen=True, kw_only=True):
    """Points from left to right; between two of them the line is straight."""

    label: str
    points: tuple[Point, ...]


class Plot(Struct, frozen=True, kw_only=True):
    """Curves over one axis."""

    curves: tuple[Curve, ...]
    unit: str
    """Of the values."""
    currency: str | None = None
    along: str
    """What the places along the bottom are."""
    ends: tuple[str, str]
    """How the first and the last place are called."""


class Block(Struct, frozen=True, kw_only=True):
    """A part of the page with its own title."""

    title: Text = Text()
    caption: Text = Text()
    plot: Plot | None = None
    """Drawn above the tables, in a format that can."""
    choices: tuple[Choice, ...] = ()
    """The same numbers in several shapes; the first that fits is shown."""
    lines: tuple[tuple[Text, ...], ...] = ()
    """Remarks below the tables."""


class Page(Struct, frozen=True, kw_only=True):
    """The whole report for reading."""

    title: Text
    facts: tuple[tuple[Text, ...], ...]
    """Lines of short statements: period, as-of date, currency, filters."""
    blocks: tuple[Block, ...]
