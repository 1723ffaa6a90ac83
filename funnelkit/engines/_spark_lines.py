"""The lines of a text file in Spark: numbered as in the file, and those found that are not plainly rows.

Spark numbers no lines, but what it reads of one file stays in order: the lines of each part are counted once,
and the number of a line is its place in its part and all lines of the parts before.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, takewhile

from msgspec import Struct

from funnelkit.engines import Aside, Scan
from funnelkit.engines._coded import ODD, oddity, padded_footer
from funnelkit.engines._spark_session import Session
from funnelkit.engines._spark_sql import fits, literal

_PART = 33
"""The number that Spark gives to a row holds its part above so many bits, and its place in the part below."""
FEW = 1_000
"""A file has no more lines than this that are not plainly rows; else it is no plain one."""


class Odd(Struct, frozen=True, kw_only=True):
    """The lines of a table that are not used, and those that are no records at all."""

    aside: tuple[Aside, ...] = ()
    skipped: int = 0
    lines: frozenset[int] = frozenset()
    """All of them."""


def source(session: Session, path: str) -> str:
    """A view of the lines of the file at *path*, with the numbers that Spark gives to them."""
    # To Spark a path is a pattern; in this one each sign stands for itself.
    named = re.sub(r"([{}\[\]*?\\])", r"\\\1", path)
    text = session.named(session.spark.read.text(f"file://{named}"))
    return f"(SELECT value, monotonically_increasing_id() AS id FROM {text})"


def numbered(session: Session, table: str) -> tuple[str, int, int]:
    """SQL for the number of a line in *table*, how many lines there are, and how many of them are odd."""
    found = sorted(
        session.rows(f"SELECT shiftright(id, {_PART}), count(*), count(odd) FROM {table} GROUP BY 1")
    )
    counts = {part: lines for part, lines, _ in found}
    sizes = [counts.get(part, 0) for part in range(max(counts, default=0) + 1)]
    before = ", ".join(f"{n}L" for n in accumulate(sizes, initial=1))
    place = f"(id & {2**_PART - 1}L)"
    line = f"(array({before})[CAST(shiftright(id, {_PART}) AS INT)] + {place})"
    return line, sum(sizes), sum(odd for _, _, odd in found)


def plain(delimiter: str) -> str:
    """A regular expression for a line whose quotes are all where they should be."""
    sign = re.escape(delimiter)
    cell = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{sign}]*+)'
    return f"{cell}(?:{sign}{cell})*+"


def odd(scan: Scan) -> str:
    """SQL for whether a line is not plainly a row: by its quotes, the number of its cells, or cells that are empty."""
    sign = literal(scan.delimiter)
    bare = "regexp_replace(value, '\"[^\"]*\"', '')"
    cells = f"length({bare}) - length(replace({bare}, {sign}, ''))"
    filled = f"trim(BOTH concat(' \\t\"', {sign}) FROM value)"
    return (
        f"((contains(value, '\"') AND NOT {fits('value', plain(scan.delimiter))}) "
        f"OR {cells} <> {scan.width - 1} OR NOT contains({filled}, {sign}))"
    )


def judged(found: Mapping[int, str], scan: Scan, places: Mapping[str, int], last: int) -> Odd | None:
    """What the odd lines *found* are, by their numbers; None where the file must be read by records.

    *last* is the number of the last line.
    """
    rows: dict[int, Sequence[str]] = {}
    well = re.compile(plain(scan.delimiter), re.DOTALL).fullmatch
    for line, text in found.items():
        if not well(text):
            return None
        rows[line] = next(csv.reader([text], delimiter=scan.delimiter, skipinitialspace=True), [])
        if all(rows[line][at : at + 1] == [header] for header, at in places.items()):
            return None
    below = list(takewhile(lambda n: n in rows and not any(rows[n]), range(last, 0, -1)))
    if any(not any(row) for line, row in rows.items() if line not in below):
        # Below an empty line another table may begin.
        return None
    return _accounted(rows, scan.width, 1 + max(places.values(), default=0), last)


def _accounted(rows: Mapping[int, Sequence[str]], width: int, needed: int, last: int) -> Odd:
    """Why each of *rows* is no row of the table, as far as it is not."""
    gone: dict[str, list[int]] = {}
    none = {line for line, row in rows.items() if not row}
    for line, row in rows.items():
        if line not in none and (len(row) != width or not any(row)) and (why := oddity(row, width, needed)):
            gone.setdefault(why, []).append(line)
    out = {*none, *(line for lines in gone.values() for line in lines)}
    left = [line for line in range(last, max(last - FEW, 0), -1) if line not in out]
    tail = list(takewhile(lambda line: line in rows, left))
    footer = padded_footer([rows[line] for line in reversed(tail)]) if width > 2 else 0
    if footer:
        gone.setdefault("footer", []).extend(tail[:footer])
    elif [line for line, row in rows.items() if line not in out and len(row) < width] == left[:1]:
        gone["torn"] = left[:1]
    aside = tuple(
        Aside(reason=reason, message=ODD[reason], lines=tuple(sorted(gone[reason])))
        for reason in ODD
        if reason in gone
    )
    return Odd(
        aside=aside, skipped=len(none), lines=frozenset(none.union(*(set(lines) for lines in gone.values())))
    )
