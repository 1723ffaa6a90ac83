"""Decide how each column of an export is written: from all its values, then from its neighbours.

Columns that prove their own style are decided first; what they prove settles the others of the
same file. A column that still fits two readings is a problem with both readings and the remedy,
never a default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from funnelkit import bulk
from funnelkit.sources import vocabulary
from funnelkit.sources.deciding import datestyles, numberstyles
from funnelkit.sources.deciding.decisions import Asked, Decision, Witness
from funnelkit.sources.preamble import Range
from funnelkit.styles import BAD, MISSING_TEXT, EmailStyle, IdStyle, Style, TextStyle


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
    decided |= datestyles.dates(dates, zone, days)
    figures = [a for a in asked if a.kind in ("integer", "decimal", "money", "percent")]
    decided |= numberstyles.figures(figures, rows, witness)
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
        style = (
            EmailStyle()
            if asked.target in ("email", "refund_to")
            else TextStyle(missing=tuple(asked.missing))
        )
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
        evidence=_word_evidence(read),
        unknown=tuple(cell for cell, meaning in read if meaning in (None, vocabulary.UNCLEAR)),
        meanings=tuple(sorted({m for cell in asked.cells if isinstance(m := style.parse(cell), str)})),
    )


def _word_evidence(read: Sequence[tuple[str, object]]) -> str:
    """The first of the words that are known, and how many more there are."""
    known = {c: m for c, m in read if isinstance(m, str) and m != vocabulary.UNCLEAR}
    shown = [f"{cell!r} is {meaning}" for cell, meaning in list(known.items())[:3]]
    more = [f"and {len(known) - 3} more"] if len(known) > 3 else []
    return ", ".join([*shown, *more]) or "no word that is known"
