"""A forecast in words, the answer first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.checks.study import spoken
from funnelkit.build.forecast.asked import LEVEL, PIPELINE
from funnelkit.models.forecast.series import Refusal
from funnelkit.rounding import percent

if TYPE_CHECKING:
    from funnelkit.build.forecast.assemble import Assembled
    from funnelkit.build.forecast.forecasted import Forecasted

_NAMES = {"naive": "the period before", "seasonal_naive": "the same period a year before"}


def sentences(made: Assembled) -> Iterator[str]:
    """The first metric as a whole, what it is made of, how right that was, and the others."""
    first, *others = made.forecasts
    yield _answer(first, made)
    yield from _of_what(first, made)
    yield from _tried(first)
    for one in others:
        yield _answer(one, made)


def _answer(one: Forecasted, made: Assembled) -> str:
    period, currency = made.asked.period, made.data.currency
    found = one.outcome(period)
    name = f"{one.metric.label} of {period.label}"
    if isinstance(found, Refusal):
        return f"{name} cannot be forecast: {found.message}."
    low, high = found.limits
    unit = one.metric.unit
    around = f"{_said(found.mean, unit, currency)} ({_said(low, unit, None)} to {_said(high, unit, None)}, {percent(LEVEL, 0)})"
    text = f"{name} will be about {around}"
    if period.start <= one.outlook.past.end:
        text += f", of which {_said(found.so_far, unit, currency)} {'is' if unit == 'money' else 'are'} in"
    for goal in made.asked.goals:
        if goal.metric.id == one.metric.id and goal.period == period and not goal.where:
            target = float(goal.target.value)
            chance = found.chance(target, at_least=goal.at_least)
            text += f"; target {_said(target, unit, currency)}: chance {_percent(chance)}"
    return f"{text}."


def _of_what(one: Forecasted, made: Assembled) -> Iterator[str]:
    found = one.outcome(made.asked.period)
    if isinstance(found, Refusal) or found.opened is None or one.way is None:
        if one.why_not:
            yield f"It is told by its series alone: {one.why_not}."
        return
    unit, currency = one.metric.unit, made.data.currency
    n = sum(each.deals for each in one.way.flow.standing)
    pipeline = one.way.name == PIPELINE
    cases, begun = (
        (f"{n:,} open deals", "deals") if pipeline else (f"{n:,} leads that are in and not won", "leads")
    )
    text = (
        f"Of the rest, {_said(found.opened, unit, currency)} is expected of {cases} and "
        f"{_said(found.fresh, unit, currency)} of {begun} that nobody has yet"
    )
    if found.leads is not None and found.leads > 0:
        text += f", of which {_said(found.leads, unit, currency)} of leads that are in and have no deal"
    yield f"{text}."


def _tried(one: Forecasted) -> Iterator[str]:
    tested = one.way.tested if one.way is not None and one.taken else one.outlook.tested
    if isinstance(tested, Refusal):
        yield f"How right such forecasts were cannot be told yet: {tested.message}."
        return
    rivals = {"naive": tested.naive, "seasonal_naive": tested.seasonal_naive}
    known = {name: each for name, each in rivals.items() if each is not None and each.wape is not None}
    if tested.own.wape is None or not known:
        return
    best = min(known, key=lambda name: known[name].absolute)
    error, rival = tested.own.wape, known[best].wape or 0.0
    often = f"In the past ({tested.origins} origins, {tested.steps} ahead) it missed by {_percent(error)}"
    against = f"to say {_NAMES[best]} missed by {_percent(rival)}"
    if error < rival:
        yield f"{often}; {against}."
    else:
        yield f"{often}, and it is no better than that: {against}."


def _percent(share: float) -> str:
    if 0 < share < 0.005:
        return "below 1 %"
    if 0.995 < share < 1:
        return "over 99 %"
    return percent(share, 0)


def _said(value: float, unit: str, currency: str | None) -> str:
    """*value* rounded as a forecast is: three digits that mean something.

    >>> _said(1234567.8, "money", "EUR"), _said(41.27, "count", None)
    ('EUR 1,230,000', '41')
    """
    size = abs(value)
    rounded = float(f"{value:.3g}") if size >= 1000 else float(round(value, 0 if size >= 10 else 1))
    if unit == "count" and rounded != int(rounded):
        return f"{rounded:.1f}"
    return spoken(rounded, unit, currency)
