"""The catalogue is a language: what it cannot mean must fail when it is read, by name.

Every entry carries a worked example, which is executed here; without that, documentation and
formula drift apart.
"""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from funnelkit.errors import ConfigError, UsageError
from funnelkit.metrics import catalog, response, stages
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.catalog import Catalog
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.columns import UNANSWERED
from funnelkit.metrics.entries import Metric
from funnelkit.metrics.formula import evaluate
from funnelkit.metrics.lagged import charge
from funnelkit.metrics.language import GROUPS
from funnelkit.metrics.units import UNITS
from funnelkit.metrics.weighing import weighted
from funnelkit.statistics.moments import Moments
from funnelkit.statistics.survival import kaplan_meier

KNOWN = catalog.load()
WANTED = (
    "leads mqls sals sqls opportunities deals_created deals_won deals_lost deals_open customers_new revenue_won "
    "lead_conversion_rate mql_rate sql_rate opportunity_rate win_rate win_rate_created win_rate_value "
    "win_rate_broad deal_size deal_size_median cycle_days cycle_days_median cycle_days_p90 cycle_days_km "
    "lead_to_won_days lead_to_won_days_median spend impressions clicks ad_conversions ctr cpc cpm cpa "
    "roas_platform cpl cpl_paid cost_per_mql cost_per_sql cac cac_paid roas velocity cltv cltv_revenue ltv_cac "
    "emails_sent emails_delivered open_rate click_rate ctor unsubscribe_rate bounce_rate sessions "
    "visitor_lead_rate revenue_net"
).split()
METRICS = pytest.mark.parametrize("metric", KNOWN.metrics.values(), ids=lambda m: m.id)


def worked(metric: Metric, given: dict[str, Any]) -> float | int | None:
    """The value of the example."""
    if metric.formula is not None:
        return evaluate(metric.formula.text, given)
    if metric.statistic == "conversion":
        return evaluate(f"{metric.reached} / {metric.among}", given)
    if metric.statistic == "survival":
        came, waiting = Counter(given["events"]), Counter(given["censored"])
        curve = kaplan_meier(came, waiting)
        return stats.survival_quantile(curve, came.total() + waiting.total(), metric.q).value
    if metric.statistic == "lagged":
        spend = given["spend"]
        cost, _ = charge(dict(enumerate(spend)), Counter(given["lags"]), given["first"], len(spend) - 1)
        return cost / int(given["customers"])
    if metric.statistic == "kappa":
        return stats.agreed(*(given[name] for name in metric.judged)).value
    if metric.statistic == "auc":
        return stats.area(Counter(given["won"]), Counter(given["others"])).value
    if metric.statistic == "within":
        old = {(wait, response.DAY): n for wait, n in Counter(given["answered"]).items()}
        still = {(wait, UNANSWERED): n for wait, n in Counter(given["waiting"]).items()}
        return stats.share(*response.within(old | still, metric.minutes or response.DAY)).value
    if metric.statistic == "weighted":
        amounts = (given[name] for name in ("amounts", "won", "decided"))
        top, bottom = weighted([(n, Fraction(won, of)) for n, won, of in zip(*amounts, strict=True)])
        return top / bottom
    values = Counter(given["values"])
    if metric.statistic == "mean":
        return stats.mean(Moments.of(values), Fraction(str(given.get(metric.times or "", 1)))).value
    found: Cell = stats.quantile(sorted(values.items()), metric.q, Fraction(1))
    return found.value


@METRICS
def test_the_worked_example_comes_out_as_written(metric: Metric) -> None:
    assert worked(metric, dict(metric.example["in"])) == pytest.approx(metric.example["out"], rel=1e-12)


@METRICS
def test_a_metric_says_all_that_a_reader_needs(metric: Metric) -> None:
    assert metric.label
    assert metric.group in GROUPS
    assert metric.convention.endswith(".")
    assert metric.source
    assert metric.how
    # The gross margin is given, and of no table.
    assert KNOWN.tables(metric) or metric.id == "gross_margin"


@METRICS
def test_a_rate_a_cost_and_a_cycle_carry_limits(metric: Metric) -> None:
    by_money = {"quota_attainment", "pacing", "revenue_growth", "revenue_net_growth", "gross_margin"}
    if metric.unit in ("ratio", "days") and metric.id not in by_money:
        assert metric.interval
    if metric.unit == "money" and metric.formula is not None and metric.formula.denominator:
        # Of a value to one age no sums of squares are counted.
        assert metric.interval in ("poisson", "days", "customers", "kept") or metric.id == "cltv_historic"


@METRICS
def test_limits_by_units_are_of_a_quotient_of_sums_of_measures(metric: Metric) -> None:
    if metric.interval not in UNITS:
        return
    assert metric.formula is not None
    assert metric.formula.denominator is not None
    measures = [KNOWN.measures[name] for name in metric.formula.names if name != "gross_margin"]
    assert metric.formula.text.count("/") == 1
    if metric.interval == "days":
        assert metric.cases in KNOWN.measures
    if metric.interval == "deals":
        # No deal counts in two of them, or its amounts would vary together.
        for one, other in itertools.combinations(measures, 2):
            assert any(not one.where[c] & other.where[c] for c in one.where.keys() & other.where.keys())


def test_every_promised_metric_is_there() -> None:
    assert set(WANTED) <= KNOWN.metrics.keys()


def test_a_metric_with_the_name_of_a_measure_or_constant_is_that() -> None:
    for name in {*KNOWN.measures, *catalog.CONSTANTS} & KNOWN.metrics.keys():
        assert KNOWN.metrics[name].how == name


def own(measures: dict[str, Any] | None = None, metrics: dict[str, Any] | None = None) -> Catalog:
    return catalog.load(measures or {}, metrics or {})


DEMOS = {"table": "leads", "count": True, "where": {"campaign": ["demo", "webinar"]}}


def test_a_metric_of_ones_own_speaks_of_measures_of_ones_own_and_built_in_ones() -> None:
    known = own(
        {"demos": DEMOS}, {"cost_per_demo": {"formula": "spend / demos", "unit": "money", "better": "lower"}}
    )
    metric = known.metric("cost_per_demo")

    assert metric.label == "Cost per demo"
    assert metric.main
    assert known.tables(metric) == ("spend", "leads")
    assert known.measures["demos"].date == "created_at"
    assert known.metric("cpl") is KNOWN.metric("cpl")


@pytest.mark.parametrize(
    ("metric", "interval"),
    [
        ({"formula": "spend / demos", "unit": "money"}, "poisson"),
        ({"formula": "demos / leads", "unit": "ratio"}, "wilson"),
        ({"formula": "demos / mqls", "unit": "ratio"}, "wilson"),
        ({"formula": "revenue_won / spend", "unit": "multiple"}, None),
        ({"formula": "revenue_won / spend", "unit": "ratio"}, None),
        ({"formula": "demos", "unit": "count"}, None),
    ],
)
def test_limits_of_ones_own_metric_follow_from_its_formula(
    metric: dict[str, str], interval: str | None
) -> None:
    assert own({"demos": DEMOS}, {"mine": metric}).metric("mine").interval == interval


MISTAKES: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, {"x": {"formla": "leads"}}, "metrics.x: there is no key 'formla'", "formula"),
    ({}, {"x": {"unit": "money"}}, "metrics.x: needs a `formula`", ""),
    ({}, {"x": {"formula": "spend / leeds"}}, "metrics.x: there is no measure or metric 'leeds'", "leads"),
    ({}, {"x": {"formula": "spend ** 2"}}, "metrics.x: the formula 'spend ** 2' uses", "Only names"),
    ({}, {"x": {"formula": "spend", "unit": "euro"}}, "metrics.x: unit cannot be 'euro'", "money"),
    ({}, {"x": {"formula": "spend", "better": "up"}}, "metrics.x: better cannot be 'up'", "higher"),
    ({}, {"x": {"formula": "x / 2"}}, "metrics.x: the formula goes in a circle: x -> x", ""),
    ({}, {"x": {"formula": "y + 1"}, "y": {"formula": "x + 1"}}, "in a circle: x -> y -> x", ""),
    ({}, {"x": {"formula": "leads", "interval": "wilson"}}, "metrics.x: there is no key 'interval'", ""),
    ({}, {"cac": {"formula": "spend"}}, "metrics.cac: the name is taken", "another"),
    ({}, {"gross_margin": {"formula": "spend"}}, "metrics.gross_margin: the name is taken", ""),
    ({}, {"Cost": {"formula": "spend"}}, "metrics.Cost: not a name", "Small letters"),
    ({}, {"x": "spend / leads"}, "metrics.x: needs keys and values", ""),
    ({"spend": {"table": "spend", "sum": "cost"}}, {}, "measures.spend: the name is taken", ""),
    ({"m": {"table": "leeds", "count": True}}, {}, "measures.m: table cannot be 'leeds'", "leads"),
    ({"m": {"count": True}}, {}, "measures.m: the key 'table' is missing", ""),
    ({"m": {"table": "leads"}}, {}, "measures.m: needs either `count: true` or `sum: COLUMN`", ""),
    ({"m": {"table": "leads", "count": False}}, {}, "measures.m: needs either", ""),
    ({"m": {"table": "spend", "count": True, "sum": "cost"}}, {}, "measures.m: needs either", ""),
    ({"m": {"table": "spend", "sum": "cots"}}, {}, "measures.m: sum cannot be 'cots'", "cost"),
    ({"m": {"table": "spend", "sum": "channel"}}, {}, "measures.m: sum cannot be 'channel'", ""),
    ({"m": {"table": "leads", "count": True, "where": {"campain": "x"}}}, {}, "no 'campain'", "campaign"),
    ({"m": {"table": "leads", "count": True, "where": "demo"}}, {}, "where needs `column: value`", ""),
    (
        {"m": {"table": "leads", "count": True, "date": "mql"}},
        {},
        "measures.m: date cannot be 'mql'",
        "mql_at",
    ),
    ({"m": {"table": "spend", "sum": "cost", "date": "start"}}, {}, "leave out `date`", ""),
    ({"m": {"table": "leads", "count": True, "cumulative": True}}, {}, "no key 'cumulative'", ""),
]


@pytest.mark.parametrize(("measures", "metrics", "message", "hint"), MISTAKES, ids=lambda x: str(x)[:40])
def test_what_cannot_be_meant_is_an_error_that_names_it(
    measures: dict[str, Any], metrics: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        own(measures, metrics)
    assert message in str(refused.value)
    assert hint in refused.value.hint


def test_an_unknown_metric_is_a_usage_error_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as refused:
        KNOWN.metric("cpll")
    assert "cpl" in refused.value.hint


def test_a_stage_reached_is_the_furthest_of_any_evidence() -> None:
    missing = dict.fromkeys(stages.USUAL.dated_by, True)
    assert stages.USUAL.reached({**missing, "status": ""}) == "lead"
    assert stages.USUAL.reached({**missing, "status": "rejected", "missing_mql_at": False}) == "mql"
    assert stages.USUAL.reached({**missing, "status": "mql", "has_deal": 1}) == "opportunity"
    assert stages.USUAL.reached({**missing, "status": "sql", "has_won": 1}) == "customer"
    assert stages.USUAL.dated({**missing, "status": "sql", "has_won": 1}) == "lead"
    assert stages.USUAL.dated({**missing, "missing_sql_at": False}) == "sql"
