"""Credit as the Shapley value of a game whose players are the channels.

(Shapley 1953, Contributions to the Theory of Games II, 307-317; for journeys Zhao, Mahboobi and Bagheri
2018, arXiv:1804.05327.) Channels play as sets: order and repetition do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb

import numpy as np

from funnelkit.errors import UsageError
from funnelkit.models.attribution.credit import Credit, by_rule, untouched
from funnelkit.models.attribution.parting import exact
from funnelkit.models.attribution.paths import Paths, Tally, channels_of, total
from funnelkit.models.attribution.rules import linear_distinct

MOST_PLAYERS = 15
"""2 ** 15 coalitions take a tenth of a second, and every further channel doubles them."""

Worths = np.ndarray
"""The worth of each coalition, at the number whose bits are its players."""


def shapley(paths: Paths) -> Credit:
    """The game of sums: a coalition is worth the conversions of the journeys that only it touched.

    With v(S) the sum of v({T}) over the sets of channels T within S, the value of a channel is the sum
    of v({T}) / |T| over the sets T that hold it, for the T are the dividends of the game (Harsanyi 1959).
    So it is the rule that pays all different channels of a journey alike, for any number of channels.
    """
    return by_rule(paths, linear_distinct)


def shapley_rate(paths: Paths) -> Credit:
    """The game of rates: a coalition is worth the conversion rate of the journeys that only it touched.

    v(S) = conversions / journeys over the journeys all of whose channels are in S, 0 where there are
    none; money likewise per journey. The value of each channel times all touched journeys is its credit,
    which adds up to the conversions since v of all channels is the rate of all. A channel whose presence
    lowers the rate has a negative credit. Raises UsageError for more channels than can be enumerated.
    """
    channels = channels_of(paths)
    _refuse_many(channels)
    bit = {channel: 1 << at for at, channel in enumerate(channels)}
    sums = np.zeros((3, 1 << len(channels)))
    for path, tally in paths.items():
        if path.channels:
            coalition = sum(bit[channel] for channel in set(path.channels))
            sums[:, coalition] += tally.converted, tally.value, tally.converted + tally.unconverted
    won, worth, journeys = _within(sums, len(channels))
    alone, everything = untouched(paths), total(paths)
    whole = float(journeys[-1])

    def credit(reward: np.ndarray, touched: int) -> dict[str, Fraction]:
        rates = np.divide(reward, journeys, out=np.zeros_like(reward), where=journeys > 0)
        values = _values(rates, len(channels)) * whole
        return dict(zip(channels, exact(values.tolist(), touched), strict=True))

    touched = Tally(everything.converted - alone.converted, 0, everything.value - alone.value)
    return Credit(credit(won, touched.converted), credit(worth, touched.value), alone)


def shapley_value(players: Sequence[str], worth: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """The Shapley value of each player of any game *worth*, which is asked for every coalition.

    The mean of what the player adds, over all orders of coming: the sum over coalitions S without the
    player of |S|! (n - |S| - 1)! / n! (v(S + player) - v(S)). Raises UsageError for more players than
    can be enumerated.
    """
    _refuse_many(players)
    worths = np.array(
        [
            worth(frozenset(player for at, player in enumerate(players) if number >> at & 1))
            for number in range(1 << len(players))
        ]
    )
    return dict(zip(players, _values(worths, len(players)).tolist(), strict=True))


def _values(worths: Worths, players: int) -> np.ndarray:
    """The Shapley value of each of so many *players*."""
    coalitions = np.arange(1 << players)
    sizes = np.array([number.bit_count() for number in range(1 << players)])
    weights = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
    values = np.zeros(players)
    for player in range(players):
        without = coalitions[coalitions >> player & 1 == 0]
        added = worths[without | 1 << player] - worths[without]
        values[player] = np.dot(weights[sizes[without]], added)
    return values


def _within(sums: np.ndarray, players: int) -> np.ndarray:
    """For each coalition the sums over all that lie within it, one player after the other."""
    rows = len(sums)
    for player in range(players):
        halves = sums.reshape(rows, -1, 2, 1 << player)
        halves[:, :, 1] += halves[:, :, 0]
    return sums


def _refuse_many(players: Sequence[str]) -> None:
    if len(players) > MOST_PLAYERS:
        raise UsageError(
            f"the Shapley value of rates looks at every set of channels, and {len(players)} channels have"
            f" 2^{len(players)}; at most {MOST_PLAYERS} can be done",
            hint="Put rare channels together, or take the Shapley value of sums, which has no limit.",
            code="too_many_channels",
        )
