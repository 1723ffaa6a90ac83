"""Rows of a text file that are no rows of its table, told by their cells alone: blank, ragged, a footer.

For the engines that take a file's rows in memory.
"""

from __future__ import annotations

from collections.abc import Sequence

ODD = {
    "blank": "blank row",
    "footer": "a lone text under the table",
    "ragged": "the row does not have the cells that the header promises",
    "torn": "the file ends within this row: it was cut off",
    "other_table": "a line of another table in the same file",
    "repeated_header": "the header again",
}


def oddity(cells: Sequence[str], width: int, needed: int) -> str | None:
    """Why a record that is not as wide as the header is no row, or None where it still is one."""
    filled = [i for i, cell in enumerate(cells) if cell.strip()]
    if not filled:
        return "blank"
    if len(filled) == 1 and len(cells) == 1 and width > 1:
        return "footer"
    if filled[-1] >= width or len(cells) < needed:
        return "ragged"
    return None


def padded_footer(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the end are lines of words that a spreadsheet has padded to the width of the table."""
    lone = 0
    words = False
    for row in reversed(rows):
        filled = [cell for cell in map(str.strip, row) if cell]
        if len(filled) != 1:
            break
        lone += 1
        # A row may well hold its id and nothing else; an id has no blanks.
        words |= " " in filled[0]
    return lone if words else 0
