"""Inputs -> canonical tables: every file read and put together, all problems told at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit import config as configuration
from funnelkit import engines
from funnelkit.errors import (
    FunnelkitError,
    MissingInputError,
    SourceError,
    UsageError,
    did_you_mean,
    raise_all,
)
from funnelkit.pipeline import inputs as folders
from funnelkit.pipeline import kept
from funnelkit.pipeline.inputs import Input, expand
from funnelkit.pipeline.watching import Observe, Watched, Work, nobody
from funnelkit.sources.settings import FileSettings

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.pipeline.options import Options
    from funnelkit.sources.export import Export
    from funnelkit.sources.loaded import Loaded
    from funnelkit.sources.preset import Preset
    from funnelkit.sources.recognise import Recognition
    from funnelkit.sources.together import Together
    from funnelkit.tables import Note


class Read(Struct, frozen=True, kw_only=True):
    """Every input, read; and its tables, put together in one currency."""

    config: Config
    files: Sequence[Loaded]
    together: Mapping[str, Together]
    currency: str | None
    zone: str
    engine: engines.Engine
    notes: Sequence[Note] = ()


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


def settings_of(options: Options) -> FileSettings:
    """What the command line says of every file."""
    if options.date_order not in (None, "dmy", "mdy"):
        raise UsageError(f"--date-order {options.date_order}: not an order", hint="Say dmy or mdy.")
    if options.decimal not in (None, ".", ","):
        raise UsageError(f"--decimal {options.decimal}: not a decimal sign", hint="Say . or ,")
    return FileSettings(order=options.date_order, decimal=options.decimal, yields=True)


def inputs(files: Sequence[str], options: Options, config: Config) -> list[Input]:
    """The inputs that *files* name, or the configuration's."""
    return expand(files, config, settings_of(options), [p.name for p in presets(config)])


def load_one(
    one: Input, config: Config, zone: str, engine: engines.Engine, observe: Observe = nobody
) -> Loaded:
    """One input as a canonical frame. Raises SourceError also where it is not what the configuration pins."""
    if one.kept:
        observe(Work("checking", one.file))
        return kept.restored(one, one.kept, config, presets(config), engine)
    watched = Watched(one.file, engine, observe)
    export = read_export(one, config, watched.looked_at)
    return load_export(watched.reading(export), one, engine, zone)


def load_export(export: Export[Recognition], one: Input, engine: engines.Engine, zone: str) -> Loaded:
    """The canonical frame of *one* input that has been recognised as *export*."""
    from funnelkit.pipeline import pinning
    from funnelkit.sources import currency, mapping

    try:
        loaded = mapping.load(export, one.settings, engine, zone)
    except FunnelkitError as error:
        raise pinning.contradicted(one, error) from None
    return currency.with_currency(pinning.checked(loaded), engine)


def read_export(
    one: Input, config: Config, looked_at: Callable[[int], None] | None = None
) -> Export[Recognition]:
    """One input, recognised; none of its values is converted yet. *looked_at* hears how many lines have been seen."""
    from funnelkit.pipeline import pinning
    from funnelkit.sources import reader

    settings = one.settings
    try:
        export = _opened(one, config, settings, looked_at)
    except SourceError as error:
        if error.code != "unrecognised" or not settings.columns:
            raise _explained(error, one) from None
        # Perhaps the columns are all there, and it is the file that is written in another way.
        try:
            found = _opened(one, config, replace(settings, encoding=None, delimiter=None))
        except SourceError as again:
            raise pinning.columns_gone(one, again) from None
        raise pinning.written_otherwise(one, found.dialect.encoding, found.dialect.delimiter) from None
    single_byte = settings.pinned and settings.encoding and not settings.encoding.lower().startswith("utf")
    if single_byte and pinning.is_utf8(one.data or reader.contents(one.path, one.file)):
        raise pinning.written_otherwise(one, "utf-8", export.dialect.delimiter)
    return export


def _explained(error: SourceError, one: Input) -> SourceError:
    """*error*, with what a file that nobody knows lacks to be ad spend, where that is all."""
    from funnelkit.sources import recognise

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
    one: Input, config: Config, settings: FileSettings, looked_at: Callable[[int], None] | None = None
) -> Export[Recognition]:
    from funnelkit.sources import reader, recognise

    return reader.read(
        one.path,
        recognise.Recogniser(
            presets=presets(config), kind=settings.kind, columns=settings.columns, closed=settings.pinned
        ),
        file=one.file,
        data=one.data,
        encoding=settings.encoding,
        delimiter=settings.delimiter,
        sheet=settings.sheet,
        looked_at=looked_at,
    )


def is_stray(one: Input, problem: FunnelkitError) -> bool:
    """Whether *one* is no export at all, and came along with a folder or an archive that was named whole."""
    return bool(one.whole) and one.settings.kind is None and problem.code in ("unrecognised", "no_table")


def passed_over(problem: FunnelkitError) -> Note:
    """What is told of a stray."""
    from funnelkit.tables import Note

    return Note(
        code="passed_over", message=f"{problem}; it was passed over, since what it lies in was named whole"
    )


def load_all(
    named: Sequence[Input], config: Config, zone: str, engine: engines.Engine, observe: Observe
) -> tuple[list[Loaded], list[FunnelkitError]]:
    """Every input as a canonical frame, and why some are strays. All that is wrong is raised at once."""
    loaded: list[Loaded] = []
    problems: list[FunnelkitError] = []
    strays: list[FunnelkitError] = []
    for one in named:
        try:
            loaded.append(load_one(one, config, zone, engine, observe))
        except FunnelkitError as problem:
            (strays if is_stray(one, problem) else problems).append(problem)
    raise_all(problems if loaded else [*problems, *strays])
    return loaded, strays


def read(files: Sequence[str], options: Options, observe: Observe = nobody) -> Read:
    """Every file, read and put together. What is wrong with any of them is told at once.

    *observe* hears of each file before it is read.
    """
    from funnelkit.sources import currency, testrows
    from funnelkit.sources.together import put_together

    config = read_config(options)
    zone = zone_of(options, config)
    # Workbooks are opened in the background from here on, while the engine is imported.
    named = inputs(files, options, config)
    kept.check_zone(named, zone)
    engine = engines.load(options.engine, options.memory_limit)
    loaded, strays = load_all(named, config, zone, engine, observe)
    if options.strict:
        raise_all([p for f in loaded for p in _bad_rows(f)])
    drop = options.drop_tests or config.drop_tests
    checked = [testrows.look(f, engine, drop=drop) for f in loaded]
    loaded, notes = [f for f, _ in checked], [n for _, found in checked for n in found]
    rates = currency.read_rates(config.rates) if config.rates else None
    if options.currency and currency.code(options.currency) is None:
        raise UsageError(f"--currency {options.currency}: not a currency code", hint="Write it as in EUR.")
    loaded, money, more = currency.unify(loaded, options.currency or config.currency, rates, engine)
    by_table: dict[str, list[Loaded]] = {}
    for file in loaded:
        by_table.setdefault(file.table, []).append(file)
    together = {table: put_together(table, of_table, engine) for table, of_table in by_table.items()}
    return Read(
        config=config,
        files=loaded,
        together=together,
        currency=money,
        zone=zone,
        engine=engine,
        notes=[
            *kept.notes(named, presets(config)),
            *folders.notes(named),
            *map(passed_over, strays),
            *notes,
            *more,
        ],
    )


def _bad_rows(file: Loaded) -> list[FunnelkitError]:
    """Under --strict, the columns, rows and cells of *file* that cannot be read."""
    counted = file.export.dialect.counted
    hint = "Correct the file, or run without --strict to set them aside."
    rows = [
        SourceError(f"{file.export.file}, {counted} {a.lines[0]}: {a.message}", hint=hint, code="strict")
        for a in file.aside
        if a.reason in ("bad_value", "missing_value", "ragged", "torn")
    ]
    cells = [
        SourceError(
            f"{file.export.file}, {counted} {b.lines[0]}: column {b.header!r} cannot be read: {b.example!r}",
            hint=hint,
            code="strict",
        )
        for b in file.bad
    ]
    columns = [
        SourceError(note.message, hint=hint, code="strict")
        for note in file.notes
        if note.code == "column_left_out"
    ]
    return [*columns, *rows, *cells]
