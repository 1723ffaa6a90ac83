"""Dates as tools write them: a month read as a day moves a lead into another quarter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.dates import numeric, read
from funnelkit.periods import day_number
from funnelkit.ranges import read_range
from funnelkit.styles import BAD, DateStyle, Order

if TYPE_CHECKING:
    from collections.abc import Callable

DMY = dict.fromkeys("/-.", "dmy")
MDY = dict.fromkeys("/-.", "mdy")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04", date(2026, 3, 4)),
        ("2026/3/4", date(2026, 3, 4)),
        ("5/Jan/2026", date(2026, 1, 5)),
        ("5th January 2026", date(2026, 1, 5)),
        ("1er février 2026", date(2026, 2, 1)),
        ("2026.03.04", date(2026, 3, 4)),
        ("20260304", date(2026, 3, 4)),
        ("2026-03-04 10:15", datetime(2026, 3, 4, 10, 15)),
        ("2022-01-10T13:49:58.000Z", datetime(2022, 1, 10, 13, 49, 58, tzinfo=UTC)),
        ("2026-01-31T23:30:00.000+0000", datetime(2026, 1, 31, 23, 30, tzinfo=UTC)),
        ("2023-04-09 20:05:13 -0700", datetime(2023, 4, 9, 20, 5, 13, tzinfo=timezone(timedelta(hours=-7)))),
        ("2020-01-01 10:00:00.00000+00:00", datetime(2020, 1, 1, 10, tzinfo=UTC)),
        ("2026-03-04T10:15+05:30", datetime(2026, 3, 4, 10, 15, tzinfo=timezone(timedelta(hours=5.5)))),
        ("2023-09-08 00:38 UTC", datetime(2023, 9, 8, 0, 38, tzinfo=UTC)),
        ("Oct 26, 2018 02:56 pm", datetime(2018, 10, 26, 14, 56)),
        ("Oct 26, 2018 12:00 am", datetime(2018, 10, 26, 0, 0)),
        ("May 2, 2024 3:04 PM", datetime(2024, 5, 2, 15, 4)),
        ("November 19, 2024, 3:22 PM", datetime(2024, 11, 19, 15, 22)),
        ("15 Apr, 2021 00:03:00", datetime(2021, 4, 15, 0, 3)),
        ("26-Mar-2024 10:00", datetime(2024, 3, 26, 10, 0)),
        ("5-Jan-26", date(2026, 1, 5)),
        ("Thu, 5 Feb 2026", date(2026, 2, 5)),
        ("ter., 5 de mai. de 2026", date(2026, 5, 5)),
        ("quarta-feira, 7 de janeiro de 2026", date(2026, 1, 7)),
        ("16 de febrero de 2026 0:00", datetime(2026, 2, 16, 0, 0)),
        ("1. März 2026", date(2026, 3, 1)),
        ("3 août 2026", date(2026, 8, 3)),
        ("21 gennaio 2026", date(2026, 1, 21)),
        ("4 mei 2026", date(2026, 5, 4)),
        ("March 1st, 2026", date(2026, 3, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("jeu. 5 févr. 2026", date(2026, 2, 5)),
        ("Do., 5. Feb. 2026", date(2026, 2, 5)),
        ("gio 5 feb 2026", date(2026, 2, 5)),
        ("5 şubat 2026", date(2026, 2, 5)),
        ("5 фев. 2026", date(2026, 2, 5)),
        ("5 augusti 2026", date(2026, 8, 5)),
        ("17 desember 2026", date(2026, 12, 17)),
        ("2026年2月5日", date(2026, 2, 5)),
        ("2026년 2월 5일", date(2026, 2, 5)),
        ("Feb-5-2026", date(2026, 2, 5)),
        ("Fe-5-2026", date(2026, 2, 5)),
        ("2026020513", date(2026, 2, 5)),
        ("20260205.0", date(2026, 2, 5)),
        ("2026-02-05 3:04 p. m.", datetime(2026, 2, 5, 15, 4)),
        ("2026-02-05 10:00 GMT+2", datetime(2026, 2, 5, 10, 0, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-02-05 10:00 UTC+05:30", datetime(2026, 2, 5, 10, 0, tzinfo=timezone(timedelta(hours=5.5)))),
        ("2026-02-05 10:00:00 PST", datetime(2026, 2, 5, 10, 0, tzinfo=timezone(timedelta(hours=-8)))),
        ("2026-02-05 10:00 (UTC)", datetime(2026, 2, 5, 10, 0, tzinfo=UTC)),
    ],
)
def test_a_date_that_leaves_no_doubt_is_read(text: str, expected: date) -> None:
    assert read(text, {}) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "20261301",
            "2026-1",
            "2026",
            "45362",
            "1.5",
        ),
        *(
            "0001-01-01",
            "0000-00-00",
            "9999-12-31",
            "2026-01-01 25:00",
            "2026-01-01 10:61",
            "2026-01-01 +9900",
        ),
        *(
            "2026-01-01 10:00 +9900",
            "2026-01-01 10:00 -00:75",
            "Foo 5, 2026",
            "5 Foo 2026",
            "32 Jan 2026",
            "soon",
        ),
        *(
            "after 5 Feb 2026",
            "Fe 5, 2026",
            "Ma-5-2026",
            "5 listopada 2026",
            "2026020525",
            "2026-01-01 10:00 XYZ",
        ),
        *("Q1 2026", "2026-W05", "today", "", " ", "2024-10-01 - 2024-10-30", "10:15", "٣"),
    ],
)
def test_what_is_no_day_of_the_calendar_is_not_read(text: str) -> None:
    assert read(text, DMY) is None
    assert DateStyle(orders={"/": "dmy"}).parse(text) in (BAD, None)


def test_a_numeric_date_without_a_known_order_is_not_read() -> None:
    assert read("03/04/2026", {}) is None
    assert read("13/04/2026", {}) is None
    assert read("03/04/2026", {"-": "dmy"}) is None
    assert read("03/04/2026", DMY) == date(2026, 4, 3)
    assert read("03/04/2026", MDY) == date(2026, 3, 4)
    assert read("13/04/2026", MDY) is None


def test_the_parts_of_a_numeric_date_are_told_apart() -> None:
    assert numeric("08-06-2020 15:38") == ("-", 8, 6)
    assert numeric("4/21/20") == ("/", 4, 21)
    assert numeric("2020-06-08") is None
    assert numeric("8/6-2020") is None


def test_years_of_two_digits_are_those_around_us() -> None:
    assert read("5.1.69", DMY) == date(2069, 1, 5)
    assert read("5.1.70", DMY) == date(1970, 1, 5)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("March 27, 2026 - April 23, 2026", (date(2026, 3, 27), date(2026, 4, 23))),
        ("March 2 2026 - March 8 2026", (date(2026, 3, 2), date(2026, 3, 8))),
        ("27 January 2026 - 23 February 2026", (date(2026, 1, 27), date(2026, 2, 23))),
        ("9 de abril de 2025 - 21 de abril de 2025", (date(2025, 4, 9), date(2025, 4, 21))),
        ("2026-01-01 to 2026-01-31", (date(2026, 1, 1), date(2026, 1, 31))),
        ("1. März 2026 – 31. März 2026", (date(2026, 3, 1), date(2026, 3, 31))),
        ("2026-01-31 - 2026-01-01", None),
        ("01/02/2026 - 03/04/2026", None),
        ("All time", None),
        ("Campaign report", None),
        ("a - b - c", None),
    ],
)
def test_a_range_of_days_is_read_or_not_at_all(text: str, days: tuple[date, date] | None) -> None:
    assert read_range(text) == days


# Written in any shape, read back exactly

MONTHS = "January February March April May June July August September October November December".split()
SHAPES: dict[str, Callable[[date], str]] = {
    "iso": lambda d: d.isoformat(),
    "slashed iso": lambda d: f"{d.year}/{d.month}/{d.day}",
    "compact": lambda d: f"{d.year}{d.month:02}{d.day:02}",
    "english": lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}",
    "short english": lambda d: f"{MONTHS[d.month - 1][:3]} {d.day:02}, {d.year} 11:59 pm",
    "british": lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    "zoho": lambda d: f"{d.day:02} {MONTHS[d.month - 1][:3]}, {d.year} 00:03:00",
    "dashes": lambda d: f"{d.day:02}-{MONTHS[d.month - 1][:3]}-{d.year}",
    "day first": lambda d: f"{d.day:02}/{d.month:02}/{d.year}",
    "day first with time": lambda d: f"{d.day}-{d.month}-{d.year} 23:59",
    "dotted": lambda d: f"{d.day}.{d.month}.{d.year}",
}
days = st.dates(date(1971, 1, 1), date(2069, 12, 31))


@given(days, st.sampled_from(sorted(SHAPES)))
def test_a_date_in_any_shape_reads_back(day: date, name: str) -> None:
    assert DateStyle(orders={"/": "dmy", "-": "dmy", ".": "dmy"}).parse(SHAPES[name](day)) == day_number(day)


@given(days, st.sampled_from("/-."))
def test_month_first_reads_back(day: date, separator: str) -> None:
    text = separator.join((str(day.month), str(day.day), str(day.year)))
    assert DateStyle(orders={separator: "mdy"}).parse(text) == day_number(day)


@given(st.text("0123456789/-.:T ZapmjuneOct,+", max_size=25))
def test_any_text_is_a_day_or_none_and_never_a_crash(text: str) -> None:
    order: Order = "dmy"
    day = DateStyle(orders=dict.fromkeys("/-.", order), zone="America/New_York", to="Asia/Tokyo").parse(text)
    assert day is None or day is BAD or isinstance(day, int)


# Zones


@pytest.mark.parametrize(
    ("text", "source", "target", "day"),
    [
        ("2026-01-31T23:30:00Z", None, "UTC", "2026-01-31"),
        ("2026-01-31T23:30:00Z", None, "Europe/Berlin", "2026-02-01"),
        ("2026-01-31T23:30:00-0500", None, "UTC", "2026-02-01"),
        ("2026-01-31 23:30", "UTC", "Europe/Berlin", "2026-02-01"),
        ("2026-02-01 00:30", "UTC", "America/New_York", "2026-01-31"),
        ("2026-01-31 23:30", None, "Europe/Berlin", "2026-01-31"),
        ("2026-07-31 22:30", "UTC", "Europe/Berlin", "2026-08-01"),
        ("2026-01-31 22:30", "UTC", "Europe/Berlin", "2026-01-31"),
        ("2026-01-31", "UTC", "Asia/Tokyo", "2026-01-31"),
        ("9999-12-31T23:59:59Z", None, "Asia/Tokyo", None),
        ("0001-01-01 00:00:00", "UTC", "America/New_York", None),
    ],
)
def test_a_time_stamp_falls_on_its_day_in_the_zone_of_the_report(
    text: str, source: str | None, target: str, day: str | None
) -> None:
    expected = day_number(date.fromisoformat(day)) if day else BAD
    assert DateStyle(zone=source, to=target).parse(text) == expected


def test_a_pattern_without_an_hour_is_a_date_in_every_zone() -> None:
    style = DateStyle(pattern="%d/%m/%Y", zone="UTC", to="America/New_York")
    assert style.parse("01/02/2026") == day_number(date(2026, 2, 1))
    timed = DateStyle(pattern="%d/%m/%Y %H:%M", zone="UTC", to="America/New_York")
    assert timed.parse("01/02/2026 04:00") == day_number(date(2026, 1, 31))
    assert style.parse("2026-02-01") is BAD
    assert style.parse(" - ") is None


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata"]),
    st.sampled_from(["UTC", "Pacific/Auckland", "America/New_York"]),
)
def test_zones_agree_with_the_calendar(stamp: datetime, source: str, target: str) -> None:
    aware = stamp.replace(microsecond=0, tzinfo=ZoneInfo(source))
    text = aware.replace(tzinfo=None).isoformat(sep=" ")
    expected = aware.astimezone(ZoneInfo(target)).date()
    assert DateStyle(zone=source, to=target).parse(text) == day_number(expected)
