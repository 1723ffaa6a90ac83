"""Activities of sales: a lead is answered by what was done towards it, and followed up after it was handed over."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import funnelkit
from funnelkit.reports import Report
from tests.reading import load, rows

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
LEADS = """Lead ID,Email,Created At,MQL Date,Owner,Source
L1,a@x.example,2026-03-02 09:00,2026-03-02,Ada,google
L2,b@x.example,2026-03-02 09:00,2026-03-03,Ada,google
L3,c@x.example,2026-03-02 09:00,2026-03-02,,google
L4,d@x.example,2026-03-02 09:00,,Bob,google
L5,b@x.example,2026-03-10 10:00,2026-03-10,Bob,google
L6,f@x.example,2026-03-19 10:00,2026-03-19,,google
"""
# Of L1 the first is before it, the second from a machine and the third its own; so 45 minutes.
# Of b@x.example the first is an answer to L2 after 60 minutes, the second one to L5 after 1,440.
ACTIVITIES = """Activity ID,Lead ID,Contact Email,Activity Date,Activity Type,Direction,Assigned To,Status
1,L1,,2026-03-02 08:00,Call,Outbound,Ada,Completed
2,L1,,2026-03-02 09:05,Auto-reply,Outbound,,Completed
3,L1,,2026-03-02 09:30,Call,Inbound,Ada,Completed
4,L1,,2026-03-02 09:45,Call,Outbound,Ada,Completed
5,,B@x.example,2026-03-02 10:00,Email,Outbound,Ada,Completed
6,,b@x.example,2026-03-11 10:00,Meeting,,Bob,Completed
7,L4,,2026-03-03 09:00,Note,,Bob,Completed
8,L6,,2026-04-20 10:00,Meeting,,Bob,Planned
9,ZZ,,2026-03-20 12:00,Call,Outbound,Bob,Completed
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, text in (("leads.csv", LEADS), ("work.csv", ACTIVITIES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / "leads.csv", tmp_path / "work.csv"]


def report(files: list[Path] | list[str], engine: str = "pandas", **options: Any) -> Report:
    return funnelkit.report(files, engine=engine, no_config=True, **options)


def noted(found: Report, code: str) -> str:
    return " ".join(note.message for note in found.warnings if note.code == code)


@ENGINES
def test_the_first_answer_is_the_first_activity_of_a_person_towards_the_lead(
    files: list[Path], engine: str
) -> None:
    found = report(files, engine)
    cells = found.metrics

    # Waits of 45, 60 and 1,440 minutes, and three leads that wait: 10:00 of the 19th until 12:00 of the 20th at least.
    assert cells["response_minutes_median"].value == 1440
    assert (cells["response_within_1h"].numerator, cells["response_within_1h"].n) == (2, 6)
    assert (cells["sla_attainment"].numerator, cells["sla_attainment"].n) == (3, 5)
    assert "first activity of sales" in noted(found, "response_by_activity")


@ENGINES
def test_what_was_done_since_the_handover_counts_and_what_is_only_planned_does_not(
    files: list[Path], engine: str
) -> None:
    found = report(files, engine)

    # Handed over are all but L4. The call of L2 was before its handover, the meeting after it.
    coverage = found.metrics["followup_coverage"]
    assert (coverage.numerator, coverage.n) == (3, 5)
    attempts = found.metrics["followup_attempts"]
    assert attempts.value == pytest.approx(3 / 5)
    # One activity each for three of the five, so that the variance is 0.3; t of 4 degrees of freedom is 2.776445,
    # and there are no fewer than none.
    assert attempts.interval == pytest.approx((0, 3 / 5 + 2.776445 * (0.3 / 5) ** 0.5))
    assert found.as_of is not None
    assert found.as_of.isoformat() == "2026-03-20"
    assert noted(found, "activities_not_done").startswith(
        "Activities that are planned or were called off: 1."
    )


@ENGINES
def test_what_is_no_touch_by_sales_is_told_with_its_reason(files: list[Path], engine: str) -> None:
    found = report(files, engine)

    # Rows 2 (auto-reply), 3 (inbound call) and 7 (note); row 8 is planned, and told apart.
    told = noted(found, "activities_no_touch")
    assert told.startswith(
        "Activities that are no touch by sales: 3 (came in 1, sent by a machine 1, a note 1)."
    )


def test_nothing_is_told_where_all_activities_are_touches(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Lead ID,Created Date,Source\nA,2026-03-02,x\n", "utf-8")
    calls = "Lead ID,Call date,Activity type,Direction\nA,2026-03-03,Call,Outbound\n"
    (tmp_path / "work.csv").write_text(calls, "utf-8")

    assert not noted(report([tmp_path / "leads.csv", tmp_path / "work.csv"]), "activities_no_touch")


@ENGINES
def test_leads_that_nobody_cares_for_are_told_after_a_week(files: list[Path], engine: str) -> None:
    found = report(files, engine)

    assert found.handoff is not None
    assert found.handoff.orphans is not None
    orphans = found.handoff.orphans
    # L1, L2, L3 and L5; L6 was handed over the day before.
    assert (orphans.days, orphans.handed_over) == (7, 4)
    assert (orphans.without_activity, orphans.without_owner, orphans.without_either) == (1, 1, 1)


@ENGINES
def test_the_links_of_activities_are_told(files: list[Path], engine: str) -> None:
    found = report(files, engine)

    assert {(m.source, m.by): m.matched for m in found.matching} == {
        ("activities", "lead_id"): 5,
        ("activities", "email"): 2,
    }
    assert found.unmatched["activities"] == 1


def test_a_report_by_owner_needs_no_other_columns_than_the_totals(files: list[Path]) -> None:
    found = report(files, by=["owner"], metrics=["followup_coverage"])

    assert found.breakdown is not None
    cells = {row.key[0]: row.cells["followup_coverage"] for row in found.breakdown.rows}
    seen = {owner: (cell.numerator, cell.n) for owner, cell in cells.items() if cell.n}
    assert seen == {"Ada": (2, 2), "Bob": (1, 1), "(blank)": (0, 2)}


@ENGINES
def test_the_first_answer_of_the_leads_file_goes_before(tmp_path: Path, engine: str) -> None:
    header = "Lead ID,Created At,First response at\n"
    (tmp_path / "leads.csv").write_text(header + "A,2026-03-02 09:00,2026-03-02 09:10\n", "utf-8")
    calls = "Lead ID,Call date,Activity type\nA,2026-03-02 09:01,Call\n"
    (tmp_path / "work.csv").write_text(calls, "utf-8")

    found = report([tmp_path / "leads.csv", tmp_path / "work.csv"], engine)

    assert found.metrics["response_minutes_median"].value == 10
    assert not noted(found, "response_by_activity")


@ENGINES
def test_days_alone_answer_by_days(tmp_path: Path, engine: str) -> None:
    (tmp_path / "leads.csv").write_text(
        "Lead ID,Created Date,Source\nA,2026-03-02,x\nB,2026-03-02,x\n", "utf-8"
    )
    calls = "Lead ID,Call date,Activity type\nA,2026-03-03,Call\nA,2026-03-09,Call\nB,2026-03-01,Call\n"
    (tmp_path / "work.csv").write_text(calls, "utf-8")
    (tmp_path / "funnelkit.yaml").write_text("sla: 1 days\n", "utf-8")

    files = [tmp_path / "leads.csv", tmp_path / "work.csv"]
    found = funnelkit.report(files, engine=engine, config=tmp_path / "funnelkit.yaml")

    assert found.metrics["response_minutes_median"].reason == "no_times"
    assert (found.metrics["sla_attainment"].numerator, found.metrics["sla_attainment"].n) == (1, 2)


@ENGINES
def test_activities_of_other_people_say_nothing(tmp_path: Path, engine: str) -> None:
    (tmp_path / "leads.csv").write_text(LEADS, "utf-8")
    calls = "".join(f"X{n},2026-03-03,Call\n" for n in range(30))
    (tmp_path / "work.csv").write_text(f"Lead ID,Call date,Activity type\n{calls}", "utf-8")

    found = report(
        [tmp_path / "leads.csv", tmp_path / "work.csv"],
        engine,
        metrics=["followup_coverage", "followup_attempts"],
    )
    assert {cell.reason for cell in found.metrics.values()} == {"unlinked"}


def test_without_activities_it_is_said_what_to_load(files: list[Path]) -> None:
    found = report(files[:1], metrics=["followup_coverage"])

    assert found.metrics["followup_coverage"].reason == "no_activities"


@ENGINES
def test_activities_of_two_exports_count_once(files: list[Path], engine: str) -> None:
    again = files[1].with_name("again.csv")
    again.write_text(ACTIVITIES, encoding="utf-8")
    without_ids = [",".join(line.split(",")[1:]) for line in ACTIVITIES.splitlines()]
    named = files[1].with_name("first.csv"), files[1].with_name("second.csv")
    for path in named:
        path.write_text("\n".join([*without_ids, ""]), encoding="utf-8")

    for exports in ([files[1], again], list(named)):
        found = report([files[0], *exports], engine)
        assert found.metrics["followup_attempts"].value == pytest.approx(3 / 5)


WORDS = [
    ("Call", "call"),
    ("Ausgehender Anruf", "call"),
    ("Outbound call", "call"),
    ("Logged Call", "call"),
    ("E-Mail", "email"),
    ("Réunion", "meeting"),
    ("Demo", "meeting"),
    ("LinkedIn Message", "message"),
    ("Auto-reply", "automatic"),
    ("Automatic reply: out of office", "automatic"),
    ("Incoming call", "incoming"),
    ("E-mail recebido", "incoming"),
    ("Note", "note"),
    ("To-do", "note"),
]


@pytest.mark.parametrize(("word", "meaning"), WORDS)
def test_a_kind_is_understood(word: str, meaning: str) -> None:
    lines = [
        "Lead ID,Date,Type",
        "A,2026-03-02 09:00,Call",
        "B,2026-03-02 09:00,Call",
        f"C,2026-03-03,{word}",
    ]
    loaded = load("\n".join(lines))

    assert loaded.table == "activities"
    assert rows(loaded)[2]["kind"] == meaning


NOT = [
    # A list of tasks, of leads with a type, of events of a mailing, of changes of a stage.
    "Lead ID,Created Date,Type\nA,2026-03-02,Inbound demo request\nB,2026-03-02,Partner\nC,2026-03-02,Partner\n",
    "Email,Created Date,Type,Company\na@x.example,2026-03-02,Partner,X\nb@x.example,2026-03-02,Reseller,Y\n",
    "Lead ID,Entered At,Stage,Type\nA,2026-03-02,MQL,x\nB,2026-03-02,SQL,y\n",
]


@pytest.mark.parametrize("text", NOT)
def test_other_lists_with_a_time_and_a_lead_are_none(text: str) -> None:
    assert load(text).table in ("leads", "stage_history")


def test_words_that_nobody_knows_are_told(tmp_path: Path) -> None:
    lines = ["Lead ID,Date,Type", *(f"L{n},2026-03-03,Call" for n in (1, 2)), "L3,2026-03-04,Séance"]
    (tmp_path / "leads.csv").write_text(LEADS, "utf-8")
    (tmp_path / "work.csv").write_text("\n".join([*lines, ""]), "utf-8")

    found = report([tmp_path / "leads.csv", tmp_path / "work.csv"])

    assert "'Séance'" in noted(found, "unknown_words")
    assert "values: {kind:" in noted(found, "unknown_words")
    # L2 was handed over on the 3rd.
    assert found.metrics["followup_coverage"].numerator == 3


def generated(folder: Path) -> tuple[Path, Path]:
    """Leads that share addresses, and activities of all kinds around them."""
    rng = random.Random(7)
    begun = datetime(2026, 1, 5, 8)
    leads, work = io.StringIO(), io.StringIO()
    of_leads, of_work = csv.writer(leads), csv.writer(work)
    of_leads.writerow(["Lead ID", "Email", "Created At", "MQL Date", "Owner", "Source"])
    of_work.writerow(["Lead ID", "Email", "Activity Date", "Activity Type", "Direction"])
    for n in range(400):
        made = begun + timedelta(minutes=rng.randrange(60 * 24 * 60))
        mql = made + timedelta(days=rng.randrange(6)) if rng.random() < 0.6 else None
        mail = f"u{rng.randrange(300)}@x.example"
        of_leads.writerow(
            [
                f"L{n}",
                mail,
                f"{made:%Y-%m-%d %H:%M}",
                f"{mql:%Y-%m-%d}" if mql else "",
                rng.choice(["Ada", ""]),
                "x",
            ]
        )
        for _ in range(rng.choice([0, 0, 1, 2, 4])):
            when = made + timedelta(minutes=rng.randrange(-500, rng.choice([90, 12_000])))
            key = [f"L{n}", ""] if rng.random() < 0.5 else ["", mail]
            kind = rng.choice(["Call", "Email", "Meeting", "Auto-reply", "Note"])
            of_work.writerow([*key, f"{when:%Y-%m-%d %H:%M}", kind, rng.choice(["Inbound", "Outbound", ""])])
    paths = folder / "leads.csv", folder / "work.csv"
    for path, text in zip(paths, (leads, work), strict=True):
        path.write_text(text.getvalue(), encoding="utf-8")
    return paths


SQL = """
WITH l AS (SELECT "Lead ID" AS id, Email AS mail, "Created At"::TIMESTAMP AS made, "MQL Date"::DATE AS mql, Owner AS owner
           FROM read_csv('{leads}', all_varchar=true)),
w AS (SELECT "Lead ID" AS id, Email AS mail, "Activity Date"::TIMESTAMP AS at FROM read_csv('{work}', all_varchar=true)
      WHERE "Activity Type" NOT IN ('Auto-reply', 'Note') AND coalesce(Direction, '') <> 'Inbound'),
p AS (SELECT l.id, w.at FROM l JOIN w ON w.id = l.id OR (w.id IS NULL AND w.mail = l.mail) WHERE w.at >= l.made),
t AS (SELECT l.id, l.made, l.owner, l.mql, min(p.at) AS first,
             count(p.at) FILTER (WHERE p.at::DATE >= coalesce(l.mql, l.made::DATE)) AS touches
      FROM l LEFT JOIN p USING (id) GROUP BY ALL)
SELECT count(*) FILTER (WHERE date_diff('minute', made, first) <= 60), count(*) FILTER (WHERE mql IS NOT NULL),
       count(*) FILTER (WHERE mql IS NOT NULL AND touches > 0), sum(touches) FILTER (WHERE mql IS NOT NULL),
       count(*) FILTER (WHERE mql <= DATE '{as_of}' - 7),
       count(*) FILTER (WHERE mql <= DATE '{as_of}' - 7 AND touches = 0),
       count(*) FILTER (WHERE mql <= DATE '{as_of}' - 7 AND touches = 0 AND owner IS NULL) FROM t
"""


@ENGINES
def test_many_activities_are_counted_as_sql_counts_them(tmp_path: Path, engine: str) -> None:
    leads, work = generated(tmp_path)
    found = report([leads, work], engine)
    expected = duckdb.execute(SQL.format(leads=leads, work=work, as_of=found.as_of)).fetchall()[0]

    assert found.handoff is not None
    assert found.handoff.orphans is not None
    cells, orphans = found.metrics, found.handoff.orphans
    assert cells["followup_attempts"].numerator is not None
    seen = (
        cells["response_within_1h"].numerator,
        cells["followup_coverage"].n,
        cells["followup_coverage"].numerator,
        cells["followup_attempts"].numerator,
        orphans.handed_over,
        orphans.without_activity,
        orphans.without_either,
    )
    assert seen == expected
    assert all(seen)
