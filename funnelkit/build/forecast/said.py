"""A forecast in words, the answer first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.checks.study import spoken
from funnelkit.build.forecast.asked import COMPLETION, PIPELINE
from funnelkit.build.forecast.choice import FEWEST, JUDGED, better
from funnelkit.build.forecast.coverage import covered, narrow
from funnelkit.build.forecast.leaning import leaning, said
from funnelkit.build.forecast.outlook import LEVEL
from funnelkit.models.forecast.series import Refusal
from funnelkit.models.forecast.twopiece import Sides
from funnelkit.rounding import percent

if TYPE_CHECKING:
    from funnelkit.build.forecast.assemble import Assembled
    from funnelkit.build.forecast.choice import Choice
    from funnelkit.build.forecast.forecasted import Forecasted

_NAMES = {"naive": "the period before", "seasonal_naive": "the same period a year before"}
_RESTS = {
    "naive": "the rest of the period before",
    "seasonal_naive": "the rest of the same period a year before",
}


def sentences(made: Assembled) -> Iterator[str]:
    """The first metric as a whole, what it is made of, how right that was, and the others."""
    first, *others = made.forecasts
    yield _answer(first, made)
    yield from _of_what(first, made)
    yield from tried(first, made.asked.grain)
    yield from _leant(first)
    yield from _range(first)
    for one in others:
        yield _answer(one, made)
        yield from _leant(one)
        if narrow(one.tested):
            yield covered(one.tested, one.wider)
        if one.choice is not None:
            yield chosen(one.choice, JUDGED)


def _answer(one: Forecasted, made: Assembled) -> str:
    period, currency = made.asked.period, made.data.currency
    found = one.outcome(period)
    name = f"{one.metric.label} of {period.label}"
    if isinstance(found, Refusal):
        text = f"{name} cannot be forecast: {found.message}"
        if one.outlook.past.days and period.start <= one.outlook.past.end:
            so_far = one.outlook.past.between(period.start, period.end)
            return f"{text}; {_said(so_far, one.metric.unit, currency)} {_is(so_far, one.metric.unit)} in so far."
        return f"{text}."
    low, high = found.limits
    unit = one.metric.unit
    around = f"{_said(found.mean, unit, currency)} ({_said(low, unit, None)} to {_said(high, unit, None)}, {percent(LEVEL, 0)})"
    text = f"{name} will be about {around}"
    if period.start <= one.outlook.past.end:
        text += f", of which {_said(found.so_far, unit, currency)} {_is(found.so_far, unit)} in"
    for goal in made.asked.goals:
        if goal.metric.id == one.metric.id and goal.period == period and not goal.where:
            target = float(goal.target.value)
            chance = found.chance(target, at_least=goal.at_least)
            text += f"; target {_said(target, unit, currency)}: chance {_percent(chance)}"
    return f"{text}."


def _range(one: Forecasted) -> Iterator[str]:
    if one.known and (text := covered(one.tested, one.wider)):
        yield text


def _leant(one: Forecasted) -> Iterator[str]:
    """That past forecasts missed to one side."""
    lean = leaning(one.tested) if one.known else None
    if lean is None:
        return
    aware = "" if one.wider == Sides() else "; the range and the chances count with that"
    yield f"{said(lean)}{aware}."


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
    if one.way.begun.reason is not None:
        yield (
            f"The rest is expected of {cases}; {begun} that nobody has yet are left out, since their numbers cannot be "
            f"forecast: {one.way.begun.reason.message}."
        )
        return
    text = (
        f"Of the rest, {_said(found.opened, unit, currency)} is expected of {cases} and "
        f"{_said(found.fresh, unit, currency)} of {begun} that nobody has yet"
    )
    if found.leads is not None and found.leads > 0:
        text += f", of which {_said(found.leads, unit, currency)} of leads that are in and have no deal"
    yield f"{text}."


def chosen(choice: Choice, grain: str) -> str:
    """Why one way was taken and not another."""
    own = _CASES.get(choice.instead)
    name = _plainly(choice.method, begun=choice.begun)
    taken = name or f"the series by {choice.method}"
    other = f"what {own} told" if own else choice.instead
    often_tried = often(choice.times, choice.ahead, grain, begun=choice.begun)
    text = (
        f"It is told by its series alone, {choice.method}: {often_tried} {taken} missed by "
        f"{_percent(choice.error)}, clearly less than {other}, {_percent(choice.worse)}"
    )
    return f"{text}; --method {choice.instead} takes that all the same."


def _plainly(method: str, *, begun: bool) -> str:
    """What a naive forecast does, in words; nothing of other ones."""
    if method not in _NAMES:
        return ""
    return f"to add {_RESTS[method]} to what was in" if begun else f"to say {_NAMES[method]}"


def often(times: int, ahead: int, grain: str, *, begun: bool = False) -> str:
    """How often something was tried, and whether within the first period, in words.

    >>> often(5, 1, "month"), often(12, 3, "week")
    ('in the past, 5 times, one month ahead,', 'in the past, 12 times, up to three weeks ahead,')
    >>> often(12, 1, "month", begun=True), often(12, 3, "month", begun=True)
    ('in the past, 12 times, on the same day of a month, for that month,', 'in the past, 12 times, on the same day of a month, for up to three months,')
    """
    several = f"up to {_NUMBERS.get(ahead, ahead)} {grain}s"
    if begun:
        far = f"on the same day of a {grain}, for {f'that {grain}' if ahead == 1 else several}"
    else:
        far = f"{f'one {grain}' if ahead == 1 else several} ahead"
    return f"in the past, {times} times, {far},"


_NUMBERS = {2: "two", 3: "three"}
_CASES = {PIPELINE: "open deals", COMPLETION: "leads already in"}


def tried(one: Forecasted, grain: str) -> Iterator[str]:
    """How right such forecasts were."""
    if one.choice is not None:
        yield chosen(one.choice, JUDGED)
        return
    parted = one.way is not None
    if not parted and one.outlook.choice is not None:
        yield chosen(one.outlook.choice, grain)
        return
    tested = one.tested
    if isinstance(tested, Refusal):
        yield f"How right such forecasts were cannot be told yet: {tested.message}."
        return
    rivals = {"naive": tested.naive, "seasonal_naive": tested.seasonal_naive}
    known = {name: each for name, each in rivals.items() if each is not None and each.wape is not None}
    if tested.own.wape is None or not known:
        return
    best = min(known, key=lambda name: known[name].absolute)
    error, rival = tested.own.wape, known[best].wape or 0.0
    tries = often(tested.origins, tested.steps, grain, begun=tested.begun)
    naive = _plainly(best, begun=tested.begun)
    text = (
        f"{tries[0].upper()}{tries[1:]} it missed by {_percent(error)}; {naive} missed by {_percent(rival)}"
    )
    if rival < error:
        if tested.origins < FEWEST:
            text += f", but {tested.origins} times are too few to go by that"
        elif better(tested, ()) is not None:
            text += ", which is clearly less"
        else:
            text += ", which is less, but may be chance"
    yield f"{text}."


def _is(value: float, unit: str) -> str:
    return "is" if unit == "money" or value == 1 else "are"


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
