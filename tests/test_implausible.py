"""What can hardly be true is told with its rows: without these tests a wrong sign would lower revenue in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from funnelkit.cli.app import run
from tests.test_costs_quotas import ENGINES

DEALS = """\
Deal ID,Stage,Amount,Created,Closed,Probability,Amount
1,Closed Won,100,2026-01-05,2026-01-20,100%,1
2,Closed Won,-40,2026-01-05,2026-01-20,110%,1
3,Closed Lost,50,2026-01-05,2026-01-04,0%,1
4,Proposal,-5,2026-01-05,2026-01-02,-5%,1
5,Closed Won,0,2026-01-05,2026-01-05,50%,1
"""
LEADS = """\
Lead ID,Email,Source,Created Date,MQL Date,SQL Date,First response at
1,a@x.example,Google,2026-01-05 10:00,2026-01-06,2026-01-07,2026-01-05 10:30
2,b@x.example,Google,2026-01-05 10:00,2026-01-04,2026-01-07,2026-01-05 09:30
3,c@x.example,Google,2026-01-05 10:00,,2026-01-01,2026-01-04 09:30
4,d@x.example,Google,2026-01-05 10:00,2026-01-05,,
"""
PAYMENTS = """\
Payment ID,Customer ID,Paid at,Amount,Refunded,Status
1,c1,2026-01-05,100,0,paid
2,c1,2026-01-06,0,0,paid
3,c2,2026-01-07,50,60.5,paid
4,c3,2026-01-08,50.25,50.25,paid
"""
ADS = "Date,Campaign,Cost,Impressions,Clicks\n2026-01-05,a,100,90,95\n2026-01-06,b,-10,100,100\n2026-01-07,c,0,0,0\n"
EMAILS = "Campaign,Sent at,Sent,Delivered,Unique opens,Unique clicks\na,2026-01-05,99,90,95,2\nb,2026-01-06,99,90,90,91\n"

CASES = [
    ("deals", DEALS, "negative_amounts", "2 rows (lines 3, 5) with an amount below 0"),
    ("deals", DEALS, "negative_cycles", "1 row (line 4) closed before created"),
    ("deals", DEALS, "odd_probability", "2 rows (lines 3, 5) with a probability below 0 or above 100 %"),
    ("deals", DEALS, "repeated_columns", "2 columns are called 'Amount', of which the first is read as amount"),
    ("leads", LEADS, "answered_before_created", "2 rows (lines 3, 4) answered before created"),
    ("leads", LEADS, "staged_before_created", "2 rows (lines 3, 4) with the date of a stage before that of creation"),
    ("payments", PAYMENTS, "zero_payments", "1 row (line 3) of 0"),
    ("payments", PAYMENTS, "refunded_more", "1 row (line 4) refunded by more than was paid"),
    ("spend", ADS, "negative_cost", "1 row (line 3) with a cost below 0"),
    ("spend", ADS, "more_clicks", "1 row (line 2) with more clicks than impressions"),
    ("emails", EMAILS, "more_opens", "1 row (line 2) opened by more people"),
    ("emails", EMAILS, "more_clicks", "1 row (line 3) clicked by more people"),
]  # fmt: skip
CODES = {code for _, _, code, _ in CASES}


def noted(
    capsysbinary: pytest.CaptureFixture[bytes], path: Path, table: str, *options: str
) -> dict[str, str]:
    """The notes of a report on one file, by code."""
    assert run(["report", f"{table}={path}", "--no-config", "-q", "-f", "json", *options]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    return {note["code"]: note["message"] for note in found["warnings"]}


@ENGINES
@pytest.mark.parametrize(("table", "text", "code", "said"), CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES])
def test_what_can_hardly_be_is_told_with_its_lines(
    tmp_path: Path,
    table: str,
    text: str,
    code: str,
    said: str,
    engine: str,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    path = tmp_path / f"{table}.csv"
    path.write_text(text, "utf-8")
    notes = noted(capsysbinary, path, table, "--engine", engine)
    assert f"{path}: {said}" in notes[code]
    expected = {known for name, _, known, _ in CASES if name == table}
    assert CODES & {*notes} == expected


@ENGINES
def test_days_alone_tell_an_early_answer_too_and_an_equal_day_is_none(
    tmp_path: Path, engine: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(
        "Lead ID,Source,Created Date,First response at\n1,Google,2026-01-05,2026-01-05\n2,Google,2026-01-05,2026-01-04\n",
        "utf-8",
    )
    notes = noted(capsysbinary, path, "leads", "--engine", engine)
    assert "1 row (line 3) answered before created" in notes["answered_before_created"]


def test_of_many_lines_only_the_first_are_named(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "ads.csv"
    path.write_text(
        "Date,Campaign,Cost\n"
        + "2026-01-05,a,-1\n" * 1
        + "".join(f"2026-01-{d:02},b,-{d}\n" for d in range(6, 20)),
        "utf-8",
    )
    assert (
        "15 rows (lines 2, 3, 4, ...) with a cost below 0"
        in noted(capsysbinary, path, "spend")["negative_cost"]
    )


def test_inspect_tells_it_too(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, "utf-8")
    assert run(["inspect", str(path), "--no-config"]) == 0
    assert "2 rows (lines 3, 5) with an amount below 0" in capsysbinary.readouterr().out.decode("utf-8")


def test_a_column_of_the_same_name_can_be_chosen(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path, config = tmp_path / "deals.csv", tmp_path / "funnelkit.yaml"
    path.write_text(DEALS, "utf-8")
    config.write_text(
        "sources:\n  - {path: deals.csv, table: deals, columns: {amount: Amount (2)}}\n", "utf-8"
    )
    assert run(["report", str(path), "--config", str(config), "-q", "-f", "json"]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert found["metrics"]["revenue_won"]["value"] == 3
    assert "repeated_columns" not in {note["code"] for note in found["warnings"]}
