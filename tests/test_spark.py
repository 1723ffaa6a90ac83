"""The Spark engine gives the numbers of the pandas engine, and lets no rows come to this machine.

One session serves all tests: to start one takes longer than to ask it.
"""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from funnelkit import collect, engines, render
from funnelkit.engines import Batch, Cells, Scan
from funnelkit.errors import MissingInputError, SourceError, UsageError
from funnelkit.pipeline import cohorting, cycling, keeping, reporting
from funnelkit.pipeline.options import Options
from funnelkit.plans import ColumnPlan, TablePlan
from funnelkit.render import study as studies
from tests.company import write
from tests.test_activities import generated
from tests.test_engines import FILES, NUMBERS, REAL, STAMPS, STYLES, TEXTS, loaded
from tests.test_stage_history import DEALS, HISTORY
from tests.test_stage_history import written as stage_files

pytest.importorskip("pyspark", reason="pyspark is not installed")
if not shutil.which("java"):
    pytest.skip("Spark needs Java 17 or newer, and there is none here", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
_ANSI = "spark.sql.ansi.enabled"
ALL = bool(os.environ.get("SPARK_ALL"))
"""Whether every file and every way to start is tried, which takes half an hour."""


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session that somebody has already, with rules of its own."""
    from pyspark.sql import SparkSession

    from funnelkit.engines._spark_session import _silent

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.sql.shuffle.partitions": "2",
        # Questions are many and small here: to compile each takes longer than to answer it.
        "spark.sql.codegen.wholeStage": "false",
        # Small parts, so that a file has several.
        "spark.sql.files.maxPartitionBytes": "100k",
        _ANSI: "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _silent():
        session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def reads(caller: Any, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Spark reads files of any size, and whether it could is kept."""
    from funnelkit.engines import _spark_read, spark

    told: list[bool] = []
    real = _spark_read.read

    def read(session: Any, cells: Cells) -> Any:
        found = real(session, cells)
        told.append(found is not None)
        return found

    monkeypatch.setattr(spark, "FEW_ROWS", 0)
    monkeypatch.setattr(_spark_read, "read", read)
    return told


# Files


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


HEAD = "Lead ID,Created Date,Lead Source,Company\n"
ROW = "L{n},2026-01-{d:02},web,Acme {n}\n"
ROWS = "".join(ROW.format(n=n, d=n % 28 + 1) for n in range(60))
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


# Reports


def reported(files: Sequence[Path | str], engine: str, **options: Any) -> bytes:
    made = reporting.report([str(f) for f in files], Options(engine=engine, no_config=True, **options))
    return render.render(made, "json")


def copied(folder: Path, files: Sequence[Path], times: int) -> list[Path]:
    """*files* with each person and deal so many times, under other ids and addresses; figures as they are."""
    own = {"lead_id", "deal_id", "company_id", "email", "company"}
    made = []
    for file in files:
        header, *rows = csv.reader(file.read_text("utf-8").splitlines())
        copies = [
            [f"{cell}" if not cell or name not in own or not n else _copy(cell, n) for name, cell in zip(header, row, strict=True)]
            for n in range(times)
            for row in rows
        ]  # fmt: skip
        made.append(folder / file.name)
        with made[-1].open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([header, *copies])
    return made


def _copy(cell: str, number: int) -> str:
    name, at, host = cell.partition("@")
    return f"{name}x{number}{at}{host}"


class Watched:
    """What leaves Spark, and how much of the files goes into it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from pyspark.sql.classic.dataframe import DataFrame

        self.answers: list[int] = []
        real = DataFrame.collect

        def collected(frame: Any) -> Any:
            rows = real(frame)
            self.answers.append(len(rows))
            return rows

        def forbidden(*_: Any, **__: Any) -> Any:
            raise AssertionError("rows leave Spark by another way")

        for way in (
            "toPandas",
            "toArrow",
            "toLocalIterator",
            "take",
            "head",
            "first",
            "tail",
            "show",
            "foreach",
        ):
            monkeypatch.setattr(DataFrame, way, forbidden)
        monkeypatch.setattr(DataFrame, "collect", collected)


def bytes_read(caller: Any) -> int:
    """What Spark has read of files."""
    statistics = caller._jvm.org.apache.hadoop.fs.FileSystem.getAllStatistics()
    return sum(one.getBytesRead() for one in statistics if one.getScheme() == "file")


def read_once(caller: Any, files: Sequence[Path]) -> int:
    """What it takes to read *files*: where a part ends, Spark reads on a little."""
    before = bytes_read(caller)
    for file in files:
        assert caller.read.text(str(file)).filter("length(value) > 0").count() > 0
    return bytes_read(caller) - before


def test_a_report_is_the_same_and_its_rows_stay_in_spark(
    caller: Any, reads: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write(tmp_path, 2_500, 11)
    once = [made.leads, made.deals]
    (tmp_path / "more").mkdir()
    often = copied(tmp_path / "more", once, 4)
    options = {"by": ["channel"], "grain": "month"}
    answers = []
    for files in (once, often):
        assert len(files[0].read_text("utf-8").splitlines()) > 2_500
        plainly = read_once(caller, [*files, made.ads])
        watched, before = Watched(monkeypatch), bytes_read(caller)
        assert reported([*files, made.ads], "spark", **options) == reported(
            [*files, made.ads], "pandas", **options
        )
        answers.append(watched.answers)
        assert bytes_read(caller) - before == plainly
        monkeypatch.undo()
        monkeypatch.setattr("funnelkit.engines.spark.FEW_ROWS", 0)
    assert reads == [True] * 3
    assert len(answers[0]) == len(answers[1])
    # Four times the people on the same days and in the same channels: as many groups, and so as many answers.
    assert sum(answers[1]) <= 1.1 * sum(answers[0])
    assert caller.conf.get(_ANSI) == "false"
    assert caller.catalog.listTables() == []


def cohorts_of(files: Sequence[Path], engine: str, **asked: Any) -> bytes:
    options = Options(engine=engine, no_config=True)
    return studies.render(cohorting.cohorts([str(f) for f in files], options, **asked), "json")


def test_cohorts_are_the_same_and_customers_stay_in_spark(
    caller: Any, reads: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ALL:
        made = write(tmp_path, 400, 12)
        leads = [made.leads, made.deals]
        assert cohorts_of(leads, "spark", stage="mql") == cohorts_of(leads, "pandas", stage="mql")
    payments = tmp_path / "payments.csv"
    dice = random.Random(4)
    with payments.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Customer ID", "Date", "Amount"])
        for _ in range(4_000):
            day = f"2026-0{dice.randint(1, 6)}-{dice.randint(10, 28)}"
            rows.writerow([f"C{dice.randint(1, 900)}", day, f"{dice.randint(-9, 90)}.50"])
    watched = Watched(monkeypatch)
    assert cohorts_of([payments], "spark") == cohorts_of([payments], "pandas")
    # There are 21 cells of six months, and 114 days to be looked at: no answer is near the 900 customers.
    assert max(watched.answers) < 150


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dedupe_emails": True},
        {"merge_unknown": True, "by": ["owner"]},
        {"clamp_negative": True, "dedupe_emails": True, "by": ["channel"]},
    ],
    ids=lambda options: " ".join(options) or "plain",
)
def test_activities_and_the_options_of_the_rules_say_the_same(
    options: dict[str, Any], caller: Any, reads: list[bool], tmp_path: Path
) -> None:
    files = generated(tmp_path)

    assert reported(files, "spark", **options) == reported(files, "pandas", **options)


def test_numbers_beyond_64_bits_are_refused_and_never_wrong(caller: Any) -> None:
    from funnelkit.engines._spark_session import Session

    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        Session().rows(f"SELECT sum(n) FROM VALUES ({2**62}), ({2**62}) AS t(n)")


# Addresses


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_at_an_address_is_one_export(kind: str, caller: Any, tmp_path: Path) -> None:
    made = write(tmp_path, 300, 4)
    folder = tmp_path / "leads"
    frame = caller.read.csv(str(made.leads), header=True).repartition(3)
    address = f"file://{folder}"
    if kind == "csv":
        frame.write.csv(address, header=True, escape='"', nullValue="", emptyValue="")
    else:
        frame.selectExpr("*", "CAST(1.5 AS DOUBLE) AS score", "array(1) AS several").write.parquet(address)
    options = {"by": ["channel"], "metrics": ["cpl", "win_rate"]}
    got = json.loads(reported([address, made.deals, made.ads], "spark", **options))
    want = json.loads(reported([made.leads, made.deals, made.ads], "pandas", **options))
    source, told = got["sources"][0], want["sources"][0]
    assert (source["file"], source["sha256"]) == (address, None)
    assert (source["rows"], source["used"]) == (told["rows"], told["used"])
    # Nobody knows lines there.
    assert [(s["reason"], s["count"], s["lines"]) for s in source["set_aside"]] == [
        (s["reason"], s["count"], []) for s in told["set_aside"]
    ]
    for one in (got, want):
        del one["sources"], one["warnings"]
    assert got == want


def test_parts_that_are_not_alike_are_refused(caller: Any, tmp_path: Path) -> None:
    folder = tmp_path / "leads"
    folder.mkdir()
    (folder / "a.csv").write_text(HEAD + ROWS + ROWS, "utf-8")
    (folder / "b.csv").write_text(
        "Company,Lead ID,Created Date,Lead Source\nAcme,L1,2026-01-01,web\n", "utf-8"
    )
    with pytest.raises(SourceError, match="1 of 2 files do not begin with the header of the others"):
        reported([f"file://{folder}"], "spark")


def test_only_spark_opens_addresses() -> None:
    with pytest.raises(UsageError, match="only Spark opens addresses"):
        reported(["s3a://bucket/leads"], "pandas")


def test_an_address_without_files_is_told(caller: Any, tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="Spark finds nothing there"):
        reported([f"file://{tmp_path}/nothing"], "spark")


# Kept tables


@pytest.mark.parametrize("seen", [True, False])
def test_kept_tables_say_what_their_files_say(
    seen: bool, caller: Any, reads: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To Spark some of these signs mean a choice of files.
    folder = tmp_path / "kept [1] {a,b} *"
    made = write(tmp_path, 300, 4)
    keeping.keep([str(made.leads)], folder, Options(engine="spark", no_config=True))
    keeping.keep([str(made.deals)], folder, Options(engine="duckdb", no_config=True))
    if not seen:
        from pyspark.errors import PySparkException

        from funnelkit.engines import _spark_lines

        def away(path: str) -> str:
            raise PySparkException(f"{path}: not on this machine")

        monkeypatch.setattr(_spark_lines, "url", away)
    options = {"by": ["channel"], "metrics": ["leads", "win_rate", "deal_size_median"]}
    assert reported([folder], "spark", **options) == reported([made.leads, made.deals], "pandas", **options)
    assert reads == [True]


def test_what_lies_at_an_address_is_not_kept(caller: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nobody could tell later whether it has changed"):
        keeping.keep(["s3a://bucket/leads"], tmp_path / "kept", Options(engine="spark", no_config=True))
    assert not (tmp_path / "kept").exists()


# What engines do with frames


def frame_of(made: Any, **columns: Sequence[Any]) -> Any:
    """A frame of an engine with these columns."""
    frame = pd.DataFrame(
        {
            name: pd.array(cells, dtype="str" if any(isinstance(c, str) for c in cells) else "Int64")
            for name, cells in columns.items()
        }
    )
    if not hasattr(made, "_session"):
        return frame
    from funnelkit.engines._spark_memory import from_memory

    return from_memory(made._session, frame)


def rows_of(made: Any, frame: Any) -> list[tuple[Any, ...]]:
    found = made.in_memory(frame)
    cells = [found[c].to_numpy(dtype=object, na_value=None).tolist() for c in sorted(found.columns)]
    return sorted(zip(*cells, strict=True), key=repr)


def test_money_is_rounded_half_to_even(caller: Any) -> None:
    made = engines.load("spark")
    amounts = [100, -100, 250, -250, 350, 1, 3, -3, None, 10**15 + 1, 7]
    currencies = ["EUR", "USD", "EUR", "USD", "USD", "USD", "GBP", "GBP", "EUR", "USD", None]
    rates = {
        "EUR": Fraction(1, 100),
        "USD": Fraction("0.005"),
        "GBP": Fraction(5000, 4607),
        None: Fraction(1, 2),
    }
    frame = frame_of(made, amount=amounts, currency=currencies, source_row=range(len(amounts)))
    done = made.in_memory(
        made.convert_money(frame, ["amount"], ["currency"], lambda currency: rates[currency])
    )
    found = dict(zip(done["source_row"], done["amount"].to_numpy(dtype=object, na_value=None), strict=True))
    assert found == {
        i: None if a is None else round(a * rates[c])
        for i, (a, c) in enumerate(zip(amounts, currencies, strict=True))
    }


REPORTS: dict[str, Sequence[Any]] = {
    "campaign": ["a", "a", "b", "a", None, None, "c"],
    "start": [1, 2, 1, 1, 3, 3, 5],
    "end": [1, 2, 1, 1, 3, 3, 5],
    "cost": [10, 20, 30, 10, None, 0, 7],
    "source_file": ["x.csv", "x.csv", "x.csv", "y.csv", "x.csv", "y.csv", "y.csv"],
    "source_row": [2, 3, 4, 2, 5, 3, 4],
}


@pytest.mark.parametrize("keep_last", [False, True])
@pytest.mark.parametrize("cost", [10, 11])
def test_rows_of_two_reports_count_once(caller: Any, cost: int, keep_last: bool) -> None:
    columns = {**REPORTS, "cost": [cost, *REPORTS["cost"][1:]]}
    found = []
    for engine in ("pandas", "spark"):
        made = engines.load(engine)
        kept, repeated, conflict = made.one_per_report(
            frame_of(made, **columns), ["campaign", "start", "end"], ["cost"], keep_last=keep_last
        )
        found.append((rows_of(made, kept), repeated, conflict))
    assert found[0] == found[1]
    refused = cost == 11 and not keep_last
    assert found[1][2] == (("x.csv", "y.csv", "'a' on 1970-01-02") if refused else None)
    assert len(found[1][0]) == (7 if refused else 5)


# Starting and stopping


def test_without_pyspark_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UsageError) as refused:
        engines.load("spark")
    assert refused.value.hint == 'pip install "funnelkit[spark]"'
    assert refused.value.exit_code == 2


def test_without_java_the_remedy_is_told(tmp_path: Path) -> None:
    run = command(tmp_path, "spark: {master: local}", PATH=str(tmp_path), JAVA_HOME="")
    assert run.returncode == 2
    assert run.stderr.splitlines()[0].endswith(
        "the engine spark needs Java 17 or newer, and there is none here"
    )
    assert "Traceback" not in run.stderr


def test_a_master_that_does_not_answer_is_told(tmp_path: Path) -> None:
    run = command(tmp_path, "spark: {master: nowhere}")
    assert run.returncode == 2
    assert "Spark does not start on nowhere" in run.stderr
    assert "Traceback" not in run.stderr


def test_what_spark_cannot_finish_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    from funnelkit.cli.boundary import guarded

    def lost(error: type[Exception]) -> int:
        raise error("a machine was lost\nat org.apache")

    for error in (Py4JError, PySparkException):
        assert guarded(partial(lost, error), []) == 2
        told = capsys.readouterr().err
        assert told.startswith("funnelkit: error: Spark could not finish: a machine was lost\n")
        assert "org.apache" not in told


MASTERS = ["local-cluster[2,1,1024]", *(["local[2]"] if ALL else [])]


@pytest.mark.parametrize("master", MASTERS)
def test_the_command_leaves_nothing_behind(master: str, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    made = write(tmp_path / "files", 6_000, 5)
    files = [made.leads, made.deals]
    (tmp_path / "temp").mkdir()
    (tmp_path / "work").mkdir()
    quick = 'spark.executor.memory: 512m, spark.sql.shuffle.partitions: "2", spark.sql.codegen.wholeStage: "false"'
    config = f'spark: {{master: "{master}", options: {{{quick}}}}}'
    run = command(
        tmp_path,
        config,
        *files,
        TMPDIR=str(tmp_path / "temp"),
        SPARK_LOCAL_DIRS=str(tmp_path / "temp"),
        SPARK_WORKER_DIR=str(tmp_path / "temp"),
    )
    assert run.stderr == ""
    assert run.returncode == 0
    assert run.stdout.encode() == reported(files, "pandas", metrics=METRICS)
    assert list((tmp_path / "work").iterdir()) == [tmp_path / "work" / "funnelkit.yaml"]
    left = [p.name for p in (tmp_path / "temp").iterdir()]
    # What a worker of a cluster keeps is that cluster's own.
    assert [name for name in left if not name.startswith("app-")] == []


METRICS = ["leads", "win_rate"]


def command(folder: Path, config: str, *files: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as somebody types it, in a folder with this configuration."""
    place = folder / "work"
    place.mkdir(exist_ok=True)
    (place / "funnelkit.yaml").write_text(config + "\n", "utf-8")
    if not files:
        files = (folder / "leads.csv",)
        files[0].write_text(HEAD + ROWS, "utf-8")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "funnelkit",
            "report",
            *map(str, files),
            "--metrics",
            ",".join(METRICS),
            "--engine",
            "spark",
            "-f",
            "json",
        ],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("as_of", ["2026-03-31", "2026-02-10"])
def test_stages_and_the_weighed_pipeline_are_those_of_pandas(caller: Any, tmp_path: Path, as_of: str) -> None:
    files = stage_files(tmp_path, deals=DEALS, history=HISTORY)
    made = []
    for engine in ("pandas", "spark"):
        asked: dict[str, Any] = {
            "engine": engine,
            "as_of": as_of,
            "currency": "EUR",
            "no_config": True,
            "by": ["owner"],
        }
        report = reporting.report(files, Options(metrics=["pipeline_open", "pipeline_weighted"], **asked))
        study = cycling.cycle(files, Options(**asked), stages="sum")
        made.append((json.loads(render.render(report, "json")), json.loads(studies.render(study, "json"))))
    assert made[0] == made[1]
