"""What a customer is worth: published examples by the formulas of the catalogue, and reports against SQL by hand."""

from __future__ import annotations

import csv
import json
import random
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit import report
from funnelkit.cli.app import run
from funnelkit.metrics import catalog
from funnelkit.metrics.formula import evaluate
from funnelkit.metrics.statistics import mean
from funnelkit.reports import Report
from funnelkit.statistics.intervals import wilson
from funnelkit.statistics.moments import Moments

KNOWN = catalog.load()
ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
LASTING = ("cltv_retention", "cltv_retention_excluded", "cltv_retention_end")


def lasting(margin: float, retention: float, discount: float) -> list[float]:
    """The three values of constant retention."""
    given = {"gross_margin": 1, "payments_a_year": margin, "discount": discount, "retention_rate": retention}
    formulas = (KNOWN.metrics[name].formula for name in LASTING)
    return [evaluate(str(formula), given) or 0.0 for formula in formulas]


# -- published examples ------------------------------------------------------------------------------


def test_the_three_conventions_of_fader_and_hardie() -> None:
    assert lasting(100, 0.75, 0.10) == pytest.approx([314.29, 214.29, 285.71], abs=0.005)


def test_the_coffee_drinker_of_kissmetrics() -> None:
    """Their "traditional" value excludes the first payment; 5,382.94 is their margin a year."""
    spend, visits = (3.50, 8.50, 5, 6.50, 6), (4, 3, 5, 6, 3)
    weekly = sum(a * b for a, b in zip(spend, visits, strict=True)) / 5
    assert weekly == pytest.approx(24.30)
    custom = 20 * 52 * 5.90 * 4.2 * 0.213
    traditional = lasting(5382.94, 0.75, 0.10)[1]
    assert (custom, traditional) == pytest.approx((5489, 11535), abs=0.5)
    assert (52 * weekly * 20 + custom + traditional) / 3 == pytest.approx(14099, abs=0.5)


@pytest.mark.parametrize(
    ("margin", "revenue", "churn", "value"),
    [(1, 1, 0.03, 33.3), (1, 1, 0.20, 5), (0.75, 40, 0.04, 750), (0.80, 500, 0.05, 8000)],
)
def test_margin_over_churn(margin: float, revenue: float, churn: float, value: float) -> None:
    given = {"gross_margin": margin, "payments_a_year": revenue, "churn_rate": churn}
    assert evaluate(str(KNOWN.metrics["cltv_simple"].formula), given) == pytest.approx(value, abs=0.05)


@given(margin=st.floats(1, 1000), retention=st.floats(0, 0.95), discount=st.floats(0.01, 0.5))
def test_constant_retention_is_the_sum_of_its_payments(
    margin: float, retention: float, discount: float
) -> None:
    included, excluded, at_the_end = lasting(margin, retention, discount)
    now = sum(margin * (retention / (1 + discount)) ** k for k in range(2000))
    assert included == pytest.approx(now)
    assert included - excluded == pytest.approx(margin)
    assert at_the_end == pytest.approx(now / (1 + discount))


# -- reports -----------------------------------------------------------------------------------------

NAMES = ["gross_margin", "payments_a_year", "cltv_simple", *LASTING]
MARGIN, DISCOUNT = 0.6, 0.08
PEOPLE = """
WITH p AS (SELECT customer_id AS who, paid_at AS day, amount, amount - refunded AS net
    FROM read_csv('{path}', types = {{'amount': 'DECIMAL(18, 2)', 'refunded': 'DECIMAL(18, 2)', 'paid_at': 'DATE'}})
    WHERE customer_id IS NOT NULL)
"""
YEAR = """, person AS (
    SELECT who, coalesce(sum(net) FILTER (day > DATE '{last}' - INTERVAL 1 YEAR AND day <= DATE '{last}'), 0) AS now,
        coalesce(sum(net) FILTER (day > DATE '{last}' - INTERVAL 2 YEAR AND day <= DATE '{last}' - INTERVAL 1 YEAR), 0)
            AS ago,
        bool_or((net > 0 OR amount = 0) AND day > DATE '{last}' - INTERVAL 1 YEAR AND day <= DATE '{last}') AS paying
    FROM (SELECT who, day, sum(net) AS net, min(amount) AS amount FROM p GROUP BY ALL) GROUP BY who)
SELECT sum(now) FILTER (paying) / count(*) FILTER (paying), count(*) FILTER (ago > 0),
    count(*) FILTER (ago > 0 AND now > 0), count(*) FILTER (paying), sum(now) FILTER (paying),
    sum(now * now) FILTER (paying)
FROM person
"""
ACQUIRED = """, first AS (SELECT who, min(date_trunc('month', day)) AS came FROM p WHERE net > 0 OR amount = 0 GROUP BY who)
SELECT sum(p.net) FILTER (p.day < first.came + INTERVAL {months} MONTH), count(DISTINCT who)
FROM p JOIN first USING (who) WHERE first.came BETWEEN DATE '{first}' AND DATE '{last}'
"""
EACH = """, first AS (SELECT who, min(date_trunc('month', day)) AS came FROM p WHERE net > 0 OR amount = 0 GROUP BY who),
each AS (SELECT who, 100 * coalesce(sum(p.net) FILTER (p.day < first.came + INTERVAL {months} MONTH), 0) AS net
    FROM p JOIN first USING (who) WHERE first.came BETWEEN DATE '{first}' AND DATE '{last}' GROUP BY who)
SELECT count(*), sum(net), sum(net * net), min(net) FROM each
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years of payments of 300 customers who come one after the other and leave after a while."""
    made = tmp_path_factory.mktemp("value")
    draw = random.Random(11)
    with (made / "payments.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["payment_id", "customer_id", "paid_at", "amount", "refunded"])
        number = 0
        for customer in range(300):
            day = date(2023, 7, 1) + timedelta(days=draw.randrange(1000))
            while day <= date(2026, 6, 30) and draw.random() < 0.93:
                paid = draw.randrange(100, 50_000) / 100
                back = paid if draw.random() < 0.05 else 0
                number += 1
                writer.writerow([number, f"c{customer}", day, f"{paid:.2f}", f"{back:.2f}"])
                day += timedelta(days=draw.randrange(5, 90))
        writer.writerow([number + 1, "c0", "2023-07-01", "10.00", "0"])
        writer.writerow([number + 2, "c1", "2026-06-30", "10.00", "0"])
        # Nobody's payment is nobody's value.
        writer.writerow([number + 3, "", "2026-06-01", "5000.00", "0"])
    (made / "funnelkit.yaml").write_text(
        f"currency: EUR\ngross_margin: {MARGIN}\ndiscount: {DISCOUNT}\nsources: [{{path: payments.csv, table: payments}}]\n"
    )
    return made


def reported(folder: Path, metrics: list[str], engine: str = "pandas", **options: str) -> Report:
    return report(metrics=metrics, config=folder / "funnelkit.yaml", engine=engine, **options)


def answered(folder: Path, query: str, **given: object) -> tuple[float, ...]:
    (row,) = (
        duckdb.connect().execute((PEOPLE + query).format(path=folder / "payments.csv", **given)).fetchall()
    )
    return tuple(float(value) for value in row)


@ENGINES
@pytest.mark.parametrize(
    ("options", "last"), [({}, "2026-06-30"), ({"period": "2026-Q1"}, "2026-03-31")], ids=["all", "quarter"]
)
def test_values_of_twelve_months_equal_sql_by_hand(
    folder: Path, engine: str, options: dict[str, str], last: str
) -> None:
    found = reported(folder, NAMES, engine, **options).metrics
    revenue, before, kept, *_ = answered(folder, YEAR, last=last)
    m, r = MARGIN * revenue, kept / before
    whole = 1 + DISCOUNT - r
    expected = [MARGIN, revenue, m / (1 - r), m * (1 + DISCOUNT) / whole, m * r / whole, m / whole]
    assert [found[name].value for name in NAMES] == pytest.approx(expected, rel=1e-12)
    low, high = wilson(int(kept), int(before))
    assert found["cltv_simple"].interval == pytest.approx((m / (1 - low), m / (1 - high)))
    assert found["cltv_retention_end"].interval == pytest.approx(
        (m / (1 + DISCOUNT - low), m / (1 + DISCOUNT - high))
    )
    assert found["cltv_retention"].n == before


@ENGINES
def test_the_payments_of_a_customer_have_the_limits_of_their_mean(folder: Path, engine: str) -> None:
    """Of one customer each the quotient of sums is a mean, and its error that of one."""
    cell = reported(folder, ["payments_a_year"], engine).metrics["payments_a_year"]
    mean, _, _, n, total, squares = answered(folder, YEAR, last="2026-06-30")
    assert cell.n == n
    assert cell.interval is not None
    error = ((squares - total**2 / n) / (n - 1) / n) ** 0.5
    low, high = cell.interval
    assert high is not None
    assert low * high == pytest.approx(mean**2)
    assert 1.96 * error < mean * 0.5 * (high / low) ** 0.5 - mean * 0.5 * (low / high) ** 0.5 < 2.1 * error


@ENGINES
@pytest.mark.parametrize(
    ("period", "first", "last", "months"),
    [("2025-01", "2025-01-01", "2025-01-31", 18), ("2025-Q2", "2025-04-01", "2025-06-30", 13)],
)
def test_value_to_one_age_equals_sql_by_hand(
    folder: Path, engine: str, period: str, first: str, last: str, months: int
) -> None:
    """As of the end of June 2026 the customers of January 2025 have 18 months, those of June that year 13."""
    made = reported(folder, ["cltv_historic"], engine, period=period)
    total, customers = answered(folder, ACQUIRED, first=first, last=last, months=months)
    cell = made.metrics["cltv_historic"]
    assert cell.value == pytest.approx(MARGIN * total / customers, rel=1e-12)
    assert cell.denominator == customers
    n, total, squares, least = (
        round(v) for v in answered(folder, EACH, first=first, last=last, months=months)
    )
    assert (cell.n, total) == (n, round(100 * cell.numerator / MARGIN) if cell.numerator else 0)
    limits = mean(Moments(n, total, squares, least), Fraction(str(MARGIN)) / 100, money=True)
    assert cell.interval == pytest.approx(limits.interval)
    assert cell.interval_type == limits.interval_type == ("t" if least < 0 else "log_t")
    assert cell.interval
    low, high = cell.interval
    assert high
    error = MARGIN / 100 * ((squares - total**2 / n) / (n - 1) / n) ** 0.5
    # Four errors wide, and more where they are few and the logarithm stretches the upper half.
    assert 3.9 * error < high - low < 6 * error
    (note,) = (note for note in made.warnings if note.code == "customer_age")
    assert f"and the {months - 1} after it" in note.message


def test_a_month_that_is_not_over_adds_no_age(folder: Path) -> None:
    half = reported(folder, ["cltv_historic"], period="2025-01", as_of="2026-06-15").metrics["cltv_historic"]
    total, customers = answered(folder, ACQUIRED, first="2025-01-01", last="2025-01-31", months=17)
    assert half.value == pytest.approx(MARGIN * total / customers, rel=1e-12)


def test_value_to_one_age_is_what_the_cohorts_have_brought(folder: Path, tmp_path: Path) -> None:
    """The same customers, payments and ages as those of the command `cohorts`, times the margin."""
    target = tmp_path / "cohorts.json"
    files = [f"payments={folder / 'payments.csv'}", "--period", "2025-01..2025-06", "--ages", "99"]
    run(["cohorts", *files, "-o", str(target), "-q", "--no-config"])
    tables = json.loads(target.read_text("utf-8"))["tables"]
    (worth,) = (table for table in tables if table["id"] == "revenue_per_customer")
    (january,) = (row for row in worth["rows"] if row["cohort"] == "2025-01")
    found = reported(folder, ["cltv_historic"], period="2025-01").metrics["cltv_historic"]
    assert found.value == pytest.approx(MARGIN * january["age_17"]["value"], rel=1e-12)
    (every,) = (row for row in worth["rows"] if row["cohort"] == "all")
    found = reported(folder, ["cltv_historic"], period="2025-01-01..2025-06-30").metrics["cltv_historic"]
    assert found.value == pytest.approx(MARGIN * every["age_12"]["value"], rel=1e-12)


@pytest.mark.parametrize(
    ("options", "metric", "reason"),
    [
        ({}, "cltv_historic", "no_period"),
        ({"period": "2025-01-01..2025-01-20"}, "cltv_historic", "no_whole_months"),
        ({"period": "2026-06", "as_of": "2026-06-29"}, "cltv_historic", "not_over"),
        ({"period": "2025-03"}, "cltv_simple", "no_data_before"),
        ({"period": "2023-12"}, "payments_a_year", "no_data_before"),
        ({"period": "2026-06", "as_of": "2026-06-15"}, "cltv_retention", "not_over"),
        ({"period": "2026-06", "as_of": "2026-06-15"}, "payments_a_year", "not_over"),
    ],
)
def test_what_cannot_be_said_says_why(
    folder: Path, options: dict[str, str], metric: str, reason: str
) -> None:
    assert reported(folder, [metric], **options).metrics[metric].reason == reason


def test_what_nobody_gives_is_asked_for(folder: Path) -> None:
    path = f"payments={folder / 'payments.csv'}"
    names = [*NAMES, "cltv_historic"]
    found = report([path], metrics=names, period="2026-Q1", currency="EUR", no_config=True).metrics
    assert {name: found[name].reason for name in names} == {
        "payments_a_year": None,
        **dict.fromkeys(["gross_margin", "cltv_historic", "cltv_simple", *LASTING], "no_gross_margin"),
    }
    config = folder / "margin.yaml"
    config.write_text("currency: EUR\ngross_margin: 0.5\nsources: [{path: payments.csv, table: payments}]\n")
    cell = report(metrics=["cltv_retention"], period="2026-Q1", config=config).metrics["cltv_retention"]
    assert cell.reason == "no_discount"
    assert cell.message is not None
    assert "discount" in cell.message


def test_without_payments_there_is_no_value_by_them(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("lead_id,created_at\n1,2026-01-01\n")
    (tmp_path / "funnelkit.yaml").write_text("gross_margin: 0.5\ndiscount: 0.1\n")
    made = report([str(path)], metrics=["cltv_historic", "cltv_simple"], config=tmp_path / "funnelkit.yaml")
    assert {cell.reason for cell in made.metrics.values()} == {"no_payments"}
