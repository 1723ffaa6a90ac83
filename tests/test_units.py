"""Limits of quotients of sums in reports: equal to what SQL by hand and scipy make of the days, deals and customers."""

from __future__ import annotations

import csv
import math
import random
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import scipy.stats

from funnelkit import report
from funnelkit.reports import Report

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
ADS = ["ctr", "cpc", "cpm", "cpa", "roas_platform"]
FIRST = date(2025, 1, 1)
SUMS = "SELECT count(*), sum(x), sum(y), sum(x * x), sum(y * y), sum(x * y) FROM ({units})"
Sums = tuple[int, float, float, float, float, float]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of leads, deals, ads and payments of eighteen months."""
    folder, draw = tmp_path_factory.mktemp("made"), random.Random(5)
    channels = ("paid_search", "paid_social", "email")

    def day() -> date:
        return FIRST + timedelta(days=draw.randrange(540))

    leads = [(f"l{n}", day(), draw.choice(channels)) for n in range(900)]
    deals = []
    for n in range(700):
        lead, created, _ = leads[n]
        closed = created + timedelta(days=draw.randrange(40))
        amount = "" if n % 50 == 0 else f"{draw.lognormvariate(8, 1):.2f}"
        deals.append((f"d{n}", lead, created, closed, draw.choice(["Won", "Lost", "Lost", "Open"]), amount))
    ads = [
        (FIRST + timedelta(days=n), channel, f"{draw.uniform(20, 90):.2f}", draw.randrange(800, 3000))
        for n in range(540)
        for channel in channels[:2]
    ]
    shown = [(*ad, draw.randrange(1, 60), draw.randrange(0, 9), draw.randrange(0, 400)) for ad in ads]
    payments = [
        (n, f"c{draw.randrange(150)}", day(), f"{draw.lognormvariate(6, 1):.2f}") for n in range(4000)
    ]
    for name, head, rows in (
        ("leads", "lead_id,created_at,channel", leads),
        ("deals", "deal_id,lead_id,created_at,closed_at,status,amount", deals),
        ("ads", "date,channel,cost,impressions,clicks,conversions,conversion_value", shown),
        ("payments", "payment_id,customer_id,paid_at,amount", payments),
    ):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([head.split(","), *rows])
    return folder


def reported(folder: Path, metrics: list[str], engine: str = "pandas", **asked: object) -> Report:
    names = ["payments.csv"] if set(metrics) & {"grr", "nrr", "expansion_rate"} else ["leads.csv", "deals.csv", "ads.csv"]  # fmt: skip
    return report(
        [folder / name for name in names], metrics=metrics, engine=engine, currency="EUR", no_config=True, **asked
    )  # fmt: skip


def answered(folder: Path, units: str, **also: str) -> Sums:
    (row,) = duckdb.connect().execute(SUMS.format(units=units.format(folder=folder, **also))).fetchall()
    return row[0], *(float(v) for v in row[1:])


def limits(sums: Sums, *, share: bool) -> tuple[float, float]:
    """By residuals, on logarithms or on odds, with t of as many units of one size."""
    n, x, y, xx, yy, xy = sums
    value = x / y
    error = math.sqrt(n / (n - 1) * (xx - 2 * value * xy + value**2 * yy)) / y
    equal = y**2 / yy if share else min(n, x**2 / xx)
    half = scipy.stats.t.ppf(0.975, equal - 1) * error
    if not share:
        return value * math.exp(-half / value), value * math.exp(half / value)
    odds = [math.log(value / (1 - value)) + sign * half / (value * (1 - value)) for sign in (-1, 1)]
    return 1 / (1 + math.exp(-odds[0])), 1 / (1 + math.exp(-odds[1]))


DAYS = """
SELECT {top} AS x, {bottom} AS y FROM (
    SELECT date, sum(cost) AS cost, sum(impressions) AS impressions, sum(clicks) AS clicks,
        sum(conversions) AS conversions, sum(conversion_value) AS worth
    FROM '{folder}/ads.csv' WHERE date BETWEEN '2026-01-01' AND '2026-03-31' AND {where} GROUP BY date)
"""
OF_ADS = {
    "ctr": ("clicks", "impressions"),
    "cpc": ("cost", "clicks"),
    "cpm": ("1000 * cost", "impressions"),
    "cpa": ("cost", "conversions"),
    "roas_platform": ("worth", "cost"),
}


@ENGINES
@pytest.mark.parametrize("metric", ADS)
def test_quotients_of_an_ad_account_by_day(made: Path, metric: str, engine: str) -> None:
    found = reported(made, [metric], engine, period="2026-Q1", by=["channel"])
    assert found.breakdown is not None
    cells = {"true": found.metrics[metric]}
    cells |= {f"channel = '{row.key[0]}'": row.cells[metric] for row in found.breakdown.rows if row.key[0] != "email"}  # fmt: skip
    assert len(cells) == 3
    top, bottom = OF_ADS[metric]
    for where, cell in cells.items():
        sums = answered(made, DAYS, top=top, bottom=bottom, where=where)
        assert cell.value == pytest.approx(sums[1] / sums[2])
        assert cell.interval == pytest.approx(limits(sums, share=False))
        assert cell.interval_type == "days"


REVENUE = """
SELECT coalesce(worth, 0) AS x, coalesce(cost, 0) AS y
FROM (SELECT l.created_at AS day, sum(amount) AS worth FROM '{folder}/deals.csv' JOIN '{folder}/leads.csv' l USING (lead_id)
    WHERE status = 'Won' AND l.created_at BETWEEN '2025-07-01' AND '2025-12-31' GROUP BY day)
FULL JOIN (SELECT date AS day, sum(cost) AS cost FROM '{folder}/ads.csv'
    WHERE date BETWEEN '2025-07-01' AND '2025-12-31' GROUP BY date) USING (day)
"""


@ENGINES
def test_the_return_on_spend_by_day_of_the_leads(made: Path, engine: str) -> None:
    config = made / "funnelkit.yaml"
    config.write_text("currency: EUR\ngross_margin: 0.5\n")
    files = [made / name for name in ("leads.csv", "deals.csv", "ads.csv")]
    asked = report(
        files, metrics=["roas", "romi"], engine=engine, config=config, period="2025-07-01..2025-12-31"
    )
    found = asked.metrics
    sums = answered(made, REVENUE)
    low, high = limits(sums, share=False)
    assert found["roas"].value == pytest.approx(sums[1] / sums[2])
    assert found["roas"].interval == pytest.approx((low, high))
    # What is spent is taken off once, whatever comes back.
    assert found["romi"].interval == pytest.approx((low / 2 - 1, high / 2 - 1))
    won = f"SELECT count(*) FROM '{made}/deals.csv' JOIN '{made}/leads.csv' l USING (lead_id) WHERE status = 'Won' AND l.created_at BETWEEN '2025-07-01' AND '2025-12-31'"
    assert found["roas"].n == duckdb.connect().execute(won).fetchall()[0][0]


CLOSED = """
SELECT CASE status WHEN 'Won' THEN amount ELSE 0 END AS x, amount AS y FROM '{folder}/deals.csv'
WHERE status IN ('Won', 'Lost') AND closed_at BETWEEN '2025-07-01' AND '2025-12-31' AND amount IS NOT NULL
"""


@ENGINES
def test_the_win_rate_by_value_by_deal(made: Path, engine: str) -> None:
    found = reported(made, ["win_rate_value"], engine, period="2025-07-01..2025-12-31").metrics[
        "win_rate_value"
    ]
    sums = answered(made, CLOSED)
    assert found.value == pytest.approx(sums[1] / sums[2])
    assert found.n == sums[0]
    assert found.interval == pytest.approx(limits(sums, share=True))


CUSTOMERS = """
SELECT {top} AS x, ago AS y FROM (
    SELECT coalesce(sum(amount) FILTER (paid_at BETWEEN '2026-01-01' AND '2026-05-31'), 0) AS now,
        coalesce(sum(amount) FILTER (paid_at BETWEEN '2025-01-01' AND '2025-05-31'), 0) AS ago
    FROM '{folder}/payments.csv' GROUP BY customer_id) WHERE ago > 0
"""
OF_CUSTOMERS = {"grr": "least(now, ago)", "nrr": "now", "expansion_rate": "greatest(now - ago, 0)"}


@ENGINES
def test_revenue_kept_by_customer(made: Path, engine: str) -> None:
    found = reported(made, [*OF_CUSTOMERS], engine, period="2026-01-01..2026-05-31", grain="month").metrics
    for metric, top in OF_CUSTOMERS.items():
        sums = answered(made, CUSTOMERS, top=top)
        assert found[metric].value == pytest.approx(sums[1] / sums[2])
        assert found[metric].n == sums[0]
        assert found[metric].interval == pytest.approx(limits(sums, share=metric == "grr"))
        assert found[metric].interval_type == "customers"


def test_the_rows_beyond_the_top_have_limits_of_their_own(made: Path) -> None:
    """The second and third channel as one: what a filter for them gives."""
    top = reported(made, ["ctr"], period="2026-Q1", by=["channel"], top=1, sort="ctr").breakdown
    assert top is not None
    first, rest = top.rows
    others = reported(made, ["ctr"], period="2026-Q1", where=[f"channel!={first.key[0]}"])
    assert rest.cells["ctr"] == others.metrics["ctr"]


def test_a_change_is_called_by_its_units(made: Path) -> None:
    """Of the same account in two quarters; the p by hand from both, as if they had one quotient."""
    found = reported(made, ["ctr"], period="2026-Q1", compare="2025-Q3").comparison
    assert found is not None
    change = found.changes["ctr"]
    sides = [
        answered(made, DAYS.replace("2026-01-01", start).replace("2026-03-31", end), top="clicks", bottom="impressions", where="true")
        for start, end in (("2026-01-01", "2026-03-31"), ("2025-07-01", "2025-09-30"))
    ]  # fmt: skip
    common = sum(s[1] for s in sides) / sum(s[2] for s in sides)
    units = [x**2 / xx for _, x, _, xx, _, _ in sides]
    residuals = [(xx - 2 * common * xy + common**2 * yy) / y**2 for _, _, y, xx, yy, xy in sides]
    spread = [m / (m - 2) * residual for m, residual in zip(units, residuals, strict=True)]
    freedom = sum(spread) ** 2 / sum(v**2 / (m - 1) for v, m in zip(spread, units, strict=True))
    z = (sides[0][1] / sides[0][2] - sides[1][1] / sides[1][2]) / math.sqrt(sum(spread))
    assert change.p == pytest.approx(2 * scipy.stats.t.sf(abs(z), freedom))
    assert change.verdict == "no call"
    assert change.uncalled == "noise"


def test_what_has_no_limits_says_why(made: Path, tmp_path: Path) -> None:
    few = reported(made, ["ctr", "roas"], period="2026-02-01..2026-02-03").metrics
    # So few days say nothing of how they differ; what the impressions alone allow is said for what it is.
    clicks, impressions = few["ctr"].numerator, few["ctr"].denominator
    assert (few["ctr"].interval_type, few["ctr"].n) == ("wilson", impressions)
    assert few["ctr"].interval == pytest.approx(
        tuple(scipy.stats.binomtest(clicks, impressions).proportion_ci(method="wilson"))
    )
    assert few["roas"].interval is None
    assert few["roas"].unlimited is not None
    assert few["roas"].unlimited.code == "few_units"
    monthly = tmp_path / "ads.csv"
    rows = [f"2025-{m:02},2025-{m:02}-01,2025-{m:02}-28,paid_search,100,1000,{10 + m}" for m in range(1, 13)]
    monthly.write_text("name,start,end,channel,cost,impressions,clicks\n" + "\n".join(rows))
    ids = ["ctr", "cpc"]
    found = report([f"spend={monthly}"], metrics=ids, currency="EUR", no_config=True).metrics
    assert found["ctr"].interval_type == "wilson"
    # 198 clicks for 1,200: the exact limits of a count of 198 are 171.38 and 227.58.
    assert found["cpc"].interval_type == "poisson"
    assert found["cpc"].interval == pytest.approx((1200 / 227.58333, 1200 / 171.37988))
