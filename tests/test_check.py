"""Targets and alerts: each verdict by hand, what a script sees, and what cannot be meant."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from funnelkit.build.checks import Goal, Outcome
from funnelkit.build.checks.verdicts import accumulates, elapsed, judged
from funnelkit.cli.app import run
from funnelkit.config import targets as written
from funnelkit.errors import ConfigError, FunnelkitError, MissingInputError, UsageError
from funnelkit.goals import Target
from funnelkit.metrics import catalog
from funnelkit.metrics.cell import Cell
from funnelkit.periods import Period, parse
from funnelkit.pipeline import checking, schemas
from funnelkit.pipeline.options import Options
from tests.small import day
from tests.test_costs_quotas import ADS, DEALS, QUOTAS
from tests.test_costs_quotas import written as files_of

KNOWN = catalog.load()
AUGUST = parse("2026-08", as_of=0)


def goal(
    metric: str, value: str, *, at_least: bool = True, tolerance: str = "0", period: Period = AUGUST
) -> Goal:
    target = Target(metric=metric, period="2026-08", value=Decimal(value), tolerance=Decimal(tolerance))
    return Goal(target=target, metric=KNOWN.metric(metric), where=(), period=period, at_least=at_least)


def verdict(one: Goal, cell: Cell, as_of: str) -> str:
    flows = accumulates(one.metric, KNOWN)
    return judged(one, cell, day(as_of), flows=flows, horizon=30).verdict


RATE = Cell(value=0.2, interval=(0.15, 0.26))
COST = Cell(value=120.0, interval=(110.0, None))
NOTHING = Cell(value=None, reason="no_denominator")
NO_INPUT = Cell(value=None, reason="no_leads")


@pytest.mark.parametrize(
    ("one", "cell", "as_of", "expected"),
    [
        (goal("leads", "100"), Cell(value=100), "2026-08-31", "met"),
        (goal("leads", "100"), Cell(value=99), "2026-08-31", "missed"),
        (goal("leads", "100", tolerance="0.05"), Cell(value=95), "2026-08-31", "met"),
        (goal("leads", "100", tolerance="0.05"), Cell(value=94), "2026-08-31", "missed"),
        (goal("spend", "100", at_least=False), Cell(value=100.5), "2026-08-31", "missed"),
        (goal("spend", "100", at_least=False, tolerance="0.01"), Cell(value=101), "2026-09-30", "met"),
        # A target within the range of a rate is missed by no more than noise; a better one is met all the same.
        (goal("win_rate", "0.25"), RATE, "2026-08-31", "no call"),
        (goal("win_rate", "0.27"), RATE, "2026-08-31", "missed"),
        (goal("win_rate", "0.20"), RATE, "2026-08-31", "met"),
        (goal("cac", "115", at_least=False), COST, "2026-08-31", "no call"),
        (goal("cac", "100", at_least=False), COST, "2026-08-31", "missed"),
        # 10 of the 21 business days of August 2026 are over on the 14th: 47.6 of 100 are asked for.
        (goal("leads", "100"), Cell(value=48), "2026-08-14", "on pace"),
        (goal("leads", "100"), Cell(value=40), "2026-08-14", "no call"),
        (goal("leads", "100"), Cell(value=20), "2026-08-14", "behind"),
        (goal("leads", "100"), Cell(value=100), "2026-08-14", "met"),
        (goal("revenue_won", "100"), Cell(value=47.7), "2026-08-14", "on pace"),
        (goal("revenue_won", "100"), Cell(value=47.5), "2026-08-14", "behind"),
        (goal("spend", "100", at_least=False), Cell(value=47.5), "2026-08-14", "on pace"),
        (goal("spend", "100", at_least=False), Cell(value=60), "2026-08-14", "behind"),
        (goal("spend", "100", at_least=False), Cell(value=101), "2026-08-14", "missed"),
        (goal("quota_attainment", "1"), Cell(value=0.48), "2026-08-14", "on pace"),
        (goal("win_rate", "0.27"), RATE, "2026-08-14", "behind"),
        (goal("win_rate", "0.2"), RATE, "2026-08-14", "on pace"),
        # Leads of August have had their 30 days on 30 September; a conversion only grows until then.
        (goal("lead_conversion_rate", "0.27"), RATE, "2026-09-29", "no call"),
        (goal("lead_conversion_rate", "0.27"), RATE, "2026-09-30", "missed"),
        (goal("lead_conversion_rate", "0.2"), RATE, "2026-09-01", "met"),
        (goal("lead_to_won_days", "20", at_least=False), Cell(value=10), "2026-09-01", "no call"),
        (goal("lead_to_won_days", "20", at_least=False), Cell(value=10), "2026-09-30", "met"),
        (goal("lead_to_won_days", "20", at_least=False), Cell(value=30), "2026-09-01", "missed"),
        (goal("leads", "100"), Cell(value=0), "2026-07-31", "not begun"),
        (goal("cac", "100"), NOTHING, "2026-08-31", "no value"),
        (goal("leads", "100"), NO_INPUT, "2026-08-31", "no data"),
    ],
)
def test_a_verdict_by_hand(one: Goal, cell: Cell, as_of: str, expected: str) -> None:
    assert verdict(one, cell, as_of) == expected


def test_attainment_and_pace_are_shares_of_the_target_and_of_what_it_asks_for_by_now() -> None:
    found = judged(goal("leads", "100"), Cell(value=60), day("2026-08-14"), flows=True, horizon=30)
    assert found.attainment == 0.6
    assert found.pace == pytest.approx(60 / (100 * 10 / 21))
    weekend = Period(start=day("2026-08-01"), end=day("2026-08-02"), label="weekend")
    assert elapsed(weekend, day("2026-08-01")) == 0.5


@pytest.mark.parametrize(
    ("name", "adds_up"),
    [
        ("leads", True),
        ("mqls", True),
        ("revenue_won", True),
        ("spend", True),
        ("revenue_net", True),
        ("quota_attainment", True),
        ("deals_open", False),
        ("pipeline_open", False),
        ("cpl", False),
        ("deal_size", False),
        ("win_rate", False),
        ("pacing", False),
        ("pipeline_coverage", False),
        ("revenue_growth", False),
        ("velocity", False),
    ],
)
def test_what_adds_up_over_a_period_is_known(name: str, adds_up: bool) -> None:
    assert accumulates(KNOWN.metric(name), KNOWN) is adds_up


TARGETS = """\
metric,segment,period,value,direction,tolerance
quota_attainment,owner=Ada,2026-Q3,50 %,,
revenue_won,,2026-Q3,250000,,
revenue_won,owner=Ada,2026-08,60000,,
spend,,2026-08,100,at most,
win_rate,,2026-08,90 %,,
"""
ALERTS = """\
  - {metric: revenue_won, falls: 20 %, period: 2026-08}
  - {metric: revenue_won, rises: 20 %, period: 2026-08}
  - {metric: deals_won, rises: 0.2, period: 2026-09}
  - {metric: spend, rises: 10 %, period: 2026-09, name: More spend}
  - {metric: cac, above: 1000, period: 2026-09}
  - {metric: cac, below: 1000, period: 2026-09}
  - {metric: revenue_won, behind_target: true}
  - {table: deals, older_than: 9}
"""
STALE = "  - {table: deals, older_than: 8}\n  - {table: leads}\n"


def checked(
    folder: Path, targets: str | None = TARGETS, alerts: str = "", engine: str = "pandas", **options: Any
) -> Outcome:
    config = folder / "funnelkit.yaml"
    config.write_text((f"alerts:\n{alerts}" if alerts else "") + "min_n: 2\n", "utf-8")
    named = None
    if targets is not None:
        (folder / "targets.csv").write_text(targets, "utf-8")
        named = str(folder / "targets.csv")
    files = files_of(folder, deals=DEALS, ads=ADS, plan=QUOTAS)
    said = {"as_of": "2026-09-10", "config": config, "engine": engine, **options}
    return checking.check(files, Options(**said), named)


def verdicts(outcome: Outcome, table: str) -> list[str]:
    (found,) = [t for t in outcome.study.tables if t.id == table]
    return [row[-1].verdict for row in found.rows]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_targets_on_files(tmp_path: Path, engine: str) -> None:
    found = checked(tmp_path, engine=engine)
    # Ada has won 150,000 of 250,000; the team 177,000, where 52 of 66 business days ask for 196,970; Ada 50,000 in August.
    assert verdicts(found, "targets") == ["met", "behind", "missed", "met", "no call"]
    assert found.exit_code == 4
    missed = "1 of 5 targets is missed: Revenue won (owner=Ada) in 2026-08 is 50,000 of at least 60,000."
    assert found.study.sentences == (f"{missed} The others: 2 met, 1 behind, 1 no call.",)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_alerts_on_files(tmp_path: Path, engine: str) -> None:
    found = checked(tmp_path, alerts=ALERTS, engine=engine)
    # Won in July 100,000, in August 57,000; 2 deals in the 31 days of August, 1 in the 10 of September, which may be chance; no spend in August.
    assert verdicts(found, "alerts") == [
        "raised",
        "quiet",
        "no call",
        "no value",
        "raised",
        "quiet",
        "raised",
        "quiet",
    ]
    assert (found.breached, found.missing, found.exit_code) == (4, 0, 4)
    alerts = next(t for t in found.study.tables if t.id == "alerts")
    assert [row[0].text for row in alerts.rows][:5:4] == [
        "revenue_won falls 20 % against prev",
        "cac above 1000",
    ]


def test_old_and_missing_input_comes_before_what_is_breached(tmp_path: Path) -> None:
    found = checked(tmp_path, alerts=STALE)
    assert verdicts(found, "alerts") == ["stale", "missing"]
    assert (found.breached, found.missing, found.exit_code) == (1, 2, 5)
    assert found.study.sentences[0] == (
        "Input is missing or old: deals end on 2026-09-01, 9 days before the as-of date; no leads are loaded."
    )


def test_a_target_without_its_input_is_missing_input(tmp_path: Path) -> None:
    found = checked(tmp_path, "metric,period,value\nleads,2026-08,10\nwin_rate,2026-08,10%\n")
    assert verdicts(found, "targets") == ["no data", "met"]
    assert found.exit_code == 5


def test_all_is_well(tmp_path: Path) -> None:
    found = checked(tmp_path, "metric;period;value\nrevenue_won;2026-07;100000\n")
    assert found.exit_code == 0
    assert found.study.sentences == ("None of 1 target is missed. 1 met.",)


def test_without_a_day_the_age_of_tables_is_counted_in_the_data_and_that_is_told(tmp_path: Path) -> None:
    found = checked(tmp_path, None, "  - {table: spend, older_than: 0}\n", as_of=None)
    # The last event is the win of 1 September; ads go on to the 3rd.
    assert (found.exit_code, "age_in_data" in {n.code for n in found.study.warnings}) == (0, True)
    today = checked(tmp_path, None, "  - {table: spend, older_than: 0}\n", as_of="today")
    assert today.exit_code == 5
    assert "age_in_data" not in {n.code for n in today.study.warnings}


def test_a_table_that_ends_before_the_check_does_is_told(tmp_path: Path) -> None:
    codes = {n.code for n in checked(tmp_path, as_of="2026-09-30").study.warnings}
    assert "data_end" in codes


def test_yaml_and_csv_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TARGETS, "utf-8")
    (tmp_path / "t.yaml").write_text(
        "- {metric: quota_attainment, segment: owner=Ada, period: 2026-Q3, value: 50 %}\n"
        "- {metric: revenue_won, period: 2026-Q3, value: 250000}\n"
        "- {metric: revenue_won, segment: owner=Ada, period: 2026-08, value: 60000.0}\n"
        "- {metric: spend, period: 2026-08, value: 100, direction: at most}\n"
        "- {metric: win_rate, period: 2026-08, value: 0.9}\n",
        "utf-8",
    )
    told = [
        [(t.metric, t.segment, t.period, t.value, t.direction) for t in written.read(tmp_path / name)]
        for name in ("t.csv", "t.yaml")
    ]
    assert told[0] == told[1]
    assert written.read(tmp_path / "t.csv")[2].at.endswith("t.csv:4")


WRONG = [
    ("metric,period\nleads,2026-08\n", "t.csv:2: targets has no key 'value'"),
    ("metric,period,value\nleads,2026-13,5\n", "t.csv:2: targets.period: the period '2026-13'"),
    ("metric,period,value\nleads,2026-08,\"1,000\"\n", "t.csv:2: targets.value is the text '1,000', where a number"),
    ("metric,period,valeu\nleads,2026-08,5\n", "unknown key 'valeu' in targets"),
    ("metric,period,value\nleads,2026-08,5,6\n", "t.csv:2: has 4 cells under 3 names"),
    ("metric,segment,period,value\nleads,paid,2026-08,5\n", "'paid' does not say which value"),
    ("metric,period,value,direction\nspend,2026-08,5,more\n", "t.csv:2: targets.direction is the text 'more'"),
    ("metric,period,value\nleds,2026-08,5\n", "t.csv:2: there is no metric 'leds'"),
    ("metric,period,value\nspend,2026-08,5\n", "t.csv:2: spend does not say by itself which side"),
    ("metric,segment,period,value\nleads,colour=red,2026-08,5\n", "t.csv:2: there is no dimension 'colour'"),
    ("metric,period,value\n", "t.csv: holds no targets"),
    ("", "t.csv: holds no targets"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[m[:40] for _, m in WRONG])
def test_a_target_that_cannot_be_meant_is_an_error_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "t.csv").write_text(text, "utf-8")
    files = files_of(tmp_path, deals=DEALS)
    with pytest.raises(FunnelkitError) as refused:
        checking.check(files, Options(no_config=True), str(tmp_path / "t.csv"))
    assert message in str(refused.value)


WRONG_ALERTS = [
    ("{metric: leads}", "alerts: needs exactly one of above, below, rises, falls, behind_target"),
    ("{metric: leads, above: 1, below: 2}", "needs exactly one of"),
    ("{above: 1}", "alerts: needs either 'metric' or 'table'"),
    ("{metric: leads, table: leads}", "needs either 'metric' or 'table'"),
    ("{table: leads, above: 1}", "'above' is of metrics"),
    ("{metric: leads, above: 1, older_than: 2}", "'older_than' goes with 'table'"),
    ("{metric: leads, above: 1, against: yoy}", "'against' goes with 'rises' or 'falls'"),
    ("{metric: leads, falls: -5 %}", "where a number from 0 on is needed"),
    ("{metric: leads, above: 1}", "does not say of which period"),
    ("{metric: leeds, above: 1, period: 2026-08}", "there is no metric 'leeds'"),
    ("{metric: leads, behind_target: true}", "there is no target for leads"),
    ("{table: leeds}", "the name of a table"),
]


@pytest.mark.parametrize(("alert", "message"), WRONG_ALERTS)
def test_an_alert_that_cannot_be_meant_is_an_error_with_its_line(
    tmp_path: Path, alert: str, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        checked(tmp_path, None, f"  - {alert}\n")
    assert message in str(refused.value)
    assert "funnelkit.yaml:2: " in str(refused.value)


@pytest.mark.parametrize("targets", [None, "none.csv"])
def test_nothing_to_check_is_told(tmp_path: Path, targets: str | None) -> None:
    wanted: type[FunnelkitError] = MissingInputError if targets else UsageError
    with pytest.raises(wanted):
        checking.check(files_of(tmp_path, deals=DEALS), Options(no_config=True), targets)


@pytest.mark.parametrize(("alerts", "code"), [("", 4), (STALE, 5)])
def test_a_job_at_night_gets_its_file_and_its_code(
    tmp_path: Path, alerts: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    checked(tmp_path, alerts=alerts)
    files = [str(tmp_path / f"{name}.csv") for name in ("deals", "ads", "plan")]
    out = tmp_path / "check.json"
    options = ["--config", str(tmp_path / "funnelkit.yaml"), "--targets", str(tmp_path / "targets.csv")]
    assert run(["check", *files, *options, "--as-of", "2026-09-10", "-q", "-o", str(out)]) == code
    assert capsys.readouterr() == ("", "")
    found = json.loads(out.read_text("utf-8"))
    jsonschema.validate(found, schemas.schema("study"))
    tables = {table["id"]: table for table in found["tables"]}
    counts = {row["outcome"]: row["count"]["value"] for row in tables["outcome"]["rows"]}
    assert counts == {"breached": 1, "missing": 2 if alerts else 0}
    assert [row["verdict"]["verdict"] for row in tables["targets"]["rows"]][2] == "missed"
