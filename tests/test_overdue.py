"""Deals that should have closed by now: counted by hand, on every engine that runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import funnelkit

# At the end of March 2 and 3 are overdue; 1 is due that day, 4 later, of 5 nobody says it, and 6 and 7 are closed.
DEALS = """Deal ID,Owner,Status,Amount,Created,Close Date
1,Ada,Open,100,2026-01-01,2026-03-31
2,Ada,Open,200,2026-01-01,2026-02-15
3,Bob,Open,,2026-01-01,2026-01-31
4,Bob,Open,800,2026-01-01,2026-04-30
5,Bob,Open,1600,2026-01-01,
6,Ada,Won,3200,2026-01-01,2026-01-20
7,Ada,Lost,50,2026-01-01,2026-03-30
"""


def overdue(folder: Path, text: str = DEALS, **options: Any) -> Any:
    """How many deals are overdue, and their amount."""
    (folder / "deals.csv").write_text(text)
    names = ["deals_overdue", "pipeline_overdue"]
    asked = {"as_of": "2026-03-31", **options}
    made = funnelkit.report([folder / "deals.csv"], metrics=names, currency="EUR", no_config=True, **asked)
    found = tuple(made.metrics[name].value for name in names)
    if made.breakdown is None:
        return found
    return {row.key[0]: tuple(row.cells[name].value for name in names) for row in made.breakdown.rows}


@pytest.mark.parametrize("engine", ["pandas", "duckdb", "spark"])
def test_open_deals_whose_day_has_passed_are_overdue(tmp_path: Path, engine: str) -> None:
    if engine == "spark":
        pytest.importorskip("pyspark")
    assert overdue(tmp_path, engine=engine) == (2, 200)
    assert overdue(tmp_path, engine=engine, by=["owner"]) == {"Ada": (1, 200), "Bob": (1, 0)}


def test_with_a_period_those_that_were_expected_in_it(tmp_path: Path) -> None:
    assert overdue(tmp_path, period="2026-02") == (1, 200)
    assert overdue(tmp_path, period="2026-03") == (0, 0)
    assert overdue(tmp_path, as_of="2026-04-01") == (3, 300)


def test_without_expected_days_nobody_knows(tmp_path: Path) -> None:
    text = (
        "Deal ID,Status,Amount,Created,Close Date\n1,Open,100,2026-01-01,\n2,Won,100,2026-01-01,2026-02-01\n"
    )
    assert overdue(tmp_path, text) == (None, None)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_coverage_tells_of_open_deals_of_which_nobody_knows_when_they_are_due(
    tmp_path: Path, engine: str
) -> None:
    """On 1 March 6 is won and 7 is lost on 30 March: as of that day 7 is open, and its expectation is gone; 5 has none."""
    (tmp_path / "deals.csv").write_text(DEALS)
    (tmp_path / "quotas.csv").write_text("owner,quarter,quota\nAda,2026-Q1,10000\nBob,2026-Q1,10000\n")
    files = [f"deals={tmp_path}/deals.csv", f"quotas={tmp_path}/quotas.csv"]
    made = funnelkit.report(files, metrics=["pipeline_coverage"], period="2026-Q1", as_of="2026-03-01", currency="EUR", engine=engine, no_config=True)  # fmt: skip
    assert made.metrics["pipeline_coverage"].value == pytest.approx((100 + 200) / (20000 - 3200))
    (said,) = (note.message for note in made.warnings if note.code == "coverage_undue")
    assert said.startswith("Open deals without a day on which they are expected to close: 2.")
