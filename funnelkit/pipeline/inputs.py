"""What the user named, as a list of inputs: ``KIND=FILE``, patterns, folders, archives, kept tables, config.

A file that the configuration describes is read as described there, also when it is named on the
command line. Every export in a ZIP archive is an input of its own, called ``archive.zip/leads.csv``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.agreements import Step
from funnelkit.config import Config, SourceSpec
from funnelkit.errors import (
    FunnelkitError,
    MissingInputError,
    UsageError,
    did_you_mean,
    raise_all,
)
from funnelkit.pipeline import finding, manifest, originals
from funnelkit.pipeline.manifest import Kept
from funnelkit.sources.files import ahead, unpack
from funnelkit.sources.settings import FileSettings
from funnelkit.tables import TABLES

_KIND = re.compile(r"([A-Za-z][A-Za-z0-9_]*)=(.+)", re.DOTALL)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class Input(Struct, frozen=True, kw_only=True):
    """One file to read, with what is known of it beforehand."""

    file: str
    """As it is shown to the user."""
    path: Path
    """Where it lies; one in an archive below the archive."""
    settings: FileSettings
    data: bytes | None = None
    """The contents, for standard input."""
    whole: str = ""
    """The folder, archive or pattern that was named, and not this file in it."""
    said: FileSettings | None = None
    """What the command line alone says, where the configuration says more."""
    kept: Kept | None = None
    """Its table, where that is to be taken in the place of the file."""
    folder: str = ""
    """The folder that holds the table."""

    @property
    def address(self) -> bool:
        """Whether it lies somewhere that only an engine comes by: ``s3a://bucket/leads``."""
        return self.data is None and _ADDRESS.match(self.file) is not None

    @property
    def place(self) -> str:
        """What two names of one file have in common. What an address means on this machine is never looked at."""
        return self.file if self.address else os.path.realpath(self.path)


def expand(
    arguments: Sequence[str], config: Config, settings: FileSettings, kinds: Sequence[str]
) -> list[Input]:
    """The inputs that *arguments* name; without arguments, those of the configuration.

    Each file comes once, in the order of the arguments, patterns and folders sorted by name; a
    workbook once for every kind or sheet that is asked of it. Raises UsageError for an unknown kind and MissingInputError for what is not there, all at once.
    """
    found: dict[tuple[str, str | None, str | None], Input] = {}
    problems: list[FunnelkitError] = []
    for argument in arguments:
        try:
            for named in _of_argument(argument, settings, kinds):
                for one in _described(named, config):
                    before = found.setdefault(_key(one), one)
                    if before.whole and not one.whole:
                        # It came along with a folder, and is named as well.
                        found[_key(one)] = replace(before, whole="")
        except FunnelkitError as problem:
            problems.append(problem)
    if not arguments:
        for spec in config.sources:
            try:
                for one in _of_spec(spec, config, settings):
                    found.setdefault(_key(one), one)
            except FunnelkitError as problem:
                problems.append(problem)
    raise_all(problems)
    if not found:
        raise UsageError(
            "no files were named",
            hint="Name some, as in `funnelkit report leads.csv deals.csv`, or list them under `sources:` in funnelkit.yaml.",
        )
    inputs = _once(list(found.values()))
    ahead.begin([(one.path, one.file) for one in inputs if not (one.kept or one.address)])
    return inputs


def _key(one: Input) -> tuple[str, str | None, str | None]:
    return one.place, one.settings.kind, one.settings.sheet


def _once(inputs: Sequence[Input]) -> list[Input]:
    """*inputs* without a file that is also named with its kind."""
    kinds = {one.place for one in inputs if one.settings.kind}
    return [one for one in inputs if one.settings.kind or one.place not in kinds]


def _of_argument(argument: str, settings: FileSettings, kinds: Sequence[str]) -> list[Input]:
    match = _KIND.fullmatch(argument)
    if match and not Path(argument).exists():
        kind, argument = match[1], match[2]
        known = [*TABLES, *kinds]
        if kind not in known:
            near = did_you_mean(kind, known)
            tables = f"Tables: {', '.join(TABLES)}; `funnelkit sources` lists the presets."
            raise UsageError(
                f"{kind}={argument}: {kind!r} is no table and no preset",
                hint=near if near.startswith("Did") else tables,
            )
        settings = replace(settings, kind=kind)
    if argument == "-":
        return [_standard_input(settings)]
    if _ADDRESS.match(argument):
        return [Input(file=argument, path=Path(argument), settings=settings)]
    if manifest.is_in(argument):
        return _kept(argument, settings)
    files = finding.files(argument)
    whole = argument if files != [argument] else ""
    return [Input(file=name, path=Path(name), settings=settings, whole=whole) for name in files]


def _kept(folder: str, settings: FileSettings) -> list[Input]:
    """The files whose tables are kept in *folder*, and the exports that lie beside them."""
    if settings.kind:
        raise UsageError(
            f"{settings.kind}={folder}: it holds kept tables, which have their kinds",
            hint=f"Say {folder} alone.",
        )
    found = manifest.read(folder).files
    for option, given, kept in (
        ("--date-order", settings.order, {one.reading.said.order for one in found}),
        ("--decimal", settings.decimal, {one.reading.said.decimal for one in found}),
    ):
        if given and kept - {given}:
            raise UsageError(
                f"{option} {given}: {folder} holds tables that were loaded without it",
                hint="Run `funnelkit load` again with it.",
            )
    tables = [
        Input(
            file=one.reading.file,
            path=originals.path_of(folder, one.original or one.parquet),
            settings=one.reading.settings,
            said=one.reading.said,
            kept=one,
            folder=folder,
        )
        for one in found
    ]
    beside = [
        Input(file=name, path=Path(name), settings=settings, whole=folder)
        for name in finding.unpacked(finding.inside_of(folder))
    ]
    return [*tables, *beside]


def steps(config: Config) -> tuple[Step, ...]:
    """The stages that files are read for: those of *config*, where some are the user's own."""
    return config.stages.steps if config.stages.own else ()


def settings_now(one: Input, config: Config) -> list[FileSettings]:
    """What *config* says now of the file of a kept table."""
    given = replace(one.said or one.settings, steps=steps(config))
    again = replace(one, settings=given, kept=None)
    return [found.settings for found in _described(again, config)]


def _standard_input(settings: FileSettings) -> Input:
    if settings.kind is None:
        raise UsageError("standard input needs a kind", hint="Say what it is: leads=- or deals=-")
    return Input(file="-", path=Path("-"), settings=settings, data=sys.stdin.buffer.read())


def _of_spec(spec: SourceSpec, config: Config, settings: FileSettings) -> list[Input]:
    if _ADDRESS.match(spec.path):
        return [Input(file=spec.path, path=Path(spec.path), settings=_settings(spec, settings))]
    matched = finding.matching(spec.path)
    if not matched and unpack.archive_of(Path(spec.path)):
        matched = [spec.path]
    if not matched:
        raise MissingInputError(
            f"{spec.path}: no file is there, though {config.path} lists it under sources",
            hint="Download the export again, or correct `path`.",
        )
    return [
        Input(file=os.path.relpath(name), path=Path(name), settings=_settings(spec, settings), said=settings)
        for name in finding.unpacked(matched)
    ]


def _described(one: Input, config: Config) -> list[Input]:
    """*one* with the settings that the configuration has for its path, once for each sheet; the command line wins."""
    if one.kept:
        return [one]
    path = one.path.absolute()
    # An archive that is described stands for what is in it.
    known = [path, *(p for p in path.parents if p.suffix.lower() == ".zip")]
    specs = [
        s
        for s in config.sources
        if s.path == one.file or any(s.path == str(p) or p.match(s.path) for p in known)
    ]
    if not specs:
        return [one]
    sheets = {spec.sheet: spec for spec in reversed(specs)}
    chosen = [spec for spec in specs if sheets[spec.sheet] is spec and (spec.sheet or spec is specs[0])]
    return [replace(one, settings=_settings(spec, one.settings), said=one.settings) for spec in chosen]


def _settings(spec: SourceSpec, given: FileSettings) -> FileSettings:
    return FileSettings(
        kind=given.kind or spec.preset or spec.table,
        columns={target: c.source for target, c in spec.columns.items()},
        patterns={target: c.format for target, c in spec.columns.items() if c.format},
        orders={target: c.order for target, c in spec.columns.items() if c.order},
        decimals={target: c.decimal for target, c in spec.columns.items() if c.decimal},
        values=spec.values,
        steps=given.steps,
        order=given.order or spec.date_order,
        decimal=given.decimal or spec.decimal,
        yields=not (spec.date_order or spec.decimal),
        pinned=spec.pinned,
        unused=spec.unused,
        unclear=spec.unclear,
        zone=spec.timezone,
        currency=spec.currency,
        sheet=spec.sheet,
        encoding=spec.encoding,
        delimiter=spec.delimiter,
        overlap=spec.overlap,
    )
