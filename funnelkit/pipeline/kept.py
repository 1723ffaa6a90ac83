"""A kept table -> Loaded, just as reading its file would give it.

Where the file is still there and would now be read in another way, the table is stale and refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from funnelkit import __version__
from funnelkit.errors import MissingInputError, UsageError
from funnelkit.pipeline import inputs, manifest, originals
from funnelkit.sources.files.export import Export
from funnelkit.sources.loaded import Loaded
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.engines import Engine
    from funnelkit.pipeline.inputs import Input
    from funnelkit.pipeline.manifest import Kept
    from funnelkit.sources.preset import Preset


def check_zone(named: Sequence[Input], zone: str) -> None:
    """Raise UsageError where a table of *named* has its days in another zone than *zone*."""
    for one in named:
        if one.kept and one.kept.reading.zone != zone:
            other = one.kept.reading.zone
            raise UsageError(
                f"{one.folder}: its days are those of {other}, and what is asked for are those of {zone}",
                hint=f"Say --timezone {other}, or run `funnelkit load` again with --timezone {zone}.",
            )


def restored(one: Input, entry: Kept, config: Config, presets: Sequence[Preset], engine: Engine) -> Loaded:
    """The table *entry* of the file *one*.

    Raises MissingInputError where it is stale, and SourceError where it is not what was written.
    """
    _check_current(one, entry, config, presets)
    path = Path(one.folder) / entry.parquet
    if not intact(path, entry):
        raise manifest.damaged(path)
    export = Export(
        file=one.file,
        sha256=entry.sha256,
        header=entry.header,
        dialect=entry.dialect,
        sheet=entry.sheet,
        preamble=(),
        kind=entry.kind,
        batches=lambda: iter(()),
        everything=lambda: iter(()),
        others=entry.others,
    )
    return Loaded(
        export=export,
        frame=engine.from_parquet(path),
        scales=entry.scales,
        present=frozenset(entry.present),
        decisions=entry.decisions,
        rows=entry.rows,
        aside=entry.aside,
        bad=entry.bad,
        mentions=frozenset(entry.mentions),
        currency=entry.currency,
        notes=entry.notes,
        settings=entry.reading.settings,
    )


def intact(path: Path, entry: Kept) -> bool:
    """Whether the file at *path* holds the table of *entry*, to the last byte."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == entry.parquet_sha256
    except OSError:
        return False


def digest(presets: Sequence[Preset]) -> str:
    """What tells these *presets* from others."""
    return hashlib.sha256(msgspec.json.encode(presets)).hexdigest()


def notes(named: Sequence[Input], presets: Sequence[Preset]) -> list[Note]:
    """What was told when the tables of *named* were kept, and which of them this funnelkit might read in another way."""
    folders: Mapping[str, None] = dict.fromkeys(one.folder for one in named if one.kept)
    if not folders:
        return []
    found = [note for folder in folders for note in manifest.read(folder).notes]
    mine = digest(presets)
    for one in named:
        if one.kept and (one.kept.reading.version, one.kept.reading.presets) != (__version__, mine):
            # Were the file still there, it would have been refused as stale.
            message = (
                f"{one.file}: its table was kept by funnelkit {one.kept.reading.version}"
                f"{' with other presets' * (one.kept.reading.version == __version__)}; the file is gone, so that "
                "nobody can tell whether it would still be read in the same way"
            )
            found.append(Note(code="kept_by_other", message=message))
    return found


def _check_current(one: Input, entry: Kept, config: Config, presets: Sequence[Preset]) -> None:
    now = originals.stamp(one.path) if entry.original else None
    if now is None:
        return
    if now != entry.stamp:
        found = originals.digest(one.path, one.file)
        if found is None:
            return
        if found != entry.sha256:
            raise _stale(one, "has changed since it was loaded into")
    if entry.reading.version != __version__:
        raise _stale(one, f"was read by funnelkit {entry.reading.version} when it was loaded into")
    same = "use the configuration of then, or "
    if entry.reading.presets != digest(presets):
        raise _stale(one, "was read with other presets when it was loaded into", same)
    if entry.reading.settings not in inputs.settings_now(one, config):
        raise _stale(one, "is described in another way than when it was loaded into", same)


def _stale(one: Input, what: str, otherwise: str = "") -> MissingInputError:
    hint = f"{otherwise}run `funnelkit load` again, as before, to read it anew into {one.folder}."
    return MissingInputError(
        f"{one.file}: {what} {one.folder}", hint=f"{hint[0].upper()}{hint[1:]}", code="stale"
    )
