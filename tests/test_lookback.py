"""What formulas may ask of periods: business days, the period before, how many make a year."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.errors import ConfigError, UsageError
from funnelkit.metrics import catalog
from funnelkit.metrics.formula import evaluate, looked_back, parse
from funnelkit.metrics.lookback import business_days, of_period
from funnelkit.metrics.windows import Window
from funnelkit.periods import from_day
from tests.small import day


def window(start: str, end: str) -> Window:
    return Window(start=day(start), end=day(end))


@given(start=st.integers(-400, 40000), days=st.integers(0, 800))
def test_business_days_are_mondays_to_fridays(start: int, days: int) -> None:
    first = from_day(start)
    counted = sum((first + timedelta(days=n)).weekday() < 5 for n in range(days))
    assert business_days(start, start + days - 1) == counted


@pytest.mark.parametrize(
    ("of", "before", "months"),
    [
        (("2026-07-01", "2026-09-30"), ("2026-04-01", "2026-06-30"), 3),
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"), 1),
        (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31"), 12),
        (("2026-01-01", "2026-02-28"), ("2025-11-01", "2025-12-31"), 2),
        (("2026-09-07", "2026-09-13"), ("2026-08-31", "2026-09-06"), 0),
        (("2026-07-01", "2026-09-29"), ("2026-04-01", "2026-06-30"), 0),
    ],
)
def test_the_period_before_has_as_many_whole_months_or_days(
    of: tuple[str, str], before: tuple[str, str], months: int
) -> None:
    assert window(*of).previous() == window(*before)
    assert window(*of).months == months


def test_numbers_of_a_period() -> None:
    august = window("2026-08-01", "2026-08-31")
    as_of = day("2026-08-14")
    assert of_period("business_days", august, as_of) == (21, 1)
    assert of_period("business_days_elapsed", august, as_of) == (10, 1)
    assert of_period("periods_a_year", august, as_of) == (12, 1)
    assert of_period("periods_a_year", window("2026-08-01", "2026-08-30"), as_of) is None
    everything = Window(start=as_of, end=as_of, everything=True)
    assert of_period("business_days", everything, as_of) is None


def test_a_formula_may_take_a_name_of_the_period_before() -> None:
    found = parse("(leads - previous(leads)) / previous(spend)")
    assert (found.names, found.below, found.previous) == (("leads", "spend"), ("spend",), ("leads", "spend"))
    given = {"leads": 12, "previous(leads)": 2, "previous(spend)": 5}
    assert evaluate("(leads - previous(leads)) / previous(spend)", given) == 2
    assert looked_back("previous(leads)") == "leads"


@pytest.mark.parametrize(
    "formula",
    ["previous(leads + 1)", "previous()", "previous(leads, 2)", "last(leads)", "previous(previous(leads))", "previous(x=leads)"],
)  # fmt: skip
def test_anything_else_that_looks_like_a_call_is_refused(formula: str) -> None:
    with pytest.raises(UsageError, match="uses Call") as refused:
        parse(formula)
    assert "previous(NAME)" in refused.value.hint


def own(**metrics: Any) -> catalog.Catalog:
    return catalog.load({}, {name: {"formula": formula} for name, formula in metrics.items()})


def test_metrics_of_ones_own_may_look_back_once() -> None:
    known = own(
        new_leads="leads - previous(leads)", share="new_leads / leads", rhythm="leads / business_days"
    )
    assert known.looks_back(known.metric("share")) == ("leads",)
    assert [known.needs_period(known.metric(name)) for name in ("new_leads", "rhythm", "cpl")] == [
        True,
        True,
        False,
    ]
    assert [part.id for part in known.parts(known.metric("share"))] == ["leads"]


@pytest.mark.parametrize(
    "formula", ["previous(gross_margin)", "previous(revenue_growth)", "previous(business_days)"]
)
def test_looking_back_at_what_has_no_before_is_refused(formula: str) -> None:
    with pytest.raises(ConfigError, match="has no meaning"):
        own(x=formula)


def test_an_unknown_name_in_the_past_is_refused_like_any_other() -> None:
    with pytest.raises(ConfigError, match="no measure or metric 'leeds'"):
        own(x="leads - previous(leeds)")
