"""The forecast from open cases, made again as of days in the past: against what came, and the naive ones."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from funnelkit.build.forecast.outlook import LEVEL, MOST, SEASONS
from funnelkit.build.forecast.parts import Sum, parts
from funnelkit.build.forecast.past import past
from funnelkit.models.forecast import choosing, joint
from funnelkit.models.forecast.backtest import ORIGINS, Backtest, tried
from funnelkit.models.forecast.limits import Step
from funnelkit.models.forecast.series import Refusal, series
from funnelkit.statistics.moments import Moments

if TYPE_CHECKING:
    from funnelkit.build.forecast.asked import Asked
    from funnelkit.build.forecast.flow import Flow
    from funnelkit.build.forecast.outlook import Outlook
    from funnelkit.build.forecast.past import Past
    from funnelkit.models.forecast.joint import Joint
    from funnelkit.periods import Period

_FEWEST = 3
Known = dict[tuple[str, int], "tuple[Flow, Past, Joint | Refusal]"]
"""By way and day: the cases that were known then, those that had begun, and those that were to begin."""


def trial(
    flow: Flow,
    won: Past,
    begun: str,
    asked: Asked,
    amounts: Moments | None,
    scale: int,
    name: str,
    beside: Outlook | None = None,
    known: Known | None = None,
) -> Backtest | Refusal:
    """*flow* as of the day before each of the latest periods of *won*, one period ahead.

    Where a period has begun, it is as of the day of each that is like the last one of the data, up to its end.
    *begun* is the model by which cases that begin are forecast; *amounts* are those of wins where money is
    forecast, in units of which *scale* make one. Wins *beside* the cases are
    forecast by the model of today. Stages are left out: what they were then is not known.
    """
    season, done = SEASONS[asked.grain], []
    half = NormalDist().inv_cdf((1 + LEVEL) / 2)
    values, running = np.array(won.values), won.begun
    refusal = Refusal("too_short", f"{len(values)} periods, too few to try the past")
    for at in range(max(1, len(values) - ORIGINS), len(values)):
        period, day, before = won.whole[at], won.same[at], values[:at]
        then, began, coming = _then_known(
            flow, period, day, begun, asked, name, {} if known is None else known
        )
        if isinstance(coming, Refusal):
            refusal = coming
            continue
        made = parts(then, began, coming, period, None if amounts is None else _then(then, amounts))
        if isinstance(made, Refusal):
            refusal = made
            continue
        expected = made.wins if amounts is None else made.money
        expected += _beside(beside, period, day, asked)
        rest = None if running is None else (running.so_far(at), running.before(at))
        mean = (rest[0] if rest else 0.0) + expected.mean / scale
        around = half * expected.deviation / scale
        step = Step(mean, mean - around, mean + around)
        done.append(tried(before, [step], values[at : at + 1], season, 1, LEVEL, rest))
    return Backtest(name, 1, tuple(done), running is not None) if len(done) >= _FEWEST else refusal


def _then_known(
    flow: Flow, period: Period, day: int, begun: str, asked: Asked, name: str, known: Known
) -> tuple[Flow, Past, Joint | Refusal]:
    """What was known on that *day*, worked out once."""
    if (name, day) not in known:
        then = flow.at(day)
        before = past(
            then.begun, day, period.end, asked.grain, asked.request.calendar, most=MOST[asked.grain], ends=day
        )
        known[name, day] = then, before, _coming(before, begun)
    return known[name, day]


def _beside(beside: Outlook | None, period: Period, day: int, asked: Asked) -> Sum:
    """The wins in *period* that are of none of the cases, as of that *day*."""
    if beside is None:
        return Sum()
    days = {when: n for when, n in beside.past.days.items() if when <= day}
    before = past(
        days, day, period.end, asked.grain, asked.request.calendar, most=MOST[asked.grain], ends=day
    )
    coming = _coming(before, beside.method)
    if isinstance(coming, Refusal):
        return Sum()
    mean, variance = joint.total(coming, before.shares(period))
    return Sum(max(mean, 0.0), variance)


def _coming(before: Past, model: str) -> Joint | Refusal:
    """The cases that will begin, by the *model* that is used today, or by the last value where it cannot be."""
    data = series(before.values)
    if isinstance(data, Refusal):
        return data
    steps = len(before.coming)
    if data.constant:
        return joint.constant(float(data.known[0]), steps, before.begun)
    found = choosing.forecast(data, steps, model=model if model in _LIGHT else "ses")
    if isinstance(found, Refusal) or found.fitted is None:
        naive = joint.of_naive(data, steps, begun=before.begun)
        return naive or Refusal("too_short", f"{len(data.values)} values, too few")
    return joint.of_model(found.fitted, steps, before.begun)


_LIGHT = ("ses", "holt", "damped")
"""Models without seasons are fitted anew at each origin; in place of others the first of them."""


def _then(then: Flow, amounts: Moments) -> Moments:
    """The amounts of the wins that were known then, varying relative to their mean as all do."""
    n, money = then.wins(-(10**9), then.day)
    if not n or not amounts.n or not amounts.total:
        return Moments(0, 0, 0)
    mean = amounts.total / amounts.n
    relative = amounts.squares / amounts.n / mean**2
    return Moments(n, money, round(n * relative * (money / n) ** 2))
