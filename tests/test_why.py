"""Why a metric changed, asked on the command line: published numbers, a driver planted on purpose, and no false alarms.

Whatever is asked, the effects must add up to the change; a table that nearly adds up explains nothing.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from funnelkit.build.request import Request
from funnelkit.build.why import Question, explain
from funnelkit.cli.app import run
from funnelkit.metrics import catalog
from funnelkit.periods import parse
from funnelkit.pipeline.schemas import schema
from tests.company import write
from tests.small import OLIST, olist
from tests.test_decompose import BERKELEY


def ask(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    """The answer as JSON, which must be as its schema says and add up."""
    code = run(["why", *map(str, arguments), "-q", "-f", "json"])
    seen = capsys.readouterr()
    assert code == 0, seen.err
    found = json.loads(seen.out)
    Draft202012Validator(schema("study")).validate(found)
    adds_up(found)
    return found


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What is said of a question that cannot be answered."""
    assert run(["why", *map(str, arguments), "-q"]) == 2
    return capsys.readouterr().err


def table(found: Any, name: str) -> dict[str, Any]:
    """The rows of a table by their first column."""
    (one,) = (t for t in found["tables"] if t["id"] == name)
    return {row[one["columns"][0]["id"]]: row for row in one["rows"]}


def effects(row: dict[str, Any], *, besides: Sequence[str] = ("from", "to", "sum")) -> dict[str, float]:
    return {k: v["value"] for k, v in row.items() if isinstance(v, dict) and k not in besides}


def adds_up(found: Any) -> None:
    """Effects along each row, and segments down each column, come to the change of the metric."""
    if not found["tables"]:
        return
    first = found["tables"][0]["rows"][0]
    change = first["change"]["value"]
    near = 1e-9 * max(1, abs(first["from"]["value"]), abs(first["to"]["value"]))
    assert change == pytest.approx(first["to"]["value"] - first["from"]["value"], abs=near)
    for row in table(found, "effects").values() if len(found["tables"]) > 1 else ():
        assert row["sum"]["value"] == pytest.approx(change, abs=near)
        assert math.fsum(effects(row).values()) == pytest.approx(change, abs=near)
    for one in found["tables"][2:]:
        *segments, total = one["rows"]
        for column in effects(total, besides=("from", "to")):
            parts = math.fsum(row[column]["value"] for row in segments)
            assert parts == pytest.approx(total[column]["value"], abs=near)


# -- published numbers -----------------------------------------------------------------------------


def berkeley(path: Path) -> Path:
    """Admissions as deals: an applicant is a deal, a department its product; women closed in 2025, men in 2026."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("deal_id,status,product,segment,created_at,closed_at".split(","))
        number = 0
        for department, sides in BERKELEY.items():
            for who, year, counts in zip(("men", "women"), (2026, 2025), sides, strict=True):
                for status, n in zip(("won", "lost"), counts, strict=True):
                    for _ in range(n):
                        number += 1
                        out.writerow([number, status, department, who, f"{year}-01-10", f"{year}-03-01"])
    return path


def test_what_too_few_cases_keep_from_a_call_is_not_said_to_be_noise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cy won 12 of 22 and then 0 of 22; Di 20 of 40 both times. With 22 cases enough, Cy is called."""
    rows, wins = (
        ["deal_id,status,owner,created_at,closed_at"],
        {2025: ((12, 22), (20, 40)), 2026: ((0, 22), (20, 40))},
    )
    for year, both in wins.items():
        for owner, (won, n) in zip(("Cy", "Di"), both, strict=True):
            words = ("won" if i < won else "lost" for i in range(n))
            rows += [
                f"{year}{owner}{i},{word},{owner},{year}-01-10,{year}-03-01" for i, word in enumerate(words)
            ]
    deals = tmp_path / "deals.csv"
    deals.write_text("\n".join(rows) + "\n")
    few, called = (
        ask(capsys, "win_rate", deals, "--period", "2026", "--by", "owner", "--min-n", n)
        for n in ("30", "22")
    )
    cy = table(few, "by_owner")["Cy"]["rate"]
    assert (cy["interval"][1] < 0, cy["verdict"], cy["uncalled"]) == (True, "no call", "few")
    assert "On too few cases to be called" in few["sentences"][1]
    assert "leave out 0: Cy -19.4 pp" in few["sentences"][1]
    assert table(few, "by_owner")["Di"]["rate"]["uncalled"] == "noise"
    enough = table(called, "by_owner")["Cy"]["rate"]
    assert (enough["verdict"], "uncalled" in enough) == ("worse", False)
    assert "too few" not in called["sentences"][1]


def test_berkeley_between_periods(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, "win_rate", berkeley(tmp_path / "deals.csv"), "--period", "2026", "--by", "product")
    row = table(found, "effects")["product"]
    assert row["rate"]["value"] == pytest.approx(-0.03602848, abs=5.1e-9)
    assert row["mix"]["value"] == pytest.approx(0.17767391, abs=5.1e-9)
    assert row["sum"]["value"] == pytest.approx(0.14164543, abs=5.1e-9)
    # The honest effect has the other sign than the headline, and both are more than noise.
    assert (row["rate"]["verdict"], row["mix"]["verdict"], row["sum"]["verdict"]) == (
        "worse",
        "better",
        "better",
    )
    said = found["sentences"][0]
    assert said.startswith("Win rate rose 14.2 pp from 30.4 % (2025) to 44.5 % (2026): +17.8 pp because of")
    assert "-3.6 pp within products (mostly A, -3.7 pp)" in said
    assert said.endswith("beyond noise.")
    by_department = table(found, "by_product")
    assert by_department["A"]["from"]["value"] == pytest.approx(89 / 108)
    assert by_department["Sum"]["to"]["value"] == pytest.approx(1198 / 2691)


def test_berkeley_between_segments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deals = berkeley(tmp_path / "deals.csv")
    found = ask(capsys, "win_rate", deals, "--between", "segment=women,men")
    row = table(found, "effects")["product"]
    assert row["rate"]["value"] == pytest.approx(-0.03602848, abs=5.1e-9)
    assert row["mix"]["value"] == pytest.approx(0.17767391, abs=5.1e-9)
    assert found["title"] == "Why win_rate differs"
    # What tells the two sides apart is no dimension to take their difference apart by.
    assert "segment" not in table(found, "effects")
    twice = ask(capsys, "win_rate", deals, "--between", "segment=men", "--between", "segment!=men")
    assert table(twice, "effects")["product"]["mix"]["value"] == -row["mix"]["value"]


@pytest.mark.skipif(not OLIST.is_dir(), reason=f"the real exports are not here ({OLIST})")
@pytest.mark.parametrize(
    ("before", "after", "rate", "mix"),
    [
        ("2018-01", "2018-02", 0.00939880, 0.00232635),
        ("2018-02", "2018-05", -0.04046245, -0.00470942),
        ("2018-04", "2018-05", -0.03690311, 0.00131784),
    ],
)
def test_olist_by_origin(before: str, after: str, rate: float, mix: float) -> None:
    data = olist()
    known = catalog.load(metrics={"ever_won": {"formula": "leads_won / leads", "unit": "ratio"}})
    period = parse(after, as_of=data.as_of)
    request = Request(period=period, compare=(before,), by=("channel",))
    found = explain(
        data, Question(metric="ever_won", request=request), known, (), (), lambda v, u: f"{v} {u}"
    )
    _, by_dimension, *_ = found.tables
    (row,) = by_dimension.rows
    values = {f.id: e.cell.value for f, e in zip(by_dimension.fields, row, strict=True) if e.cell}
    assert values["rate"] == pytest.approx(rate, abs=5.1e-9)
    assert values["mix"] == pytest.approx(mix, abs=5.1e-9)


# -- a made-up company -----------------------------------------------------------------------------

RATES = {"paid_search": 0.4, "email": 0.3, "referral": 0.5, "direct": 0.35}


def company(folder: Path, seed: int, *, halved: str = "", deals: int = 700) -> Path:
    """Deals of two quarters alike, but for the win rate of one channel in the second."""
    dice = Random(seed)
    rows: list[list[object]] = []
    for quarter, first in enumerate((date(2026, 1, 1), date(2026, 4, 1))):
        for _ in range(deals):
            channel = dice.choice(list(RATES))
            rate = RATES[channel] / 2 if quarter and channel == halved else RATES[channel]
            closed = first + timedelta(days=dice.randrange(90))
            rows.append(
                [
                    len(rows),
                    "won" if dice.random() < rate else "lost",
                    channel,
                    dice.choice(["Ada", "Bo", "Chi"]),
                    dice.choice(["DE", "AT"]),
                    round(dice.lognormvariate(8, 0.7), 2),
                    "EUR",
                    closed - timedelta(days=dice.randrange(60)),
                    closed,
                ]
            )
    path = folder / f"deals_{seed}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("deal_id,status,channel,owner,country,amount,currency,created_at,closed_at".split(","))
        out.writerows(rows)
    return path


@pytest.mark.parametrize("metric", ["win_rate", "deals_won", "revenue_won"])
def test_a_planted_driver_comes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], metric: str
) -> None:
    path = company(tmp_path, 1, halved="paid_search")
    found = ask(capsys, metric, path, "--period", "2026-Q2")
    assert [t["id"] for t in found["tables"]] == ["change", "effects", "by_channel"]
    assert next(iter(table(found, "by_channel"))) == "paid_search"
    effect = table(found, "by_channel")["paid_search"]["rate" if metric == "win_rate" else "win_rate"]
    assert (effect["value"] < 0, effect["verdict"]) == (True, "worse")
    assert found["sentences"][1].startswith("Beyond noise: paid_search -")
    assert found["sentences"][2].startswith("Shown by channel, of channel, ")


def test_segments_of_a_sum_add_up_to_their_own_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(capsys, "revenue_won", company(tmp_path, 2), "--period", "2026-Q2", "--by", "channel,owner")
    for name in ("by_channel", "by_owner"):
        for row in table(found, name).values():
            assert row["sum"]["value"] == pytest.approx(row["to"]["value"] - row["from"]["value"], abs=1e-6)
            assert math.fsum(effects(row).values()) == pytest.approx(row["sum"]["value"], abs=1e-6)


def test_nothing_is_called_where_nothing_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each effect, and of all segments together, at most 5 % of seeds."""
    calls: dict[str, int] = {}
    for seed in range(20):
        found = ask(
            capsys, "win_rate", company(tmp_path, seed, deals=400), "--period", "2026-Q2", "--by", "channel"
        )
        total = table(found, "effects")["channel"]
        called = [effect for effect in ("rate", "mix", "sum") if total[effect]["verdict"] != "no call"]
        if "Beyond noise" in found["sentences"][1]:
            called.append("segment")
        calls |= {one: calls.get(one, 0) + 1 for one in called}
    assert all(n <= 1 for n in calls.values()), calls


METRICS = (
    "leads customers_new lead_conversion_rate mql_rate deals_created deals_won deals_open win_rate win_rate_value "
    "revenue_won deal_size cycle_days velocity cpl cpl_paid cac cac_paid roas cltv_revenue spend ctr cpc cpm cpa "
    "roas_platform lead_to_won_days"
).split()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    one = write(tmp_path_factory.mktemp("made"), leads=3000, seed=4)
    return [one.leads, one.deals, one.ads]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_adds_up_and_starts_where_the_report_does(
    made: Sequence[Path], capsys: pytest.CaptureFixture[str], metric: str
) -> None:
    options = ["--period", "2025-Q1", "--no-config"]
    found = ask(capsys, metric, *made, *options)
    assert (
        run(
            [
                "report",
                *map(str, made),
                *options,
                "--compare",
                "prev",
                "--metrics",
                metric,
                "-q",
                "-f",
                "json",
            ]
        )
        == 0
    )
    report = json.loads(capsys.readouterr().out)["metrics"][metric]
    if metric == "lead_conversion_rate":
        report = report["mature"]
    row = found["tables"][0]["rows"][0]
    assert row["to"]["value"] == pytest.approx(report["value"], rel=1e-12)
    assert len(table(found, "effects")) >= 1
    limits = report["change"]["interval"] if "change" in report else None
    if limits:
        # One change has the same limits wherever it is shown: there of the ratio for what is counted, per day, here of the
        # difference, to which the days belong.
        counted = metric.startswith(("c", "leads", "deals_", "spend")) and metric not in (
            "ctr",
            "cpc",
            "cpm",
            "cpa",
            "cycle_days",
            "cltv_revenue",
        )
        if counted:
            days = report["change"].get("per_day", {"days": 1, "previous_days": 1})
            longer, before = days["days"] / days["previous_days"], report["change"]["previous"]["value"]
            limits = [((1 + limit) * longer - 1) * before for limit in limits]
        assert row["change"]["interval"] == pytest.approx(limits, rel=1e-9)
        assert row["change"]["verdict"] == report["change"]["verdict"]


@pytest.mark.parametrize("metric", ["revenue_won", "cac", "lead_conversion_rate", "cycle_days"])
def test_engines_give_the_same_answer(
    made: Sequence[Path], capsys: pytest.CaptureFixture[str], metric: str
) -> None:
    answers = [
        ask(capsys, metric, *made, "--period", "2025-Q1", "--no-config", "--engine", engine)
        for engine in ("pandas", "duckdb")
    ]
    assert answers[0]["sentences"] == answers[1]["sentences"]
    assert answers[0]["tables"] == answers[1]["tables"]


# -- what can be asked, and how it is said -----------------------------------------------------------


def small(tmp_path: Path, rows: Iterable[str], header: str = "lead_id,created_at,channel,email") -> Path:
    path = tmp_path / "leads.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_longer_period_explains_its_leads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lead a day in each channel: March has more than February only because it is longer."""
    days = [date(2026, 2, 1) + timedelta(days=n) for n in range(59)]
    rows = (f"{c}{d},{d},{c},x{d}@{c}.example" for d in days for c in ("email", "referral"))
    found = ask(capsys, "leads", small(tmp_path, rows), "--period", "2026-03", "--by", "channel")
    row = table(found, "effects")["channel"]
    assert (row["days"]["value"], row["volume"]["value"], row["sum"]["value"]) == pytest.approx((6, 0, 6))
    assert "verdict" not in row["days"]
    assert "+6 because the periods differ in days; no more than noise." in found["sentences"][0]


def test_young_cohorts_are_not_called(made: Sequence[Path], capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, "mql_rate", *made, "--period", "2025-Q3", "--no-config")
    assert found["sentences"][0].endswith("young leads can still change it, so nothing is called.")
    cells = [
        cell for row in table(found, "by_channel").values() for cell in row.values() if isinstance(cell, dict)
    ]
    assert all(cell.get("young") for cell in cells)
    assert {cell.get("verdict", "no call") for cell in cells} == {"no call"}


def test_conversion_counts_only_leads_that_are_old_enough(
    made: Sequence[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(capsys, "lead_conversion_rate", *made, "--period", "2025-Q2", "--no-config")
    old = found["tables"][0]["rows"][0]["to"]["n"]
    assert f"{old:,} (2025-Q2)" in found["sentences"][-1]
    late = ask(capsys, "lead_conversion_rate", *made, "--period", "2025-08", "--no-config")
    assert len(late["sentences"]) == 1
    assert "n/a, no lead of one side has had all of 90 days yet" in late["sentences"][0]


def test_what_is_not_loaded_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leads = small(tmp_path, ["1,2026-02-01,email,a@b.example", "2,2026-03-01,email,c@d.example"])
    found = ask(capsys, "cac", leads, "--period", "2026-03")
    assert found["sentences"] == ["Acquisition cost (CAC): n/a, no spend loaded."]
    assert found["tables"] == []


def test_factors_that_are_not_known_leave_the_metric_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deals.csv"
    rows = [f"{n},won,{100 + n},EUR,2026-0{1 + n % 3}-05,2026-0{1 + n % 3}-20,Ada" for n in range(9)]
    path.write_text(
        "\n".join(["deal_id,status,amount,currency,created_at,closed_at,owner", *rows]) + "\n", "utf-8"
    )
    found = ask(capsys, "revenue_won", path, "--period", "2026-03", "--by", "owner")
    assert set(effects(table(found, "effects")["owner"])) == {"days", "volume"}
    assert any(note["code"] == "factors_missing" for note in found["warnings"])


def test_own_metrics_are_taken_apart_by_their_formula(
    made: Sequence[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "funnelkit.yaml"
    config.write_text(
        "metrics:\n"
        "  cost_per_deal: {formula: spend / deals_created, unit: money, better: lower}\n"
        "  booked: {formula: deals_won * deal_size, unit: money, better: higher}\n"
        "  both: {formula: win_rate + ctr}\n",
        "utf-8",
    )
    options: list[str | Path] = [*made, "--config", config, "--period", "2025-Q1", "--by", "channel"]
    assert set(effects(table(ask(capsys, "cost_per_deal", *options), "effects")["channel"])) == {
        "rate",
        "mix",
    }
    booked = ask(capsys, "booked", *options)
    assert set(effects(table(booked, "effects")["channel"])) == {
        "deals_won",
        "deal_size_mean",
        "deal_size_mean_mix",
    }
    said = refused(capsys, "both", *options)
    assert "both cannot be taken apart: its formula adds rates" in said
    assert "win_rate, ctr" in said


def test_top_keeps_the_rest_in_one_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(
        capsys, "win_rate", company(tmp_path, 3), "--period", "2026-Q2", "--by", "channel", "--top", "1"
    )
    assert list(table(found, "by_channel"))[1:] == ["(rest of 3)", "Sum"]


def test_a_segment_that_is_not_there_is_pointed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(capsys, "win_rate", company(tmp_path, 0, deals=20), "--between", "channel=emial,direct")
    assert found["sentences"] == ["Win rate: n/a, nothing to divide by here."]
    assert any("Did you mean email" in note["message"] for note in found["warnings"])


def test_where_nothing_happened_there_is_nothing_to_take_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = company(tmp_path, 0, deals=20)
    for options in ([], ["--by", "channel"]):
        found = ask(capsys, "deals_created", path, "--period", "2020", *options)
        assert found["sentences"][0] == "Deals created: n/a, the data begin after this period."


def test_factors_without_values_leave_the_metric_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Customers of March and April, but no lead of March: cost per lead has no value, cost per customer has one."""
    leads = small(tmp_path, ["1,2026-02-01,email,a@b.example", "2,2026-04-03,email,c@d.example"])
    deals, ads = tmp_path / "deals.csv", tmp_path / "ads.csv"
    rows = [
        "1,1,won,2026-02-02,2026-03-20",
        "2,2,won,2026-04-04,2026-04-20",
        "3,2,lost,2026-04-04,2026-04-21",
    ]
    deals.write_text("\n".join(["deal_id,lead_id,status,created_at,closed_at", *rows]) + "\n", "utf-8")
    ads.write_text(
        "date,channel,cost,currency\n2026-03-05,email,100,EUR\n2026-04-05,email,150,EUR\n", "utf-8"
    )
    found = ask(capsys, "cac", leads, deals, ads, "--period", "2026-04", "--by", "channel")
    assert found["sentences"][0].startswith(
        "Acquisition cost (CAC) rose EUR 50.00 from EUR 100 (2026-03) to EUR 150"
    )
    assert set(effects(table(found, "effects")["channel"])) == {"rate", "mix"}
    assert any(note["code"] == "factors_missing" for note in found["warnings"])


def test_columns_have_names_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "funnelkit.yaml"
    config.write_text("metrics:\n  odd: {formula: deals_won * deals_won / deals_created}\n", "utf-8")
    path = company(tmp_path, 0, deals=50)
    found = ask(capsys, "odd", path, "--period", "2026-Q2", "--by", "owner", "--config", config)
    assert {"deals_won", "deals_won_2", "deals_created"} == set(effects(table(found, "effects")["owner"]))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cycle_days_median", "--period", "2026-Q2"], "Ask why cycle_days changed"),
        (["cycle_days_km", "--period", "2026-Q2"], "it is a survival time"),
        (["win_rate"], "Give --period last-month --compare prev"),
        (["win_rate", "--between", "channel=email"], "--between needs two segments"),
        (
            ["win_rate", "--between", "channel=email,direct", "--compare", "prev"],
            "Leave out --between or --compare",
        ),
        (
            ["win_rate", "--period", "2026-Q2", "--by", "campaign"],
            "no loaded table has the dimension campaign",
        ),
        (["win_rat", "--period", "2026-Q2"], "Did you mean win_rate"),
        (["win_rate", "--period", "2026-Q2", "--top", "0"], "cannot show the top 0 segments"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert said in refused(capsys, *arguments[:1], company(tmp_path, 0, deals=20), *arguments[1:])


def test_why_without_a_metric_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why"]) == 2
    assert "no metric was named" in capsys.readouterr().err
