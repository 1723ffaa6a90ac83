"""What the forecast of a period is made of, against made-up companies of which the truth is known.

Without these a deal could count twice, and limits could promise more than they hold.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from msgspec.structs import replace

from funnelkit.build.forecast.choice import better
from funnelkit.build.forecast.coverage import covered, narrow, widening
from funnelkit.build.forecast.flow import Flow, Group
from funnelkit.build.forecast.forecasted import Forecasted
from funnelkit.build.forecast.leadsin import wins
from funnelkit.build.forecast.leaning import leaning, said
from funnelkit.build.forecast.outcome import Outcome
from funnelkit.build.forecast.outlook import outlook
from funnelkit.build.forecast.parts import Parts, parts
from funnelkit.build.forecast.past import past
from funnelkit.models.forecast import joint
from funnelkit.models.forecast.accuracy import Accuracy
from funnelkit.models.forecast.backtest import Backtest, Try
from funnelkit.models.forecast.fitting import Fitted, fit
from funnelkit.models.forecast.menu import shape_of
from funnelkit.models.forecast.series import Series, series
from funnelkit.models.forecast.smoothing import Shape, States, advance
from funnelkit.models.forecast.staged import LOST, WON, Stay, staged
from funnelkit.models.forecast.twopiece import Sides, TwoPiece, sides
from funnelkit.periods import Calendar, Period, day_number, from_day
from funnelkit.statistics.moments import Moments
from tests.published_series import TOURISTS

if TYPE_CHECKING:
    from funnelkit.metrics.entries import Metric

CALENDAR = Calendar()
START, TODAY = day_number(from_day(0).replace(2024, 1, 1)), day_number(from_day(0).replace(2026, 3, 10))
REST = Period(start=day_number(from_day(TODAY).replace(day=1)), end=TODAY + 21, label="2026-03")
NEXT = Period(start=TODAY + 22, end=TODAY + 51, label="2026-04")


def company(dice: np.random.Generator, rate: float = 1.5) -> list[tuple[int, int, str, int]]:
    """Deals as (created, closed, outcome, amount): so many a day, 30 % won after 20 days on average, lost after 35."""
    found = []
    for day in range(START, NEXT.end + 1):
        for _ in range(dice.poisson(rate)):
            won = dice.random() < 0.3
            wait = int(dice.geometric(1 / 20 if won else 1 / 35))
            found.append((day, day + wait, WON if won else LOST, int(dice.lognormal(6, 0.8))))
    return found


def known(deals: list[tuple[int, int, str, int]], day: int) -> Flow:
    """What is known of *deals* at the end of *day*."""
    groups = [
        Group(created, closed if closed <= day else None, outcome if closed <= day else "", 1, amount)
        for created, closed, outcome, amount in deals
        if created <= day
    ]
    return Flow(groups=groups, day=day)


def foreseen(flow: Flow, period: Period, amounts: Moments | None) -> Parts:
    before = past(flow.begun, flow.day, NEXT.end, "month", CALENDAR, most=60)
    coming = outlook(before, "month", "ses", 1).coming
    assert coming is not None
    found = parts(flow, before, coming, period, amounts)
    assert isinstance(found, Parts)
    return found


COMPANIES = 120


def test_limits_hold_as_often_as_they_say() -> None:
    """Of 120 companies 95 % of the wins and of the money of either month lie within the limits, but for chance."""
    inside: Counter[str] = Counter()
    missed: dict[str, list[float]] = {REST.label: [], NEXT.label: []}
    for seed in range(COMPANIES):
        deals = company(np.random.default_rng(seed))
        flow = known(deals, TODAY)
        won = [one for one in deals if one[2] == WON]
        amounts = Moments.of(Counter(amount for _, closed, _, amount in won if closed <= TODAY))
        before = past(flow.begun, flow.day, NEXT.end, "month", CALENDAR, most=60)
        coming = outlook(before, "month", "ses", 1).coming
        assert coming is not None
        for period in (REST, NEXT):
            made = parts(flow, before, coming, period, amounts)
            assert isinstance(made, Parts)
            first = max(TODAY + 1, period.start)
            came = [amount for _, closed, _, amount in won if first <= closed <= period.end]
            for name, truth, expected in (("wins", len(came), made.wins), ("money", sum(came), made.money)):
                inside[f"{name} of {period.label}"] += (
                    abs(truth - expected.mean) <= 1.959964 * expected.deviation
                )
            missed[period.label].append(len(came) - made.wins.mean)
    assert len(inside) == 4
    for share in inside.values():
        assert 0.9 <= share / COMPANIES <= 0.995
    # Neither part is counted twice or left out: the mean miss is none but by chance.
    for several in missed.values():
        assert abs(np.mean(several)) < 3 * np.std(several) / math.sqrt(COMPANIES)


def test_limits_of_a_series_hold_as_often_as_they_say() -> None:
    """A level that moves by a tenth of its noise, and the sum of the next quarter."""
    inside = 0
    for seed in range(COMPANIES):
        dice = np.random.default_rng(seed)
        level, values = 100.0, []
        for _ in range(63):
            shock = dice.normal(0, 10)
            values.append(level + shock)
            level += 0.3 * shock
        data = series(values[:60])
        assert isinstance(data, Series)
        found = fit(data, Shape())
        assert isinstance(found, Fitted)
        mean, variance = joint.total(joint.of_model(found, 3), [1, 1, 1])
        inside += abs(sum(values[60:]) - mean) <= 1.959964 * math.sqrt(variance)
    assert 0.90 <= inside / COMPANIES <= 0.99


def test_the_parts_of_periods_add_up() -> None:
    flow = known(company(np.random.default_rng(3)), TODAY)
    both = Period(start=REST.start, end=NEXT.end, label="")
    one, two, whole = (foreseen(flow, period, None) for period in (REST, NEXT, both))
    assert one.open_wins.mean + two.open_wins.mean == pytest.approx(whole.open_wins.mean)
    assert one.new_wins.mean + two.new_wins.mean == pytest.approx(whole.new_wins.mean)


def test_a_past_day_knows_nothing_of_what_came_later() -> None:
    deals = company(np.random.default_rng(5))
    then = TODAY - 100
    seen, made = known(deals, TODAY).at(then), known(deals, then)
    assert seen.curve == made.curve
    assert seen.begun == made.begun
    assert [(one.age, one.deals) for one in seen.standing] == [(one.age, one.deals) for one in made.standing]


# -- sums of coming periods -------------------------------------------------------------------------


def test_the_variance_of_a_sum_by_hand() -> None:
    """SES with alpha 0.5 and sigma^2 = 4: the first error counts 1 + 0.5 in two months, the second once."""
    data = series([10.0, 12, 9, 11, 10, 13, 8, 12, 11, 10])
    assert isinstance(data, Series)
    found = fit(data, Shape(), {"alpha": 0.5})
    assert isinstance(found, Fitted)
    coming = joint.of_model(found, 2)
    assert joint.total(coming, [1, 1])[1] == pytest.approx(found.variance * (1.5**2 + 1))
    # Half of the days of the first month alone vary half as much.
    assert joint.total(coming, [0.5])[1] == pytest.approx(found.variance / 2)


@pytest.mark.parametrize("model", ["holt", "damped", "holt_winters_additive", "holt_winters_multiplicative"])
def test_the_variance_of_a_year_is_that_of_made_up_futures(model: str) -> None:
    data = series(TOURISTS, 4)
    assert isinstance(data, Series)
    found = fit(data, shape_of(model, 4))
    assert isinstance(found, Fitted)
    draws = 40_000
    errors = np.random.default_rng(1).normal(0, math.sqrt(found.variance), (4, draws))
    grows = found.shape.errors == "multiplicative"
    futures = np.empty_like(errors)

    def drawn(at: int, expected: np.ndarray) -> np.ndarray:
        futures[at] = expected * (1 + errors[at]) if grows else expected + errors[at]
        return np.asarray(futures[at])

    weights = {
        name: np.full(draws, getattr(found.parameters, name)) for name in ("alpha", "beta", "gamma", "phi")
    }
    last = found.last
    many = States(
        np.repeat(last.level, draws),
        np.repeat(last.trend, draws),
        [np.repeat(one, draws) for one in last.seasons],
    )
    advance(4, drawn, found.shape, weights, many)
    mean, variance = joint.total(joint.of_model(found, 4), [1, 1, 1, 1])
    assert mean == pytest.approx(futures.sum(axis=0).mean(), rel=0.01)
    assert math.sqrt(variance) == pytest.approx(futures.sum(axis=0).std(), rel=0.05)


def test_cases_that_count_by_chance_vary_as_thinned_numbers_do() -> None:
    """100 cases without an error of which each counts with 0.2: binomial, 20 and 16."""
    assert joint.total(joint.constant(100, 1), [1], [0.2]) == pytest.approx((20, 16))


# -- stages -----------------------------------------------------------------------------------------


def test_a_deal_that_is_still_in_its_stage_is_not_one_that_moved_on() -> None:
    """Of 40 deals that reached Demo, 20 moved on after 5 days and were won after 10; 20 stayed for 30 and were lost.

    After 3 days in Demo half will be won; after 6 days in it none. To count those that reached it and are open would
    say half on day 6 as well.
    """
    demo = [Stay(5, 10, WON, 20), Stay(30, 30, LOST, 20)]
    chances = staged({"Demo": demo})["Demo"]
    early, late = chances.chance(3, 0, 60), chances.chance(6, 0, 60)
    assert early is not None
    assert late is not None
    assert (early.p, late.p) == pytest.approx((0.5, 0.0))
    by_day_six = chances.chance(3, 0, 6)
    assert by_day_six is not None
    assert by_day_six.p == 0
    on_day_seven = chances.chance(3, 6, 7)
    assert on_day_seven is not None
    assert on_day_seven.p == pytest.approx(0.5)


def test_few_deals_of_a_stage_are_drawn_towards_all_stages() -> None:
    """All 2 of this stage were won, 25 of 50 of the other: (2 x 1 + 10 x 27 / 52) / 12."""
    chances = staged({"Few": [Stay(9, 9, WON, 2)], "Many": [Stay(9, 9, WON, 25), Stay(9, 9, LOST, 25)]})
    found = chances["Few"].chance(2, 0, 30)
    assert found is not None
    assert found.p == pytest.approx((2 + 10 * 27 / 52) / 12)
    assert found.deals == 2


def test_stages_tell_what_ages_cannot() -> None:
    """Deals enter Demo, half move to Offer by a coin a day; offers are won by one in ten a day, demos lost by one in twenty.

    A deal in Offer is won in 30 days with 1 - 0.9^30 = 95.8 %, however old it is.
    """
    dice = np.random.default_rng(8)
    stays: dict[str, list[Stay]] = {"Demo": [], "Offer": []}
    for _ in range(4000):
        moved, lost = int(dice.geometric(0.1)), int(dice.geometric(0.05))
        if moved < lost:
            won = int(dice.geometric(0.1))
            stays["Demo"].append(Stay(moved, moved + won, WON, 1))
            stays["Offer"].append(Stay(won, won, WON, 1))
        else:
            stays["Demo"].append(Stay(lost, lost, LOST, 1))
    chances = staged(stays)
    for age in (0, 5, 12):
        offer, demo = chances["Offer"].chance(age, 0, 30), chances["Demo"].chance(age, 0, 30)
        assert offer is not None
        assert demo is not None
        assert offer.p == pytest.approx(1 - 0.9**30, abs=0.02)
        # By the days until it moves, and then until it is won.
        stay = (1 - 0.1) * (1 - 0.05)
        truth = sum(stay ** (day - 1) * 0.1 * 0.95 * (1 - 0.9 ** (30 - day)) for day in range(1, 31))
        assert demo.p == pytest.approx(truth, abs=0.04)


# -- leads without a deal ---------------------------------------------------------------------------


def test_leads_that_will_become_deals() -> None:
    """Leads have a deal after 5 days with 0.5 or never; deals are won after 10 days with 0.4, else lost on day 20.

    40 leads of 3 days: in the 12 days to come 20 have a deal on the second day, and 8 of these are won on the
    twelfth. In 11 days none is. Leads of 6 days without a deal will never have one.
    """
    old = [Group(day, day + 5, WON, 5) for day in range(100)] + [
        Group(day, None, "", 5) for day in range(100)
    ]
    leads = Flow(groups=[*old, Group(197, None, "", 40)], day=200)
    closed = [(WON, 10, 4), (LOST, 20, 6)]
    deals = Flow(
        groups=[Group(day, day + wait, how, n) for day in range(150) for how, wait, n in closed], day=200
    )
    assert wins(leads, deals, Period(start=190, end=211, label="")) == pytest.approx(0)
    assert wins(leads, deals, Period(start=190, end=212, label="")) == pytest.approx(8, rel=0.02)
    assert wins(leads, deals, Period(start=213, end=240, label="")) == pytest.approx(0)


# -- the whole --------------------------------------------------------------------------------------


def test_what_is_in_is_not_lost() -> None:
    found = Outcome(so_far=90, opened=5, fresh=5, deviation=20, signed=False)
    assert found.mean == 100
    assert found.limits == pytest.approx((90, 100 + 1.959964 * 20))
    assert found.chance(80, at_least=True) == 1
    assert found.chance(80, at_least=False) == 0
    assert found.chance(120, at_least=True) == pytest.approx(0.158655, abs=1e-6)
    assert found.chance(120, at_least=False) == pytest.approx(0.841345, abs=1e-6)


def test_refunds_may_take_off_what_is_in() -> None:
    found = Outcome(so_far=90, opened=None, fresh=0, deviation=20, signed=True)
    assert found.limits[0] == pytest.approx(90 - 1.959964 * 20)
    assert found.chance(90, at_least=True) == pytest.approx(0.5)


def test_the_law_of_two_pieces_by_hand() -> None:
    """One below and three above the peak: a quarter lies below it, and 2.5 % above 3 x 1.834 (3.33 % of a half)."""
    law = TwoPiece(100.0, 1.0, 3.0)
    assert law.share_below(100) == pytest.approx(0.25)
    assert law.quantile(0.25) == pytest.approx(100)
    # Phi(-1) = 0.158655: 2 x 1 / 4 of it lie below 99, and 2 x 3 / 4 of it above 103.
    assert law.share_below(99) == pytest.approx(0.158655 / 2, abs=1e-6)
    assert law.share_below(103) == pytest.approx(1 - 0.158655 * 1.5, abs=1e-6)
    # Phi(-1.644854) = 0.05 and Phi(-2.128045) = 0.0166667, tables of the normal law.
    assert law.quantile(0.025) == pytest.approx(100 - 1.644854, abs=1e-5)
    assert law.quantile(0.975) == pytest.approx(100 + 3 * 2.128045, abs=1e-5)
    assert (TwoPiece(5.0, 0.0, 0.0).share_below(6), TwoPiece(5.0, 0.0, 0.0).quantile(0.9)) == (1.0, 5.0)


def test_the_sides_are_those_of_greatest_likelihood() -> None:
    """Found by trying all: of a million draws with deviations 1 and 3 the fit is these; and no nearby pair fits better."""
    dice = np.random.default_rng(5)
    low = dice.random(100_000) < 0.25
    drawn = np.where(low, -np.abs(dice.normal(0, 1, 100_000)), np.abs(dice.normal(0, 3, 100_000)))
    found = sides(
        float(np.square(drawn[drawn < 0]).sum()), float(np.square(drawn[drawn > 0]).sum()), len(drawn)
    )
    assert (found.below, found.above) == pytest.approx((1, 3), rel=0.02)

    def likelihood(below: float, above: float) -> float:
        scaled = np.where(drawn < 0, drawn / below, drawn / above)
        return float(-np.square(scaled).sum() / 2 - len(drawn) * math.log(below + above))

    best = likelihood(found.below, found.above)
    for factor in (0.99, 1.01):
        assert likelihood(found.below * factor, found.above) < best
        assert likelihood(found.below, found.above * factor) < best


# -- choices ----------------------------------------------------------------------------------------


def back_test(own: list[float], naive: list[float], model: str = "pipeline") -> Backtest:
    """Tries in each of which 100 came."""
    return Backtest(
        model,
        1,
        tuple(
            Try(Accuracy(1, mine, mine, 100), Accuracy(1, theirs, theirs, 100), None, 1, 1.0, 0.0, mine**2)
            for mine, theirs in zip(own, naive, strict=True)
        ),
    )


def test_what_is_clearly_less_wrong_by_hand() -> None:
    """Gains of 3 and 5 in turn: mean 4, deviation 1.0445 of twelve, t = 13.3; of -10 and 12: mean 1, t = 0.3."""
    found = better(back_test([20, 20] * 6, [17, 15] * 6), ())
    assert found is not None
    assert (found.method, found.times) == ("naive", 12)
    assert (found.error, found.worse) == pytest.approx((0.16, 0.20))
    assert better(back_test([20, 20] * 6, [30, 8] * 6), ()) is None
    assert better(back_test([20] * 9, [16] * 9), ()) is None
    other = back_test([9, 11] * 6, [50] * 12, "holt")
    chosen = better(back_test([20, 20] * 6, [17, 15] * 6), [other])
    assert chosen is not None
    assert chosen.method == "holt"
    assert chosen.error == pytest.approx(0.10)


def test_a_model_gives_way_only_after_enough_tries() -> None:
    """Nine times better is too few to go by, ten are enough: for open deals and for models of series alike."""
    for name in ("pipeline", "seasonal_multiplicative"):
        assert better(back_test([20] * 9, [16] * 9, name), ()) is None
        assert better(back_test([20] * 10, [16] * 10, name), ()) is not None


# -- limits that promised too much -------------------------------------------------------------------


def ranged(within: int, strain: float, times: int = 12) -> Backtest:
    """One value each time, of which the first lay *within*, all as many stated deviations off as *strain* squared.

    They were too high and too low in turn.
    """
    return Backtest(
        "ses",
        1,
        tuple(
            Try(
                Accuracy(1, 5, -5 if n % 2 else 5, 100),
                Accuracy(1, 5, 5, 100),
                None,
                int(n < within),
                2.0,
                2 * strain if n % 2 else 0.0,
                0.0 if n % 2 else 2 * strain,
            )
            for n in range(times)
        ),
    )


@pytest.mark.parametrize(("within", "found"), [(12, False), (10, False), (9, True), (6, True)])
def test_limits_that_held_too_seldom_by_hand(within: int, found: bool) -> None:
    """Of twelve at 95 %, at most 10 lie within with the chance 11.8 %, at most 9 with 2.0 % (tables of the binomial law)."""
    assert narrow(ranged(within, 9.0)) is found
    wider = widening(ranged(within, 9.0))
    assert (wider.below, wider.above) == pytest.approx((3.0, 3.0) if found else (1.0, 1.0))


def test_limits_are_not_widened_beyond_measure() -> None:
    """Errors of a million stated deviations say that these say nothing, and none stated cannot be widened at all."""
    assert widening(ranged(6, 1e12)) == Sides(5.0, 5.0)
    assert covered(ranged(6, 1e12), Sides(5.0, 5.0)) == (
        "Such ranges held 50 % of what came and not 95 %; this one is widened 5.0 times, and past misses were "
        "larger still: trust it little."
    )
    exact = Backtest("ses", 1, tuple(replace(one, stated=0.0) for one in ranged(6, 9.0).tries))
    assert widening(exact) == Sides()
    assert covered(exact, Sides()).endswith("trust this one less.")


def leant(signs: list[int]) -> Backtest:
    """Misses of 50 to 55 of 100, to the side of each sign (above 0 for too high), of which deviations of 20 were stated."""
    tries = []
    for n, sign in enumerate(signs):
        miss = 50.0 + n % 6
        one = Accuracy(1, miss, sign * miss, 100)
        above, below = (0.0, miss**2) if sign > 0 else (miss**2, 0.0)
        tries.append(Try(one, one, None, 0, 400.0, above, below))
    return Backtest("pipeline", 1, tuple(tries))


def test_misses_to_one_side_are_said() -> None:
    lean = leaning(leant([-1] * 6 + [1]))
    assert lean is not None
    # Six of 50 to 55 too low and one of 50 too high: 265 of 700.
    assert said(lean) == "It was too low in 6 of 7 times, by 38 % of what came on average"
    assert leaning(leant([-1] * 5)) is None
    assert leaning(leant([-1, 1] * 6)) is None
    assert leaning(leant([-1] * 8 + [1] * 4)) is None
    high = leaning(leant([1] * 12))
    assert high is not None
    assert said(high).startswith("It was too high each time")


def test_limits_and_chances_count_with_misses_to_one_side() -> None:
    """Always too low: the truth lies above more likely than not, and farther above than stated."""
    wider = widening(leant([-1] * 12))
    assert wider.above > 2
    assert wider.below < 1
    found = Outcome(so_far=0, opened=None, fresh=100, deviation=20, signed=False, wider=wider)
    low, high = found.limits
    assert low > 100 - 1.959964 * 20
    assert high > 100 + 2 * 1.959964 * 20
    assert found.chance(100, at_least=True) == pytest.approx(wider.above / (wider.above + wider.below))
    assert found.chance(high, at_least=True) == pytest.approx(0.025)
    few = widening(leant([-1] * 7))
    assert few.above > 2
    assert few.below == 1
    other = widening(leant([1] * 12))
    assert (other.below, other.above) == pytest.approx((wider.above, wider.below))


def test_what_is_said_of_limits() -> None:
    assert covered(ranged(12, 1.0), Sides()) == ""
    assert (
        covered(ranged(5, 1.0, times=5), Sides())
        == "5 times are too few to test whether the range holds in 95 %."
    )
    assert covered(ranged(6, 9.0), Sides(3.0, 3.0)).startswith(
        "Such ranges held 50 % of what came and not 95 %; this one is widened 3.0"
    )


def test_limits_are_widened_by_what_they_held() -> None:
    """Twice as far from the mean on either side, where past errors were twice as large as stated."""
    before = past(
        {START + 30 * n: 50.0 + n % 3 for n in range(20)},
        START + 620,
        START + 720,
        "month",
        CALENDAR,
        most=60,
    )
    made = outlook(before, "month", "ses", 1)
    period = Period(start=START + 640, end=START + 690, label="")
    deviations = []
    for tested in (ranged(12, 4.0), ranged(6, 4.0)):
        one = Forecasted(metric=cast("Metric", None), outlook=replace(made, tested=tested))
        found = one.outcome(period)
        assert isinstance(found, Outcome)
        deviations.append(found.limits[1] - found.mean)
    assert deviations[1] == pytest.approx(2 * deviations[0])
