"""What the open deals will bring by the end of a period."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
from msgspec import Struct

from funnelkit.models.forecast.chances import FEWEST, PRIOR, Chance, Curve, chance
from funnelkit.models.forecast.series import Refusal
from funnelkit.models.forecast.wins import EXACT_UP_TO, mixed_law, quantile


class Open(Struct, frozen=True, kw_only=True):
    """The open deals of one stage and age."""

    stage: str
    age: int
    """Days, counted as in the curves: from the deal's beginning, or from its entry into the stage."""
    amounts: Mapping[int, int]
    """How many there are of each amount, in the smallest unit of the money."""
    unpriced: int = 0
    """Deals without an amount: they count as deals, and as no money."""

    @property
    def deals(self) -> int:
        """All of them."""
        return self.unpriced + sum(self.amounts.values())

    @property
    def money(self) -> int:
        """The amounts together."""
        return sum(amount * n for amount, n in self.amounts.items())


class Expected(Struct, frozen=True):
    """An expected sum with its uncertainty and limits."""

    mean: float
    low: float
    high: float
    by_chance: float
    """The standard deviation if all probabilities were known: single deals are won or lost."""
    by_estimate: float
    """The standard deviation from not knowing the probabilities."""


class StagePart(Struct, frozen=True):
    """What one stage contributes."""

    stage: str
    deals: int
    money: int
    wins: float
    value: float


class Pipeline(Struct, frozen=True):
    """What is expected of the open deals. Deals that are yet to be made are not in it."""

    wins: Expected
    value: Expected
    """In the smallest unit of the money."""
    limits: str
    """`poisson_binomial` or `normal`, of the wins. Those of the value are normal."""
    stages: tuple[StagePart, ...]
    unanswered_deals: int
    """Deals of ages of which too few past deals tell; they count for nothing above."""
    unanswered_money: int
    unpriced: int
    """Deals without an amount among those that are counted."""
    short_sighted: int
    """Deals for which no past deal was seen long enough: their probability is a lower bound."""


def pipeline(
    deals: Sequence[Open],
    days: int,
    curves: Mapping[str, Curve],
    everyone: Curve,
    *,
    after: int = 0,
    level: float = 0.95,
    prior: float = PRIOR,
    fewest: int = FEWEST,
) -> Pipeline | Refusal:
    """What the open *deals* will bring within the next *days*, without the first *after* of these.

    *curves* are those of past deals by stage, *everyone* that of all of them; see `chances.chance` for the
    probability of one deal, how it is drawn together where a stage has few, and where there is none.
    With deals independent of each other, wins have the mean sum p and the variance sum p (1 - p), and
    money sum a p and sum a^2 p (1 - p). To these comes the variance of the estimates: the sum of the
    products of the errors of every two, times the share of days that both look ahead to, for there they
    have learnt from the same past deals. The limits of the wins are quantiles of the Poisson-binomial
    law mixed over that error, those of the value normal, both within what is open; of few and unequal
    deals the latter are rough. Refused where no deal has an answer.
    """
    found = [
        (
            each,
            chance(curves.get(each.stage), everyone, each.age, days, after=after, prior=prior, fewest=fewest),
        )
        for each in deals
        if each.deals
    ]
    return weighed(found, days - after, level=level, fewest=fewest)


def weighed(
    found: Sequence[tuple[Open, Chance | None]], days: int, *, level: float = 0.95, fewest: int = FEWEST
) -> Pipeline | Refusal:
    """The same of open deals whose chances within so many *days* are *found*; None is a chance unknown."""
    told = [(each, p) for each, p in found if p is not None]
    silent = [each for each, p in found if p is None]
    if not found:
        return Refusal("no_open_deals", "no open deals")
    if not told:
        return Refusal(
            "too_few_deals", f"fewer than {fewest} past deals were seen open as long as the open ones are"
        )
    wins, method = _wins(told, days, level)
    return Pipeline(
        wins=wins,
        value=_value(told, days, level),
        limits=method,
        stages=_by_stage(told),
        unanswered_deals=sum(each.deals for each in silent),
        unanswered_money=sum(each.money for each in silent),
        unpriced=sum(each.unpriced for each, _ in told),
        short_sighted=sum(each.deals for each, p in told if not p.reaches),
    )


def _wins(told: Sequence[tuple[Open, Chance]], days: int, level: float) -> tuple[Expected, str]:
    mean = math.fsum(each.deals * p.p for each, p in told)
    variance = math.fsum(each.deals * p.p * (1 - p.p) for each, p in told)
    error, together = _error([(each.age, each.deals * math.sqrt(p.variance)) for each, p in told], days)
    most = sum(each.deals for each, _ in told)
    if most > EXACT_UP_TO:
        return _normal(mean, variance, error, (0, most), level), "normal"
    law = mixed_law([(each.deals, p.p, together * math.sqrt(p.variance)) for each, p in told])
    low, high = (quantile(law, share) for share in ((1 - level) / 2, (1 + level) / 2))
    return Expected(mean, low, high, math.sqrt(variance), error), "poisson_binomial"


def _value(told: Sequence[tuple[Open, Chance]], days: int, level: float) -> Expected:
    mean = math.fsum(each.money * p.p for each, p in told)
    variance = math.fsum(
        n * amount**2 * p.p * (1 - p.p) for each, p in told for amount, n in each.amounts.items()
    )
    error, _ = _error([(each.age, each.money * math.sqrt(p.variance)) for each, p in told], days)
    amounts = [(amount, n) for each, _ in told for amount, n in each.amounts.items()]
    least, most = (sum(sign * max(0, sign * amount) * n for amount, n in amounts) for sign in (-1, 1))
    return _normal(mean, variance, error, (least, most), level)


def _error(parts: Sequence[tuple[int, float]], days: int) -> tuple[float, float]:
    """The error of a sum of estimates, each given by age and error, and over it if all erred alike.

    Two ages look ahead to 1 - |difference| / days of the same days.
    """
    ages, errors = np.array(parts, dtype=float).T
    shared = np.maximum(0, 1 - np.abs(ages[:, None] - ages) / max(days, 1))
    error = math.sqrt(max(0.0, float(errors @ shared @ errors)))
    alike = float(np.abs(errors).sum())
    return error, error / alike if alike else 0.0


def _normal(
    mean: float, variance: float, error: float, within: tuple[float, float], level: float
) -> Expected:
    half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(variance + error**2)
    low, high = within
    return Expected(mean, max(low, mean - half), min(high, mean + half), math.sqrt(variance), error)


def _by_stage(told: Sequence[tuple[Open, Chance]]) -> tuple[StagePart, ...]:
    """The parts in the order in which the stages first appear."""
    parts = []
    for stage in dict.fromkeys(each.stage for each, _ in told):
        own = [(each, p.p) for each, p in told if each.stage == stage]
        parts.append(
            StagePart(
                stage=stage,
                deals=sum(each.deals for each, _ in own),
                money=sum(each.money for each, _ in own),
                wins=math.fsum(each.deals * p for each, p in own),
                value=math.fsum(each.money * p for each, p in own),
            )
        )
    return tuple(parts)
