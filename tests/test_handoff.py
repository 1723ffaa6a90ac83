"""The handoff of marketing to sales: whoever leaves out the leads that nobody answered makes any team look fast."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from scipy.stats import CensoredData, ecdf

from funnelkit.agreements import Sla

SCHEMA = json.loads((files("funnelkit.render") / "schema" / "report.schema.json").read_text("utf-8"))
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
FIRST = datetime(2026, 1, 1)
LEADS = "lead_id,created_at,first_response_at,score,status,mql_at,rejected_reason,converted,channel".split(
    ","
)
DEALS = "deal_id,lead_id,amount,status,created_at,closed_at".split(",")


def write(path: Path, header: list[str], rows: list[list[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def report(*arguments: Any, format: str = "json") -> Any:
    """What `funnelkit report` prints, as a program would read it."""
    command = [sys.executable, "-m", "funnelkit", "report", *map(str, arguments), "-f", format, "-q"]
    done = subprocess.run(command, capture_output=True, check=True)
    text = done.stdout.decode("utf-8")
    if format != "json":
        return text
    found = json.loads(text)
    jsonschema.validate(found, SCHEMA)
    return found


def values(found: Any) -> dict[str, Any]:
    return {name: cell["value"] for name, cell in found["metrics"].items()}


# Response time


def answered(minutes: list[int | None], created: str = "2026-03-02 09:00") -> list[list[str]]:
    """Leads of one moment, answered after so many minutes; None for never."""
    begun = datetime.fromisoformat(created)
    return [
        [
            f"L{i}",
            f"{begun:%Y-%m-%d %H:%M}",
            "" if m is None else f"{begun + timedelta(minutes=m):%Y-%m-%d %H:%M}",
        ]
        for i, m in enumerate(minutes)
    ]


@ENGINES
def test_leads_that_were_never_answered_count_in_the_median(tmp_path: Path, engine: str) -> None:
    quick: list[int | None] = [2, 4, 10, 20, 90, 3000]
    few = write(tmp_path / "few.csv", LEADS[:3], answered(quick))
    all_ = write(tmp_path / "all.csv", LEADS[:3], answered([*quick, None, None, None, None]))

    alone, together = (values(report("--engine", engine, "--no-config", f"leads={p}")) for p in (few, all_))

    assert alone["response_minutes_median"] == 10
    assert together["response_minutes_median"] == 90
    assert alone["response_within_5min"] == pytest.approx(2 / 6)
    assert together["response_within_5min"] == pytest.approx(2 / 10)
    assert together["response_within_1h"] == pytest.approx(4 / 10)
    assert together["response_within_24h"] == together["sla_attainment"] == pytest.approx(5 / 10)
    assert "response_minutes_p90" not in {name for name, value in together.items() if value is not None}


def test_a_lead_that_could_not_be_answered_in_time_yet_does_not_count_against_sales(tmp_path: Path) -> None:
    # The data end at 12:00 of the second day: the lead of 11:00 is an hour old, and that of 11:30 half of it.
    rows = [
        ["A", "2026-03-01 08:00", "2026-03-02 12:00"],
        ["B", "2026-03-02 11:00", ""],
        ["C", "2026-03-02 11:30", ""],
    ]
    found = report("--no-config", f"leads={write(tmp_path / 'l.csv', LEADS[:3], rows)}")["metrics"]

    assert (found["response_within_5min"]["numerator"], found["response_within_5min"]["n"]) == (0, 3)
    assert (found["response_within_1h"]["numerator"], found["response_within_1h"]["n"]) == (0, 2)
    assert (found["response_within_24h"]["numerator"], found["response_within_24h"]["n"]) == (0, 1)


def test_a_minute_that_has_begun_counts_and_an_answer_before_the_lead_does_not(tmp_path: Path) -> None:
    rows = [
        ["A", "2026-03-01 08:00:30", "2026-03-01 08:05:30"],
        ["B", "2026-03-01 08:00:30", "2026-03-01 08:05:31"],
        ["C", "2026-03-01 08:00:30", "2026-03-01 08:00:29"],
        ["D", "2026-03-05 08:00:00", "2026-03-05 09:00:00"],
    ]
    found = report("--no-config", f"leads={write(tmp_path / 'l.csv', LEADS[:3], rows)}")["metrics"]

    assert (found["response_within_5min"]["numerator"], found["response_within_5min"]["n"]) == (1, 3)
    assert found["response_minutes_median"] | {"interval": None} == {
        "value": 6,
        "unit": "minutes",
        "n": 3,
        "interval": None,
        "interval_type": "km",
        "label": "Response time, median",
        "better": "lower",
    }


@ENGINES
def test_days_alone_tell_no_minutes_but_whether_an_agreement_in_days_was_kept(
    tmp_path: Path, engine: str
) -> None:
    rows = [
        ["A", "2026-03-01", "2026-03-01"],
        ["B", "2026-03-01", "2026-03-03"],
        ["C", "2026-03-01", "2026-03-04"],
        ["D", "2026-03-01", ""],
        ["E", "2026-03-09", ""],
        ["F", "2026-03-10", ""],
    ]
    leads = write(tmp_path / "l.csv", LEADS[:3], rows)
    config = tmp_path / "funnelkit.yaml"
    config.write_text("sla: 2 days\n", "utf-8")

    plain = report("--engine", engine, "--no-config", f"leads={leads}")["metrics"]
    agreed = report("--engine", engine, "--config", config, f"leads={leads}")

    for name in ("response_minutes_median", "response_within_5min", "sla_attainment"):
        assert plain[name]["reason"] == "no_times"
    assert "time of day" in plain["response_minutes_median"]["message"]
    assert agreed["metrics"]["response_minutes_median"]["reason"] == "no_times"
    assert agreed["handoff"]["sla"] == {"minutes": 2880, "label": "2 days"}
    cell = agreed["metrics"]["sla_attainment"]
    assert (cell["numerator"], cell["n"]) == (2, 4)


@ENGINES
def test_an_hour_that_the_clock_jumps_over_is_no_hour_of_waiting(tmp_path: Path, engine: str) -> None:
    rows = [
        ["A", "2026-03-29 01:50", "2026-03-29 03:05"],
        ["B", "2026-03-29 01:50", "2026-03-29 03:10"],
        ["C", "2026-04-29 01:50", "2026-04-29 03:05"],
    ]
    leads = write(tmp_path / "l.csv", LEADS[:3], rows)
    config = tmp_path / "funnelkit.yaml"
    config.write_text(
        f"timezone: Europe/Berlin\nsources: [{{path: {leads.name}, table: leads, timezone: Europe/Berlin}}]\n",
        "utf-8",
    )
    berlin = report("--engine", engine, "--config", config)["metrics"]
    utc = report("--engine", engine, "--no-config", f"leads={leads}")["metrics"]

    assert (berlin["response_minutes_median"]["value"], utc["response_minutes_median"]["value"]) == (20, 75)


@ENGINES
def test_offsets_are_minded(tmp_path: Path, engine: str) -> None:
    rows = [
        ["A", "2026-03-01T08:00:00Z", "2026-03-01T09:07:00+01:00"],
        ["B", "2026-03-01T08:00:00Z", "2026-03-01T03:08:00-05:00"],
    ]
    leads = write(tmp_path / "l.csv", LEADS[:3], rows)
    found = report("--engine", engine, "--no-config", f"leads={leads}")["metrics"]
    assert found["response_minutes_median"]["value"] == 7


def test_the_report_as_of_a_day_knows_nothing_of_later_answers(tmp_path: Path) -> None:
    rows = [
        ["A", "2026-03-01 08:00", "2026-03-01 08:30"],
        ["B", "2026-03-01 08:00", "2026-03-04 08:30"],
        ["C", "2026-03-03 08:00", "2026-03-03 08:10"],
        ["D", "2026-03-05 08:00", "2026-03-05 08:01"],
    ]
    leads = write(tmp_path / "l.csv", LEADS[:3], rows)
    found = report("--no-config", f"leads={leads}", "--as-of", "2026-03-03")["metrics"]
    assert (found["response_within_24h"]["numerator"], found["response_within_24h"]["n"]) == (1, 2)
    assert found["response_minutes_median"]["value"] == 30


# Agreement


@ENGINES
def test_the_quality_of_a_score_is_the_published_one(tmp_path: Path, engine: str) -> None:
    """Hanley and McNeil 1982: five ratings of normal and abnormal images."""
    rows = []
    for won, counts in (("false", (33, 6, 6, 11, 2)), ("true", (3, 2, 2, 11, 33))):
        for score, n in enumerate(counts, 1):
            rows += [[f"{won}{score}-{i}", "2026-01-05", score, won] for i in range(n)]
    # A young lead has had no time to be won, whatever its score.
    rows += [["young", "2026-06-30", 5, "false"]]
    leads = write(tmp_path / "l.csv", ["lead_id", "created_at", "score", "converted"], rows)

    found = report("--engine", engine, "--no-config", f"leads={leads}")

    cell, score = found["metrics"]["score_auc"], found["handoff"]["score"]
    assert cell["value"] == pytest.approx(0.893171, abs=5e-7)
    assert score["stderr"] == pytest.approx(0.032487, abs=5e-7)
    assert cell["n"] == 109
    assert 0.80 < cell["interval"][0] < cell["value"] < cell["interval"][1] < 0.96
    assert [(b["least"], b["numerator"], b["n"]) for b in score["bands"]] == [
        (1, 3, 36),
        (2, 2, 8),
        (3, 2, 8),
        (4, 11, 22),
        (5, 33, 35),
    ]
    # The top tenth, 10.9 leads, all have the highest score.
    assert score["lift"][0] == {"top": 0.1, "value": pytest.approx((33 / 35) / (51 / 109))}


def test_marketing_and_sales_agree_as_cohen_says(tmp_path: Path) -> None:
    rows: list[list[Any]] = []
    for mql, status, n in (
        ("2026-01-06", "SAL", 20),
        ("2026-01-06", "Rejected", 5),
        ("", "SAL", 10),
        ("", "Rejected", 15),
    ):
        rows += [[f"{mql}{status}{i}", "2026-01-05", status, mql] for i in range(n)]
    rows += [["open", "2026-01-05", "MQL", "2026-01-06"]]
    leads = write(tmp_path / "l.csv", ["lead_id", "created_at", "status", "mql_at"], rows)

    found = report("--no-config", f"leads={leads}", "--metrics", "handoff_kappa,feedback_coverage,sal_rate")[
        "metrics"
    ]

    assert found["handoff_kappa"]["value"] == pytest.approx(0.40)
    assert found["handoff_kappa"]["n"] == 50
    assert (found["feedback_coverage"]["numerator"], found["feedback_coverage"]["n"]) == (50, 51)
    assert found["sal_rate"]["value"] == pytest.approx(30 / 50)


@ENGINES
@pytest.mark.parametrize("beside", [True, False], ids=["beside a stage", "alone"])
def test_a_rejection_counts_beside_the_stage_at_which_it_came(
    tmp_path: Path, engine: str, beside: bool
) -> None:
    """Of three leads that sales turned down, two were MQLs; one more was accepted, and one is undecided."""
    header = ["Contact ID", "Created", "MQL date", "Lead Status", "Lifecycle Stage"]
    rows = [
        [1, "2026-01-05", "2026-01-06", "Unqualified", "MQL"],
        [2, "2026-01-06", "", "Unqualified", "MQL"],
        [3, "2026-01-07", "2026-01-08", "SQL", "SQL"],
        [4, "2026-01-08", "", "Unqualified", "Lead"],
        [5, "2026-01-09", "2026-01-10", "New", "MQL"],
    ]
    width = 5 if beside else 4
    path = write(tmp_path / "leads.csv", header[:width], [row[:width] for row in rows])
    found = report(f"leads={path}", "--engine", engine, "--metrics", "mqls,sals,sal_rate,feedback_coverage")
    # Without the stage nobody knows that the second lead was an MQL.
    assert values(found) == {
        "mqls": 4 if beside else 3,
        "sals": 1,
        "sal_rate": 0.25,
        "feedback_coverage": 0.8,
    }
    assert [found["metrics"][name]["n"] for name in ("sal_rate", "feedback_coverage")] == [4, 5]


def test_one_sided_judgements_have_no_agreement(tmp_path: Path) -> None:
    rows = [["A", "2026-01-05", "SAL", "2026-01-06"], ["B", "2026-01-05", "Rejected", "2026-01-06"]]
    leads = write(tmp_path / "l.csv", ["lead_id", "created_at", "status", "mql_at"], rows)
    found = report("--no-config", f"leads={leads}", "--metrics", "handoff_kappa")["metrics"]
    assert found["handoff_kappa"]["reason"] == "one_verdict"


def test_agreement_by_the_words_of_sales_alone_says_what_it_lacks(tmp_path: Path) -> None:
    header = ["Lead ID", "Created", "Lead Source", "Lead Status", "MQL Date"]
    rows = [
        ["1", "2026-01-01", "web", "Accepted", "2026-01-03"],
        ["2", "2026-01-01", "web", "Rejected", "2026-01-04"],
        ["3", "2026-01-01", "web", "Working", ""],
        ["4", "2026-01-01", "web", "Unqualified", ""],
        ["5", "2026-01-01", "web", "Accepted", ""],
    ]

    def agreed(width: int = 5, **words: str) -> dict[str, Any]:
        told = [[*row[:3], words.get(row[3], row[3]), row[4]][:width] for row in rows]
        leads = write(tmp_path / "l.csv", header[:width], told)
        found = report("--no-config", f"leads={leads}", "--metrics", "handoff_kappa,sal_rate")["metrics"]
        return dict(found["handoff_kappa"])

    # One lead of each of the four kinds: they agree on 2 of 4, as chance would.
    assert (agreed()["value"], agreed()["n"]) == (0, 4)
    assert "the day on which a lead became an MQL" in agreed(width=4)["message"]
    unknown = agreed(Accepted="Working")
    assert unknown["reason"] == "no_sal"
    assert "values: {status: {sal: [...]}}" in unknown["message"]
    one_sided = agreed(Rejected="Working", Unqualified="Working")
    assert one_sided["reason"] == "one_verdict"
    assert "rejected leads" in one_sided["message"]


# All of it, against SQL


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Leads with times, scores and judgements, and deals of which some name no lead."""
    dice, folder = random.Random(7), tmp_path_factory.mktemp("handoff")
    leads: list[list[Any]] = []
    deals: list[list[Any]] = []
    for i in range(2500):
        begun = FIRST + timedelta(seconds=dice.randrange(200 * 86_400))
        wait = None if dice.random() < 0.25 else timedelta(seconds=int(dice.lognormvariate(8.4, 1.9)) - 30)
        score, status = (
            dice.randrange(0, 1000) / 10,
            dice.choice(("New", "MQL", "SAL", "SQL", "Rejected", "Rejected")),
        )
        mql = begun + timedelta(days=dice.randrange(30)) if score + dice.randrange(40) > 60 else None
        leads.append(
            [
                f"L{i}",
                f"{begun:%Y-%m-%d %H:%M:%S}",
                "" if wait is None else f"{begun + wait:%Y-%m-%d %H:%M:%S}",
                score if dice.random() < 0.95 else "",
                status,
                f"{mql:%Y-%m-%d}" if mql else "",
                dice.choice(("No budget", "No need", "Wrong person", "")) if status == "Rejected" else "",
                "",
                dice.choice(("email", "events", "paid_search")),
            ]
        )
        if status == "SQL" and dice.random() < 0.3 + score / 200:
            opened = begun + timedelta(days=dice.randrange(10))
            outcome = dice.choice(("Won", "Won", "Lost", "Open"))
            closed = opened + timedelta(days=dice.randrange(5, 25))
            pointer = f"L{i}" if dice.random() < 0.9 else ""
            deals.append(
                [
                    f"D{i}",
                    pointer,
                    1000,
                    outcome,
                    f"{opened:%Y-%m-%d}",
                    "" if outcome == "Open" else f"{closed:%Y-%m-%d}",
                ]
            )
    header = [name for name in LEADS if name != "converted"]
    rows = [[*lead[:7], lead[8]] for lead in leads]
    return write(folder / "leads.csv", header, rows), write(folder / "deals.csv", DEALS, deals)


COUNTED = """
WITH won AS (SELECT lead_id, min(closed_at) AS won_on FROM deals WHERE status = 'Won' AND lead_id <> '' GROUP BY lead_id),
has AS (SELECT DISTINCT lead_id FROM deals WHERE lead_id <> ''),
known AS (
  SELECT l.*, w.won_on, w.lead_id IS NOT NULL AS won, h.lead_id IS NOT NULL AS deal,
    epoch(first_response_at - created_at) AS wait,
    epoch((SELECT max(greatest(created_at, coalesce(first_response_at, created_at))) FROM leads) - created_at) AS age,
    (SELECT max(greatest(created_at::DATE, coalesce(first_response_at, created_at)::DATE, coalesce(mql_at, created_at::DATE)))
      FROM leads) AS last_lead, (SELECT max(closed_at) FROM deals) AS last_deal
  FROM leads l LEFT JOIN won w USING (lead_id) LEFT JOIN has h USING (lead_id)
),
judged AS (
  SELECT *, won OR deal OR status IN ('SAL', 'SQL') AS accepted, won OR deal OR status = 'SQL' AS sql_reached,
    NOT (won OR deal) AND status = 'Rejected' AS rejected,
    mql_at IS NOT NULL AND (won_on IS NULL OR mql_at <= won_on) AS qualified,
    mql_at IS NOT NULL OR won OR deal OR status IN ('MQL', 'SAL', 'SQL') AS mql,
    date_diff('day', created_at::DATE, greatest(last_lead, last_deal)) >= 90 AS ripe
  FROM known
)
"""
SHARES = {
    "response_within_5min": "count(*) FILTER (wait >= 0 AND wait <= 300 AND age >= 300), "
    "count(*) FILTER (age >= 300 AND (wait IS NULL OR wait >= 0))",
    "response_within_1h": "count(*) FILTER (wait >= 0 AND wait <= 3600 AND age >= 3600), "
    "count(*) FILTER (age >= 3600 AND (wait IS NULL OR wait >= 0))",
    "sla_attainment": "count(*) FILTER (wait >= 0 AND wait <= 86400 AND age >= 86400 AND (mql OR status = 'Rejected')), "
    "count(*) FILTER (age >= 86400 AND (wait IS NULL OR wait >= 0) AND (mql OR status = 'Rejected'))",
    "sal_rate": "count(*) FILTER (accepted), count(*) FILTER (accepted OR rejected)",
    "feedback_coverage": "count(*) FILTER (accepted OR rejected), count(*) FILTER (mql OR status = 'Rejected')",
    "mql_precision": "count(*) FILTER (ripe AND sql_reached), count(*) FILTER (ripe AND mql)",
    "mql_recall": "count(*) FILTER (won AND qualified), count(*) FILTER (won)",
    "match_rate": "(SELECT count(*) FROM deals WHERE lead_id <> ''), (SELECT count(*) FROM deals)",
    "touch_coverage": "(SELECT count(*) FROM deals WHERE lead_id <> '' AND status = 'Won'), "
    "(SELECT count(*) FROM deals WHERE status = 'Won')",
}


@pytest.fixture(scope="module")
def database(company: tuple[Path, Path]) -> duckdb.DuckDBPyConnection:
    """Both files as they are, for SQL by hand."""
    con = duckdb.connect()
    for name, path in zip(("leads", "deals"), company, strict=True):
        columns = {
            "leads": "created_at::TIMESTAMP AS created_at, nullif(first_response_at, '')::TIMESTAMP AS first_response_at, "
            "nullif(mql_at, '')::DATE AS mql_at, nullif(score, '')::DOUBLE AS score",
            "deals": "created_at::DATE AS created_at, nullif(closed_at, '')::DATE AS closed_at",
        }[name]
        text = f"read_csv('{path}', all_varchar = true)"
        con.execute(
            f"CREATE TABLE {name} AS SELECT * EXCLUDE (created_at, "
            f"{'first_response_at, mql_at, score' if name == 'leads' else 'closed_at'}), {columns} "
            f"FROM (SELECT COLUMNS(*)::VARCHAR, FROM (SELECT coalesce(COLUMNS(*), '') FROM {text}))"
        )
    return con


@pytest.fixture(scope="module", params=["pandas", "duckdb"])
def whole(request: pytest.FixtureRequest, company: tuple[Path, Path]) -> Any:
    return report("--engine", request.param, "--no-config", *company)


@pytest.mark.parametrize("name", SHARES)
def test_every_share_is_that_of_sql_by_hand(
    whole: Any, database: duckdb.DuckDBPyConnection, name: str
) -> None:
    (expected,) = database.execute(f"{COUNTED} SELECT {SHARES[name]} FROM judged LIMIT 1").fetchall()
    cell = whole["metrics"][name]
    assert (cell["numerator"], cell["n"]) == expected
    assert cell["value"] == expected[0] / expected[1]
    assert expected[0] > 20


def test_the_median_response_is_that_of_another_kaplan_meier(
    whole: Any, database: duckdb.DuckDBPyConnection
) -> None:
    rows = database.execute(
        f"{COUNTED} SELECT wait, age FROM judged WHERE wait IS NULL OR wait >= 0"
    ).fetchall()
    waits = [-(-wait // 60) for wait, _ in rows if wait is not None and wait <= 30 * 86_400]
    still = [min(age // 60, 43_200) for wait, age in rows if wait is None or wait > 30 * 86_400]
    curve = ecdf(CensoredData(uncensored=waits, right=still)).sf
    median = next(int(t) for t, s in zip(curve.quantiles, curve.probabilities, strict=True) if s <= 0.5)
    cell = whole["metrics"]["response_minutes_median"]
    assert cell["value"] == median
    assert cell["n"] == len(rows)
    assert cell["interval"][0] <= median <= cell["interval"][1]


def test_the_score_is_judged_pair_by_pair(whole: Any, database: duckdb.DuckDBPyConnection) -> None:
    pairs = f"{COUNTED}, old AS (SELECT score, won FROM judged WHERE ripe AND score IS NOT NULL) "
    (expected,) = database.execute(
        f"{pairs} SELECT avg(CASE WHEN a.score > b.score THEN 1 WHEN a.score = b.score THEN 0.5 ELSE 0 END) "
        "FROM old a, old b WHERE a.won AND NOT b.won"
    ).fetchall()
    assert whole["metrics"]["score_auc"]["value"] == pytest.approx(expected[0], rel=1e-12)
    bands = whole["handoff"]["score"]["bands"]
    assert len(bands) == 10
    for band in bands:
        (found,) = database.execute(
            f"{pairs} SELECT count(*) FILTER (won), count(*) FROM old WHERE score BETWEEN ? AND ?",
            [band["least"], band["most"]],
        ).fetchall()
        assert (band["numerator"], band["n"]) == found


def test_reasons_of_rejection_add_up_and_the_undecided_are_counted(
    whole: Any, database: duckdb.DuckDBPyConnection
) -> None:
    found = database.execute(
        f"{COUNTED} SELECT coalesce(nullif(rejected_reason, ''), '(no reason)'), count(*) FROM judged WHERE rejected GROUP BY 1"
    ).fetchall()
    handoff = whole["handoff"]
    assert {r["reason"]: r["numerator"] for r in handoff["rejection_reasons"]} == dict(found)
    assert handoff["rejected"] == sum(n for _, n in found) == handoff["rejection_reasons"][0]["n"]
    assert handoff["handed_over"] == handoff["accepted"] + handoff["rejected"] + handoff["undecided"]
    shown = [r["numerator"] for r in handoff["rejection_reasons"][:-1]]
    assert shown == sorted(shown, reverse=True)


def test_groups_add_up_to_the_whole(company: tuple[Path, Path]) -> None:
    found = report(
        "--no-config", *company, "--by", "channel", "--period", "2026-01..2026-03", "--compare", "prev"
    )
    rows = [row["metrics"] for row in found["breakdown"]["rows"]]
    for name in ("response_within_1h", "sla_attainment", "mql_precision", "feedback_coverage"):
        for part in ("numerator", "n"):
            assert sum(row[name].get(part, 0) for row in rows) == found["metrics"][name][part]
    assert sum(row["score_auc"].get("n", 0) for row in rows) == found["metrics"]["score_auc"]["n"]


def test_kept_tables_tell_the_same(company: tuple[Path, Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "funnelkit", "load", *map(str, company), "-o", str(tmp_path / "kept")]
    subprocess.run(command, check=True, capture_output=True)
    fresh, kept = (report("--no-config", *paths) for paths in (company, [tmp_path / "kept"]))
    assert kept["metrics"] == fresh["metrics"]
    assert kept["handoff"] == fresh["handoff"]


# The block


def test_all_formats_have_the_block(company: tuple[Path, Path], whole: Any) -> None:
    for format, title in (
        ("terminal", "\nHandoff  from marketing to sales; SLA 24 h"),
        ("md", "\n## Handoff\n"),
    ):
        text = report("--no-config", *company, format=format)
        assert title in text
        for words in (
            "Response time, median",
            "Answered within the SLA",
            "No budget",
            "Score quality",
            "undecided",
        ):
            assert words in text.partition("Handoff")[2]
    rows = list(csv.DictReader(io.StringIO(report("--no-config", *company, format="csv"))))
    shares = {row["metric"]: row for row in rows if row["scope"] == "handoff"}
    (first, *_) = whole["handoff"]["rejection_reasons"]
    assert float(shares[f"rejection_share[{first['reason']}]"]["value"]) == first["value"]
    assert sum(name.startswith("score_rate[") for name in shares) == 10
    assert {row["metric"] for row in rows if row["scope"] == "total"} >= {"sla_attainment", "handoff_kappa"}


def test_without_its_columns_the_report_is_as_it_was(tmp_path: Path) -> None:
    rows = [["A", "2026-03-01", "MQL"], ["B", "2026-03-02", "Rejected"]]
    leads = write(tmp_path / "l.csv", ["lead_id", "created_at", "status"], rows)
    found = report("--no-config", f"leads={leads}")
    assert "handoff" not in found
    new = {"sla_attainment", "score_auc", "mql_precision", "handoff_kappa", "match_rate", "sal_rate"}
    assert not new & found["metrics"].keys()


# The rule


RULES = """
qualification:
  - {version: "2025", mql: {score: {at_least: 40}}}
  - {version: "2026", since: "2026-01-01", mql: [{score: {at_least: 50.5}, country: [de, AT]}, {source: demo}]}
"""


def ruled(tmp_path: Path, rows: list[list[Any]], header: str, *arguments: str) -> Any:
    leads = write(tmp_path / "l.csv", header.split(","), rows)
    config = tmp_path / "funnelkit.yaml"
    config.write_text(RULES, "utf-8")
    return report("--config", config, f"leads={leads}", *arguments)


QUALIFIED: list[list[Any]] = [
    ["A", "2025-12-30", 40, "US", "web"],
    ["B", "2025-12-31", 39.9, "DE", "demo"],
    ["C", "2026-01-01", 50.5, "DE", "web"],
    ["D", "2026-01-01", 50.4, "AT", "web"],
    ["E", "2026-01-02", 99, "US", "web"],
    ["F", "2026-01-03", "", "", "Demo"],
    ["G", "2026-01-03", 60, "", "web"],
]


@ENGINES
def test_the_rule_of_its_day_says_who_is_qualified(tmp_path: Path, engine: str) -> None:
    found = ruled(tmp_path, QUALIFIED, "lead_id,created_at,score,country,source", "--engine", engine)

    assert found["metrics"]["mqls"]["value"] == 3
    qualification = found["handoff"]["qualification"]
    assert qualification["applied"]
    assert [
        (v["version"], v["since"], v["leads"], v["metrics"]["mql_rate"]["numerator"])
        for v in qualification["versions"]
    ] == [
        ("2025", None, 2, 1),
        ("2026", "2026-01-01", 5, 2),
    ]
    assert qualification["versions"][1]["rule"] == "score at least 50.5, country de or AT; or source demo"
    assert "several_rules" in {warning["code"] for warning in found["warnings"]}


def test_a_period_of_one_version_mixes_nothing(tmp_path: Path) -> None:
    found = ruled(tmp_path, QUALIFIED, "lead_id,created_at,score,country,source", "--period", "2026-01")
    assert [v["version"] for v in found["handoff"]["qualification"]["versions"]] == ["2026"]
    assert found["metrics"]["mql_rate"]["numerator"] == 2
    assert "several_rules" not in {warning["code"] for warning in found["warnings"]}


def test_what_the_file_says_goes_before_the_rule(tmp_path: Path) -> None:
    rows = [[*row, "2026-01-05" if row[0] == "E" else ""] for row in QUALIFIED]
    found = ruled(tmp_path, rows, "lead_id,created_at,score,country,source,mql_at")
    assert found["metrics"]["mqls"]["value"] == 1
    assert not found["handoff"]["qualification"]["applied"]


def test_a_rule_about_a_column_that_no_file_has_is_not_applied_in_silence(tmp_path: Path) -> None:
    found = ruled(tmp_path, [row[:3] for row in QUALIFIED], "lead_id,created_at,score")
    (note,) = [w["message"] for w in found["warnings"] if w["code"] == "rule_not_applied"]
    assert "country or source" in note
    assert found["metrics"].get("mqls", {"value": None})["value"] is None


@pytest.mark.parametrize(
    ("sla", "text"),
    [
        (Sla(), "24 h"),
        (Sla(minutes=90), "90 min"),
        (Sla(minutes=2880, in_days=True), "2 days"),
        (Sla(minutes=2880), "48 h"),
    ],
)
def test_an_agreement_reads_as_it_was_written(sla: Sla, text: str) -> None:
    assert str(sla) == text
