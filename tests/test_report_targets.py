"""Targets beside the metrics of a report: without these tests a report and a check could say two things of one number."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from funnelkit.cli.app import run
from funnelkit.pipeline import schemas
from tests.test_costs_quotas import ADS, DEALS, ENGINES
from tests.test_costs_quotas import written as files_of

TARGETS = """\
metric,segment,period,value,direction,tolerance
revenue_won,,2026-Q3,250000,,
revenue_won,owner=Ada,2026-Q3,160000,,10 %
deals_won,owner=Bob,2026-Q3,4,,
spend,,2026-Q3,5000,at most,
spend,,2026-Q3,1000,at least,
cpl,,2026-Q3,20,,
revenue_won,,2026-08,60000,,
win_rate,owner=Nobody,2026-Q3,30 %,,
"""
QUARTER = ("--period", "2026-Q3", "--as-of", "2026-09-10")


def given(folder: Path, targets: str = TARGETS) -> list[str]:
    (folder / "targets.csv").write_text(targets, "utf-8")
    config = folder / "funnelkit.yaml"
    config.write_text("targets: targets.csv\nmin_n: 2\n", "utf-8")
    return [*files_of(folder, deals=DEALS, ads=ADS), "--config", str(config), "-q"]


def printed(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str, code: int = 0) -> str:
    assert run(list(arguments)) == code
    return capsysbinary.readouterr().out.decode("utf-8")


@ENGINES
def test_json_has_target_attainment_and_pace_beside_the_metric(
    tmp_path: Path, engine: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    shown = printed(
        capsysbinary, "report", *given(tmp_path), *QUARTER, "--by", "owner", "--engine", engine, "-f", "json"
    )
    found = json.loads(shown)
    jsonschema.validate(found, schemas.schema("report"))
    # Won in the quarter: 100,000 + 50,000 of Ada, 20,000 of Bob, 7,000 of Cy; 52 of its 66 business days are over.
    won = found["metrics"]["revenue_won"]["target"]
    assert won == {
        "value": 250000,
        "direction": "at least",
        "tolerance": 0,
        "attainment": pytest.approx(177 / 250),
        "pace": pytest.approx(177 / (250 * 52 / 66)),
        "verdict": "behind",
    }
    rows = {row["key"]["owner"]: row["metrics"] for row in found["breakdown"]["rows"]}
    ada, bob = rows["Ada"]["revenue_won"]["target"], rows["Bob"]["deals_won"]["target"]
    # Ada has all but 10,000 of 160,000, and may miss a tenth of it; one win of Bob is too few to be called behind 3.2.
    assert (ada["attainment"], ada["tolerance"], ada["verdict"]) == (150 / 160, 0.1, "met")
    assert (bob["attainment"], bob["pace"], bob["verdict"]) == (0.25, pytest.approx(66 / 4 / 52), "no call")
    assert found["metrics"]["spend"]["target"]["verdict"] == "missed"
    assert (
        found["metrics"]["cpl"]["target"] | {"value": 20, "verdict": "no data"}
        == found["metrics"]["cpl"]["target"]
    )
    named = {(group, name) for group, cells in rows.items() for name in cells if "target" in cells[name]}
    assert named == {("Ada", "revenue_won"), ("Bob", "deals_won")}
    notes = {note["code"]: note["message"] for note in found["warnings"]}
    assert "cpl in 2026-Q3" in notes["target_without_number"]
    assert "spend in 2026-Q3" in notes["second_target"]
    assert "2 targets are of another" in notes["targets_elsewhere"]
    assert "revenue_won in 2026-08, win_rate (owner=Nobody) in 2026-Q3" in notes["targets_elsewhere"]
    assert "--period 2026-08 shows" in notes["targets_elsewhere"]


@ENGINES
def test_report_and_check_agree_on_every_target(
    tmp_path: Path, engine: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    files = [*given(tmp_path), "--as-of", "2026-09-10", "--engine", engine, "-f", "json"]
    checked = json.loads(printed(capsysbinary, "check", *files, code=5))
    table = next(t for t in checked["tables"] if t["id"] == "targets")

    def share(entry: Any) -> Any:
        return entry and entry.get("value")

    for row in table["rows"]:
        if (row["metric"], row["direction"]) == ("spend", "at least"):
            continue  # the second of one number, which a report only names
        where = ["--where", row["segment"]] if row["segment"] else []
        shown = printed(
            capsysbinary, "report", *files, "--period", row["period"], "--metrics", row["metric"], *where
        )
        cell = json.loads(shown)["metrics"][row["metric"]]
        target = cell["target"]
        assert (cell["value"], target["value"]) == (row["value"]["value"], row["target"]["value"])
        assert (target["attainment"], target["pace"]) == (share(row["attainment"]), share(row["pace"]))
        assert (target["direction"], target["verdict"]) == (row["direction"], row["verdict"]["verdict"])


def test_csv_and_text_show_the_same(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    files = [*given(tmp_path), *QUARTER, "--by", "owner"]
    rows = csv.DictReader(io.StringIO(printed(capsysbinary, "report", *files, "-f", "csv"), newline=""))
    aimed = {(row["scope"], row["owner"], row["metric"]): row for row in rows if row["target"]}
    assert aimed["total", "", "spend"]["attainment"] == "1.2"
    assert aimed["breakdown", "Ada", "revenue_won"]["verdict"] == "met"
    assert len(aimed) == 5
    for format in ("terminal", "md"):
        text = printed(capsysbinary, "report", *files, "-f", format)
        assert "└ target: 70.8 %, pace 89.9 %, behind" in text
        assert "≥ 250,000" in text
        assert "93.8 % of ≥ 160,000" in text
        assert "pace: value over what the business days so far ask for" in text


def test_a_narrow_terminal_shows_targets_without_a_line_too_long(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("funnelkit.cli.output.width", lambda: 40)
    text = printed(
        capsysbinary, "report", *given(tmp_path), *QUARTER, "--by", "owner", "--metrics", "revenue_won,spend"
    )
    assert max(len(line) for line in text.splitlines() if "/" not in line) <= 40
    assert "≥ 250,000" in text
    assert "93.8 % of ≥ 160,000" in text


def test_without_targets_nothing_of_them_is_shown(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    files = files_of(tmp_path, deals=DEALS)
    assert "└ target" not in printed(capsysbinary, "report", *files, "--no-config", "-q")


def test_a_segment_that_no_table_could_have_is_an_error_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = given(tmp_path, "metric,segment,period,value\nrevenue_won,ownr=Ada,2026-Q3,1\n")
    assert run(["report", *files]) == 2
    assert "targets.csv:2: there is no dimension 'ownr'" in capsys.readouterr().err
