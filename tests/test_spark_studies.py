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
from tests import on_spark, test_ltv, test_ltv_rests
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
