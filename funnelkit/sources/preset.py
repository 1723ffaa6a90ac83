"""Presets: one YAML file for each export of a tool, in a closed vocabulary without conditions.

A preset recognises an export by its headers and says which header is which canonical column.
Headers are compared without regard to case and blanks; ``{currency}`` in one stands for a code
and ``{any}`` for whatever an account calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from funnelkit import shipped
from funnelkit.errors import ConfigError, SourceError, did_you_mean
from funnelkit.sources import shapes
from funnelkit.tables import TABLES
from funnelkit.words import fold


class ColumnSource(Struct, frozen=True, kw_only=True):
    """Where a canonical column comes from in an export."""

    headers: tuple[str, ...]
    """Names of the column, over years and languages; the first that the file has is taken."""
    order: str | None = None
    """dmy or mdy, where the tool always writes numeric dates so."""
    decimal: str | None = None
    zone: str | None = None
    """Zone of the time stamps, where the tool fixes it."""
    counts: Literal["days", "weeks", "months"] | None = None
    """The cells are no dates but numbers, which count from the first day that stands above the header."""


class OtherRows(Struct, frozen=True, kw_only=True):
    """Rows of an export that are something else than its table holds: further line items, bank transfers."""

    column: str
    """The header that tells them."""
    words: tuple[str, ...]
    """What stands there in such rows; none means that nothing does."""
    reason: str
    say: str


class Need(Struct, frozen=True, kw_only=True):
    """Columns of which the export must hold one, to be of any use; and what to tell if not."""

    any_of: tuple[str, ...]
    say: str


class Preset(Struct, frozen=True, kw_only=True):
    """How to recognise and read one export of one tool."""

    name: str
    tool: str
    export: str
    table: str
    where: str
    """Where the user clicks to get the export."""
    match: tuple[tuple[str, ...], ...]
    """Each group: headers of which the file must have one."""
    columns: Mapping[str, ColumnSource]
    absent: tuple[str, ...] = ()
    """Headers that show it is another export of the same tool."""
    file: tuple[str, ...] = ()
    """Words of which the file name must hold one, where the headers alone say too little."""
    grain: str | None = None
    """What a row is; of payments, ``ledger`` says that rows are money in and out of an account."""
    platform: str = ""
    """The ad platform or tool, for the channel."""
    constants: Mapping[str, str] = field(default_factory=dict)
    totals: tuple[str, ...] = ()
    """Regular expressions for the label of a total row, in any text column."""
    blank_totals: tuple[str, ...] = ()
    """Headers that are all blank in a total row."""
    footers: tuple[str, ...] = ()
    """Regular expressions for lines below the table."""
    other_rows: tuple[OtherRows, ...] = ()
    refuse: str = ""
    """Why this export is of no use, for one that is known only to be told apart from a useful one."""
    period: Literal["preamble", "file name"] = "preamble"
    """Where the days stand of a report without a date column."""
    values: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Column -> canonical word -> the tool's words for it."""
    missing: tuple[str, ...] = ()
    """What the tool writes in a text column for no value, beside the usual marks."""
    needs: tuple[Need, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Canonical column -> how to get it into the export, said when it is not there."""
    unverified: bool = False
    """Written from documentation; never seen on a real file."""
    own: bool = False
    """The user's, not the package's."""

    def recognises(self, header: Header, file: str) -> bool:
        """Whether this preset knows an export with *header*."""
        if self.file and not any(word in Path(file).name.lower() for word in self.file):
            return False
        return all(any(header.find(h) for h in group) for group in self.match) and not any(
            header.find(h) for h in self.absent
        )


class Header:
    """The names above a table, to be looked up without regard to case and blanks."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._index: dict[str, str] = {}
        for name in reversed(self.names):
            if name:
                self._index[fold(name)] = name

    def find(self, wanted: str) -> str | None:
        """The name in the file for *wanted*, or None."""
        if "{" not in wanted:
            return self._index.get(fold(wanted))
        pattern = _pattern(wanted)
        return next((name for key, name in self._index.items() if pattern.fullmatch(key)), None)


def currency_in(wanted: Iterable[str], name: str) -> str | None:
    """The currency code that *name* holds where one of *wanted* has ``{currency}``.

    >>> currency_in(["Amount spent ({currency})"], "Amount spent (EUR)")
    'EUR'
    """
    for pattern in wanted:
        if "{currency}" in pattern and (match := _pattern(pattern).fullmatch(fold(name))):
            return match["code"].upper()
    return None


@cache
def _pattern(wanted: str) -> re.Pattern[str]:
    escaped = re.escape(fold(wanted)).replace(re.escape("{currency}"), "(?P<code>[a-z]{3})")
    return re.compile(escaped.replace(re.escape("{any}"), ".+"))


def choose(header: Sequence[str], presets: Iterable[Preset], file: str) -> Preset | None:
    """The one preset that recognises *header*, None for none. Two are an error.

    A preset of the user's own goes before one of the package where it asks for the same and for more.
    Raises SourceError with the candidates and the way to choose.
    """
    names = Header(header)
    found = [p for p in presets if p.recognises(names, file)]
    found = [p for p in found if not any(_narrower(other, p) for other in found)]
    if len(found) > 1:
        raise SourceError(
            f"{file}: fits {' and '.join(p.name + ' (your own)' * p.own for p in found)}",
            hint=f"Say which: {found[0].name}={file}"
            + "; or let `match` of your own ask for all that the other asks for, and for more."
            * any(p.own for p in found),
            code="ambiguous_kind",
        )
    return found[0] if found else None


def _narrower(own: Preset, other: Preset) -> bool:
    """Whether *own* is the user's and can only know exports that the package's *other* knows, and not all of them."""
    return own.own and not other.own and _within(own, other) and not _within(other, own)


def _within(one: Preset, other: Preset) -> bool:
    """Whether every header that *one* recognises is recognised by *other* too."""
    mine = [set(map(fold, group)) for group in one.match]
    groups = all(any(group <= set(map(fold, theirs)) for group in mine) for theirs in other.match)
    absent = set(map(fold, other.absent)) <= set(map(fold, one.absent))
    named = not other.file or (
        bool(one.file) and all(any(w in mine for w in other.file) for mine in one.file)
    )
    return groups and absent and named


@cache
def builtin() -> tuple[Preset, ...]:
    """Every preset of the package, in the order of their names."""
    documents = shipped.load("funnelkit.sources", "presets")
    return tuple(_read(name, documents[name]) for name in sorted(documents))


def in_folder(folder: Path) -> tuple[Preset, ...]:
    """The presets of a user's *folder*, one YAML file each. Raises ConfigError for a folder without any."""
    found = sorted(folder.glob("*.yaml"))
    if not found:
        raise ConfigError(
            f"{folder}: there are no presets in this folder", hint="Check `presets` in the config."
        )
    return tuple(own(path.stem, _document(path)) for path in found)


def own(name: str, document: Mapping[str, Any]) -> Preset:
    """The user's preset *name*. Raises ConfigError also where the package has one of this name."""
    if any(known.name == name for known in builtin()):
        raise ConfigError(
            f"preset {name}: the package has a preset of this name too",
            hint="Give yours another name; it goes before the other where its `match` asks for more.",
        )
    return replace(parse(name, document), own=True)


def _document(path: Path) -> Mapping[str, Any]:
    """The YAML that a user wrote to *path*."""
    import yaml

    hint = "A preset is a YAML file with the keys tool, export, table, where, match and columns."
    try:
        document = shipped.yaml_document(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: this is no YAML: {reason}", hint=hint) from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: this is no preset", hint=hint)
    return document


def parse(name: str, document: Mapping[str, Any]) -> Preset:
    """A preset from its YAML *document*. Unknown keys, tables and columns are ConfigErrors."""
    known = [name for name in Preset.__struct_fields__ if name not in ("name", "own")]
    for key in document:
        _known(f"preset {name}: key", key, known)
    for key in ("tool", "export", "table", "where", "match", "columns"):
        if key not in document:
            raise ConfigError(f"preset {name}: the key {key!r} is missing")
    shapes.check(name, document)
    _known(f"preset {name}: table", document["table"], TABLES)
    canonical = TABLES[document["table"]].columns
    for key in ("columns", "constants", "lacks", "values"):
        for column in document.get(key, {}):
            _known(f"preset {name}: column", column, canonical)
    for spec in document["columns"].values():
        for key in spec if isinstance(spec, dict) else ():
            _known(f"preset {name}: column key", key, ("from", "order", "decimal", "zone", "counts"))
    for rows in document.get("other_rows", ()):
        for key in rows:
            _known(f"preset {name}: key of other_rows", key, ("column", "words", "blank", "reason", "say"))
    for pattern in (*_strings(document.get("totals", ())), *_strings(document.get("footers", ()))):
        _check_pattern(name, pattern)
    return _read(name, document)


def _read(name: str, document: Mapping[str, Any]) -> Preset:
    """A preset from a *document* that has been checked; those of the package are, by a test."""
    return Preset(
        name=name,
        **{k: document[k] for k in ("tool", "export", "table", "where")},
        **{
            k: document[k]
            for k in ("grain", "platform", "constants", "lacks", "unverified", "refuse", "period")
            if k in document
        },
        absent=_strings(document.get("absent", ())),
        file=_strings(document.get("file", ())),
        totals=_strings(document.get("totals", ())),
        blank_totals=_strings(document.get("blank_totals", ())),
        footers=_strings(document.get("footers", ())),
        missing=tuple(word.lower() for word in _strings(document.get("missing", ()))),
        match=tuple(_strings(group) for group in document["match"]),
        columns={target: _source(spec) for target, spec in document["columns"].items()},
        values={
            column: {word: _strings(theirs) for word, theirs in words.items()}
            for column, words in document.get("values", {}).items()
        },
        other_rows=tuple(_other_rows(rows) for rows in document.get("other_rows", ())),
        needs=tuple(Need(any_of=_strings(n["any_of"]), say=n["say"]) for n in document.get("needs", ())),
    )


def _known(what: str, name: str, known: Iterable[str]) -> None:
    known = list(known)
    if name not in known:
        raise ConfigError(f"{what} {name!r} is unknown", hint=did_you_mean(str(name), known))


def _check_pattern(preset: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"preset {preset}: {pattern!r} is no regular expression: {error}",
            hint="Put a backslash before each of ( ) [ ] . * + ? that is meant as it stands.",
        ) from None


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list | tuple) else (str(value),)


def _other_rows(rows: Mapping[str, Any]) -> OtherRows:
    return OtherRows(
        column=rows["column"],
        words=() if rows.get("blank") else _strings(rows["words"]),
        reason=rows["reason"],
        say=rows["say"],
    )


def _source(spec: Any) -> ColumnSource:
    if not isinstance(spec, dict):
        return ColumnSource(headers=_strings(spec))
    return ColumnSource(
        headers=_strings(spec["from"]),
        **{k: spec[k] for k in ("order", "decimal", "zone", "counts") if k in spec},
    )
