"""Costs beside ad spend and quotas: told apart from other lists of money, spread over days, and reckoned by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from funnelkit.errors import MissingInputError, SourceError
from funnelkit.pipeline import inspecting, reporting
from funnelkit.pipeline.options import Options
from funnelkit.reports import Report

COSTS = "Month,Type,Amount,Currency\n2026-07,Salaries,12000,EUR\n2026-07,Tools,3000.50,EUR\n2026-08,Salaries,12000,EUR\n2026-09,Agency,4000,EUR\n"
QUOTAS = "Rep,Quarter,Quota\nAda,2026-Q3,250000\nBob,2026-Q3,100000\n"
ADS = "Date,Channel,Cost\n2026-04-01,paid_search,1000\n2026-07-01,paid_search,2000\n2026-09-03,paid_search,4000\n"
DEALS = """\
Deal ID,Owner,Stage,Amount,Create Date,Close Date,Expected Close Date
1,Ada,Closed Won,100000,2026-06-01,2026-07-15,
2,Ada,Closed Won,50000,2026-07-01,2026-08-10,
3,Bob,Closed Won,20000,2026-07-05,2026-09-01,
4,Cy,Closed Won,7000,2026-07-05,2026-08-20,
5,Ada,Closed Lost,9000,2026-07-05,2026-08-21,
6,Ada,Proposal,80000,2026-08-01,,2026-09-25
7,Bob,Proposal,40000,2026-08-15,,2026-09-28
8,Bob,Proposal,33000,2026-08-20,,2026-11-01
9,Ada,Closed Won,60000,2026-02-01,2026-05-10,
10,Ada,Closed Won,60000,2026-01-02,2026-04-10,
"""
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])


def written(folder: Path, **files: str) -> list[str]:
    """Paths of CSV files with these contents; a name such as quotas__x is given as quotas=x.csv."""
    named = []
    for name, text in files.items():
        kind, _, stem = name.rpartition("__")
        path = folder / f"{stem}.csv"
        path.write_text(text, "utf-8")
        named.append(f"{kind}={path}" if kind else str(path))
    return named


def report(folder: Path, files: Mapping[str, str] | None = None, **options: Any) -> Report:
    files = files or {"deals": DEALS, "ads": ADS, "costs": COSTS, "plan": QUOTAS}
    settings = {"as_of": "2026-09-10", "no_config": True, **options}
    return reporting.report(written(folder, **files), Options(**settings))


def values(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {name: cell.value if cell.value is not None else cell.reason for name, cell in cells.items()}


# The table that each file is taken for, the error for those that nobody can tell, by its file name and content.
KINDS = [
    ("a", COSTS, "costs"),
    ("costs", "Date,Cost,Cost type\n2026-07-01,100,x\n2026-07-02,50,y\n", "costs"),
    ("b", "Monat,Kostenart,Betrag\n2026-07,Gehälter,100\n2026-08,Miete,50\n", "costs"),
    ("salaries", "Month,Cost\n2026-07,100\n2026-08,50\n", "costs"),
    ("c", "Date,Cost,Type\n2026-07-01,100,agency\n2026-07-02,50,salary\n", "ambiguous_kind"),
    ("d", "Date,Campaign,Cost,Type\n2026-07-01,A,100,agency\n2026-07-02,B,50,tool\n", "spend"),
    ("e", ADS, "spend"),
    ("f", "Date,Amount,Type\n2026-07-01,10,visa\n2026-07-02,20,cash\n", "unrecognised"),
    ("g", "Date,Amount,Type,Customer ID\n2026-07-01,10,software,c1\n2026-07-02,20,tool,c2\n", "payments"),
    ("h", QUOTAS, "quotas"),
    ("i", "Sales rep,Period,Sales target\nAda,Q3 2026,1000.50\nBob,Q3 2026,900.10\n", "quotas"),
    ("j", "Month,Target\n2026-07,100\n2026-08,50\n", "unrecognised"),
    ("k", "Owner,Month,Amount\nAda,2026-07,100\n", "unrecognised"),
    ("quotas__k", "Owner,Month,Amount\nAda,2026-07,100\n", "quotas"),
    ("costs__k", "Day,Cost\n2026-07-01,100\n", "costs"),
    ("l", "Opportunity ID,Stage,Close Date,Amount,Quota\n1,Closed Won,2026-07-01,10,100\n", "deals"),
]


@pytest.mark.parametrize(("name", "text", "expected"), KINDS, ids=[f"{n}-{k}" for n, _, k in KINDS])
def test_costs_and_quotas_are_taken_for_nothing_else_and_nothing_else_for_them(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    (found,) = inspecting.inspect(written(tmp_path, **{name: text}), Options(no_config=True)).files
    assert (found.error.code if found.error else found.table) == expected


@ENGINES
def test_quotas_are_met_by_those_who_have_them(tmp_path: Path, engine: str) -> None:
    metrics = ("quota_attainment", "pacing", "pipeline_coverage", "pipeline_open", "revenue_won")
    found = report(tmp_path, period="2026-Q3", by=["owner"], metrics=metrics, engine=engine)
    assert found.breakdown
    # Q3 has 23 + 21 + 22 Mondays to Fridays, of which 23 + 21 + 8 are over by 10 September.
    by_owner = {row.key[0]: values(row.cells) for row in found.breakdown.rows}
    ada, bob, cy, team = 150 / 250, 20 / 100, "no_denominator", 170 / 350
    attained = {"Ada": ada, "Bob": bob, "Cy": cy}
    assert {o: c["quota_attainment"] for o, c in by_owner.items()} == attained
    assert by_owner["Ada"]["pacing"] == pytest.approx(ada * 66 / 52)
    assert [by_owner[o]["pipeline_coverage"] for o in ("Ada", "Bob")] == [80 / 100, 40 / 80]
    total = values(found.metrics)
    # Cy has won 7,000, but has no quota: not the team's.
    assert total["quota_attainment"] == pytest.approx(team)
    assert total["pacing"] == pytest.approx(team * 66 / 52)
    assert total["pipeline_coverage"] == pytest.approx(120 / 180)
    assert (total["pipeline_open"], total["revenue_won"]) == (153000, 177000)
    note = next(n.message for n in found.warnings if n.code == "won_without_quota")
    assert "7,000.00" in note


@ENGINES
def test_a_quota_counts_by_whole_days_where_a_period_covers_it_partly(tmp_path: Path, engine: str) -> None:
    found = report(tmp_path, period="2026-08", metrics=("quota_attainment",), engine=engine)
    cell = found.metrics["quota_attainment"]
    # 31 of the 92 days of 350,000, in whole cents of the running sum; 50,000 was won in August.
    quota = 350000 * (31 + 31) // 92 - 350000 * 31 // 92
    assert cell.numerator == 50000
    assert cell.denominator == pytest.approx(quota, abs=1)
    assert cell.value == pytest.approx(50000 / (350000 * 31 / 92), rel=1e-4)


def test_quotas_know_no_channel_and_some_metrics_no_life_without_a_period(tmp_path: Path) -> None:
    found = report(tmp_path, by=["channel"], metrics=("quota_attainment", "pacing", "pipeline_coverage"))
    assert found.breakdown
    assert {c.reason for row in found.breakdown.rows for c in row.cells.values()} <= {
        "missing_dimension",
        "no_period",
    }
    assert values(found.metrics) == {
        # Of the quotas 72 of 92 days are over.
        "quota_attainment": pytest.approx(170000 / (350000 * 72 / 92), rel=1e-4),
        "pacing": "no_period",
        "pipeline_coverage": "no_period",
    }


def test_a_met_quota_needs_no_coverage(tmp_path: Path) -> None:
    files = {"deals": DEALS, "plan": "Rep,Quarter,Quota\nAda,2026-Q3,100000\n"}
    found = report(tmp_path, files, period="2026-Q3", metrics=("pipeline_coverage", "quota_attainment"))
    assert values(found.metrics) == {"pipeline_coverage": "not_above_zero", "quota_attainment": 1.5}


def test_the_quota_of_a_whole_team_takes_what_everyone_wins(tmp_path: Path) -> None:
    files = {"deals": DEALS, "plan": "Team,Quarter,Quota\nNorth,2026-Q3,354000\n"}
    found = report(tmp_path, files, period="2026-Q3", by=["owner"], metrics=("quota_attainment",))
    assert values(found.metrics) == {"quota_attainment": 0.5}
    assert found.breakdown
    assert {row.cells["quota_attainment"].reason for row in found.breakdown.rows} == {"missing_dimension"}


def test_a_quota_of_nobody_beside_those_of_owners_is_left_out_and_told(tmp_path: Path) -> None:
    files = {"deals": DEALS, "plan": f"{QUOTAS},2026-Q3,350000\n"}
    found = report(tmp_path, files, period="2026-Q3", metrics=("quota_attainment",))
    assert found.metrics["quota_attainment"].value == pytest.approx(170 / 350)
    assert "quotas_of_nobody" in {n.code for n in found.warnings}


def test_who_cannot_be_told_apart_or_sells_nothing_is_told(tmp_path: Path) -> None:
    nobody = DEALS.replace("Owner", "x1")
    found = report(tmp_path, {"deals": nobody, "plan": QUOTAS}, metrics=("quota_attainment",))
    assert values(found.metrics) == {"quota_attainment": "no_owner"}
    without = report(tmp_path, {"deals": DEALS}, metrics=("quota_attainment", "pipeline_coverage"))
    assert set(values(without.metrics).values()) == {"no_quotas"}
    found = report(tmp_path, {"deals": DEALS, "plan": f"{QUOTAS}ada,2026-Q3,1\n"})
    note = next(n.message for n in found.warnings if n.code == "quota_without_deals")
    assert note.startswith("Owners with a quota and without any deal: ada.")


def test_the_close_date_of_an_open_deal_is_when_it_is_due(tmp_path: Path) -> None:
    deals = (
        "Deal ID,Owner,Stage,Amount,Close Date\n1,Ada,Proposal,30,2026-09-20\n2,Ada,Proposal,9,2026-10-20\n"
    )
    files = {"deals": deals, "plan": "Rep,Quarter,Quota\nAda,2026-Q3,100\n"}
    found = report(tmp_path, files, period="2026-Q3", metrics=("pipeline_coverage",))
    assert values(found.metrics) == {"pipeline_coverage": 0.3}


def test_a_quarter_and_its_months_for_one_owner_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"the quota of Ada is given twice .* line 4") as refused:
        report(tmp_path, {"deals": DEALS, "plan": f"{QUOTAS}Ada,2026-08,80000\n"})
    assert refused.value.code == "overlapping_quotas"


@ENGINES
def test_costs_are_spread_over_their_days_and_told_by_kind(tmp_path: Path, engine: str) -> None:
    metrics = ("cac_loaded", "cac", "spend", "arpa", "cac_ratio_cost")
    found = report(tmp_path, period="2026-07", metrics=metrics, engine=engine)
    # One customer of July, 2,000 of ads, 15,000.50 of other costs; nothing spent in June.
    assert values(found.metrics) == {
        "cac_loaded": 17000.5,
        "cac": 2000,
        "spend": 2000,
        "arpa": pytest.approx(100000 / 12),
        "cac_ratio_cost": "no_data_before",
    }
    note = next(n.message for n in found.warnings if n.code == "cost_kinds")
    assert "15,000.50" in note
    assert "Salaries, Tools." in note
    half = report(tmp_path, period="2026-08-01..2026-08-15", metrics=("cac_loaded",), engine=engine)
    # 15 of 31 days of 12,000.00 in whole cents of the running sum.
    assert half.metrics["cac_loaded"].numerator == 1200000 * 15 // 31 / 100


@ENGINES
@pytest.mark.parametrize(
    ("period", "value", "told"),
    [
        # 3,000 of salaries for the 30 days of September, of which 10 are over; 40 of tools on the 5th; one customer.
        ("2026-09", 1040, True),
        # All of August, all of July, and what is over of September: three customers.
        ("2026-Q3", (3100 + 3100 + 1040) / 3, True),
        ("2026-09-01..2026-09-10", 1040, False),
        (None, (3100 + 3100 + 1040) / 3, False),
        ("2026-10", "no_denominator", False),
    ],
)
def test_of_a_period_that_is_not_over_costs_count_up_to_the_as_of_day(
    tmp_path: Path, engine: str, period: str | None, value: float | str, told: bool
) -> None:
    deals = "Deal ID,Stage,Amount,Create Date,Close Date\n" + "".join(
        f"{n},Won,100,2026-07-01,2026-{day}\n" for n, day in enumerate(("07-10", "08-10", "09-10"))
    )
    costs = (
        "Start,End,Cost type,Amount\n2026-07-01,2026-07-31,Salaries,3100\n2026-08-01,2026-08-31,Salaries,3100\n"
        "2026-09-01,2026-09-30,Salaries,3000\n2026-10-01,2026-10-31,Rent,9000\n2026-09-05,2026-09-05,Tools,40\n"
        "2026-09-25,2026-09-25,Tools,77\n"
    )
    ads = "Date,Channel,Cost\n2026-06-02,email,1\n2026-09-10,email,0\n"
    files = {"deals": deals, "ads": ads, "costs": costs}
    found = report(tmp_path, files, period=period, metrics=("cac_loaded",), as_of="2026-09-10", engine=engine)
    if period is None:
        assert isinstance(value, float)
        value += 1 / 3  # of all days, that of the ads in June too
    assert values(found.metrics) == {"cac_loaded": value if isinstance(value, str) else pytest.approx(value)}
    assert ("costs_so_far" in {n.code for n in found.warnings}) is told
    kinds = next((n.message for n in found.warnings if n.code == "cost_kinds"), "Salaries, Tools.")
    assert "Rent" not in kinds


def test_growth_is_against_whole_periods_and_of_periods_that_are_over(tmp_path: Path) -> None:
    def growth(period: str | None) -> Any:
        return values(report(tmp_path, period=period, metrics=("revenue_growth",)).metrics)["revenue_growth"]

    # July 100,000, August 57,000; the quarter before has 120,000, the quarter of August is not over.
    assert growth("2026-08") == pytest.approx(57 / 100 - 1)
    assert growth("2026-Q3") == "not_over"
    assert growth(None) == "no_period"
    # 15 July to 13 August 150,000; in the 30 days before nothing was won.
    assert growth("2026-07-15..2026-08-13") == "no_denominator"
    assert growth("2026-Q2") == "no_denominator"
    assert growth("2026-01") == "no_data_before"


def test_quarterly_ratios_by_hand(tmp_path: Path) -> None:
    payments = "Payment ID,Customer ID,Paid at,Amount\n1,c,2026-01-01,5\n2,c,2026-05-01,100000\n3,c,2026-08-01,150000\n"
    costs = "Month,Cost type,Amount\n2026-04,Tools,15000\n2026-02,Tools,1\n"
    ads = "Date,Channel,Cost\n2026-01-02,email,1\n2026-04-03,email,5000\n2026-09-30,email,7\n"
    config = tmp_path / "funnelkit.yaml"
    config.write_text("gross_margin: 0.8\n", "utf-8")
    files = {"payments": payments, "ads": ads, "costs": costs}
    metrics = ("magic_number", "cac_ratio_return", "revenue_net_growth")
    options = {"no_config": False, "config": config, "as_of": "2026-09-30", "metrics": metrics}
    found = values(report(tmp_path, files, period="2026-Q3", **options).metrics)
    # 4 * 50,000 over 20,000; with a margin of 80 % the 8 of Lipson's example.
    assert found == {"magic_number": 10, "cac_ratio_return": 8, "revenue_net_growth": 0.5}
    whole = values(report(tmp_path, files, period="2026-07-02..2026-08-20", **options).metrics)
    assert whole["magic_number"] == "no_whole_months"


def test_the_costs_of_the_configuration_are_loaded_unless_others_are_named(tmp_path: Path) -> None:
    config = tmp_path / "funnelkit.yaml"
    config.write_text("costs: other/costs.csv\n", "utf-8")
    options = {"no_config": False, "config": config, "period": "2026-07", "metrics": ("cac_loaded",)}
    files = {"deals": DEALS, "ads": ADS}
    with pytest.raises(MissingInputError, match=r"costs.csv: there is no such file"):
        report(tmp_path, files, **options)
    (tmp_path / "other").mkdir()
    # Without a word on what it is: the configuration says it.
    (tmp_path / "other" / "costs.csv").write_text("Month,Amount\n2026-07,500\n", "utf-8")
    assert report(tmp_path, files, **options).metrics["cac_loaded"].value == 2500
    named = {**files, "costs__own": "Month,Amount\n2026-07,8000\n"}
    assert report(tmp_path, named, **options).metrics["cac_loaded"].value == 10000


def test_direct_share_is_of_all_sessions(tmp_path: Path) -> None:
    web = "Date,Channel,Sessions\n2026-07-01,Direct,30\n2026-07-01,Organic Search,50\n2026-07-02,Email,20\n"
    found = report(tmp_path, {"traffic": web}, metrics=("direct_share",)).metrics["direct_share"]
    assert (found.value, found.numerator, found.n, found.interval_type) == (0.3, 30, 100, "wilson")
