"""Decide how each column of an export is written: from all its values, then from its neighbours.

Columns that prove their own style are decided first; what they prove settles the others of the
same file. A column that still fits two readings is a problem with both readings and the remedy,
never a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from funnelkit import bulk
from funnelkit.dates import numeric, read_range
from funnelkit.figures import number_parts
from funnelkit.sources import dateorder, numbers, vocabulary
from funnelkit.styles import (
    BAD,
    MISSING_TEXT,
    DateStyle,
    EmailStyle,
    IdStyle,
    NumberStyle,
    Order,
    Style,
    TextStyle,
    WordStyle,
)
from funnelkit.tables import Kind

_LARGEST = 2**63 - 1
"""What a sum may come to, on any engine."""
_DECIMALS = 4
"""So many decimals are never given up to make room; further ones are float noise."""


class Asked(Struct, frozen=True, kw_only=True):
    """One canonical column to decide, with what is known of it beforehand."""

    target: str
    header: str
    kind: Kind
    cells: Sequence[str]
    """The different cells of the column."""
    order: str | None = None
    decimal: str | None = None
    pattern: str | None = None
    zone: str | None = None
    words: Mapping[str, Sequence[str]] | None = None
    """Canonical word -> the words of this tool or user for it."""


class Decision(Struct, frozen=True, kw_only=True):
    """How one column is read and why; or, without a style, why it cannot be read."""

    target: str
    header: str
    style: Style | None
    evidence: str
    hint: str = ""
    symbols: tuple[str, ...] = ()
    """Currency signs or codes that stand in the cells."""
    unknown: tuple[str, ...] = ()
    """Words of a closed column that are in no list."""


def decide(table: str, asked: Sequence[Asked], *, zone: str, rows: int) -> dict[str, Decision]:
    """A decision for each column *asked* for, by target. *zone* is the report's."""
    decided = {a.target: _simple(table, a) for a in asked if a.kind in ("text", "id", "boolean", "status")}
    dates = [a for a in asked if a.kind == "date"]
    decided |= _dates(dates, zone)
    figures = [a for a in asked if a.kind in ("integer", "decimal", "money", "percent")]
    decided |= _numbers(figures, rows)
    return {a.target: decided[a.target] for a in asked}


def _simple(table: str, asked: Asked) -> Decision:
    style: Style
    if asked.kind == "id":
        style = IdStyle()
        parsed = bulk.parse(style, asked.cells)
        damaged = next((c for c, p in zip(asked.cells, parsed, strict=True) if p is BAD), None)
        if damaged:
            return Decision(
                target=asked.target,
                header=asked.header,
                style=None,
                evidence=f"{damaged!r} is an id that a spreadsheet has rounded, its last digits are lost",
                hint="Download the export again and do not open it in Excel before.",
            )
        return Decision(target=asked.target, header=asked.header, style=style, evidence="identifiers")
    if asked.kind == "text":
        style = EmailStyle() if asked.target == "email" else TextStyle()
        return Decision(target=asked.target, header=asked.header, style=style, evidence="text")
    known = vocabulary.load().words(table, asked.target, asked.kind)
    own = {word: meaning for meaning, theirs in (asked.words or {}).items() for word in theirs}
    style = known.extended(own)
    read = [
        (cell.strip(), style.parse(cell)) for cell in asked.cells if cell.strip().lower() not in MISSING_TEXT
    ]
    return Decision(
        target=asked.target,
        header=asked.header,
        style=style,
        evidence=_word_evidence(asked, style),
        unknown=tuple(cell for cell, meaning in read if meaning in (None, vocabulary.UNCLEAR)),
    )


def _word_evidence(asked: Asked, style: WordStyle) -> str:
    shown: list[str] = []
    for cell in asked.cells[:200]:
        meaning = style.parse(cell)
        if isinstance(meaning, str) and len(shown) < 3:
            shown.append(f"{cell.strip()!r} is {meaning}")
    return ", ".join(shown) or "no word that is known"


def _dates(asked: Sequence[Asked], zone: str) -> dict[str, Decision]:
    scans = {a.target: dateorder.scan(a.cells) for a in asked}
    proved: dict[str, set[Order]] = {}
    for a in asked:
        for separator, order in dateorder.proofs(scans[a.target]).items():
            proved.setdefault(separator, set()).add(order)
    return {a.target: _date(a, scans[a.target], proved, zone) for a in asked}


def _date(asked: Asked, found: dateorder.DateScan, proved: Mapping[str, set[Order]], zone: str) -> Decision:
    def decision(style: DateStyle | None, evidence: str, hint: str = "") -> Decision:
        return Decision(target=asked.target, header=asked.header, style=style, evidence=evidence, hint=hint)

    source = asked.zone or ("UTC" if "(utc)" in asked.header.lower() else None)
    if asked.pattern:
        style = DateStyle(pattern=asked.pattern, zone=source, to=zone)
        return decision(style, f"the pattern {asked.pattern} of the configuration")
    if asked.order in ("dmy", "mdy"):
        given: Order = "dmy" if asked.order == "dmy" else "mdy"
        style = DateStyle(orders=dict.fromkeys("/-.", given), zone=source, to=zone)
        return decision(style, f"{asked.order}, as stated beforehand")
    filled = [cell for cell in asked.cells if cell.strip()]
    if asked.target in ("start", "end") and filled and all(map(read_range, filled)):
        edge: Literal["first", "last"] = "first" if asked.target == "start" else "last"
        return decision(DateStyle(edge=edge, to=zone), f"ranges of days such as {filled[0]!r}")
    if found.dates == 0 and found.bad:
        return decision(
            None,
            f"its values are no dates: {found.bad[0][:40]!r}",
            f"Name another column for {asked.target}.",
        )
    orders, why = dateorder.settle(found, proved)
    if orders is None:
        return decision(None, why, _date_hint(asked, found))
    return decision(DateStyle(orders=orders, zone=source, to=zone), why)


def _date_hint(asked: Asked, found: dateorder.DateScan) -> str:
    example = next((c for cells in found.open.values() for c in cells), "")
    parts = numeric(example)
    readings = (
        f"{example!r} is day {parts.first} of month {parts.second}, or day {parts.second} of month "
        f"{parts.first}. "
        if parts
        else ""
    )
    return (
        f"{readings}Say which: --date-order dmy or mdy, or in funnelkit.yaml under the file's columns: "
        f'{asked.target}: {{from: {asked.header}, format: "%d/%m/%Y"}}'
    )


def _numbers(asked: Sequence[Asked], rows: int) -> dict[str, Decision]:
    scans = {a.target: numbers.scan(a.cells) for a in asked}
    proved: set[numbers.Sign] = set()
    for a in asked:
        if len(scans[a.target].proof) == 1:
            proved |= set(scans[a.target].proof)
    return {a.target: _number(a, scans[a.target], proved, rows) for a in asked}


def _number(asked: Asked, found: numbers.NumberScan, proved: set[numbers.Sign], rows: int) -> Decision:
    counts = asked.kind == "integer"
    sign, why = numbers.settle(found, counts=counts, neighbours=proved)
    symbols = tuple(found.symbols)
    if asked.decimal in (".", ","):
        sign, why = (".", "") if asked.decimal == "." else (",", "")
        why = f"decimal {asked.decimal!r}, as stated beforehand"
    if found.numbers == 0 and found.bad:
        sign, why = None, f"its values are no numbers: {found.bad[0][:40]!r}"
    room = _room(found, sign, rows) if sign else 0
    needed = 0 if counts or sign is None else found.scale(sign)
    if room < min(needed, _DECIMALS):
        sign, why = None, "its numbers are too long to be added up exactly"
    if sign is None:
        hint = _number_hint(asked, found)
        return Decision(target=asked.target, header=asked.header, style=None, evidence=why, hint=hint)
    style = NumberStyle(decimal=sign, scale=min(needed, room), exact=counts)
    return Decision(target=asked.target, header=asked.header, style=style, evidence=why, symbols=symbols)


def _room(found: numbers.NumberScan, sign: numbers.Sign, rows: int) -> int:
    """How many decimals fit 64 bits when all *rows* are as large as the largest; negative for none."""
    most = 10 ** found.whole_digits(sign) * max(rows, 1)
    return len(str(_LARGEST // most)) - 1 if most <= _LARGEST else -1


def _number_hint(asked: Asked, found: numbers.NumberScan) -> str:
    if not found.either:
        return f"Name another column for {asked.target}, or correct the file."
    example = number_parts(found.either[0])
    digits = example.digits if example else ""
    whole, fraction = digits.replace(",", "").replace(".", ""), digits.replace(",", ".")
    return (
        f"{found.either[0]!r} is {whole} or {fraction}. Say which: --decimal . or --decimal , or in "
        f'funnelkit.yaml under the file\'s columns: {asked.target}: {{from: {asked.header}, decimal: ","}}'
    )
