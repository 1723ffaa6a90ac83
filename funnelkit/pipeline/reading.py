"""What the user named -> inputs, and each of them recognised; none of its values is converted yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit import config as configuration
from funnelkit.engines import Engine, Scan
from funnelkit.errors import (
    MissingInputError,
    SourceError,
    UsageError,
    did_you_mean,
)
from funnelkit.pipeline.inputs import Input, expand, steps
from funnelkit.sources.settings import FileSettings
from funnelkit.stagecolumns import stage_day

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.pipeline.options import Options
    from funnelkit.sources.files.export import Export
    from funnelkit.sources.preset import Preset
    from funnelkit.sources.recognise import Recognition


def read_config(options: Options) -> Config:
    """The configuration that holds: the named one, else the nearest funnelkit.yaml, else the defaults."""
    if options.no_config:
        return configuration.Config()
    if options.config is not None:
        path = Path(options.config)
        if not path.is_file():
            raise MissingInputError(f"{path}: there is no such configuration", hint="Check --config.")
        return configuration.load(path)
    found = configuration.find(Path.cwd())
    # Named as seen from here, so that messages say the same on every machine.
    return configuration.load(Path(os.path.relpath(found))) if found else configuration.Config()


def zone_of(options: Options, config: Config) -> str:
    """The report's time zone, checked."""
    from zoneinfo import ZoneInfo, available_timezones

    name = options.timezone or config.timezone
    if name != "UTC":
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            known = did_you_mean(name, available_timezones())
            hint = (
                known if known.startswith("Did") else "Use a name such as Europe/Berlin or America/New_York."
            )
            raise UsageError(f"there is no time zone {name!r}", hint=hint) from None
    return name


def presets(config: Config) -> tuple[Preset, ...]:
    """The presets of the package and the user's own, from a folder or the configuration itself."""
    from funnelkit.sources import presetfiles

    if config.presets is None:
        return presetfiles.builtin()
    if isinstance(config.presets, Path):
        return (*presetfiles.builtin(), *presetfiles.in_folder(config.presets))
    return (*presetfiles.builtin(), *(presetfiles.own(name, one) for name, one in config.presets.items()))


def settings_of(options: Options, config: Config) -> FileSettings:
    """What the command line says of every file, and which stages there are."""
    if options.date_order not in (None, "dmy", "mdy"):
        raise UsageError(f"--date-order {options.date_order}: not an order", hint="Say dmy or mdy.")
    if options.decimal not in (None, ".", ","):
        raise UsageError(f"--decimal {options.decimal}: not a decimal sign", hint="Say . or ,")
    return FileSettings(order=options.date_order, decimal=options.decimal, yields=True, steps=steps(config))


def inputs(files: Sequence[str], options: Options, config: Config) -> list[Input]:
    """The inputs that *files* name, or the configuration's."""
    return expand(files, config, settings_of(options, config), [p.name for p in presets(config)])


def with_costs(named: list[Input], options: Options, config: Config) -> list[Input]:
    """*named* and the costs of the configuration, unless costs are among them."""
    if config.costs is None or any(one.settings.kind == "costs" for one in named):
        return named
    file = Path(os.path.relpath(config.costs))
    if not file.is_file():
        raise MissingInputError(
            f"{file}: there is no such file, though {config.locate('costs')} says that it holds the costs",
            hint="Put it there, or correct `costs`.",
        )
    costs = inputs([f"costs={file}"], options, config)
    places = {os.path.realpath(one.path) for one in costs}
    return [*(one for one in named if os.path.realpath(one.path) not in places), *costs]


def read_export(
    one: Input, config: Config, engine: Engine, looked_at: Callable[[int], None] | None = None
) -> Export[Recognition]:
    """One input, recognised; none of its values is converted yet. *looked_at* hears how many lines have been seen."""
    from funnelkit.pipeline import pinning
    from funnelkit.sources.files import reader

    if one.address:
        return _at_address(replace(one, data=engine.head(one.file)), config)
    settings = one.settings
    try:
        export = _opened(one, config, settings, looked_at, streamed=engine.streams)
    except SourceError as error:
        if error.code != "unrecognised" or not settings.columns:
            raise _explained(error, one) from None
        # Perhaps the columns are all there, and it is the file that is written in another way.
        try:
            found = _opened(one, config, replace(settings, encoding=None, delimiter=None), streamed=True)
        except SourceError as again:
            raise pinning.columns_gone(one, again) from None
        raise pinning.written_otherwise(one, found.dialect.encoding, found.dialect.delimiter) from None
    single_byte = settings.pinned and settings.encoding and not settings.encoding.lower().startswith("utf")
    if single_byte and reader.is_utf8(one.path, one.file, one.data):
        raise pinning.written_otherwise(one, "utf-8", export.dialect.delimiter)
    return export


def _at_address(one: Input, config: Config) -> Export[Recognition]:
    """The export that only the engine comes by, given its first lines."""
    export = _opened(one, config, one.settings)
    if export.dialect.header_line > 1:
        raise SourceError(
            f"{one.file}: its header is on line {export.dialect.header_line}",
            hint="Files at an address begin with their header, each of them.",
            code="header",
        )
    scan = Scan(
        path=one.file,
        delimiter=export.dialect.delimiter,
        first_line=2,
        width=len(export.header),
        records=None,
    )
    # Nobody has seen all bytes.
    return replace(export, sha256="", scan=scan)


def _explained(error: SourceError, one: Input) -> SourceError:
    """*error*, with what a file lacks to be what it was said to be; or to be ad spend, where that is all."""
    from funnelkit.sources import lacking, recognise

    if error.code == "unrecognised" and one.settings.kind:
        error.hint = lacking.hint(one.settings.kind, error.header, one.file)
        return error
    dated = recognise.nearly_spend(error.header, one.file) if error.code == "unrecognised" else None
    if dated:
        name = Path(one.file).name
        error.hint = (
            f"It would be ad spend, with its day in {dated!r}, but no column is known as a cost. Add one to the export, "
            "or say in funnelkit.yaml which it is:\n"
            f"  sources:\n    - path: {name}\n      table: spend\n      columns: {{date: {dated}, cost: NAME OF ITS COST COLUMN}}"
        )
    return error


def _opened(
    one: Input,
    config: Config,
    settings: FileSettings,
    looked_at: Callable[[int], None] | None = None,
    *,
    streamed: bool = False,
) -> Export[Recognition]:
    from funnelkit.sources import recognise
    from funnelkit.sources.files import reader

    return reader.read(
        one.path,
        recognise.Recogniser(
            presets=presets(config),
            kind=settings.kind,
            columns=settings.columns,
            closed=settings.pinned,
            stages={stage_day(step.name): step.dates for step in settings.steps if step.dates},
        ),
        file=one.file,
        data=one.data,
        encoding=settings.encoding,
        delimiter=settings.delimiter,
        sheet=settings.sheet,
        looked_at=looked_at,
        streamed=streamed,
    )
