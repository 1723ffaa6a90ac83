"""Days as integers, the period between two of them, and the calendar that a company keeps."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from funnelkit.errors import UsageError, did_you_mean

EPOCH = date(1970, 1, 1)
WEEK_STARTS = ("monday", "sunday")
WEEK_NUMBERS = ("iso", "us")
PATTERNS = ("4-4-5", "4-5-4", "5-4-4")
YEAR_ENDS = ("last", "nearest")
NAMED_BY = ("end", "start")
_EPOCH_ORDINAL = EPOCH.toordinal()


def day_number(day: date) -> int:
    """Days from 1970-01-01 to *day*; negative before it.

    >>> day_number(date(1970, 1, 31))
    30
    """
    return day.toordinal() - _EPOCH_ORDINAL


def from_day(day: int) -> date:
    """The date that is *day* days after 1970-01-01."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


class Calendar(Struct, frozen=True):
    """When a week and a fiscal year begin, and how they are numbered.

    Weeks carry ISO numbers unless ``week_numbers="us"`` makes that week number 1 which holds 1 January.
    With ``week_start="sunday"`` a week runs from Sunday to Saturday and has the ISO number of its Monday,
    so that six of its seven days agree with ISO.
    """

    week_start: str = "monday"
    fiscal_year_start: int = 1
    """The month, 1 to 12."""
    week_numbers: str = "iso"
    pattern: str = ""
    """Weeks of the three periods of a quarter, such as ``4-4-5``; empty for months of the calendar."""
    year_end: str = "nearest"
    """With a pattern: a year ends with the ``last`` whole week of a month, or with that ``nearest`` to its end."""
    named_by: str = "end"
    """Whether a fiscal year is called after the calendar year in which it ends, or starts."""

    def __post_init__(self) -> None:
        for given, known, said in (
            (self.week_start, WEEK_STARTS, "no week starts on"),
            (self.week_numbers, WEEK_NUMBERS, "no weeks are numbered as"),
            (self.pattern, ("", *PATTERNS), "no quarter has the weeks"),
            (self.year_end, YEAR_ENDS, "no year of weeks ends at the"),
            (self.named_by, NAMED_BY, "no fiscal year is named by its"),
        ):
            if given not in known:
                raise UsageError(f"{said} {given!r}", hint=did_you_mean(given, known))
        if self.fiscal_year_start not in range(1, 13):
            raise UsageError(
                f"no fiscal year starts in month {self.fiscal_year_start}", hint="A month is 1 to 12."
            )

    @property
    def is_civil(self) -> bool:
        """Whether its months, quarters and years are those of the calendar year."""
        return self.fiscal_year_start == 1 and not self.pattern


class Period(Struct, frozen=True, kw_only=True):
    """Whole days from *start* to *end*, both included."""

    start: int
    end: int
    label: str
    """How the report names it; ``parse`` reads it back."""
    cut: bool = False
    """Whether it is only a part of what the label names."""

    @property
    def days(self) -> int:
        """How many days it has."""
        return self.end - self.start + 1


def between(start: int, end: int) -> Period:
    """The days from *start* to *end*, labelled with their dates.

    >>> between(0, 30).label
    '1970-01-01..1970-01-31'
    """
    first, last = from_day(start).isoformat(), from_day(end).isoformat()
    return Period(start=start, end=end, label=first if start == end else f"{first}..{last}")


def is_partial(period: Period, as_of: int) -> bool:
    """Whether *period* is cut, or ends after *as_of*, the last day that the data know of."""
    return period.cut or period.end > as_of
