"""Rate and mix effects: admissions at Berkeley, leads by origin, and what must add up.

Without these, a change of mix would be told as a change of quality, or the other way round.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from funnelkit.statistics.decompose import Counts, Effect, mean_and_mix, rate_and_mix
from funnelkit.statistics.moments import Moments

BERKELEY = {
    "A": ((512, 313), (89, 19)),
    "B": ((353, 207), (17, 8)),
    "C": ((120, 205), (202, 391)),
    "D": ((138, 279), (131, 244)),
    "E": ((53, 138), (94, 299)),
    "F": ((22, 351), (24, 317)),
}
"""Admitted and rejected men and women by department (Bickel, Hammel and O'Connell 1975, Science 187:398)."""
MEN = {department: (yes, yes + no) for department, ((yes, no), _) in BERKELEY.items()}
WOMEN = {department: (yes, yes + no) for department, (_, (yes, no)) in BERKELEY.items()}

OLIST = Path(__file__).parents[2] / "shared/exports/datasets"

rates = st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
periods = st.dictionaries(st.sampled_from("abcde"), rates, max_size=5)


def overall(period: dict[str, Counts]) -> float:
    return sum(x for x, _ in period.values()) / sum(n for _, n in period.values())


def twice(period: dict[str, Counts]) -> dict[str, Counts]:
    return {key: (2 * x, 2 * n) for key, (x, n) in period.items()}


def test_berkeley_admitted_more_men_only_because_of_where_they_applied() -> None:
    found = rate_and_mix(WOMEN, MEN)
    assert found.change == pytest.approx(0.14164543, abs=5.1e-9)
    assert found.rate.value == pytest.approx(-0.03602848, abs=5.1e-9)
    assert found.mix.value == pytest.approx(0.17767391, abs=5.1e-9)
    # Department A preferred women, and most of the men applied there.
    assert found.parts["A"].rate < -0.03
    assert found.parts["A"].mix > 0.08
    assert found.rate.high < 0 < found.mix.low


def test_turned_round_every_effect_changes_its_sign() -> None:
    found, turned = rate_and_mix(WOMEN, MEN), rate_and_mix(MEN, WOMEN)
    assert turned.change == pytest.approx(-found.change)
    for one, other in ((found.rate, turned.rate), (found.mix, turned.mix)):
        assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))


@given(before=periods, after=periods)
def test_effects_and_parts_add_up_to_the_change(before: dict[str, Counts], after: dict[str, Counts]) -> None:
    assume(all(sum(n for _, n in period.values()) for period in (before, after)))
    found = rate_and_mix(before, after)
    doubled = rate_and_mix(twice(before), twice(after))
    assert found.change == pytest.approx(overall(after) - overall(before), abs=1e-12)
    assert sum(part.rate for part in found.parts.values()) == pytest.approx(found.rate.value, abs=1e-12)
    assert sum(part.mix for part in found.parts.values()) == pytest.approx(found.mix.value, abs=1e-12)
    for effect in (found.rate, found.mix):
        assert effect.low <= effect.value <= effect.high
    assert doubled.rate.value == pytest.approx(found.rate.value, abs=1e-12)
    assert doubled.rate.high - doubled.rate.low <= found.rate.high - found.rate.low + 1e-12


def test_a_segment_of_one_period_only_is_pure_mix() -> None:
    found = rate_and_mix({"old": (10, 100)}, {"old": (10, 100), "new": (30, 100)})
    assert found.rate.value == 0
    assert found.mix.value == pytest.approx(0.10)
    gone = rate_and_mix({"old": (10, 100), "new": (30, 100), "never": (0, 0)}, {"old": (20, 200)})
    assert (gone.rate.value, gone.mix.value) == pytest.approx((0, -0.10))
    assert set(gone.parts) == {"old", "new"}


def test_one_segment_is_pure_rate_with_the_error_of_two_rates() -> None:
    found = rate_and_mix({"all": (20, 100)}, {"all": (60, 200)})
    assert found.mix == Effect(0, 0, 0)
    half = 1.959963985 * (0.2 * 0.8 / 99 + 0.3 * 0.7 / 199) ** 0.5
    assert (found.rate.value, found.rate.low, found.rate.high) == pytest.approx((0.1, 0.1 - half, 0.1 + half))


def test_the_errors_by_hand() -> None:
    # Nobody of b ever converts and everybody of a does: all of the change is mix.
    found = rate_and_mix({"a": (30, 30), "b": (0, 70)}, {"a": (60, 60), "b": (0, 40)})
    shares = 0.3 * 0.7 / 100 + 0.6 * 0.4 / 100
    # Each rate has the spread of one more of its period.
    before, after = 0.3 * 0.7 * 100 / 99, 0.6 * 0.4 * 100 / 99
    rates = [before / 30**2 + after / 60**2, before / 70**2 + after / 40**2]
    half = 1.959963985 * (shares + 0.3**2 * sum(rates) / 4) ** 0.5
    assert (found.mix.low, found.mix.high) == pytest.approx((0.3 - half, 0.3 + half))
    half = 1.959963985 * (0.45**2 * rates[0] + 0.55**2 * rates[1]) ** 0.5
    assert (found.rate.value, found.rate.low, found.rate.high) == pytest.approx((0, -half, half))


def test_means_of_noughts_and_ones_are_rates() -> None:
    def moments(period: dict[str, Counts]) -> dict[str, Moments]:
        return {key: Moments.of({0: n - x, 1: x}) for key, (x, n) in period.items()}

    assert mean_and_mix(moments(WOMEN), moments(MEN)) == rate_and_mix(WOMEN, MEN)


def test_deal_sizes_that_fell_only_because_small_deals_came() -> None:
    large, small = Moments.of({9_000: 10, 11_000: 10}), Moments.of({900: 10, 1_100: 10})
    found = mean_and_mix({"large": large}, {"large": large, "small": small})
    assert (found.rate.value, found.mix.value) == pytest.approx((0, -4_500))
    shares = 0.5 * 0.5 / 40 * 9_000**2
    before = 20 * 1_000**2 / 19
    after = (20 * 1_000**2 + 20 * 100**2 + 40 * 4_500**2) / 39
    # Only one period has the small ones, so their mean counts whole; of the large both count by half.
    large_error = (20 * 1_000**2 + before) / 20**2 + (20 * 1_000**2 + after) / 20**2
    small_error = (20 * 100**2 + after) / 20**2
    half = 1.959963985 * (shares + 0.5**2 * (large_error / 4 + small_error)) ** 0.5
    assert (found.mix.low, found.mix.high) == pytest.approx((-4_500 - half, -4_500 + half))
    one = mean_and_mix({"a": Moments.of({5: 1})}, {"a": Moments.of({7: 1}), "b": Moments.of({})})
    assert (one.rate, one.mix) == (Effect(2, 2, 2), Effect(0, 0, 0))


@pytest.mark.parametrize(
    ("before", "after", "match"),
    [
        ({}, {"a": (1, 2)}, "without entities"),
        ({"a": (1, 2)}, {"a": (0, 0)}, "without entities"),
        ({"a": (3, 2)}, {"a": (1, 2)}, "not a rate: 3 of 2"),
    ],
)
def test_what_is_no_rate_has_no_parts(
    before: dict[str, Counts], after: dict[str, Counts], match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        rate_and_mix(before, after)


@pytest.fixture(scope="module")
def olist() -> dict[str, dict[str, Counts]]:
    """Won and all Olist leads by month of first contact and origin."""
    if not OLIST.is_dir():
        pytest.skip(f"the Olist files are not there: {OLIST}")
    with (OLIST / "olist_closed_deals_dataset.csv").open(newline="", encoding="utf-8") as file:
        won = {row["mql_id"] for row in csv.DictReader(file)}
    leads, deals = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    with (OLIST / "olist_marketing_qualified_leads_dataset.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = row["first_contact_date"][:7], row["origin"]
            leads[key] += 1
            deals[key] += row["mql_id"] in won
    months: dict[str, dict[str, Counts]] = {}
    for (month, origin), n in leads.items():
        months.setdefault(month, {})[origin] = (deals[month, origin], n)
    return months


@pytest.mark.parametrize(
    ("before", "after", "rate", "mix"),
    [
        ("2018-01", "2018-02", 0.00939880, 0.00232635),
        ("2018-02", "2018-05", -0.04046245, -0.00470942),
        ("2018-04", "2018-05", -0.03690311, 0.00131784),
    ],
)
def test_olist_months_by_origin(
    olist: dict[str, dict[str, Counts]], before: str, after: str, rate: float, mix: float
) -> None:
    found = rate_and_mix(olist[before], olist[after])
    assert (found.rate.value, found.mix.value) == pytest.approx((rate, mix), abs=5.1e-9)
