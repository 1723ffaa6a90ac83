"""Metrics of companies small enough to reckon by hand, and what must hold for every company.

The properties are those that spreadsheets break: totals that are not the sum of their rows, numbers
that hang on the order of rows, young leads that drag old rates down, cents lost between months.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from funnelkit.build import Filter, Request, build, counting
from funnelkit.dataset import Dataset
from funnelkit.metrics import catalog
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.counted import ask
from funnelkit.metrics.spread import spread
from funnelkit.metrics.windows import Window
from funnelkit.periods import Period, parse
from funnelkit.reports import Report
from tests.small import dataset, day, olist

AS_OF = day("2026-09-30")
PAID = {"channel": "paid_search", "is_paid": 1}
MAIL = {"channel": "email", "is_paid": 0}
WON = {"has_deal": 1, "has_won": 1}


def days(**dates: str | None) -> dict[str, int | None]:
    return {name: day(text) if text else None for name, text in dates.items()}


SHOP: dict[str, list[dict[str, Any]]] = {
    "leads": [
        PAID | WON | days(created_at="2026-07-01", mql_at="2026-07-03", sql_at="2026-07-10",
                          deal_created_at="2026-07-12", won_at="2026-08-01"),
        PAID | days(created_at="2026-07-05", mql_at="2026-07-06"),
        # Skipped the MQL stage; its deal was lost.
        MAIL | {"has_deal": 1} | days(created_at="2026-07-20", sql_at="2026-07-25", deal_created_at="2026-07-28"),
        MAIL | days(created_at="2026-08-02"),
        # Written down two days after it was won.
        MAIL | WON | days(created_at="2026-08-10", deal_created_at="2026-08-05", won_at="2026-08-08"),
        PAID | days(created_at=None),
    ],
    "deals": [
        PAID | {"status": "won", "amount": 100000, "linked": 1}
        | days(created_at="2026-07-12", closed_at="2026-08-01", lead_created_at="2026-07-01"),
        MAIL | {"status": "lost", "amount": 50000, "linked": 1}
        | days(created_at="2026-07-28", closed_at="2026-08-20", lead_created_at="2026-07-20"),
        MAIL | {"status": "won", "amount": 25050, "linked": 1}
        | days(created_at="2026-08-05", closed_at="2026-08-08", lead_created_at="2026-08-10"),
        # The close date of an open deal is only a hope.
        {"channel": "(no lead)", "status": "open", "amount": 90000}
        | days(created_at="2026-08-15", closed_at="2026-12-31"),
        {"channel": "(no lead)", "status": "won", "amount": 10000, "is_new": 0}
        | days(created_at="2026-09-01", closed_at="2026-09-02"),
    ],
    "customers": [
        PAID | {"revenue": 100000} | days(first_won_at="2026-08-01"),
        MAIL | {"revenue": 25050} | days(first_won_at="2026-08-08"),
    ],
    "spend": [
        PAID | {"cost": 30000, "impressions": 1000, "clicks": 50, "conversions": 250}
        | days(start="2026-07-10", end="2026-07-10"),
        PAID | {"cost": 10001, "impressions": 500, "clicks": 9, "conversions": 0}
        | days(start="2026-07-30", end="2026-08-03"),
    ],
}  # fmt: skip

EVERYTHING = {
    "leads": 6,
    "mqls": 4,
    "sqls": 3,
    "opportunities": 3,
    "mql_rate": 4 / 6,
    "sql_rate": 3 / 4,
    "opportunity_rate": 3 / 3,
    "customers_new": 2,
    "lead_conversion_rate": 2 / 6,
    "lead_to_won_days": 31.0,
    "lead_to_won_days_median": 31.0,
    "deals_created": 5,
    "deals_won": 3,
    "deals_lost": 1,
    "deals_open": 1,
    "win_rate": 2 / 3,
    "win_rate_created": 2 / 4,
    "win_rate_value": 1250.50 / 1750.50,
    "win_rate_broad": 2 / 3,
    "revenue_won": 1350.50,
    "deal_size": 625.25,
    "deal_size_median": 625.25,
    "cycle_days": 11.5,
    "cycle_days_median": 11.5,
    "cycle_days_p90": 18.3,
    # Days to close 3, 20, 23 and still open after 46: three quarters, then half of the deals are left.
    "cycle_days_km": 20,
    "velocity": 1 * (2 / 3) * 625.25 / 11.5,
    "cpl": 400.01 / 6,
    "cpl_paid": 400.01 / 3,
    "cost_per_mql": 400.01 / 4,
    "cost_per_sql": 400.01 / 3,
    "cac": 400.01 / 2,
    "cac_paid": 400.01 / 1,
    "roas": 1250.50 / 400.01,
    "cltv": 0.8 * 625.25,
    "cltv_revenue": 625.25,
    "ltv_cac": 0.8 * 625.25 / (400.01 / 2),
    "spend": 400.01,
    "impressions": 1500,
    "clicks": 59,
    "ad_conversions": 2.5,
    "ctr": 59 / 1500,
    "cpc": 400.01 / 59,
    "cpm": 1000 * 400.01 / 1500,
    "cpa": 400.01 / 2.5,
}
AUGUST = {
    "leads": 2,
    # The lead won before it was written down came as a deal on 5 August.
    "mqls": 1,
    "sqls": 1,
    "opportunities": 1,
    "lead_conversion_rate": 1 / 2,
    "lead_to_won_days": None,
    "customers_new": 2,
    "deals_created": 2,
    "deals_won": 2,
    "deals_lost": 1,
    "deals_open": 1,
    "win_rate": 2 / 3,
    "revenue_won": 1250.50,
    # 2 of 5 days of 100.01 are in July: 40.00 by whole cents.
    "spend": 60.01,
    "clicks": 6,
    "cac": 60.01 / 2,
    "roas": 250.50 / 60.01,
    # One deal is open; in the twelve months before two of three were won.
    "velocity": 1 * (2 / 3) * 625.25 / 11.5,
}
JULY = {"leads": 3, "mqls": 3, "sqls": 2, "deals_open": 2, "spend": 340.00, "clicks": 53, "deals_won": 0}


def report(data: Dataset | None = None, period: str | None = None, **request: Any) -> Report:
    asked = parse(period, as_of=AS_OF) if period else None
    request.setdefault("gross_margin", Decimal("0.8"))
    return build(data or dataset(AS_OF, **SHOP), Request(period=asked, **request), catalog.load(), ())


def values(cells: Mapping[str, Cell]) -> dict[str, float | int | None]:
    return {name: cell.value for name, cell in cells.items()}


def differing(
    seen: Mapping[str, float | None], expected: Mapping[str, float | None]
) -> dict[str, tuple[float | None, float | None]]:
    """What is not equal but for the rounding of one division."""
    pairs = {name: (seen[name], want) for name, want in expected.items()}
    return {
        name: (a, b)
        for name, (a, b) in pairs.items()
        if a != b and (a is None or b is None or not math.isclose(a, b, rel_tol=1e-14))
    }


@pytest.mark.parametrize(
    ("period", "expected"),
    [(None, EVERYTHING), ("2026-08", AUGUST), ("2026-07", JULY)],
    ids=["all", "august", "july"],
)
def test_the_shop_comes_out_as_reckoned_by_hand(
    period: str | None, expected: Mapping[str, float | int | None]
) -> None:
    cells = report(period=period, metrics=tuple(expected)).metrics
    assert differing(values(cells), expected) == {}


def test_money_is_divided_once_so_that_cents_are_exact() -> None:
    metrics = report().metrics
    assert metrics["spend"].value == 400.01
    assert metrics["revenue_won"].value == 1350.5
    assert metrics["cpl"].numerator == 400.01
    assert (metrics["leads"].value, type(metrics["leads"].value)) == (6, int)


def test_cells_say_what_they_rest_on() -> None:
    metrics = report().metrics
    rate, size, cpl = metrics["win_rate"], metrics["deal_size"], metrics["cpl"]
    assert (rate.numerator, rate.denominator, rate.n, rate.interval_type) == (2, 3, 3, "wilson")
    assert (size.numerator, size.denominator, size.n, size.interval_type) == (1250.5, 2, 2, "t")
    # Exact limits of 6 counts are 2.2019 and 13.0595 (Garwood).
    assert cpl.interval == pytest.approx((400.01 / 13.0595, 400.01 / 2.2019), rel=1e-4)
    assert metrics["cltv"].method == "historic"


def test_rows_of_a_channel_are_reckoned_like_the_whole() -> None:
    rows = {row.key: row.cells for row in report(by=("channel",)).breakdown.rows}  # type: ignore[union-attr]
    mail, paid, lost = rows["email",], rows["paid_search",], rows["(no lead)",]

    assert (mail["leads"].value, paid["leads"].value, lost["leads"].value) == (3, 3, 0)
    assert paid["cac"].value == 400.01
    assert mail["win_rate"].value == 0.5
    assert lost["deals_open"].value == 1
    assert lost["lead_conversion_rate"].reason == "no_denominator"
    # Leads that nobody paid for did not cost nothing: their cost is unknown.
    assert (mail["cpl"].value, mail["cpl"].reason) == (None, "no_spend_here")


def test_a_group_with_spend_and_no_leads_has_no_cost_per_lead() -> None:
    data = dataset(AS_OF, leads=SHOP["leads"][3:4], spend=SHOP["spend"])
    rows = {row.key: row.cells for row in report(data, by=("channel",)).breakdown.rows}  # type: ignore[union-attr]
    assert rows["paid_search",]["cpl"].reason == "no_denominator"
    assert rows["paid_search",]["spend"].value == 400.01


def without(table: str, *columns: str) -> Dataset:
    rows = [{k: v for k, v in row.items() if k not in columns} for row in SHOP[table]]
    return dataset(AS_OF, **{**SHOP, table: rows})


def only(table: str, **values: Any) -> Dataset:
    rows = [row for row in SHOP[table] if all(row.get(k) == v for k, v in values.items())]
    return dataset(AS_OF, **{**SHOP, table: rows})


def unloaded(*tables: str) -> Dataset:
    return dataset(AS_OF, **{name: rows for name, rows in SHOP.items() if name not in tables})


UNLINKED = [{**deal, "linked": 0, "lead_created_at": None} for deal in SHOP["deals"]]
REASONS: list[tuple[Dataset, str, str]] = [
    (unloaded("spend"), "cpl", "no_spend"),
    (unloaded("leads"), "cpl", "no_leads"),
    (unloaded("leads"), "lead_conversion_rate", "no_leads"),
    (unloaded("deals", "customers"), "win_rate", "no_deals"),
    (unloaded("deals", "customers"), "cac", "no_deals"),
    (unloaded("deals"), "opportunities", "no_opportunity"),
    (dataset(AS_OF, leads=[{"created_at": AS_OF, "status": "opportunity"}]), "mqls", "no_mql"),
    (dataset(AS_OF, customers=[{"first_won_at": AS_OF}], leads=SHOP["leads"]), "cltv_revenue", "no_deals"),
    (unloaded(), "open_rate", "no_emails"),
    (unloaded(), "visitor_lead_rate", "no_web"),
    (unloaded(), "revenue_net", "no_payments"),
    (unloaded(), "sals", "no_sal"),
    (without("leads", "mql_at", "sql_at"), "mqls", "no_mql"),
    (without("deals", "amount"), "deal_size", "no_amount"),
    (without("deals", "amount"), "revenue_won", "no_amount"),
    (without("deals", "created_at"), "cycle_days", "no_dates"),
    (without("spend", "clicks"), "cpc", "no_clicks"),
    (without("spend", "impressions"), "ctr", "no_impressions"),
    (without("spend", "channel", "is_paid"), "cpl_paid", "missing_dimension"),
    (only("deals", status="won"), "win_rate", "no_lost_deals"),
    (only("deals", status="won"), "deals_lost", "no_lost_deals"),
    (only("deals", status="won"), "velocity", "no_open_deals"),
    (only("deals", status="won"), "opportunities", "no_opportunity"),
    (dataset(AS_OF, **{**SHOP, "deals": UNLINKED}), "lead_conversion_rate", "unlinked"),
    (dataset(AS_OF, **{**SHOP, "deals": UNLINKED}), "roas", "unlinked"),
    (dataset(AS_OF, **{**SHOP, "deals": UNLINKED}), "lead_to_won_days", "unlinked"),
    (dataset(AS_OF, deals=[{**d, "status": "unknown"} for d in SHOP["deals"]]), "deals_won", "no_status"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "metric", "reason"), REASONS, ids=lambda x: x if isinstance(x, str) else "")
def test_what_cannot_be_known_says_why(data: Dataset, metric: str, reason: str) -> None:
    cell = report(data, metrics=(metric,)).metrics[metric]
    assert (cell.value, cell.reason) == (None, reason)
    assert cell.message


def test_what_needs_a_date_is_missing_only_where_a_period_is_asked_for() -> None:
    data = without("deals", "closed_at")
    assert report(data, metrics=("deals_won",)).metrics["deals_won"].value == 3
    assert report(data, "2026-08", metrics=("deals_won",)).metrics["deals_won"].reason == "no_dates"


def test_without_a_gross_margin_the_revenue_version_is_offered_by_name() -> None:
    metrics = report(gross_margin=None, metrics=("cltv", "ltv_cac", "cltv_revenue")).metrics
    assert {metrics["cltv"].reason, metrics["ltv_cac"].reason} == {"no_gross_margin"}
    assert "cltv_revenue" in (metrics["cltv"].message or "")
    assert metrics["cltv_revenue"].value == 625.25


def test_no_interval_comes_from_a_single_value() -> None:
    cell = report(metrics=("lead_to_won_days",)).metrics["lead_to_won_days"]
    assert (cell.value, cell.n, cell.interval) == (31.0, 1, None)


STATUSES = ["lead", "mql", "sql", "opportunity", "customer", "rejected"]


def test_a_status_alone_tells_the_stage_and_counts_on_the_day_of_creation() -> None:
    leads = [
        {"created_at": AS_OF - i, "status": word, "has_won": int(word == "customer")}
        for i, word in enumerate(STATUSES)
    ]
    found = report(
        dataset(AS_OF, leads=leads), metrics=("mqls", "sqls", "opportunities", "lead_conversion_rate")
    )
    assert [cell.value for cell in found.metrics.values()] == [4, 3, 2, 1 / 6]
    assert [(s.stage, s.entered) for s in found.funnel] == [
        ("lead", 6), ("mql", 4), ("sql", 3), ("opportunity", 2), ("customer", 1),
    ]  # fmt: skip
    assert "status_without_date" in {note.code for note in found.warnings}
    early = report(dataset(AS_OF, leads=leads), "2026-09-26..2026-09-29", metrics=("mqls", "sqls"))
    assert [cell.value for cell in early.metrics.values()] == [4, 3]


def test_the_mature_rate_leaves_out_young_leads_and_late_wins() -> None:
    def lead(age: int, lag: int | None) -> dict[str, int | None]:
        created = AS_OF - age
        return {
            "created_at": created,
            "has_won": int(lag is not None),
            "won_at": None if lag is None else created + lag,
        }

    leads = [lead(200, 10), lead(200, 100), lead(90, None), lead(90, 90), lead(89, 5), lead(3, None)]
    data = dataset(AS_OF, leads=[{**row, "customer_at": row["won_at"]} for row in leads])
    cell = report(data, metrics=("lead_conversion_rate",)).metrics["lead_conversion_rate"]

    assert (cell.numerator, cell.denominator) == (4, 6)
    assert cell.mature is not None
    assert (cell.mature.numerator, cell.mature.denominator) == (2, 4)


@pytest.mark.parametrize(("end", "start"), [("2026-09-30", "2025-10-01"), ("2024-02-29", "2023-03-01")])
def test_a_trailing_year_ends_with_the_period(end: str, start: str) -> None:
    assert Window(start=0, end=day(end)).trailing(12) == Window(start=day(start), end=day(end))


EMAILS = {"sent_at": AS_OF, "campaign": "a", "sent": 10200, "delivered": 10000, "unique_opens": 2200,
          "unique_clicks": 300, "unsubscribes": 20, "bounces": 200}  # fmt: skip


def test_emails_web_and_payments_are_summed_before_they_are_divided() -> None:
    data = dataset(
        AS_OF,
        emails=[EMAILS, {**EMAILS, "delivered": 0, "unique_opens": 0}],
        web=[{"start": AS_OF, "end": AS_OF, "sessions": 40000}],
        leads=[{"created_at": AS_OF}] * 4,
        payments=[{"paid_at": AS_OF, "amount": 12000, "refunded": 500}, {"paid_at": AS_OF, "amount": 1}],
    )
    metrics = report(data).metrics
    assert metrics["open_rate"].value == 0.22
    assert metrics["ctor"].value == 600 / 2200
    assert metrics["bounce_rate"].value == 400 / 20400
    assert metrics["visitor_lead_rate"].value == 4 / 40000
    assert metrics["revenue_net"].value == 115.01


def test_no_refund_column_means_that_nothing_was_refunded() -> None:
    data = dataset(AS_OF, payments=[{"paid_at": AS_OF, "amount": 12000}])
    assert report(data).metrics["revenue_net"].value == 120.0


CHANNELS = ("a", "b", "c")
near = st.integers(AS_OF - 400, AS_OF)


@st.composite
def companies(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Leads, deals, customers and spend that hang together only loosely."""
    leads, deals, customers = [], [], []
    for _ in range(draw(st.integers(1, 12))):
        created, channel = draw(st.none() | near), draw(st.sampled_from(CHANNELS))
        status = draw(st.sampled_from(["open", "won", "lost", "other", None]))
        opened = draw(near)
        closed = draw(st.integers(opened - 3, AS_OF)) if status not in (None, "open") else None
        won = status == "won"
        dims = {"channel": channel, "is_paid": int(channel == "a")}
        leads.append(
            {**dims, "created_at": created, "mql_at": draw(st.none() | near), "has_deal": int(status is not None),
             "deal_created_at": opened if status else None, "has_won": int(won), "won_at": closed if won else None}
        )  # fmt: skip
        if status:
            amount = draw(st.none() | st.integers(0, 10**9))
            deals.append(
                {**dims, "status": status, "created_at": opened, "closed_at": closed, "linked": 1, "amount": amount,
                 "lead_created_at": created, "is_new": draw(st.integers(0, 1))}
            )  # fmt: skip
        if won:
            customers.append({**dims, "first_won_at": closed, "revenue": amount or 0})
    rows = st.tuples(st.sampled_from(CHANNELS), near, st.integers(0, 90), st.integers(0, 10**7))
    spend = [
        {"channel": channel, "is_paid": int(channel == "a"), "start": start, "end": start + length, "cost": cost,
         "clicks": cost // 100}
        for channel, start, length, cost in draw(st.lists(rows, min_size=1, max_size=6))
    ]  # fmt: skip
    deals.append({"channel": "a", "status": "lost", "created_at": AS_OF, "closed_at": AS_OF, "linked": 1,
                  "amount": 1, "lead_created_at": None, "is_new": 1})  # fmt: skip
    return {"leads": leads, "deals": deals, "customers": customers or [{"channel": "a", "first_won_at": AS_OF - 900,
            "is_paid": 0, "revenue": 0}], "spend": spend}  # fmt: skip


ADDITIVE = ("leads", "mqls", "opportunities", "customers_new", "deals_created", "deals_won", "deals_lost",
            "deals_open", "revenue_won", "spend", "clicks")  # fmt: skip
RATES = ("lead_conversion_rate", "mql_rate", "win_rate", "win_rate_created", "win_rate_value", "deal_size", "cpl",
         "cac", "roas", "cltv", "cycle_days", "deal_size_median", "lead_to_won_days")  # fmt: skip
PERIOD = Period(start=AS_OF - 200, end=AS_OF - 20, label="p")
whole_or_part = st.sampled_from([None, PERIOD])
often = settings(max_examples=25, deadline=None)


def cells(tables: dict[str, list[dict[str, Any]]], period: Period | None, **request: Any) -> Report:
    asked = Request(period=period, gross_margin=Decimal("0.7"), **request)
    return build(dataset(AS_OF, **tables), asked, catalog.load(), ())


@often
@given(company=companies(), period=whole_or_part)
def test_rows_of_additive_metrics_add_up_to_the_total(company: dict[str, Any], period: Period | None) -> None:
    found = cells(company, period, by=("channel",), metrics=ADDITIVE)
    plain = cells(company, period, metrics=ADDITIVE)
    assert found.breakdown is not None
    for name in ADDITIVE:
        rows = [Decimal(str(row.cells[name].value)) for row in found.breakdown.rows]
        assert sum(rows) == Decimal(str(found.metrics[name].value)), name
    assert values(found.metrics) == values(plain.metrics)


@often
@given(company=companies(), period=whole_or_part, data=st.data())
def test_the_order_of_rows_does_not_matter(
    company: dict[str, Any], period: Period | None, data: st.DataObject
) -> None:
    mixed = {table: data.draw(st.permutations(rows)) for table, rows in company.items()}
    request = {"by": ("channel",), "grain": "month"}
    first, second = cells(company, period, **request), cells(mixed, period, **request)
    assert dict(first.metrics) == dict(second.metrics)
    assert first.breakdown == second.breakdown
    assert first.trend == second.trend
    assert first.warnings == second.warnings


@often
@given(company=companies(), period=whole_or_part)
def test_doubling_all_rows_keeps_every_rate(company: dict[str, Any], period: Period | None) -> None:
    # Of a range of days cut by the period a whole cent may fall on either side.
    company["spend"] = [{**row, "end": row["start"]} for row in company["spend"]]
    twice = {table: rows * 2 for table, rows in company.items()}
    first, second = (values(cells(c, period, metrics=RATES).metrics) for c in (company, twice))
    assert differing(first, second) == {}


@often
@given(company=companies(), age=st.integers(0, 89), won=st.booleans())
def test_a_young_lead_never_changes_the_mature_rate(company: dict[str, Any], age: int, won: bool) -> None:
    young = {"channel": "a", "created_at": AS_OF - age, "has_won": int(won), "won_at": AS_OF if won else None}
    before, after = (
        cells({**company, "leads": leads}, None, metrics=("lead_conversion_rate",)).metrics[
            "lead_conversion_rate"
        ]
        for leads in (company["leads"], [*company["leads"], young])
    )
    # Without a single day from lead to win there is no maturity to speak of.
    assume(before.mature is not None)
    assert before.mature == after.mature
    assert after.denominator == (before.denominator or 0) + 1


@often
@given(company=companies())
def test_the_months_of_a_trend_add_up_to_the_year(company: dict[str, Any]) -> None:
    year = Period(start=AS_OF - 500, end=AS_OF + 100, label="all of it")
    found = cells(company, year, grain="month", metrics=("spend", "leads", "deals_won", "clicks"))
    assert found.trend is not None
    for name, cell in found.metrics.items():
        known = [p.cells[name] for p in found.trend.points if p.cells[name].reason != "before_data"]
        points = [Decimal(str(cell.value)) for cell in known]
        if name not in ("spend", "clicks"):
            assert sum(points) == cell.value
        else:
            # Of months that nobody knows yet there are no points.
            assert sum(points) <= Decimal(str(cell.value))


@given(
    parts=st.lists(st.tuples(st.text(max_size=2), st.integers(-(10**12), 10**12)), max_size=5),
    start=st.integers(-50, 50),
    length=st.integers(0, 400),
    cuts=st.sets(st.integers(-60, 500), max_size=8),
)
def test_spreading_loses_nothing_and_never_strays_from_an_even_share(
    parts: list[tuple[str, int]], start: int, length: int, cuts: set[int]
) -> None:
    end = start + length
    found = list(spread(parts, start, end, sorted(cuts)))
    edges = sorted({start, *(c for c in cuts if start < c <= end)})
    total = sum(amount for _, amount in parts)

    assert sum(amount for *_, amount in found) == total
    for i, (key, amount) in enumerate(parts):
        mine = found[i * len(edges) : (i + 1) * len(edges)]
        assert [(k, edge) for k, edge, _ in mine] == [(key, edge) for edge in edges]
        assert sum(part for *_, part in mine) == amount
    for edge, after in zip(edges, [*edges[1:], end + 1], strict=True):
        whole = sum(part for _, at, part in found if at == edge)
        assert abs(whole - total * (after - edge) / (length + 1)) <= 1 + abs(total) * 1e-12


def in_duckdb(data: Dataset, connection: duckdb.DuckDBPyConnection) -> Dataset:
    frames = {}
    for name, frame in data.frames.items():
        text = {column: "object" for column in frame if frame[column].dtype == "str"}
        connection.register("frame", pd.DataFrame(frame.astype(text)))
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
        frames[name] = connection.table(name)
    return replace(data, frames=frames)


def test_rows_groups_and_another_engine_give_the_same_report(monkeypatch: pytest.MonkeyPatch) -> None:
    request = {
        "by": ("channel",),
        "grain": "month",
        "compare": ("prev",),
        "where": (Filter("channel", ("email",), True),),
    }
    data = dataset(AS_OF, **SHOP)
    rows = report(data, "2026-08", **request)
    with duckdb.connect() as connection:
        other = report(in_duckdb(data, connection), "2026-08", **request)
    monkeypatch.setattr(counting, "ask", partial(ask, few_rows=0))
    groups = report(data, "2026-08", **request)

    assert rows == groups == other


olist_is_there = pytest.mark.skipif(
    not (olist.__globals__["OLIST"]).is_dir(), reason="the Olist files are not beside this checkout"
)
ORIGINS = [  # origin, leads, won, rate in percent, limits in percent, median days, mean days
    ("organic_search", 2296, 271, 11.8031, 10.5468, 13.1871, 14.5, 50.1926),
    ("paid_search", 1586, 195, 12.2951, 10.7694, 14.0029, 15, 56.6000),
    ("social", 1350, 75, 5.5556, 4.4550, 6.9083, 30, 60.9600),
    ("unknown", 1099, 179, 16.2875, 14.2225, 18.5874, 11, 41.2905),
    ("direct_traffic", 499, 56, 11.2224, 8.7440, 14.2934, 10, 31.1250),
    ("email", 493, 15, 3.0426, 1.8524, 4.9589, 21, 52.2000),
    ("referral", 284, 24, 8.4507, 5.7445, 12.2660, 18.5, 32.5417),
    ("other", 150, 4, 2.6667, 1.0418, 6.6554, 9, 15.2500),
    ("display", 118, 6, 5.0847, 2.3510, 10.6507, 8.5, 10.3333),
    ("other_publicities", 65, 3, 4.6154, 1.5820, 12.7138, 35, 39.3333),
    ("(blank)", 60, 14, 23.3333, 14.4396, 35.4363, 7.5, 49.2143),
]
MATURING = [  # month, leads, won by 2018-05-31, share of the 90-day potential, completed rate
    ("2018-03", 1174, 140, 0.9645, 0.123634),
    ("2018-04", 1352, 154, 0.8739, 0.130338),
    ("2018-05", 1303, 70, 0.5640, 0.095252),
]


@olist_is_there
def test_the_olist_funnel_comes_out_as_published() -> None:
    found = report(olist(), by=("channel",))
    rate, days = found.metrics["lead_conversion_rate"], found.metrics["lead_to_won_days"]

    assert (rate.numerator, rate.denominator, rate.value) == (842, 8000, 0.10525)
    assert rate.interval == pytest.approx((0.098714, 0.112165), abs=5e-7)
    assert (days.numerator, days.n, days.value) == (40789, 841, 40789 / 841)
    assert found.metrics["lead_to_won_days_median"].value == 14
    assert found.metrics["customers_new"].value == 842
    assert found.metrics["cpl"].reason == "no_spend"
    assert [(s.stage, s.entered) for s in found.funnel] == [("lead", 8000), ("customer", 842)]
    notes = {note.code: note.message for note in found.warnings}
    assert "2017-06-14" in notes["left_truncated"]
    assert "2017-12-05" in notes["left_truncated"]
    assert "1" in notes["negative_lags"]


@olist_is_there
def test_the_olist_origins_come_out_as_published() -> None:
    found = report(olist(), by=("channel",)).breakdown
    assert found is not None
    assert [row.key[0] for row in found.rows] == [origin for origin, *_ in ORIGINS]
    for row, (_, leads, won, percent, low, high, median, mean) in zip(found.rows, ORIGINS, strict=True):
        rate = row.cells["lead_conversion_rate"]
        assert (rate.numerator, rate.denominator) == (won, leads)
        assert [100 * (rate.value or 0), *(100 * (x or 0) for x in rate.interval or ())] == pytest.approx(
            [percent, low, high], abs=5e-5
        )
        assert row.cells["lead_to_won_days_median"].value == median
        assert row.cells["lead_to_won_days"].value == pytest.approx(mean, abs=5e-5)


@olist_is_there
@pytest.mark.parametrize(("month", "leads", "won", "share", "completed"), MATURING)
def test_young_olist_cohorts_are_completed_as_published(
    month: str, leads: int, won: int, share: float, completed: float
) -> None:
    cell = report(olist("2018-05-31"), month, metrics=("lead_conversion_rate",)).metrics[
        "lead_conversion_rate"
    ]
    assert (cell.numerator, cell.denominator) == (won, leads)
    assert cell.projected is not None
    assert cell.projected.share_elapsed == pytest.approx(share, abs=5e-5)
    assert cell.projected.value == pytest.approx(completed, abs=5e-7)
