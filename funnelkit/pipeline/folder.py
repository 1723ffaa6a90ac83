"""A folder of kept tables on the disk: its files are made aside, synced, and readable by their owner only."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from funnelkit.engines import _parquet
from funnelkit.errors import OutputError, UsageError
from funnelkit.pipeline import manifest
from funnelkit.pipeline.manifest import Kept, Manifest, Reading
from funnelkit.render import files

if TYPE_CHECKING:
    from funnelkit.engines import Engine
    from funnelkit.sources.loaded import Loaded

_ASIDE = ".funnelkit-"


def existing(folder: Path) -> Manifest:
    """What *folder* holds so far. Raises UsageError for a folder with something else in it."""
    if manifest.is_in(folder):
        return manifest.read(folder)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file and no folder", hint="Name a new folder, such as kept.")
    # What a load left behind that was killed is none of anybody's.
    if folder.exists() and any(not inside.name.startswith(_ASIDE) for inside in folder.iterdir()):
        raise UsageError(
            f"{folder}: is not empty, and holds no kept tables", hint="Name a new folder, such as kept."
        )
    return Manifest()


class Writing:
    """New tables on their way into a folder; without `finish` it stays as it was."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.engine = engine
        self._folder = folder
        self._made = not folder.exists()
        self._tables: list[Path] = []

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _clear_away(self._folder)
            # Only its owner may look into it, whatever the database does with the files in there.
            self._aside = Path(tempfile.mkdtemp(prefix=f"{_ASIDE}{os.getpid()}-", dir=self._folder))
        except OSError as error:
            raise files.explained(self._folder, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._aside, ignore_errors=True)
        if self._made and not manifest.is_in(self._folder):
            shutil.rmtree(self._folder, ignore_errors=True)

    def table(self, loaded: Loaded, reading: Reading, original: str, stamp: tuple[int, ...]) -> Kept:
        """Write the table of *loaded*; its entry."""
        import duckdb

        written = self._aside / "table.parquet"
        try:
            _parquet.write(self.engine, loaded.frame, written)
            written.chmod(0o600)
            with written.open("rb+") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                os.fsync(stream.fileno())
            # Files of one content have tables of their own, since messages tell their names.
            own = hashlib.sha256(f"{digest} {loaded.export.file} {loaded.export.sheet}".encode()).hexdigest()
            name = f"{loaded.table}-{own[:16]}.parquet"
            self._tables.append(written.rename(self._aside / name))
        except duckdb.Error as error:
            said = str(error).partition("\n")[0]
            raise OutputError(
                f"{self._folder}: cannot be written: {said}",
                hint="Free some space, or write to another disk.",
            ) from error
        except OSError as error:
            raise files.explained(self._folder, error) from error
        return _entry(loaded, reading, original, stamp, name, digest)

    def finish(self, made: Manifest) -> None:
        """Put the new tables and *made* into their places, and remove what no longer belongs to it."""
        try:
            for table in self._tables:
                os.replace(table, self._folder / table.name)
            files.write({self._folder / manifest.NAME: manifest.encode(made)}, private=True)
            belongs = manifest.names(made)
            for left in self._folder.iterdir():
                if manifest.is_table(left.name) and left.name not in belongs:
                    left.unlink(missing_ok=True)
        except OSError as error:
            raise files.explained(self._folder, error) from error


def _clear_away(folder: Path) -> None:
    """Remove what loads have left in *folder* that were killed."""
    from funnelkit.engines._session import runs

    for left in folder.glob(f"{_ASIDE}*-*"):
        process = left.name.removeprefix(_ASIDE).partition("-")[0]
        if process.isdigit() and not runs(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _entry(
    loaded: Loaded, reading: Reading, original: str, stamp: tuple[int, ...], parquet: str, digest: str
) -> Kept:
    export = loaded.export
    return Kept(
        parquet=parquet,
        parquet_sha256=digest,
        original=original,
        stamp=stamp,
        reading=reading,
        sha256=export.sha256,
        header=export.header,
        dialect=export.dialect,
        sheet=export.sheet,
        kind=export.kind,
        scales=loaded.scales,
        present=tuple(sorted(loaded.present)),
        decisions=loaded.decisions,
        rows=loaded.rows,
        aside=loaded.aside,
        bad=loaded.bad,
        mentions=tuple(sorted(loaded.mentions)),
        currency=loaded.currency,
        notes=loaded.notes,
        others=export.others,
    )
