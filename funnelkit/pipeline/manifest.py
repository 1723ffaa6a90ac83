"""The manifest of a folder of kept tables: per file, how it was read and all of it that reports tell.

The bytes of its entries are summed up beside them, so that what was changed by hand or cut off is
refused and never believed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from funnelkit.engines import Aside, BadCells
from funnelkit.errors import SourceError
from funnelkit.sources.deciding.decisions import Decision
from funnelkit.sources.files.dialect import Dialect
from funnelkit.sources.recognise import Recognition
from funnelkit.sources.settings import FileSettings
from funnelkit.tables import Note

NAME = "funnelkit-load.json"
VERSION = 1
"""Raised whenever an older funnelkit could misread a folder."""
_FORMAT = "funnelkit load"
_TABLE = re.compile(r"[a-z_]+-[0-9a-f]{16}\.parquet")


class Reading(Struct, frozen=True, kw_only=True):
    """What decides how the bytes of one file are read. Where all of it is the same, so is the result."""

    file: str
    """What the file is called in messages."""
    said: FileSettings
    """What the command line says of it."""
    settings: FileSettings
    """The same with what the configuration says."""
    zone: str
    presets: str
    """The digest of all presets."""
    version: str
    """Of funnelkit."""


class Kept(Struct, frozen=True, kw_only=True):
    """One file whose canonical table is kept, and everything that was decided about it."""

    parquet: str
    """The name of the file with the table."""
    parquet_sha256: str
    original: str
    """Where the file itself lies, as seen from the folder; empty for standard input."""
    stamp: tuple[int, ...]
    """Size and times of the file itself, by which it is known to be unchanged without reading it."""
    reading: Reading
    sha256: str
    header: tuple[str, ...]
    dialect: Dialect
    sheet: str | None
    kind: Recognition
    scales: Mapping[str, int]
    present: tuple[str, ...]
    decisions: tuple[Decision, ...]
    rows: int
    aside: tuple[Aside, ...]
    bad: tuple[BadCells, ...]
    mentions: tuple[str, ...]
    currency: str | None
    notes: tuple[Note, ...]
    others: tuple[str, ...] = ()
    """The other sheets of its workbook that hold a table."""


class Manifest(Struct, frozen=True, kw_only=True):
    """The files of a folder, in the order in which a report has them."""

    files: tuple[Kept, ...] = ()
    notes: tuple[Note, ...] = ()
    """What was passed over when the files were named."""


class _Head(Struct):
    """What every version of a manifest says first."""

    format: str
    version: int


class _Envelope(Struct):
    format: str
    version: int
    sha256: str
    content: msgspec.Raw


def is_in(folder: str | Path) -> bool:
    """Whether *folder* is one of kept tables."""
    return (Path(folder) / NAME).is_file()


def is_table(name: str) -> bool:
    """Whether a file is called as the tables in such a folder are."""
    return bool(_TABLE.fullmatch(name))


def encode(manifest: Manifest) -> bytes:
    """The bytes of *manifest*."""
    content = msgspec.json.encode(manifest)
    whole = _Envelope(format=_FORMAT, version=VERSION, sha256=_digest(content), content=msgspec.Raw(content))
    return msgspec.json.encode(whole) + b"\n"


def read(folder: str | Path) -> Manifest:
    """The manifest in *folder*. Raises SourceError for one that is damaged, changed or newer."""
    path = Path(folder) / NAME
    try:
        data = path.read_bytes()
        head = msgspec.json.decode(data, type=_Head)
        if head.format == _FORMAT and head.version > VERSION:
            raise SourceError(
                f"{path}: was written by a newer funnelkit (format {head.version}; this one reads {VERSION})",
                hint="Update funnelkit, or load the files anew into another folder.",
                code="newer_format",
            )
        whole = msgspec.json.decode(data, type=_Envelope)
        if whole.format != _FORMAT or whole.sha256 != _digest(bytes(whole.content)):
            raise damaged(path)
        found = msgspec.json.decode(whole.content, type=Manifest)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
        raise damaged(path) from None
    if not all(is_table(one.parquet) for one in found.files):
        raise damaged(path)
    return found


def damaged(path: Path) -> SourceError:
    """The refusal of a manifest or a table that is not what `funnelkit load` wrote."""
    return SourceError(
        f"{path}: is damaged, or was changed since `funnelkit load` wrote it",
        hint="Load the original files anew into a new folder, or take this one back from a copy.",
        code="damaged_folder",
    )


def names(manifest: Manifest) -> Sequence[str]:
    """The files that belong to *manifest*, itself included."""
    return [NAME, *(one.parquet for one in manifest.files)]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
