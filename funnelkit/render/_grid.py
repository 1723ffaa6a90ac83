"""A table drawn with planned widths: headers, rows, and the lines that belong below a row."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from funnelkit.render import _text
from funnelkit.render._lines import INDENT, Line, joined, padded, paragraph
from funnelkit.render._picture import bar
from funnelkit.render._table import Row, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.render._strips import Strip

_NOTHING = Text()


def draw(table: Table, strips: Sequence[Strip], widths: Sequence[int], width: int | None) -> list[Line]:
    """The lines of *table*. *width* is only for the details below its rows."""
    lines = [] if table.tiles else _headers(strips, widths, _first_heading(table))
    blanks = [padded(_NOTHING, size, right=False) for size in widths]
    gaps = [strip.gap for strip in strips]
    for index, row in enumerate(table.rows):
        lines += _above(table, row, width) if index else []
        cells = [_cell(strip, strip.cells[index], size) for strip, size in zip(strips, widths, strict=True)]
        for level in zip_longest(*cells):
            lines.append(joined((line or blank for line, blank in zip(level, blanks, strict=True)), gaps))
        lines += details(row, width)
    return lines


def details(row: Row, width: int | None) -> Iterator[Line]:
    """The lines below *row*, wrapped to *width*."""
    for text in row.details:
        yield from paragraph([text], width, indent=INDENT * 2, hang=INDENT)


def _first_heading(table: Table) -> Text:
    return table.rows[0].heading if table.rows else _NOTHING


def _above(table: Table, row: Row, width: int | None) -> list[Line]:
    if row.heading:
        return [[], *paragraph([row.heading], width)]
    return [[]] if table.tiles else []


def _headers(strips: Sequence[Strip], widths: Sequence[int], heading: Text) -> list[Line]:
    """The header lines, each ending at the bottom; the first heading stands on the last of them."""
    wrapped = [_text.wrap(strip.header.text, size) for strip, size in zip(strips, widths, strict=True)]
    deepest = max(map(len, wrapped))
    levels = zip(*([""] * (deepest - len(texts)) + texts for texts in wrapped), strict=True)
    gaps = [strip.gap for strip in strips]
    lines = [
        joined(
            (
                padded(Text(text, "quiet"), size, right=strip.right)
                for text, size, strip in zip(level, widths, strips, strict=True)
            ),
            gaps,
        )
        for level in levels
    ]
    if not heading:
        return lines if any(strip.header for strip in strips) else []
    free = INDENT + widths[0] - _text.width(heading.text)
    if strips[0].header or free < 0:
        return [[(heading.text, heading.style)], *lines]
    lines[-1] = [(heading.text, heading.style), (" " * free, ""), *lines[-1][3:]]
    return lines


def _cell(strip: Strip, texts: Sequence[Text], size: int) -> list[Line]:
    """The lines of one cell, each *size* wide."""
    if strip.bar:
        return [padded(Text(bar(text.share or 0, size), text.style), size, right=False) for text in texts]
    return [
        padded(Text(line, text.style), size, right=strip.right)
        for text in texts
        for line in _text.wrap(text.text, size)
    ]
