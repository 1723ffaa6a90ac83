"""Spark counts for `why`, `cycle`, `ltv`, `forecast`, `attribution`, `cohorts` and `check` what pandas does: the same JSON, to the last digit.

One company of 2,000 leads and one session serve all. Its files are short, so that they are read in
memory and only counted by Spark, and each question is put to one file: that Spark reads and links
alike is shown in `test_spark`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelkit.pipeline import attributing, checking, cohorting, cycling, explaining, forecasting, valuing
from funnelkit.pipeline.options import Options
from funnelkit.render import study
from tests import on_spark, test_ltv, test_ltv_rests, test_payers
from tests.company import Company, write
from tests.test_attribution import made_up

pytestmark = [on_spark.QUIET, pytest.mark.usefixtures("caller")]
caller = on_spark.caller
BOTH = ("spark", "pandas")

TARGETS = """\
metric,segment,period,value,direction,tolerance
leads,channel=paid_search,2025-Q2,100,,
mql_rate,,2025-Q2,40 %,,
"""
ALERTS = "alerts:\n  - {metric: leads, period: 2025-08, falls: 20 %}\n  - {table: leads, older_than: 9}\n"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Exports of leads, deals and ads."""
    return write(tmp_path_factory.mktemp("company"), 2_000, 31)


def test_why_is_the_same(company: Company) -> None:
    asked: dict[str, Any] = {"period": "2025-Q1", "by": ["channel"], "no_config": True}
    first, second = (
        study.render(
            explaining.why("mql_rate", [str(company.leads)], Options(engine=engine, **asked)), "json"
        )
        for engine in BOTH
    )
    assert first == second
    assert b'"effects"' in first


def test_forecasts_are_the_same(company: Company) -> None:
    asked: dict[str, Any] = {"metrics": ("revenue_won", "deals_won"), "by": ["owner"], "no_config": True}
    first, second = (
        study.render(
            forecasting.forecast([str(company.deals)], Options(engine=engine, **asked), method="pipeline"),
            "json",
        )
        for engine in BOTH
    )
    assert first == second
    assert b'"opened"' in first


def test_cycles_are_the_same(company: Company) -> None:
    asked: dict[str, Any] = {"period": "2025", "by": ["owner"], "no_config": True}
    first, second = (
        study.render(cycling.cycle([str(company.deals)], Options(engine=engine, **asked)), "json")
        for engine in BOTH
    )
    assert first == second
    assert b"log-rank" in first


def test_credit_of_touches_is_the_same(tmp_path: Path) -> None:
    """Touches by lead and e-mail in no order, two deals of one person, negative amounts."""
    files = made_up(tmp_path, 150)
    asked: dict[str, Any] = {"by": ["source"], "currency": "EUR", "no_config": True}
    first, second = (
        study.render(attributing.attribution(files, Options(engine=engine, **asked)), "json")
        for engine in BOTH
    )
    assert first == second
    assert b'"removal"' in first


def test_cohorts_are_the_same(company: Company) -> None:
    asked: dict[str, Any] = {"grain": "quarter", "no_config": True}
    first, second = (
        study.render(
            cohorting.cohorts([str(company.leads)], Options(engine=engine, **asked), stage="mql"),
            "json",
        )
        for engine in BOTH
    )
    assert first == second
    assert b"chain ladder" in first


def test_values_of_customers_are_the_same(tmp_path: Path) -> None:
    """Payments of drawn customers; contracts have pieces of the calendar beside the days."""
    path = test_ltv.simulated(tmp_path / "payments.csv", 6, 400)
    for model in ("auto", "sbg"):
        wanted = valuing.Wanted(model=model, holdout="20w", discount="0.1", each=model == "auto")
        first, second = (
            valuing.ltv([path], Options(engine=engine, no_config=True), wanted) for engine in BOTH
        )
        assert study.render(first.study, "json") == study.render(second.study, "json")
        assert first.customers == second.customers


def test_customers_have_the_channel_of_their_lead_and_deal_as_on_pandas(tmp_path: Path) -> None:
    """Payments linked to leads by id and address, and to deals by address."""
    leads = [(f"L{n}", f"c{n}@x.example", "2024-01-01", ("email", "direct", "sms")[n % 3]) for n in range(60)]
    paid = [
        (f"P{n}", f"L{n % 50}" if n % 2 else "", f"C{n % 50}@x.example", f"2024-{1 + n % 12:02}-05", "10")
        for n in range(400)
    ]
    deals = [(f"D{n}", f"c{n}@x.example", "2024-02-01", "won", f"owner {n % 2}", "1") for n in range(40)]
    files = [
        test_payers.written(tmp_path, "leads.csv", "lead_id,email,created_at,source", leads),
        test_payers.written(tmp_path, "paid.csv", "payment_id,customer_id,email,paid_at,amount", paid),
        test_payers.written(tmp_path, "deals.csv", "deal_id,email,closed_at,status,owner,amount", deals),
    ]
    for by, some in (("channel", files[:2]), ("owner", files)):
        wanted = valuing.Wanted(model="historic")
        first, second = (
            study.render(
                valuing.ltv(
                    some, Options(engine=engine, no_config=True, by=[by], as_of="2025-12-31"), wanted
                ).study,
                "json",
            )
            for engine in BOTH
        )
        assert first == second
        assert b'"sms"' in first or (by == "owner" and b'"owner 1"' in first)


def test_values_of_contracts_are_the_same(tmp_path: Path) -> None:
    """Contracts of two terms, whose payments rise with age."""
    lasts = (1, 1, 1, 1, 2, 3, 9, 9, 9, 9)
    made = test_ltv_rests.lasting(120, lasts, "month", 1, lambda k: 20 + k)
    made += test_ltv_rests.lasting(120, lasts, "year", 12, lambda k: 200)
    path = test_ltv.payments(tmp_path / "payments.csv", made, test_ltv_rests.RECURRING)
    first, second = (
        valuing.ltv(
            [path], Options(engine=engine, no_config=True, as_of="2023-12-31"), valuing.Wanted(each=True)
        )
        for engine in BOTH
    )
    assert study.render(first.study, "json") == study.render(second.study, "json")
    assert first.customers == second.customers
    assert "who pay by the year" in first.study.sentences[0]


def test_checks_are_the_same(company: Company, tmp_path: Path) -> None:
    config, targets = tmp_path / "funnelkit.yaml", tmp_path / "targets.csv"
    config.write_text(ALERTS, "utf-8")
    targets.write_text(TARGETS, "utf-8")
    asked: dict[str, Any] = {"config": config, "as_of": "2025-09-20"}
    first, second = (
        checking.check([str(company.leads)], Options(engine=engine, **asked), str(targets)) for engine in BOTH
    )
    assert first.exit_code == second.exit_code
    assert study.render(first.study, "json") == study.render(second.study, "json")
    assert {table.id for table in first.study.tables} >= {"targets", "alerts"}
