"""The tables of a study as blocks of a page: values with their ranges, signs for what is young, words for verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.metrics.cell import Cell
from funnelkit.render import _cells, _numbers
from funnelkit.render._table import Block, Choice, Column, Part, Parts, Row, Style, Table, Text, halved
from funnelkit.render.study import _charts
from funnelkit.studies import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.studies import Entry, Field
    from funnelkit.studies import Table as Answer

YOUNG = "◔"
"""Stands before a value not all of whose cases have had their time."""
_MOST_RANGES = 6
"""Of more columns than this the ranges are no longer read; the data formats have them."""
_GOOD, _BAD = ("met", "on pace"), ("missed", "raised", "stale", "missing", "no data")
_STYLES: dict[str, Style] = {
    **dict.fromkeys(("better", *_GOOD), "better"),
    **dict.fromkeys(("worse", "behind", *_BAD), "worse"),
}
_MARKS = _numbers.MARKS | dict.fromkeys(_GOOD, "✓") | dict.fromkeys(_BAD, "✗")
_MONEY = ("money", "money_per_day")


def block(table: Answer, currency: str | None) -> Block:
    """The block of *table*: in one piece where there is room for it, else its columns in several."""
    places = range(table.names, len(table.fields))
    ranged = _ranged(table, places)
    lines = list(_cells.missing(_missing(table, places)))
    if len(ranged) > _MOST_RANGES:
        lines.append((Text("95 % ranges of these values: in JSON and CSV", "quiet"),))
        ranged = []
    return Block(
        title=Text(table.title, "strong"),
        caption=Text(table.caption, "quiet"),
        plot=_charts.plot(table, currency),
        choices=(*_barred(table, places, ranged, currency), *_choices(table, places, ranged, currency)),
        lines=tuple(lines),
    )


def _choices(
    table: Answer, places: Sequence[int], ranged: Sequence[int], currency: str | None
) -> Iterator[Choice]:
    for parts in halved(places) if places else [[places]]:
        yield tuple(_part(table, part, ranged, currency) for part in parts)


def _barred(
    table: Answer, places: Sequence[int], ranged: Sequence[int], currency: str | None
) -> Iterator[Choice]:
    """The whole table with a bar behind each row, where it asks for bars and there is room for them."""
    if shares := _charts.bars(table):
        plain = _part(table, places, ranged, currency)
        rows = tuple(
            replace(row, cells=(*row.cells, (Text(share=share),)))
            for row, share in zip(plain.rows, shares, strict=True)
        )
        bars = Column(header=Text(), right=False, bare=True)
        yield (replace(plain, columns=(*plain.columns, bars), rows=rows),)


def signs(blocks: Sequence[Block]) -> Iterator[str]:
    """What the signs mean that *blocks* use."""
    cells = [cell for block in blocks for cell in _shown(block)]
    if any(len(cell) > 1 and cell[-1] for cell in cells):
        yield "a – b: the 95 % range"
    if any(text.text.startswith(YOUNG) for cell in cells for text in cell):
        yield f"{YOUNG} young: not all of its cases have had that time yet, so it will still change"
    if any(text.text.startswith(_cells.ROUGH) for cell in cells for text in cell):
        yield f"{_cells.ROUGH} rests on fewer cases than --min-n asks for: it may be chance"


def _shown(block: Block) -> Iterator[Parts]:
    for table in block.choices[0] if block.choices else ():
        for row in table.rows:
            yield from row.cells


def _ranged(table: Answer, places: Sequence[int]) -> list[int]:
    """The columns in which some value has a range."""
    return [
        place for place in places if any((cell := row[place].cell) and cell.interval for row in table.rows)
    ]


def _part(table: Answer, places: Sequence[int], ranged: Sequence[int], currency: str | None) -> Table:
    """The columns that say what a row is, and some of the others."""
    chosen = (*range(table.names), *places)
    columns = tuple(_column(table.fields[place], currency, named=place < table.names) for place in chosen)
    rows = tuple(
        Row(
            cells=tuple(
                (_value(row[place], table.fields[place], currency),)
                if place < table.names
                else _parts(row[place], table.fields[place], currency, ranged=place in ranged)
                for place in chosen
            )
        )
        for row in table.rows
    )
    return Table(columns=columns, rows=rows, names=table.names)


def _column(field: Field, currency: str | None, *, named: bool) -> Column:
    money = field.unit in _MONEY and currency
    header = Text(f"{field.label}, {currency}" if money else field.label)
    right = field.unit != TEXT
    return Column(header=header, right=right) if named else Column(header=header, right=right, parts=_PARTS)


_PARTS = (Part(), Part(tail=True), _cells.RANGE)


def _parts(entry: Entry, field: Field, currency: str | None, *, ranged: bool) -> Parts:
    cell = entry.cell if ranged else None
    limits = (
        _numbers.limits(cell.interval, entry.unit or field.unit) if cell and cell.value is not None else ""
    )
    return _value(entry, field, currency), _verdict(entry), Text(limits, "quiet")


def _value(entry: Entry, field: Field, currency: str | None) -> Text:
    if entry.cell is None:
        # A verdict that stands for itself is the value.
        text, style = entry.text or _called(entry), _STYLES.get(entry.verdict, "")
    elif entry.cell.value is None:
        text, style = _numbers.MISSING, "quiet"
    else:
        own = currency if entry.unit and entry.unit != field.unit else None
        text = _numbers.number(entry.cell.value, entry.unit or field.unit, own)
        style = _STYLES.get(entry.verdict, "")
    mark = YOUNG * entry.young + _cells.ROUGH * entry.few
    return Text(f"{mark}{text}", "quiet") if mark and text else Text(text, style)


def _verdict(entry: Entry) -> Text:
    if not entry.verdict or (entry.cell is None and not entry.text):
        return Text()
    return Text(_called(entry), _STYLES.get(entry.verdict, ""))


def _called(entry: Entry) -> str:
    """The verdict with its sign, where it has one."""
    word = _numbers.UNCALLED.get(entry.uncalled, entry.verdict)
    return f"{_MARKS.get(entry.verdict, '')} {word}".strip()


def _missing(table: Answer, places: Sequence[int]) -> Iterator[tuple[str, Cell, str]]:
    """The empty cells, each with its column and its row."""
    for row in table.rows:
        name = " ".join(entry.text for entry in row[: table.names] if entry.text)
        for place in places:
            cell = row[place].cell
            if cell is not None and cell.value is None:
                yield table.fields[place].label, cell, name
