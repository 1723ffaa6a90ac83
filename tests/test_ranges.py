"""Ranges, months, quarters and weeks: a cell that says several days says all of them, or is refused."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.periods import day_number
from funnelkit.ranges import SERIAL, Count, Days, counted, read_period, read_range
from funnelkit.styles import BAD, DateStyle
from tests.test_dates import MONTHS

JANUARY = (date(2024, 1, 1), date(2024, 1, 31))
MARCH = (date(2026, 3, 27), date(2026, 4, 23))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("27 March 2026 - 23 April 2026", MARCH),
        ("27. März 2026 – 23. April 2026", MARCH),
        ("27 mars 2026 - 23 avr. 2026", MARCH),
        ("du 27 mars 2026 au 23 avril 2026", MARCH),
        ("27 de mar. de 2026 - 23 de abr. de 2026", MARCH),
        ("27 marzo 2026 - 23 aprile 2026", MARCH),
        ("27 mrt 2026 - 23 apr 2026", MARCH),
        ("27 mars 2026 – 23 april 2026", MARCH),
        ("27 Mart 2026 - 23 Nisan 2026", MARCH),
        ("27 марта 2026 - 23 апреля 2026", MARCH),
        ("2026年3月27日～2026年4月23日".replace("～", "~"), MARCH),
        ("20260327-20260423", MARCH),
        ("2026.03.27-2026.04.23", MARCH),
        ("2026-03-27 to 2026-04-23", MARCH),
        ("From March 27, 2026 to April 23, 2026", MARCH),
        ("Mar 27 - Apr 23, 2026", MARCH),
        ("27 Mar – 23 Apr 2026", MARCH),
        ("March 1–31, 2026", (date(2026, 3, 1), date(2026, 3, 31))),
        ("1. bis 31. März 2026", (date(2026, 3, 1), date(2026, 3, 31))),
        ("Dec 28 - Jan 3, 2026", (date(2025, 12, 28), date(2026, 1, 3))),
        ("2024-10-01 - 2024-10-30", (date(2024, 10, 1), date(2024, 10, 30))),
        ("23 April 2026 - 27 March 2026", None),
        ("31 February 2026 - 3 March 2026", None),
        ("40 - 31 March 2026", None),
        ("March 27, 2026", None),
        ("a, b - c", None),
    ],
)
def test_a_range_says_its_first_and_last_day(text: str, days: Days | None) -> None:
    assert read_range(text) == days


def test_a_numeric_range_is_read_in_the_order_that_is_given_or_not_at_all() -> None:
    assert read_range("6/1/2026,6/8/2026") is None
    assert read_range("6/1/2026,6/8/2026", {"/": "mdy"}) == (date(2026, 6, 1), date(2026, 6, 8))
    assert read_range("6/1/2026 6/8/2026", {"/": "dmy"}) == (date(2026, 1, 6), date(2026, 8, 6))
    assert read_range("01.02.2026-15.02.2026", {".": "dmy"}) == (date(2026, 2, 1), date(2026, 2, 15))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *(
            (text, JANUARY)
            for text in ("2024-01", "2024/1", "01/2024", "Jan 2024", "Jan-2024", "January, 2024")
        ),
        *(
            (text, JANUARY)
            for text in ("janeiro de 2024", "enero 2024", "Jänner 2024", "2024年1月", "ocak 2024")
        ),
        *(
            (text, (date(2024, 4, 1), date(2024, 6, 30)))
            for text in ("Q2-2024", "Q2 2024", "2024-Q2", "T2 2024", "2T 2024")
        ),
        *(
            (text, (date(2024, 1, 29), date(2024, 2, 4)))
            for text in ("2024-W05", "2024W05", "W05 2024", "KW 5 2024", "KW5/2024")
        ),
        ("2020-W53", (date(2020, 12, 28), date(2021, 1, 3))),
        *(
            (text, None)
            for text in (
                "2024-W54",
                "2021-W53",
                "2024-13",
                "13/2024",
                "Q5 2024",
                "Foo 2024",
                "202401",
                "2024",
            )
        ),
        *((text, None) for text in ("Jan-24", "Jan", "12", "", "1250.75", "9999-01")),
    ],
)
def test_a_month_a_quarter_or_a_week_is_its_days(text: str, days: Days | None) -> None:
    assert read_period(text) == days


def test_the_header_says_what_six_digits_are() -> None:
    assert read_period("202405", unit="month") == (date(2024, 5, 1), date(2024, 5, 31))
    assert read_period("202405", unit="iso week") == (date(2024, 1, 29), date(2024, 2, 4))
    assert read_period("202405", unit="week") is None, "which first day a week has is not said"
    assert read_period("2024", unit="year") == (date(2024, 1, 1), date(2024, 12, 31))


@given(st.dates(date(1971, 1, 1), date(2069, 12, 31)), st.integers(0, 400), st.integers(0, 4))
def test_any_range_reads_back(first: date, length: int, shape: int) -> None:
    last = first + timedelta(days=length)

    def long(day: date) -> str:
        return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"

    def compact(day: date) -> str:
        return day.isoformat().replace("-", "")

    texts = [
        f"{first} - {last}",
        f"{long(first)} – {long(last)}",
        f"{compact(first)}-{compact(last)}",
        f"{first.day} {MONTHS[first.month - 1]} {first.year} to {last.day} {MONTHS[last.month - 1][:3]} {last.year}",
        f"{first} bis {last}",
    ]
    assert read_period(texts[shape]) == (first, last)


@given(st.text("0123456789-–/.QWTKJanFebDez, dto:年月", max_size=30))
def test_any_text_is_a_range_or_none_and_never_a_crash(text: str) -> None:
    days = read_period(text, {"/": "dmy", "-": "mdy", ".": "dmy"}, "month")
    assert days is None or days[0] <= days[1]
    parsed = DateStyle(edge="last").parse(text)
    assert parsed is None or parsed is BAD or isinstance(parsed, int)


# Numbers that count days


@pytest.mark.parametrize(
    ("text", "count", "days"),
    [
        ("0000", "day", (date(2024, 1, 10), date(2024, 1, 10))),
        ("0031", "day", (date(2024, 2, 10), date(2024, 2, 10))),
        ("0001", "week", (date(2024, 1, 17), date(2024, 1, 23))),
        ("0000", "month", (date(2024, 1, 10), date(2024, 1, 31))),
        ("0002", "month", (date(2024, 3, 1), date(2024, 3, 31))),
        ("1", "week of year", (date(2024, 1, 1), date(2024, 1, 6))),
        ("2", "week of year", (date(2024, 1, 7), date(2024, 1, 13))),
        ("53", "week of year", (date(2024, 12, 29), date(2024, 12, 31))),
        ("54", "week of year", None),
        ("0", "week of year", None),
        ("1.5", "day", None),
        ("x", "day", None),
        ("99999", "month", None),
    ],
)
def test_a_number_counts_from_the_first_day(text: str, count: Count, days: Days | None) -> None:
    base = date(2024, 1, 1) if count == "week of year" else date(2024, 1, 10)
    assert counted(text, count, base) == days


@given(st.integers(2000, 2060))
def test_the_weeks_of_a_year_are_all_its_days_once(year: int) -> None:
    weeks = [days for n in range(1, 55) if (days := counted(str(n), "week of year", date(year, 1, 1)))]
    assert weeks[0][0] == date(year, 1, 1)
    assert weeks[-1][1] == date(year, 12, 31)
    assert all(later[0] == earlier[1] + timedelta(days=1) for earlier, later in pairwise(weeks))
    assert all(first.isoweekday() == 7 for first, _ in weeks[1:])


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.sampled_from(["", ".5", ".25"]))
def test_a_day_of_a_spreadsheet_reads_back(day: date, time: str) -> None:
    style = DateStyle(count="serial", base=day_number(SERIAL))
    assert style.parse(f"{(day - SERIAL).days}{time}") == day_number(day)
