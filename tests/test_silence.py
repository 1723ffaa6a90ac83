"""What was not written down is not 0, and what is not called says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelkit import report
from funnelkit.errors import FunnelkitError
from funnelkit.pipeline.checking import check
from funnelkit.pipeline.options import Options
from funnelkit.reports import Report

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
PAYMENTS = """payment_id,customer_id,paid_at,amount
1,a,2025-01-10,100
2,b,2025-01-12,100
3,a,2025-06-10,100
"""
DEALS = """deal_id,owner,created_at,closed_at,status,amount
1,ada,2026-07-01,2026-07-20,won,100
2,ada,2026-07-05,,open,500
3,ada,2026-07-05,,won,700
"""


def made(folder: Path, name: str, text: str, **options: object) -> Report:
    path = folder / name
    path.write_text(text)
    return report([path], currency="EUR", no_config=True, **options)


@ENGINES
@pytest.mark.parametrize(
    ("period", "reason"), [("2026-Q2", "after_data"), ("2024-12", "before_data"), ("2025-06", "no_data_before")]
)  # fmt: skip
def test_nobody_left_where_the_payments_do_not_reach(
    tmp_path: Path, engine: str, period: str, reason: str
) -> None:
    found = made(tmp_path, "payments.csv", PAYMENTS, period=period, metrics=["nrr", "churn_rate"], engine=engine)  # fmt: skip
    assert {cell.reason for cell in found.metrics.values()} == {reason}


def test_a_quiet_month_between_others_is_0(tmp_path: Path) -> None:
    found = made(tmp_path, "payments.csv", PAYMENTS, period="2025-03", metrics=["revenue_net"])
    assert found.metrics["revenue_net"].value == 0


def test_a_period_before_the_data_is_no_comparison(tmp_path: Path) -> None:
    found = made(
        tmp_path, "deals.csv", DEALS, period="2026-07", compare="prev,yoy", metrics=["deals_created"]
    )
    assert found.comparison is not None
    for one in (found.comparison, *found.besides):
        change = one.changes["deals_created"]
        assert (change.previous.value, change.absolute, change.verdict) == (None, None, "no call")
        assert change.previous.reason == "before_data"


@ENGINES
def test_a_pipeline_without_expected_days_covers_nothing_that_is_known(tmp_path: Path, engine: str) -> None:
    quotas = tmp_path / "quotas.csv"
    quotas.write_text("Rep,Quarter,Quota\nada,2026-Q3,1000\n")
    deals = tmp_path / "deals.csv"
    deals.write_text(DEALS)
    found = report(
        [deals, f"quotas={quotas}"],
        period="2026-Q3",
        metrics=["pipeline_coverage", "quota_attainment"],
        currency="EUR",
        engine=engine,
        no_config=True,
    )
    assert found.metrics["pipeline_coverage"].reason == "no_expected_close_at"
    assert found.metrics["quota_attainment"].value == 0.1


@ENGINES
def test_wins_without_a_day_are_told(tmp_path: Path, engine: str) -> None:
    found = made(tmp_path, "deals.csv", DEALS, period="2026-07", engine=engine)
    assert found.metrics["deals_won"].value == 1
    (told,) = (note.message for note in found.warnings if note.code == "undated_wins")
    assert told == "Won deals without a close date: 1. They count in no period."


def test_too_few_cases_are_not_called_noise(tmp_path: Path) -> None:
    rows = [f"{n},2026-0{2 + (n > 1)}-{n:02},2026-0{2 + (n > 1)}-{n + 1:02},won,100" for n in range(1, 27)]
    text = "deal_id,created_at,closed_at,status,amount\n" + "\n".join(rows) + "\n"
    found = made(tmp_path, "deals.csv", text, period="2026-03", compare="prev", metrics=["deals_won", "revenue_won"])  # fmt: skip
    assert found.comparison is not None
    changes = found.comparison.changes
    assert (changes["deals_won"].verdict, changes["deals_won"].uncalled) == ("no call", "few")
    assert changes["deals_won"].p is not None
    assert changes["deals_won"].p < 0.001
    assert changes["revenue_won"].uncalled == "untested"


def test_a_target_of_thirty_wholes_is_a_slip(tmp_path: Path) -> None:
    targets, deals = tmp_path / "targets.csv", tmp_path / "deals.csv"
    targets.write_text("metric,segment,period,value\nwin_rate,,2026-Q3,30\n")
    deals.write_text(DEALS)
    with pytest.raises(FunnelkitError, match="30 times the whole") as refused:
        check([str(deals)], Options(currency="EUR", no_config=True), targets=str(targets))
    assert refused.value.hint == "Write 30 % where per cent are meant."


def test_months_that_the_period_cuts_are_marked(tmp_path: Path) -> None:
    found = made(tmp_path, "deals.csv", DEALS, period="2026-07-03..2026-08-31", grain="month", as_of="2026-09-30", metrics=["deals_created"])  # fmt: skip
    assert found.trend is not None
    assert [(p.span.label, p.span.partial) for p in found.trend.points] == [("2026-07", True), ("2026-08", False)]  # fmt: skip
