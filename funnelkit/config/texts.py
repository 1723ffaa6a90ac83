"""Text that must mean something: zones, dates, periods, date patterns, encodings.

Each check raises UsageError for text that cannot be meant.
"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches

from funnelkit.brands import words
from funnelkit.errors import UsageError
from funnelkit.periods import Calendar, compare, day_number, parse

_LATEST = day_number(date(2199, 12, 31))
"""A stand-in for the as-of date, which only the data will tell, that no open end comes before."""
_DIRECTIVES = "aAbBdHIjmMpSfyYzZ%"
"""What strptime reads the same in every language setting, or in English."""

_LOCAL_ZONES = ("localtime", "posixrules", "posix", "right", "Factory")
"""Names that only some machines have in their time zone database."""


def timezone(text: str) -> None:
    """An IANA time zone that is the same on every machine."""
    from zoneinfo import ZoneInfo

    try:
        known = text.split("/")[0] not in _LOCAL_ZONES and ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        known = False
    if not known:
        raise UsageError(f"no time zone is called {text!r}", hint=_similar_zone(text))


def _similar_zone(text: str) -> str:
    from zoneinfo import available_timezones

    zones = {zone.lower(): zone for zone in sorted(available_timezones()) if zone != "localtime"}
    close = get_close_matches(text.lower(), zones)
    if close:
        return f"Did you mean {' or '.join(zones[zone] for zone in close)}?"
    return "Time zones have IANA names, such as Europe/Berlin or UTC."


def iso_date(text: str) -> None:
    """A date as 2026-09-30. The clock is not asked, so that a report can be made again."""
    try:
        known = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text)
    except ValueError:
        known = None
    if not known:
        raise UsageError(
            f"{text!r} is no date",
            hint="Write it as in 2026-09-30. Without it the last date of the data counts, never today.",
        )


def period(text: str) -> None:
    """A period, as ``--period`` takes it."""
    parse(text, as_of=_LATEST)


def comparison(text: str) -> None:
    """A comparison, or several, as ``--compare`` takes them."""
    for spec in text.split(","):
        compare(parse("2026", as_of=_LATEST), spec, as_of=_LATEST, calendar=Calendar())


def segment(text: str) -> None:
    """Filters, as ``--where`` takes them."""
    if "=" not in text.partition(",")[0]:
        raise UsageError(f"{text!r} does not say which value", hint="Write it as in channel=paid_search.")


def brand(text: str) -> None:
    """Words that a search may hold."""
    if not words(text):
        raise UsageError(f"{text!r} has no letter or digit to find a search by")


def date_pattern(text: str) -> None:
    """A strptime pattern that gives at least year and month."""
    directives = re.findall("%(.?)", text)
    unknown = [directive for directive in directives if directive not in [*_DIRECTIVES]]
    if unknown:
        raise UsageError(
            f"the date pattern {text!r} has %{unknown[0]}, which is not known",
            hint="%d day, %m month, %Y or %y year, %b month name, %H %M %S time, %z offset.",
        )
    if not {"Y", "y"} & {*directives} or not {"m", "b", "B", "j"} & {*directives}:
        raise UsageError(
            f"the date pattern {text!r} lacks the year or the month", hint="For 31.12.2026 write %d.%m.%Y."
        )


def encoding(text: str) -> None:
    """A text encoding that Python knows."""
    try:
        "a".encode(text)
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"no text encoding is called {text!r}", hint="Usual ones are utf-8, utf-16, cp1252 and latin-1."
        ) from error
