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
    room = _labels(table, width)
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


def _labels(table: Table, width: int) -> int | None:
    """How wide the labels are, or None where there is no room for all texts beside them."""
    labels, texts = [0], [0]
    for index, column in enumerate(table.columns):
        if index >= table.names and not column.bare:
            labels.append(_text.width(column.header.text))
            cells = (pieces(column, row.cells[index], headed=True) for row in table.rows)
            texts += [_text.width(text.text) for cell in cells for text in cell]
    return max(labels) if _IN + max(labels) + GAP + max(texts) <= width else None


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


def _item(column: Column, texts: Sequence[Text], width: int, room: int | None) -> list[Line]:
    """The label of a column and the texts of one row in it; all labels are *room* wide, if given."""
    if not texts:
        return []
    if any(text.share is not None for text in texts):
        return [[(" " * _IN, ""), (bar(text.share, max(width - _IN, 1)), "")] for text in texts if text.share]
    if column.bare:
        return flow(texts, width, indent=_IN)
    label = Text(column.header.text, "quiet")
    if room is None:
        return flow([label, *texts], width, indent=_IN, hang=INDENT)
    first, *others = flow(texts, width, indent=_IN + room + GAP)
    return [[(" " * _IN, ""), *padded(label, room + GAP, right=False), *first[1:]], *others]
