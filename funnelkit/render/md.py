"""The report in GitHub's Markdown, for issues, wikis and chats: the same blocks as in the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from funnelkit.render._layout import plainest
from funnelkit.render._page import page
from funnelkit.render._picture import bar
from funnelkit.render._plot import draw
from funnelkit.render._strips import Strip, beside, untailed
from funnelkit.render._table import Block, Page, Row, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.reports import Report

_BAR = 20
_INERT = str.maketrans("`<>", "'‹›")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# An underscore inside a word means nothing, so that paid_search can stay readable in the source.
_MARKUP = re.compile(r"[\\`*\[\]{}|~$#]|(?<![^\W_])_|_(?![^\W_])")


def render(report: Report) -> bytes:
    """*report* as UTF-8 Markdown, with numbers rounded for reading."""
    return printed(page(report))


def printed(shown: Page) -> bytes:
    """The page *shown* as UTF-8 Markdown."""
    facts = "  \n".join(" · ".join(escaped(text.text) for text in facts) for facts in shown.facts)
    parts = [f"# {escaped(shown.title.text)}", facts]
    parts += [part for block in shown.blocks for part in _block(block)]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def escaped(text: str) -> str:
    r"""*text* so that Markdown and HTML show it as it is.

    >>> escaped("<b> a|b [x](y)")
    '&lt;b&gt; a\\|b \\[x\\](y)'
    """
    harmless = _MARKUP.sub(lambda match: f"\\{match[0]}", text)
    return "".join(_ENTITIES.get(character, character) for character in harmless)


def _block(block: Block) -> Iterator[str]:
    if block.title:
        yield f"## {escaped(block.title.text)}"
    yield escaped(block.caption.text)
    yield _drawn(block)
    for table in plainest(block.choices):
        for part in _sections(table):
            yield from _table(part)
    yield _list([" ".join(_styled(text) for text in texts) for texts in block.lines])


def _drawn(block: Block) -> str:
    """The curves as they stand in a terminal, in a fence, where escapes would be seen: what acts is replaced."""
    lines = draw(block.plot, None) if block.plot else []
    drawn = "\n".join("".join(text for text, _ in line).rstrip() for line in lines)
    return f"```text\n{drawn.translate(_INERT)}\n```" if drawn else ""


def _sections(table: Table) -> Iterator[Table]:
    """*table* cut where a heading stands, since Markdown has no headings within a table."""
    starts = [index for index, row in enumerate(table.rows) if row.heading or index == 0]
    for start, end in zip(starts, [*starts[1:], len(table.rows)], strict=True):
        yield Table(columns=table.columns, rows=table.rows[start:end], names=table.names)


def _table(table: Table) -> Iterator[str]:
    if table.rows[0].heading:
        yield f"## {escaped(table.rows[0].heading.text)}"
    strips = beside(untailed(table))
    lines = [
        _line([escaped(strip.header.text) for strip in strips]),
        _line(["---:" if strip.right else "---" for strip in strips]),
        *(_line([_cell(strip, index) for strip in strips]) for index in range(len(table.rows))),
    ]
    yield "\n".join(lines)
    yield _list([f"{_name(row)}: {escaped(text.text)}" for row in table.rows for text in row.details])


def _cell(strip: Strip, index: int) -> str:
    return " ".join(_styled(text) for text in strip.cells[index])


def _styled(text: Text) -> str:
    if text.share is not None:
        return bar(text.share, _BAR)
    strong = text.style in ("strong", "note") and text.text
    return f"**{escaped(text.text)}**" if strong else escaped(text.text)


def _name(row: Row) -> str:
    return escaped(row.cells[0][0].text)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
