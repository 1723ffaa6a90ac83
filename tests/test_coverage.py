"""How often the limits hold the truth, in made-up data whose truth is known: they promise 95 of 100.

Without this, limits may follow a formula to the digit that does not fit funnels of this size.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction

import numpy as np
import pytest

from funnelkit.metrics.statistics import mean
from funnelkit.statistics.agreement import auc, kappa
from funnelkit.statistics.competing import aalen_johansen, effective_counts, share_limits
from funnelkit.statistics.curves import Times, days_between, restricted_mean
from funnelkit.statistics.decompose import rate_and_mix
from funnelkit.statistics.intervals import newcombe, wilson
from funnelkit.statistics.moments import Moments
from funnelkit.statistics.ratios import PairSums, difference, supports
from funnelkit.statistics.ratios import limits as limits_of_units
from funnelkit.statistics.significance import mantel_haenszel, power
from funnelkit.statistics.special import normal_quantile
from funnelkit.statistics.survival import kaplan_meier
from funnelkit.statistics.triangle import chain_ladder, lognormal_limits

Limits = tuple[float, float]
Draw = Callable[[np.random.Generator], Iterable[tuple[Limits, float]]]
"""One made-up data set: limits, each with the truth that they should hold."""

Z = normal_quantile(0.975)
WON, LOST = 0.03, 0.02
"""Chances of a deal to be won and to be lost on every day that it is open."""


def covered(draw: Draw, rounds: int) -> float:
    """The share of limits that hold their truth."""
    random = np.random.default_rng(20261122)
    held = [low <= truth <= high for _ in range(rounds) for (low, high), truth in draw(random)]
    return sum(held) / len(held)


def counted(days: np.ndarray) -> dict[int, int]:
    return dict(Counter(days.tolist()))


@pytest.mark.parametrize("n", [30, 100, 1000])
def test_wilson(n: int) -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        # Of one rate the cover jumps with it, as there are but n + 1 outcomes.
        rate = random.uniform(0.02, 0.6)
        yield wilson(int(random.binomial(n, rate)), n), rate

    assert 0.93 <= covered(draw, 3000) <= 0.97


def test_newcombe() -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        p1, p2 = random.uniform(0.05, 0.4, 2)
        _, low, high = newcombe(int(random.binomial(80, p1)), 80, int(random.binomial(50, p2)), 50)
        yield (low, high), p1 - p2

    assert 0.93 <= covered(draw, 3000) <= 0.97


def deals(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days until *n* deals were won, until they were lost, and for which others have been open."""
    ends = random.geometric(WON + LOST, n)
    open_for = random.integers(5, 80, n)
    won = random.random(n) < WON / (WON + LOST)
    seen = ends <= open_for
    return ends[seen & won], ends[seen & ~won], open_for[~seen]


def test_aalen_johansen() -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        won, lost, waiting = deals(random, 80)
        found = aalen_johansen({"won": counted(won), "lost": counted(lost)}, counted(waiting))
        for day in (3, 15, 45):
            truth = WON / (WON + LOST) * (1 - (1 - WON - LOST) ** day)
            yield share_limits(found, "won", day), truth

    assert 0.93 <= covered(draw, 600) <= 0.97


def test_the_difference_of_two_shares_with_open_deals() -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        found = []
        for _ in range(2):
            won, lost, waiting = deals(random, 70)
            found.append(aalen_johansen({"won": counted(won), "lost": counted(lost)}, counted(waiting)))
        first, second = (effective_counts(one, "won", 40) for one in found)
        _, low, high = newcombe(*first, *second)
        yield (low, high), 0

    assert 0.93 <= covered(draw, 800) <= 0.97


def closed(random: np.random.Generator, n: int, hazard: float) -> Times:
    ends, seen = random.geometric(hazard, n), random.integers(30, 90, n)
    return Times(counted(ends[ends <= seen]), counted(seen[ends > seen]))


def mean_until(tau: int, hazard: float) -> float:
    return sum((1 - hazard) ** day for day in range(tau))


def test_restricted_means_and_the_days_between() -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        first, second = closed(random, 80, 0.05), closed(random, 60, 0.03)
        mean, error = restricted_mean(kaplan_meier(first.events, first.censored), 45)
        yield (mean - Z * error, mean + Z * error), mean_until(45, 0.05)
        found = days_between(first, second, 45)
        yield (found.low, found.high), mean_until(45, 0.05) - mean_until(45, 0.03)

    assert 0.93 <= covered(draw, 600) <= 0.97


def test_rate_and_mix_effects() -> None:
    shares = np.array([[0.5, 0.3, 0.2], [0.3, 0.4, 0.3]])
    rates = np.array([[0.05, 0.15, 0.40], [0.08, 0.12, 0.45]])
    rate = float(shares.mean(axis=0) @ (rates[1] - rates[0]))
    mix = float((shares[1] - shares[0]) @ rates.mean(axis=0))

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        periods: list[dict[int, tuple[int, int]]] = []
        for weights, chances, trials in zip(shares, rates, (300, 200), strict=True):
            n = random.multinomial(trials, weights)
            x = random.binomial(n, chances)
            periods.append(dict(enumerate(zip(x.tolist(), n.tolist(), strict=True))))
        found = rate_and_mix(periods[0], periods[1])
        yield (found.rate.low, found.rate.high), rate
        yield (found.mix.low, found.mix.high), mix

    assert 0.93 <= covered(draw, 1000) <= 0.97


def test_rate_and_mix_effects_of_many_small_segments() -> None:
    setting = np.random.default_rng(4)
    shares = setting.dirichlet(np.full(10, 2.0), 2)
    rates = setting.uniform(0.1, 0.5, (2, 10))
    rate = float(shares.mean(axis=0) @ (rates[1] - rates[0]))

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        periods: list[dict[int, tuple[int, int]]] = []
        for weights, chances in zip(shares, rates, strict=True):
            n = random.multinomial(90, weights)
            periods.append(
                dict(enumerate(zip(random.binomial(n, chances).tolist(), n.tolist(), strict=True)))
            )
        found = rate_and_mix(periods[0], periods[1])
        yield (found.rate.low, found.rate.high), rate

    assert 0.93 <= covered(draw, 1000) <= 0.97


def test_area_under_the_curve() -> None:
    # Scores of whole tenths of a standard deviation, good ones on average 1.2 of them higher.
    truth = 0.5 * math.erfc(-1.2 / 2)

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        good = np.rint(10 * (random.standard_normal(30) + 1.2)).astype(int)
        bad = np.rint(10 * random.standard_normal(60)).astype(int)
        found = auc(counted(good), counted(bad))
        yield (found.low, found.high), truth

    assert 0.93 <= covered(draw, 1000) <= 0.97


def test_cohens_kappa() -> None:
    chances = np.array([[0.45, 0.10], [0.15, 0.30]])
    expected = float(chances.sum(axis=0) @ chances.sum(axis=1))
    truth = (float(np.trace(chances)) - expected) / (1 - expected)

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        found = kappa(random.multinomial(120, chances.ravel()).reshape(2, 2).tolist())
        yield (found.low, found.high), truth

    assert 0.93 <= covered(draw, 2000) <= 0.97


def test_common_odds() -> None:
    odds = 1.5

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        strata = []
        for n1, n2, p in ((40, 60, 0.1), (80, 30, 0.3), (50, 50, 0.6)):
            better = odds * p / (1 - p + odds * p)
            strata.append((int(random.binomial(n1, better)), n1, int(random.binomial(n2, p)), n2))
        found = mantel_haenszel(strata)
        yield (found.low, found.high), odds

    assert 0.93 <= covered(draw, 2000) <= 0.97


def test_power_is_how_often_a_difference_is_found() -> None:
    random = np.random.default_rng(7)
    n, p1, p2, rounds = 300, 0.10, 0.18, 4000
    x1, x2 = random.binomial(n, p1, rounds), random.binomial(n, p2, rounds)
    pooled = (x1 + x2) / (2 * n)
    found = (x2 - x1) / n > Z * np.sqrt(pooled * (1 - pooled) * 2 / n)
    assert found.mean() == pytest.approx(power(p1, n, p2, n), abs=0.03)


def pairs(x: np.ndarray, y: np.ndarray) -> PairSums:
    """Sums over units in ten-thousandths."""
    x, y = (np.rint(10_000 * v).astype(object) for v in (x, y))
    n = int(np.count_nonzero(x + y))
    return PairSums(n, *(Fraction(int(v)) for v in (x.sum(), y.sum(), x @ x, y @ y, x @ y)))


def held(units: PairSums, truth: float, *, share: bool) -> Iterable[tuple[Limits, float]]:
    """Their limits with what these should hold; nothing where one unit in thirty is most of a sum."""
    if supports(units, share=share):
        found = limits_of_units(units, share=share)
        assert found is not None
        yield found, truth


def spend_and_revenue(random: np.random.Generator, deals: int, skew: float, bringing: float = 1) -> PairSums:
    """A quarter of days: deals come as spend does, 1000 of it for *deals*, and bring *bringing* each at the median."""
    spend = random.gamma(3, 1, 90)
    spend *= 1000 / spend.sum()
    won = random.poisson(spend * deals / 1000)
    revenue = [bringing * random.lognormal(0, skew, n).sum() for n in won]
    return pairs(np.array(revenue), spend)


def deals_won_and_lost(random: np.random.Generator, deals: int, skew: float) -> PairSums:
    amounts = random.lognormal(0, skew, deals)
    return pairs(amounts * (random.random(deals) < 0.4), amounts)


def customers(random: np.random.Generator, n: int, skew: float) -> dict[str, PairSums]:
    """Of 100 customers 15 leave, 20 pay less, 35 pay more, and the others as much as before."""
    before, fate = random.lognormal(0, skew, n), random.random(n)
    grown = np.where(fate < 0.7, 1, 1 + random.gamma(1, 0.5, n))
    now = before * np.where(fate < 0.15, 0, np.where(fate < 0.35, random.uniform(0.3, 1, n), grown))
    return {
        "grr": pairs(np.minimum(now, before), before),
        "nrr": pairs(now, before),
        "expansion": pairs(np.maximum(now - before, 0), before),
    }


KEPT = {"grr": 0.2 * 0.65 + 0.65, "expansion": 0.3 * 0.5}
KEPT["nrr"] = KEPT["grr"] + KEPT["expansion"]
SIZES = pytest.mark.parametrize(("n", "skew"), [(30, 0.5), (30, 1.0), (100, 1.0), (300, 1.0)])
"""A skew of 1: of 100 deals the largest ten are worth as much as the smallest eighty."""


@SIZES
def test_a_return_on_spend_by_day(n: int, skew: float) -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        yield from held(spend_and_revenue(random, n, skew), n * math.exp(skew**2 / 2) / 1000, share=False)

    assert 0.93 <= covered(draw, 1500) <= 0.975


@SIZES
def test_a_win_rate_by_value(n: int, skew: float) -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        yield from held(deals_won_and_lost(random, n, skew), 0.4, share=True)

    assert 0.93 <= covered(draw, 1500) <= 0.975


@pytest.mark.parametrize("kept", KEPT)
@SIZES
def test_revenue_kept_by_customer(n: int, skew: float, kept: str) -> None:
    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        yield from held(customers(random, n, skew)[kept], KEPT[kept], share=kept == "grr")

    # Of thirty customers only ten pay more, and what these pay is skewed: limits are wide rather than short.
    assert 0.92 <= covered(draw, 1500) <= 0.985


def test_clicks_by_day_that_differ_more_than_by_chance() -> None:
    """Rates that move from day to day, as they do: Wilson's limits of all impressions hold the truth half of the time."""

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        impressions = random.integers(5_000, 15_000, 31)
        clicks = random.binomial(impressions, random.beta(20, 1980, 31))
        yield from held(pairs(clicks / 10_000, impressions / 10_000), 0.01, share=False)

    assert 0.93 <= covered(draw, 1500) <= 0.97


def of_the_same(random: np.random.Generator, n: int, skew: float) -> dict[str, PairSums]:
    """Quotients of *n* deals or customers; that of all is the same whatever *n* is."""
    return {
        **customers(random, n, skew),
        "win_rate": deals_won_and_lost(random, n, skew),
        "roas": spend_and_revenue(random, n, skew, bringing=100 / n),
    }


SHARES = ("grr", "win_rate")


@pytest.mark.parametrize("skew", [0.5, 1.0])
@pytest.mark.parametrize(("first", "second"), [(30, 90), (40, 40), (40, 160)])
def test_equal_quotients_are_called_different_in_5_of_100_at_most(
    first: int, second: int, skew: float
) -> None:
    """Of 500 samples 7.4 % is two and a half errors from 5 %; of twenty thousand none of these is above 5 %."""
    random = np.random.default_rng(20261122)
    called: dict[str, list[bool]] = {}
    for _ in range(500):
        one, other = (of_the_same(random, n, skew) for n in (first, second))
        for name in one:
            a, b, share = one[name], other[name], name in SHARES
            if supports(a, share=share) and supports(b, share=share):
                found = difference(a, b, share=share)
                assert found is not None
                assert (found.p < 0.05) == (not found.low <= 0 <= found.high)
                called.setdefault(name, []).append(found.p < 0.05)
    assert called.keys() == {"grr", "nrr", "expansion", "win_rate", "roas"}
    shares = {name: sum(calls) / len(calls) for name, calls in called.items()}
    assert max(shares.values()) <= 0.074
    assert sum(shares.values()) / len(shares) <= 0.05


def test_a_quotient_that_has_doubled_is_called() -> None:
    random = np.random.default_rng(20261122)
    called = []
    for _ in range(300):
        usual = spend_and_revenue(random, 40, 1.0)
        better = spend_and_revenue(random, 160, 1.0, bringing=0.5)
        if supports(usual, share=False) and supports(better, share=False):
            found = difference(usual, better, share=False)
            assert found is not None
            called.append(found.p < 0.05)
    assert sum(called) / len(called) >= 0.65


def test_the_mean_of_skewed_amounts() -> None:
    """As deals are: plain limits hold the truth in 92 of 100 samples."""

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        amounts = Counter(np.rint(10_000 * random.lognormal(0, 1, 200)).astype(int).tolist())
        found = mean(Moments.of(amounts), Fraction(1, 10_000), money=True)
        assert found.interval is not None
        assert found.interval[1] is not None
        assert found.interval_type == "log_t"
        yield (found.interval[0], found.interval[1]), math.exp(0.5)

    assert 0.93 <= covered(draw, 1500) <= 0.97


def test_macks_limits_of_what_is_to_come() -> None:
    emergence = np.array([0.30, 0.25, 0.18, 0.12, 0.08, 0.05, 0.02])
    ages = len(emergence)

    def draw(random: np.random.Generator) -> Iterable[tuple[Limits, float]]:
        came = random.poisson(400 * emergence, (12, ages)).cumsum(axis=1)
        rows = [row[: min(ages, 12 - cohort)].tolist() for cohort, row in enumerate(came)]
        found = chain_ladder(rows)
        truth = float(came[:, -1].sum() - sum(row[-1] for row in rows))
        assert found.total_stderr is not None
        yield lognormal_limits(found.total, found.total_stderr), truth

    assert 0.92 <= covered(draw, 600) <= 0.98
