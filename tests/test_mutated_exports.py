"""Exports as they get bent on the way: saved again by a spreadsheet, reordered, with a slip in a cell.

Whatever is done to a sample, its sums stay what they are or the file is refused. A number that is
silently another one is the fault that nobody would find. ``python -m tests.benchmarks.mutants`` tries
thousands.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from funnelkit.errors import FunnelkitError
from tests.mutants import (
    BROKEN,
    ENCODINGS,
    PATHS,
    SPELLINGS,
    broken,
    cut,
    days_of,
    introduced,
    optional,
    redated,
    relocated,
    reordered,
    sheet,
    totalled,
    with_rows,
)
from tests.reading import load, rows, sums

if TYPE_CHECKING:
    from decimal import Decimal

    from funnelkit.sources.loaded import Loaded

SHEETS = {path.stem: sheet(path) for path in PATHS}


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


bent = settings(
    max_examples=int(os.environ.get("MUTANTS", "120")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


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
    except FunnelkitError:
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


@bent
@given(st.data(), st.sampled_from(sorted(SHEETS)))
def test_another_locale_changes_no_number_and_no_day(data: Any, stem: str) -> None:
    one = SHEETS[stem]
    if data.draw(st.booleans(), "decimal comma for decimal point"):
        one = relocated(one)
    if data.draw(st.booleans(), "dates in another spelling"):
        one = redated(one, data.draw(st.sampled_from(sorted(SPELLINGS))))
    try:
        found = load(one.text(data.draw(st.sampled_from([",", ";", "\t"]))), one.file)
    except FunnelkitError:
        return
    told = {d.target for d in found.decisions if d.style is None}
    assert {c: s for c, s in one.sums.items() if c not in told} == sums(found)
    if found.used == len(rows(load(SHEETS[stem].text(","), one.file))):
        seen = days_of(found)
        assert {c: d for c, d in one.days.items() if c in seen} == seen


LINES = st.lists(
    st.sampled_from(
        [("My report",), ("Filters: none", ""), ("Account: Brume, Ltd.",), ("Made by", "Ada"), ()]
    ),
    max_size=6,
)


@bent
@given(st.data(), st.sampled_from(sorted(SHEETS)), LINES)
def test_lines_above_and_a_total_below_are_no_rows(
    data: Any, stem: str, lines: list[tuple[str, ...]]
) -> None:
    one = introduced(SHEETS[stem], lines)
    added = data.draw(st.booleans(), "a total row by hand")
    if added:
        one = totalled(one, data.draw(st.sampled_from(["Total", "TOTAL", "Grand total", "Gesamt", "Summe"])))
    try:
        found = load(one.text(","), one.file)
    except FunnelkitError:
        return
    # The row of sums may make a column ambiguous, which is then left out and told.
    told = {d.target for d in found.decisions if d.style is None}
    check(found, {c: total for c, total in one.sums.items() if c not in told})


@bent
@given(st.data(), st.sampled_from(sorted(SHEETS)))
def test_a_file_that_is_cut_off_loses_what_is_torn_and_nothing_else(data: Any, stem: str) -> None:
    one = SHEETS[stem]
    at = data.draw(st.integers(0, len(one.body) - 1), "row")
    # Within the last cell nothing shows that something is missing.
    text, whole = cut(one, at, data.draw(st.integers(1, max(len(one.header) - 1, 1)), "cells"))
    assume(at > 0)
    try:
        found = load(text, one.file)
        wanted = sums(load(whole.text(","), one.file))
    except FunnelkitError:
        return
    assert sums(found) == wanted
