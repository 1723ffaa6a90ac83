"""A first funnelkit.yaml from files: every decision about them written down, with its evidence.

What is pinned here is checked on every later run: a file that differs is refused with the difference, instead of
being read in another way without a word.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.config import Config
from funnelkit.errors import FunnelkitError, UsageError
from funnelkit.pipeline.loading import engine_for, load_all
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.pinning import outcome_columns
from funnelkit.pipeline.reading import inputs, read_config, zone_of
from funnelkit.pipeline.watching import Observe, nobody
from funnelkit.render._text import clean
from funnelkit.stagecolumns import is_stage_entry
from funnelkit.styles import DateStyle, NumberStyle
from funnelkit.tables import TABLES

if TYPE_CHECKING:
    from funnelkit.sources.deciding.decisions import Decision
    from funnelkit.sources.loaded import Loaded

_HEAD = """\
# How funnelkit reads the exports in this folder. `funnelkit report` without arguments takes them all.
# Written by `funnelkit init`; everything may be changed, and a misspelt key is told with its line.
#
# `pinned` makes it hold: a later file whose columns are gone or written in another way, or whose status has words
# that are neither known nor listed here, is refused with the difference. New columns are told, and not read.
"""
_TAIL = """
# Worth setting:
# gross_margin: 0.75        # needed for customer lifetime value
# horizon: 90               # days a lead has to convert before its month counts as mature
# channels: {partners: [reseller, agency]}   # your own words for channels
"""
_MOST_WORDS = 100
"""A status with more unknown words than this is no closed list, and its words are not pinned."""
_SELF_PROVING = ("utf-8", "utf-8-sig", "utf-16", "excel", "parquet", "arrow")
"""Encodings that the bytes of a file prove; any other is a guess that is worth writing down."""
_DATED = re.compile(r"(?:19|20)\d\d[\d._ -]*\d")
"""A date in the name of a file."""
_WIDTH = 110


class Start(Struct, frozen=True, kw_only=True):
    """A new configuration, and what remains to be settled in it."""

    text: str
    open: tuple[str, ...]


def configuration(files: Sequence[str], options: Options, folder: Path, observe: Observe = nobody) -> Start:
    """A configuration in *folder* that reads *files* as they are read now. Problems are raised all at once."""
    config = Config(presets=_own_presets())
    zone = zone_of(options, config)
    # Workbooks are opened in the background from here on, while the engine is imported.
    named = inputs(files, options, config)
    if any(one.data is not None for one in named):
        raise UsageError("standard input cannot be pinned", hint="Save it as a file, and name that.")
    if folder_of_tables := next((one.folder for one in named if one.kept), None):
        raise UsageError(
            f"{folder_of_tables}: holds kept tables, which are read already",
            hint="Name the exports that they were made of.",
        )
    with engine_for(named, options, config) as engine:
        loaded, _ = load_all(named, config, zone, engine, observe)
    lines = [_HEAD, f"timezone: {zone}"]
    if options.currency:
        lines.append(f"currency: {options.currency}")
    lines += _presets(config, folder)
    lines.append("sources:")
    for file in loaded:
        lines += _entry(file, folder)
    left = tuple(question for file in loaded for question in _open(file))
    return Start(text="\n".join(lines) + "\n" + _TAIL, open=left)


def _own_presets() -> Path | Mapping[str, Any] | None:
    """The presets of the configuration that is there: they are to be used, and kept."""
    try:
        return read_config(Options()).presets
    except FunnelkitError:
        return None  # it is about to be replaced


def _presets(config: Config, folder: Path) -> Iterator[str]:
    if isinstance(config.presets, Path):
        yield f"presets: {yaml_text(os.path.relpath(config.presets, folder))}"
    elif config.presets:
        yield "presets:"
        yield from (f"  {yaml_text(name)}: {json.dumps(one)}" for name, one in config.presets.items())


def _entry(file: Loaded, folder: Path) -> Iterator[str]:
    kind, dialect = file.export.kind, file.export.dialect
    path = os.path.relpath(file.export.file, folder)
    yield f"  - path: {yaml_text(_escaped(path))}"
    pattern = _DATED.sub("*", _escaped(Path(path).name))
    if pattern != _escaped(Path(path).name):
        # Next week's file has another name, but which of them belong together only a person knows.
        yield f"    # path: {yaml_text(str(Path(path).with_name(pattern)))}   # for the files of other dates too"
    yield f"    preset: {kind.preset.name}" if kind.preset else f"    table: {kind.table}"
    yield "    pinned: true"
    if file.export.sheet:
        yield f"    sheet: {yaml_text(file.export.sheet)}"
    if dialect.encoding not in _SELF_PROVING:
        yield f"    encoding: {dialect.encoding}"
    if dialect.delimiter not in ("", ","):
        yield f"    delimiter: {yaml_text(dialect.delimiter)}"
    if file.currency and "currency" not in kind.columns:
        yield f"    currency: {file.currency}"
    yield from _said(file)
    yield "    columns:"
    decided = {d.target: d for d in file.decisions}
    for target, header in kind.columns.items():
        if not is_stage_entry(target):
            yield from _column(target, header, decided.get(target), file)
    readable = {d.header for d in file.decisions if d.style} | _only_mapped(file)
    unused = [name for name in file.export.header if name and name not in readable]
    yield from _flow("unused", unused)
    yield from _words(file)


def _said(file: Loaded) -> Iterator[str]:
    """What the command line said of the file, where it decided something."""
    if file.settings.order and any(isinstance(d.style, DateStyle) and d.style.orders for d in file.decisions):
        yield f"    # --date-order {file.settings.order} was given, for the dates that fit two readings"
    if file.settings.decimal:
        yield f"    # --decimal {file.settings.decimal} was given, for the numbers that fit two readings"


def _only_mapped(file: Loaded) -> set[str]:
    """Headers of columns that were recognised, but stand for nothing beside another of the same header."""
    decided = {d.target for d in file.decisions}
    return {header for target, header in file.export.kind.columns.items() if target not in decided}


def _column(target: str, header: str, decision: Decision | None, file: Loaded) -> Iterator[str]:
    """One column as it is read; one that cannot be read as a comment, to be settled."""
    if decision is None:
        yield f"      {target}: {yaml_text(header)}"
        return
    evidence = " ".join(clean(decision.evidence).split())
    if decision.style is None:
        key = "order: dmy" if TABLES[file.table].columns[target].kind == "date" else 'decimal: ","'
        yield f"      # {target}: {{from: {yaml_text(header)}, {key}}}   # to be settled: {evidence}"
        return
    yield f"      {target}: {_spelt(header, decision, file)}  # {evidence}"


def _spelt(header: str, decision: Decision, file: Loaded) -> str:
    """The header, with the order or the decimal sign that its cells have shown."""
    style = decision.style
    if isinstance(style, DateStyle) and not file.settings.patterns.get(decision.target):
        orders = set(style.orders.values())
        if len(orders) == 1:
            return f"{{from: {yaml_text(header)}, order: {orders.pop()}}}"
    # Whole numbers without any separator have shown nothing.
    if isinstance(style, NumberStyle) and (
        style.scale or "thousands" in decision.evidence or file.settings.decimal
    ):
        return f"{{from: {yaml_text(header)}, decimal: {yaml_text(style.decimal)}}}"
    return yaml_text(header)


def _words(file: Loaded) -> Iterator[str]:
    """The words of a status that were not understood, and how to explain them."""
    for decision in (columns := outcome_columns(file)):
        words = [clean(word) for word in decision.unknown]
        if words and len(words) <= _MOST_WORDS:
            meanings = (
                "won, lost, open or other"
                if file.table == "deals"
                else "mql, sal, sql, opportunity, customer or rejected"
            )
            key = "won" if file.table == "deals" else "mql"
            yield f"    # Not understood in {yaml_text(decision.header)}. Say what they mean: {meanings}, as in"
            yield f"    # values: {{status: {{{key}: [{yaml_text(words[0])}]}}}}"
    unknown = dict.fromkeys(clean(word) for decision in columns for word in decision.unknown)
    if len(unknown) > _MOST_WORDS:
        yield f"    # {len(unknown)} words of its status are in no list; such a free column is not pinned."
    elif columns:
        yield from _flow("unclear", list(unknown))


def _flow(key: str, values: Sequence[str]) -> Iterator[str]:
    """A YAML list over as many lines as it needs."""
    lines = [f"    {key}: ["]
    for number, value in enumerate(values, 1):
        item = yaml_text(value) + (", " if number < len(values) else "")
        if len(lines[-1]) + len(item) > _WIDTH and lines[-1].strip():
            lines.append(" " * 6)
        lines[-1] += item
    lines[-1] = f"{lines[-1]}]"
    yield from (line.rstrip() for line in lines)


def _open(file: Loaded) -> Iterator[str]:
    """What a person has to settle in the entry of *file*."""
    from funnelkit.sources.asking import AGAIN

    for decision in file.decisions:
        if decision.style is None and decision.target not in AGAIN:
            yield f"{file.export.file}: column {decision.header!r} ({decision.target}) is left out: {decision.evidence}"
    unknown = dict.fromkeys(word for decision in outcome_columns(file) for word in decision.unknown)
    if unknown:
        shown = ", ".join(map(repr, list(unknown)[:5])) + (", ..." if len(unknown) > 5 else "")
        yield f"{file.export.file}: {len(unknown)} word{'s' * (len(unknown) > 1)} of its status not understood: {shown}"


def _escaped(path: str) -> str:
    """*path* as a pattern that only it fits."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def yaml_text(value: str) -> str:
    """*value* as a YAML scalar; JSON strings are YAML, once what nobody sees is spelt out."""
    return "".join(
        c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(value, ensure_ascii=False)
    )
