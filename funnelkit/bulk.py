"""A whole column at once, where its cells are plain: the same results as cell by cell, much sooner.

Joined by a character that no export holds, the cells are checked by one regular expression and
looked at with one translation. Whatever is not plain goes the way of `Style.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from funnelkit.figures import shape
from funnelkit.styles import (
    BAD,
    LONGEST_MARK,
    MISSING_TEXT,
    DateStyle,
    EmailStyle,
    IdStyle,
    NumberStyle,
    Style,
    TextStyle,
    iso_day,
)

if TYPE_CHECKING:
    from funnelkit.instants import InstantStyle

_BETWEEN = "\x00"
_DIGITS = str.maketrans("012345678", "9" * 9)
_NUMBER = re.compile(r"(?:-?9{1,15}(?:\.9{1,12})?)?")
_DAY = re.compile(r"(?:9999-99-99)?")
_STAMP = re.compile(r"(?:9999-99-99(?:[ T]99:99(?::99)?)?)?")
_CLOCK = re.compile(r"(?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?", re.ASCII)
_ESCAPED = re.compile(r"\\.|[^\\]+")
_WORD = r"[^\s<>()\[\];,:\"@\x00]++"
_ADDRESSES = re.compile(rf"(?:(?:{_WORD}@(?=[^\x00.]++\.[^\x00]){_WORD})?+\x00)*+")
SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""All blanks of Unicode but the usual one."""
_STARTS = frozenset(
    {mark[:1] for mark in MISSING_TEXT} | {mark[:1].upper() for mark in MISSING_TEXT} | set(" \t\r\n\xa0")
)


def parse(style: Style | InstantStyle, cells: Sequence[str]) -> list[Any]:
    """Every cell as *style* reads it: `style.parse` of each."""
    if style.kind == "instant":
        # By its word, since the module of instants is loaded only where a file has some.
        return _instants(cast("InstantStyle", style), cells)
    joined = _BETWEEN.join(cells)
    if joined.count(_BETWEEN) == len(cells) - 1:
        if isinstance(style, TextStyle | IdStyle):
            if not getattr(style, "missing", ()) and _tidy(style, joined):
                return [
                    None if c[:1] in _STARTS and len(c) <= LONGEST_MARK and c.lower() in MISSING_TEXT else c
                    for c in cells
                ]
        elif isinstance(style, EmailStyle):
            if _ADDRESSES.fullmatch(joined + _BETWEEN):
                lower = joined.lower()
                # What is in small letters already is not held a second time.
                return [cell or None for cell in (cells if lower == joined else lower.split(_BETWEEN))]
        elif isinstance(style, NumberStyle | DateStyle) and joined.isascii():
            # However many cells there are, they are written in few ways.
            written = set(joined.translate(_DIGITS).split(_BETWEEN))
            if (
                isinstance(style, NumberStyle)
                and style.decimal == "."
                and not style.percent
                and all(map(_NUMBER.fullmatch, written))
            ):
                return _numbers(style, cells, joined, written)
            if isinstance(style, DateStyle) and _only_iso(style, cells, written):
                return _days(cells)
    return list(map(style.parse, cells))


def shapes(cells: Sequence[str]) -> list[str]:
    """The shape of every cell, as `styles.shape` gives it."""
    found = shape(_BETWEEN.join(cells)).split(_BETWEEN)
    return found if len(found) == len(cells) else list(map(shape, cells))


def alike(one: str, shapes: Sequence[str], cells: Sequence[str]) -> list[str]:
    """The *cells* of the shape *one*, given the *shapes* of all."""
    return [cell for cell, its in zip(cells, shapes, strict=True) if its == one]


def missing(cells: Sequence[str]) -> list[bool]:
    """Whether each cell is blank or a mark for no value."""
    return [c[:1] in _STARTS and c.strip().lower() in MISSING_TEXT for c in cells]


def fitting(patterns: Iterable[str], cells: Sequence[str]) -> set[str]:
    """Those of the regular expressions *patterns* that may fit any whole cell, blanks around it and case apart."""
    text = f"{_BETWEEN}{_BETWEEN.join(cells)}{_BETWEEN}".lower()
    return {pattern for pattern in patterns if _anywhere(pattern).search(text)}


@cache
def _anywhere(pattern: str) -> re.Pattern[str]:
    # A search that must not heed case is five times as slow as one for small letters in small letters.
    small = _ESCAPED.sub(lambda part: part[0] if part[0].startswith("\\") else part[0].lower(), pattern)
    return re.compile(rf"\x00\s*(?:{small})\s*\x00")


def all_stamps(cells: Sequence[str]) -> bool:
    """Whether each cell is a date or a time stamp in ISO form, or empty."""
    return all(map(_STAMP.fullmatch, _written(cells)))


def all_iso(cells: Sequence[str]) -> bool:
    """Whether each cell is a day or a time stamp in ISO form, and one that there is, or empty."""
    return (
        all_stamps(cells)
        and all(map(_CLOCK.fullmatch, {cell[10:] for cell in cells}))
        and BAD not in _days(cells)
    )


def all_numbers(cells: Sequence[str]) -> bool:
    """Whether each cell is a plain number with a point, or empty."""
    return all(map(_NUMBER.fullmatch, _written(cells)))


def _written(cells: Sequence[str]) -> set[str]:
    """The ways in which *cells* are written: their digits made alike."""
    return set(_BETWEEN.join(cells).translate(_DIGITS).split(_BETWEEN))


def _numbers(style: NumberStyle, cells: Sequence[str], joined: str, written: AbstractSet[str]) -> list[Any]:
    decimals = {len(way.partition(".")[2]) for way in written if way}
    if len(decimals) == 1 and (left := style.scale - decimals.pop()) >= 0:
        unit = 10**left
        return [int(digits) * unit if digits else None for digits in joined.replace(".", "").split(_BETWEEN)]
    found: list[Any] = []
    for cell in cells:
        whole, _, fraction = cell.partition(".")
        left = style.scale - len(fraction)
        found.append(int(whole + fraction) * 10**left if cell and left >= 0 else style.parse(cell))
    return found


def _only_iso(style: DateStyle, cells: Sequence[str], written: AbstractSet[str]) -> bool:
    if style.pattern or style.edge or style.count:
        return False
    if all(map(_DAY.fullmatch, written)):
        return True
    return not style.shifts and _only_stamps(cells, written)


def _only_stamps(cells: Sequence[str], written: AbstractSet[str]) -> bool:
    stamps = all(map(_STAMP.fullmatch, written))
    return stamps and all(map(_CLOCK.fullmatch, {cell[10:] for cell in cells}))


def _days(cells: Sequence[str]) -> list[Any]:
    days = [cell[:10] for cell in cells]
    known: dict[str, Any] = {day: iso_day(day) if day else None for day in set(days)}
    return list(map(known.__getitem__, days))


def _instants(style: InstantStyle, cells: Sequence[str]) -> list[Any]:
    joined = _BETWEEN.join(cells)
    plain = style.is_plain and joined.isascii() and joined.count(_BETWEEN) == len(cells) - 1
    if not plain or not _only_stamps(cells, _written(cells)):
        return list(map(style.parse, cells))
    days = {day: iso_day(day) if day else BAD for day in {cell[:10] for cell in cells}}
    begun = {day: number * 86_400 for day, number in days.items() if isinstance(number, int)}
    clocks = {clock: _seconds(clock) for clock in {cell[10:] for cell in cells} if clock}
    return [
        begun[cell[:10]] + clocks[cell[10:]] if cell[10:] and cell[:10] in begun else None for cell in cells
    ]


def _seconds(clock: str) -> int:
    """The seconds since midnight of `` 10:15`` or ``T10:15:30``."""
    hour, minute, second = (*map(int, clock[1:].split(":")), 0)[:3]
    return hour * 3600 + minute * 60 + second


def _tidy(style: TextStyle | IdStyle, joined: str) -> bool:
    """Whether no cell has blanks but single ones between words; and an id nothing that is not its own."""
    within = f"\x00{joined}\x00"
    if "  " in within or " \x00" in within or "\x00 " in within or any(space in joined for space in SPACES):
        return False
    return isinstance(style, TextStyle) or not any(sign in joined for sign in (";", "'", "e+", "E+"))
