"""The way of leads: stages reached or entered themselves, optional ones, stages of a team's own, and the anchor of rates."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import duckdb
import pytest

from funnelkit import keep, report, why
from funnelkit.errors import FunnelkitError, MissingInputError
from funnelkit.render import json as as_json
from funnelkit.statistics.intervals import wilson
from tests.company import Company, write

ENGINES = ("pandas", "duckdb")
LEADS = """\
Lead ID,Email,Created,Lead Source,Stage,MQL Date,Demo Booked At,SQL Date,Customer Date
1,a@x.de,2026-01-01,email,MQL,2026-01-05,,,
2,b@x.de,2026-01-02,email,SQL,2026-01-06,2026-01-10,2026-01-12,
3,c@x.de,2026-01-03,email,SQL,,2026-01-09,2026-01-15,
4,d@x.de,2026-01-04,email,SQL,,,2026-01-20,
5,e@x.de,2026-01-05,email,Customer,2026-01-07,,2026-01-25,2026-02-10
6,f@x.de,2026-01-06,email,Lead,,,,
7,g@x.de,2026-01-07,email,Lead,,2026-01-17,,
8,h@x.de,2026-01-08,email,Lead,,,,
9,i@x.de,2026-01-09,email,Customer,,,,2026-02-20
10,j@x.de,2026-01-10,email,Demo no-show,,,,
"""
STAGES = "stages: [lead, mql, {name: demo, words: [Demo no-show], date: Demo booked at%s}, sql, customer]\n"


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text(LEADS)
    return path


def configured(folder: Path, text: str) -> Path:
    path = folder / "funnelkit.yaml"
    path.write_text(text)
    return path


def funnel(made: Any) -> dict[str, tuple[int, tuple[int, int] | None, int]]:
    """By stage how many, of the rate from the one before what is over what, and how many skipped it."""
    return {
        s.stage: (s.entered, s.rate_from_previous and (s.rate_from_previous.numerator, s.rate_from_previous.denominator), s.skipped)
        for s in made.funnel
    }  # fmt: skip


# Worked by hand from the ten leads. Reached or passed: 1, 2, 3, 4, 5, 7, 9, 10 are MQLs, of which 3, 4, 7, 9, 10 have no
# day of it; all of these but 1 had the demo or came further, 4, 5 and 9 without one; 9 is a customer without an SQL day.
REACHED = {
    "lead": (10, None, 0),
    "mql": (8, (8, 10), 5),
    "demo": (7, (7, 8), 3),
    "sql": (5, (5, 7), 1),
    "customer": (2, (2, 5), 0),
}
# With days of their own: 1, 2, 5 as MQLs; 2, 3, 7 had the demo, of which 2 was one; 2, 3, 4, 5 are SQLs, 2 and 3 after the
# demo; of these 5 is a customer.
STRICT = {
    "lead": (10, None, 0),
    "mql": (3, (3, 10), 5),
    "demo": (3, (1, 3), 3),
    "sql": (4, (2, 3), 1),
    "customer": (2, (1, 4), 0),
}
# Optional, 2, 3, 7 had the demo and 10 is in it; nobody has skipped it, and the SQLs are those of the MQLs.
OPTIONAL = {**REACHED, "demo": (4, (4, 8), 0), "sql": (5, (5, 8), 1)}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("entry", "more", "expected"),
    [("reached", "", REACHED), ("strict", "", STRICT), ("reached", ", optional: true", OPTIONAL)],
)
def test_the_funnel_is_the_one_worked_by_hand(
    leads: Path, engine: str, entry: str, more: str, expected: dict[str, Any]
) -> None:
    config = configured(leads.parent, STAGES % more)
    made = report([leads], config=config, stage_entry=entry, engine=engine)
    assert funnel(made) == expected
    rate = report([leads], config=config, stage_entry=entry, engine=engine, metrics=["stage_rate[demo->sql]"])
    cell = rate.metrics["stage_rate[demo->sql]"]
    # Of those with a demo themselves 2 and 3 became SQLs; whoever passed it counts for both.
    assert (cell.numerator, cell.denominator) == {"": (2, 3) if entry == "strict" else (5, 7)}.get(
        more, (2, 4)
    )
    # Those that the stages have without any evidence of their own: 3, 4, 7, 9, 10; 4, 5, 9; and 9.
    told = [note.message for note in made.warnings if note.code == "stage_passed"]
    passed = {
        "": "MQL 5 of 8, Demo 3 of 7, SQL 1 of 5 leads",
        ", optional: true": "MQL 5 of 8, SQL 1 of 5 leads",
    }
    assert [message.partition("of it: ")[2].partition(".")[0] for message in told] == (
        [] if entry == "strict" else [passed[more]]
    )
    assert as_json.document(made)["stage_entry"] == entry
    assert any(note.code == "stage_entry" for note in made.warnings) == (entry == "strict")


def test_spark_tells_the_same_funnel(leads: Path) -> None:
    pytest.importorskip("pyspark")
    config = configured(leads.parent, STAGES % ", optional: true")
    names = ["stage_rate[demo->sql]", "stage_rate[mql->demo]", "sql_rate"]
    asked: dict[str, Any] = {"config": config, "metrics": names, "horizon": 10}
    spark, pandas = (
        as_json.render(report([leads], engine=engine, **asked)) for engine in ("spark", "pandas")
    )
    assert spark == pandas


def test_strict_metrics_are_those_of_leads_with_a_day_of_their_own(leads: Path) -> None:
    made = report([leads], stage_entry="strict", no_config=True)
    values = {name: made.metrics[name].value for name in ("mqls", "sqls", "mql_rate", "lead_conversion_rate")}
    assert values == {"mqls": 3, "sqls": 4, "mql_rate": 0.3, "lead_conversion_rate": 0.2}
    rate = made.metrics["sql_rate"]  # 2 and 5 have both days
    assert (rate.numerator, rate.denominator) == (2, 3)


def test_without_days_the_status_itself_is_strict(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID,Created,Lead Source,Status\n" + "".join(f"{n},2026-01-0{n},web,{word}\n" for n, word in enumerate(("MQL", "MQL", "SQL", "Customer", "New"), 1)))  # fmt: skip
    reached, strict = (report([path], stage_entry=word, no_config=True) for word in ("reached", "strict"))
    assert [s.entered for s in reached.funnel] == [5, 4, 2, 1]
    assert [s.entered for s in strict.funnel] == [5, 2, 1, 1]
    # Where no file has a day of a stage, nobody can be known to have skipped it.
    assert not any(s.skipped for s in reached.funnel)


def test_an_optional_stage_without_days_is_told_to_be_of_the_present(leads: Path) -> None:
    config = configured(
        leads.parent, "stages: [lead, {name: demo, words: [Demo no-show], optional: true}, customer]"
    )
    made = report([leads], config=config)
    assert [note.code for note in made.warnings if note.code.startswith("stage_")] == ["stage_undated"]
    assert [(s.stage, s.entered) for s in made.funnel] == [("lead", 10), ("demo", 1), ("customer", 2)]


def test_a_stage_that_nobody_is_in_is_told(leads: Path) -> None:
    config = configured(leads.parent, "stages: [lead, {name: pilot, words: [On trial]}, customer]")
    made = report([leads], config=config)
    (note,) = (note for note in made.warnings if note.code == "stage_not_seen")
    assert "No lead is in the stage Pilot: none has 'On trial'" in note.message
    assert [s.stage for s in made.funnel] == ["lead", "customer"]


@pytest.mark.parametrize(
    ("stage", "status", "reached"),
    [("MQL", "Demo", 1), ("SQL", "Demo", 1), ("Demo", "New", 1), ("Demo", "SQL", 1), ("MQL", "New", 0), ("", "Demo", 1)],
)  # fmt: skip
def test_the_later_of_stage_and_status_counts(tmp_path: Path, stage: str, status: str, reached: int) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(
        f"Lead ID,Created,Lead Source,Lifecycle Stage,Lead Status\n1,2026-01-01,web,{stage},{status}\n2,2026-01-02,web,Demo,New\n"
    )
    config = configured(tmp_path, "stages: [lead, mql, {name: demo, words: [Demo]}, sql]")
    found = funnel(report([path], config=config))
    assert found["demo"][0] == reached + 1
    assert (
        found["sql"][0] == int("SQL" in (stage, status)) if "sql" in found else "SQL" not in (stage, status)
    )


def test_words_of_a_stage_of_ones_own_are_known_in_any_capitals_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = (
        f"{i},2026-01-01,web,{word}\n"
        for i, word in enumerate(("Demo booked", "DEMO  BOOKED", " demo booked ", "New"))
    )
    path.write_text("Lead ID,Created,Lead Source,Lead Status\n" + "".join(rows))
    config = configured(tmp_path, "stages: [lead, {name: demo, words: [Demo Booked]}]")
    assert {s.stage: s.entered for s in report([path], config=config).funnel} == {"lead": 4, "demo": 3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[lead, mqll]", "there is no stage 'mqll'"),
        ("[lead, {name: demo}]", "there is no stage 'demo'"),
        ("[lead, {name: demo, label: Demo}]", "nothing says how a file tells demo"),
        ("[{name: sal, words: [x]}]", "sal is a stage that funnelkit knows"),
        ("[{name: Demo call, words: [x]}]", "not of small letters"),
        ("[{name: rejected, words: [x]}]", "a status says that is no stage"),
        ("[{name: customer, optional: true}]", "customer cannot be optional"),
        ("[sql, {name: demo, words: [x]}, mql]", "not in their order"),
        ("[customer, {name: demo, words: [x]}]", "customer is not the last"),
        ("[{name: demo, words: [x]}, lead]", "lead is not the first"),
        ("[{name: demo, words: [x]}, {name: call, words: [X]}]", "to 'demo' and to 'call'"),
        (
            "[{name: demo, date: Demo}]",
            "no file of leads has the column 'Demo', by which the stage demo is told",
        ),
    ],
)
def test_stages_that_cannot_be_meant_are_refused(leads: Path, text: str, says: str) -> None:
    with pytest.raises(FunnelkitError, match=r"funnelkit.yaml:1: ") as refused:
        report([leads], config=configured(leads.parent, f"stages: {text}"))
    assert says in str(refused.value)
    assert refused.value.hint


def test_a_stage_of_ones_own_comes_right_before_the_next_one_listed(tmp_path: Path) -> None:
    # An accepted lead need not have had the demo, since that comes before the SQL and not before the SAL.
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID,Created,Lead Source,SAL Date,Demo\n1,2026-01-01,web,2026-01-02,\n2,2026-01-01,web,,2026-01-03\n")  # fmt: skip
    config = configured(tmp_path, "stages: [lead, {name: demo, date: Demo}, sql]")
    made = report([path], config=config)
    assert {s.stage: s.entered for s in made.funnel} == {"lead": 2, "demo": 1}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return write(tmp_path_factory.mktemp("company"), 1_200, seed=5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stage_of_ones_own_counts_as_one_that_is_known(
    company: Company, tmp_path: Path, engine: str
) -> None:
    path = tmp_path / "leads.csv"
    header, rest = company.leads.read_text("utf-8").split("\n", 1)
    assert header.count("sal_at") == 1
    path.write_text("\n".join([header.replace("sal_at", "Day of demo"), rest]), "utf-8")
    text = "stages: [lead, mql, {name: demo, label: SAL, date: Day of demo}, sql, opportunity, customer]"
    config = configured(tmp_path, text)
    asked: dict[str, Any] = {"by": ["channel"], "grain": "month", "compare": "prev", "period": "2025-H1", "engine": engine}  # fmt: skip
    asked["period"] = "2025-01-01..2025-06-30"
    for more in ({}, {"stage_entry": "strict"}, {"anchor": "event"}):
        names = ["mqls", "sqls", "mql_rate", "sql_rate", "opportunity_rate"]
        known, own = (
            ("stage_rate[mql->sal]", "stage_rate[sal->sql]"),
            ("stage_rate[mql->demo]", "stage_rate[demo->sql]"),
        )
        mine = report([path, company.deals], metrics=[*names, *own], config=config, **asked, **more)
        theirs = report(
            [company.leads, company.deals], metrics=[*names, *known], no_config=True, **asked, **more
        )
        assert list(mine.metrics.values()) == list(theirs.metrics.values())
        assert [list(row.cells.values()) for row in mine.breakdown.rows] == [list(row.cells.values()) for row in theirs.breakdown.rows]  # type: ignore[union-attr]  # fmt: skip
        assert [(s.label, s.entered, s.skipped, s.rate_from_previous) for s in mine.funnel] == [(s.label, s.entered, s.skipped, s.rate_from_previous) for s in theirs.funnel]  # fmt: skip


SQL = """
WITH lead AS (SELECT DISTINCT lead_id, created_at[:10]::DATE AS created, mql_at::DATE AS m, sal_at::DATE AS a, sql_at::DATE AS s
              FROM read_csv('{leads}', all_varchar = true)),
deal AS (SELECT lead_id, min(created_at::DATE) AS d FROM (
    SELECT coalesce(l.lead_id, e.lead_id) AS lead_id, x.created_at FROM read_csv('{deals}', all_varchar = true) x
    LEFT JOIN (SELECT DISTINCT lead_id FROM read_csv('{leads}', all_varchar = true)) l USING (lead_id)
    LEFT JOIN (SELECT lower(trim(email)) AS mail, arg_min(lead_id, created_at) AS lead_id
               FROM read_csv('{leads}', all_varchar = true) WHERE email IS NOT NULL GROUP BY mail) e
    ON e.mail = lower(trim(x.email))) WHERE lead_id IS NOT NULL GROUP BY lead_id)
SELECT created, {days} FROM lead LEFT JOIN deal USING (lead_id) WHERE created BETWEEN '2024-01-01' AND '2025-12-31'
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("entry", "days"),
    [("reached", "coalesce(m, a, s, d), coalesce(s, d), d"), ("strict", "m, s, d")],
)
def test_sqls_within_the_horizon_of_their_mql_are_those_of_sql_by_hand(
    company: Company, engine: str, entry: str, days: str
) -> None:
    horizon = 45
    names = ["sql_rate", "stage_rate[mql->opportunity]"]
    made = report(
        [company.leads, company.deals], metrics=names, no_config=True, horizon=horizon, engine=engine,
        stage_entry=entry, period="2024-01-01..2025-12-31",
    )  # fmt: skip
    rows = (
        duckdb.connect().execute(SQL.format(leads=company.leads, deals=company.deals, days=days)).fetchall()
    )
    assert made.as_of is not None
    for name, place in zip(names, (2, 3), strict=True):
        pairs = [
            ((made.as_of - r[1]).days, (r[place] - r[1]).days if r[place] else None) for r in rows if r[1]
        ]
        lags = [(age, None if lag is None else max(lag, 0)) for age, lag in pairs]
        old = [lag for age, lag in lags if age >= horizon]
        cell = made.metrics[name]
        assert cell.mature is not None
        assert (cell.mature.denominator, cell.mature.numerator) == (len(old), sum(lag is not None and lag <= horizon for lag in old))  # fmt: skip
        within = sum(lag is not None and lag <= horizon for _, lag in lags)
        shares = [_share(lags, day) for day in range(horizon + 1)]
        ripe = math.fsum(shares[min(age, horizon)] for age, _ in lags) / shares[horizon]
        assert cell.projected is not None
        assert cell.projected.value == pytest.approx(within / ripe, rel=1e-9)
        assert cell.projected.interval == pytest.approx(wilson(within, ripe), rel=1e-9)


def _share(lags: list[tuple[int, int | None]], day: int) -> float:
    """The share that came by *day*: the product of who stayed on each day before, over all leads, as it is defined."""
    left = 1.0
    for t in range(day + 1):
        risk = sum((age if lag is None else lag) >= t for age, lag in lags)
        left *= 1 - sum(lag == t for _, lag in lags) / risk if risk else 1
    return 1 - left


def test_from_lead_to_customer_it_is_the_conversion_of_leads(company: Company) -> None:
    names = ["lead_conversion_rate", "stage_rate[lead->customer]"]
    made = report(
        [company.leads, company.deals], metrics=names, no_config=True, by=["channel"], grain="quarter"
    )
    first, second = (made.metrics[name] for name in names)
    assert first.mature == second.mature
    assert first.mature is not None
    assert first.projected == second.projected
    assert made.breakdown is not None
    for row in made.breakdown.rows:
        assert row.cells[names[0]].projected == row.cells[names[1]].projected


def test_the_main_report_is_not_asked_for_the_horizon_of_stages(company: Company) -> None:
    made = report([company.leads, company.deals], no_config=True)
    assert made.metrics["sql_rate"].mature is None
    assert made.metrics["lead_conversion_rate"].mature is not None


def test_the_anchor_chooses_what_plain_names_show(company: Company) -> None:
    files = [company.leads, company.deals]
    asked: dict[str, Any] = {"period": "2025-Q2", "no_config": True}
    usual = report(files, **asked)
    named = report(files, metrics=["lead_conversion_rate_event", "sql_rate_event", "win_rate_event", "win_rate_created", "win_rate_close"], **asked)  # fmt: skip
    event = report(files, anchor="event", **asked)
    for name in ("lead_conversion_rate", "sql_rate", "win_rate"):
        assert event.metrics[name] == named.metrics[f"{name}_event"]
        assert event.metrics[name].value != usual.metrics[name].value
        assert event.definitions[name].label.endswith(", same period")
    cohort, close = (report(files, anchor=anchor, **asked) for anchor in ("cohort", "close"))
    assert (
        cohort.metrics["win_rate"] == named.metrics["win_rate_created"] == usual.metrics["win_rate_created"]
    )
    assert close.metrics == usual.metrics
    assert usual.metrics["win_rate"] == named.metrics["win_rate_close"]
    # Velocity is by deals that close, whatever the rates beside it are.
    assert len({made.metrics["velocity"].value for made in (usual, event, cohort, close)}) == 1
    assert [n.message.partition(":")[0] for n in event.warnings if n.code == "anchor"] == ["Anchor event"]
    assert not [n for n in usual.warnings if n.code == "anchor"]
    # Only what has a value is named, and once.
    deals = report([company.deals], anchor="event", **asked)
    (said,) = [n.message for n in deals.warnings if n.code == "anchor"]
    assert said == (
        "Anchor event: what came in the period over what began in it (not the same people or deals, and perhaps above "
        "100 %): Win rate, same period."
    )
    (said,) = [n.message for n in cohort.warnings if n.code == "anchor"]
    assert said.count("Win rate, of created") == 1
    assert said.startswith(
        "Anchor cohort: of what was created in the period, and what became of it so far: Lead to "
    )
    none = report(files, anchor="close", metrics=["leads"], **asked)
    assert [n.message for n in none.warnings if n.code == "anchor"] == [
        "Anchor close: no number of this report has it."
    ]
    told = json.loads(as_json.render(event))["metrics"]
    assert (told["win_rate"]["anchor"], told["win_rate_value"]["anchor"]) == ("event", "close")
    assert "anchor" not in told["leads"]


@pytest.mark.parametrize("anchor", ["cohort", "event", "close"])
def test_why_takes_apart_what_the_report_shows_by_an_anchor(
    company: Company, tmp_path: Path, anchor: str
) -> None:
    """Also of metrics of the user's own, which are made of plain names."""
    config = tmp_path / "funnelkit.yaml"
    config.write_text(
        "metrics:\n  own: {label: Own, formula: win_rate * deal_size, unit: money, better: higher}\n", "utf-8"
    )
    files = [company.leads, company.deals]
    asked: dict[str, Any] = {"period": "2025-Q2", "config": config}
    by_event = {"cohort": "win_rate_created", "event": "win_rate_event", "close": "win_rate_close"}[anchor]
    plain = report(files, metrics=[by_event, "deal_size"], **asked).metrics
    expected = (plain[by_event].value or 0) * (plain["deal_size"].value or 0)
    shown = report(files, metrics=["own"], anchor=anchor, **asked).metrics["own"].value
    study = why("own", files, compare="prev", anchor=anchor, by=["channel"], **asked)
    told = study.tables[0].rows[0][2].cell
    assert told
    assert told.value == pytest.approx(shown) == pytest.approx(expected)


def test_the_same_period_of_two_stages_by_hand(leads: Path) -> None:
    config = configured(leads.parent, STAGES % "" + "anchor: event\n")
    names = ["stage_rate[mql->demo]", "stage_rate[demo->customer]"]
    made = report([leads], config=config, metrics=names, period="2026-01-11..2026-01-31")
    # Demos, or what came after, from the 11th on: 4 (20 January), 5 (25), 7 (17); MQLs by the same rule: 4, 7.
    cell = made.metrics[names[0]]
    assert (cell.numerator, cell.denominator, cell.value) == (3, 2, 1.5)
    assert made.metrics[names[1]].numerator == 0


@pytest.mark.parametrize("option", ["anchor", "stage_entry"])
def test_a_word_that_is_none_is_refused(leads: Path, option: str) -> None:
    with pytest.raises(FunnelkitError, match=f"--{option.replace('_', '-')} evnt: there is no such word"):
        report([leads], no_config=True, **{option: "evnt"})


def test_kept_tables_keep_the_days_of_own_stages_and_are_stale_under_others(
    leads: Path, tmp_path: Path
) -> None:
    config = configured(tmp_path, STAGES % "")
    keep([leads], tmp_path / "kept", config=config)
    assert funnel(report([tmp_path / "kept"], config=config)) == REACHED
    with pytest.raises(MissingInputError, match="described in another way"):
        report(
            [tmp_path / "kept"],
            config=configured(tmp_path, "stages: [lead, {name: call, date: Demo booked at}]"),
        )


def test_as_of_takes_back_a_stage_that_was_entered_later(leads: Path) -> None:
    config = configured(leads.parent, STAGES % "")
    made = report([leads], config=config, as_of="2026-01-14")
    # By then 2 and 3 had the demo, 10 is still in it; 2 alone was an SQL.
    assert {name: row[0] for name, row in funnel(made).items()} == {"lead": 10, "mql": 5, "demo": 3, "sql": 1, "customer": 0}  # fmt: skip
