"""The report for reading in a terminal, and as plain text everywhere else. Programs take json or csv.

Plain strings with a few colour codes: nothing is interpreted as markup, and no library has to be loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render._layout import arranged
from funnelkit.render._lines import INDENT, Line, flow, paragraph
from funnelkit.render._page import page
from funnelkit.render._plot import draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from funnelkit.render._table import Block, Page, Style
    from funnelkit.reports import Report

_CODES: dict[Style, str] = {
    "strong": "1",
    "quiet": "2",
    "better": "32",
    "worse": "31",
    "note": "33",
}
"""SGR codes. Each goes with a word or a sign that says the same."""


def render(report: Report, *, width: int | None = None, color: bool = False) -> bytes:
    """*report* for a terminal of *width* columns; None is no terminal, where no line is ever broken."""
    return printed(page(report), width=width, color=color)


def printed(shown: Page, *, width: int | None = None, color: bool = False) -> bytes:
    """The page *shown* for a terminal of *width* columns."""
    lines = _lines(shown, width)
    return "".join(f"{_painted(line, color)}\n" for line in lines).encode()


def _lines(shown: Page, width: int | None) -> Iterator[Line]:
    yield from paragraph([shown.title], width)
    for facts in shown.facts:
        yield from flow(facts, width, indent=0, between=" · ")
    for block in shown.blocks:
        yield []
        yield from _block(block, width)


def _block(block: Block, width: int | None) -> Iterator[Line]:
    if block.title:
        yield from flow([text for text in (block.title, block.caption) if text], width, indent=0)
    if block.plot and (drawn := draw(block.plot, width)):
        yield from (*drawn, [])
    yield from arranged(block.choices, width)
    for texts in block.lines:
        yield from paragraph(texts, width, indent=INDENT, hang=INDENT)


def _painted(line: Iterable[tuple[str, Style]], color: bool) -> str:
    """*line* as a string, in colour if there is to be any; blanks at its end are left out."""
    runs = list(line)
    while runs and not runs[-1][0].strip():
        runs.pop()
    if not color:
        return "".join(text for text, _ in runs).rstrip()
    return "".join(f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style and text else text for text, style in runs)
