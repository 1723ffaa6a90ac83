"""A sheet of a workbook -> Export. Typed cells become the text that a CSV would hold.

Hidden sheets are tried last: tools keep their own notes in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import Any

from msgspec import Struct

from funnelkit.engines import Batch
from funnelkit.errors import FunnelkitError, SourceError
from funnelkit.sources.files import ahead, merged, sheetsize, stacked, unworked
from funnelkit.sources.files.celltexts import texts
from funnelkit.sources.files.content import Content
from funnelkit.sources.files.dialect import HEADER_WITHIN, Dialect
from funnelkit.sources.files.export import (
    FIRST,
    Choice,
    Export,
    Kind,
    Recognise,
    Records,
    distinct,
    first_header,
    joined,
    unrecognised,
)
from funnelkit.tables import Note

_BATCH = 4096
_HEAD = HEADER_WITHIN + 60


class _Sheet(Struct, frozen=True, kw_only=True):
    """One sheet of a workbook."""

    name: str
    cells: Any
    hidden: bool
    unworked: unworked.Places

    def rows(self) -> Iterator[list[Any]]:
        """All rows from the first one on, each from the first column on."""
        left = [""] * (self.cells.start[1] if self.cells.start else 0)
        found = (left + row for row in self.cells.iter_rows()) if left else self.cells.iter_rows()
        return self._with_unworked(found) if self.unworked else found

    def _with_unworked(self, found: Iterator[list[Any]]) -> Iterator[list[Any]]:
        for at, row in enumerate(found):
            for column, shown in self.unworked.get(at, {}).items():
                if column < len(row) and row[column] in ("", 0):
                    row[column] = shown
            yield row

    def head(self) -> Records:
        """The first rows as text."""
        return [(line, texts(row)) for line, row in enumerate(islice(self.rows(), _HEAD), 1)]

    def batches(self, skip: int) -> Iterator[tuple[range, list[list[Any]]]]:
        """The rows below the first *skip*, many at a time."""
        found: Iterator[list[Any]] = islice(self.rows(), skip, None)
        if reaching := merged.below(self.cells, skip):
            found = merged.filled(found, reaching, skip)
        while rows := list(islice(found, _BATCH)):
            if not all(map(any, rows)):
                rows = [row if any(cell != "" for cell in row) else [] for row in rows]
            yield range(skip + 1, skip + 1 + len(rows)), rows
            skip += len(rows)


def read(content: Content, recognise: Recognise[Kind], file: str, sheet: str | None = None) -> Export[Kind]:
    """The best table among the sheets of the workbook in *content*.

    Raises SourceError for a workbook that is damaged, protected, or of no known kind.
    """
    data = content.whole()
    chosen, understood = _chosen(data, recognise, file, sheet)
    choice = understood[chosen.name]
    alike = [n for n, other in understood.items() if n != chosen.name and other.header == choice.header]
    if alike:
        raise SourceError(
            f"{file}: the sheets {', '.join(map(repr, [chosen.name, *alike]))} hold rows of the same table",
            hint="Name each of them under `sources:` in funnelkit.yaml, to read them together or one of them:\n"
            f"  - {{path: {file}, sheet: {chosen.name}}}",
            code="several_sheets",
        )
    first, begin, preamble = stacked.above(choice.records[: choice.position], choice.line)
    header = next(islice(chosen.rows(), choice.line - 1, None))

    def own_rows() -> Iterator[Batch]:
        if first is not None:
            lines = [n for n, cells in choice.records if first <= n < begin and any(cells)]
            yield Batch(lines=(), rows=(), aside={"other_table": lines})
        for batch in stacked.only(chosen.batches(choice.line), header, choice.below()):
            yield Batch(lines=batch.lines, rows=batch.rows, aside=batch.aside, texts=texts)

    return Export(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        header=distinct(choice.header),
        dialect=Dialect(encoding="excel", delimiter="", header_line=choice.line),
        sheet=chosen.name,
        preamble=joined(preamble),
        kind=choice.proposal.kind,
        batches=own_rows,
        everything=lambda: ((line, texts(row)) for line, row in enumerate(chosen.rows(), 1)),
        first=tuple(islice(choice.below(), FIRST)),
        notes=_notes(file, chosen),
        others=tuple(name for name in understood if name != chosen.name),
    )


def _chosen(
    data: bytes, recognise: Recognise[Kind], file: str, sheet: str | None
) -> tuple[_Sheet, dict[str, Choice[Kind]]]:
    """The sheet whose table is recognised best, and what was recognised in all; hidden ones only where no other is.

    Raises SourceError where there is none.
    """
    best: tuple[Choice[Kind], _Sheet] | None = None
    understood: dict[str, Choice[Kind]] = {}
    seen: list[tuple[str, Sequence[str]]] = []
    formulas = False
    for one in _sheets(data, file, sheet):
        if one.hidden and best is not None:
            break
        head = one.head()
        found = first_header(head, recognise, file)
        formulas = formulas or unworked.holds_formulas(one.unworked)
        if found is None:
            seen += [(f"sheet {one.name!r}", max((c for _, c in head[:HEADER_WITHIN]), key=len, default=()))]
            continue
        understood[one.name] = found
        if best is None or found.proposal.score > best[0].proposal.score:
            best = (found, one)
    if best is None:
        raise _unknown(file, seen, formulas)
    return best[1], understood


def _unknown(file: str, seen: Sequence[tuple[str, Sequence[str]]], formulas: bool) -> SourceError:
    """The refusal of a workbook of which no sheet is known; *seen* are the sheets and their widest rows."""
    shown = [(where, [c for c in cells if c]) for where, cells in seen if any(cells)]
    refusal = unrecognised(file, max((c for _, c in shown), key=len, default=("(no rows)",)), shown)
    if formulas:
        refusal.hint = f"{unworked.HINT}\n{refusal.hint}"
    return refusal


def _notes(file: str, chosen: _Sheet) -> tuple[Note, ...]:
    """What is to be told of the sheet that was read."""
    if not chosen.hidden:
        return ()
    message = f"{file}: sheet {chosen.name!r} was read, which is hidden: no visible one holds a known table"
    return (Note(code="hidden_sheet", message=message),)


def _sheets(data: bytes, file: str, sheet: str | None) -> Iterator[_Sheet]:
    """The sheet called *sheet*, or all of them, the hidden ones last."""
    try:
        book = ahead.taken(file) or opened(data, file)
        if sheet is not None and sheet not in book.names:
            raise SourceError(
                f"{file}: there is no sheet {sheet!r}", hint=f"Its sheets are: {', '.join(book.names)}."
            )
        for name, hidden in book.names.items():
            if sheet in (None, name):
                places = book.unworked(data, name)
                yield _Sheet(
                    name=name, cells=book.cells(name), hidden=hidden and sheet is None, unworked=places
                )
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises several kinds, none of them of this package
        raise _broken(data, file, str(error)) from None


class Book(Struct):
    """A workbook that is open, with its first sheet already taken apart."""

    book: Any
    names: dict[str, bool]
    """The names of its sheets, and whether they are hidden; those that are come last."""
    first: Any = None
    unworked_first: unworked.Places | None = None

    def unworked(self, data: bytes, name: str) -> unworked.Places:
        """The cells of one sheet whose value is not in the file; to be asked for before its cells."""
        if self.first is not None and self.first.name == name and self.unworked_first is not None:
            return self.unworked_first
        return unworked.places(data, name)

    def cells(self, name: str) -> Any:
        """The cells of one sheet."""
        ready, self.first = self.first, None
        return ready if ready is not None and ready.name == name else self.book.get_sheet_by_name(name)


def opened(data: bytes, file: str) -> Book:
    """The workbook in *data*. The library works on it without keeping other threads from theirs."""
    import python_calamine

    sheetsize.check(data, file)
    book = python_calamine.load_workbook(BytesIO(data))
    visible = python_calamine.SheetVisibleEnum.Visible
    known = [s for s in book.sheets_metadata if s.typ == python_calamine.SheetTypeEnum.WorkSheet]
    names = {s.name: s.visible != visible for s in sorted(known, key=lambda s: s.visible != visible)}
    if not names:
        return Book(book, names)
    name = next(iter(names))
    return Book(book, names, book.get_sheet_by_name(name), unworked.places(data, name))


def _broken(content: bytes, file: str, reason: str) -> FunnelkitError:
    # Excel keeps a protected workbook in an OLE container with a stream of this name, in UTF-16.
    if "EncryptedPackage".encode("utf-16-le") in content or "password" in reason.lower():
        return SourceError(
            f"{file}: the workbook is protected by a password",
            hint="Open it in Excel, remove the password under File > Info, and save it again.",
            code="password",
        )
    return SourceError(
        f"{file}: the workbook is damaged and cannot be opened",
        hint="Download it again, or open it in Excel and save it as CSV.",
        code="broken_workbook",
    )
