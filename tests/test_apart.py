"""Effects by segment: they add up whatever the counts, say what was done by hand, and keep still where nothing was."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.build.why.judging import finding
from funnelkit.errors import UsageError
from funnelkit.metrics import catalog
from funnelkit.metrics.anatomy import Anatomy, anatomy
from funnelkit.metrics.apart import Apart, take_apart
from funnelkit.metrics.compare import NO_CALL
from funnelkit.metrics.counted import ask
from funnelkit.metrics.evaluate import Evaluator
from funnelkit.metrics.fold import Key
from funnelkit.metrics.formula import evaluate
from funnelkit.metrics.settings import Settings
from funnelkit.metrics.shifts import Shifts
from funnelkit.metrics.survey import PROBES
from funnelkit.metrics.variation import Sample, Sampler
from funnelkit.metrics.windows import Timeline, Window
from funnelkit.statistics.decompose import rate_and_mix
from tests.small import dataset, day
from tests.test_decompose import MEN, WOMEN

KNOWN = catalog.load()
REFUSED = {
    "lead_to_won_days_median",
    "lead_to_won_days_km",
    "deal_size_median",
    "cycle_days_median",
    "cycle_days_p90",
    "cycle_days_km",
    "response_minutes_median",
    "response_minutes_p90",
    "response_within_5min",
    "response_within_1h",
    "response_within_24h",
    "sla_attainment",
    "handoff_kappa",
    "score_auc",
    # Of the as-of date alone, or with spending of other days.
    "pipeline_weighted",
    "cac_lagged",
    # A number that is given, and sums of it and a rate.
    "gross_margin",
    "cltv_retention",
    "cltv_retention_excluded",
    "cltv_retention_end",
    # They look back, or count the days of the period.
    "pacing",
    "cac_ratio_cost",
    "cac_ratio_return",
    "magic_number",
    "revenue_growth",
    "revenue_net_growth",
}
PRODUCTS = [m for m in KNOWN.metrics.values() if m.product]


def taken(metric: str) -> Anatomy:
    return anatomy(KNOWN, KNOWN.metrics[metric], {"gross_margin": Fraction(7, 10)})


def apart(
    metric: str, before: dict[str, Any], after: dict[str, Any], days: tuple[int, int] | None = None
) -> Apart[str]:
    """The effects on *metric* of sums by segment, in the order of its anatomy; nothing is said of chance."""
    found = taken(metric)
    old, new = (
        {key: Sample(tuple(map(float, period[key])), None) for key in period} for period in (before, after)
    )
    return take_apart(Shifts(found, days), old, new, (True,) * len(found.sums))


def values(found: Apart[str], key: str | None = None) -> list[float]:
    row = found.total if key is None else found.segments[key]
    return [round(e.value, 6) for e in row]


# -- how metrics are put together ------------------------------------------------------------------


def test_every_metric_is_taken_apart_but_those_that_are_not_made_of_sums() -> None:
    refused: set[tuple[str, str]] = set()
    for name in KNOWN.metrics:
        try:
            assert taken(name).factors
        except UsageError as error:
            refused.add((name, error.hint.partition(" ")[0]))
    assert refused == {(name, "Ask") for name in REFUSED}


@pytest.mark.parametrize("metric", PRODUCTS, ids=lambda m: m.id)
def test_a_metric_is_the_product_of_its_factors(metric: Any) -> None:
    dice = Random(metric.id)
    names = {n for f in [*metric.product.values(), metric.formula] for n in f.names}
    given = {name: float(dice.randrange(1, 1000)) for name in sorted(names)}
    factors = [evaluate(f.text, given) for f in metric.product.values()]
    assert math.prod(f for f in factors if f) == pytest.approx(
        evaluate(metric.formula.text, given), rel=1e-12
    )


def test_sums_add_up_over_segments_and_quotients_do_not() -> None:
    adding = {name for name in KNOWN.metrics if name not in REFUSED and taken(name).whole}
    assert {"leads", "deals_open", "revenue_won", "revenue_net", "customers_new", "spend"} <= adding
    assert not {"win_rate", "cac", "velocity", "deal_size", "cpm", "ltv_cac"} & adding


# -- by hand ---------------------------------------------------------------------------------------


def test_a_price_that_doubles_in_one_segment_is_price_there() -> None:
    # Deals closed, won, revenue.
    found = apart(
        "revenue_won", {"a": (20, 10, 1000), "b": (30, 10, 500)}, {"a": (20, 10, 2000), "b": (30, 10, 500)}
    )
    assert values(found) == [0, 0, 0, 1000, 1000]
    assert values(found, "b") == [0, 0, 0, 0, 0]


def test_growth_at_an_unchanged_mix_is_volume_in_each_segment() -> None:
    found = apart(
        "revenue_won", {"a": (20, 10, 1000), "b": (30, 10, 500)}, {"a": (40, 20, 2000), "b": (60, 20, 1000)}
    )
    assert values(found) == [1500, 0, 0, 0, 1500]
    assert values(found, "a")[0] == 1000


def test_cost_per_customer_is_cost_per_lead_over_conversion() -> None:
    # Spend, leads, customers. Spend doubles, and so do the leads of which as many become customers.
    found = apart("cac", {"a": (100, 10, 2)}, {"a": (200, 20, 2)})
    # 50 a customer, then 100: conversion halved, from 20 % to 10 %.
    assert values(found) == [0, 0, 50, 0, 50]
    dearer = apart("cac", {"a": (100, 10, 2)}, {"a": (200, 10, 2)})
    assert values(dearer) == [50, 0, 0, 0, 50]


def test_cost_without_leads_counts_as_rate() -> None:
    found = apart("cpl", {"a": (100, 10), "b": (0, 0)}, {"a": (100, 10), "b": (50, 0)})
    assert values(found, "b") == [5, 0, 5]
    assert values(found) == [5, 0, 5]


def test_customers_without_leads_count_as_conversion() -> None:
    # Leads, customers: b wins three whose leads are of another period.
    found = apart("customers_new", {"a": (10, 2), "b": (5, 0)}, {"a": (10, 2), "b": (0, 3)})
    assert values(found, "b") == [0, 0, 3, 3]
    assert values(found)[-1] == 3


def test_a_segment_of_one_period_only_is_pure_mix() -> None:
    found = apart("win_rate", {"a": (10, 100), "b": (0, 0)}, {"a": (10, 100), "b": (30, 100)})
    assert values(found, "b") == [0, 0.075, 0.075]
    assert values(found) == [0, 0.1, 0.1]
    revenue = apart(
        "revenue_won", {"a": (20, 10, 1000), "b": (0, 0, 0)}, {"a": (20, 10, 1000), "b": (5, 5, 50)}
    )
    assert values(revenue, "b") == [0, 50, 0, 0, 50]


def test_what_begins_from_nothing_is_volume() -> None:
    found = apart("revenue_won", {"a": (0, 0, 0)}, {"a": (20, 10, 1000)})
    assert values(found) == [1000, 0, 0, 0, 1000]


def test_longer_periods_bring_more_of_what_is_counted() -> None:
    found = apart("leads", {"a": (28,), "b": (56,)}, {"a": (31,), "b": (62,)}, (28, 31))
    assert values(found) == [9, 0, 9]
    # A rate does not grow with days.
    assert len(apart("win_rate", {"a": (1, 2)}, {"a": (1, 2)}, (28, 31)).total) == 3


def test_rate_and_mix_are_those_of_the_published_admissions() -> None:
    before, after = ({k: (x, n) for k, (x, n) in side.items()} for side in (WOMEN, MEN))
    found, known = apart("win_rate", before, after), rate_and_mix(WOMEN, MEN)
    assert found.total[0].value == pytest.approx(known.rate.value, abs=1e-15)
    assert found.total[1].value == pytest.approx(known.mix.value, abs=1e-15)


# -- whatever the counts -----------------------------------------------------------------------------

counts = st.integers(0, 40)


def periods(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(dict.fromkeys("abcd", one))


any_sums = st.tuples(*[counts] * 7)


@pytest.mark.parametrize("metric", [m for m in KNOWN.metrics if m not in REFUSED])
@settings(max_examples=40)
@given(before=periods(any_sums), after=periods(any_sums), longer=st.booleans())
def test_effects_add_up_to_the_change(metric: str, before: Any, after: Any, longer: bool) -> None:
    found = taken(metric)
    size = len(found.sums)
    before, after = ({k: sums[:size] for k, sums in side.items()} for side in (before, after))
    shifts = Shifts(found, (30, 31) if longer else None)
    wholes = [tuple(float(sum(c)) for c in zip(*side.values(), strict=True)) for side in (before, after)]
    old, new = (shifts.value(sums) for sums in wholes)
    assume(old is not None and new is not None and all(v >= 0 for sums in wholes for v in sums))
    assert old is not None
    assert new is not None
    if found.whole is not None and len(found.factors) > 1:
        # Sums of one metric belong together: what is won was closed, and it alone brings revenue.
        before, after = ({k: _chained(sums) for k, sums in side.items()} for side in (before, after))
        wholes = [tuple(float(sum(c)) for c in zip(*side.values(), strict=True)) for side in (before, after)]
        old, new = (shifts.value(sums) or 0.0 for sums in wholes)
        assume(all(shifts.value(sums) is not None for sums in wholes))
    result = apart(metric, before, after, (30, 31) if longer else None)
    near = 1e-9 * max(1, abs(old), abs(new))
    assert result.total[-1].value == pytest.approx(new - old, abs=near)
    assert math.fsum(e.value for e in result.total[:-1]) == pytest.approx(new - old, abs=near)
    for i in range(len(result.total)):
        parts = math.fsum(row[i].value for row in result.segments.values())
        assert parts == pytest.approx(result.total[i].value, abs=near)


def _chained(sums: tuple[int, ...]) -> tuple[int, ...]:
    """The same with nothing below where there is nothing above."""
    found = [sums[0]]
    for one in sums[1:]:
        found.append(one if found[-1] else 0)
    return tuple(found)


# -- chance ----------------------------------------------------------------------------------------


def rates(dice: Random, sizes: list[int]) -> dict[Key, Sample]:
    """Won deals of so many closed ones in each segment, every second of them likelier to be won."""
    found: dict[Key, Sample] = {}
    for i, size in enumerate(sizes):
        n = sum(dice.random() < 0.5 for _ in range(2 * size))
        x = float(sum(dice.random() < (0.2 if i % 2 else 0.35) for _ in range(n)))
        found[(str(i),)] = Sample((x, float(n)), ((x, x), (x, float(n))))
    return found


def test_of_two_equal_periods_no_effect_is_called_in_more_than_5_percent() -> None:
    dice, metric = Random(11), KNOWN.metrics["win_rate"]
    shifts, seeds = Shifts(taken("win_rate")), 300
    called = dict.fromkeys(("rate", "mix", "segments"), 0)
    for _ in range(seeds):
        sides = rates(dice, [200, 120, 90, 60, 40, 15, 5]), rates(dice, [200, 120, 90, 60, 40, 15, 5])
        found = finding("channel", shifts, sides, (True, True), metric, 30, young=False)
        called["rate"] += found.totals[0] != NO_CALL
        called["mix"] += found.totals[1] != NO_CALL
        called["segments"] += any(word != NO_CALL for words in found.verdicts.values() for word in words)
    assert all(n <= 0.05 * seeds for n in called.values()), called


def test_limits_of_effects_are_those_of_published_method() -> None:
    """Against limits of rate and mix that were worked out in another way: binomial rates, multinomial shares."""
    old, new = (
        {k: Sample((float(x), float(n)), ((x, x), (x, n))) for k, (x, n) in side.items()}
        for side in (WOMEN, MEN)
    )
    found, known = take_apart(Shifts(taken("win_rate")), old, new, (True, True)), rate_and_mix(WOMEN, MEN)
    for mine, theirs in ((found.total[0], known.rate), (found.total[1], known.mix)):
        assert mine.limits == pytest.approx((theirs.low, theirs.high), abs=6e-4)


def test_too_few_cases_are_not_called() -> None:
    key: Key = ("a",)
    sides = [{key: Sample((x, 20.0), ((x, x), (x, 20.0)))} for x in (1.0, 19.0)]
    metric, shifts = KNOWN.metrics["win_rate"], Shifts(taken("win_rate"))
    few, enough = (
        finding("x", shifts, (sides[0], sides[1]), (True, True), metric, n, young=False).verdicts[key]
        for n in (30, 20)
    )
    assert (few[0], enough[0]) == (NO_CALL, "better")


# -- the sums and their variances, from rows ----------------------------------------------------------


def sample(metric: str, deals: list[dict[str, Any]]) -> tuple[Anatomy, Sample]:
    data = dataset("2026-03-31", deals=deals)
    found = taken(metric)
    sampler = Sampler(KNOWN, found, data.scales)
    wanted = [KNOWN.measures.get(n) or KNOWN.histograms[n] for n in PROBES]
    window = Window(start=day("2026-01-01"), end=day("2026-03-31"))
    counted = ask(data, (), (), [*wanted, *sampler.parts], 90).count(Timeline([window], data.as_of), set())
    evaluator = Evaluator(KNOWN, counted, data.scales, None, Settings())
    return found, sampler.sample(evaluator, (), window)


def deal(status: str, amount: int | None, closed: str = "2026-02-01", **values: Any) -> dict[str, Any]:
    return {
        "status": status,
        "amount": amount,
        "closed_at": day(closed),
        "created_at": day("2026-01-01"),
        **values,
    }


DEALS = [deal("won", 10000), deal("won", 30000), deal("lost", 50000), deal("won", 700, "2026-04-02")]
"""Amounts are in cents; the last one is closed after the period."""


def test_revenue_varies_by_the_squares_of_its_amounts() -> None:
    found, of = sample("revenue_won", DEALS)
    closed, won, revenue = range(3)
    assert of.values == (3, 2, 400)
    assert of.spread is not None
    assert of.spread[revenue][revenue] == 100**2 + 300**2
    assert (of.spread[won][revenue], of.spread[closed][revenue]) == (400, 400)
    assert (of.spread[closed][closed], of.spread[closed][won], of.spread[won][won]) == (3, 2, 2)
    assert len(found.sums) == 3


def test_a_mean_varies_with_its_rows() -> None:
    _, of = sample("deal_size", DEALS)
    assert of.values == (400, 2)
    assert of.spread == ((100**2 + 300**2, 400), (400, 2))


def test_what_is_open_varies_as_what_is_there() -> None:
    still = [{"status": "open", "created_at": day("2026-01-05")} for _ in range(3)]
    _, of = sample("deals_open", [*still, *DEALS])
    # Three are open, and the one closed in April was so at the end of March.
    assert of.values[0] == 4
    assert of.spread == ((4,),)


def test_nothing_is_said_of_chance_where_only_sums_were_exported() -> None:
    found = taken("roas_platform")
    sampler = Sampler(KNOWN, found, {})
    data = dataset(
        "2026-03-31",
        spend=[{"start": day("2026-02-01"), "end": day("2026-02-01"), "cost": 100, "conversion_value": 300}],
    )
    window = Window(start=day("2026-01-01"), end=day("2026-03-31"))
    wanted = [KNOWN.measures.get(n) or KNOWN.histograms[n] for n in PROBES]
    counted = ask(data, (), (), [*wanted, *sampler.parts], 90).count(Timeline([window], data.as_of), set())
    of = sampler.sample(Evaluator(KNOWN, counted, data.scales, None, Settings()), (), window)
    assert of.spread is None
