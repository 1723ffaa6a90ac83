"""Decide how each column of an export is written: from all its values, then from its neighbours.

Columns that prove their own style are decided first; what they prove settles the others of the
same file. A column that still fits two readings is a problem with both readings and the remedy,
never a default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from funnelkit import bulk
from funnelkit.dates import numeric
from funnelkit.figures import Parts, number_parts
from funnelkit.ranges import Days
from funnelkit.sources import dateorder, numbers, periodic, vocabulary
from funnelkit.sources.preamble import Range
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
    yields: bool = False
    """What *order* and *decimal* say gives way to what the cells prove; else such cells are a contradiction."""
    pattern: str | None = None
    zone: str | None = None
    words: Mapping[str, Sequence[str]] | None = None
    """Canonical word -> the words of this tool or user for it."""
    usual_order: Order | None = None
    """How the tool writes numeric dates, unless the file shows that somebody saved it in another way."""
    usual_decimal: numbers.Sign | None = None
    counts: Literal["days", "weeks", "months"] | None = None
    """The cells are numbers that count from the report's first day."""
    missing: Sequence[str] = ()
    """What the tool writes for no value, beside the usual marks."""


class Decision(Struct, frozen=True, kw_only=True):
    """How one column is read and why; or, without a style, why it cannot be read."""

    target: str
    header: str
    style: Style | None
    evidence: str
    hint: str = ""
    """What to do about a column that cannot be read, or that is not read as it was said to be."""
    symbols: tuple[str, ...] = ()
    """Currency signs or codes that stand in the cells."""
    unknown: tuple[str, ...] = ()
    """Words of a closed column that are in no list."""
    bounds: tuple[str, ...] = ()
    """Cells such as ``< 10%``: they limit a number and count as missing."""


class Witness(Protocol):
    """What the rest of a file says of a column that its own cells leave open."""

    def sign(self, target: str) -> tuple[numbers.Sign | None, str] | None:
        """The decimal sign of a column and why, by what the columns must come to together; None for no word on it."""

    def neighbours(self) -> set[numbers.Sign]:
        """The decimal signs that the money columns prove of which nothing is read."""


def decide(
    table: str,
    asked: Sequence[Asked],
    *,
    zone: str,
    rows: int,
    days: Range | None = None,
    witness: Callable[[], Witness] | None = None,
) -> dict[str, Decision]:
    """A decision for each column *asked* for, by target. *zone* is the report's.

    *days* are those that the report says it covers; *witness* is asked where the cells leave two readings.
    """
    decided = {a.target: _simple(table, a) for a in asked if a.kind in ("text", "id", "boolean", "status")}
    dates = [a for a in asked if a.kind == "date"]
    decided |= _dates(dates, zone, days)
    figures = [a for a in asked if a.kind in ("integer", "decimal", "money", "percent")]
    decided |= _numbers(figures, rows, witness)
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
        style = EmailStyle() if asked.target == "email" else TextStyle(missing=tuple(asked.missing))
        return Decision(target=asked.target, header=asked.header, style=style, evidence="text")
    known = vocabulary.load().words(table, asked.target, asked.kind)
    own = {word: meaning for meaning, theirs in (asked.words or {}).items() for word in theirs}
    style = known.extended(own)
    read = [
        (cell.strip(), style.parse(cell))
        for cell in asked.cells
        if cell.strip().lower() not in MISSING_TEXT and cell.strip().lower() not in asked.missing
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
        if isinstance(meaning, str) and meaning != vocabulary.UNCLEAR and len(shown) < 3:
            shown.append(f"{cell.strip()!r} is {meaning}")
    return ", ".join(shown) or "no word that is known"


def _dates(asked: Sequence[Asked], zone: str, days: Range | None) -> dict[str, Decision]:
    scans = {a.target: dateorder.scan(a.cells) for a in asked}
    proved: dict[str, set[Order]] = {}
    for a in asked:
        for separator, order in dateorder.proofs(scans[a.target]).items():
            proved.setdefault(separator, set()).add(order)
    return {a.target: _date(a, scans[a.target], proved, zone, days) for a in asked}


def _date(
    asked: Asked,
    found: dateorder.DateScan,
    proved: Mapping[str, set[Order]],
    zone: str,
    days: Range | None,
) -> Decision:
    def decision(style: DateStyle | None, evidence: str, hint: str = "") -> Decision:
        return Decision(target=asked.target, header=asked.header, style=style, evidence=evidence, hint=hint)

    source = asked.zone or ("UTC" if "(utc)" in asked.header.lower() else None)
    if asked.pattern:
        style = DateStyle(pattern=asked.pattern, zone=source, to=zone)
        return decision(style, f"the pattern {asked.pattern} of the configuration")
    windows = _windows(asked, days)
    if (found.bad and not found.dates) or asked.counts:
        several = _no_days(asked, proved, windows, days)
        if several:
            read_as, why = several
            hint = "" if read_as else _range_hint(asked, why)
            return decision(replace(read_as, to=zone) if read_as else None, why, hint)
    against = dateorder.against(found, asked.order)
    if asked.order in ("dmy", "mdy") and not against:
        given: Order = "dmy" if asked.order == "dmy" else "mdy"
        style = DateStyle(orders=dict.fromkeys("/-.", given), zone=source, to=zone)
        return decision(style, f"{asked.order}, as stated beforehand")
    if against and not asked.yields:
        return decision(None, against, "Correct what is stated, or the file.")
    if found.dates == 0 and found.bad:
        return decision(
            None,
            f"its values are no dates: {found.bad[0][:40]!r}",
            f"Name another column for {asked.target}.",
        )
    orders, why = dateorder.settle(found, proved, usual=asked.usual_order, windows=windows)
    if orders is None:
        return decision(None, why, _date_hint(asked, found))
    return decision(DateStyle(orders=orders, zone=source, to=zone), why, against)


_SLACK = {"week": 6, "iso week": 6, "month": 30, "quarter": 91, "year": 365}
"""So many days before the report its first row may begin, where a row is a week or a month."""


def _windows(asked: Asked, days: Range | None) -> dict[Order, Days]:
    """Between which days all dates of a column must lie, under each order."""
    if days is None or asked.target not in ("date", "start", "end", "sent_at"):
        return {}
    slack = timedelta(days=_SLACK.get(periodic.unit(asked.header) or "", 0))
    orders: tuple[Order, Order] = ("dmy", "mdy")
    known = {order: span for order in orders if (span := days.under(order))}
    return {order: (first - slack, last + slack) for order, (first, last) in known.items()}


def _no_days(
    asked: Asked, proved: Mapping[str, set[Order]], windows: Mapping[Order, Days], days: Range | None
) -> tuple[DateStyle | None, str] | None:
    """The style of a column whose cells are no single days, and why."""
    if asked.target in ("date", "start", "end"):
        found = periodic.numbered(asked.cells, asked.counts, asked.header, days)
        if found is None:
            others = {order for orders in proved.values() for order in orders}
            known = asked.order or asked.usual_order or (next(iter(others)) if len(others) == 1 else None)
            found = periodic.several(asked.cells, asked.header, known, windows)
        if found:
            style, why = found
            last = style is not None and style.edge and asked.target == "end"
            return (replace(style, edge="last") if style and last else style), why
    return periodic.serial(asked.cells)


def _range_hint(asked: Asked, why: str) -> str:
    order = "Say --date-order dmy or mdy, or download" if why.endswith("two readings") else "Download"
    return f"{order} the report by day, with a full date in place of {asked.header!r}."


def _date_hint(asked: Asked, found: dateorder.DateScan) -> str:
    example = next((c for cells in found.open.values() for c in cells), "")
    if found.iso and not example:
        return "Download the export again, and do not open it in a spreadsheet before."
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


def _numbers(asked: Sequence[Asked], rows: int, witness: Callable[[], Witness] | None) -> dict[str, Decision]:
    scans = {a.target: numbers.scan(a.cells) for a in asked}
    proved: set[numbers.Sign] = set()
    for a in asked:
        if len(scans[a.target].proof) == 1:
            proved |= set(scans[a.target].proof)
    return {a.target: _number(a, scans[a.target], proved, rows, witness) for a in asked}


def _number(
    asked: Asked,
    found: numbers.NumberScan,
    proved: set[numbers.Sign],
    rows: int,
    witness: Callable[[], Witness] | None,
) -> Decision:
    counts = asked.kind == "integer"
    sign, why, against = _sign(asked, found, proved, witness)
    percent = asked.kind == "percent" and not found.percent and _hundredths(asked, found, sign)
    if (
        sign
        and asked.kind == "percent"
        and found.percent
        and not all(p.percent or _nothing(p) for p in found.parts)
    ):
        sign, why = None, "some of its values have a percent sign and some have none"
    if found.numbers == 0 and found.bad:
        sign, why = None, f"its values are no numbers: {found.bad[0][:40]!r}"
    room = _room(found, sign, rows) if sign else 0
    needed = 0 if counts or sign is None else found.scale(sign) + 2 * percent
    if room < min(needed, _DECIMALS):
        sign, why = None, "its numbers are too long to be added up exactly"
    if sign is None:
        hint = "Correct what is stated, or the file." if why == against else _number_hint(asked, found)
        return Decision(target=asked.target, header=asked.header, style=None, evidence=why, hint=hint)
    style = NumberStyle(decimal=sign, scale=min(needed, room), exact=counts, percent=percent)
    return Decision(
        target=asked.target,
        header=asked.header,
        style=style,
        evidence=f"{why}; numbers of a hundred" if percent else why,
        hint=against,
        symbols=tuple(found.symbols),
        bounds=tuple(found.bounds),
    )


def _sign(
    asked: Asked, found: numbers.NumberScan, proved: set[numbers.Sign], witness: Callable[[], Witness] | None
) -> tuple[numbers.Sign | None, str, str]:
    """The decimal sign of a column, why, and what in the column speaks against what was stated of it."""
    counts = asked.kind == "integer"
    sign, why = numbers.settle(found, counts=counts, neighbours=proved, usual=asked.usual_decimal)
    against = numbers.against(found, asked.decimal)
    if asked.decimal in (".", ",") and not against:
        sign = "." if asked.decimal == "." else ","
        return sign, f"decimal {asked.decimal!r}, as stated beforehand", against
    if against:
        return (sign, why, against) if asked.yields else (None, against, against)
    open_still = found.either and not found.proof and not counts and len(found.either_sign) == 1
    if witness is None or not open_still or (sign and sign == asked.usual_decimal):
        return sign, why, against
    # What the columns come to together weighs more than how another column is written.
    rest = witness()
    if said := rest.sign(asked.target):
        return *said, against
    if sign is None and not asked.usual_decimal and len(others := rest.neighbours() | proved) == 1:
        sign, why = numbers.settle(found, counts=counts, neighbours=others)
    return sign, why, against


def _nothing(parts: Parts) -> bool:
    return not parts.digits.strip("0.,")


def _hundredths(asked: Asked, found: numbers.NumberScan, sign: numbers.Sign | None) -> bool:
    """Whether the numbers of a percent column are of a hundred: 50, where others write 0.5 or 50 %."""
    if sign is None:
        return False
    style = NumberStyle(decimal=sign, scale=found.scale(sign))
    read = [abs(n) for cell in asked.cells if isinstance(n := style.parse(cell), int)]
    # Chances of 0 and 1 alone are whole: nobody keeps a list of chances of one in a hundred.
    return "%" in asked.header or max(read, default=0) > 10**style.scale


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
