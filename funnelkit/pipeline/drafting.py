"""A preset to start from: the header of a file, with what the vocabulary guesses of it and what a person must add."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from funnelkit import shipped
from funnelkit.errors import SourceError
from funnelkit.pipeline.starting import yaml_text
from funnelkit.sources import presetfiles, vocabulary
from funnelkit.sources.files import reader
from funnelkit.sources.files.export import Export, Proposal, Records
from funnelkit.sources.preset import Header, Preset
from funnelkit.sources.recognise import Recogniser
from funnelkit.tables import TABLES
from funnelkit.words import normalise

_MATCH = 5
"""So many headers make an export recognisable without tying it to one account's columns."""


class Guess(Struct, frozen=True, kw_only=True):
    """What a header may be."""

    table: str
    columns: dict[str, str]
    known: Preset | None = None
    """The preset that recognises it already."""


def name_of(text: str) -> str:
    """*text* as the name of a preset.

    >>> name_of("Campaign report (3)")
    'campaign_report_3'
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "own"
    taken = any(known.name == name for known in presetfiles.builtin())
    return f"own_{name}" if taken or not name[0].isalpha() else name


def draft(path: Path, name: str) -> str:
    """The YAML of a preset *name* for the export at *path*. It can be parsed, and recognises that export.

    Raises SourceError where the file has no header at all.
    """
    export = reader.read(path, _guess)
    text = "\n".join(_lines(export, name)) + "\n"
    made = presetfiles.parse(name, shipped.yaml_document(text))
    assert made.recognises(Header(export.header), export.file)
    return text


def _guess(header: tuple[str, ...], below: Records, file: str) -> Proposal[Guess] | None:
    """What *header* may be: a preset's, a table in known words, or at least the names of columns."""
    try:
        found = Recogniser(presets=presetfiles.builtin())(header, below, file)
    except SourceError:
        found = None  # of two tables that it could be, a person chooses
    if found:
        kind = found.kind
        guess = Guess(table=kind.table, columns=dict(kind.columns), known=kind.preset)
        return Proposal(kind=guess, score=1000 + found.score)
    filled = sum(1 for cell in header if cell)
    width = max((sum(1 for cell in cells if cell.strip()) for _, cells in below[:20]), default=0)
    if not width or filled < max(2, 0.8 * width):
        return None  # a title, or a line of words
    table, columns = max(((t, _by_words(t, header)) for t in TABLES), key=lambda pair: _weight(*pair))
    return Proposal(kind=Guess(table=table, columns=columns), score=filled + len(columns))


def _by_words(table: str, header: Sequence[str]) -> dict[str, str]:
    ranked: dict[str, tuple[int, str]] = {}
    for name in header:
        hit = vocabulary.load().column(table, name)
        if hit and (hit[0] not in ranked or hit[1] < ranked[hit[0]][0]):
            ranked[hit[0]] = (hit[1], name)
    return {column: name for column, (_, name) in ranked.items()}


def _weight(table: str, columns: dict[str, str]) -> float:
    complete = all(any(column in columns for column in group) for group in TABLES[table].needs)
    return complete * 100 + sum(vocabulary.load().weight(name) for name in columns.values())


def _lines(export: Export[Guess], name: str) -> Iterator[str]:
    guess = export.kind
    table = TABLES[guess.table]
    yield f"# {name}: started by `funnelkit sources new` from {_one_line(export.name)}. Complete the lines with TODO."
    if guess.known:
        yield f"# The preset {guess.known.name} reads this file already. Yours goes before it where `match` asks for"
        yield "# everything that the other asks for, and for more; else it is an error that names both."
    yield "tool: TODO the name of the tool"
    yield "export: TODO what the tool calls this export"
    yield f"table: {table.name}   # {table.row}; TODO check it, the tables are {', '.join(TABLES)}"
    yield "where: TODO where the user clicks to get it"
    yield "match:   # the file must have one header of each line; TODO keep those that only this export has"
    yield from (f"  - [{', '.join(map(yaml_text, group))}]" for group in _match(export))
    if guess.known and guess.known.absent:
        yield f"absent: [{', '.join(map(yaml_text, guess.known.absent))}]"
    else:
        yield "# absent: []   # headers that show it is another export of the same tool"
    if guess.known and guess.known.file:
        yield f"file: [{', '.join(map(yaml_text, guess.known.file))}]   # words of which the file name has one"
    yield 'columns:   # ours: the header; or [headers over years and languages], or {from: ..., order: dmy, decimal: ","}'
    yield from (f"  {target}: {yaml_text(header)}" for target, header in guess.columns.items())
    if not guess.columns:
        yield "  {}"
    yield from _missing(export)
    unused = [name for name in export.header if name and name not in guess.columns.values()]
    if unused:
        yield f"# TODO not used yet; the columns of {table.name} are {', '.join(table.columns)}:"
        yield from (f"#   {_one_line(name)}" for name in unused)
    yield '# totals: ["Total.*"]   # regular expressions for the label of a total row'
    if "status" in table.columns:
        yield "# values: {status: {won: [], lost: []}}   # the tool's words, where they are not understood"


def _match(export: Export[Guess]) -> list[tuple[str, ...]]:
    """Groups of headers to recognise the export by: those of the preset that knows it, then what is its own."""
    guess = export.kind
    header = Header(export.header)
    groups: list[tuple[str, ...]] = list(guess.known.match) if guess.known else []
    taken = {found for group in groups for wanted in group if (found := header.find(wanted))}
    words = vocabulary.load().tables_of
    # A header that nobody else uses says most; then those that the table lives from.
    free = [name for name in export.header if name and name not in taken]
    free.sort(key=lambda name: (name not in guess.columns.values(), words.get(normalise(name), 0)))
    strange = [name for name in free if not words.get(normalise(name))][:2]
    chosen = dict.fromkeys([*strange, *free])
    needed = 1 if groups else min(_MATCH, len(chosen))
    return [*groups, *((name,) for name in list(chosen)[:needed])]


def _missing(export: Export[Guess]) -> Iterator[str]:
    for group in TABLES[export.kind.table].needs:
        if not set(group) & set(export.kind.columns):
            yield f"  # TODO {' or '.join(group)}: which header is it?"


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
