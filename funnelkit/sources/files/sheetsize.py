"""How large the sheets of a workbook are, before a library unfolds them.

A few kilobytes may unpack to more than any machine holds, and one cell at the far end of a sheet
makes a table of billions.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Sequence
from io import BytesIO

from funnelkit.errors import SourceError
from funnelkit.sources.files import unpack
from funnelkit.sources.files.unworked import number

_CELLS = 100_000_000
"""So many cells a sheet may have, empty ones between the first and the last included."""
_CORNER = re.compile(rb'<dimension ref="(?:[A-Z]+\d+:)?([A-Z]{1,3})(\d+)"')
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"(?:[^>]*[^>/])?>')
"""A cell with something in it; the library passes over those that are only formatted."""
_BINARY = re.compile(rb"\x94\x01\x10.{16}", re.DOTALL)
"""The record of a binary workbook that says where a sheet begins and ends."""
_SCANNED = 300_000
_DOUBTED = 200_000_000


def check(data: bytes, file: str) -> None:
    """Raise SourceError for a workbook that would unpack to more than any machine holds."""
    if not data.startswith(b"PK"):
        return
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if unpacked > unpack.limit(len(data)):
            raise _too_large(file, f"{unpacked / 1e6:,.0f} MB")
        cells = max((_cells(archive, part) for part in parts if "/worksheets/" in part.filename), default=0)
    if cells > _CELLS:
        raise _too_large(file, f"{cells:,} cells")


def _too_large(file: str, what: str) -> SourceError:
    return SourceError(
        f"{file}: the workbook unpacks to {what}, far more than an export holds",
        hint="Delete the empty rows and columns around the table, or save it as CSV.",
        code="too_large",
    )


def _cells(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How many cells lie between the first of a sheet and the last, as far as a quick look shows."""
    with archive.open(part) as stream:
        head = stream.read(4096)
    if part.filename.endswith(".bin"):
        corner = _BINARY.search(head)
        last: tuple[int, ...] = struct.unpack_from("<III", corner[0], 7) if corner else (0, 0, 0)
        return (last[0] + 1) * (last[2] + 1)
    said = _area(_CORNER.findall(head))
    # A sheet of few bytes may still name a cell at the far end; one of many is what it says it is,
    # unless that cannot be: some programs say of every sheet that it is as large as sheets can be.
    small = part.compress_size < _SCANNED and part.file_size < 20 * _SCANNED
    if not small and (said <= _CELLS or part.file_size > _DOUBTED):
        return said
    return _area(_CELL.findall(archive.read(part)))


def _area(cells: Sequence[tuple[bytes, bytes]]) -> int:
    """How many cells lie between the first of a sheet and the last of *cells*."""
    rows, columns = [int(row) for _, row in cells], [number(column) for column, _ in cells]
    return max(rows, default=0) * max(columns, default=0)
