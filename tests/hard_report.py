"""A report made by hand of all that is hard to show: hostile text, wide text, extreme numbers, gaps."""

from __future__ import annotations

from datetime import date

from funnelkit.dataset import Match
from funnelkit.metrics.cell import Cell, Change, Mature, Projected
from funnelkit.reports import (
    Aim,
    Breakdown,
    Comparison,
    Metric,
    Point,
    Report,
    Row,
    SetAside,
    Source,
    Span,
    Stage,
    Trend,
)
from funnelkit.tables import Note

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "[/b] closing :fire:",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b2J",
    "\u202ereversed",
)
"""Names that some program would act on if they were written as they are."""

_DEFINED = (
    ("leads", "Leads", "count", "higher", "funnel"),
    ("lead_conversion_rate", "Lead conversion", "ratio", "higher", "funnel"),
    ("deals_won", "Deals won", "count", "higher", "sales"),
    ("win_rate", "Win rate", "ratio", "higher", "sales"),
    ("cycle_days", "Sales cycle, mean", "days", "lower", "sales"),
    ("revenue_won", "Revenue won", "money", "higher", "sales"),
    ("velocity", "Pipeline velocity", "money_per_day", "higher", "sales"),
    ("spend", "Spend", "money", "none", "economics"),
    ("cpl", "Cost per lead", "money", "lower", "economics"),
    ("cac", "Acquisition cost (CAC)", "money", "lower", "economics"),
    ("roas", "Return on ad spend", "multiple", "higher", "economics"),
    ("cltv", "Customer value (CLTV)", "money", "higher", "economics"),
    ("clicks", "Clicks", "count", "higher", "ads"),
    ("ctr", "Click-through rate", "ratio", "higher", "ads"),
    ("demo_score", "Höhe der Demo-Bewertung | 評価", "number", "higher", "own metrics"),
)
DEFINITIONS = {
    id: Metric(
        id=id,
        label=label,
        unit=unit,
        better=better,
        group=group,
        cohort=id in ("lead_conversion_rate", "roas"),
    )
    for id, label, unit, better, group in _DEFINED
}

_NO_MARGIN = Cell(value=None, reason="no_gross_margin", message="no gross margin given: set gross_margin")
_NO_SPEND = Cell(value=None, reason="no_spend_here", message="no spend in this group and period")
_QUARTER = Span(start=date(2026, 7, 1), end=date(2026, 9, 30), label="2026-Q3", partial=True)
_BEFORE = Span(start=date(2026, 4, 1), end=date(2026, 6, 30), label="2026-Q2")
_EARLIER = Span(start=date(2025, 7, 1), end=date(2025, 9, 30), label="2025-Q3")


def _rate(won: int, of: int, low: float, high: float) -> Cell:
    return Cell(
        value=won / of, numerator=won, denominator=of, n=of, interval=(low, high), interval_type="wilson"
    )


_TOTAL = {
    "leads": Cell(value=8000),
    "lead_conversion_rate": Cell(
        value=0.10525,
        numerator=842,
        denominator=8000,
        n=8000,
        interval=(0.098714, 0.112165),
        interval_type="wilson",
        mature=Mature(value=0.0931, numerator=700, denominator=7520, horizon_days=90),
        projected=Projected(value=0.1101, interval=(0.103, 0.117), share_elapsed=0.4321),
    ),
    "deals_won": Cell(value=842),
    "win_rate": _rate(842, 842, 0.995459, 1.0),
    "cycle_days": Cell(
        value=40789 / 841,
        numerator=40789,
        denominator=841,
        n=841,
        interval=(44.2, 52.8),
        interval_type="t",
    ),
    "revenue_won": Cell(value=123456789012345678, n=842),
    "velocity": Cell(value=4531.27),
    "spend": Cell(value=0.01),
    "cpl": Cell(value=0.01 / 8000, numerator=0.01, denominator=8000, n=8000, interval=(1.2e-6, 1.3e-6)),
    "cac": Cell(
        value=1661.67,
        numerator=1661.67,
        denominator=1,
        n=1,
        interval=(298.24, None),
        interval_type="poisson",
    ),
    "roas": Cell(value=1.5e300),
    "cltv": _NO_MARGIN,
    "clicks": Cell(value=12.5),
    "ctr": _rate(3, 99999, 0.00001, 0.000088),
    "demo_score": Cell(value=-7.25, method="median <of> *three*"),
}
_CHANGES = {
    "leads": Change(
        previous=Cell(value=7600), absolute=400, relative=400 / 7600, interval=(0.02, 0.09), verdict="better"
    ),
    "lead_conversion_rate": Change(
        previous=_rate(836, 7600, 0.1031, 0.1172),
        absolute=0.10525 - 0.11,
        relative=0.10525 / 0.11 - 1,
        interval=(-0.0146, 0.0051),
    ),
    "spend": Change(previous=Cell(value=0.0), absolute=0.01, relative=None, verdict="changed"),
    "cac": Change(
        previous=Cell(value=1100.5), absolute=561.17, relative=0.50992, interval=(0.2, None), verdict="worse"
    ),
    "cltv": Change(previous=_NO_MARGIN, absolute=None, relative=None),
    "win_rate": Change(previous=_rate(10, 10, 0.7225, 1.0), absolute=0.0, relative=0.0),
}


def _group(leads: int, won: int, spend: float | None) -> dict[str, Cell]:
    """A few metrics of one group or period, as plain as they come."""
    paid = spend is not None
    return {
        "leads": Cell(value=leads),
        "lead_conversion_rate": Cell(
            value=won / leads,
            numerator=won,
            denominator=leads,
            n=leads,
            interval=(won / leads / 2, won / leads * 1.5),
            projected=Projected(value=won / leads * 1.2, interval=None, share_elapsed=None),
        ),
        "deals_won": Cell(value=won),
        "spend": Cell(value=spend) if paid else _NO_SPEND,
        "cpl": Cell(value=spend / leads, n=leads, denominator=leads) if spend is not None else _NO_SPEND,
        "cltv": _NO_MARGIN,
    }


def points(leads: int, won: int, spend: float | None) -> tuple[Point, ...]:
    """Three months, the last of them not yet over."""
    return tuple(
        Point(
            span=Span(
                start=date(2026, month, 1),
                end=date(2026, month, 28),
                label=f"2026-0{month}",
                partial=month == 9,
            ),
            cells=_group(leads + 7 * month, won, spend),
        )
        for month in (7, 8, 9)
    )


_AIMS = {
    "leads": Aim(value=9000, direction="at least", attainment=8 / 9, pace=1.0812, verdict="on pace"),
    "lead_conversion_rate": Aim(
        value=0.15, direction="at least", tolerance=0.05, attainment=0.7017, verdict="missed"
    ),
    "spend": Aim(value=0.0, direction="at most", verdict="no call"),
    "cltv": Aim(value=1200.5, direction="at least", verdict="no data"),
}


def _row(key: tuple[str, ...], leads: int, won: int, spend: float | None, rest_of: int = 0) -> Row:
    cells = _group(leads, won, spend)
    before = Change(
        previous=Cell(value=leads - 10), absolute=10, relative=10 / (leads - 10), verdict="better"
    )
    return Row(
        key=key,
        cells=cells,
        changes={} if rest_of else {"leads": before},
        trend=points(leads, won, spend),
        rest_of=rest_of,
        targets=_AIMS if leads == 2000 else {},
    )


_ROWS = (
    _row(("paid_search", "日本語キャンペーン 🎌"), 4000, 400, 1234567.891),
    _row(("paid_search", HOSTILE[0]), 2000, 0, 0.5),
    _row((HOSTILE[1], HOSTILE[2]), 1000, 300, None),
    _row((HOSTILE[3], HOSTILE[4]), 512, 512, 99.996),
    _row((HOSTILE[5], 'a "quoted", name; with | pipe ` tick \\ and_under_scores *bold*'), 400, 20, None),
    _row(("(blank)", "line\nbreak\r\n\tand tab"), 70, 7, 12.0),
    _row(("e\u0301cole 👩‍👩‍👧", "+49 170 1234567"), 15, 3, 1e-9),
    _row(("(other)", ""), 13, 0, None, rest_of=12),
)

_STAGES = (
    Stage(stage="lead", label="Lead", entered=8000, rate_from_previous=None, rate_from_first=None),
    Stage(
        stage="mql",
        label="MQL",
        entered=3999,
        rate_from_previous=_rate(3999, 8000, 0.4889, 0.5108),
        rate_from_first=_rate(3999, 8000, 0.4889, 0.5108),
        skipped=17,
    ),
    Stage(
        stage="customer",
        label="Customer | Kunde",
        entered=842,
        rate_from_previous=_rate(842, 3999, 0.1982, 0.2235),
        rate_from_first=_rate(842, 8000, 0.0987, 0.1122),
    ),
)

_SOURCES = (
    Source(
        file="exports/leads\udce9 2026.csv",
        table="leads",
        preset="hubspot_contacts",
        rows=8004,
        used=8000,
        set_aside=(
            SetAside(reason="total", message="a total of the rows above", count=1, lines=(8005,)),
            SetAside(
                reason="bad_value",
                message="created_at '\x1b[2J31.02.2026' is no date",
                count=3,
                lines=(12, 40),
            ),
        ),
        first_date=date(2025, 6, 14),
        last_date=date(2026, 9, 14),
        sha256="ab" * 32,
    ),
    Source(
        file="<deals>|final`.xlsx",
        table="deals",
        preset=None,
        rows=842,
        used=842,
        set_aside=(),
        first_date=None,
        last_date=None,
        sha256="cd" * 32,
        currency="EUR",
    ),
)

HARD = Report(
    title='Funnel "Q3" | 日本 🚀 <b>',
    as_of=date(2026, 9, 14),
    timezone="Europe/Berlin",
    currency="EUR",
    period=_QUARTER,
    filters=("country=DE", "campaign!=[/b]"),
    min_n=30,
    definitions=DEFINITIONS,
    metrics=_TOTAL,
    funnel=_STAGES,
    breakdown=Breakdown(by=("channel", "campaign"), rows=_ROWS, sort="leads"),
    trend=Trend(grain="month", points=points(2500, 250, 1234567.891)),
    comparison=Comparison(span=_BEFORE, kind="prev", changes=_CHANGES),
    besides=(Comparison(span=_EARLIER, kind="yoy", changes=_CHANGES),),
    sources=_SOURCES,
    matching=(
        Match(source="deals", target="leads", by="lead_id", matched=830),
        Match(source="deals", target="leads", by="email", matched=9),
    ),
    unmatched={"deals": 3, "won deals": 1},
    targets=_AIMS,
    warnings=(
        Note(code="left_truncated", message="the first win comes 174 days after the first lead"),
        Note(
            code="unmatched_deals", message="3 deals link to no lead, among them \x1b[1m<b>Müller & Söhne</b>"
        ),
    ),
)

EMPTY = Report(
    title="Funnel report",
    as_of=date(2026, 9, 14),
    timezone="UTC",
    currency=None,
    period=_BEFORE,
    filters=(),
    min_n=30,
    definitions={},
    metrics={},
    funnel=(),
    breakdown=None,
    trend=None,
    comparison=None,
    besides=(),
    sources=(),
    matching=(),
    unmatched={},
    warnings=(),
)
"""Nothing could be worked out, and nothing was asked for."""
