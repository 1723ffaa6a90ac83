"""A study as a page for reading: its sentences, its tables, and what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.render import _evidence, _page
from funnelkit.render._table import Block, Page, Text
from funnelkit.render.study import _tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.studies import Study


def page(study: Study) -> Page:
    """Everything that the formats for reading show of *study*, the answer first."""
    facts = tuple(Text(fact.text, "quiet") for fact in _page.of_what(study))
    blocks = [block for block in _blocks(study) if block]
    return Page(
        title=Text(study.title, "strong"), facts=(facts, *_page.only(study)), blocks=(*_said(study), *blocks)
    )


def _said(study: Study) -> Iterator[Block]:
    """The sentences, of which the first is the answer."""
    if study.sentences:
        first, *others = study.sentences
        yield Block(lines=((Text(first, "strong"),), *((Text(said),) for said in others)))


def _blocks(study: Study) -> Iterator[Block | None]:
    tables = [_tables.block(table, study.currency) for table in study.tables if table.rows]
    yield from tables
    yield _signs(tables)
    yield _evidence.files(study.sources)
    yield _evidence.notes(study.warnings)


def _signs(tables: Sequence[Block]) -> Block | None:
    """What the signs in *tables* mean."""
    lines = tuple((Text(said, "quiet"),) for said in _tables.signs(tables))
    return Block(lines=lines) if lines else None
