"""Credit by every model, with the range in which it would lie if the same number of journeys came again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.attribution import resampled
from funnelkit.build.attribution.request import OF_TWO
from funnelkit.build.attribution.resampled import Limits
from funnelkit.errors import UsageError
from funnelkit.metrics.reasons import Reason
from funnelkit.models.attribution.markov import markov
from funnelkit.models.attribution.named import RULES, attribute
from funnelkit.models.attribution.paths import channels_of, total
from funnelkit.statistics.intervals import mean_t, wilson

if TYPE_CHECKING:
    from funnelkit.build.attribution.journeys import Journeys
    from funnelkit.build.attribution.request import Asked
    from funnelkit.models.attribution.credit import Credit
    from funnelkit.models.attribution.paths import Path, Paths, Tally

_LOST = "lost without "
_TIMED = ("time_decay",)
_STAGED = ("w_shaped", "full_path")
_ONLY_ENDS = Reason(
    "no_touches",
    "only where people came from first and latest is known, and this model looks at what came between",
)


class Model(Struct, frozen=True, kw_only=True):
    """What one model gives, or why it gives nothing."""

    name: str
    credit: Credit | None = None
    limits: Mapping[str, Limits] | None = None
    """By channel, 95 % limits of its share of all conversions."""
    limited: str = ""
    """How these were found: wilson or bootstrap."""
    money: Mapping[str, Limits] = {}
    """By channel, 95 % limits of the value it is given, in the smallest unit of the money; of rules alone."""
    lost: Mapping[str, Limits] = {}
    """By channel, 95 % limits of what would be lost without it, of a Markov chain."""
    reason: Reason | None = None


def models(journeys: Journeys, asked: Asked) -> list[Model]:
    """Every model that is asked for; of the usual ones those that need what is not there are left out."""
    found = []
    for name in asked.models:
        reason = _lacks(name, journeys)
        if reason is None:
            found.append(_given(name, journeys, asked))
        elif asked.named or name not in _STAGED:
            found.append(Model(name=name, reason=reason))
    return found


def _lacks(name: str, journeys: Journeys) -> Reason | None:
    if not journeys.whole and name not in OF_TWO:
        return _ONLY_ENDS
    if name in _STAGED and not journeys.milestones:
        return Reason(
            "no_stage_dates", f"no file tells when {journeys.lacking} made: load them with that date"
        )
    return None


def _given(name: str, journeys: Journeys, asked: Asked) -> Model:
    paths = journeys.paths if name in (*_TIMED, *_STAGED) else journeys.orders
    try:
        credit = attribute(paths, name, asked.settings)
    except UsageError as error:
        return Model(name=name, reason=Reason(error.code or "not_possible", str(error)))
    if name in RULES:
        limits, money = _by_rule(paths, name, asked)
        return Model(name=name, credit=credit, limits=limits, limited="wilson", money=money)
    # A channel with which a lower share converts than without may be given less than nothing by a game of rates.
    bounded = name != "shapley_rate"
    found = resampled.limits(paths, lambda again: _shares(again, name, asked), bounded=bounded) or {}
    shares = {channel: found[channel] for channel in credit.conversions if channel in found}
    lost = {channel: found[_LOST + channel] for channel in credit.conversions if _LOST + channel in found}
    return Model(
        name=name, credit=credit, limits=shares or None, limited="bootstrap" if shares else "", lost=lost
    )


def _shares(paths: Paths, name: str, asked: Asked) -> dict[str, float]:
    """By channel the share of all conversions that the model gives; of a chain also what would be lost without."""
    whole = total(paths).converted
    if name != "markov":
        given = attribute(paths, name, asked.settings).conversions
        return {channel: float(amount / whole) for channel, amount in given.items()}
    done = markov(paths, asked.settings.order)
    shares = {channel: float(amount / whole) for channel, amount in done.credit.conversions.items()}
    return shares | {_LOST + channel: effect for channel, effect in done.effects.items()}


class _Sums:
    """What one channel is given: weights of conversions and money, and their squares."""

    def __init__(self) -> None:
        self.ones = self.squares = self.money = self.money_squares = 0.0

    def add(self, tally: Tally, weight: float) -> None:
        self.ones += tally.converted * weight
        self.squares += tally.converted * weight * weight
        self.money += tally.value * weight
        self.money_squares += tally.squares * weight * weight


def _by_rule(paths: Paths, name: str, asked: Asked) -> tuple[dict[str, Limits], dict[str, Limits]]:
    """Limits of each channel's share of all conversions, and of its value: by what single conversions vary.

    Of the share Wilson's. A conversion that is shared out varies less than one that is given whole: with the variance
    s2 of the weights and p their mean, it tells as much as p (1 - p) / s2 that are. For first and last touch these are
    Wilson's own limits. Of the value Student's, of the mean that a conversion gives the channel, times all conversions.
    """
    rule, n = RULES[name](asked.settings), total(paths).converted
    sums = {channel: _Sums() for channel in channels_of(paths)}
    for path, tally in paths.items():
        if tally.converted and path.channels:
            for channel, weight in _weights(path, rule(path)).items():
                sums[channel].add(tally, weight)
    shares = {channel: share_limits(one.ones, one.squares, n) for channel, one in sums.items()} if n else {}
    never_below = all(tally.value >= 0 for tally in paths.values())
    # Where nothing was given, the values say nothing of how much more it might have been.
    some = {channel: one for channel, one in sums.items() if one.money_squares and n > 1}
    money = {channel: _money(one, n, never_below) for channel, one in some.items()}
    return shares, money


def _money(given: _Sums, n: int, never_below: bool) -> Limits:
    low, high = mean_t(n, given.money, given.money_squares)
    return (max(low, 0.0) if never_below else low) * n, high * n


def _weights(path: Path, weights: Sequence[Fraction]) -> dict[str, float]:
    found: dict[str, float] = {}
    for channel, weight in zip(path.channels, weights, strict=True):
        found[channel] = found.get(channel, 0.0) + float(weight)
    return found


def share_limits(ones: float, squares: float, n: int) -> Limits:
    """95 % limits of the mean of *n* weights from 0 to 1 that add up to *ones*, and their squares to *squares*.

    >>> share_limits(81, 81, 263) == wilson(81, 263)
    True
    """
    share = min(max(ones / n, 0.0), 1.0)
    variance, most = squares / n - share * share, share * (1 - share)
    effective = n * most / variance if variance > 1e-12 * most > 0 else n
    return wilson(share * effective, effective)
