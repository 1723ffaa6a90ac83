"""What a flow will bring in some days to come: from what is open, and from what has not begun yet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.models.forecast import joint
from funnelkit.models.forecast.pipeline import Expected, Pipeline, weighed
from funnelkit.models.forecast.series import Refusal

if TYPE_CHECKING:
    from funnelkit.build.forecast.flow import Flow
    from funnelkit.build.forecast.past import Past
    from funnelkit.models.forecast.joint import Joint
    from funnelkit.periods import Period
    from funnelkit.statistics.moments import Moments


class Sum(Struct, frozen=True):
    """An expected sum, and how sure it is."""

    mean: float = 0.0
    variance: float = 0.0
    """From what chance and the coming numbers do."""
    error: float = 0.0
    """The standard deviation from not knowing the probabilities, which all parts have from the same past."""

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.mean + other.mean, self.variance + other.variance, self.error + other.error)

    @property
    def deviation(self) -> float:
        """The standard deviation of all."""
        return math.sqrt(self.variance + self.error**2)


class Parts(Struct, frozen=True, kw_only=True):
    """What the days to come of a period will bring, as wins and as money in its smallest unit."""

    open_wins: Sum
    open_money: Sum
    new_wins: Sum
    new_money: Sum
    pipeline: Pipeline | None
    """None where nothing is open."""
    short: bool
    """Whether no past case was seen for long enough, so that the wins are too few."""

    @property
    def wins(self) -> Sum:
        """All wins."""
        return self.open_wins + self.new_wins

    @property
    def money(self) -> Sum:
        """What all wins bring."""
        return self.open_money + self.new_money


def parts(
    flow: Flow, begins: Past, coming: Joint, period: Period, amounts: Moments | None
) -> Parts | Refusal:
    """What *flow* will bring in the days of *period* after its own day.

    *coming* are the numbers of cases that will begin, of which *begins* is the past; *amounts* those of wins.
    """
    after, days = max(0, period.start - flow.day - 1), period.end - flow.day
    found = [(one, flow.chance(one, after, days)) for one in flow.standing]
    made = weighed(found, days - after)
    if isinstance(made, Refusal) and made.code != "no_open_deals":
        return made
    pipeline = None if isinstance(made, Refusal) else made
    fresh = _fresh(flow, begins, coming, period)
    if isinstance(fresh, Refusal):
        return fresh
    wins, reaches = fresh
    return Parts(
        open_wins=_sum(pipeline.wins) if pipeline else Sum(),
        open_money=_sum(pipeline.value) if pipeline else Sum(),
        new_wins=wins,
        new_money=_priced(wins, amounts),
        pipeline=pipeline,
        short=not reaches or bool(pipeline and pipeline.short_sighted),
    )


def _sum(one: Expected) -> Sum:
    return Sum(one.mean, one.by_chance**2, one.by_estimate)


def _fresh(flow: Flow, begins: Past, coming: Joint, period: Period) -> tuple[Sum, bool] | Refusal:
    """The wins of what has not begun yet, and whether past cases were seen for long enough."""
    shares, chances, errors, reaches = [], [], [], True
    for one in begins.coming:
        days = range(max(one.start, flow.day + 1), min(one.end, period.end) + 1)
        found = [flow.yet_to_begin(day, max(period.start, flow.day + 1), period.end) for day in days]
        told = [each for each in found if each is not None]
        if len(told) < len(found):
            return Refusal("too_few_deals", "too few of them have been seen since they began")
        shares.append(len(days) / begins.left(one))
        chances.append(sum(each.p for each in told) / len(told) if told else 0.0)
        errors.append(sum(math.sqrt(each.variance) for each in told) / len(told) if told else 0.0)
        reaches &= all(each.reaches for each in told)
    mean, variance = joint.total(coming, shares, chances)
    error = math.fsum(
        max(0.0, float(n)) * share * off for n, share, off in zip(coming.means, shares, errors, strict=False)
    )
    return Sum(max(mean, 0.0), variance, error), reaches


def _priced(wins: Sum, amounts: Moments | None) -> Sum:
    """The money of so many *wins*, each with one of the *amounts* of the past."""
    if amounts is None or not amounts.n:
        return Sum()
    mean = amounts.total / amounts.n
    spread = max(0.0, amounts.squares / amounts.n - mean**2)
    variance = wins.mean * spread + wins.variance * mean**2
    # The mean itself is known from so many amounts.
    error = math.hypot(wins.error * mean, wins.mean * math.sqrt(spread / amounts.n))
    return Sum(wins.mean * mean, variance, error)
