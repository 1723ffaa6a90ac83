"""Exports -> a folder of kept tables; what is in it already and would come out the same is not read again.

All tables are written before the manifest that names them takes the place of the old one, so that a
reader sees the old folder or the new one, and whatever is refused leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from funnelkit import __version__
from funnelkit.errors import FunnelkitError, UsageError, raise_all
from funnelkit.pipeline import finding, kept, loading, originals, reading
from funnelkit.pipeline import folder as files
from funnelkit.pipeline.manifest import Kept, Manifest, Reading
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.pipeline.inputs import Input
    from funnelkit.pipeline.options import Options
    from funnelkit.sources.preset import Preset

_Asks = tuple[str, str | None, str | None]
"""A file, and which of its tables is asked for."""


class Done(Struct, frozen=True, kw_only=True):
    """What became of one file."""

    entry: Kept
    what: Literal["read", "unchanged", "not named"]
    why: str = ""
    """Why a file was read anew that was kept already."""


class Result(Struct, frozen=True, kw_only=True):
    """What a folder holds now."""

    files: Sequence[Done]
    passed_over: Sequence[str]
    """What came along in a folder or an archive and is no export."""


class _Asked(Struct, frozen=True, kw_only=True):
    """How files are to be read."""

    config: Config
    presets: Sequence[Preset]
    digest: str
    zone: str

    def reading(self, one: Input) -> Reading:
        """What decides how *one* is read."""
        return Reading(
            file=one.file,
            said=one.said or one.settings,
            settings=one.settings,
            zone=self.zone,
            presets=self.digest,
            version=__version__,
        )


def keep(
    names: Sequence[str],
    folder: Path,
    options: Options,
    observe: Observe = nobody,
    *,
    only: bool = False,
) -> Result:
    """Keep the tables of the files that *names* mean in *folder*; with *only*, nothing else stays there.

    Raises all problems at once; then the folder is as it was.
    """
    old = files.existing(folder)
    config = reading.read_config(options)
    presets = reading.presets(config)
    asked = _Asked(
        config=config, presets=presets, digest=kept.digest(presets), zone=reading.zone_of(options, config)
    )
    named = reading.inputs(names, options, config)
    _check(named, folder)
    known = {_asks(entry): entry for entry in old.files}
    done: list[Done] = []
    problems: list[FunnelkitError] = []
    strays: list[FunnelkitError] = []
    with (
        loading.engine_for(named, options, config) as engine,
        files.Writing(folder, engine) as writing,
    ):
        for one in named:
            observe(Work("checking", one.file))
            try:
                done.append(_kept(one, folder, known, asked, writing, observe))
            except FunnelkitError as problem:
                (strays if loading.is_stray(one, problem) else problems).append(problem)
        raise_all(problems if done else [*problems, *strays])
        stays = [] if only else _others(old, done)
        notes = [*finding.notes(named), *map(loading.passed_over, strays)]
        entries = [*stays, *(one.entry for one in done)]
        writing.finish(Manifest(files=tuple(entries), notes=tuple(notes)))
    return Result(
        files=[*(Done(entry=entry, what="not named") for entry in stays), *done],
        passed_over=[str(problem) for problem in strays],
    )


def _check(named: Sequence[Input], folder: Path) -> None:
    """Raise UsageError for what cannot be kept: kept tables, what lies elsewhere, and a name that no text can hold."""
    if already := next((one.folder for one in named if one.kept), None):
        raise UsageError(
            f"{already}: holds kept tables already", hint="Name the exports that they were made of."
        )
    if away := next((one.file for one in named if one.address), None):
        raise UsageError(
            f"{away}: nobody could tell later whether it has changed", hint="Load files of this machine."
        )
    for name in (str(folder), *(one.file for one in named)):
        if any("\ud800" <= sign <= "\udfff" for sign in name):
            raise UsageError(
                f"{name}: its name is not UTF-8, so that nothing can be kept of it", hint="Rename it first."
            )


def _kept(
    one: Input,
    folder: Path,
    known: dict[_Asks, Kept],
    asked: _Asked,
    writing: files.Writing,
    observe: Observe,
) -> Done:
    """The table of *one*: that which is there already, where reading would make the same one again."""
    stamp = originals.stamp(one.path) if one.data is None else None
    place = originals.place(folder, one.path) if stamp else ""
    wanted = asked.reading(one)
    entry = known.get((place or one.file, one.settings.kind, one.settings.sheet))
    why = _difference(one, entry, wanted, folder) if entry else ""
    if entry and not why:
        return Done(entry=replace(entry, stamp=stamp or ()), what="unchanged")
    loaded = loading.load_one(one, asked.config, asked.zone, writing.engine, observe)
    return Done(entry=writing.table(loaded, wanted, place, stamp or ()), what="read", why=why)


def _difference(one: Input, entry: Kept, wanted: Reading, folder: Path) -> str:
    """Why the table of *entry* is not what reading *one* would make; empty where it is."""
    if not entry.original or originals.digest(one.path, one.file) != entry.sha256:
        return "it has changed"
    then = entry.reading
    if then.version != wanted.version:
        return f"it was read by funnelkit {then.version}"
    if then != wanted:
        told = {"file": "its name", "zone": "the time zone", "presets": "a preset"}
        other = next(
            (what for name, what in told.items() if getattr(then, name) != getattr(wanted, name)), ""
        )
        return f"{other or 'what is said of it'} has changed"
    return "" if kept.intact(folder / entry.parquet, entry) else "its table was damaged"


def _others(old: Manifest, done: Sequence[Done]) -> list[Kept]:
    """The entries of *old* that nobody named this time. A table of a file that was named in another way is the same."""
    again = {_is(one.entry) for one in done}
    return [entry for entry in old.files if _is(entry) not in again]


def _asks(entry: Kept) -> _Asks:
    settings = entry.reading.settings
    return entry.original or entry.reading.file, settings.kind, settings.sheet


def _is(entry: Kept) -> tuple[str, str | None]:
    """The one table of one file that *entry* is."""
    settings = entry.reading.settings
    return entry.original or f"{settings.kind}={entry.reading.file}", entry.sheet
