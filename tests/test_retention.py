"""Retention, customer by customer: equal to SQL by hand over the same file, and to what CDNOW's papers say."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from funnelkit import report

NAMES = ["retention_rate", "churn_rate", "grr", "nrr", "expansion_rate", "repeat_rate"]
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
MADE = """
WITH p AS (SELECT customer, day, paid, paid - back AS net FROM read_csv('{path}',
    types = {{'paid': 'DECIMAL(18, 2)', 'back': 'DECIMAL(18, 2)', 'day': 'DATE'}})),
person AS (
    SELECT customer,
        coalesce(sum(net) FILTER (day BETWEEN DATE '{first}' AND DATE '{last}'), 0) AS now,
        coalesce(sum(net) FILTER (day BETWEEN DATE '{first}' - INTERVAL 1 YEAR AND DATE '{last}' - INTERVAL 1 YEAR), 0)
            AS ago,
        count(*) FILTER (bought AND day BETWEEN DATE '{first}' AND DATE '{last}') AS days
    FROM (SELECT customer, day, sum(net) AS net, bool_or(net > 0 OR paid = 0) AS bought FROM p GROUP BY ALL)
    GROUP BY customer)
SELECT
    count(*) FILTER (ago > 0 AND now > 0) / count(*) FILTER (ago > 0),
    count(*) FILTER (ago > 0 AND now <= 0) / count(*) FILTER (ago > 0),
    sum(least(ago, now)) FILTER (ago > 0) / sum(ago),
    sum(now) FILTER (ago > 0) / sum(ago),
    sum(now - ago) FILTER (ago > 0 AND now > ago) / sum(ago),
    count(*) FILTER (days > 1) / count(*) FILTER (days > 0)
FROM person
"""


@pytest.fixture(scope="module")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of payments of 400 customers, some of whom leave, pay more, pay less or come back."""
    path = tmp_path_factory.mktemp("payments") / "payments.csv"
    draw = random.Random(7)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["payment", "customer", "day", "paid", "back"])
        for n in range(6_000):
            day = date(2024, 7, 1) + timedelta(days=draw.randrange(730))
            paid = draw.randrange(100, 50_000) / 100
            back = paid if draw.random() < 0.05 else 0
            writer.writerow([n, f"c{draw.randrange(400)}", day, f"{paid:.2f}", f"{back:.2f}"])
    return path


@pytest.fixture(scope="module")
def config(payments: Path) -> Path:
    path = payments.parent / "funnelkit.yaml"
    columns = "{payment_id: payment, customer_id: customer, paid_at: day, amount: paid, refunded: back}"
    path.write_text(
        f"currency: EUR\nsources:\n  - {{path: payments.csv, table: payments, columns: {columns}}}\n"
    )
    return path


@ENGINES
@pytest.mark.parametrize(
    ("period", "first", "last"),
    [("2025-10", "2025-10-01", "2025-10-31"), ("2026-Q1", "2026-01-01", "2026-03-31")],
)
def test_retention_equals_sql_by_hand(
    payments: Path, config: Path, engine: str, period: str, first: str, last: str
) -> None:
    made = report(metrics=NAMES, period=period, config=config, engine=engine)
    (row,) = duckdb.connect().execute(MADE.format(path=payments, first=first, last=last)).fetchall()
    assert [made.metrics[name].value for name in NAMES] == pytest.approx(list(row), rel=1e-12)
    assert made.metrics["retention_rate"].interval is not None


@ENGINES
def test_a_trend_has_the_retention_of_each_month(payments: Path, config: Path, engine: str) -> None:
    made = report(metrics=NAMES, period="2025-07-01..2025-12-31", grain="month", config=config, engine=engine)
    assert made.trend is not None
    (october,) = (point for point in made.trend.points if point.span.label == "2025-10")
    (row,) = (
        duckdb.connect().execute(MADE.format(path=payments, first="2025-10-01", last="2025-10-31")).fetchall()
    )
    assert [october.cells[name].value for name in NAMES] == pytest.approx(list(row), rel=1e-12)


def test_without_a_period_there_is_no_year_before(config: Path) -> None:
    made = report(metrics=NAMES, config=config)
    assert made.metrics["nrr"].reason == "no_period"
    assert made.metrics["repeat_rate"].value is not None


def test_a_month_that_is_not_over_is_compared_with_as_many_days(payments: Path, config: Path) -> None:
    made = report(metrics=NAMES, period="2026-05", as_of="2026-05-10", config=config)
    (row,) = (
        duckdb.connect().execute(MADE.format(path=payments, first="2026-05-01", last="2026-05-10")).fetchall()
    )
    assert [made.metrics[name].value for name in NAMES] == pytest.approx(list(row), rel=1e-12)


WORKED = """payment_id,customer_id,paid_at,amount
1,grows,2025-03-10,60000
2,shrinks,2025-03-10,35000
3,leaves,2025-03-12,5000
4,grows,2026-03-09,75000
5,shrinks,2026-03-09,27000
6,new,2026-03-20,90000
"""


def test_a_customer_that_grows_hides_none_that_shrinks(tmp_path: Path) -> None:
    """The start of 100, 15 more, 8 less and 5 lost of a published example: NRR 102 %; GRR 87 %."""
    path = tmp_path / "payments.csv"
    path.write_text(WORKED)
    made = report([f"payments={path}"], metrics=NAMES, period="2026-03", currency="EUR", no_config=True)
    found = {name: made.metrics[name].value for name in NAMES}
    assert found["nrr"] == pytest.approx(1.02)
    assert found["grr"] == pytest.approx(0.87)
    assert found["expansion_rate"] == pytest.approx(0.15)
    assert found["retention_rate"] == pytest.approx(2 / 3)


CDNOW = Path(__file__).parents[2] / "shared" / "exports" / "datasets" / "CDNOW_master.txt"


@pytest.mark.skipif(not CDNOW.exists(), reason="the real exports are not there: no CDNOW_master.txt")
def test_customers_of_cdnow_who_came_again(tmp_path: Path) -> None:
    """11,516 of 23,570, counted independently; 80 of the 69,659 lines are orders of 0 dollars."""
    path = tmp_path / "payments.csv"
    lines = [line.split() for line in CDNOW.read_text().splitlines()[1:]]
    with path.open("w", newline="") as file:
        rows = [
            [n, customer, f"{day[:4]}-{day[4:6]}-{day[6:]}", paid]
            for n, (customer, day, _, paid) in enumerate(lines)
        ]
        csv.writer(file).writerows([["payment_id", "customer_id", "paid_at", "amount"], *rows])
    made = report([f"payments={path}"], metrics=["repeat_rate"], currency="USD", no_config=True)
    cell = made.metrics["repeat_rate"]
    assert (cell.numerator, cell.denominator) == (11_516, 23_570)
