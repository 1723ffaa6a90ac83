"""Every number of a report says how sure it is: limits with their type, or why it has none."""

from __future__ import annotations

import csv
import json
import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import jsonschema
import numpy
import pytest
import scipy.stats

from funnelkit import report
from funnelkit.metrics import catalog, repaid
from funnelkit.render import json as as_json
from funnelkit.render import schema
from funnelkit.reports import Cell, Report
from funnelkit.statistics.moments import Moments

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
FIRST, LAST = date(2024, 1, 1), date(2026, 9, 20)
CHANNELS = ("paid_search", "email", "referral")
OWNERS = ("Ada", "Ben")
ALL = list(catalog.load().metrics)
OWN = ["own_sum", "own_product", "own_quotient", "own_rate"]
CONFIG = """\
currency: EUR
gross_margin: 0.7
discount: 0.1
sla: 24 h
brand: [acme]
metrics:
  own_sum: {label: Own sum, formula: 2 * revenue_won - spend, unit: money, better: higher}
  own_product: {label: Own product, formula: leads * deal_size, unit: money, better: higher}
  own_quotient: {label: Own quotient, formula: revenue_won / spend, unit: multiple, better: higher}
  own_rate: {label: Own rate, formula: deals_won / leads, unit: ratio, better: higher}
"""


def day(draw: random.Random) -> date:
    return FIRST + timedelta(days=draw.randrange((LAST - FIRST).days + 1))


def write(folder: Path, name: str, head: str, rows: Sequence[tuple[object, ...]]) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that tells of everything that a metric asks for."""
    made, draw = tmp_path_factory.mktemp("made"), random.Random(11)
    leads, work, deals, stages = [], [], [], []
    for n in range(2500):
        channel = draw.choice(CHANNELS)
        at = datetime.combine(day(draw), datetime.min.time()) + timedelta(minutes=draw.randrange(1440))
        came, owner = at.date(), draw.choice(OWNERS)
        reached = 4 if channel == "referral" else draw.randrange(5)
        later = [came + timedelta(days=draw.randrange(3) + 2 * step) for step in range(4)]
        stamps = [when if step < reached and when <= LAST else "" for step, when in enumerate(later)]
        answered = at + timedelta(minutes=draw.randrange(3, 3000)) if draw.random() < 0.96 else ""
        status = "Rejected" if not stamps[1] and draw.random() < 0.3 else ""
        leads.append(
            (f"l{n}", f"p{n}@firm{n}.com", at, answered, channel, owner, draw.randrange(100), status, *stamps)
        )
        work += [
            (f"l{n}", later[0] + timedelta(days=1), "Call", "Outbound") for _ in range(draw.randrange(3))
        ]
        if stamps[3] == "" and draw.random() < 0.8:
            continue
        opened = later[3] if later[3] <= LAST else came
        closed = opened + timedelta(days=draw.randrange(40))
        word = (
            draw.choice(["Won"] if channel == "referral" else ["Won", "Lost", "Open"])
            if closed <= LAST
            else "Open"
        )
        due = closed if word != "Open" else LAST + timedelta(days=draw.randrange(-20, 60))
        amount = f"{draw.lognormvariate(8, 1):.2f}"
        deals.append(
            (f"d{n}", f"l{n}", opened, "" if word == "Open" else closed, due, word, amount, owner, "")
        )
        stages += [
            (f"d{n}", "Qualified", opened),
            (f"d{n}", word if word != "Open" else "Proposal", min(closed, LAST)),
        ]
    write(
        made,
        "leads",
        "lead_id,email,created_at,first_response_at,channel,owner,score,status,mql_at,sal_at,sql_at,opportunity_at",
        leads,
    )
    write(
        made,
        "activities",
        "Lead ID,Activity Date,Activity Type,Direction",
        [row for row in work if row[1] <= LAST],
    )
    write(
        made,
        "deals",
        "deal_id,lead_id,created_at,closed_at,expected close date,status,amount,owner,type",
        deals,
    )
    write(made, "stage_history", "deal_id,stage,entered_at", stages)
    every = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    write(
        made,
        "spend",
        "date,channel,cost,impressions,clicks,conversions,conversion_value",
        [
            (
                one,
                "paid_search",
                f"{draw.uniform(50, 90):.2f}",
                draw.randrange(800, 2000),
                draw.randrange(20, 60),
                draw.randrange(5),
                draw.randrange(300),
            )
            for one in every
        ],
    )
    write(
        made,
        "web",
        "date,channel,sessions,engaged_sessions",
        [
            (one, draw.choice((*CHANNELS, "direct")), draw.randrange(50, 99), draw.randrange(20, 50))
            for one in every
        ],
    )
    write(
        made,
        "emails",
        "sent_at,campaign,sent,delivered,unique_opens,unique_clicks,unsubscribes,bounces,complaints",
        [
            (
                one,
                f"c{one}",
                500,
                490,
                draw.randrange(99, 200),
                draw.randrange(10, 50),
                draw.randrange(5),
                10,
                draw.randrange(2),
            )
            for one in every[::7]
        ],
    )
    write(
        made,
        "social",
        "date,channel,impressions,reach,followers,engagements",
        [
            (
                one,
                "organic_social",
                draw.randrange(500, 900),
                draw.randrange(300, 500),
                4000,
                draw.randrange(9, 60),
            )
            for one in every
        ],
    )
    write(
        made,
        "search",
        "date,query,clicks,impressions",
        [(one, draw.choice(["acme", "crm"]), draw.randrange(9), draw.randrange(20, 90)) for one in every],
    )
    write(
        made,
        "payments",
        "payment_id,customer_id,paid_at,amount,refunded",
        [
            (n, f"c{draw.randrange(900)}", day(draw), f"{draw.lognormvariate(5, 1):.2f}", 0)
            for n in range(5000)
        ],
    )
    months = [f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)]
    write(
        made,
        "quotas",
        "owner,period,amount",
        [(owner, month, 400000) for owner in OWNERS for month in months],
    )
    write(
        made,
        "costs",
        "start,end,amount,kind",
        [(f"{month}-01", f"{month}-28", 8400, "salary") for month in months[:33]],
    )
    (made / "funnelkit.yaml").write_text(CONFIG)
    return made


TABLES = "leads deals spend web emails social search payments quotas costs activities stage_history".split()
SUMS = (
    "leads mqls sals sqls opportunities customers_new deals_created deals_won deals_lost deals_open deals_overdue "
    "pipeline_open pipeline_overdue revenue_won revenue_net spend impressions clicks ad_conversions sessions "
    "emails_sent emails_delivered own_sum"
)
REASONS = {
    "total": SUMS.split(),
    "given": ["gross_margin"],
    "of_quota": ["quota_attainment", "pacing", "pipeline_coverage"],
    "two_periods": [
        "cac_ratio_cost",
        "cac_ratio_return",
        "magic_number",
        "revenue_growth",
        "revenue_net_growth",
    ],
    "expected": ["pipeline_weighted"],
    "several_parts": ["velocity", "own_product", "own_quotient"],
}
"""What is no estimate, and what nobody knows the limits of: all else has limits, wherever there are cases enough."""


def made(folder: Path, **options: object) -> Report:
    files = [f"{name}={folder / name}.csv" for name in TABLES]
    return report(files, config=folder / "funnelkit.yaml", **options)


def cells(found: Report) -> Iterator[tuple[str, Cell]]:
    """Every cell of *found* by metric: of the whole, its groups and its trend, and of what it is compared with."""
    places: list[Mapping[str, Cell]] = [found.metrics]
    groups = found.breakdown.rows if found.breakdown else ()
    places += [row.cells for row in groups]
    for points in (found.trend.points if found.trend else (), *(row.trend for row in groups)):
        places += [point.cells for point in points]
    changes = [row.changes for row in groups]
    changes += [one.changes for one in (found.comparison, *found.besides) if one]
    for one in changes:
        places.append({name: change.previous for name, change in one.items()})
    for place in places:
        yield from place.items()


def numbers(found: object) -> Iterator[dict[str, object]]:
    """Every object of a JSON document that is a number with a unit."""
    if isinstance(found, dict):
        if {"value", "unit"} <= found.keys() and found["value"] is not None:
            yield found
        for inner in found.values():
            yield from numbers(inner)
    if isinstance(found, list):
        for inner in found:
            yield from numbers(inner)


ASKED: list[dict[str, object]] = [
    {},
    {"by": "channel"},
    {"period": "2026-08", "compare": "prev,yoy"},
    {"period": "2026-Q2", "grain": "month"},
    {"period": "2026-Q3", "compare": "prev", "by": "owner"},
    {"period": "2025-07-01..2025-12-31", "by": "channel,owner", "grain": "month", "compare": "yoy"},
    {"period": "2026-09-18..2026-09-20", "by": "channel", "compare": "prev"},
]


def test_every_metric_with_a_value_says_how_sure_it_is(folder: Path) -> None:
    seen: dict[str, set[str]] = {}
    for options in ASKED:
        found = made(folder, metrics=[*ALL, *OWN], **options)
        for name, cell in cells(found):
            if cell.value is None:
                assert cell.interval is None
                assert cell.unlimited is None
                continue
            assert (cell.interval is None) is (cell.interval_type is None), name
            assert (cell.interval is None) is (cell.unlimited is not None), name
            seen.setdefault(name, set()).add(cell.unlimited.code if cell.unlimited else "")
            if cell.interval:
                low, high = cell.interval
                assert low <= cell.value * (1 + 1e-9) + 1e-12, name
                assert high is None or cell.value <= high * (1 + 1e-9) + 1e-12, name
    assert {*ALL, *OWN} == {*seen}
    for code, names in REASONS.items():
        assert {name: seen[name] for name in names} == {name: {code} for name in names}
    others = seen.keys() - {name for names in REASONS.values() for name in names}
    assert {name for name in others if "" not in seen[name]} == set()


def test_every_number_of_the_document_says_how_sure_it_is(folder: Path) -> None:
    found = made(folder, period="2026-05-01..2026-09-20", compare="prev", by="channel", grain="month")
    document = json.loads(as_json.render(found))
    jsonschema.validate(document, schema.read())
    several = list(numbers(document))
    assert len(several) > 1000
    for one in several:
        assert ("interval" in one) is ("interval_type" in one), one
        assert ("interval" in one) is not ("interval_reason" in one), one
    mature = document["metrics"]["lead_conversion_rate"]["mature"]
    wilson = scipy.stats.binomtest(mature["numerator"], mature["denominator"]).proportion_ci(method="wilson")
    assert mature["interval"] == pytest.approx([wilson.low, wilson.high])


# -- limits by hand --------------------------------------------------------------------------------


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@ENGINES
def test_the_nine_of_ten_have_limits_by_order_statistics(folder: Path, engine: str) -> None:
    cell = made(folder, metrics=["cycle_days_p90"], period="2026-01-01..2026-06-30", engine=engine).metrics[
        "cycle_days_p90"
    ]
    won = [
        row
        for row in rows(folder, "deals")
        if row["status"] == "Won" and "2026-01-01" <= row["closed_at"] <= "2026-06-30"
    ]
    cycles = sorted(ordinal(row["closed_at"]) - ordinal(row["created_at"]) for row in won)
    n = len(cycles)
    # So many values are below the quantile as a coin has heads that falls so in nine of ten throws.
    heads = scipy.stats.binom(n, 0.9)
    low = max(rank for rank in range(1, n + 1) if heads.cdf(rank - 1) <= 0.025)
    high = min(rank for rank in range(1, n + 1) if heads.sf(rank - 1) <= 0.025)
    assert cell.interval == (cycles[low - 1], cycles[high - 1])
    assert (cell.n, cell.interval_type) == (n, "order")


@ENGINES
def test_payback_has_limits_by_days(folder: Path, engine: str) -> None:
    cell = made(folder, metrics=["payback_months"], period="2026-Q2", engine=engine).metrics["payback_months"]
    cost, won = defaultdict[str, float](float), defaultdict[str, float](float)
    for row in rows(folder, "spend"):
        cost[row["date"]] += float(row["cost"])
    for row in rows(folder, "costs"):
        start, end = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        for n in range((end - start).days + 1):
            cost[str(start + timedelta(n))] += float(row["amount"]) / ((end - start).days + 1)
    deals = [row for row in rows(folder, "deals") if row["status"] == "Won"]
    for row in deals:
        won[row["closed_at"]] += float(row["amount"])
    known = [one for one in {*cost, *won} if "2026-04-01" <= one <= "2026-06-30"]
    pairs = [(12 * cost[one], 0.7 * won[one]) for one in known]
    x, y, xx, yy, xy = (math.fsum(of(a, b) for a, b in pairs) for of in SUMMED)
    n, ratio, units = len(pairs), x / y, x**2 / xx
    variance = (xx - 2 * ratio * xy + ratio**2 * yy) * n / (n - 1) / y**2
    half = scipy.stats.t.ppf(0.975, min(n, units) - 1) * math.sqrt(variance) / ratio
    assert cell.value == pytest.approx(ratio)
    assert cell.interval == pytest.approx((ratio / math.exp(half), ratio * math.exp(half)))
    assert (cell.n, cell.interval_type) == (
        sum("2026-04-01" <= d["closed_at"] <= "2026-06-30" for d in deals),
        "days",
    )


SUMMED: list[Callable[[float, float], float]] = [
    lambda a, b: a,
    lambda a, b: b,
    lambda a, b: a * a,
    lambda a, b: b * b,
    lambda a, b: a * b,
]


@ENGINES
def test_of_a_running_month_the_costs_so_far_have_limits_too(folder: Path, engine: str) -> None:
    cell = made(folder, metrics=["payback_months"], period="2026-Q3", engine=engine).metrics["payback_months"]
    assert (cell.interval_type, cell.unlimited) == ("days", None)


@ENGINES
def test_value_over_cost_varies_with_the_customers_and_what_they_bring(folder: Path, engine: str) -> None:
    cell = made(folder, metrics=["ltv_cac"], period="2026-01-01..2026-06-30", engine=engine).metrics[
        "ltv_cac"
    ]
    # Each lead has one deal at most, so that a deal won is a customer.
    amounts = [
        float(row["amount"])
        for row in rows(folder, "deals")
        if row["status"] == "Won" and "2026-01-01" <= row["closed_at"] <= "2026-06-30"
    ]
    spent = sum(
        float(row["cost"]) for row in rows(folder, "spend") if "2026-01-01" <= row["date"] <= "2026-06-30"
    )
    n, total, squares = len(amounts), sum(amounts), sum(a * a for a in amounts)
    mean, variance = total / n, statistics.variance(amounts)
    # The logarithm of a mean times a number varies with both: by the delta method.
    error = math.sqrt(variance / n / mean**2 + 1 / n)
    half = scipy.stats.t.ppf(0.975, total**2 / squares - 1) * error
    value = 0.7 * total / spent
    assert cell.value == pytest.approx(value)
    assert cell.interval == pytest.approx((value / math.exp(half), value * math.exp(half)))
    assert (cell.n, cell.interval_type) == (n, "customers")


def test_such_limits_hold_the_truth_as_often_as_they_say() -> None:
    draw, held, asked = numpy.random.default_rng(4), 0, 0
    truth = 30 * math.exp(0.5)
    for _ in range(1500):
        cents = [int(100 * amount) for amount in draw.lognormal(0, 1, draw.poisson(30))]
        half = repaid._half(Moments.of(Counter(cents)), len(cents))
        if half is not None:
            asked += 1
            held += abs(math.log(sum(cents) / 100 / truth)) <= half
    assert asked > 1450
    assert 0.925 < held / asked < 0.975


def test_few_customers_have_no_limits(folder: Path) -> None:
    cell = made(folder, metrics=["ltv_cac"], period="2026-08-01..2026-08-03").metrics["ltv_cac"]
    assert cell.value is not None
    assert (cell.interval, cell.unlimited and cell.unlimited.code) == (None, "few_units")
