"""Curves out of characters: where the signs stand, what they must not claim, and that they fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from funnelkit.metrics.cell import Cell
from funnelkit.render._plot import draw
from funnelkit.render._table import Curve, Plot, Point
from funnelkit.render.study import _charts
from funnelkit.studies import TEXT, Chart, Entry, Field, Table

finite = st.floats(-1e9, 1e9)


def drawn(*curves: Curve, width: int | None = None) -> list[str]:
    plot = Plot(curves=curves, unit="number", along="week", ends=("0", "10"))
    return ["".join(text for text, _ in line) for line in draw(plot, width)]


def field(lines: list[str]) -> list[str]:
    """The rectangle alone, from the top: what stands right of the axis."""
    return [line.split("┤" if "┤" in line else "│", 1)[1] for line in lines if "┤" in line or "│" in line]


def curve(*points: Point, label: str = "actual") -> Curve:
    return Curve(label=label, points=points)


def test_a_line_goes_from_one_corner_to_the_other() -> None:
    rows = field(drawn(curve(Point(0, 0), Point(10, 10))))
    columns = [row.rstrip().rfind("●") for row in rows]
    assert columns == sorted(columns, reverse=True)
    assert rows[-1][0] == "●"
    assert rows[0].endswith("●")
    assert all("●" in row for row in rows)


def test_heights_start_at_nothing() -> None:
    """90 and 100 look alike beside 0: the axis is not cut to what would look like a fall."""
    rows = field(drawn(curve(Point(0, 100), Point(10, 90))))
    assert {index for index, row in enumerate(rows) if "●" in row} <= {0, 1}


def test_below_nothing_has_its_place_too() -> None:
    rows = field(drawn(curve(Point(0, -5), Point(10, 5))))
    assert "●" in rows[0]
    assert "●" in rows[-1]


def test_ranges_are_shaded_between_their_limits_only() -> None:
    wide = curve(Point(0, 5, (0, 10)), Point(10, 5, (5, 5)))
    rows = field(drawn(wide))
    assert all(row[0] in "░●" for row in rows)
    assert "".join(row[-1:] for row in rows).count("●") == 1
    assert not any(row.endswith("░") for row in rows)
    assert any("95 % range" in line for line in drawn(wide))


def test_no_range_is_not_told_of() -> None:
    assert not any("range" in line for line in drawn(curve(Point(0, 5), Point(10, 5))))


def test_where_curves_meet_the_first_is_seen_and_each_is_named() -> None:
    same = (Point(0, 1), Point(10, 2))
    lines = drawn(curve(*same), curve(*same, label="expected"))
    assert not any("○" in row for row in field(lines))
    assert lines[-1].split() == ["●", "actual", "○", "expected"]


def test_a_point_by_itself_stands_where_it_belongs() -> None:
    rows = field(drawn(curve(Point(0, 1), Point(10, 1)), curve(Point(5, 0), label="alone")))
    assert len(rows[-1].rstrip()) == pytest.approx(33, abs=1)
    assert rows[-1].count("○") == 1


@given(
    values=st.lists(st.tuples(finite, finite), min_size=2, max_size=30, unique_by=lambda both: both[0]),
    width=st.integers(10, 200),
)
def test_nothing_is_wider_than_the_terminal(values: list[tuple[float, float]], width: int) -> None:
    points = [Point(x, y, (y - 1, y + 1)) for x, y in sorted(values)]
    assert all(cell_len(line) <= width for line in drawn(curve(*points, label="a"), width=width))


@pytest.mark.parametrize("points", [(), (Point(1, 2),)])
def test_less_than_two_places_are_no_picture(points: tuple[Point, ...]) -> None:
    assert drawn(curve(*points)) == []


def table(chart: Chart, *rows: tuple[Entry, ...]) -> Table:
    fields = (
        Field(id="day", label="day", unit=TEXT),
        Field(id="age", label="age", unit="days"),
        Field(id="size", label="size", unit="count"),
    )
    return Table(id="t", title="T", fields=fields, rows=rows, chart=chart)


def row(day: str, age: float, size: float | None, high: float | None = None) -> tuple[Entry, ...]:
    known = Cell(value=None, reason="none", message="nothing")
    if size is not None:
        known = Cell(value=size, interval=(size, high))
    return Entry(text=day), Entry(cell=Cell(value=age)), Entry(cell=known)


def test_places_are_days_or_numbers_and_else_the_order_of_rows() -> None:
    rows = (row("2026-01-01", 0, 3), row("2026-01-31", 7, 4), row("2026-02-01", 8, 5))
    xs = {
        along: [point.x for point in found.curves[0].points]
        for along in ("day", "age")
        if (found := _charts.plot(table(Chart(of=("size",), along=along), *rows)))
    }
    assert [x - xs["day"][0] for x in xs["day"]] == [0, 30, 31]
    assert xs["age"] == [0, 7, 8]
    named = _charts.plot(table(Chart(of=("size",), along="day"), *(row(name, 0, 1) for name in ("b", "a"))))
    assert named is not None
    assert [point.x for point in named.curves[0].points] == [0, 1]


def test_what_is_not_known_is_not_drawn() -> None:
    rows = (row("2026-01-01", 0, 3, 9), row("2026-01-02", 1, None), row("2026-01-03", 2, 4, None))
    found = _charts.plot(table(Chart(of=("size",), along="day"), *rows))
    assert found is not None
    assert [(point.value, point.limits) for point in found.curves[0].points] == [(3, (3, 9)), (4, None)]


def test_bars_are_parts_of_the_largest() -> None:
    rows = (row("a", 0, 8), row("b", 0, 2), row("c", 0, None), row("d", 0, -1))
    assert _charts.bars(table(Chart(of=("size",)), *rows)) == (1, 0.25, 0, 0)
    assert _charts.bars(table(Chart(of=("size",)), row("a", 0, 0))) == ()
