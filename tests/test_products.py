"""Effects of factors on a product: what must add up, whichever factors vanish, and values by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.statistics.products import MIX, effects, log_mean, segment_effects

NAMES = ("leads", "conversion", "deal_size")
amounts = st.floats(1e-3, 1e6)
factors = st.fixed_dictionaries(dict.fromkeys(NAMES, amounts | st.just(0.0)))
segments = st.dictionaries(st.sampled_from("abcd"), factors, min_size=1, max_size=4)


def value(of: dict[str, float]) -> float:
    return math.prod(of.values())


def test_a_product_of_two_by_hand() -> None:
    # From 2 x 5 to 4 x 10: both doubled, so each has half of the change.
    assert effects({"a": 2, "b": 5}, {"a": 4, "b": 10}) == pytest.approx({"a": 15, "b": 15})
    # From 100 to 121 by one factor alone.
    assert effects({"a": 10, "b": 10}, {"a": 12.1, "b": 10}) == pytest.approx({"a": 21, "b": 0})


def test_the_velocity_of_sales_with_its_divisor() -> None:
    # 100 x 25 % x 50,000 / 60 days, then 40 days: half as much again from days alone.
    before = {"deals": 100, "win_rate": 0.25, "deal_size": 50_000, "days": 1 / 60}
    found = effects(before, before | {"days": 1 / 40})
    assert found["days"] == pytest.approx(100 * 0.25 * 50_000 * (1 / 40 - 1 / 60))
    assert sum(found.values()) == found["days"]


@given(before=factors, after=factors)
def test_effects_add_up_and_turn_round(before: dict[str, float], after: dict[str, float]) -> None:
    found, turned = effects(before, after), effects(after, before)
    change = value(after) - value(before)
    scale = max(value(after), value(before), 1e-9)
    assert sum(found.values()) == pytest.approx(change, abs=1e-9 * scale)
    assert turned == pytest.approx({name: -effect for name, effect in found.items()}, abs=1e-9 * scale)


@given(before=segments, after=segments)
def test_effects_of_segments_add_up_to_the_change_of_their_sum(
    before: dict[str, dict[str, float]], after: dict[str, dict[str, float]]
) -> None:
    found = segment_effects(before, after, "leads")
    old, new = (sum(value(f) for f in period.values()) for period in (before, after))
    total = sum(sum(parts.values()) for parts in found.values())
    assert total == pytest.approx(new - old, abs=1e-9 * max(old, new, 1e-9))
    assert all(set(parts) == {MIX, *NAMES} for parts in found.values())


def test_growth_at_an_unchanged_mix_is_volume_and_a_shift_is_mix() -> None:
    before = {"a": {"leads": 100, "rate": 0.1}, "b": {"leads": 100, "rate": 0.3}}
    grown = {key: {"leads": 150, "rate": f["rate"]} for key, f in before.items()}
    found = segment_effects(before, grown, "leads")
    assert {key: parts["leads"] for key, parts in found.items()} == pytest.approx({"a": 5, "b": 15})
    assert all(parts[MIX] == parts["rate"] == 0 for parts in found.values())
    shifted = {"a": {"leads": 150, "rate": 0.1}, "b": {"leads": 50, "rate": 0.3}}
    found = segment_effects(before, shifted, "leads")
    assert sum(parts[MIX] for parts in found.values()) == pytest.approx(30 - 40)
    assert all(parts["leads"] == parts["rate"] == 0 for parts in found.values())


def test_a_segment_that_comes_or_goes_is_mix() -> None:
    old = {"leads": 100.0, "rate": 0.1}
    found = segment_effects({"a": old}, {"a": old, "b": {"leads": 50, "rate": 0.4}}, "leads")
    assert found["b"] == {"leads": 0, MIX: pytest.approx(20), "rate": 0}
    assert sum(found["a"].values()) == pytest.approx(0)
    gone = segment_effects({"a": old, "b": {"leads": 50, "rate": 0.4}}, {"a": old}, "leads")
    assert gone["b"][MIX] == pytest.approx(-20)
    unknown = segment_effects({"a": old, "b": {"leads": None, "rate": 0.4}}, {"a": old}, "leads")
    assert unknown == segment_effects({"a": old}, {"a": old}, "leads") | {
        "b": {"leads": 0, MIX: 0, "rate": 0}
    }
    # Where all of them are new, it is volume.
    assert segment_effects({}, {"a": old}, "leads") == {"a": {"leads": pytest.approx(10), MIX: 0, "rate": 0}}


def test_factors_that_vanish_take_the_whole_change() -> None:
    before = {"leads": 10, "rate": 0.5, "size": 100}
    assert effects(before, {"leads": 20, "rate": 0, "size": 100}) == {"leads": 0, "rate": -500, "size": 0}
    assert effects(before, {"leads": 0, "rate": 0, "size": 7}) == {"leads": -250, "rate": -250, "size": 0}
    # The exact value is the limit of ever smaller factors.
    near = effects(before, {"leads": 20, "rate": 1e-250, "size": 100})
    assert near["rate"] == pytest.approx(-500, rel=0.01)
    # A deal size that nobody has won yet says nothing.
    assert effects(before, {"leads": 10, "rate": 0, "size": None}) == {"leads": 0, "rate": -500, "size": 0}
    none = {"leads": 5.0, "rate": 0.0, "size": None}
    assert effects(none, none | {"leads": 7}) == {"leads": 0, "rate": 0, "size": 0}


def test_what_is_no_factor_is_refused() -> None:
    with pytest.raises(ValueError, match="refunds is negative"):
        effects({"refunds": -1}, {"refunds": 2})
    with pytest.raises(ValueError, match="not the same factors"):
        effects({"a": 1}, {"b": 1})
    with pytest.raises(ValueError, match="called mix"):
        segment_effects({"a": {"leads": 1, "mix": 1}}, {}, "leads")
    with pytest.raises(ValueError, match="needs leads"):
        segment_effects({"a": {"deals": 1}}, {}, "leads")
    assert segment_effects({}, {}, "leads") == {}


@given(a=amounts, b=amounts)
def test_the_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic(a: float, b: float) -> None:
    mean = log_mean(a, b)
    assert math.sqrt(a * b) * (1 - 1e-9) <= mean <= (a + b) / 2 * (1 + 1e-9)
    assert log_mean(b, a) == pytest.approx(mean, rel=1e-12)
    assert log_mean(1 + 1e-12, 1) == pytest.approx(1, rel=1e-11)
