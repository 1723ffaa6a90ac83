"""A table as one block of lines per row, for pages too narrow to set columns side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _text
from funnelkit.render._grid import details
from funnelkit.render._lines import GAP, INDENT, Line, flow, padded, paragraph
from funnelkit.render._picture import bar
from funnelkit.render._strips import pieces, untailed
from funnelkit.render._table import Column, Row, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_IN = INDENT * 2


def stacked(table: Table, width: int) -> list[Line]:
    """The lines of *table*: the name of each row, and with it every text that the row has."""
    table = untailed(table)
    values = table.columns[table.names :]
    room = max((_text.width(column.header.text) for column in values if not column.bare), default=0)
    lines: list[Line] = []
    for index, row in enumerate(table.rows):
        if row.heading:
            lines += [*([[]] if index else []), *paragraph([row.heading], width)]
        if all(column.bare for column in values):
            lines += _plain(table, row, width)
        else:
            lines += _named(table, row, width)
            for column, cell in zip(values, row.cells[table.names :], strict=True):
                lines += _item(column, pieces(column, cell, headed=not column.bare), width, room)
        lines += details(row, width)
    return lines


def _plain(table: Table, row: Row, width: int) -> list[Line]:
    """A row whose values need no labels, as one run of texts."""
    texts = [
        text
        for column, cell in zip(table.columns, row.cells, strict=True)
        for text in pieces(column, cell, headed=False)
    ]
    return flow(texts, width, indent=INDENT, hang=INDENT)


def _named(table: Table, row: Row, width: int) -> list[Line]:
    names = [text for cell in row.cells[: table.names] for text in cell if text]
    texts = [Text(text.text, text.style or "strong") for text in names]
    between = [piece for text in texts for piece in (Text("·", "quiet"), text)]
    return paragraph(between[1:], width, indent=INDENT, hang=INDENT)


def _item(column: Column, texts: Sequence[Text], width: int, room: int) -> list[Line]:
    """The label of a column and the texts of one row in it, on one line if they fit there."""
    if not texts:
        return []
    if any(text.share is not None for text in texts):
        return [[(" " * _IN, ""), (bar(text.share, max(width - _IN, 1)), "")] for text in texts if text.share]
    if column.bare or not column.header:
        return flow(texts, width, indent=_IN)
    label = Text(column.header.text, "quiet")
    inside = _IN + room + GAP
    if all(inside + _text.width(text.text) <= width for text in texts):
        first, *others = flow(texts, width, indent=inside)
        return [[(" " * _IN, ""), *padded(label, room + GAP, right=False), *first[1:]], *others]
    return [*paragraph([label], width, indent=_IN, hang=INDENT), *flow(texts, width, indent=_IN + INDENT)]
