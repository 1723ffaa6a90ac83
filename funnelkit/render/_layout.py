"""Which shape a block takes on a page: the first that fits, and rows stacked where none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render._grid import draw
from funnelkit.render._lines import Line, length
from funnelkit.render._stack import stacked
from funnelkit.render._strips import naturals, plan, shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelkit.render._table import Choice, Table


def arranged(choices: Sequence[Choice], width: int | None) -> list[Line]:
    """The lines of the first of *choices* that fits into *width*; every choice says the same."""
    for choice in choices:
        fitting = [_fitting(table, width) for table in choice]
        if all(lines is not None for lines in fitting):
            return _spaced([lines for lines in fitting if lines is not None])
    if width is not None:
        return _spaced([stacked(table, width) for table in plainest(choices)])
    uncut = [_spaced([_uncut(table) for table in choice]) for choice in choices]
    return min(uncut, key=_width, default=[])


def plainest(choices: Sequence[Choice]) -> Choice:
    """The first choice that labels its values by headers."""
    return next((choice for choice in choices if not any(table.tiles for table in choice)), ())


def _fitting(table: Table, width: int | None) -> list[Line] | None:
    for strips in shapes(table):
        widths = plan(strips, width)
        if widths is not None:
            return draw(table, strips, widths, width)
    return None


def _uncut(table: Table) -> list[Line]:
    """The narrowest shape of *table* in which nothing is broken."""
    return min((draw(table, strips, naturals(strips), None) for strips in shapes(table)), key=_width)


def _width(lines: Sequence[Line]) -> int:
    return max(map(length, lines), default=0)


def _spaced(tables: Sequence[list[Line]]) -> list[Line]:
    """The tables below each other with a blank line between."""
    return [line for lines in tables for line in ([], *lines)][1:]
