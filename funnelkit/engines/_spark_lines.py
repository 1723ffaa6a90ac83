"""The lines of a text file in Spark: numbered as in the file, and those found that are not plainly rows.

Spark numbers no lines, but what it reads of one file stays in order: the lines of each part are counted once,
and the number of a line is its place in its part and all lines of the parts before.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, takewhile

from msgspec import Struct

from funnelkit import collect
from funnelkit.engines import Aside, Scan
from funnelkit.engines._odd_rows import ODD, oddity, padded_footer
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


class Lines(Struct, frozen=True, kw_only=True):
    """The records of a file, each with the ``id`` of the line that it begins on."""

    records: str
    """SQL for their texts and ids."""
    line: str
    """SQL for the number of a line, counted from 1, by its id."""
    count: int
    """How many lines there are; 0 where their order is not that of the file."""


def url(path: str) -> str:
    """The address of the file at *path*."""
    # To Spark an address is a pattern; in this one each sign stands for itself.
    named = re.sub(r"([{}\[\]*?\\])", r"\\\1", os.path.abspath(path))
    return f"file://{named}"


def is_seen(session: Session, path: str) -> bool:
    """Whether the machines of Spark see the file at *path*, and not another one that has its name there.

    Only what the file system tells is asked for. Raises PySparkException or Py4JError where they see none.
    """
    files = session.spark.read.format("binaryFile").load(url(path))
    return collect.fetched(files.select("length")) == [(os.path.getsize(path),)]


def one_by_one(session: Session, path: str) -> str:
    """SQL for the lines of the file at *path*, with the numbers that Spark gives to them."""
    text = session.spark.read.text(url(path))
    return session.named(
        text.selectExpr("value", "monotonically_increasing_id() AS id", "_metadata.file_block_start AS block")
    )


def numbered(session: Session, table: str) -> tuple[Lines, int]:
    """The lines in *table*, and how many of them are ``odd``."""
    found = sorted(
        session.rows(f"SELECT {_OF}, min(block), max(block), count(*), count(odd) FROM {table} GROUP BY 1")
    )
    blocks = [block for _, first, last, _, _ in found for block in (first, last)]
    # Spark promises nothing here, so that it is looked at: each part lies behind the one before.
    in_order = blocks == sorted(blocks)
    before, count = _before({part: lines for part, _, _, lines, _ in found}, first=1)
    line = f"({_at(before)} + (id & {2**_PART - 1}L))"
    return Lines(records=table, line=line, count=count if in_order else 0), sum(odd for *_, odd in found)


def joined(session: Session, path: str) -> Lines | None:
    """The records of a file with line ends within quotes; None where a quote is never closed.

    A line belongs to the record before it where the quotes above it are odd in number. Only such records are
    put together from their lines; all others stay where they are.
    """
    quotes = "length(value) - length(replace(value, '\"', ''))"
    table = session.named(
        session.kept(
            f"SELECT value, id, block, {quotes} AS quotes, NULL AS odd FROM {one_by_one(session, path)}"
        )
    )
    lines, _ = numbered(session, table)
    counts = dict(session.rows(f"SELECT {_OF}, sum(quotes) FROM {table} GROUP BY 1"))
    before, count = _before(counts, first=0)
    if count % 2:
        return None
    above = f"OVER (PARTITION BY {_OF} ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    inside = f"(coalesce(sum(quotes) {above}, 0) + {_at(before)}) % 2 = 1"
    told = session.named(session.kept(f"SELECT id, value, block, quotes, {inside} AS inside FROM {table}"))
    lasts = dict(session.rows(f"SELECT {_OF}, max(id) FROM {told} WHERE NOT inside GROUP BY 1"))
    carried = list(accumulate((lasts.get(part, -1) for part in range(max(counts) + 1)), max, initial=-1))
    begun = f"max(CASE WHEN NOT inside THEN id END) OVER (PARTITION BY {_OF} ORDER BY id)"
    parts = f"SELECT id, value, block, coalesce({begun}, {_at(carried)}) AS record, inside OR quotes % 2 = 1 AS part FROM {told}"
    text = "array_join(transform(array_sort(collect_list(struct(id, value))), one -> one.value), '\n')"
    whole = (
        f"SELECT {text} AS value, record AS id, min(block) AS block FROM ({parts}) WHERE part GROUP BY record"
    )
    alone = f"SELECT value, id, block FROM {told} WHERE NOT inside AND quotes % 2 = 0"
    return Lines(records=f"({alone} UNION ALL {whole})", line=lines.line, count=lines.count)


_OF = f"shiftright(id, {_PART})"
"""SQL for the part of the file that a line is in."""


def _before(counts: Mapping[int, int], *, first: int) -> tuple[list[int], int]:
    """What all parts before each one hold together, beside *first*; and all of them."""
    sizes = [counts.get(part, 0) for part in range(max(counts, default=0) + 1)]
    return list(accumulate(sizes, initial=first)), sum(sizes)


def _at(numbers: Sequence[int]) -> str:
    """SQL for the one of *numbers* that is that of a line's part."""
    return f"array({', '.join(f'{n}L' for n in numbers)})[CAST({_OF} AS INT)]"


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


def broken(found: Mapping[int, str], scan: Scan) -> bool:
    """Whether any of the lines *found* has a quote where none should be."""
    well = re.compile(plain(scan.delimiter)).fullmatch
    return not all(map(well, found.values()))


def judged(found: Mapping[int, str], scan: Scan, places: Mapping[str, int], last: int) -> Odd | None:
    """What the odd lines *found* are, by their numbers; None where there may be another table among them.

    *last* is the number of the last line.
    """
    rows: dict[int, Sequence[str]] = {}
    for line, text in found.items():
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
