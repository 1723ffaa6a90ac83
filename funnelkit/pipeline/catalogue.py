"""The presets to read: all by tool, one with everything that it says; as text, or as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import to_builtins

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.render._aligned import aligned, filled
from funnelkit.shipped import files
from funnelkit.words import compact

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.sources.preset import ColumnSource, Preset

VERSION = "1.0"
FORMATS = ("terminal", "json")
_LEAST = 26
"""The names of exports stand below those of presets on a terminal with less room for them, of all tools alike."""


def check(format: str | None) -> None:
    """Raise UsageError where *format* is none that the list has."""
    if format is not None and format not in FORMATS:
        raise UsageError(f"sources has no format {format!r}", hint=did_you_mean(format, FORMATS))


def chosen(known: Sequence[Preset], name: str) -> list[Preset]:
    """The preset *name*; or those of the tool *name*, as ``hubspot`` or ``Google Ads``. Raises UsageError for neither."""
    found = [p for p in known if p.name == name]
    found = found or [p for p in known if compact(p.tool) == compact(name)]
    found = found or [p for p in known if p.name.startswith(f"{name.lower()}_")]
    if not found:
        names = [*(p.name for p in known), *{p.tool.lower() for p in known}]
        raise UsageError(f"there is no preset {name!r}", hint=_near(name, names))
    return found


def _near(name: str, names: Sequence[str]) -> str:
    hint = did_you_mean(name, names)
    return hint if hint.startswith("Did") else "`funnelkit sources` lists them all."


def document(presets: Sequence[Preset]) -> bytes:
    """Everything that *presets* say, as JSON."""
    entries = [to_builtins(preset) for preset in _ordered(presets)]
    text = json.dumps({"format_version": VERSION, "presets": entries}, indent=2, ensure_ascii=False)
    return f"{text}\n".encode()


def listing(presets: Sequence[Preset], width: int | None) -> bytes:
    """All presets below the names of their tools."""
    ordered = _ordered(presets)
    rows = [(f"  {p.name}", p.table, _export(p)) for p in ordered]
    names, tables = (max(len(row[i]) for row in rows) for i in (0, 1))
    lines: list[str] = []
    for tool, own in groupby(zip(ordered, rows, strict=True), key=lambda pair: pair[0].tool):
        # Padded beforehand, so that the columns of all tools stand below each other.
        padded = [(row[0].ljust(names), row[1].ljust(tables), row[2]) for _, row in own]
        lines += ["", tool, *aligned(padded, width, indent=0, least=_LEAST)]
    tools = len({p.tool for p in ordered})
    told = f"{len(ordered)} export{'s' * (len(ordered) > 1)} of {tools} tool{'s' * (tools > 1)}. `funnelkit sources NAME` says where to click and what is read."
    if any(p.unverified for p in ordered):
        told += " unverified: written from documentation, never tried on a real file."
    if any(p.refuse for p in ordered):
        told += " of no use: known only to say what to download instead."
    return "\n".join([*lines[1:], "", *filled(told, width), ""]).encode()


def _ordered(presets: Iterable[Preset]) -> list[Preset]:
    return sorted(presets, key=lambda p: (p.tool.casefold(), p.table, p.name))


def _export(preset: Preset) -> str:
    marks = [
        mark
        for mark, holds in (
            ("your own", preset.own),
            ("unverified", preset.unverified),
            ("of no use", preset.refuse),
        )
        if holds
    ]
    return f"{preset.export} ({', '.join(marks)})" if marks else preset.export


def explained(preset: Preset, config: Config, width: int | None) -> bytes:
    """One preset: where to click, how it is recognised, which header becomes which column, what is peculiar."""
    lines = filled(f"{preset.name}: {preset.tool}, {preset.export}", width, hang=2)
    facts = [
        ("table", preset.table + (f", one row per {preset.grain}" if preset.grain else "")),
        ("get it at", preset.where),
        ("of no use", preset.refuse),
        ("unverified", "written from documentation, never tried on a real file" if preset.unverified else ""),
    ]
    lines += aligned([fact for fact in facts if fact[1]], width)
    remarks = _remarks(preset, config)
    if remarks:
        lines += ["", *filled(remarks, width, indent=2)]
    for title, rows in _parts(preset):
        if rows:
            lines += ["", title, *aligned(rows, width)]
    return "\n".join([*lines, ""]).encode()


def _parts(preset: Preset) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    yield (
        "Columns, in the languages and years that are known",
        [(target, _source(source)) for target, source in preset.columns.items()],
    )
    yield "Useless without", [("needs", need.say) for need in preset.needs]
    yield "Worth adding", list(preset.lacks.items())
    yield "What is peculiar", list(_quirks(preset))
    recognised = [("one of", ", ".join(group)) for group in preset.match]
    if preset.absent:
        recognised.append(("none of", ", ".join(preset.absent)))
    if preset.file:
        recognised.append(("file name", f"with {' or '.join(preset.file)}"))
    yield "Recognised by its headers", list(recognised)


def _source(source: ColumnSource) -> str:
    said = [
        text
        for text, holds in (
            (f"dates {source.order}{_under(source.order_for)}", source.order),
            (f"decimal sign {source.decimal}", source.decimal),
            (f"times in {source.zone}", source.zone),
            (f"blank cells from {' / '.join(source.fill)}", source.fill),
            (f"{source.counts} counted from the first day above the header", source.counts),
        )
        if holds
    ]
    return " / ".join(source.headers) + (f"  ({', '.join(said)})" if said else "")


def _under(headers: Sequence[str]) -> str:
    return f" under {' or '.join(headers)}" if headers else ""


def _quirks(preset: Preset) -> Iterator[tuple[str, str]]:
    """What is not as in other files, by sort."""
    if preset.totals:
        yield "total rows", f"named {' or '.join(preset.totals)}"
    if preset.blank_totals:
        yield "total rows", f"with nothing in {', '.join(preset.blank_totals)}"
    if preset.footers:
        yield "footers", " or ".join(preset.footers)
    for rows in preset.other_rows:
        words = " or ".join(rows.words) or "nothing"
        yield "set aside", f"rows with {words} in {rows.column}: {rows.say}"
    for rule in preset.one_value:
        yield "refused", f"with several values in {' or '.join(rule.any_of)}: {rule.say}"
    for column, value in preset.constants.items():
        yield "always", f"{column} is {value}"
    for column, meanings in preset.values.items():
        for meaning, theirs in meanings.items():
            yield "words", f"{column} {meaning}: {', '.join(theirs)}"
    if preset.period == "file name":
        yield "period", "stands in the file name"


def _remarks(preset: Preset, config: Config) -> str:
    """The comment at the head of the preset's file, which says what was seen."""
    if not preset.own:
        path = files("funnelkit.sources") / "presets" / f"{preset.name}.yaml"
    elif isinstance(config.presets, Path):
        path = config.presets / f"{preset.name}.yaml"
    else:
        return ""
    found = []
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            break
        found.append(line.lstrip("# "))
    return " ".join(found)
