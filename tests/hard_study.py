"""A study made by hand of all that is hard to show: hostile words, many columns, young values, gaps, mixed units."""

from __future__ import annotations

from datetime import date

from funnelkit.metrics.cell import Cell
from funnelkit.reports import SetAside, Source, Span
from funnelkit.studies import TEXT, Chart, Entry, Field, Study, Table
from funnelkit.tables import Note
from tests.hard_report import HOSTILE

_NONE = Cell(value=None, reason="no_denominator", message="nothing to divide by here")
AGES = range(14)


def rate(numerator: int, denominator: int, low: float, high: float | None) -> Cell:
    """A rate with its range."""
    return Cell(
        value=numerator / denominator,
        numerator=numerator,
        denominator=denominator,
        n=denominator,
        interval=(low, high),
        interval_type="wilson",
    )


def _cohort(name: str, size: int, reached: int) -> tuple[Entry, ...]:
    """A row of a triangle: the last age is young, and beyond it there is nothing."""
    ages = [
        Entry(cell=rate(5 * age + 1, size, 0.01 * age, 0.1 + 0.01 * age), young=age == reached)
        if age <= reached
        else Entry()
        for age in AGES
    ]
    return (Entry(text=name), Entry(cell=Cell(value=size)), *ages)


TRIANGLE = Table(
    id="reached",
    title="Customers by age",
    caption="share of the leads of a month that were customers so many months later",
    fields=(
        Field(id="cohort", label="created in", unit=TEXT),
        Field(id="size", label="leads", unit="count"),
        *(Field(id=f"age_{age}", label=f"{age}", unit="ratio") for age in AGES),
    ),
    rows=(_cohort("2026-01", 1204, 13), _cohort("2026-02", 733, 12), _cohort(HOSTILE[4], 88, 2)),
)
CHECKS = Table(
    id="checks",
    title="Targets | Ziele",
    fields=(
        Field(id="metric", label="metric", unit=TEXT),
        Field(id="segment", label="segment", unit=TEXT),
        Field(id="value", label="value", unit="number"),
        Field(id="spend", label="spend", unit="money"),
        Field(id="word", label="what it means", unit=TEXT),
    ),
    names=2,
    rows=(
        (
            Entry(text="win_rate"),
            Entry(text="日本語キャンペーン 🎌"),
            Entry(cell=rate(20, 200, 0.0656, 0.1495), unit="ratio", verdict="missed"),
            Entry(cell=Cell(value=1234567.891)),
            Entry(text="below the target", verdict="worse"),
        ),
        (
            Entry(text="cac"),
            Entry(text=HOSTILE[0]),
            Entry(cell=Cell(value=312.5, interval=(298.24, None)), unit="money", verdict="met"),
            Entry(cell=_NONE),
            Entry(text=HOSTILE[1]),
        ),
        (
            Entry(text="leads"),
            Entry(text="(blank)"),
            Entry(cell=Cell(value=7), verdict="no call", young=True),
            Entry(cell=Cell(value=0.0)),
            Entry(text="not yet", young=True),
        ),
    ),
)
NAMES = Table(
    id="names",
    title="",
    fields=(Field(id="named", label="only names", unit=TEXT),),
    rows=((Entry(text=HOSTILE[2]),),),
)
COURSE = Table(
    id="course",
    title="Over time",
    fields=(
        Field(id="week", label=f"week {HOSTILE[0]}", unit="count"),
        Field(id="actual", label="actual", unit="money"),
        Field(id="expected", label=f"expected {HOSTILE[1]}", unit="money"),
    ),
    rows=tuple(
        (
            Entry(cell=Cell(value=week)),
            Entry(cell=Cell(value=40 * week) if week < 6 else _NONE),
            Entry(cell=Cell(value=35.5 * week, interval=(30.0 * week, 41.0 * week if week < 9 else None))),
        )
        for week in range(10)
    ),
    chart=Chart(of=("actual", "expected"), along="week"),
)
BARS = Table(
    id="paths",
    title="Paths",
    fields=(
        Field(id="path", label="path", unit=TEXT),
        Field(id="people", label="people", unit="count"),
    ),
    rows=tuple((Entry(text=path), Entry(cell=Cell(value=n))) for path, n in ((HOSTILE[3], 80), ("b", 20))),
    chart=Chart(of=("people",)),
)
EMPTY_TABLE = Table(id="empty", title="Nothing", fields=NAMES.fields, rows=())

HARD = Study(
    command="cohorts",
    title="Cohorts",
    as_of=date(2026, 9, 14),
    timezone="Europe/Berlin",
    currency="EUR",
    period=Span(start=date(2026, 1, 1), end=date(2026, 9, 14), label="all", partial=True),
    filters=(f"campaign={HOSTILE[3]}",),
    sentences=("The leads of 2026-05 convert worse.", f"They came from {HOSTILE[2]}."),
    tables=(TRIANGLE, CHECKS, NAMES, COURSE, BARS, EMPTY_TABLE),
    sources=(
        Source(
            file="leads.csv",
            table="leads",
            preset=None,
            rows=2028,
            used=2025,
            set_aside=(SetAside(reason="blank", message="no cell is filled", count=3, lines=(3, 4, 9)),),
            first_date=date(2026, 1, 1),
            last_date=date(2026, 9, 14),
            sha256="ab" * 32,
        ),
    ),
    warnings=(Note(code="left_truncated", message=f"The data begin without their first wins. {HOSTILE[5]}"),),
)
EMPTY = Study(
    command="why",
    title="Why",
    as_of=None,
    timezone="UTC",
    currency=None,
    period=None,
    filters=(),
    sentences=(),
    tables=(),
    sources=(),
    warnings=(),
)
