"""Fiscal years of whole weeks, and weeks as they are numbered in the United States.

Expected days are those that retailers and Apple publish, or come from pandas' FY5253 offsets.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.errors import UsageError
from funnelkit.periods import Calendar, compare, day_number, from_day, parse, split

NRF = Calendar(
    week_start="sunday", fiscal_year_start=2, pattern="4-5-4", year_end="nearest", named_by="start"
)
"""The 4-5-4 calendar of the National Retail Federation."""
APPLE = Calendar(week_start="sunday", fiscal_year_start=10, pattern="4-4-5", year_end="last")
CISCO = Calendar(week_start="sunday", fiscal_year_start=8, pattern="4-4-5", year_end="last")
COSTCO = Calendar(week_start="monday", fiscal_year_start=9, pattern="4-4-5", year_end="nearest")
INTEL = Calendar(week_start="sunday", fiscal_year_start=1, pattern="4-4-5", year_end="last")
US = Calendar(week_start="sunday", week_numbers="us")

days = st.integers(day_number(date(1950, 1, 1)), day_number(date(2150, 12, 31)))


def ends(spec: str, calendar: Calendar) -> tuple[str, str]:
    period = parse(spec, as_of=0, calendar=calendar)
    return from_day(period.start).isoformat(), from_day(period.end).isoformat()


@pytest.mark.parametrize(
    ("spec", "start", "end"),
    [
        ("FY2017", "2017-01-29", "2018-02-03"),
        ("FY2022", "2022-01-30", "2023-01-28"),
        ("FY2023", "2023-01-29", "2024-02-03"),
        ("FY2024", "2024-02-04", "2025-02-01"),
        ("FY2024-Q1", "2024-02-04", "2024-05-04"),
        ("FY2024-P01", "2024-02-04", "2024-03-02"),
        ("FY2024-P02", "2024-03-03", "2024-04-06"),
        ("FY2024-P03", "2024-04-07", "2024-05-04"),
        ("FY2023-P12", "2023-12-31", "2024-02-03"),
        # Without FY the calendar's own are meant.
        ("2024-Q1", "2024-01-01", "2024-03-31"),
    ],
)
def test_the_calendar_of_retailers(spec: str, start: str, end: str) -> None:
    assert ends(spec, NRF) == (start, end)


@pytest.mark.parametrize(
    ("spec", "start", "end"),
    [
        ("FY2022", "2021-09-26", "2022-09-24"),
        ("FY2023", "2022-09-25", "2023-09-30"),
        ("FY2024", "2023-10-01", "2024-09-28"),
        ("FY2024-Q1", "2023-10-01", "2023-12-30"),
    ],
)
def test_years_that_end_with_the_last_saturday_of_september(spec: str, start: str, end: str) -> None:
    assert ends(spec, APPLE) == (start, end)


@pytest.mark.parametrize("year", range(1989, 2035))
def test_the_years_of_53_weeks_of_retailers(year: int) -> None:
    """The National Retail Federation adds a week in these years, of which 2028 and 2034 are to come."""
    start, end = ends(f"FY{year}", NRF)
    weeks = (pd.Timestamp(end) - pd.Timestamp(start)).days // 7 + 1
    assert weeks == (53 if year in {1989, 1995, 2000, 2006, 2012, 2017, 2023, 2028, 2034} else 52)


@pytest.mark.parametrize(
    ("calendar", "spec", "start", "end"),
    [
        # Annual reports: the first day follows the last of the year before.
        (NRF, "FY2006", "2006-01-29", "2007-02-03"),
        (NRF, "FY2012", "2012-01-29", "2013-02-02"),
        (NRF, "FY2025", "2025-02-02", "2026-01-31"),
        (NRF, "FY2025-P08", "2025-08-31", "2025-10-04"),
        (NRF, "FY2025-Q4", "2025-11-02", "2026-01-31"),
        (APPLE, "FY2006", "2005-09-25", "2006-09-30"),
        (APPLE, "FY2012", "2011-09-25", "2012-09-29"),
        (APPLE, "FY2017", "2016-09-25", "2017-09-30"),
        (APPLE, "FY2025", "2024-09-29", "2025-09-27"),
        (CISCO, "FY2016", "2015-07-26", "2016-07-30"),
        (CISCO, "FY2023", "2022-07-31", "2023-07-29"),
        (COSTCO, "FY2017", "2016-08-29", "2017-09-03"),
        (COSTCO, "FY2023", "2022-08-29", "2023-09-03"),
        (COSTCO, "FY2024", "2023-09-04", "2024-09-01"),
        (INTEL, "FY2016", "2015-12-27", "2016-12-31"),
        (INTEL, "FY2022", "2021-12-26", "2022-12-31"),
    ],
)
def test_the_years_of_annual_reports(calendar: Calendar, spec: str, start: str, end: str) -> None:
    assert ends(spec, calendar) == (start, end)


@given(
    day=days,
    month=st.integers(1, 12),
    variation=st.sampled_from(["nearest", "last"]),
    week_start=st.sampled_from(["monday", "sunday"]),
)
def test_years_of_weeks_are_those_of_pandas(day: int, month: int, variation: str, week_start: str) -> None:
    calendar = Calendar(
        week_start=week_start,
        fiscal_year_start=month % 12 + 1,
        pattern="4-4-5",
        year_end=variation,
    )
    (year,) = split(parse(from_day(day).isoformat(), as_of=0), "year", calendar)
    whole = parse(year.label, as_of=0, calendar=calendar)
    offset = pd.offsets.FY5253(
        startingMonth=month, weekday=6 if week_start == "monday" else 5, variation=variation
    )
    end = offset.rollforward(pd.Timestamp(from_day(day)))
    assert from_day(whole.end) == end.date()
    assert from_day(whole.start - 1) == (end - offset).date()


@given(day=days, pattern=st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]))
def test_periods_have_the_weeks_of_the_pattern_and_a_53rd_is_in_the_last(day: int, pattern: str) -> None:
    calendar = Calendar(week_start="sunday", fiscal_year_start=2, pattern=pattern)
    (cut,) = split(parse(from_day(day).isoformat(), as_of=0), "year", calendar)
    year = parse(cut.label, as_of=0, calendar=calendar)
    weeks = [period.days / 7 for period in split(year, "month", calendar)]
    expected = [int(part) for part in pattern.split("-")] * 4
    assert weeks[:11] == expected[:11]
    assert weeks[11] - expected[11] == year.days / 7 - 52


@given(day=days)
def test_week_1_holds_the_first_of_january(day: int) -> None:
    when = from_day(day)
    (week,) = split(parse(when.isoformat(), as_of=0), "week", US)
    whole = parse(week.label, as_of=0, calendar=US)
    assert whole.start <= day <= whole.end
    assert from_day(whole.start).weekday() == 6
    year, number = map(int, week.label.split("-W"))
    first = pd.Timestamp(year, 1, 1)
    sunday = first - pd.Timedelta(days=(first.weekday() + 1) % 7)
    assert whole.start == day_number(sunday.date()) + 7 * (number - 1)


def test_us_weeks_differ_from_iso_weeks_where_the_year_begins_late_in_a_week() -> None:
    assert ends("2027-W01", US) == ("2026-12-27", "2027-01-02")
    assert ends("2027-W01", Calendar()) == ("2027-01-04", "2027-01-10")


def test_a_period_of_weeks_is_compared_with_the_same_of_the_year_before() -> None:
    period = parse("FY2024-P02", as_of=0, calendar=NRF)
    assert compare(period, "yoy", as_of=0, calendar=NRF).label == "FY2023-P02"
    assert compare(period, "prev", as_of=0, calendar=NRF).label == "FY2024-P01"
    week = parse("2022-W53", as_of=0, calendar=US)
    assert compare(week, "yoy", as_of=0, calendar=US).label == "2021-W52"


@pytest.mark.parametrize("spec", ["FY2026-P03", "2026-P03"])
def test_periods_need_a_pattern(spec: str) -> None:
    with pytest.raises(UsageError, match="fiscal year in weeks") as refused:
        parse(spec, as_of=0)
    assert "pattern: 4-4-5" in refused.value.hint


def test_there_is_no_thirteenth_period() -> None:
    with pytest.raises(UsageError, match="period 13"):
        parse("FY2026-P13", as_of=0, calendar=NRF)
