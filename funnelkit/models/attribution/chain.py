"""The Markov chain of journeys: counts of moves between what was seen last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct

from funnelkit.models.attribution.paths import Paths

State = tuple[str, ...]
"""The last touches, at most as many as the order of the chain, the latest last. () is the start."""
START: State = ()


class Chain(Struct, frozen=True):
    """How often journeys moved from one state to another, and how they ended."""

    moves: Mapping[tuple[State, State], int]
    converted: Mapping[State, int]
    """How many converted straight after a state."""
    left: Mapping[State, int]
    """From how many states journeys went on in any way, the ends among them."""
    value: Mapping[State, int]
    """What those brought that converted straight after a state."""

    @property
    def states(self) -> list[State]:
        """All states, the start first, then by length and name."""
        return sorted(self.left, key=lambda state: (len(state), state))

    def move(self, one: State, other: State) -> Fraction:
        """The probability of going from *one* state to the *other*."""
        return Fraction(self.moves.get((one, other), 0), self.left[one])

    def conversion(self, state: State) -> Fraction:
        """The probability of converting straight after *state*."""
        return Fraction(self.converted.get(state, 0), self.left[state])


def chain(paths: Paths, order: int = 1) -> Chain:
    """The chain whose states are the last *order* touches; fewer at the beginning of a journey.

    Moves are counted over converted and unconverted journeys alike. Those without a touch are left out.
    Raises ValueError for an order below 1.
    """
    if order < 1:
        raise ValueError(f"a chain of order {order}")
    moves: Counter[tuple[State, State]] = Counter()
    converted: Counter[State] = Counter()
    left: Counter[State] = Counter()
    value: Counter[State] = Counter()
    for path, tally in paths.items():
        times = tally.converted + tally.unconverted
        if not (times and path.channels):
            continue
        state = START
        for channel in path.channels:
            seen = (*state, channel)[-order:]
            moves[state, seen] += times
            left[state] += times
            state = seen
        left[state] += times
        converted[state] += tally.converted
        value[state] += tally.value
    return Chain(moves, converted, left, value)
