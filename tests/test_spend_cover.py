"""Spend that is loaded for fewer days than what it is divided by is told of, and spend that pauses is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from funnelkit.pipeline import attributing
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.reporting import report
from funnelkit.pipeline.valuing import Wanted, ltv
from funnelkit.render import study as studies
from tests.test_payers import written

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
CODE = "spend_uncovered"
FIRST = date(2024, 1, 1)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def files(folder: Path, spent: Sequence[date]) -> list[str]:
    """Two leads a month of 2024, won on the day on which they came; 10 spent on each of some days."""
    came = [date(2024, month, day) for month in range(1, 13) for day in (10, 20)]
    leads = [(f"L{n}", str(day), "email") for n, day in enumerate(came)]
    deals = [(f"D{n}", f"L{n}", str(day), str(day), "won", "100", "EUR") for n, day in enumerate(came)]
    return [
        written(folder, "leads.csv", "lead_id,created_at,channel", leads),
        written(folder, "deals.csv", "deal_id,lead_id,created_at,closed_at,status,amount,currency", deals),
        written(
            folder, "spend.csv", "date,channel,cost,currency", [(str(d), "email", "10", "EUR") for d in spent]
        ),
    ]


EARLY = days(FIRST, date(2024, 7, 5))
LATE = days(date(2024, 5, 10), date(2024, 12, 20))
PAUSES = [day for day in days(FIRST, date(2024, 12, 15)) if day.month not in (3, 4)]
MONTHS = [date(2024, month, 1) for month in range(1, 13)]


def told(made: Any) -> list[str]:
    return [note.message for note in made.warnings if note.code == CODE]


@ENGINES
@pytest.mark.parametrize(
    ("spent", "both"),
    [
        (EARLY, ("2024-01-01 to 2024-07-05", "2024-01-10 to 2024-12-20", "--period 2024-01-10..2024-07-05")),
        (LATE, ("2024-05-10 to 2024-12-20", "2024-01-10 to 2024-12-20", "--period 2024-05-10..2024-12-20")),
        (
            MONTHS[:7],
            ("2024-01-01 to 2024-07-01", "2024-01-10 to 2024-12-20", "--period 2024-01-10..2024-07-01"),
        ),
        (PAUSES, None),
        (MONTHS, None),
    ],
    ids=["ends early", "begins late", "months that end early", "pauses", "months"],
)
def test_a_report_and_attribution_tell_both_ends(
    tmp_path: Path, spent: Sequence[date], both: tuple[str, ...] | None, engine: str
) -> None:
    options = Options(no_config=True, engine=engine)
    for made in (
        report(files(tmp_path, spent), options),
        attributing.attribution(files(tmp_path, spent), options),
    ):
        if both is None:
            assert not told(made)
            continue
        (message,) = told(made)
        assert all(part in message for part in both), message


def test_of_a_period_its_own_days_count(tmp_path: Path) -> None:
    """Up to June all days have spend; of the third quarter five do."""
    given = files(tmp_path, EARLY)
    assert not told(report(given, Options(no_config=True, period="2024-Q2")))
    (message,) = told(report(given, Options(no_config=True, period="2024-Q3")))
    assert "customers for 2024-07-01 to 2024-09-30" in message
    assert not told(attributing.attribution(given, Options(no_config=True, period="2024-Q2")))
    assert told(attributing.attribution(given, Options(no_config=True, period="2024-Q3")))


@ENGINES
@pytest.mark.parametrize(
    ("spent", "months", "customers"), [(EARLY, "2024-01 to 2024-06", 12), (PAUSES, "2024-01 to 2024-11", 22)]
)
def test_customers_cost_the_spend_of_whole_months(
    tmp_path: Path, spent: Sequence[date], months: str, customers: int, engine: str
) -> None:
    made = ltv(
        files(tmp_path, spent), Options(no_config=True, engine=engine), Wanted(of="deals", model="historic")
    ).study
    document = json.loads(studies.render(made, "json"))
    (table,) = (t for t in document["tables"] if t["id"] == "acquisition")
    (row,) = table["rows"]

    assert months in table["caption"]
    assert row["customers"]["value"] == customers
    # December is not over by the 20th.
    whole = [day for day in spent if day <= (date(2024, 6, 30) if customers == 12 else date(2024, 11, 30))]
    assert row["cac"]["value"] == pytest.approx(10 * len(whole) / customers)
    assert [("2024-01-01 to 2024-07-05" in m) for m in told(made)] == ([True] if customers == 12 else [])
