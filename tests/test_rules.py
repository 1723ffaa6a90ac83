"""The options of the rules: what each changes, on rows that can be counted by eye, on every engine."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

import funnelkit
from funnelkit.reports import Report
from tests.company import write
from tests.small import OLIST

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])


def report(files: list[Path], engine: str = "pandas", **options: Any) -> Report:
    return funnelkit.report(files, engine=engine, **{"no_config": True, **options})


def written(folder: Path, **texts: str) -> list[Path]:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [folder / f"{name}.csv" for name in texts]


def value(found: Report, metric: str) -> Any:
    return found.metrics[metric].value


def noted(found: Report, code: str) -> str:
    return " ".join(note.message for note in found.warnings if note.code == code)


def by_group(found: Report, metric: str) -> dict[str, Any]:
    assert found.breakdown
    return {row.key[0]: row.cells[metric].value for row in found.breakdown.rows}


# Leads with the same e-mail address

LEADS = """Lead ID,Email,Created At,MQL Date,Source,Lead Status,Deal ID,Converted
L1,a@x.example,2026-01-02,,Organic Search,new,,
L2,A@X.example,2026-03-02,2026-03-04,Paid Search,mql,,
L3,b@x.example,2026-01-05,,Referral,new,D9,true
L4,b@x.example,2026-01-04,,Email,new,,
L5,,2026-01-04,,Email,new,,
L6,,2026-01-04,,Email,new,,
"""
DEALS = """Deal ID,Lead ID,Amount,Status,Created,Close Date
D1,L2,100,won,2026-03-05,2026-03-15
D9,,50,won,2026-02-05,2026-02-08
"""


@ENGINES
def test_leads_with_an_address_are_one_created_when_the_first_was(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, leads=LEADS, deals=DEALS)
    plain = report(files, engine)
    found = report(files, engine, dedupe_emails=True, by=["channel"])

    assert (value(plain, "leads"), value(found, "leads")) == (6, 4)
    # Of L1 and L2 that of January is kept, of L3 and L4 the one of the 4th; without an address all are.
    groups = {"organic_search": 1, "email": 3}
    assert {name: n for name, n in by_group(found, "leads").items() if n} == groups
    # What is won through the others is theirs: 72 days for L1, 35 for L4.
    assert {name: n for name, n in by_group(found, "customers_new").items() if n} == {
        "organic_search": 1,
        "email": 1,
    }
    assert value(found, "lead_to_won_days") == pytest.approx((72 + 35) / 2)
    assert found.unmatched == {"deals": 0, "won deals": 0}


@ENGINES
def test_a_person_came_as_far_as_any_of_the_leads(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, leads=LEADS)
    found = report(files, engine, dedupe_emails=True, metrics=["mqls", "leads", "customers_new"])

    # L1 became an MQL as L2, and L4 was converted as L3.
    assert (value(found, "mqls"), value(found, "customers_new")) == (2, 1)
    march = report(files, engine, dedupe_emails=True, period="2026-03", metrics=["mqls", "leads"])
    assert (value(march, "mqls"), value(march, "leads")) == (1, 0)


@ENGINES
def test_the_leads_that_are_not_counted_are_set_aside_with_their_lines(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, leads=LEADS, deals=DEALS)
    found = report(files, engine, dedupe_emails=True)

    (leads, _) = found.sources
    assert (leads.rows, leads.used) == (6, 4)
    assert [(a.reason, a.count, a.lines) for a in leads.set_aside] == [("same_email", 2, (3, 4))]
    assert noted(found, "same_email").startswith("Leads with the e-mail address of an earlier one: 2.")


def test_without_addresses_nothing_is_the_same_and_that_is_told(tmp_path: Path) -> None:
    files = written(tmp_path, leads="Lead ID,Created At,Source\nL1,2026-01-02,x\nL2,2026-01-02,x\n")
    found = report(files, dedupe_emails=True)

    assert value(found, "leads") == 2
    assert noted(found, "no_emails_of_leads")


@ENGINES
def test_the_order_of_files_does_not_decide_who_is_kept(tmp_path: Path, engine: str) -> None:
    one, two = (LEADS.splitlines()[:1] + LEADS.splitlines()[i:j] for i, j in ((1, 4), (4, 7)))
    files = written(tmp_path, one="\n".join([*one, ""]), two="\n".join([*two, ""]))

    found = [report(each, engine, dedupe_emails=True, by=["channel"]) for each in (files, files[::-1])]

    assert by_group(found[0], "leads") == by_group(found[1], "leads")
    assert [sum(a.count for s in f.sources for a in s.set_aside) for f in found] == [2, 2]


@ENGINES
def test_a_large_file_is_counted_as_sql_counts_it(tmp_path: Path, engine: str) -> None:
    made = write(tmp_path, 600, 5)
    leads = tmp_path / "shared.csv"
    with made.leads.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for n, row in enumerate(rows):
        row["email"] = f"U{n % 400}@x.example" if n % 2 else f"u{n % 400}@x.example "
    with leads.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    found = report([leads], engine, dedupe_emails=True, grain="month", metrics=["leads"])
    sql = f"""SELECT strftime(first, '%Y-%m'), count(*) FROM (SELECT min(created_at::DATE) AS first
              FROM read_csv('{leads}', all_varchar=true) GROUP BY lower(trim(email))) WHERE first IS NOT NULL GROUP BY 1"""

    assert found.trend
    seen = {point.span.label: point.cells["leads"].value for point in found.trend.points}
    assert {label: n for label, n in seen.items() if n} == dict(duckdb.execute(sql).fetchall())


# Blanks and words for unknown

SOURCES = """Lead ID,Created At,Source,Country
L1,2026-01-02,Organic Search,DE
L2,2026-01-02,unknown,Unbekannt
L3,2026-01-03,,
L4,2026-01-04,(not set),(not set)
L5,2026-01-04,Unknown ,DE
"""


@ENGINES
def test_blanks_and_words_for_unknown_are_one_group_where_asked(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, leads=SOURCES)

    for dimension, known in (
        ("channel", {"organic_search": 1}),
        ("source", {"Organic Search": 1}),
        ("country", {"DE": 2}),
    ):
        found = report(files, engine, merge_unknown=True, by=[dimension])
        assert by_group(found, "leads") == {**known, "(unknown)": 5 - sum(known.values())}
        assert "(unknown)" in noted(found, "merged_unknown")
        apart = by_group(report(files, engine, by=[dimension]), "leads")
        assert apart["(blank)"] == 2
        assert "(unknown)" not in apart


@ENGINES
def test_the_merged_group_can_be_asked_for(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, leads=SOURCES)
    found = report(files, engine, merge_unknown=True, where=["channel=(unknown)"])

    assert value(found, "leads") == 4


@ENGINES
@pytest.mark.skipif(not OLIST.is_dir(), reason="the Olist data set is not beside the project")
def test_the_unknown_of_olist_merged_and_apart(engine: str) -> None:
    files = [
        OLIST / "olist_marketing_qualified_leads_dataset.csv",
        OLIST / "olist_closed_deals_dataset.csv",
    ]
    cells = {}
    for merged in (False, True):
        found = report(files, engine, merge_unknown=merged, by=["channel"], metrics=["lead_conversion_rate"])
        assert found.breakdown
        cells[merged] = {row.key[0]: row.cells["lead_conversion_rate"] for row in found.breakdown.rows}

    # Counted over the two files by hand: 14 of 60, 179 of 1,099; and 193 of 1,159 together.
    assert (cells[False]["(blank)"].numerator, cells[False]["(blank)"].n) == (14, 60)
    assert (cells[False]["unknown"].numerator, cells[False]["unknown"].n) == (179, 1099)
    assert (cells[True]["(unknown)"].numerator, cells[True]["(unknown)"].n) == (193, 1159)


# Durations below 0

LATE = """Lead ID,Created At,First response at,Source
L1,2026-03-02 09:00,2026-03-02 08:00,x
L2,2026-01-04 09:00,2026-01-04 09:30,x
"""
LATE_DEALS = """Deal ID,Lead ID,Amount,Status,Created,Close Date
D1,L1,100,won,2026-03-05,2026-03-01
D2,L2,50,won,2026-02-05,2026-02-08
"""


@ENGINES
def test_durations_below_0_are_left_out_or_count_as_0(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, leads=LATE, deals=LATE_DEALS)
    metrics = ["cycle_days", "lead_to_won_days", "response_minutes_median", "lead_conversion_rate"]
    plain = report(files, engine, metrics=metrics)
    found = report(files, engine, metrics=metrics, clamp_negative=True)

    assert [value(plain, m) for m in metrics] == [3, 35, 30, 1]
    assert [value(found, m) for m in metrics] == [1.5, 17.5, 0, 1]
    assert [plain.metrics[m].n for m in metrics] == [1, 1, 1, 2]
    assert [found.metrics[m].n for m in metrics] == [2, 2, 2, 2]
    assert noted(plain, "negative_cycles")
    assert not noted(found, "negative_cycles")
    for what in (
        "leads dated after their win 1",
        "first answer 1",
        "deals closed before they were created 1",
    ):
        assert what in noted(found, "clamped_negative")


@ENGINES
def test_open_deals_are_as_many_with_durations_of_0(tmp_path: Path, engine: str) -> None:
    files = written(
        tmp_path, deals=LATE_DEALS + "D3,L2,50,open,2026-03-06,\nD4,L2,50,lost,2026-03-01,2026-03-06\n"
    )

    for period in ("2026-02", "2026-03", None):
        plain, found = (report(files, engine, period=period, clamp_negative=c) for c in (False, True))
        assert value(plain, "deals_open") == value(found, "deals_open")


# Refunds

PAYMENTS = """Payment ID,Customer ID,Paid at,Amount,Amount Refunded,Currency
P1,A,2025-01-10,100.00,40.00,EUR
P2,A,2026-01-10,90.00,0.00,EUR
P3,B,2025-01-12,50.00,50.00,EUR
P4,C,2025-01-12,30.00,0.00,EUR
P5,C,2025-02-20,-30.00,0.00,EUR
P6,C,2026-01-12,30.00,0.00,EUR
"""


@ENGINES
def test_refunds_are_taken_off_or_not(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, payments=PAYMENTS)
    net = report(files, engine, metrics=["customers_new", "cltv_revenue", "revenue_net"])
    gross = report(files, engine, metrics=["customers_new", "cltv_revenue", "revenue_net"], gross=True)

    # A 60 + 90, C 30 - 30 + 30; B was paid back as a whole and never was a customer. Gross: A 190, B 50, C 60.
    assert (value(net, "customers_new"), value(net, "cltv_revenue")) == (2, pytest.approx(180 / 2))
    assert (value(gross, "customers_new"), value(gross, "cltv_revenue")) == (3, pytest.approx(300 / 3))
    assert value(net, "revenue_net") == value(gross, "revenue_net") == pytest.approx(180)
    assert "--gross" in noted(gross, "gross")
    assert not noted(net, "gross")


@ENGINES
def test_retention_is_of_what_was_paid_before_refunds(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, payments=PAYMENTS)
    metrics = ["nrr", "retention_rate"]
    net = report(files, engine, period="2026-01", metrics=metrics)
    gross = report(files, engine, period="2026-01", metrics=metrics, gross=True)

    # January 2025: A 60, C 30; a year later A 90, C 30. Gross: A 100, B 50, C 30 before.
    assert value(net, "nrr") == pytest.approx(120 / 90)
    assert value(gross, "nrr") == pytest.approx(120 / 180)
    assert (value(net, "retention_rate"), value(gross, "retention_rate")) == (1, pytest.approx(2 / 3))


# One rate for all

MONEY = """Deal ID,Created,Close Date,Status,Amount,Currency
D1,2026-01-05,2026-01-20,won,100.00,USD
D2,2026-02-05,2026-02-20,won,100.00,USD
D3,2026-02-05,2026-02-21,won,10.00,EUR
"""
RATES = "date,from,to,rate\n2026-01-01,USD,EUR,0.90\n2026-02-01,USD,EUR,0.80\n"


@ENGINES
@pytest.mark.parametrize(
    ("day", "january", "february", "said"),
    [
        (None, 90, 90, "the rate of each day"),
        ("2026-01-31", 90, 100, "the rate of 2026-01-31"),
        ("2026-02-15", 80, 90, "the rate of 2026-02-15"),
    ],
)
def test_money_is_converted_at_its_own_rate_or_at_one(
    tmp_path: Path, engine: str, day: str | None, january: int, february: int, said: str
) -> None:
    files = written(tmp_path, deals=MONEY)
    written(tmp_path, rates=RATES)
    config = tmp_path / "funnelkit.yaml"
    config.write_text("currency: EUR\nrates: rates.csv\n", "utf-8")

    def won(month: str, **options: Any) -> Report:
        return report(files, engine, period=month, no_config=False, config=config, **options)

    found = [won(month, constant_currency=day) for month in ("2026-01", "2026-02")]
    assert [value(one, "revenue_won") for one in found] == [january, february]
    assert said in noted(found[0], "converted")
    if day:
        config.write_text(f"currency: EUR\nrates: rates.csv\nconstant_currency: '{day}'\n", "utf-8")
        assert [value(won(month), "revenue_won") for month in ("2026-01", "2026-02")] == [january, february]


# Deals that were closed again

AGAIN = """Deal ID,Created,Close Date,Stage,Amount
D1,2026-01-05,2026-03-20,Closed Won,100
D2,2026-01-05,2026-03-20,Closed Won,10
D3,2026-01-05,2026-03-21,Closed Lost,1
D4,2026-01-05,2026-03-22,Closed Won,1000
D5,2026-01-05,,Proposal,5
"""
# D1 was won twice, D2 lost before it was won, D4 has no history, and D5 is open again.
HISTORY = """Opportunity ID,New Stage,Entered At
D1,Proposal,2026-01-06
D1,Closed Won,2026-01-20
D1,Negotiation,2026-02-10
D1,Closed Won,2026-03-20
D2,Closed Lost,2026-01-25
D2,Closed Won,2026-03-20
D3,Closed Lost,2026-02-02
D3,Closed Lost,2026-03-21
D5,Closed Won,2026-02-01
"""


@ENGINES
def test_a_deal_is_closed_when_it_first_had_the_outcome_of_now(tmp_path: Path, engine: str) -> None:
    files = written(tmp_path, deals=AGAIN, stage_history=HISTORY)

    def won(month: str, **options: Any) -> tuple[Any, Any]:
        found = report(files, engine, period=month, **options)
        return value(found, "revenue_won"), value(found, "deals_lost")

    assert [won(f"2026-0{m}") for m in (1, 2, 3)] == [(0, 0), (0, 0), (1110, 1)]
    assert [won(f"2026-0{m}", first_close=True) for m in (1, 2, 3)] == [(100, 0), (0, 1), (1010, 0)]
    found = report(files, engine, first_close=True)
    assert noted(found, "first_close").startswith("Deals that were closed again: 2.")
    assert value(found, "deals_open") == 1


def test_without_a_history_nobody_knows_the_first_close(tmp_path: Path) -> None:
    found = report(written(tmp_path, deals=AGAIN), first_close=True)

    assert noted(found, "no_first_close").startswith("--first-close changed nothing: no history")


NOTHING = "Payment ID,Customer ID,Paid at,Amount,Refunded\n1,a,2026-01-01,5,0\n2,b,2026-01-02,6,\n"
ONCE = "Opportunity ID,New Stage,Entered At\nD3,Proposal,2026-01-09\nD3,Closed Lost,2026-03-21\n"
APART = "Lead ID,Email,Created At,Source\nL1,a@x.example,2026-01-02,Email\nL2,b@x.example,2026-01-03,Email\nL3,,2026-01-03,Email\nL4,,2026-01-03,Email\n"


@ENGINES
@pytest.mark.parametrize(
    ("option", "texts", "why"),
    [
        ({"gross": True}, {"payments": NOTHING}, "there are no refunds"),
        ({"gross": True}, {"deals": AGAIN}, "there are no refunds"),
        ({"clamp_negative": True}, {"deals": AGAIN}, "nothing in these files ends before it begins"),
        ({"first_close": True}, {"deals": AGAIN, "stage_history": ONCE}, "no deal of these files was closed before"),
        ({"dedupe_emails": True}, {"leads": APART}, "no two leads in these files have the same e-mail address"),
        ({"dedupe_emails": True}, {"deals": AGAIN}, "there are no leads"),
        ({"constant_currency": "2026-01-01"}, {"deals": AGAIN}, "the money in these files is of one currency"),
    ],
)  # fmt: skip
def test_an_option_that_changes_nothing_says_so(
    tmp_path: Path, engine: str, option: dict[str, Any], texts: dict[str, str], why: str
) -> None:
    files = written(tmp_path, **texts)
    usual, found = report(files, engine), report(files, engine, **option)
    (name,) = option
    told = noted(found, "changed_nothing")
    assert told.startswith(f"--{name.replace('_', '-')} changed nothing: {why}")
    assert found.metrics == usual.metrics
    assert {n.code for n in found.warnings} - {n.code for n in usual.warnings} == {"changed_nothing"}


REFUNDED = "Payment ID,Customer ID,Paid at,Amount\n1,a,2026-01-01,5\n2,a,2026-01-02,-5\n"


@pytest.mark.parametrize("payments", [REFUNDED, NOTHING.replace("6,\n", "6,2\n")])
def test_a_refund_of_either_kind_is_one(tmp_path: Path, payments: str) -> None:
    found = report(written(tmp_path, payments=payments), gross=True)
    assert noted(found, "gross")
    assert not noted(found, "changed_nothing")
