"""Rules of attribution against published and hand-worked credit; sums that hold to the cent.

Without these a channel would be paid for conversions twice, or for some that nobody has earned.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.errors import UsageError
from funnelkit.models.attribution.agreement import agreement
from funnelkit.models.attribution.credit import by_rule
from funnelkit.models.attribution.journeys import Touch, journey
from funnelkit.models.attribution.lengths import lags, path_lengths
from funnelkit.models.attribution.named import MODELS, Settings, attribute
from funnelkit.models.attribution.parting import exact, in_whole_units
from funnelkit.models.attribution.paths import Path, Paths, Tally, counted
from funnelkit.models.attribution.positional import FULL_PATH, W_SHAPED, Positions, positional
from funnelkit.models.attribution.rules import time_decay

RULES = [name for name in MODELS if name not in ("markov", "shapley", "shapley_rate")]


def paths(*given: tuple[str, int]) -> dict[Path, Tally]:
    """Paths written as words, each with how many converted."""
    return {Path(tuple(words.split())): Tally(converted) for words, converted in given}


def credit(model: str, found: Paths, settings: Settings | None = None) -> dict[str, float]:
    return {name: float(part) for name, part in attribute(found, model, settings).conversions.items() if part}


THREE = paths(("direct direct", 2), ("search email", 3), ("search social email", 5))
"""The example in the tests of eeghor/mta, whose credit the next test gives."""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {"direct": 2, "search": 8}),
        ("last", {"direct": 2, "email": 8}),
        ("linear", {"direct": 2, "search": 19 / 6, "email": 19 / 6, "social": 5 / 3}),
        ("u_shaped", {"direct": 2, "search": 3.5, "email": 3.5, "social": 1}),
        ("j_shaped", {"direct": 2, "search": 0.75 + 1, "email": 2.25 + 3, "social": 1}),
        ("inverse_j", {"direct": 2, "search": 2.25 + 3, "email": 0.75 + 1, "social": 1}),
    ],
)
def test_published_credit_by_rule(model: str, expected: dict[str, float]) -> None:
    assert credit(model, THREE) == pytest.approx(expected, abs=1e-9)


def test_other_weights_of_the_ends_are_renormalised_for_two_touches() -> None:
    thirty_seventy = Positions(first=Fraction(30), last=Fraction(70), rest=Fraction(0))
    found = credit("u_shaped", paths(("x y", 10)), Settings(u_shaped=thirty_seventy))
    assert found == {"x": 3, "y": 7}


def test_linear_counts_touches_or_different_channels() -> None:
    found = paths(("a a b", 6))
    assert credit("linear", found) == {"a": 4, "b": 2}
    assert credit("linear_distinct", found) == {"a": 3, "b": 3}


def test_the_last_touch_but_direct() -> None:
    found = paths(("ads email direct", 1), ("direct direct", 2), ("direct", 4))
    assert credit("last_non_direct", found) == {"email": 1, "direct": 6}
    typed = Settings(direct=("direct", "email"))
    assert credit("last_non_direct", found, typed) == {"ads": 1, "direct": 6}


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((14, 7, 0), (1 / 7, 2 / 7, 4 / 7)),
        ((21, 14, 7, 0), (1 / 15, 2 / 15, 4 / 15, 8 / 15)),
        ((8, 1), (1 / 3, 2 / 3)),
        ((50_007, 50_000), (1 / 3, 2 / 3)),
    ],
)
def test_credit_halves_with_every_half_life(ages: tuple[float, ...], expected: tuple[float, ...]) -> None:
    names = tuple("abcd"[: len(ages)])
    assert time_decay(7)(Path(names, ages)) == pytest.approx(expected, abs=1e-12)


def test_the_published_deal_of_12_000_dollars() -> None:
    # Touches on the days 0, 5, 12, 30 and 38, won on day 38.
    path = Path(tuple("abcde"), (38, 33, 26, 8, 0))
    found = {path: Tally(1, 0, 1_200_000)}
    decayed = attribute(found, "time_decay")
    published = [175.20, 287.44, 574.87, 3417.04, 7545.45]
    assert [float(part) / 100 for part in decayed.value.values()] == pytest.approx(published, abs=0.006)
    # Rounded one by one they would be 12,000.01; the first has the smallest part of a cent to lose.
    assert list(decayed.money.values()) == [17519, 28744, 57488, 341704, 754545]
    assert set(attribute(found, "linear").money.values()) == {240_000}
    assert list(attribute(found, "u_shaped").money.values()) == [480_000, 80_000, 80_000, 80_000, 480_000]


def test_halving_without_normalising_would_lose_credit() -> None:
    # "Simple decay" of 50, 25, 12.5, ... % over six touches gives away 98.4 % of a conversion.
    assert sum(0.5**n for n in range(1, 7)) == pytest.approx(0.984375)
    assert sum(time_decay(1)(Path(tuple("abcdef"), (5, 4, 3, 2, 1, 0)))) == 1


def test_milestones_earn_at_the_touch_that_came_last_before_them() -> None:
    path = Path(tuple("abcdef"), lead=2, opportunity=4)
    w = [float(weight) for weight in positional(W_SHAPED)(path)]
    assert w == pytest.approx([0.3, 0.1 / 3, 0.3, 0.1 / 3, 0.3, 0.1 / 3])
    full = [float(weight) for weight in positional(FULL_PATH)(path)]
    assert full == pytest.approx([0.225, 0.05, 0.225, 0.05, 0.225, 0.225])


def test_unknown_and_shared_milestones() -> None:
    # No opportunity: 30, 30 and 10 of 70. One touch is the first and made the lead: it earns both.
    sevenths = tuple(Fraction(part, 7) for part in (3, 3, 1))
    assert positional(W_SHAPED)(Path(tuple("abc"), lead=1)) == sevenths
    assert positional(W_SHAPED)(Path(tuple("ab"), lead=0, opportunity=1)) == (Fraction(2, 3), Fraction(1, 3))
    assert sum(positional(FULL_PATH)(Path(("a",), lead=0, opportunity=0))) == 1


def test_weights_that_would_leave_a_path_without_credit_are_refused() -> None:
    with pytest.raises(ValueError, match="one touch"):
        Positions(first=Fraction(0), last=Fraction(0), rest=Fraction(1))
    with pytest.raises(ValueError, match="less than nothing"):
        Positions(first=Fraction(-1), last=Fraction(2), rest=Fraction(0))


def test_money_adds_up_to_the_cent() -> None:
    found = {Path(("a", "b", "c")): Tally(1, 0, 1000), Path(("c", "a", "b")): Tally(2, 0, 1)}
    money = attribute(found, "linear").money
    assert money == {"a": 334, "b": 334, "c": 333}
    assert in_whole_units({"a": Fraction(-10, 3), "b": Fraction(-20, 3)}) == {"a": -3, "b": -7}
    with pytest.raises(ValueError, match="whole"):
        in_whole_units({"a": Fraction(1, 2)})


def test_amounts_in_floats_become_exact() -> None:
    assert sum(exact([0.1] * 10)) == 1
    assert [float(part) for part in exact([0.7, 0.2, 0.1], 1)] == pytest.approx([0.7, 0.2, 0.1], abs=1e-15)


def test_journeys_that_converted_without_a_touch_are_told_apart() -> None:
    found = attribute({Path(()): Tally(3, 5, 90), Path(("a",)): Tally(1, 0, 10)}, "first")
    assert found.untouched == Tally(3, 0, 90)
    assert found.conversions == {"a": 1}


def test_ties_keep_their_order_and_later_touches_are_dropped() -> None:
    touches = [Touch("late", 11), Touch("b", 10), Touch("a", 10), Touch("first", 2)]
    assert journey(touches, 10).channels == ("first", "b", "a")
    assert journey(touches, 10).ages == (8, 0, 0)
    assert journey(touches, 1) == Path(())
    assert journey(touches, 11, after=10).channels == ("late",)


def test_the_window_keeps_its_last_day() -> None:
    touches = [Touch("a", 0), Touch("b", 1), Touch("c", 100)]
    assert journey(touches, 91, window=90).channels == ("b",)
    assert journey(touches, 91, window=None).channels == ("a", "b")
    # Nobody converted: the window counts from the last touch, however long ago that was.
    assert journey(touches, None, window=99).channels == ("b", "c")
    assert journey(touches, None, window=99).ages == ()


def test_milestones_are_found_by_their_days() -> None:
    touches = [Touch("a", 1), Touch("b", 5), Touch("c", 9)]
    found = journey(touches, 10, lead_at=5, opportunity_at=8)
    assert (found.lead, found.opportunity) == (1, 1)
    assert journey(touches, 10, lead_at=0).lead is None
    assert journey([], 10, lead_at=0).lead is None


def test_journeys_are_counted_by_path() -> None:
    a = Path(("a",))
    assert counted([(a, 500), (a, 0), (a, None)]) == {a: Tally(2, 1, 500, 250_000)}


def test_impossible_counts_are_refused() -> None:
    for make in (
        lambda: Tally(-1),
        lambda: Tally(0, 1, 5),
        lambda: Path(("a",), (1, 2)),
        lambda: Path(("a",), (-1,)),
        lambda: Path(("a",), lead=1),
    ):
        with pytest.raises(ValueError, match=r"below zero|not convert|ages|after|no touch"):
            make()


def test_decay_without_ages_or_half_life_is_refused() -> None:
    with pytest.raises(ValueError, match="age"):
        attribute(paths(("a", 1)), "time_decay")
    with pytest.raises(ValueError, match="half-life"):
        time_decay(0)


def test_a_mistyped_model_is_answered_with_the_near_one() -> None:
    with pytest.raises(UsageError) as raised:
        attribute(THREE, "lineer")
    assert "linear" in raised.value.hint


def test_tables_of_length_and_lag() -> None:
    found = {
        Path(("a",), (0.5,)): Tally(3, 0, 30),
        Path(("a", "b"), (9.0, 2.0)): Tally(1, 0, 5),
        Path(("a",)): Tally(0, 6),
        Path(("a", "b", "c"), (40.0, 3.0, 0.0)): Tally(4, 0, 8),
    }
    lengths = path_lengths(found)
    assert [(row.low, row.high, row.tally.converted, row.rate) for row in lengths] == [
        (1, 1, 3, 3 / 9),
        (2, 2, 1, 1.0),
        (3, 3, 4, 1.0),
    ]
    assert [row.so_far for row in lengths] == [3 / 8, 4 / 8, 1.0]
    days = lags(found, starts=(0, 1, 7, 30))
    assert [(row.low, row.high, row.tally.converted) for row in days] == [
        (0, 0, 3),
        (1, 6, 0),
        (7, 29, 1),
        (30, None, 4),
    ]
    assert [row.tally.value for row in lags(found, from_last=True)] == [38, 5]
    assert days[1].rate is None
    with pytest.raises(ValueError, match="age"):
        lags(paths(("a", 1)))


def test_agreement_is_the_credit_that_models_share() -> None:
    half = {"a": Fraction(1), "b": Fraction(1)}
    most = {"a": Fraction(9), "b": Fraction(1)}
    found = agreement({"first": half, "last": most, "none": {"a": Fraction(0)}})
    assert found.pairs == {("first", "last"): pytest.approx(0.6)}
    assert found.score == pytest.approx(0.6)
    spread = found.spreads["a"]
    assert (spread.low, spread.low_model, spread.high, spread.high_model) == (0.5, "first", 0.9, "last")
    assert agreement({"first": {"a": Fraction(1)}, "last": {"b": Fraction(1)}}).score == 0
    assert agreement({"first": half}).score is None


channels = st.lists(st.sampled_from("abcd"), min_size=1, max_size=6)


@st.composite
def journeys(draw: st.DrawFn) -> dict[Path, Tally]:
    found: dict[Path, Tally] = {}
    for names in draw(st.lists(channels, min_size=1, max_size=6)):
        ages = sorted(
            draw(st.lists(st.integers(0, 400), min_size=len(names), max_size=len(names))), reverse=True
        )
        places = st.none() | st.integers(0, len(names) - 1)
        path = Path(tuple(names), tuple(ages), draw(places), draw(places))
        converted = draw(st.integers(0, 50))
        value = draw(st.integers(-(10**9), 10**12)) if converted else 0
        found[path] = Tally(converted, draw(st.integers(0, 50)), value)
    return found


@settings(deadline=None)
@given(journeys())
def test_no_model_loses_or_makes_credit(found: dict[Path, Tally]) -> None:
    for model in MODELS:
        credit = attribute(found, model)
        assert sum(credit.conversions.values()) == sum(tally.converted for tally in found.values())
        assert sum(credit.money.values()) == sum(tally.value for tally in found.values())


@settings(deadline=None)
@given(journeys(), st.randoms())
def test_the_order_of_paths_does_not_matter(found: dict[Path, Tally], random: Random) -> None:
    shuffled = list(found.items())
    random.shuffle(shuffled)
    for model in MODELS:
        assert attribute(dict(shuffled), model) == attribute(found, model)


@settings(deadline=None)
@given(journeys(), channels)
def test_who_did_not_convert_changes_no_rule(found: dict[Path, Tally], names: list[str]) -> None:
    more = {**found, Path(tuple(names)): Tally(0, 7)}
    for model in [*RULES, "shapley"]:
        before = {name: part for name, part in attribute(found, model).conversions.items() if part}
        assert {name: part for name, part in attribute(more, model).conversions.items() if part} == before


@settings(deadline=None)
@given(journeys())
def test_names_of_channels_do_not_matter(found: dict[Path, Tally]) -> None:
    renamed = dict(zip("abcd", "dbca", strict=True))
    others = {
        Path(tuple(renamed[name] for name in path.channels), path.ages, path.lead, path.opportunity): tally
        for path, tally in found.items()
    }
    for model in RULES:
        expected = {renamed[name]: part for name, part in attribute(found, model).conversions.items()}
        assert attribute(others, model).conversions == expected


@settings(deadline=None)
@given(journeys())
def test_credit_by_rule_is_that_of_the_paths_one_by_one(found: dict[Path, Tally]) -> None:
    rule = positional(FULL_PATH)
    whole = by_rule(found, rule)
    for name, part in whole.conversions.items():
        single = sum(
            (
                by_rule({path: tally}, rule).conversions.get(name, Fraction(0))
                for path, tally in found.items()
            ),
            Fraction(0),
        )
        assert part == single
