"""Small pieces of SQL as Spark speaks it: literals, and what a cell plainly is.

Part of the Spark engine. Nothing is decided here: what is not plain is left to `Style.parse`.
"""

from __future__ import annotations

from collections.abc import Iterable

from funnelkit.bulk import SPACES
from funnelkit.dates import YEARS
from funnelkit.styles import LONGEST_MARK, MISSING_TEXT

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)?"
_ADDRESS = r"[0-9A-Za-z_.+-]++@[0-9A-Za-z-]++(?:[.][0-9A-Za-z-]++)++"


def literal(text: str) -> str:
    """*text* as a literal, in which a backslash is only a backslash."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def listed(words: Iterable[str]) -> str:
    """Texts as a list in brackets, in an order of their own."""
    return f"({', '.join(map(literal, sorted(words)))})"


def fits(cell: str, pattern: str) -> str:
    """SQL for whether the whole of *cell* fits a regular expression."""
    return f"{cell} RLIKE {literal(f'^(?:{pattern})' + chr(92) + 'z')}"


def day(cell: str) -> str:
    """SQL for the day of a date or time stamp in ISO form, counted from 1970-01-01; else null."""
    first, last = (f"DATE '{year}-01-01'" for year in (YEARS.start, YEARS.stop))
    found = f"try_cast(substring({cell}, 1, 10) AS DATE)"
    return (
        f"CASE WHEN {fits(cell, DAY)} AND {found} >= {first} AND {found} < {last} THEN unix_date({found}) END"
    )


def number(cell: str, scale: int) -> str:
    """SQL for a plain number as a whole one at *scale* decimals; else null."""
    decimals = f"(?:[.][0-9]{{1,{scale}}})?" if scale else ""
    whole = f"CAST(CAST({cell} AS DECIMAL(18, {scale})) * {10**scale} AS BIGINT)"
    return f"CASE WHEN {fits(cell, f'-?[0-9]{{1,15}}{decimals}')} THEN {whole} END"


def worded(cell: str) -> str:
    """SQL for whether a text is plainly itself: only single blanks between words, and no mark of missing."""
    spaced = f"{cell} RLIKE {literal(f'^ | $|  |[{SPACES}]')}"
    return f"({cell} <> '' AND NOT {spaced} AND {unmarked(cell, MISSING_TEXT)})"


def unmarked(cell: str, marks: Iterable[str]) -> str:
    """SQL for whether a text is none of the *marks*, which are in small letters."""
    return f"(length({cell}) > {LONGEST_MARK} OR lower({cell}) NOT IN {listed(marks)})"


def tidy(cell: str) -> str:
    """SQL for whether a text is plainly an identifier: one only, that no spreadsheet has rounded."""
    return f"({worded(cell)} AND NOT {cell} RLIKE '[;\\']|[eE][+]')"


def address(cell: str) -> str:
    """SQL for whether a text is an e-mail address and nothing else."""
    return fits(cell, _ADDRESS)


def missing(cell: str) -> str:
    """SQL for whether a text is blank or a mark of missing."""
    return f"(lower(trim(BOTH {literal(' ' + SPACES)} FROM {cell})) IN {listed(MISSING_TEXT)})"
