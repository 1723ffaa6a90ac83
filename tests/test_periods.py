"""Periods. A month that lost a day, or a week with the wrong number, would shift every number of a report.

Expected dates are read off a printed calendar, or come from the standard library's ISO calendar and
from pandas' Period, neither of which the package uses.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.errors import UsageError
from funnelkit.periods import (
    GRAINS,
    Calendar,
    Period,
    compare,
    day_number,
    from_day,
    is_partial,
    parse,
    split,
)

AS_OF = day_number(date(2026, 9, 30))
APRIL = Calendar(fiscal_year_start=4)
SUNDAY = Calendar(week_start="sunday")

days = st.integers(day_number(date(1903, 1, 1)), day_number(date(2190, 12, 31)))
calendars = st.builds(
    Calendar,
    week_start=st.sampled_from(["monday", "sunday"]),
    fiscal_year_start=st.integers(1, 12),
    week_numbers=st.sampled_from(["iso", "us"]),
    pattern=st.sampled_from(["", "4-4-5", "4-5-4", "5-4-4"]),
    year_end=st.sampled_from(["last", "nearest"]),
    named_by=st.sampled_from(["end", "start"]),
)
grains = st.sampled_from(GRAINS)


def ends(period: Period) -> tuple[str, str]:
    return from_day(period.start).isoformat(), from_day(period.end).isoformat()


def whole_piece(day: int, grain: str, calendar: Calendar) -> Period:
    (cut,) = split(Period(start=day, end=day, label="a day"), grain, calendar)
    return parse(cut.label, as_of=0, calendar=calendar)


@pytest.mark.parametrize(
    ("spec", "start", "end"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026-q3", "2026-07-01", "2026-09-30"),
        (" 2026-10 ", "2026-10-01", "2026-10-31"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-W46", "2026-11-09", "2026-11-15"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-w53", "2026-12-28", "2027-01-03"),
        ("2026-03-05", "2026-03-05", "2026-03-05"),
        ("FY2026", "2026-01-01", "2026-12-31"),
        ("FY2026-Q2", "2026-04-01", "2026-06-30"),
        ("2026-01-01..2026-03-31", "2026-01-01", "2026-03-31"),
        ("2026-01-01 .. 2026-03-31", "2026-01-01", "2026-03-31"),
        ("2026-01..2026-03", "2026-01-01", "2026-03-31"),
        ("2025-Q4..2026-Q1", "2025-10-01", "2026-03-31"),
        ("2026-W10..2026-W11", "2026-03-02", "2026-03-15"),
        ("2026-01-01..", "2026-01-01", "2026-09-30"),
        ("ytd", "2026-01-01", "2026-09-30"),
        ("YTD", "2026-01-01", "2026-09-30"),
        ("this-week", "2026-09-28", "2026-10-04"),
        ("last-week", "2026-09-21", "2026-09-27"),
        ("this-month", "2026-09-01", "2026-09-30"),
        ("last-month", "2026-09-01", "2026-09-30"),
        ("last-quarter", "2026-07-01", "2026-09-30"),
        ("this-quarter", "2026-07-01", "2026-09-30"),
        ("this-year", "2026-01-01", "2026-12-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
    ],
)
def test_a_spec_names_the_days_that_a_calendar_shows(spec: str, start: str, end: str) -> None:
    assert ends(parse(spec, as_of=AS_OF)) == (start, end)


@pytest.mark.parametrize(
    ("spec", "start", "end"),
    [
        ("FY2026", "2025-04-01", "2026-03-31"),
        ("FY2026-Q1", "2025-04-01", "2025-06-30"),
        ("FY2026-Q4", "2026-01-01", "2026-03-31"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("last-quarter", "2026-07-01", "2026-09-30"),
        ("this-year", "2026-04-01", "2027-03-31"),
        ("last-year", "2025-04-01", "2026-03-31"),
        ("ytd", "2026-04-01", "2026-09-30"),
    ],
)
def test_a_fiscal_year_from_april_is_named_by_the_year_in_which_it_ends(
    spec: str, start: str, end: str
) -> None:
    assert ends(parse(spec, as_of=AS_OF, calendar=APRIL)) == (start, end)


def test_the_last_month_is_the_one_before_as_long_as_a_day_of_this_one_is_missing() -> None:
    assert parse("last-month", as_of=AS_OF - 1).label == "2026-08"
    assert parse("last-week", as_of=day_number(date(2026, 9, 27))).label == "2026-W39"
    assert parse("last-week", as_of=day_number(date(2026, 9, 26))).label == "2026-W38"


def test_a_week_from_sunday_has_the_iso_number_of_its_monday() -> None:
    assert ends(parse("2026-W46", as_of=AS_OF, calendar=SUNDAY)) == ("2026-11-08", "2026-11-14")
    assert ends(parse("last-week", as_of=AS_OF, calendar=SUNDAY)) == ("2026-09-20", "2026-09-26")


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ("fy2026-q1", "2026-Q1"),
        ("2026-w46", "2026-W46"),
        ("last-quarter", "2026-Q3"),
        ("ytd", "2026-01-01..2026-09-30"),
        ("2026-01..", "2026-01..2026-09-30"),
    ],
)
def test_the_label_of_a_period_says_plainly_which_days_are_meant(spec: str, label: str) -> None:
    assert parse(spec, as_of=AS_OF).label == label
    assert ends(parse(label, as_of=AS_OF)) == ends(parse(spec, as_of=AS_OF))


@pytest.mark.parametrize(
    ("spec", "says", "hint"),
    [
        ("2026-13", "month 13", "year, month and day"),
        ("2026-00", "month 0", "year, month and day"),
        ("2026-W54", "week 54", "1 to 53"),
        ("2025-W53", "week 53", "1 to 52"),
        ("2026-W00", "week 0", "1 to 53"),
        ("2026-02-30", "day 30", "2026-02 has 28 days"),
        ("2026-02-00", "day 0", "2026-02 has 28 days"),
        ("2026-Q5", "quarter 5", "Q1 to Q4"),
        ("0226-01", "year 0226", "1900 to 2199"),
        ("2026-03-31..2026-01-01", "ends before it starts", "Swap"),
        ("2026-10-01..", "ends before it starts", "2026-09-30, the as-of date"),
        ("..2026-03-31", "has no start", "before the two dots"),
        ("last-mnth", "'last-mnth'", "Did you mean last-month"),
        ("Q3", "'Q3'", "2026-Q3"),
        ("2026-1", "'2026-1'", "2026-10"),
        ("2026-01-01..soon", "'2026-01-01..soon'", "2026-01-01..2026-03-31"),
        ("2026-01-01...2026-03-31", "no period is written", "2026-01-01..2026-03-31"),
        ("FY2026-03", "'FY2026-03'", "FY2026-Q1"),
        ("२०२६", "no period is written", "2026-Q3"),
        ("", "''", "last-month"),
    ],
)
def test_a_spec_that_cannot_be_meant_is_refused_with_a_remedy(spec: str, says: str, hint: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse(spec, as_of=AS_OF)
    assert says in str(refusal.value)
    assert hint in refusal.value.hint


def test_a_mistyped_comparison_suggests_the_words_for_comparisons() -> None:
    with pytest.raises(UsageError) as refusal:
        compare(parse("2026", as_of=AS_OF), "prv", as_of=AS_OF, calendar=Calendar())
    assert refusal.value.hint == "Did you mean prev?"


def test_an_unknown_grain_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError) as refusal:
        split(parse("2026", as_of=AS_OF), "weeks", Calendar())
    assert refusal.value.hint == "Did you mean week?"


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [({"week_start": "sundy"}, "Did you mean sunday?"), ({"fiscal_year_start": 13}, "1 to 12")],
)
def test_a_calendar_that_no_company_keeps_is_refused(wrong: dict[str, Any], hint: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Calendar(**wrong)
    assert hint in refusal.value.hint


def test_the_ends_of_a_trend_are_cut_to_the_period_and_keep_their_labels() -> None:
    pieces = split(parse("2026-01-15..2026-03-10", as_of=AS_OF), "month", Calendar())
    assert [(p.label, *ends(p)) for p in pieces] == [
        ("2026-01", "2026-01-15", "2026-01-31"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026-03", "2026-03-01", "2026-03-10"),
    ]


@pytest.mark.parametrize(
    ("grain", "calendar", "labels"),
    [
        ("day", Calendar(), ["2026-03-31", "2026-04-01"]),
        ("week", Calendar(), ["2026-W14"]),
        ("quarter", Calendar(), ["2026-Q1", "2026-Q2"]),
        ("year", Calendar(), ["2026"]),
        ("quarter", APRIL, ["FY2026-Q4", "FY2027-Q1"]),
        ("year", APRIL, ["FY2026", "FY2027"]),
    ],
)
def test_quarters_and_years_of_a_trend_follow_the_fiscal_year(
    grain: str, calendar: Calendar, labels: list[str]
) -> None:
    pieces = split(parse("2026-03-31..2026-04-01", as_of=AS_OF), grain, calendar)
    assert [p.label for p in pieces] == labels


@pytest.mark.parametrize(
    ("spec", "prev", "yoy"),
    [
        ("2026-03", "2026-02", "2025-03"),
        ("2026-01", "2025-12", "2025-01"),
        ("2026-Q1", "2025-Q4", "2025-Q1"),
        ("2026", "2025", "2025"),
        ("2026-W01", "2025-W52", "2025-W01"),
        ("2026-W53", "2026-W52", "2025-W52"),
        ("2027-W01", "2026-W53", "2026-W01"),
        ("2026-03-05", "2026-03-04", "2025-03-05"),
        ("2028-02-29", "2028-02-28", "2027-02-28"),
        ("2026-01-01..2026-01-31", "2025-12", "2025-01"),
        ("2026-01-05..2026-01-14", "2025-12-26..2026-01-04", "2025-01-05..2025-01-14"),
        ("2027-12-15..2028-02-29", "2027-09-29..2027-12-14", "2026-12-15..2027-02-28"),
        ("2029-01..2029-02", "2028-11-03..2028-12-31", "2028-01-01..2028-02-29"),
    ],
)
def test_a_comparison_takes_a_period_of_the_same_kind(spec: str, prev: str, yoy: str) -> None:
    period = parse(spec, as_of=AS_OF)
    assert compare(period, "prev", as_of=AS_OF, calendar=Calendar()).label == prev
    assert compare(period, "YoY", as_of=AS_OF, calendar=Calendar()).label == yoy


@pytest.mark.parametrize(
    ("spec", "prev", "yoy"),
    [
        ("FY2027-Q1", "FY2026-Q4", "FY2026-Q1"),
        ("FY2027", "FY2026", "FY2026"),
        ("2026-Q2", "2026-Q1", "2025-Q2"),
        ("2026", "2025", "2025"),
        ("2026-04-01..2027-03-31", "FY2026", "FY2026"),
    ],
)
def test_a_fiscal_period_is_compared_with_a_fiscal_one_and_a_civil_one_with_a_civil_one(
    spec: str, prev: str, yoy: str
) -> None:
    period = parse(spec, as_of=AS_OF, calendar=APRIL)
    assert compare(period, "prev", as_of=AS_OF, calendar=APRIL).label == prev
    assert compare(period, "yoy", as_of=AS_OF, calendar=APRIL).label == yoy


def test_a_week_from_sunday_is_compared_with_the_week_of_the_same_number() -> None:
    period = parse("2026-W46", as_of=AS_OF, calendar=SUNDAY)
    earlier = compare(period, "yoy", as_of=AS_OF, calendar=SUNDAY)
    assert (earlier.label, *ends(earlier)) == ("2025-W46", "2025-11-09", "2025-11-15")


def test_a_comparison_may_be_any_period() -> None:
    period = parse("2026-Q3", as_of=AS_OF)
    other = compare(period, "2024", as_of=AS_OF, calendar=Calendar())
    assert ends(other) == ("2024-01-01", "2024-12-31")


def test_a_period_is_partial_when_the_data_end_before_it_does() -> None:
    assert is_partial(parse("2026-Q3", as_of=AS_OF), AS_OF - 1)
    assert not is_partial(parse("2026-Q3", as_of=AS_OF), AS_OF)


@given(day=st.dates())
def test_day_numbers_and_dates_are_each_others_inverse(day: date) -> None:
    assert from_day(day_number(day)) == day
    assert timedelta(days=day_number(day)) == day - date(1970, 1, 1)


@given(start=days, length=st.integers(0, 1500), grain=grains, calendar=calendars)
def test_split_tiles_the_period_exactly(start: int, length: int, grain: str, calendar: Calendar) -> None:
    period = Period(start=start, end=start + length, label="any")
    pieces = split(period, grain, calendar)
    covered = [day for piece in pieces for day in range(piece.start, piece.end + 1)]
    assert covered == list(range(period.start, period.end + 1))
    assert len({piece.label for piece in pieces}) == len(pieces)


@given(start=days, length=st.integers(0, 800), grain=grains, calendar=calendars)
def test_the_label_of_a_piece_reads_back_as_the_whole_piece(
    start: int, length: int, grain: str, calendar: Calendar
) -> None:
    period = Period(start=start, end=start + length, label="any")
    for piece in split(period, grain, calendar):
        whole = parse(piece.label, as_of=start, calendar=calendar)
        assert whole.label == piece.label
        assert max(whole.start, period.start) == piece.start
        assert min(whole.end, period.end) == piece.end
        assert split(whole, grain, calendar) == (whole,)


@given(day=days, grain=grains, calendar=calendars, word=st.sampled_from(["prev", "yoy"]))
def test_a_whole_calendar_piece_is_compared_with_a_whole_one(
    day: int, grain: str, calendar: Calendar, word: str
) -> None:
    whole = whole_piece(day, grain, calendar)
    other = compare(whole, word, as_of=0, calendar=calendar)
    assert split(other, grain, calendar) == (other,)
    assert other == parse(other.label, as_of=0, calendar=calendar)
    if word == "prev":
        assert other.end == whole.start - 1


@given(start=days, length=st.integers(0, 400), calendar=calendars)
def test_the_period_before_ends_the_day_before(start: int, length: int, calendar: Calendar) -> None:
    period = Period(start=start, end=start + length, label="any")
    assert compare(period, "prev", as_of=0, calendar=calendar).end == start - 1


@given(as_of=days, calendar=calendars, grain=st.sampled_from(["week", "month", "quarter", "year"]))
def test_the_last_period_is_complete_and_the_next_one_is_not(
    as_of: int, calendar: Calendar, grain: str
) -> None:
    last = parse(f"last-{grain}", as_of=as_of, calendar=calendar)
    assert not is_partial(last, as_of)
    following = split(Period(start=last.end + 1, end=last.end + 400, label="any"), grain, calendar)[0]
    assert is_partial(following, as_of)


@given(day=days)
def test_weeks_are_those_of_the_iso_calendar(day: int) -> None:
    year, week, weekday = from_day(day).isocalendar()
    period = parse(f"{year}-W{week:02}", as_of=0)
    assert period.start == day - weekday + 1
    assert period.end == period.start + 6


@given(day=days, start=st.integers(1, 12), grain=st.sampled_from(["month", "quarter", "year"]))
def test_fiscal_periods_are_those_of_pandas(day: int, start: int, grain: str) -> None:
    last_month = date(2000, (start - 2) % 12 + 1, 1).strftime("%b").upper()
    frequency = {"month": "M", "quarter": f"Q-{last_month}", "year": f"Y-{last_month}"}[grain]
    expected = pd.Timestamp(from_day(day)).to_period(frequency)
    calendar = Calendar(fiscal_year_start=start)
    whole = whole_piece(day, grain, calendar)
    assert ends(whole) == (str(expected.start_time.date()), str(expected.end_time.date()))
    assert f"{expected.qyear if grain == 'quarter' else expected.year:04}" in whole.label


@given(day=days)
def test_weeks_from_sunday_are_those_of_pandas(day: int) -> None:
    expected = pd.Timestamp(from_day(day)).to_period("W-SAT")
    week = parse("this-week", as_of=day, calendar=SUNDAY)
    assert ends(week) == (str(expected.start_time.date()), str(expected.end_time.date()))


@given(day=days)
def test_a_year_earlier_than_a_single_day_is_what_pandas_says(day: int) -> None:
    when = from_day(day)
    expected = (pd.Timestamp(when) - pd.DateOffset(years=1)).date()
    period = parse(when.isoformat(), as_of=0)
    assert compare(period, "yoy", as_of=0, calendar=Calendar()).label == expected.isoformat()
