"""Markov chains and Shapley values against published examples, simulation and all orders of players."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelkit.errors import UsageError
from funnelkit.models.attribution.chain import START, chain
from funnelkit.models.attribution.markov import markov
from funnelkit.models.attribution.named import attribute
from funnelkit.models.attribution.paths import Path, Tally
from funnelkit.models.attribution.rules import linear_distinct
from funnelkit.models.attribution.shapley import shapley, shapley_rate, shapley_value

Found = dict[Path, Tally]


def paths(*given: tuple[str, int, int]) -> Found:
    return {Path(tuple(words.split())): Tally(won, lost) for words, won, lost in given}


def as_floats(credit: Mapping[str, Fraction]) -> dict[str, float]:
    return {name: float(part) for name, part in credit.items()}


BRYL = paths(("c1 c2 c3", 1, 0), ("c1", 0, 1), ("c2 c3", 0, 1))
"""The three journeys of Bryl 2016 (analyzecore.com) and of the illustration of Anderl et al. 2016."""


def test_the_published_chain_of_three_journeys() -> None:
    found = markov(BRYL)
    assert found.rate == pytest.approx(1 / 3, abs=1e-12)
    assert found.effects == pytest.approx({"c1": 0.5, "c2": 1, "c3": 1}, abs=1e-12)
    assert as_floats(found.credit.conversions) == pytest.approx({"c1": 0.2, "c2": 0.4, "c3": 0.4}, abs=1e-12)


def test_the_published_chain_of_google_and_mailing() -> None:
    given = paths(("google", 2, 1), ("mailing", 1, 0), ("google mailing", 1, 0))
    moves = chain(given)
    assert float(moves.move(START, ("google",))) == 0.8
    assert float(moves.move(START, ("mailing",))) == 0.2
    assert float(moves.conversion(("google",))) == 0.5
    assert float(moves.move(("google",), ("mailing",))) == 0.25
    assert moves.conversion(("mailing",)) == 1
    found = markov(given)
    assert found.rate == pytest.approx(0.8)
    assert found.effects == pytest.approx({"google": 0.75, "mailing": 0.5})
    assert as_floats(found.credit.conversions) == pytest.approx({"google": 2.4, "mailing": 1.6}, abs=1e-12)


def test_the_published_probabilities_of_moving() -> None:
    # (The tests of eeghor/mta.)
    moves = chain(paths(("a b", 3, 1), ("a c", 1, 1)))
    assert float(moves.move(("a",), ("b",))) == pytest.approx(2 / 3)
    assert float(moves.conversion(("b",))) == 0.75
    assert float(moves.conversion(("c",))) == 0.5


def test_without_lost_journeys_an_effect_is_the_share_of_conversions_that_visit() -> None:
    found = markov(paths(("a", 3, 0), ("b", 1, 0)))
    assert found.rate == pytest.approx(1)
    assert found.effects == pytest.approx({"a": 0.75, "b": 0.25})


def test_repeating_a_channel_changes_no_effect() -> None:
    once = paths(("a b", 3, 2), ("b c a", 1, 4), ("c", 2, 9))
    again = paths(("a a a b", 3, 2), ("b c a", 1, 4), ("c c", 2, 9))
    assert markov(once).effects == pytest.approx(markov(again).effects, abs=1e-12)


def test_nobody_converted() -> None:
    found = markov(paths(("a b", 0, 3)))
    assert (found.rate, found.effects) == (0, {"a": 0, "b": 0})
    assert set(found.credit.conversions.values()) == {0}


def test_a_channel_that_never_converts_itself_may_lead_to_conversion() -> None:
    leading = markov(paths(("x y", 0, 1), ("y", 3, 0)))
    assert leading.effects["x"] > 0
    alone = markov(paths(("x", 0, 5), ("y", 3, 0)))
    assert alone.effects["x"] == 0
    assert alone.credit.conversions == {"x": 0, "y": 3}


def test_money_follows_the_journeys_that_bring_it() -> None:
    found = {Path(("a",)): Tally(1, 1, 900), Path(("b",)): Tally(1, 1, 100)}
    assert markov(found).credit.money == {"a": 900, "b": 100}
    assert as_floats(markov(found).credit.conversions) == {"a": 1, "b": 1}


def test_money_that_a_channel_loses_is_shared_as_conversions_are() -> None:
    found = {Path(("a",)): Tally(1, 0, 900), Path(("b",)): Tally(1, 0, -100)}
    assert markov(found).credit.money == {"a": 400, "b": 400}


def test_higher_orders_see_what_came_before() -> None:
    # After a, b always converts; after c, never. One step back they look alike.
    given = paths(("a b", 5, 0), ("c b", 0, 5))
    assert markov(given, 1).effects["c"] == pytest.approx(0.5)
    assert markov(given, 2).effects == pytest.approx({"a": 1, "b": 1, "c": 0})


def test_an_order_of_too_many_states_is_refused() -> None:
    many = {Path((f"a{n}", f"b{n}", f"c{n}")): Tally(1) for n in range(700)}
    with pytest.raises(UsageError, match="states"):
        markov(many, 3)
    with pytest.raises(ValueError, match="order"):
        markov(many, 0)


def test_the_solved_effects_are_those_of_simulated_walks() -> None:
    given = paths(("a b c", 4, 6), ("b a a", 2, 9), ("c b", 5, 3), ("a c b a", 1, 4))
    moves = chain(given)
    random = np.random.RandomState(7)
    steps = {
        state: (
            [other for (one, other) in moves.moves if one == state],
            [moves.moves[state, other] / moves.left[state] for (one, other) in moves.moves if one == state],
            moves.converted[state] / moves.left[state],
        )
        for state in moves.left
    }
    won: list[set[str]] = []
    walks = 20_000
    for _ in range(walks):
        state: tuple[str, ...] | None = START
        seen: set[str] = set()
        while state is not None:
            others, chances, converts = steps[state]
            at = int(np.searchsorted(np.cumsum([*chances, converts]), random.random_sample(), "right"))
            if at == len(others):
                won.append(seen)
            state = others[at] if at < len(others) else None
            seen |= {state[-1]} if state else set()
    found = markov(given)
    assert found.rate == pytest.approx(len(won) / walks, abs=0.015)
    for name, effect in found.effects.items():
        assert effect == pytest.approx(sum(name in seen for seen in won) / len(won), abs=0.02)


journeys = st.dictionaries(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map(lambda names: Path(tuple(names))),
    st.builds(Tally, st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(journeys, st.integers(1, 4))
def test_the_chain_converts_as_often_as_the_journeys(found: Found, order: int) -> None:
    won, lost = (sum(getattr(t, name) for t in found.values()) for name in ("converted", "unconverted"))
    result = markov(found, order)
    assert result.rate == pytest.approx(won / (won + lost) if won else 0, abs=1e-9)
    assert all(-1e-9 <= effect <= 1 + 1e-9 for effect in result.effects.values())


@settings(deadline=None)
@given(journeys)
def test_removing_a_channel_by_hand_loses_what_its_effect_says(found: Found) -> None:
    moves = chain(found)
    states = moves.states
    rate = markov(found).rate
    for name, effect in markov(found).effects.items():
        kept = [state for state in states if name not in state]
        if START not in kept or not rate:
            continue
        matrix = np.eye(len(kept)) - np.array([[float(moves.move(a, b)) for b in kept] for a in kept])
        without = np.linalg.solve(matrix, [float(moves.conversion(state)) for state in kept])[0]
        assert effect == pytest.approx(1 - without / rate, abs=1e-9)


def subsets(found: Found, players: list[str], *, rate: bool) -> dict[frozenset[str], float]:
    """The worth of every coalition by looking through all paths for each."""
    worth = {}
    for number in range(2 ** len(players)):
        inside = frozenset(name for at, name in enumerate(players) if number >> at & 1)
        within = [tally for path, tally in found.items() if set(path.channels) <= inside]
        won, lost = sum(t.converted for t in within), sum(t.unconverted for t in within)
        worth[inside] = (won / (won + lost) if won else 0.0) if rate else float(won)
    return worth


def by_orders(players: list[str], worth: Mapping[frozenset[str], float]) -> dict[str, float]:
    """The mean of what each player adds, over all orders of coming."""
    values = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        for at, name in enumerate(order):
            values[name] += (worth[frozenset(order[: at + 1])] - worth[frozenset(order[:at])]) / len(orders)
    return values


@pytest.mark.parametrize(
    ("dividends", "expected"),
    [
        ("F .20 O .10 L .17 FO .17 FL .30 LO 0 FLO .06", {"F": 0.455, "O": 0.205, "L": 0.340}),
        ("F .18 G .04 L .08 FG .10 FL .26 GL .07 FGL .27", {"F": 0.450, "G": 0.215, "L": 0.335}),
    ],
)
def test_published_values_of_channels_that_add_up(dividends: str, expected: dict[str, float]) -> None:
    words = dividends.split()
    parts = {frozenset(one): float(two) for one, two in zip(words[::2], words[1::2], strict=True)}
    found = shapley_value(
        sorted(expected), lambda inside: sum(part for one, part in parts.items() if one <= inside)
    )
    assert found == pytest.approx(expected, abs=1e-12)
    shared = {Path(tuple(sorted(one))): Tally(round(100 * part)) for one, part in parts.items()}
    assert as_floats(shapley(shared).conversions) == pytest.approx(
        {name: 100 * value for name, value in expected.items()}, abs=1e-9
    )


def test_published_games() -> None:
    truck = {"": 0, "A": 88, "B": 92, "C": 70, "AB": 100, "AC": 119, "BC": 112, "ABC": 120}
    found = shapley_value("ABC", lambda inside: truck["".join(sorted(inside))])
    assert found == pytest.approx({"A": 41.5, "B": 40, "C": 38.5})  # the deliveries in LINGO's manual
    lemaire = {"": 0, "1": 46125, "2": 17437.5, "3": 5812.5, "12": 69187.5, "13": 53812.5, "23": 30750}
    lemaire["123"] = 90000
    found = shapley_value("123", lambda inside: lemaire["".join(sorted(inside))])
    assert found == pytest.approx({"1": 51750, "2": 25875, "3": 12375})  # R package GameTheory
    gloves = shapley_value("ABC", lambda inside: float("C" in inside and len(inside) > 1))
    assert gloves == pytest.approx({"A": 1 / 6, "B": 1 / 6, "C": 2 / 3})  # Wikipedia, glove game


@settings(deadline=None)
@given(journeys)
def test_the_closed_form_is_the_game_of_sums(found: Found) -> None:
    players = sorted({name for path in found for name in path.channels})
    worth = subsets(found, players, rate=False)
    assert as_floats(shapley(found).conversions) == pytest.approx(by_orders(players, worth), abs=1e-9)
    assert shapley(found) == attribute(found, "linear_distinct")
    assert shapley_value(players, worth.__getitem__) == pytest.approx(by_orders(players, worth), abs=1e-9)


@settings(deadline=None)
@given(journeys)
def test_the_game_of_rates_is_played_over_all_orders(found: Found) -> None:
    players = sorted({name for path in found for name in path.channels})
    values = by_orders(players, subsets(found, players, rate=True))
    whole = sum(tally.converted + tally.unconverted for tally in found.values())
    expected = {name: value * whole for name, value in values.items()}
    assert as_floats(shapley_rate(found).conversions) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=16, max_size=16))
def test_equal_players_earn_alike_and_one_that_adds_nothing_earns_nothing(worths: list[float]) -> None:
    # What a and b bring depends on how many of them there are; d never adds anything.
    def worth(inside: frozenset[str]) -> float:
        return worths[len(inside & {"a", "b"}) + 4 * ("c" in inside)] if inside - {"d"} else 0.0

    found = shapley_value("abcd", worth)
    assert found["a"] == pytest.approx(found["b"], abs=1e-9)
    assert found["d"] == pytest.approx(0, abs=1e-9)
    assert sum(found.values()) == pytest.approx(worth(frozenset("abcd")), abs=1e-9)


def test_more_channels_than_can_be_enumerated_are_refused() -> None:
    found = {Path(tuple(f"channel {n}" for n in range(16))): Tally(1)}
    with pytest.raises(UsageError, match="16 channels"):
        shapley_rate(found)
    assert len(linear_distinct(next(iter(found)))) == 16
    assert sum(shapley(found).conversions.values()) == 1
