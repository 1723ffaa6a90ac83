"""One table of one file: its header, how it is written, and a way to its text cells.

Recognition is handed in as a function, so that reading knows nothing of presets or words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct

from funnelkit.dates import MONTHS, read
from funnelkit.engines import Batch, Scan
from funnelkit.errors import SourceError
from funnelkit.ranges import read_period
from funnelkit.sources.files import stacked
from funnelkit.sources.files.dialect import HEADER_WITHIN, Dialect
from funnelkit.tables import Note

Record = tuple[int, Sequence[str]]
"""The line that a record begins on, counted from 1, and its cells; an empty line has none."""
Records = Sequence[Record]
Kind = TypeVar("Kind")
_ADS = (
    r"(?i)\b(ad|ads|cost|spend|spent|kosten|ausgaben|coût|coste|costo|custo|gasto|gastado|dépensé|dépenses|uitgaven"
    r"|campaign|kampagne|campagne|campaña|campanha|campagna|impr|impressions?|impressionen|impresiones|impressões"
    r"|impressioni|vertoningen|clicks?|klicks?|clics?|cliques|klikken|cpc|cpm|cpa|ctr|conversions?|roas)\b"
)
"""Words of headers of which two make a report of ads; compiled for files that nobody knows."""
FIRST = 200
"""So many of the first rows are enough to see what kind of rows they are."""
_WIDEST = 16_384
"""No spreadsheet is wider."""


class Export(Struct, Generic[Kind], frozen=True, kw_only=True):
    """One table of one file: what it is, and how to come by its text cells."""

    file: str
    """The path as the user gave it, for messages and for the report."""
    sha256: str
    header: tuple[str, ...]
    """Trimmed; the second of two equal names is called ``name (2)``."""
    dialect: Dialect
    sheet: str | None
    preamble: tuple[str, ...]
    """The lines above the header, cells joined by blanks."""
    kind: Kind
    """What recognition said of the header."""
    batches: Callable[[], Iterator[Batch]]
    """The records below the header, and the lines of other tables."""
    everything: Callable[[], Iterator[Record]]
    """Every record of the file or sheet as it stands there, also those of other tables."""
    first: Sequence[Sequence[str]] = ()
    """Some of the first rows."""
    scan: Scan | None = None
    """How an engine may read the records by itself, where they seem plain."""
    notes: tuple[Note, ...] = ()
    """What the reader of the report must know of how the table was found."""
    others: tuple[str, ...] = ()
    """The other sheets of the workbook that hold a table, where nobody named the sheet."""

    def open(self) -> Iterator[Record]:
        """The records below the header, one by one, as text."""
        for batch in self.batches():
            for line, cells in zip(batch.lines, batch.rows, strict=True):
                yield line, batch.texts(cells)

    @property
    def name(self) -> str:
        """The file name without its folder."""
        return Path(self.file).name


class Proposal(Struct, Generic[Kind], frozen=True, kw_only=True):
    """A header that somebody understands."""

    kind: Kind
    score: float
    """How well; the best of a file's delimiters or sheets wins, the first of equals."""


Recognise = Callable[[tuple[str, ...], Records, str], Proposal[Kind] | None]
"""What a header is, given the records below it and the file's name; None for no header at all."""


class Choice(Struct, Generic[Kind], frozen=True, kw_only=True):
    """The header that is understood best among the first lines of a text or a sheet."""

    proposal: Proposal[Kind]
    line: int
    header: Sequence[str]
    records: Records
    """The lines that it was found among."""
    position: int
    """Where it stands among them."""

    def below(self) -> Iterator[Sequence[str]]:
        """The first rows under it."""
        for _, cells in below(self.records, self.position):
            yield cells


def first_header(found: Records, recognise: Recognise[Kind], file: str) -> Choice[Kind] | None:
    """The first header among the first *found* records that is understood."""
    for position, (line, cells) in enumerate(found[:HEADER_WITHIN]):
        if _may_be_header(cells):
            proposal = recognise(distinct(cells), below(found, position), file)
            if proposal:
                return Choice(proposal=proposal, line=line, header=cells, records=found, position=position)
    return None


def below(found: Records, position: int) -> Records:
    """The records under the header at *position*, up to where another table begins."""
    if all(any(cells) for _, cells in found[position + 1 :]):
        return found[position + 1 :]
    rows = [cells for _, cells in found]
    # The rows down to the first empty line are certainly its own.
    table = stacked.own(rows[position], takewhile(any, dropwhile(lambda r: not any(r), rows[position + 1 :])))
    kept = []
    for at in range(position + 1, len(found)):
        if any(rows[at]):
            if not any(rows[at - 1]) and stacked.begins(rows, at, table) is not None:
                break
            kept.append(found[at])
    return kept


def _may_be_header(cells: Sequence[str]) -> bool:
    """Whether a record has at least two names, and more names than numbers."""
    if not 2 <= len(cells) <= _WIDEST:
        return False
    filled = [cell for cell in cells if cell.strip()]
    numbers = sum(cell.lstrip(" -+($€£")[:1].isdigit() for cell in filled)
    return len(filled) >= 2 and numbers * 2 < len(filled)


def distinct(cells: Sequence[str]) -> tuple[str, ...]:
    """Header names, trimmed, with repeated ones numbered.

    >>> distinct([" Cost", "Currency code", "Currency code"])
    ('Cost', 'Currency code', 'Currency code (2)')
    """
    seen: dict[str, int] = {}
    names = []
    for cell in cells:
        name = " ".join(cell.replace("\ufeff", "").split())
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} ({seen[name]})" if seen[name] > 1 and name else name)
    return tuple(names)


def joined(above: Records) -> tuple[str, ...]:
    """The records above a header as lines of text."""
    lines = (" ".join(cell.strip() for cell in cells if cell.strip()) for _, cells in above)
    return tuple(line for line in lines if line)


def unrecognised(
    file: str, header: Sequence[str], tables: Sequence[tuple[str, Sequence[str]]] = ()
) -> SourceError:
    """The refusal of a file whose header nobody understands, with what would settle it.

    Where it holds several *tables*, each is named by where it stands and its header.
    """
    name = Path(file).name
    problem = f"this is no export that funnelkit knows; its header reads: {_shown(header, 8)}"
    if len(tables) > 1:
        listed = "; ".join(f"{where}: {_shown(names, 5)}" for where, names in tables)
        problem = f"it holds {len(tables)} tables, none of which funnelkit knows: {listed}"
    across = [" ".join(str(cell).split()) for cell in header if _is_month(str(cell))]
    if len(across) >= _SEVERAL:
        error = SourceError(
            f"{file}: its months stand side by side, which funnelkit does not read; its header reads: {_shown(header, 8)}",
            hint="One row per month is needed: one column for the month and one for the figure. Unpivot the months "
            "(Excel: Data > From Table/Range > select their columns > Unpivot Columns), or download the report by month "
            "with the month as a row.",
            code="unrecognised",
        )
        error.header = tuple(cell.strip() for cell in header)
        return error
    kind, columns = "leads", "created_at: NAME OF ITS DATE COLUMN"
    if sum(bool(re.search(_ADS, cell)) for cell in header) >= 2:
        kind, columns = "spend", "date: NAME OF ITS DATE COLUMN, cost: NAME OF ITS COST COLUMN"
    error = SourceError(
        f"{file}: {problem}",
        hint="It was compared with every preset and with the usual words for leads (a created date, and "
        "a source, campaign, stage, lead id, lead status, or an e-mail with a company or phone), deals "
        "(a status or stage), ad spend (a date and a cost), emails, payments, web sessions and activities (a time, a lead id "
        "or e-mail, and a kind such as Call), touches (a time, a person and a channel), posts (a date, impressions and reactions) and search terms. Other costs and quotas are asked for by name: costs=FILE, quotas=FILE.\n"
        f"Say what it is with KIND=FILE ({kind}={name}), or name its columns in funnelkit.yaml:\n"
        f"  sources:\n    - path: {name}\n      table: {kind}\n      columns: {{{columns}}}",
        code="unrecognised",
    )
    error.header = tuple(cell.strip() for cell in header)
    return error


_SEVERAL = 2
"""So many months in a header are a table with its months side by side."""


def _is_month(cell: str) -> bool:
    """Whether the name of a column is a month, with or without a year."""
    text = cell.strip()
    if text.lower().rstrip(".") in MONTHS:
        return True
    days = read_period(text, {}, "month")
    first = read(text, {})
    return bool(days and 28 <= (days[1] - days[0]).days + 1 <= 31) or bool(first and first.day == 1)


def _shown(header: Sequence[str], most: int) -> str:
    names = [" ".join(str(cell).split())[:60] for cell in header]
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
