"""Presets from their YAML: those of the package, which are kept ready, and the user's own, which are checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from funnelkit import shipped
from funnelkit.errors import ConfigError, did_you_mean
from funnelkit.sources import shapes
from funnelkit.sources.preset import ColumnSource, Need, OneValue, OtherRows, Preset
from funnelkit.tables import TABLES


@cache
def builtin() -> tuple[Preset, ...]:
    """Every preset of the package, in the order of their names."""
    return tuple(shipped.load("funnelkit.sources", "presets", list[Preset]))


def read_all(documents: Mapping[str, Any]) -> list[Preset]:
    """The presets in *documents*, which have been checked; those of the package are, by a test."""
    return [_read(name, documents[name]) for name in sorted(documents)]


def in_folder(folder: Path) -> tuple[Preset, ...]:
    """The presets of a user's *folder*, one YAML file each. Raises ConfigError for a folder without any."""
    found = sorted(folder.glob("*.yaml"))
    if not found:
        raise ConfigError(
            f"{folder}: there are no presets in this folder", hint="Check `presets` in the config."
        )
    return _of_files(tuple((path, path.stat().st_mtime_ns) for path in found))


@cache
def _of_files(found: tuple[tuple[Path, int], ...]) -> tuple[Preset, ...]:
    """The presets in files as they were written last: they are asked for once for every export."""
    return tuple(own(path.stem, _document(path)) for path, _ in found)


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
            _known(
                f"preset {name}: column key",
                key,
                ("from", "fill", "order", "order_for", "decimal", "zone", "counts"),
            )
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
        one_value=tuple(
            OneValue(any_of=_strings(n["any_of"]), say=n["say"]) for n in document.get("one_value", ())
        ),
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
        fill=_strings(spec.get("fill", ())),
        order_for=_strings(spec.get("order_for", ())),
        **{k: spec[k] for k in ("order", "decimal", "zone", "counts") if k in spec},
    )
