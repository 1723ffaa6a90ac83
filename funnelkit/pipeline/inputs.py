"""What the user named, as a list of inputs: ``KIND=FILE``, patterns, folders, standard input, config.

A file that the configuration describes is read as described there, also when it is named on the
command line. Nothing is opened here but folders and standard input.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.config import Config, SourceSpec
from funnelkit.errors import FunnelkitError, MissingInputError, UsageError, did_you_mean, raise_all
from funnelkit.sources.settings import FileSettings
from funnelkit.tables import TABLES

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_KIND = re.compile(r"([A-Za-z][A-Za-z0-9_]*)=(.+)", re.DOTALL)


class Input(Struct, frozen=True, kw_only=True):
    """One file to read, with what is known of it beforehand."""

    file: str
    """As it is shown to the user."""
    path: Path
    settings: FileSettings
    data: bytes | None = None
    """The contents, for standard input."""


def expand(
    arguments: Sequence[str], config: Config, settings: FileSettings, kinds: Sequence[str]
) -> list[Input]:
    """The inputs that *arguments* name; without arguments, those of the configuration.

    Each file comes once, in the order of the arguments, patterns and folders sorted by name.
    Raises UsageError for an unknown kind and MissingInputError for what is not there, all at once.
    """
    found: dict[Path, Input] = {}
    problems: list[FunnelkitError] = []
    for argument in arguments:
        try:
            for one in _of_argument(argument, settings, kinds):
                found.setdefault(one.path.absolute(), _described(one, config))
        except FunnelkitError as problem:
            problems.append(problem)
    if not arguments:
        for spec in config.sources:
            try:
                for one in _of_spec(spec, config, settings):
                    found.setdefault(one.path.absolute(), one)
            except FunnelkitError as problem:
                problems.append(problem)
    raise_all(problems)
    if not found:
        raise UsageError(
            "no files were named",
            hint="Name some, as in `funnelkit report leads.csv deals.csv`, or list them under `sources:` in funnelkit.yaml.",
        )
    return list(found.values())


def _of_argument(argument: str, settings: FileSettings, kinds: Sequence[str]) -> list[Input]:
    match = _KIND.fullmatch(argument)
    if match and not Path(argument).exists():
        kind, argument = match[1], match[2]
        known = [*TABLES, *kinds]
        if kind not in known:
            raise UsageError(
                f"{kind}={argument}: {kind!r} is no table and no preset", hint=did_you_mean(kind, known)
            )
        settings = replace(settings, kind=kind)
    if argument == "-":
        return [_standard_input(settings)]
    return [Input(file=name, path=Path(name), settings=settings) for name in _files(argument)]


def _standard_input(settings: FileSettings) -> Input:
    if settings.kind is None:
        raise UsageError("standard input needs a kind", hint="Say what it is: leads=- or deals=-")
    return Input(file="-", path=Path("-"), settings=settings, data=sys.stdin.buffer.read())


def _files(argument: str) -> list[str]:
    if os.path.isdir(argument):
        inside = sorted(
            str(p)
            for p in Path(argument).iterdir()
            if p.suffix.lower() in SUFFIXES and not p.name.startswith((".", "~$"))
        )
        if not inside:
            raise MissingInputError(
                f"{argument}: there are no exports in this folder", hint="It holds no CSV or Excel file."
            )
        return inside
    if glob.has_magic(argument) and not os.path.exists(argument):
        matched = sorted(p for p in glob.glob(argument) if os.path.isfile(p))
        if not matched:
            raise MissingInputError(
                f"{argument}: no file matches this pattern", hint="Check the folder and the spelling."
            )
        return matched
    return [argument]


def _of_spec(spec: SourceSpec, config: Config, settings: FileSettings) -> list[Input]:
    matched = sorted(p for p in glob.glob(spec.path) if os.path.isfile(p))
    if not matched:
        raise MissingInputError(
            f"{spec.path}: no file is there, though {config.path} lists it under sources",
            hint="Download the export again, or correct `path`.",
        )
    return [
        Input(file=os.path.relpath(name), path=Path(name), settings=_settings(spec, settings))
        for name in matched
    ]


def _described(one: Input, config: Config) -> Input:
    """*one* with the settings that the configuration has for its path; the command line wins."""
    path = str(one.path.absolute())
    spec = next((s for s in config.sources if s.path == path or Path(path).match(s.path)), None)
    return replace(one, settings=_settings(spec, one.settings)) if spec else one


def _settings(spec: SourceSpec, given: FileSettings) -> FileSettings:
    return FileSettings(
        kind=given.kind or spec.preset or spec.table,
        columns={target: c.source for target, c in spec.columns.items()},
        patterns={target: c.format for target, c in spec.columns.items() if c.format},
        decimals={target: c.decimal for target, c in spec.columns.items() if c.decimal},
        values=spec.values,
        order=given.order or spec.date_order,
        decimal=given.decimal or spec.decimal,
        zone=spec.timezone,
        currency=spec.currency,
        sheet=spec.sheet,
        encoding=spec.encoding,
        delimiter=spec.delimiter,
        overlap=spec.overlap,
    )
