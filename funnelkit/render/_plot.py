"""Curves out of characters: one sign per curve, ranges shaded, 0 always in sight so that heights can be compared."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.render import _numbers, _text
from funnelkit.render._lines import INDENT, Line, flow
from funnelkit.render._table import Style, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from funnelkit.render._table import Curve, Plot, Point

SIGNS = "●○×+"
"""One for each curve, the first one on top where they meet; more curves than this are not told apart."""
_SHADE = "░"
_ROWS = 12
_WIDEST, _NARROWEST = 64, 16
"""Columns of the field itself, without what stands beside it."""


class _Field(Struct, frozen=True, kw_only=True):
    """The rectangle with the curves: how its columns and rows stand for places and values."""

    left: float
    right: float
    bottom: float
    top: float
    columns: int

    def x(self, column: int) -> float:
        return self.left + (self.right - self.left) * column / (self.columns - 1)

    def row(self, value: float) -> int:
        """Counted from the top."""
        return round((self.top - value) / (self.top - self.bottom) * (_ROWS - 1))


def draw(plot: Plot, width: int | None) -> list[Line]:
    """The lines of *plot*, at most *width* columns wide; none where it does not fit or has nothing to show."""
    points = [point for curve in plot.curves for point in curve.points]
    if len({point.x for point in points}) < 2:
        return []
    bottom, top = _ends(points)
    marks = [_numbers.number(value, plot.unit, plot.currency) for value in (top, bottom)]
    beside = max(map(_text.width, marks)) + 1
    room = _WIDEST if width is None else min(_WIDEST, width - INDENT - beside - 1)
    if room < _NARROWEST:
        return []
    field = _Field(
        left=min(point.x for point in points),
        right=max(point.x for point in points),
        bottom=bottom,
        top=top,
        columns=room,
    )
    names = [mark.rjust(beside - 1) for mark in (marks[0], *[""] * (_ROWS - 2), marks[1])]
    rows: list[Line] = [
        [(" " * INDENT, ""), (f"{name} ", "quiet"), ("┤" if name.strip() else "│", "quiet"), *runs]
        for name, runs in zip(names, _painted(plot.curves, field), strict=True)
    ]
    start = INDENT + beside
    return [*rows, *_below(plot, start, room), *_legend(plot, start + 1, width)]


def _ends(points: Sequence[Point]) -> tuple[float, float]:
    """The lowest and the highest value that have to fit, with 0."""
    values = [value for point in points for value in (point.value, *(point.limits or ()))]
    low, high = min(0.0, *values), max(0.0, *values)
    return low, high if high > low else low + 1


def _painted(curves: Sequence[Curve], field: _Field) -> Iterator[Line]:
    """The field, row by row."""
    signs: dict[tuple[int, int], tuple[str, Style]] = {}
    for place in reversed(range(len(curves))):
        _ranges(curves[place], field, signs)
    for place in reversed(range(len(curves))):
        _line(curves[place], field, (SIGNS[min(place, len(SIGNS) - 1)], "" if place else "strong"), signs)
    for row in range(_ROWS):
        yield [signs.get((row, column), (" ", "")) for column in range(field.columns)]


def _ranges(curve: Curve, field: _Field, signs: dict[tuple[int, int], tuple[str, Style]]) -> None:
    for column, low, high in _between([(p.x, *p.limits) for p in curve.points if p.limits], field):
        for row in range(field.row(high), field.row(low) + 1):
            signs[row, column] = (_SHADE, "quiet")


def _line(
    curve: Curve, field: _Field, sign: tuple[str, Style], signs: dict[tuple[int, int], tuple[str, Style]]
) -> None:
    for column, value, _ in _between([(p.x, p.value, p.value) for p in curve.points], field):
        signs[field.row(value), column] = sign


def _between(
    points: Sequence[tuple[float, float, float]], field: _Field
) -> Iterator[tuple[int, float, float]]:
    """For every column within *points*, the two values that belong there."""
    if len(points) == 1:
        (x, low, high) = points[0]
        yield round((x - field.left) / (field.right - field.left) * (field.columns - 1)), low, high
    for column in range(field.columns):
        x = field.x(column)
        for (x0, low0, high0), (x1, low1, high1) in pairwise(points):
            # The half of a column on both sides, so that no end is lost to rounding.
            slack = (field.right - field.left) / (field.columns - 1) / 2
            if x0 - slack <= x <= x1 + slack and x1 > x0:
                part = min(max((x - x0) / (x1 - x0), 0), 1)
                yield column, low0 + part * (low1 - low0), high0 + part * (high1 - high0)
                break


def _below(plot: Plot, start: int, room: int) -> Iterator[Line]:
    """The axis, and what stands at its ends."""
    yield [(f"{' ' * start}└{'─' * room}", "quiet")]
    first, last = (Text(end).text for end in plot.ends)
    middle = f"{first}{Text(plot.along).text.center(room - _text.width(first) - _text.width(last))}{last}"
    if _text.width(middle) <= room:
        yield [(f"{' ' * (start + 1)}{middle}", "quiet")]


def _legend(plot: Plot, start: int, width: int | None) -> list[Line]:
    """Which sign is which curve, and what is shaded."""
    shaded = any(point.limits for curve in plot.curves for point in curve.points)
    names = [f"{sign} {curve.label}" for sign, curve in zip(SIGNS, plot.curves, strict=False)]
    names += [f"{_SHADE} 95 % range"] if shaded else []
    return flow([Text(name, "quiet") for name in names], width, indent=start, between="   ")
