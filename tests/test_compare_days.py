"""Periods of unequal days, or that the data end within: counts and sums are compared per day, counted by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from scipy.stats import binomtest

from funnelkit import report
from funnelkit.metrics import catalog
from funnelkit.metrics.exposure import power
from funnelkit.render import json as as_json
from funnelkit.render import md, schema, terminal
from funnelkit.reports import Change, Report

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
LAST = date(2026, 11, 14)


def days(first: str, last: str) -> Iterable[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return (start + timedelta(n) for n in range((end - start).days + 1))


def write(path: Path, head: str, rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that doubles nothing but its leads, seen in the middle of November.

    A day of October has 2 leads, one of November 3; every day has a deal won for 100, payments of 50 of which 5
    come back, and 10 of ad spend, which is exported to the 20th of November.
    """
    made = tmp_path_factory.mktemp("made")
    leads = [
        (f"l{day}{n}", day, "email" if n else "paid_search")
        for day in days("2026-08-01", "2026-11-14")
        for n in range(3 if day.month == 11 else 2)
    ]
    won: list[tuple[Any, ...]] = [
        (f"w{day}", day, day, "won", 100) for day in days("2026-08-01", "2026-11-14")
    ]
    # 40 deals were open at the end of October, 44 are in November.
    still = [(f"o{n}", date(2026, 9, 30), "", "open", 1000) for n in range(40)]
    still += [(f"n{n}", date(2026, 11, 3), "", "open", 1000) for n in range(4)]
    write(made / "leads.csv", "lead_id,created_at,channel", leads)
    write(made / "deals.csv", "deal_id,created_at,closed_at,status,amount", won + still)
    write(
        made / "ads.csv",
        "date,channel,cost",
        [(d, "paid_search", 10) for d in days("2026-08-01", "2026-11-20")],
    )
    paid = [(f"c{d}", d, 50, 5) for d in days("2026-08-01", "2026-11-14")]
    write(made / "payments.csv", "customer_id,paid_at,amount,refunded", paid)
    return made


METRICS = ["leads", "revenue_won", "revenue_net", "spend", "deals_open", "pipeline_open", "deal_size", "cpl"]


def made(folder: Path, **options: Any) -> Report:
    files = [folder / f"{name}.csv" for name in ("leads", "deals", "ads", "payments")]
    asked = {"metrics": METRICS, "period": "2026-11", "compare": "prev", "currency": "EUR", "no_config": True}
    return report(files, **(asked | options))


def changes(found: Report) -> dict[str, Change]:
    assert found.comparison is not None
    return dict(found.comparison.changes)


@ENGINES
def test_money_and_counts_of_a_running_month_are_compared_per_day(folder: Path, engine: str) -> None:
    found = changes(made(folder, engine=engine))
    # 42 leads on 14 days are 3 a day, and 62 on 31 days 2 a day, of which 14 days would have had 28.
    leads = found["leads"]
    assert (leads.previous.value, leads.absolute, leads.relative, leads.days) == (62, 14, 0.5, (14, 31))
    exact = binomtest(42, 42 + 62).proportion_ci(method="exact")
    limits = tuple(share / (1 - share) * 31 / 14 - 1 for share in (exact.low, exact.high))
    assert leads.interval == pytest.approx(limits)
    assert (limits[0] < 0, leads.verdict, leads.uncalled) == (True, "no call", "noise")
    assert leads.p == pytest.approx(binomtest(42, 104, 14 / 45).pvalue)
    # The money is the same every day, so that it has not changed at all.
    for name, before in (("revenue_won", 3100), ("revenue_net", 1395)):
        one = found[name]
        assert (one.previous.value, one.absolute, one.relative, one.days) == (before, 0, 0, (14, 31))
        assert (one.verdict, one.uncalled) == ("no call", "untested")
    # Spend is known to the 20th and counts to it.
    spend = found["spend"]
    assert (spend.previous.value, spend.absolute, spend.relative, spend.days) == (310, 0, 0, (20, 31))
    assert spend.verdict == "no call"


@ENGINES
def test_what_there_is_as_of_a_day_is_not_divided(folder: Path, engine: str) -> None:
    found = changes(made(folder, engine=engine))
    stock = found["deals_open"]
    assert (stock.previous.value, stock.absolute, stock.days) == (40, 4, None)
    assert stock.relative == pytest.approx(0.1)
    exact = binomtest(44, 84).proportion_ci(method="exact")
    assert stock.interval == pytest.approx(
        (exact.low / (1 - exact.low) - 1, exact.high / (1 - exact.high) - 1)
    )
    money = found["pipeline_open"]
    assert (money.previous.value, money.absolute, money.days) == (40_000, 4000, None)
    assert (found["deal_size"].relative, found["deal_size"].days) == (0, None)
    # 200 of spend for 42 leads, before 310 for 62: as they are.
    assert found["cpl"].relative == pytest.approx(200 / 42 / 5 - 1)
    assert found["cpl"].days is None


def test_with_a_day_named_everything_ends_on_it(folder: Path) -> None:
    found = changes(made(folder, as_of="2026-11-10"))
    assert (found["leads"].relative, found["leads"].days) == (0.5, (10, 31))
    assert (found["spend"].absolute, found["spend"].days) == (0, (10, 31))


def test_whole_months_are_shown_by_their_totals_and_called_per_day(folder: Path) -> None:
    """62 leads and 3,100 won in October, 60 and 3,000 in September: two leads a day in both, 100 a day."""
    made_of = made(folder, period="2026-10", compare="prev")
    found = changes(made_of)
    leads = found["leads"]
    assert (leads.absolute, leads.days, leads.verdict, leads.uncalled) == (2, None, "no call", "noise")
    assert leads.relative == pytest.approx(62 / 60 - 1)
    exact = binomtest(62, 122).proportion_ci(method="exact")
    assert leads.interval == pytest.approx([share / (1 - share) - 1 for share in (exact.low, exact.high)])
    assert leads.p == pytest.approx(binomtest(62, 122, 31 / 61).pvalue)
    won = found["revenue_won"]
    assert (won.absolute, won.days) == (100, None)
    note = {one.code: one.message for one in made_of.warnings}["unequal_periods"]
    assert note == "The periods have 31 and 30 days: counts and sums are called better or worse per day."
    assert "‡" not in md.render(made_of).decode()


def test_a_rise_that_is_a_fall_per_day_is_shown_per_day(tmp_path: Path) -> None:
    """3,000 leads on the 28 days of February and 3,050 on the 31 of March: fewer a day by 8.2 %."""
    rows = [
        (f"{month}{n}", f"2026-0{month}-{1 + n % last:02}")
        for month, last, k in ((2, 28, 3000), (3, 31, 3050))
        for n in range(k)
    ]
    write(tmp_path / "leads.csv", "lead_id,created_at", [*rows, ("x", "2026-04-02")])
    found = report(
        [tmp_path / "leads.csv"], metrics=["leads"], period="2026-03", compare="prev", no_config=True
    )
    change = changes(found)["leads"]
    assert (change.days, change.verdict) == ((31, 28), "worse")
    assert change.relative == pytest.approx(3050 / 31 / (3000 / 28) - 1)


def test_periods_of_equal_days_are_compared_as_they_are(folder: Path) -> None:
    made_of = made(folder, period="2026-10", compare="2026-08")
    found = changes(made_of)
    assert (found["leads"].absolute, found["leads"].relative, found["leads"].days) == (0, 0, None)
    assert not any("per day" in note.message for note in made_of.warnings)
    assert "‡" not in md.render(made_of).decode()
    document = as_json.document(made_of)
    assert all("per_day" not in metric["change"] for metric in document["metrics"].values())


def test_each_of_several_comparisons_has_days_of_its_own(folder: Path) -> None:
    found = made(folder, compare="prev,2026-09,2026-11-01..2026-11-07")
    assert found.comparison is not None
    seen = [one.changes["leads"] for one in (found.comparison, *found.besides)]
    assert [one.days for one in seen] == [(14, 31), (14, 30), (14, 7)]
    assert [one.relative for one in seen] == [0.5, 0.5, 0]
    note = {one.code: one.message for one in found.warnings}["unequal_periods"]
    assert note == (
        "The periods have 14, 31, 30 and 7 days: counts and sums are compared per day, in size and call."
    )
    said = "14 days against 31 or 20 days against 31 of 2026-10; 14 days against 30 or 20 days against 30 of 2026-09; "
    assert said in md.render(found).decode()


def test_groups_are_compared_per_day_too(folder: Path) -> None:
    found = made(folder, metrics=["leads", "spend"], by="channel", grain="week")
    assert found.breakdown is not None
    rows = {row.key: row.changes["leads"] for row in found.breakdown.rows}
    # One a day by each channel before; in November e-mail has two.
    assert (rows["paid_search",].absolute, rows["paid_search",].days) == (0, (14, 31))
    assert (rows["email",].absolute, rows["email",].relative) == (14, 1)


def test_all_formats_say_that_it_is_per_day(folder: Path) -> None:
    found = made(folder)
    text = md.render(found).decode()
    assert "| Revenue won | **EUR 1,400** |  |  | · 0 %‡ not tested | EUR 3,100 |" in text
    assert "| Leads | **42** | · +50.0 %‡ no call | 62 |" in text
    assert "| Pipeline open | **EUR 44,000** |  |  | · +10.0 % not tested | EUR 40,000 |" in text
    said = "‡ size and call are those of the number per day: 14 days against 31 or 20 days against 31"
    assert said in text
    assert said in terminal.render(found).decode()
    document = as_json.document(found)
    jsonschema.validate(json.loads(as_json.render(found)), schema.read())
    change = document["metrics"]["revenue_won"]["change"]
    assert change["per_day"] == {"days": 14, "previous_days": 31}
    assert (change["previous"]["value"], change["absolute"], change["relative"]) == (3100, 0, 0)
    assert "per_day" not in document["metrics"]["pipeline_open"]["change"]


def test_an_alert_on_money_waits_for_no_end_of_the_month(folder: Path) -> None:
    """Spend so far is less than in all of the month before, and no fall."""
    from funnelkit import check

    config = folder / "funnelkit.yaml"
    config.write_text(
        "currency: EUR\nalerts:\n"
        "  - {metric: revenue_won, period: 2026-11, falls: 20 %, against: prev}\n"
        "  - {metric: leads, period: 2026-11, rises: 40 %, against: prev}\n"
    )
    files = [folder / f"{name}.csv" for name in ("leads", "deals", "ads")]
    tables = {table.id: table for table in check(files, config=config).study.tables}
    shown = [(row[5].cell.value if row[5].cell else None, row[6].verdict) for row in tables["alerts"].rows]
    assert shown == [(0, "quiet"), (0.5, "no call")]
    assert "per day" in tables["alerts"].caption


# -- what grows with the days ----------------------------------------------------------------------

GROWS = "leads mqls customers_new deals_won deals_overdue pipeline_overdue revenue_won revenue_net spend clicks sessions"
STANDS = (
    "deals_open pipeline_open pipeline_weighted cpl cac_loaded win_rate roas velocity deal_size cycle_days_p90 cltv "
    "gross_margin payments_a_year quota_attainment pacing pipeline_coverage revenue_growth magic_number ltv_cac"
)


@pytest.mark.parametrize(("names", "expected"), [(GROWS, True), (STANDS, False)])
def test_sums_of_what_happened_grow_with_days(names: str, expected: bool) -> None:
    known = catalog.load()
    assert {name: power(known.metrics[name], known) == 1 for name in names.split()} == dict.fromkeys(
        names.split(), expected
    )


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("leads * deal_size", True),
        ("2 * revenue_won - spend", True),
        ("gross_margin * revenue_won / 1000", True),
        ("leads * leads / sessions", True),
        ("revenue_won + value_still_open", False),
        ("customers_paying", False),
        ("spend - previous(spend)", False),
        ("spend / business_days", False),
        ("pipeline_due", False),
        ("leads + 5", False),
        ("leads * leads", False),
    ],
)
def test_own_metrics_grow_by_what_they_are_made_of(formula: str, expected: bool) -> None:
    own = {"own": {"label": "Own", "formula": formula, "unit": "money", "better": "higher"}}
    known = catalog.load(metrics=own)
    assert (power(known.metrics["own"], known) == 1) is expected
