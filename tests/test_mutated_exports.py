"""Exports as they get bent on the way: saved again by a spreadsheet, reordered, with a slip in a cell.

Whatever is done to a sample, its sums stay what they are or the file is refused. A number that is
silently another one is the fault that nobody would find.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funnelkit.errors import SourceError
from funnelkit.tables import TABLES
from tests.reading import SAMPLES, csv_text, load, load_file, rows, sums

if TYPE_CHECKING:
    from funnelkit.sources.mapping import Loaded

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
PATHS = sorted(p for p in SAMPLES.iterdir() if p.suffix == ".csv")


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

    def text(self, delimiter: str) -> str:
        return csv_text([*self.above, self.header, *self.body, *self.below], delimiter)


def sheet(path: Path) -> Sheet:
    """The sample at *path*, taken apart."""
    truth = json.loads((SAMPLES / f"{path.stem}.expected.json").read_text("utf-8"))
    loaded = load_file(path)
    encoding = loaded.export.dialect.encoding
    text = path.read_bytes().decode(encoding).lstrip("\ufeff")
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=loaded.export.dialect.delimiter))
    at = next(n for n, row in enumerate(found) if tuple(c.strip() for c in row) == loaded.export.header)
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
    )


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


def check(found: Loaded, wanted: dict[str, Decimal], *, left_out: str | None = None) -> None:
    """The sums are right, but for a column that is left out and told; and no row is lost."""
    seen = sums(found)
    missing = wanted.keys() - seen.keys()
    assert missing <= {left_out}
    if missing:
        assert any(note.code == "column_left_out" for note in found.notes)
    assert {c: seen[c] for c in wanted if c not in missing} == {
        c: wanted[c] for c in wanted if c not in missing
    }
    aside = [line for one in found.aside for line in one.lines]
    assert found.rows == len(rows(found)) + len(aside)
    assert len(set(aside)) == len(aside)


@pytest.mark.parametrize("stem", SHEETS)
def test_a_sample_that_is_only_taken_apart_reads_the_same(stem: str) -> None:
    check(load(SHEETS[stem].text(","), SHEETS[stem].file), SHEETS[stem].sums)


bent = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@bent
@given(st.data(), st.sampled_from(sorted(SHEETS)))
def test_the_sums_of_a_bent_export_stay_right_or_it_is_refused(data: Any, stem: str) -> None:
    one, wanted, left_out = SHEETS[stem], SHEETS[stem].sums, None
    if data.draw(st.booleans(), "a broken cell") and (columns := optional(one)):
        left_out = data.draw(st.sampled_from(columns))
        slip = data.draw(st.sampled_from(BROKEN))
        one, wanted = broken(one, left_out, data.draw(st.integers(0, 9)), slip)
    blank = tuple("" for _ in one.header)
    lone = st.sampled_from([blank, (), (" ", *blank[1:]), *one.totals])
    one = with_rows(one, data.draw(st.lists(st.tuples(st.integers(0, 20), lone), max_size=3), "further rows"))
    if data.draw(st.booleans(), "columns in another order"):
        one = reordered(one, data.draw(st.permutations(range(len(one.header)))))
    text = one.text(data.draw(st.sampled_from([",", ";", "\t", "|"]), "delimiter"))
    encoding = data.draw(
        st.sampled_from([e for e in ENCODINGS if text.encode(e, "ignore").decode(e) == text])
    )
    try:
        found = load(text.encode(encoding), one.file)
    except SourceError:
        return
    check(found, wanted, left_out=left_out)


@bent
@given(st.data(), st.sampled_from(sorted(SHEETS)))
def test_a_bent_export_without_a_slip_is_read_and_not_refused(data: Any, stem: str) -> None:
    """Refusing everything would pass the test above."""
    one = SHEETS[stem]
    one = with_rows(one, [(n, ()) for n in data.draw(st.lists(st.integers(0, 9), max_size=2))])
    text = one.text(data.draw(st.sampled_from([",", ";", "\t", "|"])))
    encoding = data.draw(
        st.sampled_from([e for e in ENCODINGS if text.encode(e, "ignore").decode(e) == text])
    )
    check(load(text.encode(encoding), one.file), one.sums)
