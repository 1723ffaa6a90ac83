"""What is still to come of a month that has begun: bills of the first, deals of the last days, and sales of every day.

Each truth is made by hand: whatever came in the past after the same day comes again.
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from funnelkit.build.forecast.outlook import one_ahead
from funnelkit.build.forecast.past import Past, past
from funnelkit.models.forecast import joint
from funnelkit.models.forecast.backtest import Backtest, backtest
from funnelkit.models.forecast.begun import Begun
from funnelkit.models.forecast.series import Series
from funnelkit.periods import Calendar, day_number
from funnelkit.pipeline.forecasting import forecast
from funnelkit.pipeline.options import Options
from funnelkit.render import study as studies
from funnelkit.studies import Study

MONTHS = [date(2022 + n // 12, n % 12 + 1, 1) for n in range(36)]


def last(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def study(path: Path, paid: Sequence[tuple[date, float]], as_of: str, period: str = "") -> Study:
    """The forecast of what was paid by then."""
    lines = [f"{n},c{n},{day},{amount},EUR" for n, (day, amount) in enumerate(paid) if str(day) <= as_of]
    (path / "p.csv").write_text("\n".join(["payment_id,customer_id,paid_at,amount,currency", *lines]) + "\n")
    asked = Options(
        currency="EUR", no_config=True, as_of=as_of, period=period or as_of[:7], metrics=("revenue_net",)
    )
    return forecast([str(path / "p.csv")], asked)


def rows(made: Study, table: str) -> list[dict[str, Any]]:
    (found,) = (t for t in json.loads(studies.render(made, "json"))["tables"] if t["id"] == table)
    return list(found["rows"])


def whole(made: Study) -> tuple[float, float, float]:
    """The forecast of the period and its limits."""
    (found,) = rows(made, "period")
    return found["forecast"]["value"], *found["forecast"]["interval"]


@pytest.mark.parametrize("as_of", ["2024-06-01", "2024-06-17", "2024-06-29"])
def test_bills_of_the_first_come_once(tmp_path: Path, as_of: str) -> None:
    """1,000 on the first of each month: nothing more in June, and 12,000 in the year."""
    paid = [(month, 1000.0) for month in MONTHS]
    made = study(tmp_path, paid, as_of, "2024")
    assert whole(made) == pytest.approx((12_000, 12_000, 12_000))
    (june,) = (row for row in rows(made, "course_revenue_net") if row["period"] == "2024-06")
    assert june["forecast"]["value"] == pytest.approx(1000)


@pytest.mark.parametrize(("as_of", "rest"), [("2024-06-19", 40.0), ("2024-06-20", 0.0), ("2024-02-19", 40.0)])
def test_a_day_of_the_month_is_counted_from_the_first(tmp_path: Path, as_of: str, rest: float) -> None:
    """60 on the third and 40 on the twentieth, in months of 28 to 31 days."""
    paid = [(month.replace(day=day), n) for month in MONTHS for day, n in ((3, 60.0), (20, 40.0))]
    (found,) = rows(study(tmp_path, paid, as_of), "period")
    assert found["fresh"]["value"] == pytest.approx(rest)


@pytest.mark.parametrize("as_of", ["2024-02-27", "2024-04-28", "2024-06-15", "2024-05-29"])
def test_what_comes_on_the_last_days_is_counted_from_the_last(tmp_path: Path, as_of: str) -> None:
    """30 on the second day before the last, 70 on the last: as of two days before the end of any month 70 are to come."""
    paid = [(last(month) - timedelta(days=back), n) for month in MONTHS for back, n in ((2, 30.0), (0, 70.0))]
    made = study(tmp_path, paid, as_of)
    rest = 100.0 if as_of == "2024-06-15" else 70.0
    (found,) = rows(made, "period")
    assert found["fresh"]["value"] == pytest.approx(rest)
    assert whole(made)[0] == pytest.approx(100)


def test_even_days_bring_their_share(tmp_path: Path) -> None:
    """10 every day: of June 170 are in on the 17th, and 130 are to come; months of 28 to 31 days vary it a little."""
    paid = [(date(2022, 1, 1) + timedelta(days=n), 10.0) for n in range(36 * 31)]
    found, low, high = whole(study(tmp_path, paid, "2024-06-17"))
    assert found == pytest.approx(300, rel=0.02)
    assert low <= 300 <= high
    assert high - low < 40


def test_the_error_is_that_of_the_same_day(tmp_path: Path) -> None:
    """40 on the second of each month and some more on its last day: as of the tenth, only the latter can be missed."""
    rests = [float((60, 80, 75, 90, 65)[n % 5]) for n in range(36)]
    paid = [(month.replace(day=2), 40.0) for month in MONTHS]
    paid += [(last(month), rest) for month, rest in zip(MONTHS, rests, strict=True)]
    made = study(tmp_path, sorted(paid), "2024-06-10")
    (ways,) = rows(made, "accuracy")
    # 29 months are whole, and 12 times three of them follow: to say the month before misses each by its rest.
    tries = range(15, 27)
    missed = sum(abs(rests[at + ahead] - rests[at - 1]) for at in tries for ahead in range(3))
    came = sum(40 + rests[at + ahead] for at in tries for ahead in range(3))
    assert ways["naive"]["value"] == pytest.approx(missed / came)
    assert (ways["origins"]["value"], ways["ahead"]["value"]) == (12, 3)
    said = next(one for one in made.sentences if one.startswith("In the past"))
    assert "12 times, on the same day of a month, for up to three months, it missed by" in said
    assert f"it missed by {ways['wape']['value'] * 100:.0f} %; to add the rest of the " in said


# -- the parts by hand -------------------------------------------------------------------------------


def test_the_rest_of_the_month_before_by_hand() -> None:
    """Rests of 4, 6 and 5: the next is 5, and changes of 2 and -1 make a mean square of 2.5."""
    begun = Begun(np.array([10.0, 12, 14]), np.array([4.0, 6, 5]))
    rest = begun.by_lag(1)
    assert rest is not None
    assert (rest.mean, rest.variance) == (5, 2.5)
    assert begun.so_far(2) == 9
    made = joint.of_naive(Series(begun.values), 2, begun=begun)
    assert made is not None
    # Changes of 2 and 2 of whole months; of their 4 the rest is 2.5, so that a later month moves by 2.5 with it.
    assert made.means.tolist() == [5, 14]
    assert made.covariance.ravel() == pytest.approx([2.5, 2.5, 2.5, 8.0])


def test_the_rest_of_a_level_by_hand() -> None:
    """Of three times 10 there came 2, 3 and 4 after the day: 3 with a mean square of 2/3, of a share known from three."""
    rest = Begun(np.array([10.0, 10, 10]), np.array([2.0, 3, 4])).by_level(10)
    assert rest.mean == pytest.approx(3)
    assert rest.variance == pytest.approx(2 / 3 * (1 + 1 / 3))


def test_values_that_cancel_have_rests_and_no_share() -> None:
    """Sales of 100 and refunds of as much add up to nothing, and the rests of -100 are what comes again."""
    rest = Begun(np.array([0.0, 1, -1]), np.array([-100.0, -99, -101])).by_level(0)
    assert rest.mean == pytest.approx(-100)


def test_a_back_test_of_a_month_that_has_begun_is_made_by_hand() -> None:
    """By the last value of a month with what was in known: only the rests can be missed."""
    values, after = np.array([10.0, 14, 12, 16, 13]), np.array([4.0, 9, 6, 8, 8])
    one = Past(
        days={}, whole=(), values=tuple(values), end=0, coming=(), same=(), after=tuple(after), stale=False
    )
    found = backtest(Series(np.tile(values, 3)), "ses", begun=Begun(np.tile(values, 3), np.tile(after, 3)))
    assert isinstance(found, Backtest)
    assert found.begun
    naive = np.abs(np.diff(np.tile(after, 3)))[-found.origins :]
    assert found.naive.absolute == pytest.approx(naive.sum())
    assert one.after[1] == 9


def test_nothing_later_changes_what_was_forecast() -> None:
    """The errors up to a month are the same whether later months are known or not."""
    dice = np.random.default_rng(2)
    days = {day_number(month) + back: float(dice.poisson(30)) for month in MONTHS for back in (0, 9, 24)}
    ends = [day_number(date(2024, n, 12)) for n in (6, 9)]
    early, late = (
        past({day: n for day, n in days.items() if day <= end}, end, end + 60, "month", Calendar(), most=60)
        for end in ends
    )
    short, long = (one_ahead(found, "month", "ses") for found in (early, late))
    assert isinstance(short, Backtest)
    assert isinstance(long, Backtest)
    assert [one.own.signed for one in short.tries[3:]] == pytest.approx(
        [one.own.signed for one in long.tries[:-3]], abs=1e-4
    )


def sales(dice: np.random.Generator, day_of: Callable[[date], date]) -> list[tuple[date, float]]:
    return sorted((day_of(month), 1.0) for month in MONTHS for _ in range(dice.poisson(20)))


def test_ranges_hold_amid_a_month() -> None:
    """Of 60 companies that close most deals in the last days, the range of May as of the 15th holds what came in 88 % at least."""
    inside = 0
    end, until = day_number(date(2024, 5, 15)), day_number(date(2024, 5, 31))
    for seed in range(60):
        dice = np.random.default_rng(seed)
        paid = sales(dice, lambda month, dice=dice: last(month) - timedelta(days=int(dice.integers(0, 4))))  # type: ignore[misc]
        days: dict[int, float] = {}
        for day, n in paid:
            days[day_number(day)] = days.get(day_number(day), 0) + n
        known = past({d: n for d, n in days.items() if d <= end}, end, until, "month", Calendar(), most=60)
        assert known.begun is not None
        rest = known.begun.by_level(float(np.mean(known.values)))
        came = sum(n for day, n in days.items() if end < day <= until)
        inside += abs(came - rest.mean) <= 1.959964 * rest.variance**0.5
    assert inside / 60 >= 0.88
