"""Credit by what would be lost without a channel: removal effects in a Markov chain.

(Anderl, Becker, von Wangenheim and Schumann 2016, Int. J. Research in Marketing 33:457-474.)
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from msgspec import Struct

from funnelkit.errors import UsageError
from funnelkit.models.attribution.chain import START, Chain, State, chain
from funnelkit.models.attribution.credit import Credit, untouched
from funnelkit.models.attribution.parting import shares
from funnelkit.models.attribution.paths import Paths, channels_of, total

MOST_STATES = 2000
"""Beyond these an order is refused: the inverse of the matrix would take minutes."""


class Markov(Struct, frozen=True):
    """The credit and what it was derived from."""

    credit: Credit
    effects: Mapping[str, float]
    """By channel: the share of conversions that would be lost if every journey ended there for nothing."""
    value_effects: Mapping[str, float]
    """The same share of the money; a journey that converts from a state brings the mean of that state."""
    rate: float
    """The probability of converting in the whole chain, which is that of the journeys."""


def markov(paths: Paths, order: int = 1) -> Markov:
    """Credit in proportion to the removal effects 1 - P(conversion without the channel) / P(conversion).

    A channel is removed by ending every journey that reaches it. The probabilities are solved exactly
    and not simulated: with Q the moves between states, r the conversions from each, N = (I - Q)^-1 and
    c = N r, the walks from the start that visit the states A and convert have the probability
    N[start, A] N[A, A]^-1 c[A].

    Journeys that did not convert belong in *paths*: without them the probability of converting is 1, and
    an effect is only the share of conversions that visit the channel. A channel that is never on a
    converting journey can still earn: where its journeys went on to channels from which others convert,
    the chain has walks that its data have not. Where nobody converted, nobody earns. Where money was
    lost by some channel, money is shared as the conversions are. Raises UsageError for more states than
    can be solved, ValueError for an order below 1.
    """
    moves = chain(paths, order)
    channels = channels_of(paths)
    alone = untouched(paths)
    everything = total(paths)
    rate, effects, money = _removed(moves, channels)
    credit = Credit(
        _shared(everything.converted - alone.converted, effects),
        _shared(everything.value - alone.value, money if _sharable(money) else effects),
        alone,
    )
    return Markov(credit, effects, money, rate)


def _removed(moves: Chain, channels: list[str]) -> tuple[float, dict[str, float], dict[str, float]]:
    """The probability of converting, and the share of conversions and of money that each channel takes."""
    nothing = dict.fromkeys(channels, 0.0)
    if not sum(moves.converted.values()):
        return 0.0, nothing, nothing
    states = moves.states
    if len(states) > MOST_STATES:
        raise UsageError(
            f"the Markov chain has {len(states)} states, more than {MOST_STATES} cannot be solved",
            hint="Ask for a lower order, or put rare channels together.",
            code="too_many_states",
        )
    visits = _visits(moves, states)
    holding = {channel: [at for at, state in enumerate(states) if channel in state] for channel in channels}
    won = visits @ _per_visit(moves, states, moves.converted)
    worth = visits @ _per_visit(moves, states, moves.value)

    def lost(reward: np.ndarray, among: list[int]) -> float:
        if not (among and reward[0]):
            return 0.0
        reached = np.linalg.solve(visits[np.ix_(among, among)], reward[among])
        return float(visits[0, among] @ reached / reward[0])

    return (
        float(won[0]),
        {channel: lost(won, among) for channel, among in holding.items()},
        {channel: lost(worth, among) for channel, among in holding.items()},
    )


def _visits(moves: Chain, states: list[State]) -> np.ndarray:
    """The expected number of visits to each state (column) from each (row); the start comes first."""
    assert states[0] == START
    place = {state: at for at, state in enumerate(states)}
    away = np.eye(len(states))
    for (one, other), times in moves.moves.items():
        away[place[one], place[other]] -= times / moves.left[one]
    return np.linalg.inv(away)


def _per_visit(moves: Chain, states: list[State], sums: Mapping[State, int]) -> np.ndarray:
    return np.array([sums.get(state, 0) / moves.left[state] for state in states])


def _sharable(effects: Mapping[str, float]) -> bool:
    return bool(effects) and min(effects.values()) > -1e-12 and max(effects.values()) > 0


def _shared(whole: int, effects: Mapping[str, float]) -> dict[str, Fraction]:
    """The *whole* in proportion to the *effects*, exactly."""
    if not (whole and effects):
        return dict.fromkeys(effects, Fraction(0))
    parts = shares([max(0.0, effect) for effect in effects.values()])
    return {channel: part * whole for channel, part in zip(effects, parts, strict=True)}
