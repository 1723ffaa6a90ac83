"""Inputs -> canonical tables: every file loaded and put together, all problems told at once.

All are opened first, since what one file holds says which columns of another are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit import engines
from funnelkit.errors import FunnelkitError, SourceError, UsageError, raise_all
from funnelkit.pipeline import finding, kept, sizes, stagedays
from funnelkit.pipeline.reading import inputs, presets, read_config, read_export, with_costs, zone_of
from funnelkit.pipeline.spared import spared
from funnelkit.pipeline.watching import Observe, Watched, Work, nobody

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.engines import Engine
    from funnelkit.pipeline.inputs import Input
    from funnelkit.pipeline.options import Options
    from funnelkit.sources.exchange import Exchange
    from funnelkit.sources.files.export import Export
    from funnelkit.sources.loaded import Loaded
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
    engine: Engine
    exchange: Exchange | None = None
    """How the deals become those of *currency*, once they are linked; all other money is by now."""
    notes: Sequence[Note] = ()


@contextmanager
def engine_for(named: Sequence[Input], options: Options, config: Config) -> Iterator[Engine]:
    """The engine that *options* ask for, else the one for inputs of that size; for as long as it is worked with."""
    size = sum(map(sizes.of_text, named))
    engine = engines.load(options.engine, options.memory_limit, size, config.spark)
    try:
        yield engine
    finally:
        engine.close()


class Opened(Struct, frozen=True):
    """An input that has been recognised; a kept table has been loaded by then."""

    one: Input
    watched: Watched | None
    export: Export[Recognition]
    loaded: Loaded | None = None
    stamp: tuple[int, int] | None = None
    """Size and time of the file when it was opened."""

    def load(self, engine: Engine, zone: str, spare: frozenset[str] = frozenset()) -> Loaded:
        """Its canonical frame; nobody asks for the columns *spare*."""
        if self.loaded:
            from funnelkit.sources import instants

            return instants.spared(self.loaded, spare)
        export = self.watched.reading(self.export) if self.watched else self.export
        loaded = load_export(export, self.one, engine, zone, spare)
        if _stamp(self.one) != self.stamp:
            raise SourceError(
                f"{self.one.file}: the file was changed while it was read",
                hint="Wait until it is written, and run the command again.",
                code="changed",
            )
        return loaded


def opened(one: Input, config: Config, engine: Engine, observe: Observe) -> Opened:
    """*one* input, recognised. Raises SourceError where it is not what the configuration pins."""
    if one.kept:
        observe(Work("checking", one.file))
        loaded = kept.restored(one, one.kept, config, presets(config), engine)
        return Opened(one, None, loaded.export, loaded)
    watched, stamp = Watched(one.file, engine, observe), _stamp(one)
    return Opened(one, watched, read_export(one, config, engine, watched.looked_at), stamp=stamp)


def _stamp(one: Input) -> tuple[int, int] | None:
    """Size and time of the file of *one*; None where it is none by itself."""
    if one.address:
        return None
    try:
        status = one.path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def load_one(one: Input, config: Config, zone: str, engine: Engine, observe: Observe = nobody) -> Loaded:
    """One input as a canonical frame, with all of its columns."""
    return opened(one, config, engine, observe).load(engine, zone)


def load_export(
    export: Export[Recognition],
    one: Input,
    engine: Engine,
    zone: str,
    spare: frozenset[str] = frozenset(),
) -> Loaded:
    """The canonical frame of *one* input that has been recognised as *export*; nobody asks for the columns *spare*."""
    from funnelkit.pipeline import pinning
    from funnelkit.sources import currency, mapping

    try:
        loaded = mapping.load(export, one.settings, engine, zone, spare)
    except FunnelkitError as error:
        raise pinning.contradicted(one, error) from None
    return currency.with_currency(pinning.checked(loaded), engine)


def load_all(
    named: Sequence[Input],
    config: Config,
    zone: str,
    engine: Engine,
    observe: Observe,
    wanted: frozenset[str] | None = None,
) -> tuple[list[Loaded], list[FunnelkitError]]:
    """Every input as a canonical frame, and why some are strays. All that is wrong is raised at once.

    Where it is known which columns are *wanted*, those that nothing asks for are not read.
    """
    found = [_tried(one, config, engine, observe) for one in named]
    kinds = [each.export.kind for each in found if isinstance(each, Opened)]
    spare = {} if wanted is None else spared(kinds, wanted)
    loaded: list[Loaded] = []
    problems: list[FunnelkitError] = []
    strays: list[FunnelkitError] = []
    for one, each in zip(named, found, strict=True):
        try:
            loaded.append(_loaded(each, engine, zone, spare))
        except FunnelkitError as problem:
            (strays if is_stray(one, problem) else problems).append(problem)
    raise_all(problems if loaded else [*problems, *strays])
    return loaded, strays


def _tried(one: Input, config: Config, engine: Engine, observe: Observe) -> Opened | FunnelkitError:
    try:
        return opened(one, config, engine, observe)
    except FunnelkitError as problem:
        return problem


def _loaded(
    each: Opened | FunnelkitError, engine: Engine, zone: str, spare: Mapping[str, frozenset[str]]
) -> Loaded:
    if isinstance(each, FunnelkitError):
        raise each
    return each.load(engine, zone, spare.get(each.export.kind.table, frozenset()))


def is_stray(one: Input, problem: FunnelkitError) -> bool:
    """Whether *one* is no export at all, and came along with a folder, an archive or a pattern that was named whole."""
    from funnelkit.sources.files import unpack

    # A file that calls itself an export, and is empty or cannot be read, is a download that went wrong.
    named = unpack.is_input(one.path.name)
    codes = ("unrecognised", "no_table") if named else ("unrecognised", "no_table", "not_text", "empty")
    return bool(one.whole) and one.settings.kind is None and problem.code in codes


def passed_over(problem: FunnelkitError) -> Note:
    """What is told of a stray."""
    from funnelkit.tables import Note

    return Note(
        code="passed_over", message=f"{problem}; it was passed over, since what it lies in was named whole"
    )


@contextmanager
def read(
    files: Sequence[str],
    options: Options,
    observe: Observe = nobody,
    wanted: Callable[[Config], frozenset[str]] | None = None,
) -> Iterator[Read]:
    """Every file, read and put together, for as long as the engine works. What is wrong with any is told at once.

    *observe* hears of each file before it is read; *wanted* says which columns are asked for, else all are.
    """
    config = read_config(options)
    zone = zone_of(options, config)
    # Workbooks are opened in the background from here on, while the engine is imported.
    named = with_costs(inputs(files, options, config), options, config)
    kept.check_zone(named, zone)
    with engine_for(named, options, config) as engine:
        found = load_all(named, config, zone, engine, observe, wanted(config) if wanted else None)
        yield _put_together(named, found, options, config, zone, engine)


def _put_together(
    named: Sequence[Input],
    found: tuple[list[Loaded], list[FunnelkitError]],
    options: Options,
    config: Config,
    zone: str,
    engine: Engine,
) -> Read:
    """The tables of the files that were *found* among those *named*, in one currency."""
    from funnelkit.pipeline import requests
    from funnelkit.sources import currency, exchange, people, widehistory
    from funnelkit.sources.files import sheets
    from funnelkit.sources.rows import testrows
    from funnelkit.sources.together import put_together
    from funnelkit.tables import Note

    loaded, strays = widehistory.apart(found[0], engine), found[1]
    stagedays.check(loaded, config)
    if options.strict:
        raise_all([p for f in loaded for p in _bad_rows(f)])
    drop = options.drop_tests or config.drop_tests
    checked = [testrows.look(f, engine, drop=drop) for f in loaded]
    loaded, notes = [f for f, _ in checked], [n for _, found in checked for n in found]
    rates = exchange.read_rates(config.rates) if config.rates else None
    if options.currency and currency.code(options.currency) is None:
        raise UsageError(f"--currency {options.currency}: not a currency code", hint="Write it as in EUR.")
    fixed = options.constant_currency or config.constant_currency
    constant = requests.day(fixed, "--constant-currency") if fixed else None
    wanted = options.currency or config.currency
    asked = options.as_of or config.as_of
    as_of = requests.day(asked) if asked else None
    loaded, money, more = currency.unify(loaded, wanted, rates, engine, constant, as_of)
    by_table: dict[str, list[Loaded]] = {}
    for file in loaded:
        by_table.setdefault(file.table, []).append(file)
    together = {table: put_together(table, of_table, engine) for table, of_table in by_table.items()}
    if options.dedupe_emails or config.dedupe_emails:
        together = people.one_per_email(together, engine)
        if "leads" not in together:
            message = "--dedupe-emails changed nothing: there are no leads in these files"
            notes.append(Note(code="changed_nothing", message=message))
    return Read(
        config=config,
        files=loaded,
        together=together,
        currency=money,
        zone=zone,
        engine=engine,
        exchange=exchange.Exchange(target=money, rates=rates, constant=constant) if money and rates else None,
        notes=[
            *kept.notes(named, presets(config)),
            *finding.notes(named),
            *map(passed_over, strays),
            *sheets.unread([file.export for file in loaded]).values(),
            *notes,
            *more,
        ],
    )


def _bad_rows(file: Loaded) -> list[FunnelkitError]:
    """Under --strict, the columns, rows and cells of *file* that cannot be read."""

    def at(lines: Sequence[int]) -> str:
        return f", {file.export.dialect.counted} {lines[0]}" if lines else ""

    hint = "Correct the file, or run without --strict to set them aside."
    rows = [
        SourceError(f"{file.export.file}{at(a.lines)}: {a.message}", hint=hint, code="strict")
        for a in file.aside
        if a.reason in ("bad_value", "missing_value", "ragged", "torn")
    ]
    cells = [
        SourceError(
            f"{file.export.file}{at(b.lines)}: column {b.header!r} cannot be read: {b.example!r}",
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
