"""Every option of a report, through the Python API: what it changes, on files small enough to count by eye."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import funnelkit
from funnelkit.cli.app import run
from funnelkit.errors import FunnelkitError, MissingInputError, SourceError, UsageError
from funnelkit.pipeline import inspecting, keeping
from funnelkit.pipeline.options import Options
from funnelkit.reports import Report
from tests.company import write

LEADS = """Lead ID,Email,Created Date,Lead Source
1,ada@engines.example,2026-01-05,Organic Search
2,test@test.com,2026-01-20,Organic Search
3,bob@looms.example,2026-02-03,Paid Search
4,cyd@looms.example,2026-02-04,Paid Search
5,dee@wheels.example,2026-02-10,Referral
"""
DEALS = """Deal ID,Lead ID,Created Date,Close Date,Status,Amount,Currency
D1,1,2026-01-10,2026-02-01,Won,1000.00,EUR
D2,3,2026-02-05,2026-02-20,Lost,500.00,EUR
D3,4,2026-02-06,,Open,700.00,EUR
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, text in (("leads.csv", LEADS), ("deals.csv", DEALS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "funnelkit.yaml").write_text("min_n: 4\n", encoding="utf-8")
    return [tmp_path / "leads.csv", tmp_path / "deals.csv"]


def value(report: Report, metric: str = "leads") -> float | int | None:
    return report.metrics[metric].value


def rows(report: Report) -> dict[str, float | int | None]:
    assert report.breakdown
    return {row.key[0]: row.cells["leads"].value for row in report.breakdown.rows}


def change(report: Report) -> float | None:
    assert report.comparison
    return report.comparison.changes["leads"].previous.value


CHANNELS = {"organic_search": 2, "paid_search": 2, "referral": 1}
CHANGES: dict[str, tuple[dict[str, Any], Callable[[Report], bool]]] = {
    "by": ({"by": ["channel"]}, lambda r: rows(r) == CHANNELS),
    "where": ({"where": ["channel=paid_search"]}, lambda r: value(r) == 2),
    "period": ({"period": "2026-01"}, lambda r: value(r) == 2),
    "grain": ({"grain": "month"}, lambda r: [p.cells["leads"].value for p in r.trend.points] == [2, 3]),  # type: ignore[union-attr]
    "compare": ({"period": "2026-02", "compare": "prev"}, lambda r: change(r) == 2),
    "as_of": ({"as_of": "2026-02-03"}, lambda r: value(r) == 3 and r.as_of == date(2026, 2, 3)),
    "timezone": ({"timezone": "Europe/Berlin"}, lambda r: r.timezone == "Europe/Berlin"),
    "currency": ({"currency": "EUR"}, lambda r: r.currency == "EUR"),
    "horizon": ({"horizon": 14, "metrics": ["lead_conversion_rate"]}, lambda r: "14" in str(r)),
    "min_n": ({"min_n": 7}, lambda r: r.min_n == 7),
    "probability": (
        {"probability": "crm", "metrics": ["pipeline_weighted"]},
        lambda r: r.metrics["pipeline_weighted"].reason == "no_probability",
    ),
    "anchor": ({"anchor": "event"}, lambda r: r.definitions["win_rate"].anchor == "event"),
    "stage_entry": ({"stage_entry": "strict"}, lambda r: r.stage_entry == "strict"),
    "metrics": ({"metrics": ["deals_won"]}, lambda r: list(r.metrics) == ["deals_won"]),
    "sort": ({"by": ["channel"], "sort": "deals_won"}, lambda r: next(iter(rows(r))) == "organic_search"),
    "top": ({"by": ["channel"], "top": 1}, lambda r: len(rows(r)) == 2),
    "date_order": ({"date_order": "dmy"}, lambda r: value(r) == 5),
    "decimal": ({"decimal": "."}, lambda r: value(r, "revenue_won") == 1000),
    "drop_tests": ({"drop_tests": True}, lambda r: value(r) == 4),
    # What these change is in test_rules.py: here nothing bears on them.
    "dedupe_emails": ({"dedupe_emails": True}, lambda r: value(r) == 5),
    "merge_unknown": ({"merge_unknown": True}, lambda r: "merged_unknown" in {n.code for n in r.warnings}),
    "clamp_negative": ({"clamp_negative": True}, lambda r: value(r) == 5),
    "gross": ({"gross": True}, lambda r: value(r, "revenue_won") == 1000),
    "first_close": ({"first_close": True}, lambda r: "no_first_close" in {n.code for n in r.warnings}),
    "constant_currency": ({"constant_currency": "2026-01-31"}, lambda r: value(r, "revenue_won") == 1000),
    "strict": ({"strict": True}, lambda r: value(r) == 5),
    "engine": ({"engine": "pandas"}, lambda r: value(r) == 5),
    "memory_limit": ({"memory_limit": "500MB"}, lambda r: value(r) == 5),
    "config": ({"config": "FOLDER/funnelkit.yaml"}, lambda r: r.min_n == 4),
    "no_config": ({"no_config": True}, lambda r: r.min_n == 30),
}


@pytest.mark.parametrize("option", CHANGES)
def test_an_option_does_what_it_says(option: str, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files[0].parent)
    options, holds = CHANGES[option]
    options = {
        name: said.replace("FOLDER", str(files[0].parent)) if isinstance(said, str) else said
        for name, said in options.items()
    }
    report = funnelkit.report(files, **options)
    assert holds(report)


def test_no_option_is_left_untried() -> None:
    assert set(CHANGES) == set(Options.__struct_fields__)


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"timezone": "Europe/Berln"}, UsageError, "there is no time zone 'Europe/Berln'"),
        ({"currency": "doubloon"}, UsageError, "--currency doubloon: not a currency code"),
        ({"constant_currency": "January"}, UsageError, "--constant-currency January: not a date"),
        ({"date_order": "ymd"}, UsageError, "--date-order ymd: not an order"),
        ({"decimal": ";"}, UsageError, "--decimal ;: not a decimal sign"),
        ({"engine": "panda"}, UsageError, "there is no engine 'panda'"),
        ({"memory_limit": "much"}, UsageError, "--memory-limit much: not an amount of memory"),
        ({"memory_limit": "1GB", "engine": "pandas"}, UsageError, "the engine pandas knows no limit"),
        ({"config": "nowhere.yaml"}, MissingInputError, "nowhere.yaml: there is no such configuration"),
        ({"currency": "USD"}, SourceError, "there are no rates from it to USD"),
    ],
)
def test_an_option_that_cannot_be_is_told_in_a_sentence(
    options: dict[str, Any], kind: type[FunnelkitError], says: str, files: list[Path]
) -> None:
    with pytest.raises(kind, match=says):
        funnelkit.report(files, **options)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
@pytest.mark.parametrize("days", [("05", "04"), ("04", "05")], ids=["the later first", "the later last"])
def test_of_a_repeated_lead_behind_a_test_row_the_later_one_counts(
    days: tuple[str, str], engine: str, tmp_path: Path
) -> None:
    rows = ["T,test@test.com,2026-01-02,Web", "A,ada@engines.example,2026-01-03,Web"]
    rows += [f"B,bob@looms.example,2026-01-{day},Referral" for day in days]
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(["Lead ID,Email,Created Date,Lead Source", *rows, ""]), encoding="utf-8")
    leads = funnelkit.load([path], drop_tests=True, engine=engine)["leads"]
    found = dict(zip(leads["lead_id"], leads["created_at"].dt.date, strict=True))
    assert found == {"A": date(2026, 1, 3), "B": date(2026, 1, 5)}


def test_the_tables_have_real_dates_and_decimals(files: list[Path]) -> None:
    deals = funnelkit.load(files)["deals"]
    assert deals["amount"].tolist() == [Decimal(1000), Decimal(500), Decimal(700)]
    assert deals["closed_at"].dropna().dt.date.tolist() == [date(2026, 2, 1), date(2026, 2, 20)]
    assert deals["status"].tolist() == ["won", "lost", "open"]
    assert deals["source_row"].tolist() == [2, 3, 4]


def test_a_report_is_a_long_frame_too(files: list[Path]) -> None:
    frame = funnelkit.report(files, by=["channel"]).to_frame()
    leads = frame[(frame["metric"] == "leads") & (frame["scope"] == "breakdown")]
    assert dict(zip(leads["channel"], leads["value"], strict=True)) == CHANNELS


def test_a_limit_that_is_too_small_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = write(tmp_path, 3_000, 5)
    code = run(["report", str(made.leads), str(made.deals), "--no-config", "--memory-limit", "1MB"])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert "the memory that may be used is not enough" in said.err
    assert not list(Path(tempfile.gettempdir()).glob(f"funnelkit-spill-{os.getpid()}-*"))


READ: dict[str, Any] = {
    "timezone": "Asia/Tokyo",
    "date_order": "dmy",
    "decimal": ",",
    "engine": "duckdb",
    "memory_limit": "2GB",
    "config": "own.yaml",
}


@pytest.mark.parametrize(("command", "asked"), [("load", keeping), ("inspect", inspecting)])
@pytest.mark.parametrize("flag", [False, True])
def test_what_the_command_line_says_of_reading_arrives(
    command: str, asked: ModuleType, flag: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[Options] = []

    def stop(*given: Any, **_: Any) -> None:
        arrived.extend(one for one in given if isinstance(one, Options))
        raise UsageError("far enough")

    monkeypatch.setattr(asked, "keep" if command == "load" else "inspect", stop)
    said = [word for name, value in READ.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert run([command, "leads.csv", *said, *(["--no-config"] if flag else [])]) == 2
    assert arrived == [Options(**READ, no_config=flag)]
