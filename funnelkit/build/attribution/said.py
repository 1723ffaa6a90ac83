"""What attribution found, in words: the answer first, and that it is no proof of cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from funnelkit.build.attribution import reconciled
from funnelkit.build.attribution.tables import NAMES, extremes, reasons
from funnelkit.dimensions import BLANK
from funnelkit.listing import some
from funnelkit.rounding import percent
from funnelkit.statistics.intervals import wilson

if TYPE_CHECKING:
    from funnelkit.build.attribution.result import Result
    from funnelkit.metrics.cell import Number

_EVEN = 4
"""So many that are given the same are named."""
NOT_CAUSE = (
    "Attribution shares out what was won among the touches that were seen; it does not say what would have been won "
    "without them, which only an experiment can."
)


def sentences(found: Result) -> Iterator[str]:
    """The answer, how sure it is, and what it rests on."""
    n, what = found.conversions.total, found.conversions.named
    if not found.touched:
        yield f"Of {n:,} {what}, none has a touch{_window(found)}, so nothing can be given credit."
    else:
        yield _answer(found)
        yield from _sure(found)
    yield _coverage(found)
    if found.asked.reconcile:
        yield reconciled.sentence(found)
    yield from _silent(found)
    yield NOT_CAUSE


def _coverage(found: Result) -> str:
    """How many conversions anything is known of."""
    n = found.conversions.total
    known = found.touched - (0 if found.journeys.whole else found.reached(BLANK))
    low, high = wilson(known, n)
    what = (
        f"any touch{_window(found)}; the others stand under {found.alone}"
        if found.journeys.whole
        else f"a {found.asked.by} that is known; the others stand under {BLANK} or {found.alone}"
    )
    return f"{known:,} of {n:,} ({percent(known / n)}, {percent(low)} to {percent(high)}) have {what}."


def _answer(found: Result) -> str:
    """What is given most by the main model, what by all of them, and what comes next."""
    name, n, main = found.groups[0], found.conversions.total, NAMES[found.main.name]
    share = found.share(found.main, [name])
    told = f"{_number(float(found.given[found.main.name].conversions[name]))} ({percent(float(share.value or 0))}"
    if share.interval and share.interval[1] is not None:
        told += f", {percent(share.interval[0])} to {percent(share.interval[1])}"
    said = f"Of {n:,} {found.conversions.named}, {main} gives {name} most: {told})"
    if found.alike:
        said = f"Of {n:,} {found.conversions.named}, {name} is given most: {told})"
    even = [other for other in found.groups[1:] if _earned(found, other) == _earned(found, name)]
    if even:
        said = f"Of {n:,} {found.conversions.named}, {_listed([name, *even])} are given the same{'' if found.alike else ' by ' + main}: {told} each)"
    elif len(found.given) > 1 and not found.alike:
        said += f"; the {len(found.given)} models give it {_spread(found, name)}"
    return f"{said}.{'' if even else _runner_up(found)}"


def _earned(found: Result, name: str) -> Fraction:
    return found.given[found.main.name].conversions.get(name, Fraction(0))


def _listed(names: Sequence[str]) -> str:
    """``a, b and c``, of many the first with how many more."""
    if len(names) > _EVEN:
        return some(names, _EVEN)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _runner_up(found: Result) -> str:
    """What comes next, and whether it is clear that it comes next and not first."""
    if len(found.groups) < 2 or not (earned := _earned(found, found.groups[1])):
        return ""
    name = found.groups[1]
    said = f" Next is {name} with {_number(float(earned))}"
    if not found.alike and len(found.given) > 1:
        said += f" ({_spread(found, name)} by all models)"
    first = found.share(found.main, [found.groups[0]]).interval
    if first and first[0] is not None and first[0] <= earned / found.conversions.total:
        said += ", too close to tell which of them is ahead"
    return f"{said}."


def _spread(found: Result, name: str) -> str:
    """The least and the most that any model gives *name*."""
    low, high = (_number(value) for value in extremes(found, [name]))
    return low if low == high else f"{low} to {high}"


def _sure(found: Result) -> Iterator[str]:
    """How far the models agree, and what hangs most on the choice between them."""
    if found.alike:
        yield "Of nobody more than one touch is known, so every model says the same."
    if found.alike or found.agreement.score is None:
        return
    yield (
        f"Two models give on average {percent(found.agreement.score)} of the credit to the same; "
        + _least(found)
    )


def _least(found: Result) -> str:
    spreads = {name: extremes(found, [name]) for name in found.groups}
    widest = max(spreads, key=lambda name: (spreads[name][1] - spreads[name][0], name))
    low, high = spreads[widest]
    if round(low, 6) == round(high, 6):
        return "what each is given does not hang on the model."
    return f"what {widest} is given hangs most on the model: {_spread(found, widest)}."


def _silent(found: Result) -> Iterator[str]:
    """The models that say nothing here, by reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons(found.models):
        by_reason.setdefault(reason.message, []).append(name)
    for message, names in by_reason.items():
        yield f"Not to be had: {', '.join(names)} - {message}."


def _window(found: Result) -> str:
    return f" in the {found.asked.window} days before" if found.journeys.whole else ""


def _number(value: Number) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.1f}"
