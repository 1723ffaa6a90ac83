"""The value of customers in words, the most important number first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.ltv import against, presence, worth
from funnelkit.build.ltv.formulas import OF_YEAR
from funnelkit.build.ltv.request import AUTO, SIMPLE
from funnelkit.periods import from_day
from funnelkit.rounding import percent

if TYPE_CHECKING:
    from funnelkit.build.ltv.acquisition import Balance
    from funnelkit.build.ltv.contractual import Contractual
    from funnelkit.build.ltv.mixture import Mixture
    from funnelkit.build.ltv.presence import Presence
    from funnelkit.build.ltv.request import Asked
    from funnelkit.build.ltv.silence import Silence
    from funnelkit.build.ltv.worth import Line
    from funnelkit.metrics.cell import Cell


def values(
    lines: Sequence[Line],
    asked: Asked,
    currency: str | None,
    simple: Sequence[Line],
    mix: Mixture | None,
    past: int | None,
) -> Iterator[str]:
    """What a customer is worth: modelled where that can be, and so far; by a *simple* formula where that is asked for.

    *mix* is there where customers are under contract; so many months *past* is told what they have brought.
    """
    if asked.model == SIMPLE and simple:
        first = simple[0]
        if first.cell.value is None:
            yield f"By the simple formula a customer's value is n/a: {first.cell.message}."
        else:
            period = asked.request.period
            whose = (
                f", of all customers and not those of {period.label} alone"
                if period and first.id == OF_YEAR
                else ""
            )
            yield f"By the simple formula a customer is worth {_money(first.cell, currency)} of {asked.of}, as if churn stayed as it is{whose}."
    known: Mapping[str, Line] = {one.id: one for one in lines}
    ahead = months(asked.ahead)
    then = f"in the next {ahead}"
    if asked.until is not None:
        then = f"in the {ahead} after {from_day(asked.until).isoformat()}, where what is held out begins"
    if new := known.get(worth.NEW):
        whose = _whose(mix, known, currency) if mix else ""
        yield f"A new customer is worth {_money(new.cell, currency)} of {asked.of} in the first {ahead}{whose}."
    if so_far := known.get(worth.HISTORIC):
        short = f", as too few have {ahead} behind them" if past is not None and past < asked.ahead else ""
        n = f", n {so_far.cell.n:,}" if so_far.cell.n is not None else ""
        yield f"A customer has brought {_money(so_far.cell, currency)} of {asked.of} in the {so_far.measure.removeprefix('so far, ')}{n}{short}."
    if present := known.get(worth.PRESENT):
        yield f"One of the present customers is to bring {_money(present.cell, currency)} {then}."
    if simple and asked.model != SIMPLE and not any(one.cell.value is not None for one in simple):
        yield f"By the simple formulas a customer's value is n/a: {simple[0].cell.message}."
    if not lines:
        yield "Too few customers have a month behind them since the first purchase, so nothing can be said of value."


def _whose(mix: Mixture, known: Mapping[str, Line], currency: str | None) -> str:
    """Of whom the value is, where customers differ in their terms or some are in no model."""
    several, out = mix.told, mix.left_out
    text = ""
    if len(several) > 1:
        values = (
            f"{_plain(known[f'{worth.NEW}_by_the_{str(one.term).replace(chr(32), chr(95))}'].cell, currency)} of the {one.customers:,} who pay by the {one.term}"
            for one in several
        )
        text = f": {', '.join(values)}"
    elif out:
        text = f", of the {several[0].customers:,} who pay by the {several[0].term}"
    return (
        f"{text}; {out:,} other{'s' * (out != 1)} {'are' if out != 1 else 'is'} in no model" if out else text
    )


def of_silence(seen: Silence, presences: Sequence[Presence]) -> Iterator[str]:
    """Which model, why, and how well it did."""
    found, ahead = seen.whole, seen.expecting
    again = found.repeaters / found.customers
    if ahead is None or seen.choice.chosen is None:
        yield f"No model looks ahead: {seen.choice.why}."
        return
    n = found.customers
    yield (
        f"{seen.choice.chosen.label} for customers who leave in silence ({seen.choice.why}): of {n:,}, {percent(again)} bought again, and "
        f"{presence.said(presences)}."
    )
    if seen.held_out > 0:
        held = against.held_out(seen, ahead)
        off = (
            f", {'+' * (held.expected > held.actual)}{percent(held.expected / held.actual - 1)}"
            if held.actual
            else ""
        )
        yield (
            f"In what was held out ({seen.held_out:,} {'occasions' if seen.occasions else 'days'}) they bought {held.actual:,.0f} times; "
            f"the model expected {held.expected:,.1f}{off}{widened(seen)}."
        )


def widened(seen: Silence) -> str:
    """What was made of what the model missed; nothing where that was no more than chance."""
    if not seen.missed:
        return ""
    return f": more than chance explains, so limits of what is to come are widened by as much, {math.exp(seen.missed):,.2f} times up and down"


def of_contract(mix: Mixture) -> Iterator[str]:
    """Which model of each term, why, and how many are left."""
    told = mix.told
    for one in mix.several:
        yield from _of_term(one, because=one is mix.main, seen=one in told)


def _of_term(of: Contractual, *, because: bool, seen: bool) -> Iterator[str]:
    if of.choice.chosen is None:
        so_far = "; a new customer is valued by the renewals that were seen" if seen else ""
        why = f" ({of.because})" if because else ""
        yield f"Contracts of a {of.term}{why}, and no model looks ahead: {of.choice.why}{so_far}."
        return
    yield (
        f"{of.choice.chosen.label} for contracts of a {of.term} ({_reasons(of) if because else of.choice.why}): "
        f"{percent(float(of.survival(1)))} are left after the first renewal, {percent(float(of.survival(12)))} after 12 renewals."
    )


def _reasons(seen: Contractual) -> str:
    """Why contracts, and why this model; once where --model said both."""
    return seen.because if seen.asked.model != AUTO else f"{seen.because}; {seen.choice.why}"


def of_cost(found: Balance, asked: Asked, currency: str | None, age: int) -> str:
    """What they cost, and when that was back."""
    new, told, back = found.new, found.told, found.payback
    if not new.cost:
        return "No spend is loaded of the months in which these customers came."
    code = f"{currency} " if currency else ""
    text = f"To win one of {new.customers:,} customers cost {code}{new.cost:,.2f}."
    if told.cost:
        text += (
            f" The {told.customers:,} who have {_behind(told.age)} behind them cost {code}{told.cost:,.2f} each and have brought {code}{told.value:,.2f} of {asked.of}, "
            f"{told.value / told.cost:,.2f} times that{'' if told.age == age else f' (too few of them have {months(age)})'}."
        )
    if back is None:
        return f"{text} The cost is not back in {_behind(found.last)}."
    same = f"{back.customers:,} customers: {code}{back.value:,.2f} against {code}{back.cost:,.2f}"
    return f"{text} The cost is back in {_behind(back.age)} ({same})."


def _behind(age: int) -> str:
    """An age in words, as cohorts count it."""
    return f"the {months(age)} after that of the first purchase" if age else "the month of the first purchase"


def months(n: int) -> str:
    """A number of months in words."""
    return f"{n:,} month{'s' * (n != 1)}"


def _plain(cell: Cell, currency: str | None) -> str:
    return f"{f'{currency} ' if currency else ''}{cell.value:,.2f}"


def _money(cell: Cell, currency: str | None) -> str:
    code = f"{currency} " if currency else ""
    if cell.value is None:
        return "n/a"
    if cell.interval is None:
        return f"{code}{cell.value:,.2f}"
    low, high = cell.interval
    return f"{code}{cell.value:,.2f} ({low:,.2f} to {'∞' if high is None else format(high, ',.2f')})"
