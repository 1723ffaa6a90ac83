"""Samples taken apart, and bent in the ways in which exports get bent between the tool and funnelkit."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from funnelkit.figures import number_parts
from funnelkit.periods import from_day
from funnelkit.sources.files.export import distinct
from funnelkit.styles import DateStyle
from funnelkit.tables import TABLES
from tests.reading import SAMPLES, csv_text, load, load_file, rows, sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from funnelkit.sources.deciding.decisions import Decision
    from funnelkit.sources.loaded import Loaded

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"]
BROKEN = [
    "?",
    "n.a.",
    "12 pcs",
    "x7",
    "1.2.3",
    "7 or 8",
    "1e30",
    "99999999999999999999",
    "(5",
    "3,5,7",
    "#N/A N/A",
]
PATHS = sorted(
    p
    for p in SAMPLES.iterdir()
    if p.suffix == ".csv"
    and "refused" not in json.loads((SAMPLES / f"{p.stem}.expected.json").read_text("utf-8"))
)


@dataclass(frozen=True)
class Sheet:
    """A sample, cut into lines above the header, the header, rows, and lines below."""

    file: str
    above: tuple[tuple[str, ...], ...]
    header: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]
    below: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, ...], ...]
    """Rows of the body that the tool adds up itself."""
    mapped: dict[str, str]
    """Canonical column -> header."""
    sums: dict[str, Decimal]
    days: dict[str, list[str]]
    """Canonical date column -> its days, in order."""
    spelt: dict[str, DateStyle]
    """Header of each mapped date column -> how it is read."""

    def text(self, delimiter: str) -> str:
        return csv_text([*self.above, self.header, *self.body, *self.below], delimiter)


def sheet(path: Path) -> Sheet:
    """The sample at *path*, taken apart."""
    truth = json.loads((SAMPLES / f"{path.stem}.expected.json").read_text("utf-8"))
    loaded = load_file(path)
    encoding = loaded.export.dialect.encoding
    text = path.read_bytes().decode(encoding).lstrip("\ufeff")
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=loaded.export.dialect.delimiter))
    at = next(
        n for n, row in enumerate(found) if distinct(row)[: len(loaded.export.header)] == loaded.export.header
    )
    width = len(found[at])
    body = [tuple(row) for row in found[at + 1 :] if len(row) == width]
    labels = ("total", "subtotal", "grand total")
    totals = [
        row for row in body if any(c.strip().lower().startswith(labels) for c in row) or not any(row[:3])
    ]
    return Sheet(
        file=path.name,
        above=tuple(tuple(row) for row in found[:at]),
        header=tuple(found[at]),
        body=tuple(body),
        below=tuple(tuple(row) for row in found[at + 1 :] if row and len(row) != width),
        totals=tuple(row for row in totals if any(row)) if truth["set_aside"].get("total") else (),
        mapped=dict(loaded.export.kind.columns),
        sums={c: Decimal(text) for c, text in truth["sums"].items()},
        days=days_of(loaded),
        spelt={
            d.header: d.style
            for d in loaded.decisions
            if isinstance(d.style, DateStyle) and not d.style.edge and not _until_midnight(d, body)
        },
    )


def _until_midnight(decision: Decision, body: list[tuple[str, ...]]) -> bool:
    """Whether the hours alone say that the last day of a range is not a part of it any more."""
    return decision.target in ("start", "end") and all(
        sum(cell.endswith(" 00:00:00") for cell in row) > 1 for row in body
    )


def days_of(loaded: Loaded) -> dict[str, list[str]]:
    """The days in each date column of the frame, in order."""
    kinds = TABLES[loaded.table].columns
    names = [c for c in loaded.present if c in kinds and kinds[c].kind == "date"]
    found = rows(loaded)
    return {c: sorted(filter(None, (row.get(c) for row in found))) for c in names}


SHEETS = {path.stem: sheet(path) for path in PATHS}


def reordered(one: Sheet, order: list[int]) -> Sheet:
    """*one* with its columns in another *order*."""

    def turned(row: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(row[i] for i in order) if row else row

    return replace(
        one,
        header=turned(one.header),
        body=tuple(map(turned, one.body)),
        totals=tuple(map(turned, one.totals)),
    )


def with_rows(one: Sheet, extra: list[tuple[int, tuple[str, ...]]]) -> Sheet:
    """*one* with further rows at some places."""
    body = list(one.body)
    for place, row in extra:
        body.insert(place % (len(body) + 1), row)
    return replace(one, body=tuple(body))


def optional(one: Sheet) -> list[str]:
    """Canonical columns of *one* without which its rows still count."""
    table = load_file(SAMPLES / one.file).table
    needed = {column for group in TABLES[table].needs for column in group} | {
        "start",
        "end",
        "stage",
        "entered_at",
    }
    # An id that is no id any more changes which rows are the same; that is not what is looked at here.
    return [
        c
        for c in one.mapped
        if c not in needed and TABLES[table].columns[c].kind not in ("id", "text", "status")
    ]


def broken(one: Sheet, column: str, row: int, cell: str) -> tuple[Sheet, dict[str, Decimal]]:
    """*one* with a slip in one cell of a data row, and the sums that are then right."""
    at = one.header.index(next(h for h in one.header if h.strip() == one.mapped[column]))
    data = [n for n, r in enumerate(one.body) if r not in one.totals and sum(map(bool, r)) > 1]
    target = data[row % len(data)]
    body = list(one.body)
    before = list(body[target])
    body[target] = (*before[:at], cell, *before[at + 1 :])
    blank = replace(one, body=(*body[:target], (*before[:at], "", *before[at + 1 :]), *body[target + 1 :]))
    # What the sums are without the cell is itself read from a file: the sample with nothing in that place.
    return replace(one, body=tuple(body)), sums(load(blank.text(","), one.file))


_SWAP = str.maketrans(",.", ".,")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
SPELLINGS: dict[str, Callable[[date], str]] = {
    "day first": lambda d: f"{d.day:02}/{d.month:02}/{d.year}",
    "month first": lambda d: f"{d.month}/{d.day}/{d.year}",
    "German": lambda d: f"{d.day:02}.{d.month:02}.{d.year}",
    "in words": lambda d: f"{d.day} {d:%b} {d.year}",
    "compact": lambda d: f"{d:%Y%m%d}",
}
"""Ways to write a day, as spreadsheets and other locales do."""


def relocated(one: Sheet) -> Sheet:
    """*one* with the decimal and the thousands sign of every number exchanged."""

    def cell(text: str) -> str:
        plain = not _ISO.search(text) and re.fullmatch(r"[^A-Za-z]*", text) and ("." in text or "," in text)
        return text.translate(_SWAP) if plain and number_parts(text) else text

    return _rewritten(one, cell, range(len(one.header)))


def redated(one: Sheet, spelling: str) -> Sheet:
    """*one* with every date of its date columns in another *spelling*, and without the time of day."""
    found = one
    for at, name in enumerate(one.header):
        if style := one.spelt.get(name.strip()):

            def cell(text: str, style: DateStyle = style) -> str:
                day = style.parse(text)
                return SPELLINGS[spelling](from_day(day)) if isinstance(day, int) else text

            found = _rewritten(found, cell, [at])
    return found


def _rewritten(one: Sheet, cell: Callable[[str], str], at: range | list[int]) -> Sheet:
    def row(cells: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cell(c) if i in at else c for i, c in enumerate(cells))

    return replace(one, body=tuple(map(row, one.body)), totals=tuple(map(row, one.totals)))


def introduced(one: Sheet, lines: list[tuple[str, ...]]) -> Sheet:
    """*one* with further *lines* above everything."""
    return replace(one, above=(*lines, *one.above))


def totalled(one: Sheet, label: str) -> Sheet:
    """*one* with a row of sums below, as a person adds one, labelled in its first column."""
    added = ["" for _ in one.header]
    for column, total in one.sums.items():
        if column in one.mapped and total == total.to_integral():
            added[one.header.index(next(h for h in one.header if h.strip() == one.mapped[column]))] = (
                f"{total:f}"
            )
    added[0] = label
    return replace(one, body=(*one.body, tuple(added)))


def cut(one: Sheet, rows_kept: int, cells_kept: int) -> tuple[str, Sheet]:
    """The text of *one* that ends within a row; and the sheet of the rows before it."""
    body = one.body[:rows_kept]
    torn = one.body[rows_kept][:cells_kept]
    whole = replace(one, body=body, below=())
    return csv_text([*one.above, one.header, *body, torn]).rstrip("\n"), whole
