"""Spark answers the questions of `why`, `cycle`, `cohorts` and `check` as pandas does, to the last digit.

One company of 2,000 leads and one session serve all; how rows stay in Spark is in `test_spark`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from funnelkit.pipeline import checking, cohorting, cycling, explaining
from funnelkit.pipeline.options import Options
from funnelkit.render import study
from tests import test_spark
from tests.company import write

pytestmark = test_spark.pytestmark
caller, reads = test_spark.caller, test_spark.reads

TARGETS = """\
metric,segment,period,value,direction,tolerance
leads,channel=paid_search,2025-Q2,100,,
win_rate,owner=Ada Brandt,2025-Q2,60 %,,
revenue_won,,2025-Q3,9000000,,
cac,channel=events,2025-Q2,50,at most,10 %
"""
ALERTS = """\
alerts:
  - {metric: leads, period: 2025-08, falls: 20 %}
  - {metric: cpl, segment: channel=paid_social, period: 2025-07, above: 10}
  - {table: deals, older_than: 9}
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Exports of leads, deals and ads."""
    made = write(tmp_path_factory.mktemp("company"), 2_000, 31)
    return [str(made.leads), str(made.deals), str(made.ads)]


@pytest.fixture
def engines(caller: object, reads: list[bool]) -> Iterator[tuple[str, str]]:
    """Both engines, of which Spark has read every file that it was asked for."""
    assert caller
    yield "spark", "pandas"
    assert reads
    assert all(reads)


def told(engine: str, **options: object) -> Options:
    return Options(**{"engine": engine, "no_config": True, **options})  # type: ignore[arg-type]


def test_why_is_the_same(engines: tuple[str, str], files: list[str]) -> None:
    first, second = (
        study.render(explaining.why("cac", files, told(engine, period="2025-Q2", by=["channel"])), "json")
        for engine in engines
    )
    assert first == second
    assert b'"effects"' in first


def test_cycles_are_the_same(engines: tuple[str, str], files: list[str]) -> None:
    first, second = (
        study.render(cycling.cycle(files[:2], told(engine, by=["owner"], period="2025")), "json")
        for engine in engines
    )
    assert first == second
    assert b"log-rank" in first


def test_cohorts_by_channel_are_the_same(engines: tuple[str, str], files: list[str]) -> None:
    first, second = (
        study.render(
            cohorting.cohorts(files[:2], told(engine, by=["channel"], top=2, grain="quarter")), "json"
        )
        for engine in engines
    )
    assert first == second
    assert b"chain ladder" in first


def test_checks_are_the_same(engines: tuple[str, str], files: list[str], tmp_path: Path) -> None:
    config, targets = tmp_path / "funnelkit.yaml", tmp_path / "targets.csv"
    config.write_text(ALERTS, "utf-8")
    targets.write_text(TARGETS, "utf-8")
    first, second = (
        checking.check(files, Options(engine=engine, config=config, as_of="2025-09-20"), str(targets))
        for engine in engines
    )
    assert first.exit_code == second.exit_code
    assert study.render(first.study, "json") == study.render(second.study, "json")
    assert {table.id for table in first.study.tables} >= {"targets", "alerts"}
