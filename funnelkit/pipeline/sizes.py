"""How much text there is to read, by which an engine is chosen: told by names and sizes, before anything is read."""

from __future__ import annotations

from pathlib import Path

from funnelkit.errors import SourceError
from funnelkit.pipeline.inputs import Input
from funnelkit.sources.files import unpack

_TEXT = frozenset({".csv", ".tsv", ".tab", ".txt", ".parquet"})
"""What is read by a database at least as fast as in memory; workbooks are not."""
_PACKED = 5
"""So many times as much text at least comes out of a packed file."""


def of_text(one: Input) -> int:
    """About how many bytes of text *one* input has; 0 for what is no text, or tells its size only once it is read."""
    if one.data is not None or one.address:
        return 0
    path, packed = one.path, one.path.suffix.lower() in unpack.PACKED
    if Path(path.stem if packed else path.name).suffix.lower() not in _TEXT:
        return 0
    size = path.stat().st_size if path.is_file() else _in_archive(one)
    return size * _PACKED if packed else size


def _in_archive(one: Input) -> int:
    archive = unpack.archive_of(one.path)
    if archive is None:
        return 0
    try:
        return unpack.member(archive, one.path.relative_to(archive).as_posix(), one.file).size
    except SourceError:
        # What is wrong with it is told when it is read.
        return 0
