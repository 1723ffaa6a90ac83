"""Lines of styled text: padded, joined, wrapped. Widths are columns of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _text
from funnelkit.render._table import Style, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Run = tuple[str, Style]
Line = list[Run]
"""Runs of text in one style each. The empty list is a blank line."""

INDENT = 2
"""Where everything below a title begins."""
GAP = 2
"""Between two columns."""


def length(line: Line) -> int:
    """The columns that *line* takes."""
    return sum(_text.width(text) for text, _ in line)


def padded(text: Text, columns: int, *, right: bool) -> Line:
    """*text* filled up to *columns* on its left (*right*-aligned) or on its right."""
    blanks: Run = (" " * max(columns - _text.width(text.text), 0), "")
    own: Run = (text.text, text.style)
    return [blanks, own] if right else [own, blanks]


def joined(cells: Iterable[Line], gaps: Iterable[int]) -> Line:
    """The cells of one row beside each other, each with its gap before it."""
    line: Line = []
    for cell, gap in zip(cells, gaps, strict=True):
        line += [(" " * gap, ""), *cell]
    return line


def paragraph(texts: Sequence[Text], width: int | None, *, indent: int = 0, hang: int = 0) -> list[Line]:
    """*texts* one after the other as words, wrapped to *width*; further lines are indented by *hang* more."""
    lines: list[Line] = [[(" " * indent, "")]]
    for word, style in ((word, text.style) for text in texts for word in text.text.split()):
        line = lines[-1]
        if len(line) == 1:
            line.append((word, style))
        elif width is not None and length(line) + 1 + _text.width(word) > width:
            lines.append([(" " * (indent + hang), ""), (word, style)])
        elif line[-1][1] == style:
            line[-1] = (f"{line[-1][0]} {word}", style)
        else:
            line += [(" ", ""), (word, style)]
    return lines


def flow(
    pieces: Sequence[Text], width: int | None, *, indent: int, hang: int = 0, between: str = " " * GAP
) -> list[Line]:
    """*pieces* beside each other, as many to a line as fit. Only a piece that fits nowhere is wrapped."""
    lines: list[Line] = []
    for piece in pieces:
        if lines and (width is None or length(lines[-1]) + len(between) + _text.width(piece.text) <= width):
            lines[-1] += [(between, "quiet"), (piece.text, piece.style)]
        else:
            lines += paragraph(
                [piece], width, indent=indent + (hang if lines else 0), hang=0 if lines else hang
            )
    return lines
