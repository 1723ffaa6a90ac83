"""A sheet of a workbook -> Export. Typed cells become the text that a CSV would hold.

Dates turn into ISO form and numbers keep all their digits, so that everything above reads one
kind of cell. Hidden sheets are not looked at: tools keep their own notes in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from funnelkit.errors import FunnelkitError, SourceError
from funnelkit.sources.dialect import HEADER_WITHIN, Dialect
from funnelkit.sources.export import (
    Export,
    Kind,
    Proposal,
    Recognise,
    Records,
    distinct,
    first_header,
    joined,
    unrecognised,
)

SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read(
    content: bytes, recognise: Recognise[Kind], file: str, sha256: str, sheet: str | None = None
) -> Export[Kind]:
    """The best table among the visible sheets of the workbook in *content*.

    Raises SourceError for a workbook that is damaged, protected, or of no known kind.
    """
    tables = _tables(content, file, sheet)
    best: tuple[Proposal[Kind], str, int, Records] | None = None
    for name, rows in tables.items():
        found = first_header(rows, recognise, file)
        if found and (best is None or found[0].score > best[0].score):
            best = (found[0], name, found[1], rows)
    if best is None:
        seen = [cells for table in tables.values() for _, cells in table[:HEADER_WITHIN]]
        raise unrecognised(file, max(seen, key=len, default=("(no rows)",)))
    proposal, chosen, position, rows_of = best
    line, header = rows_of[position]
    return Export(
        file=file,
        sha256=sha256,
        header=distinct(header),
        dialect=Dialect(encoding="excel", delimiter="", header_line=line),
        sheet=chosen,
        preamble=joined(rows_of[:position]),
        kind=proposal.kind,
        open=lambda: iter(rows_of[position + 1 :]),
    )


def _tables(content: bytes, file: str, sheet: str | None) -> dict[str, Records]:
    import python_calamine

    try:
        book = python_calamine.load_workbook(BytesIO(content))
        visible = [
            s.name for s in book.sheets_metadata if s.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        if sheet is not None and sheet not in book.sheet_names:
            raise SourceError(
                f"{file}: there is no sheet {sheet!r}", hint=f"Its sheets are: {', '.join(book.sheet_names)}."
            )
        names = [sheet] if sheet is not None else visible
        return {
            name: _records(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names
        }
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises several kinds, none of them of this package
        raise _broken(content, file, str(error)) from None


def _broken(content: bytes, file: str, reason: str) -> FunnelkitError:
    # Excel keeps a protected workbook in an OLE container with a stream of this name, in UTF-16.
    if "EncryptedPackage".encode("utf-16-le") in content or "password" in reason.lower():
        return SourceError(
            f"{file}: the workbook is protected by a password",
            hint="Open it in Excel, remove the password under File > Info, and save it again.",
            code="password",
        )
    if content.startswith(b"PK\x03\x04") and not file.lower().endswith((".xlsx", ".xlsm", ".xlsb", ".ods")):
        return SourceError(
            f"{file}: this is an archive, not a table", hint="Unpack it and name the files in it."
        )
    return SourceError(
        f"{file}: the workbook is damaged and cannot be opened",
        hint="Download it again, or open it in Excel and save it as CSV.",
        code="broken_workbook",
    )


def _records(rows: Sequence[Sequence[Any]]) -> Records:
    found = ((line, tuple(cell_text(cell) for cell in row)) for line, row in enumerate(rows, 1))
    return [(line, cells) for line, cells in found if any(cells)]


def cell_text(cell: Any) -> str:
    """The text that a CSV export would hold for a typed cell of a workbook.

    >>> cell_text(45362.0), cell_text(0.1), cell_text(datetime(2026, 3, 4))
    ('45362', '0.1', '2026-03-04')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time(0)
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta | int) else ""


def _float_text(number: float) -> str:
    # Beyond 15 digits Excel itself has rounded: the exponent form shows that an id is damaged.
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    text = repr(number)
    # "1.125" could also be read as thousands. A typed number is not in doubt, so that it gets a fourth decimal.
    return f"{text}0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", text) else text
