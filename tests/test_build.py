"""What a report holds: which metrics, rows, periods, changes and notes, and in which order.

Verdicts are checked against published tests, so that "better" never means "larger".
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from scipy.stats import binomtest

from funnelkit.build import Filter, Request, build
from funnelkit.dataset import Dataset, Match
from funnelkit.errors import UsageError
from funnelkit.metrics import catalog
from funnelkit.metrics.stages import Path
from funnelkit.periods import parse
from funnelkit.reports import Change, Report, Span
from funnelkit.tables import Note
from tests.small import dataset, day, scaled
from tests.test_metrics import AS_OF, SHOP

MAIN = (
    "leads customers_new lead_conversion_rate win_rate deal_size cycle_days velocity cpl cac roas cltv ltv_cac spend"
).split()


def report(data: Dataset | None = None, period: str | None = None, **request: Any) -> Report:
    asked = parse(period, as_of=AS_OF) if period else None
    return build(data or dataset(AS_OF, **SHOP), Request(period=asked, **request), catalog.load(), ())


def lead(created: str, **values: Any) -> dict[str, Any]:
    return {"created_at": day(created), "channel": "email", **values}


# -- metrics ---------------------------------------------------------------------------------------


def test_a_report_shows_what_its_tables_give_and_the_main_metrics_in_any_case() -> None:
    shown = report(dataset(AS_OF, spend=SHOP["spend"])).metrics
    assert set(shown) == {*MAIN, "impressions", "clicks", "ad_conversions", "ctr", "cpc", "cpm", "cpa"}
    assert shown["leads"].message == "no leads loaded"
    assert not {"sals", "open_rate", "cltv_revenue", "sessions"} & report().metrics.keys()


def test_metrics_stand_in_the_order_of_the_catalogue_unless_they_are_named() -> None:
    order = list(catalog.load().metrics)
    shown = list(report().metrics)
    assert shown == sorted(shown, key=order.index)
    assert list(report(metrics=("spend", "leads", "spend")).metrics) == ["spend", "leads"]


def test_every_metric_of_the_report_is_defined_in_it() -> None:
    found = report()
    assert found.definitions.keys() == found.metrics.keys()
    assert found.definitions["cac"].better == "lower"


def test_metrics_of_ones_own_are_counted_like_the_built_in_ones() -> None:
    demos = {"table": "leads", "count": True, "where": {"channel": "email"}}
    known = catalog.load({"demos": demos}, {"cost_per_demo": {"formula": "spend / demos", "unit": "money"}})
    found = build(dataset(AS_OF, **SHOP), Request(by=("channel",)), known, ())
    assert found.metrics["cost_per_demo"].value == 400.01 / 3
    assert found.metrics["cost_per_demo"].n == 3
    assert found.breakdown is not None
    assert found.breakdown.rows[0].key == ("email",)
    assert found.breakdown.rows[0].cells["cost_per_demo"].reason == "no_spend_here"


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"metrics": ("cpll",)}, "there is no metric 'cpll'", "cpl"),
    ({"by": ("chanel",)}, "there is no dimension 'chanel'", "channel"),
    ({"by": ("product",)}, "no loaded table has the dimension product", "There are: channel."),
    ({"where": (Filter("ownr", ("x",)),)}, "there is no dimension 'ownr'", "channel"),
    ({"sort": "leeds", "by": ("channel",)}, "there is no metric 'leeds'", "leads"),
    ({"sort": "cac", "by": ("channel",), "metrics": ("leads",)}, "cannot sort by cac", "leads"),
    ({"compare": "prev"}, "a comparison needs a period", "--period"),
    ({"grain": "decade"}, "no grain is called 'decade'", "day"),
    ({"path": Path(shown=("lead", "mqll"))}, "there is no stage 'mqll'", "mql"),
    ({"top": 0, "by": ("channel",)}, "cannot show the top 0 groups", "from 1 on"),
]


@pytest.mark.parametrize(("asked", "message", "hint"), MISTAKES, ids=lambda x: str(x)[:30])
def test_what_does_not_exist_is_refused_with_the_nearest_name(
    asked: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        report(**asked)
    assert message in str(refused.value)
    assert hint in refused.value.hint


# -- periods ---------------------------------------------------------------------------------------


def test_without_a_period_the_report_is_of_everything_up_to_the_as_of_date() -> None:
    found = report()
    assert found.period == Span(start=date(2026, 7, 1), end=date(2026, 9, 30), label="all", partial=False)
    assert found.as_of == date(2026, 9, 30)


def test_a_period_that_the_data_do_not_fill_is_partial() -> None:
    partial = {
        asked: (found := report(period=asked).period) and found.partial for asked in ("2026", "2026-08")
    }
    assert partial == {"2026": True, "2026-08": False}


def test_a_trend_has_a_point_for_every_period_that_is_known() -> None:
    found = report(period="2026", grain="month", metrics=("leads", "deals_open", "velocity"))
    assert found.trend is not None
    points = {point.span.label: point for point in found.trend.points}
    assert [points[f"2026-0{m}"].cells["leads"].value for m in range(6, 10)] == [None, 3, 2, 0]
    assert [points[f"2026-0{m}"].cells["deals_open"].value for m in range(6, 10)] == [None, 2, 1, 1]
    assert points["2026-06"].cells["leads"].reason == "before_data"
    assert "2026-10" not in points
    assert points["2026-06"].cells["velocity"].value is None
    # The velocity of a month looks back over a year: it is that of the whole period in its last month.
    assert points["2026-09"].cells["velocity"].value == report(period="2026-Q3").metrics["velocity"].value


def test_rows_have_trends_of_their_own() -> None:
    found = report(period="2026-Q3", grain="month", by=("channel",), metrics=("leads", "spend"))
    assert found.breakdown is not None
    rows = {row.key[0]: [point.cells["leads"].value for point in row.trend] for row in found.breakdown.rows}
    assert rows == {"email": [1, 2, 0], "paid_search": [2, 0, 0]}


# -- rows ------------------------------------------------------------------------------------------


def keys(found: Report) -> list[tuple[str, ...]]:
    assert found.breakdown is not None
    return [row.key for row in found.breakdown.rows]


def test_rows_are_sorted_by_leads_and_then_by_name() -> None:
    assert keys(report(by=("channel",))) == [("email",), ("paid_search",), ("(no lead)",)]


def test_costs_are_sorted_lowest_first_and_what_has_no_value_comes_last() -> None:
    leads = [lead("2026-08-01", channel=c) for c in "abbc"]
    spend = [{"channel": c, "start": AS_OF, "end": AS_OF, "cost": 100} for c in "ab"]
    data = dataset(AS_OF, leads=leads, spend=spend)
    assert keys(report(data, by=("channel",), sort="cpl", min_n=1)) == [("b",), ("a",), ("c",)]


def test_groups_below_the_minimum_are_shown_but_not_ranked() -> None:
    leads = [
        lead("2026-07-01", channel="big", has_won=int(i < 3), won_at=AS_OF if i < 3 else None)
        for i in range(30)
    ]
    leads.append(lead("2026-07-01", channel="lucky", has_won=1, won_at=AS_OF))
    data = dataset(AS_OF, leads=[{**row, "customer_at": row.get("won_at")} for row in leads])
    found = report(data, by=("channel",), sort="lead_conversion_rate")
    assert keys(found) == [("big",), ("lucky",)]
    assert keys(report(data, by=("channel",), sort="lead_conversion_rate", min_n=1))[0] == ("lucky",)
    assert "1 of 2" in {note.code: note.message for note in found.warnings}["small_groups"]


def test_the_rest_beyond_the_top_is_summed_in_a_row_of_its_own() -> None:
    leads = [lead("2026-08-01", channel=c) for c in "aaabbc"]
    won = [
        {**lead("2026-08-02", channel=c), "has_won": 1, "won_at": AS_OF, "customer_at": AS_OF} for c in "bc"
    ]
    found = report(dataset(AS_OF, leads=leads + won), by=("channel",), top=1)
    assert found.breakdown is not None
    first, rest = found.breakdown.rows
    assert (first.key, first.rest_of) == (("a",), 0)
    assert (rest.key, rest.rest_of, rest.cells["leads"].value) == (("(rest)",), 2, 5)
    assert rest.cells["lead_conversion_rate"].value == 2 / 5
    assert rest.cells["lead_to_won_days_median"].value == AS_OF - day("2026-08-02")


def test_several_dimensions_nest() -> None:
    leads = [lead("2026-08-01", owner=owner) for owner in ("Ada", "Bo", "Ada")]
    assert keys(report(dataset(AS_OF, leads=leads), by=("owner", "channel"))) == [
        ("Ada", "email"),
        ("Bo", "email"),
    ]


def test_a_metric_by_a_dimension_that_one_of_its_tables_lacks_is_missing_and_not_a_total() -> None:
    leads = [lead("2026-08-01", owner="Ada")]
    found = report(dataset(AS_OF, leads=leads, spend=SHOP["spend"]), by=("owner",))
    assert found.breakdown is not None
    (row,) = found.breakdown.rows
    assert (row.cells["cpl"].reason, row.cells["cpl"].message) == (
        "missing_dimension",
        "the spend table has no owner",
    )
    assert row.cells["leads"].value == 1
    assert found.metrics["cpl"].value == 400.01


def test_groups_outside_the_period_have_no_row() -> None:
    assert keys(report(period="2026-07", by=("channel",))) == [("paid_search",), ("email",)]


# -- filters ---------------------------------------------------------------------------------------


def test_a_filter_keeps_only_its_rows_and_is_written_on_the_report() -> None:
    found = report(
        where=(Filter("channel", ("email", "paid_search")), Filter("channel", ("email",), negate=True))
    )
    assert found.filters == ("channel=email,paid_search", "channel!=email")
    assert (found.metrics["leads"].value, found.metrics["deals_won"].value) == (3, 1)
    # Others have lost deals, so the files know of lost ones, and this rate is one.
    assert found.metrics["win_rate"].value == 1.0


def test_a_filter_on_a_dimension_that_a_table_lacks_makes_its_metrics_missing() -> None:
    data = dataset(AS_OF, leads=[lead("2026-08-01", owner="Ada")], spend=SHOP["spend"])
    metrics = report(data, where=(Filter("owner", ("Ada",)),)).metrics
    assert (metrics["leads"].value, metrics["cpl"].reason) == (1, "missing_dimension")


def test_a_filter_value_that_no_row_has_is_told() -> None:
    notes = {note.code: note.message for note in report(where=(Filter("channel", ("emial",)),)).warnings}
    assert notes["no_such_value"] == "No row has the channel 'emial'. Did you mean email?"


# -- comparisons -----------------------------------------------------------------------------------


def deals(won: int, lost: int, closed: str) -> list[dict[str, Any]]:
    rows = [{"status": "won", "closed_at": day(closed)}] * won + [
        {"status": "lost", "closed_at": day(closed)}
    ] * lost
    return [{**row, "created_at": day(closed) - 5, "amount": 100} for row in rows]


def changed(data: Dataset, metric: str, period: str = "2026-08", **request: Any) -> Change:
    found = report(data, period, compare=("prev",), metrics=(metric,), **request)
    assert found.comparison is not None
    return found.comparison.changes[metric]


def test_a_change_of_rates_carries_newcombes_limits() -> None:
    # Newcombe 1998, table II: 56/70 and 48/80.
    data = dataset(AS_OF, deals=deals(56, 14, "2026-08-10") + deals(48, 32, "2026-07-10"))
    found = changed(data, "win_rate")
    assert found.absolute == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.verdict == "better"
    assert found.previous.value == 0.6
    assert changed(data, "win_rate", min_n=71).verdict == "no call"


def test_a_change_of_costs_carries_exact_limits() -> None:
    # R: poisson.test(c(11, 21), c(800, 3011)) gives 1.971488, 0.8584264 to 4.277266.
    leads = [lead("2026-08-01")] * 21 + [lead("2026-07-01")] * 11
    spend = [
        {"start": day(when), "end": day(when), "cost": cost}
        for when, cost in (("2026-08-05", 301100), ("2026-07-05", 80000))
    ]
    found = changed(dataset(AS_OF, leads=leads, spend=spend), "cpl", min_n=10)
    assert (found.relative or 0) + 1 == pytest.approx(1.971488, abs=5e-7)
    assert found.interval == pytest.approx((0.8584264 - 1, 4.277266 - 1), abs=5e-6)
    assert found.verdict == "no call"


def test_a_change_of_means_carries_welchs_limits() -> None:
    # R's sleep data, in tenths of hours: -3.3654832 to 0.2054832 between the groups.
    first = [7, -16, -2, -12, -1, 34, 37, 8, 0, 20]
    second = [19, 8, 11, 1, -1, 44, 55, 16, 46, 34]
    rows = [(amount, "2026-08-10") for amount in first] + [(amount, "2026-07-10") for amount in second]
    sold = [{"status": "won", "closed_at": day(when), "amount": amount} for amount, when in rows]
    found = changed(scaled(AS_OF, 1, {"deals": sold}), "deal_size", min_n=10)
    assert found.interval == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)
    assert found.absolute == pytest.approx(-1.58)
    assert found.verdict == "no call"


@pytest.mark.parametrize(
    ("now", "before", "verdict"), [(100, 60, "better"), (60, 100, "worse"), (65, 60, "no call")]
)
def test_a_change_of_counts_is_called_by_the_exact_test(now: int, before: int, verdict: str) -> None:
    leads = [lead("2026-08-01")] * now + [lead("2026-07-01")] * before
    found = changed(dataset(AS_OF, leads=leads), "leads")
    limits = binomtest(now, now + before).proportion_ci(method="exact")
    assert found.relative == pytest.approx(now / before - 1)
    assert found.interval == pytest.approx(
        (limits.low / (1 - limits.low) - 1, limits.high / (1 - limits.high) - 1), rel=1e-9
    )
    assert found.verdict == verdict


def test_a_short_month_is_not_worse_than_a_long_one() -> None:
    data = dataset("2026-09-30", leads=[lead("2026-02-10")] * 2800 + [lead("2026-01-10")] * 3100)
    found = report(data, "2026-02", compare=("prev",))
    assert found.comparison is not None
    assert found.comparison.changes["leads"].verdict == "no call"
    assert "28 and 31 days" in {note.code: note.message for note in found.warnings}["unequal_periods"]


def test_young_cohorts_are_compared_only_where_both_had_their_time() -> None:
    def cohort(created: str, size: int, won: int) -> list[dict[str, Any]]:
        when = day(created) + 10
        return [
            lead(
                created,
                has_won=int(i < won),
                customer_at=when if i < won else None,
                won_at=when if i < won else None,
            )
            for i in range(size)
        ]

    old = dataset("2026-12-31", leads=cohort("2026-07-10", 100, 50) + cohort("2026-08-10", 100, 10))
    young = dataset("2026-09-10", leads=cohort("2026-07-10", 100, 50) + cohort("2026-08-10", 100, 10))
    assert changed(old, "lead_conversion_rate").verdict == "worse"
    assert changed(old, "lead_to_won_days_median").verdict == "no call"
    found = changed(young, "lead_conversion_rate")
    assert (found.verdict, found.interval) == ("no call", None)
    assert found.absolute == pytest.approx(-0.4)


def test_spend_is_no_sample_and_any_difference_is_a_change() -> None:
    spend = [
        {"start": day(d), "end": day(d), "cost": cost}
        for d, cost in (("2026-08-01", 110), ("2026-07-01", 100))
    ]
    assert changed(dataset(AS_OF, spend=spend), "spend").verdict == "changed"


def test_what_was_missing_before_has_no_change() -> None:
    data = dataset(AS_OF, deals=deals(40, 10, "2026-08-10"))
    found = changed(data, "win_rate")
    assert (found.previous.reason, found.absolute, found.relative, found.verdict) == (
        "before_data", None, None, "no call",
    )  # fmt: skip


def test_medians_are_called_only_where_their_limits_do_not_meet() -> None:
    def closed(when: str, cycles: range) -> list[dict[str, Any]]:
        return [{"status": "won", "closed_at": day(when), "created_at": day(when) - c} for c in cycles]

    apart = dataset(AS_OF, deals=closed("2026-08-10", range(1, 41)) + closed("2026-07-10", range(40, 80)))
    near = dataset(AS_OF, deals=closed("2026-08-10", range(1, 41)) + closed("2026-07-10", range(5, 45)))
    assert changed(apart, "cycle_days_median").verdict == "better"
    assert changed(near, "cycle_days_median").verdict == "no call"


def test_rows_are_compared_with_themselves() -> None:
    leads = [lead("2026-08-01", channel="a")] * 90 + [lead("2026-07-01", channel="b")] * 90
    found = report(
        dataset(AS_OF, leads=leads), "2026-08", compare=("prev",), by=("channel",), metrics=("leads",)
    )
    assert found.breakdown is not None
    changes = {row.key[0]: row.changes["leads"] for row in found.breakdown.rows}
    assert (changes["a"].absolute, changes["a"].relative, changes["a"].verdict) == (90, None, "better")
    assert (changes["b"].absolute, changes["b"].relative, changes["b"].verdict) == (-90, -1.0, "worse")


def test_the_comparison_names_its_period() -> None:
    found = report(period="2026-08", compare=("yoy",)).comparison
    assert found is not None
    assert (found.kind, found.span.label) == ("yoy", "2025-08")


# -- funnel and notes ------------------------------------------------------------------------------


def test_the_funnel_shows_how_far_leads_came_and_who_skipped_a_stage() -> None:
    stages = {stage.stage: stage for stage in report().funnel}
    assert [(s, stages[s].entered, stages[s].skipped) for s in stages] == [
        ("lead", 6, 0), ("mql", 4, 2), ("sql", 3, 1), ("opportunity", 3, 0), ("customer", 2, 0),
    ]  # fmt: skip
    previous, first = stages["customer"].rate_from_previous, stages["customer"].rate_from_first
    assert previous is not None
    assert first is not None
    assert (previous.value, first.value) == (2 / 3, 2 / 6)
    assert stages["lead"].rate_from_previous is None


def test_the_stages_of_the_funnel_can_be_chosen() -> None:
    found = report(path=Path(shown=("customer", "lead", "sql")))
    assert [stage.stage for stage in found.funnel] == ["lead", "sql", "customer"]


def test_there_is_no_funnel_without_leads() -> None:
    assert report(dataset(AS_OF, spend=SHOP["spend"])).funnel == ()


def shop(**tables: list[dict[str, Any]]) -> Dataset:
    return dataset(AS_OF, **{**SHOP, **tables})


WON = {
    "status": "won",
    "amount": 100,
    "created_at": AS_OF - 5,
    "closed_at": AS_OF,
    "linked": 1,
    "channel": "email",
}
NOTES: list[tuple[str, Dataset, str | None, str]] = [
    ("negative_lags", shop(), None, "win: 1."),
    ("undated_rows", shop(), None, "1 of leads. They count in the totals alone."),
    ("undated_rows", shop(), "2026-08", "1 of leads. They count in no period."),
    ("unmatched_deals", shop(), None, "Won deals without a lead: 1 of 3"),
    ("spread_spend", shop(), "2026-08", "a period cuts: 1."),
    ("young_cohort", shop(), "2026-08", "younger than 90 days: 2 of 2 in the period (100.0 %)"),
    ("zero_amount", shop(deals=[*SHOP["deals"], {**WON, "amount": 0}]), None, "amount of 0: 1 of 3."),
    ("missing_amount", shop(deals=[*SHOP["deals"], {**WON, "amount": None}]), None, "without an amount: 1 of 3."),
    ("cycle_longer_than_period", shop(), "2026-08-01..2026-08-09", "31 days (median), longer than the period of 9"),
    ("outside_data", shop(), "2025-01", "2026-07-01 to 2026-09-02"),
    ("spend_after_as_of", shop(spend=[{**SHOP["spend"][0], "end": AS_OF + 3, "start": AS_OF + 3}]), None, "left out"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "data", "period", "says"), NOTES, ids=lambda x: x if isinstance(x, str) else ""
)
def test_a_note_says_what_bears_on_the_numbers(
    code: str, data: Dataset, period: str | None, says: str
) -> None:
    notes = {note.code: note.message for note in report(data, period).warnings}
    assert says in notes[code]


def test_only_what_the_files_show_is_noted() -> None:
    leads = [{**row, "created_at": row["created_at"] or AS_OF} for row in SHOP["leads"][:4]]
    clean = dataset(AS_OF, leads=leads, deals=SHOP["deals"][:2], spend=SHOP["spend"][:1])
    # One day of spend beside leads of weeks is told of, too.
    told = {note.code for note in report(clean).warnings}
    assert told <= {"young_cohort", "left_truncated", "spend_uncovered"}


def test_notes_given_come_before_those_of_the_report() -> None:
    first = Note(code="first", message="As the files say.")
    found = build(dataset(AS_OF, **SHOP), Request(), catalog.load(), (), [first])
    assert found.warnings[0] == first
    assert len(found.warnings) > 1


def test_what_the_dataset_says_of_itself_is_handed_on() -> None:
    data = shop()
    match = Match(source="deals", target="leads", by="lead_id", matched=3)
    told = replace(data, matches=(match,), unmatched={"deals": 2}, currency="BRL")
    found = build(told, Request(title="Mine", timezone="Europe/Berlin"), catalog.load(), ())
    assert (found.matching, found.unmatched, found.currency) == ((match,), {"deals": 2}, "BRL")
    assert (found.title, found.timezone) == ("Mine", "Europe/Berlin")


def test_an_empty_table_is_loaded_and_holds_nothing() -> None:
    found = report(dataset(AS_OF, leads=[], spend=[]))
    assert found.metrics["leads"].value == 0
    assert found.metrics["lead_conversion_rate"].value is None
