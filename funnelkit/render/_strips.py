"""The columns of a table as they are printed, and how wide each may be.

A number is never cut and a word never broken: where columns do not fit, there is no plan for them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.render import _text
from funnelkit.render._lines import GAP
from funnelkit.render._table import Column, Parts, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMFORTABLE = 120
"""Off a terminal no width forces a shape: this is what a mail or an editor shows without wrapping."""
_NARROW_TEXT = 16
"""Names are broken into lines of at least this width before a table gives up."""
_SHORT_HEADER = 13
"""A header of this length is broken only where there is no room for it."""
_DEEPEST_HEADER = 3
_SHORTEST_BAR, _LONGEST_BAR = 8, 40


class Strip(Struct, frozen=True, kw_only=True, dict=True):
    """A printed column: for each row the texts that stand below each other in it."""

    header: Text
    cells: Sequence[Sequence[Text]]
    right: bool
    solid: bool = False
    gap: int = GAP
    """The blanks before it."""

    @cached_property
    def bar(self) -> bool:
        """Whether bars are drawn in it."""
        return any(text.share is not None for cell in self.cells for text in cell)

    @cached_property
    def natural(self) -> int:
        """The width that shows every text on one line."""
        if self.bar:
            return _SHORTEST_BAR
        texts = (_text.width(text.text) for cell in self.cells for text in cell)
        return max(_within(self.header.text, _DEEPEST_HEADER), *texts, 0)

    @cached_property
    def wanted(self) -> int:
        """The width that puts a short header on one line, too, and a long one on two."""
        short = _text.width(self.header.text) <= _SHORT_HEADER
        return max(self.natural, _within(self.header.text, 1 if short else 2))

    @cached_property
    def least(self) -> int:
        """The width below which it cannot be shown."""
        if self.right or self.solid or self.bar:
            return self.natural
        words = (_text.longest_word(text.text) for cell in self.cells for text in cell)
        return min(self.natural, max(_NARROW_TEXT, _within(self.header.text, _DEEPEST_HEADER), *words))


def _within(header: str, lines: int) -> int:
    """The smallest width at which *header* takes at most so many *lines*."""
    sizes = range(_text.longest_word(header), _text.width(header))
    return next((size for size in sizes if len(_text.wrap(header, size)) <= lines), _text.width(header))


def shapes(table: Table) -> Iterator[list[Strip]]:
    """The ways to print *table*: the parts of its cells side by side, then below each other."""
    if not table.tiles:
        yield beside(table)
    yield below(untailed(table))


def plan(strips: Sequence[Strip], width: int | None) -> list[int] | None:
    """The width of each strip, or None where they do not fit into *width*."""
    widths = [strip.natural for strip in strips]
    room = (width or _COMFORTABLE) - sum(strip.gap for strip in strips)
    if width is not None:
        for index in sorted(range(len(widths)), key=lambda i: -widths[i]):
            excess = max(sum(widths) - room, 0)
            widths[index] = max(widths[index] - excess, strips[index].least)
    return _spent(strips, widths, room - sum(widths)) if sum(widths) <= room else None


def naturals(strips: Sequence[Strip]) -> list[int]:
    """The widths that show everything, however much that is."""
    return _spent(strips, [strip.natural for strip in strips], _COMFORTABLE)


def _spent(strips: Sequence[Strip], widths: Sequence[int], spare: int) -> list[int]:
    """*widths* with the *spare* columns given first to headers, then to bars."""
    found = list(widths)
    for index, strip in enumerate(strips):
        more = strip.wanted - found[index]
        if 0 < more <= spare:
            found[index] += more
            spare -= more
    return [
        min(size + spare, _LONGEST_BAR) if strip.bar else size
        for strip, size in zip(strips, found, strict=True)
    ]


def beside(table: Table) -> list[Strip]:
    """One strip per part, but for those that no row has."""
    found = [
        Strip(
            header=Text() if part.tail else Text(part.header) if part.header else column.header,
            cells=[(row.cells[index][place],) for row in table.rows],
            right=column.right and not part.tail,
            gap=1 if part.tail else GAP,
        )
        for index, column in enumerate(table.columns)
        for place, part in enumerate(column.parts)
    ]
    return [strip for strip in found if any(text for (text,) in strip.cells)]


def below(table: Table) -> list[Strip]:
    """One strip per column, with the texts that there are below each other."""
    found = [
        Strip(
            header=column.header,
            cells=[pieces(column, row.cells[index], headed=True) for row in table.rows],
            right=column.right,
            solid=column.solid,
        )
        for index, column in enumerate(table.columns)
    ]
    return [strip for strip in found if any(strip.cells)]


def pieces(column: Column, cell: Parts, *, headed: bool) -> list[Text]:
    """The texts that *cell* has, each after the word that says what it is, if it needs one.

    *headed* means that the header of the column is in sight: it says what the first text is.
    """
    return [
        Text(f"{part.prefix} {text.text}", text.style) if part.prefix and (place or not headed) else text
        for place, (text, part) in enumerate(zip(cell, column.parts, strict=True))
        if text
    ]


def untailed(table: Table) -> Table:
    """*table* with every tail joined to the part before it."""
    columns = [
        replace(column, parts=tuple(part for part in column.parts if not part.tail))
        for column in table.columns
    ]
    rows = [replace(row, cells=tuple(map(_joined, table.columns, row.cells))) for row in table.rows]
    return replace(table, columns=tuple(columns), rows=tuple(rows))


def _joined(column: Column, cell: Parts) -> Parts:
    found: list[Text] = []
    for text, part in zip(cell, column.parts, strict=True):
        if part.tail:
            found[-1] = Text(f"{found[-1].text} {text.text}", found[-1].style)
        else:
            found.append(text)
    return tuple(found)
