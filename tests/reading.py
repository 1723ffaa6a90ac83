"""What the tests of reading share: a file as a canonical table, and its rows as a person would write them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from openpyxl import Workbook

from funnelkit.config import Config
from funnelkit.engines import load as load_engine
from funnelkit.periods import from_day
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import load_one
from funnelkit.sources.settings import FileSettings
from funnelkit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from funnelkit.sources.loaded import Loaded

SAMPLES = Path(__file__).parent / "presets"
ENGINE = load_engine("pandas")


def load(text: str | bytes, file: str = "export.csv", *, zone: str = "UTC", **settings: Any) -> Loaded:
    """The canonical table of a file with the contents *text*, read as the command would read it."""
    data = text.encode() if isinstance(text, str) else text
    one = Input(file=file, path=Path(file), settings=FileSettings(**settings), data=data)
    return load_one(one, Config(), zone, ENGINE)


def load_file(path: Path, **settings: Any) -> Loaded:
    """The canonical table of the file at *path*, called by its name alone."""
    return load(path.read_bytes(), path.name, **settings)


def table(header: str, *rows: str) -> str:
    """The text of a CSV file."""
    return "\n".join((header, *rows)) + "\n"


def csv_text(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """*rows* as a CSV file, quoted where needed."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def book(**sheets: list[list[Any]]) -> Workbook:
    """A workbook with the rows of each sheet."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, found in sheets.items():
        sheet = made.create_sheet(name)
        for row in found:
            sheet.append(row)
    return made


def saved(made: Workbook) -> bytes:
    """The bytes of a workbook."""
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def written(loaded: Loaded, column: str, value: Any) -> str | None:
    """One canonical value as text: a date in ISO form, a number with all its decimals."""
    if value is None or isinstance(value, float):
        return None  # pandas writes a missing text as a float
    if column in loaded.scales:
        return str(Decimal(int(value)).scaleb(-loaded.scales[column]))
    known = TABLES[loaded.table].columns.get(column)
    if known is not None and known.kind == "date":
        return from_day(int(value)).isoformat()
    return str(value)


def rows(loaded: Loaded) -> list[dict[str, str | None]]:
    """The canonical rows as text, with the ``line`` of the file that each comes from."""
    found = []
    for row in nw.from_native(loaded.frame, eager_only=True).rows(named=True):
        line = str(row.pop("source_row"))
        found.append({"line": line, **{c: written(loaded, c, v) for c, v in row.items()}})
    return found


def column(loaded: Loaded, name: str) -> list[str | None]:
    """The values of one canonical column as text."""
    return [row[name] for row in rows(loaded)]


def sums(loaded: Loaded) -> dict[str, Decimal]:
    """The exact sum of each numeric column, missing cells left out."""
    totals = {name: Decimal(0) for name in loaded.scales}
    for row in rows(loaded):
        for name in totals:
            totals[name] += Decimal(row[name] or 0)
    return totals


def aside(loaded: Loaded) -> dict[str, int]:
    """How many rows were set aside for each reason."""
    counts: dict[str, int] = {}
    for one in loaded.aside:
        counts[one.reason] = counts.get(one.reason, 0) + len(one.lines)
    return counts


def noted(loaded: Loaded, code: str) -> list[str]:
    """The messages of the notes with one *code*."""
    return [note.message for note in loaded.notes if note.code == code]
