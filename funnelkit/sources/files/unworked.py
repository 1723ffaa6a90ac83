"""Cells of a workbook that stand for a value which is not in the file: open formulas, and errors.

A program that writes a formula need not work it out, and the library gives such a cell as an empty
one: a column of them would add up to nothing without a word.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from html import unescape
from io import BytesIO

HINT = "Some cells are formulas that were never worked out: open the workbook in a spreadsheet and save it."
Places = Mapping[int, Mapping[int, str]]
"""Row -> column -> what is shown in the place of the missing value, both counted from 0."""

_SHEET = re.compile(rb"<sheet\b[^>]*>")
_TARGET = re.compile(rb"<Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"((?:[^>]*[^>/])?)>(.*?)</c>', re.DOTALL)
_FORMULA = re.compile(rb"<f\b[^>]*?(?:/>|>(.*?)</f>)\s*(?:<v\s*/>|<v>(.*?)</v>)?", re.DOTALL)
_FIRST = 1_000_000
_MOST = 20_000_000
"""Of a larger sheet only so much is looked at."""


def places(data: bytes, sheet: str) -> Places:
    """The cells without a value in the *sheet* of the workbook in *data*; none in other formats than xlsx."""
    if not data.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(BytesIO(data)) as archive:
        part = _part(archive, sheet)
        if part is None:
            return {}
        with archive.open(part) as stream:
            xml = stream.read(_FIRST)
            # A column of formulas begins at its top; to look for a lone one far below takes longer than it is worth.
            if not _any(xml):
                return {}
            xml += stream.read(_MOST)
        # What was written with the wish to be worked out on opening holds a zero in the place of a result.
        asked = b'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml")
    found: dict[int, dict[int, str]] = {}
    for column, row, attributes, inside in _CELL.findall(xml):
        shown = _shown(attributes, inside, zero=asked)
        if shown:
            found.setdefault(int(row) - 1, {})[number(column) - 1] = shown
    return found


def _any(xml: bytes) -> bool:
    return b"<f" in xml or b't="e"' in xml


def holds_formulas(found: Places) -> bool:
    """Whether some of the cells without a value are formulas."""
    return any(shown.startswith("=") for row in found.values() for shown in row.values())


def _shown(attributes: bytes, inside: bytes, *, zero: bool) -> str:
    """What stands for the value of a cell that has none; empty for one that has."""
    if b't="e"' in attributes:
        return _text(inside.rpartition(b"<v>")[2].partition(b"<")[0])
    if b't="' in attributes:
        return ""  # a text, which may be an empty one
    formula = _FORMULA.search(inside)
    if formula is None or formula[2] not in ((None, b"", b"0") if zero else (None, b"")):
        return ""
    return f"={_text(formula[1] or b'')}"


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the part in which *sheet* is written."""
    names = set(archive.namelist())
    index = "xl/_rels/workbook.xml.rels"
    if not {"xl/workbook.xml", index} <= names:
        return None
    targets = {
        a.get("Id"): a.get("Target", "") for a in map(_attributes, _TARGET.findall(archive.read(index)))
    }
    for found in map(_attributes, _SHEET.findall(archive.read("xl/workbook.xml"))):
        if found.get("name") == sheet:
            target = targets.get(found.get("r:id"), "")
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return name if name in names else None
    return None


def _attributes(tag: bytes) -> dict[str, str]:
    return {name.decode("ascii"): _text(value) for name, value in _ATTRIBUTE.findall(tag)}


def _text(raw: bytes) -> str:
    return unescape(raw.decode("utf-8", "replace"))


def number(column: bytes) -> int:
    """The number of a column, counted from 1.

    >>> number(b"A"), number(b"AB")
    (1, 28)
    """
    found = 0
    for letter in column:
        found = found * 26 + letter - 64
    return found
