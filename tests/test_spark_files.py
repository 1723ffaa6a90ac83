"""Spark reads files as the pandas engine does: each row, each line, each cell."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from funnelkit import collect, engines
from funnelkit.engines import Batch, Cells, Scan
from funnelkit.plans import ColumnPlan, TablePlan
from tests import on_spark
from tests.on_spark import ALL, HEAD, ROWS
from tests.test_engines import FILES, NUMBERS, REAL, STAMPS, STYLES, TEXTS, loaded

pytestmark = [on_spark.QUIET, pytest.mark.usefixtures("caller")]
caller, reads = on_spark.caller, on_spark.reads


def first_lines(found: Any) -> Any:
    """What an engine made of a file, with no more lines than Spark names."""
    if isinstance(found, str):
        return found
    names, rows, accounts, *rest = found
    aside, bad, count = accounts
    few = [(reason, message, lines[: collect.LINES]) for reason, message, lines in aside]
    cells = [(b.target, b.header, b.lines[: collect.LINES], b.example, b.count) for b in bad]
    return names, rows, few, cells, count, rest


def some(files: list[Path], number: int) -> list[Path]:
    """A few of many *files*, or all."""
    return files if ALL else random.Random(8).sample(files, min(number, len(files)))


@pytest.mark.parametrize("path", some(FILES, 5), ids=lambda p: p.stem)
def test_a_file_is_read_alike(path: Path, reads: list[bool]) -> None:
    assert first_lines(loaded(path, "spark")) == first_lines(loaded(path, "pandas"))


@pytest.mark.skipif(not REAL, reason="there are no real exports in ../shared/exports")
@pytest.mark.parametrize("path", some(REAL, 3), ids=lambda p: p.name)
def test_a_real_export_is_read_alike(path: Path, reads: list[bool]) -> None:
    assert first_lines(loaded(path, "spark")) == first_lines(loaded(path, "pandas"))


WRITTEN = {
    "plain": (HEAD + ROWS, True),
    "no end": ((HEAD + ROWS)[:-1], True),
    "other ends": ((HEAD + ROWS).replace("\n", "\r\n"), True),
    "a title above": ("Leads of the year\n\n" + HEAD + ROWS, True),
    "quotes": (HEAD + ROWS + 'L90,2026-01-30,"a ""b"", c",""\n', True),
    "line ends in cells": (
        HEAD + ROWS + 'L90,2026-01-30,"two\nlines","three\n\n""lines"""\n' + ROWS.replace("L", "M") + 'L91,"2026-01-31",web,"\n"\n',
        True,
    ),
    "rows that are none": (HEAD + ROWS + "L90,2026-01-30,web,Acme,more\nL91\n" + ROWS.replace("L", "M"), True),
    "cut off": (HEAD + ROWS + "L90,2026-01", True),
    "words below": (HEAD + ROWS + "Exported by Ada,,,\nAll rights reserved,,,\n", True),
    "empty lines below": (HEAD + ROWS + "\n,,,\n\n", True),
    "empty lines within": (HEAD + ROWS + "\n" + ROWS.replace("L", "M"), False),
    "the header again": (HEAD + ROWS + HEAD + ROWS.replace("L", "M"), False),
    "a quote within": (HEAD + ROWS + 'L90,2026-01-30,19" screen,Acme\n', False),
    "a quote that stays open": (HEAD + ROWS + 'L90,2026-01-30,"web,Acme\n' + ROWS.replace("L", "M"), False),
}  # fmt: skip
"""A file, and whether Spark can read it by itself."""


@pytest.mark.parametrize("name", WRITTEN)
def test_lines_and_rows_are_those_of_the_file(name: str, reads: list[bool], tmp_path: Path) -> None:
    text, by_spark = WRITTEN[name]
    # To Spark some of these signs mean a choice of files.
    path = tmp_path / "leads [1] {a,b} * 100%.csv"
    path.write_text(text, "utf-8", newline="")
    assert loaded(path, "spark") == loaded(path, "pandas")
    assert reads == [by_spark] or (not by_spark and not any(reads))


def test_another_file_of_that_name_is_not_read(
    reads: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "leads.csv", tmp_path / "there.csv"
    here.write_text(HEAD + ROWS, "utf-8")
    there.write_text(HEAD + ROWS.replace("web", "events"), "utf-8")
    # On the machines of Spark the same path leads to the other one, of as many lines.
    from funnelkit.engines import _spark_lines

    monkeypatch.setattr(_spark_lines, "url", lambda _: f"file://{there}")
    assert loaded(here, "spark") == loaded(here, "pandas")
    assert not any(reads)


def test_a_cell_has_the_same_value(reads: list[bool], tmp_path: Path) -> None:
    assert values("spark", tmp_path) == values("pandas", tmp_path)
    assert reads == [True] * len(reads) != []


def values(engine: str, folder: Path) -> Any:
    """Every cell that any style may meet, read by each of them."""
    plain = {"date": "2026-01-05", "money": "10.25", "integer": "12", "percent": "12.5"}
    kinds = {f"X{i}": (kind, style) for i, (kind, style) in enumerate(STYLES.values())}
    odd = [cell.replace('"', "") for cell in ("", *STAMPS, *NUMBERS, *TEXTS)]
    body = [["n", *(plain.get(kind, "word") for kind, _ in kinds.values())]] * 30
    body += [["n", *(odd[(at + i) % len(odd)] for i in range(len(kinds)))] for at in range(len(odd))]
    path = folder / "cells.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(body)
    cells = Cells(
        batches=lambda: iter([Batch(lines=range(1, len(body) + 1), rows=body)]),
        places={header: i for i, header in enumerate(kinds, 1)},
        width=len(kinds) + 1,
        kinds={header: kind for header, (kind, _) in kinds.items()},
        scan=Scan(path=str(path), delimiter=",", first_line=1, width=len(kinds) + 1, records=len(body)),
    )
    columns = tuple(ColumnPlan(target=h.lower(), header=h, style=style) for h, (_, style) in kinds.items())
    made = engines.load(engine)
    text = made.text(cells)
    done = made.convert(text, TablePlan(table="t", columns=columns))
    table = collect.columns(collect.frame(done.frame))
    order = sorted(range(len(body)), key=table["source_row"].__getitem__)
    return {name: [column[i] for i in order] for name, column in table.items()}, done.bad, done.rows
