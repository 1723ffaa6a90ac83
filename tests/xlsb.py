"""Binary workbooks (xlsb) for tests: the few records of [MS-XLSB] that a table of values needs."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PLAIN, _DAY, _TIME, _PERCENT = range(4)
"""The cell formats of the style sheet, by their places in it."""
_FORMATS = (0, 14, 22, 10)
"""What these are among the formats that every spreadsheet knows: general, date, date and time, 0.00%."""
_ERRORS = {
    "#NULL!": 0x00,
    "#DIV/0!": 0x07,
    "#VALUE!": 0x0F,
    "#REF!": 0x17,
    "#NAME?": 0x1D,
    "#NUM!": 0x24,
    "#N/A": 0x2A,
}


class Percent(float):
    """A number in a cell that is formatted as a percentage."""


class Error(str):
    """What stands in a cell whose formula failed."""

    __slots__ = ()


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with the rows of each sheet; those whose name begins with ``hidden`` are hidden."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="bin" ContentType="application/'
        'vnd.ms-excel.sheet.binary.macroEnabled.main"/><Default Extension="rels" ContentType="application/'
        'vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": _linked({"rId1": ("officeDocument", "xl/workbook.bin")}),
        "xl/_rels/workbook.bin.rels": _linked(
            {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.bin") for n in range(1, len(sheets) + 1)}
            | {"rIdS": ("styles", "styles.bin")}
        ),
        "xl/workbook.bin": b"".join(_book(list(sheets))),
        "xl/styles.bin": b"".join(_styles()),
    }
    for n, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{n}.bin"] = b"".join(_sheet(rows))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


def _linked(targets: dict[str, tuple[str, str]]) -> str:
    links = (
        f'<Relationship Id="{key}" Type="{_KIND}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_LINKS}">{"".join(links)}</Relationships>'


def _record(number: int, content: bytes = b"") -> bytes:
    """A record: its number and its length, seven bits to a byte, and what is in it."""
    head = bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])
    length, left = b"", len(content)
    while left > 127:
        length, left = length + bytes([left & 127 | 128]), left >> 7
    return head + length + bytes([left]) + content


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def _book(names: Sequence[str]) -> Iterator[bytes]:
    yield _record(131)  # the book begins
    yield _record(153, struct.pack("<III", 0, 0, 0))  # its properties: days are counted from 1900
    yield _record(143)
    for n, name in enumerate(names, 1):
        yield _record(156, struct.pack("<II", name.startswith("hidden"), n) + _text(f"rId{n}") + _text(name))
    yield _record(144)
    yield _record(132)


def _styles() -> Iterator[bytes]:
    yield _record(278)
    yield _record(617, struct.pack("<I", len(_FORMATS)))
    for number in _FORMATS:
        yield _record(47, struct.pack("<HHHHHBBH", 0, number, 0, 0, 0, 0, 0, 0) + b"\0\0")
    yield _record(618)
    yield _record(279)


def _sheet(rows: Sequence[Sequence[Any]]) -> Iterator[bytes]:
    yield _record(129)
    yield _record(148, struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, max(map(len, rows), default=1) - 1))
    yield _record(145)
    for y, row in enumerate(rows):
        yield _record(0, struct.pack("<IIHBBBI", y, 0, 300, 0, 0, 0, 0))
        yield from (_cell(x, value) for x, value in enumerate(row) if value is not None)
    yield _record(146)
    yield _record(130)


def _cell(column: int, value: Any) -> bytes:
    def cell(number: int, content: bytes, style: int = _PLAIN) -> bytes:
        return _record(number, struct.pack("<II", column, style) + content)

    if isinstance(value, Error):
        return cell(3, bytes([_ERRORS[value]]))
    if isinstance(value, str):
        return cell(6, _text(value))
    if isinstance(value, bool):
        return cell(4, bytes([value]))
    if isinstance(value, int) and abs(value) < 2**29:
        return cell(2, struct.pack("<i", value << 2 | 2))  # a short integer
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
        return cell(5, struct.pack("<d", days), _TIME if isinstance(value, datetime) else _DAY)
    return cell(5, struct.pack("<d", value), _PERCENT if isinstance(value, Percent) else _PLAIN)
