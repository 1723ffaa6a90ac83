"""How the columns of a large CSV are kept in DuckDB, and how SQL tells a plain cell from any other.

Part of the DuckDB engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from funnelkit.bulk import SPACES
from funnelkit.dates import YEARS
from funnelkit.engines import _plain
from funnelkit.engines._sql import listed, literal
from funnelkit.styles import LONGEST_MARK, MISSING_TEXT

if TYPE_CHECKING:
    from funnelkit.engines._session import Session

_WORDS = ("text", "status", "boolean")
_FEW = 200
"""So many different cells of the sample at most are words of a list; they must come often."""
_OFTEN = 20
ODD = "odd"
"""The column with the texts of a row that is not plain, as JSON: of a list each empty one would take room."""


def odd_text(place: int) -> str:
    """SQL for one of the texts of a row that is not plain; null in any other row."""
    return f"({ODD} ->> '$[{place - 1}]')"


class Column(_plain.Kept, frozen=True, kw_only=True):
    """One column of the file, as it is kept."""

    name: str
    place: int
    """Where its text stands among those of a row that is not plain, from 1 on."""
    value: str = ""
    """SQL for what a plain cell is kept as, and null for any other; empty for text, and for what is rarely asked for."""

    @property
    def odd(self) -> str:
        """SQL for the text of a cell that is not plain, else null."""
        if self.kept == "rare":
            return odd_text(self.place)
        return (
            self.name
            if self.kept == "text"
            else f"CASE WHEN {self.name} IS NULL THEN {odd_text(self.place)} END"
        )

    @property
    def is_odd(self) -> str:
        """SQL for whether a cell is not plain."""
        if self.kept == "rare":
            return f"({ODD} IS NOT NULL AND {odd_text(self.place)} IS NOT NULL)"
        return f"({ODD} IS NOT NULL AND {self.name} IS NULL AND {odd_text(self.place)} IS NOT NULL)"


def column(session: Session, name: str, place: int, kind: str, sample: Sequence[str | None]) -> Column:
    """How a column is best kept, judged by its first cells."""
    filled = [cell for cell in sample if cell]
    different = list(dict.fromkeys(filled))
    plain = _plain.chosen(kind, different)
    if plain.kept != "text":
        if plain.kept == "number":
            value = _number(name, plain.scale)
        else:
            value = _day(name, different) if plain.kept == "day" else _instant(name, different)
        return Column(
            name=name, place=place, kept=plain.kept, value=value, scale=plain.scale, sample=plain.sample
        )
    if kind in _WORDS and different and len(different) <= min(_FEW, len(filled) // _OFTEN):
        return Column(
            name=name, place=place, kept="word", value=f"try_cast({name} AS {session.words(different)})"
        )
    return Column(name=name, place=place)


_STAMPS = (
    ("____-__-__", "DATE"),
    ("____-__-__T__:__:__", "TIMESTAMP"),
    ("____-__-__ __:__:__", "TIMESTAMP"),
    ("____-__-__T__:__", "TIMESTAMP"),
    ("____-__-__ __:__", "TIMESTAMP"),
)
"""The shapes of dates and time stamps in ISO form."""


def _day(cell: str, sample: Sequence[str]) -> str:
    """SQL for the day of a date or time stamp in a shape of the *sample*, counted from 1970-01-01; else null."""
    day = _stamp(cell, sample, "::DATE")
    first, last = (f"DATE '{year}-01-01'" for year in (YEARS.start, YEARS.stop))
    return (
        f"CASE WHEN ({day}) >= {first} AND ({day}) < {last} THEN (({day}) - DATE '1970-01-01')::INTEGER END"
    )


def _instant(cell: str, sample: Sequence[str]) -> str:
    """SQL for the seconds since 1970 of a time stamp in a shape of the *sample*; else null."""
    stamp = _stamp(cell, sample, "")
    first, last = (f"TIMESTAMP '{year}-01-01'" for year in (YEARS.start, YEARS.stop))
    return f"CASE WHEN ({stamp}) >= {first} AND ({stamp}) < {last} THEN epoch_us({stamp}) // 1000000 END"


def _stamp(cell: str, sample: Sequence[str], cast: str) -> str:
    """SQL for the time stamp, or by the *cast* the date, of a cell in a shape of the *sample*; else null."""
    lengths = {(len(one), one[10:11]) for one in sample}
    cases = []
    for form, kind in _STAMPS:
        if (len(form), form[10:11]) in lengths:
            # A blank at the end, or 24 o'clock, is read otherwise by the database than it is meant.
            plain = f"{cell} LIKE '{form}' AND NOT suffix({cell}, ' ')"
            plain += f" AND NOT contains({cell}, '{form[10]}24:')" if kind == "TIMESTAMP" else ""
            cases.append(f"WHEN {plain} THEN try_cast({cell} AS {kind}){cast}")
    return f"CASE {' '.join(cases)} END"


def _number(cell: str, scale: int) -> str:
    """SQL for a plain number as a whole one at *scale* decimals; else null."""
    decimals = f"(\\.[0-9]{{1,{scale}}})?" if scale else ""
    # A longer one would have no room for its hundredths.
    digits = min(15, 18 - 2 * scale)
    plain = f"regexp_full_match({cell}, '-?[0-9]{{1,{digits}}}{decimals}')"
    return f"CASE WHEN {plain} THEN ({cell}::DECIMAL(18, {scale}) * {10**scale})::BIGINT END"


def tidy(cell: str) -> str:
    """SQL for whether a text is plainly itself: letters, digits and single blanks, and no mark of missing."""
    plain = f"regexp_full_match({cell}, '[0-9A-Za-z_@.:/&()-]+( [0-9A-Za-z_@.:/&()-]+)*')"
    marks = f"strlen({cell}) > {LONGEST_MARK} OR lower({cell}) NOT IN {listed(MISSING_TEXT)}"
    return f"({plain} AND ({marks}))"


def missing(cell: str) -> str:
    """SQL for whether a text is blank or a mark of missing."""
    blanks = literal(" " + SPACES)
    return f"(strlen({cell}) = 0 OR lower(trim({cell}, {blanks})) IN {listed(MISSING_TEXT)})"
