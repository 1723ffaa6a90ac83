"""What became of entities by their age, where one outcome ends the chance of the other.

A lost deal can no longer be won. To count it as one that may still be won, as 1 - Kaplan-Meier of the
won does, makes the won share far too high; to leave open deals out makes it wrong in either direction.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.statistics.frequencies import occurred
from funnelkit.statistics.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROUNDING = 1e-12
"""Some hundred additions may leave a share this far from another that it equals."""


class Incidence(Struct, frozen=True, kw_only=True):
    """The share that each outcome has come to by each age, as steps: an entry per day of the data."""

    times: tuple[int, ...]
    """Days since the start of each entity, ascending, on which any had an outcome or was last seen."""
    shares: Mapping[str, tuple[float, ...]]
    """By outcome: the share that has had it by the end of that day."""
    stderr: Mapping[str, tuple[float, ...]]
    """By outcome: the standard error of its share."""
    open: tuple[float, ...]
    """The share that has had none. With the shares of all outcomes it makes 1."""
    known: tuple[int, ...]
    """Of how many it is known what they were on that day; one entry more, for the days after the last."""


def aalen_johansen(outcomes: Mapping[str, Mapping[int, int]], censored: Mapping[int, int]) -> Incidence:
    """The shares over age (Aalen and Johansen 1978, Scand. J. Statist. 5:141-150).

    *outcomes* is how many had each outcome, *censored* how many were last seen without any, both by
    age in whole days. On one day an outcome comes before a censoring. The variance is Greenwood's for
    several outcomes, which is multinomial where nothing is censored (Allignol, Schumacher and
    Beyersmann 2010, Biometrical J. 52:126-137). Raises ValueError for numbers below 0.

    >>> found = aalen_johansen({"won": {1: 1, 3: 1}, "lost": {3: 1}}, {2: 1})
    >>> found.shares["won"], found.open
    ((0.25, 0.25, 0.625), (0.75, 0.75, 0.0))
    """
    days = sorted({*censored, *(day for counts in outcomes.values() for day in counts)})
    left = occurred(censored) + sum(map(occurred, outcomes.values()))
    seen, share = left, 1.0
    known, at_risk, before, leaving = [], [], [], []
    for day in days:
        came = sum(counts.get(day, 0) for counts in outcomes.values())
        known.append(seen)
        at_risk.append(left)
        before.append(share)
        leaving.append(came)
        share *= (left - came) / left if left else 1.0
        left -= came + censored.get(day, 0)
        seen -= censored.get(day, 0)
    found = {
        name: _outcome([counts.get(day, 0) for day in days], at_risk, before, leaving)
        for name, counts in outcomes.items()
    }
    return Incidence(
        times=tuple(days),
        shares={name: shares for name, (shares, _) in found.items()},
        stderr={name: errors for name, (_, errors) in found.items()},
        open=(*before[1:], share) if days else (),
        known=(*known, seen),
    )


def share_at(found: Incidence, outcome: str, day: int) -> float:
    """The share that has had *outcome* by the end of *day*; level after the last day of the data."""
    step = bisect_right(found.times, day)
    return found.shares[outcome][step - 1] if step else 0.0


def open_at(found: Incidence, day: int) -> float:
    """The share that has had no outcome by the end of *day*; level after the last day of the data."""
    step = bisect_right(found.times, day)
    return found.open[step - 1] if step else 1.0


def effective_counts(found: Incidence, outcome: str, day: int) -> tuple[float, float]:
    """How many of how many trials would show the share by *day* with the same standard error.

    (Dorey and Korn 1987, Stat Med 6:679-687.) With them the limits and differences of plain rates hold
    for shares with open deals too. Without censoring they are the counts themselves. Where none or all
    had the outcome, the trials are those of which it is known, and may be 0.
    """
    step = bisect_right(found.times, day)
    share = found.shares[outcome][step - 1] if step else 0.0
    error = found.stderr[outcome][step - 1] if step else 0.0
    if error > 0:
        trials = share * (1 - share) / error**2
        return share * trials, trials
    known = found.known[bisect_left(found.times, day)]
    return round(share) * known, known


def share_limits(found: Incidence, outcome: str, day: int, level: float = 0.95) -> tuple[float, float]:
    """Limits of the share by *day*: Wilson's, of its effective counts; (0, 1) where nothing is known."""
    x, n = effective_counts(found, outcome, day)
    return wilson(x, n, level) if n else (0.0, 1.0)


def quantile_among(found: Incidence, outcome: str, q: float = 0.5) -> int | None:
    """The first day by which the share *q* of those who ever have *outcome* have had it; None if none do.

    Of those seen so far, with the open ones counted: the median time of winners is at q = 0.5.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile is of a share between 0 and 1, and not {q:g}")
    shares = found.shares[outcome]
    if not shares or shares[-1] == 0:
        return None
    goal = q * shares[-1] - _ROUNDING
    return next(day for day, share in zip(found.times, shares, strict=True) if 0 < share >= goal)


def _outcome(
    came: list[int], at_risk: list[int], before: list[float], leaving: list[int]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The shares of one outcome and their standard errors.

    With S the share still open, a and b the hazards of this and of any outcome, Y at risk, and what
    the outcome gains afterwards, G = F(t) - F(s), the hazards of the day s add to the variance of
    F(t): S^2 a (1 - a) / Y - 2 G S a / Y + G^2 b / (Y (1 - b)). The sums over s are kept so that
    every day of t takes one step.
    """
    shares, errors = [], []
    total = own = gain = gain_shared = risk = risk_shared = risk_squared = 0.0
    for n, left, open_, any_ in zip(came, at_risk, before, leaving, strict=True):
        hazard = n / left if left else 0.0
        total += open_ * hazard
        if any_:
            own += open_**2 * hazard * (1 - hazard) / left
            gain += open_ * hazard / left
            gain_shared += total * open_ * hazard / left
            # Where all leave, nothing is gained afterwards.
            weight = any_ / (left * (left - any_)) if any_ < left else 0.0
            risk += weight
            risk_shared += total * weight
            risk_squared += total**2 * weight
        variance = own - 2 * (total * gain - gain_shared)
        variance += total**2 * risk - 2 * total * risk_shared + risk_squared
        # Of all, neither a rounding less nor one more.
        shares.append(1.0 if total > 1 - _ROUNDING / 10 else total)
        errors.append(math.sqrt(max(0.0, variance)) if _ROUNDING < total < 1 - _ROUNDING else 0.0)
    return tuple(shares), tuple(errors)
