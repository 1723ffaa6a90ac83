"""The pictures that a table asks for, out of its own entries: curves over places, or a bar behind each row."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from funnelkit.render import _numbers
from funnelkit.render._table import Curve, Plot, Point
from funnelkit.studies import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.studies import Entry, Field, Table


def plot(table: Table, currency: str | None = None) -> Plot | None:
    """The curves of *table*, if it asks for any: those of its fields with a value in some row."""
    if table.chart is None or not table.chart.along or not table.rows:
        return None
    along = _place(table, table.chart.along)
    places = _places([row[along] for row in table.rows])
    curves = [_curve(table, _place(table, id), places) for id in table.chart.of]
    shown = tuple(curve for curve in curves if curve.points)
    first, last = (_end(row[along], table.fields[along]) for row in (table.rows[0], table.rows[-1]))
    unit = table.fields[_place(table, table.chart.of[0])].unit
    return Plot(
        curves=shown, unit=unit, currency=currency, along=table.fields[along].label, ends=(first, last)
    )


def bars(table: Table) -> tuple[float, ...]:
    """How full the bar of each row is, the largest being 1; empty where *table* asks for none."""
    if table.chart is None or table.chart.along:
        return ()
    field = _place(table, table.chart.of[0])
    values = [_value(row[field]) or 0.0 for row in table.rows]
    highest = max(values, default=0.0)
    return tuple(max(value, 0.0) / highest for value in values) if highest > 0 else ()


def _place(table: Table, id: str) -> int:
    return [field.id for field in table.fields].index(id)


def _curve(table: Table, field: int, places: Sequence[float]) -> Curve:
    return Curve(label=table.fields[field].label, points=tuple(_points(table, field, places)))


def _points(table: Table, field: int, places: Sequence[float]) -> Iterator[Point]:
    for row, x in zip(table.rows, places, strict=True):
        entry = row[field]
        if (value := _value(entry)) is not None:
            yield Point(x, value, _limits(entry))


def _value(entry: Entry) -> float | None:
    return float(entry.cell.value) if entry.cell is not None and entry.cell.value is not None else None


def _limits(entry: Entry) -> tuple[float, float] | None:
    """The range of *entry*; one that is open above has no place in a picture."""
    if entry.cell is None or entry.cell.interval is None:
        return None
    low, high = entry.cell.interval
    return (float(low), float(high)) if high is not None else None


def _places(entries: Sequence[Entry]) -> list[float]:
    """Where each row stands: at its own number or day if all have one that grows, else one after the other."""
    own = [_number(entry) for entry in entries]
    found = [place for place in own if place is not None]
    if len(found) == len(own) and found == sorted(set(found)):
        return found
    return [float(place) for place in range(len(entries))]


def _number(entry: Entry) -> float | None:
    if entry.cell is not None:
        return _value(entry)
    try:
        return float(date.fromisoformat(entry.text).toordinal())
    except ValueError:
        return None


def _end(entry: Entry, field: Field) -> str:
    if field.unit == TEXT or entry.cell is None:
        return entry.text
    return _numbers.number(entry.cell.value, entry.unit or field.unit)
