"""The Spark engine gives the numbers of the pandas engine, and lets no rows come to this machine."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from funnelkit import engines, render
from funnelkit.pipeline import cohorting, cycling, keeping, reporting
from funnelkit.pipeline.options import Options
from funnelkit.render import study as studies
from tests import on_spark
from tests.company import write
from tests.on_spark import ALL, ANSI, reported
from tests.test_activities import generated
from tests.test_stage_history import DEALS, HISTORY
from tests.test_stage_history import written as stage_files

pytestmark = on_spark.QUIET
caller, reads = on_spark.caller, on_spark.reads


# Reports


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
    assert caller.conf.get(ANSI) == "false"
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
