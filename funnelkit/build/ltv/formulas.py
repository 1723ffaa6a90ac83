"""The simple formulas of customer value, discounted and not, each with its convention: as if churn stayed as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.build.counting import count
from funnelkit.build.ltv.contractual import Contractual
from funnelkit.build.ltv.purchases import PAYMENTS
from funnelkit.build.ltv.worth import Line
from funnelkit.metrics import catalog
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.reasons import NOT_GIVEN, Reason
from funnelkit.metrics.statistics import empty
from funnelkit.metrics.windows import Window
from funnelkit.periods import Period
from funnelkit.statistics import intervals
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.request import Asked
    from funnelkit.dataset import Dataset

_SIMPLE, _INCLUDED, _EXCLUDED, _END = (
    ("m / c", "not discounted"),
    ("m (1 + d) / (1 + d - r)", "first payment now, counted"),
    ("m r / (1 + d - r)", "first payment not counted"),
    ("m / (1 + d - r)", "paid at the end of a term"),
)
"""The formulas, and what each takes for granted."""
OF_YEAR = "cltv_simple"
"""The first of the formulas that are of all customers of the last twelve months, whatever the period."""
_METRICS = {
    OF_YEAR: _SIMPLE,
    "cltv_retention": _INCLUDED,
    "cltv_retention_excluded": _EXCLUDED,
    "cltv_retention_end": _END,
}
_NOBODY_LEFT = Reason("no_denominator", "nobody has left so far, and a value over no churn is without end")

YEAR = "in the twelve months that end with the as-of day (payments_a_year), whenever they first bought; c: churn_rate of these"


def of_year(data: Dataset, asked: Asked) -> list[Line]:
    """By the payments and the churn of the twelve months that end with the as-of day; none for won deals."""
    if asked.kind != PAYMENTS or asked.request.where:
        return []
    known = catalog.load()
    metrics = [known.metric(name) for name in _METRICS]
    year = Window(start=data.as_of, end=data.as_of).trailing(12)
    request = replace(
        asked.request,
        period=Period(start=year.start, end=year.end, label="the last twelve months"),
        by=(),
        gross_margin=asked.margin,
    )
    counted = count(data, request, known, metrics)
    window = counted.spans.window
    return [
        Line(one.id, _METRICS[one.id][0], counted.evaluator.cell(one, TOTAL, window), _METRICS[one.id][1])
        for one in metrics
    ]


def of_contract(seen: Contractual) -> Iterator[Line]:
    """By what a contract pays a term and the share that is lost at a renewal, all renewals together."""
    asked, term, data = seen.asked, seen.term, seen.counted.survivors(())
    lost, risk = round(float(data.lost.sum())), round(float((data.lost + data.kept).sum()))
    pays = seen.counted.payment(()) * float(asked.margin)
    rate = asked.rate(term.days)
    yield Line("churn_simple", _SIMPLE[0], _over(lost, risk, lambda c: pays / c), _SIMPLE[1])
    for name, (text, convention), of in _DISCOUNTED:
        if rate is None:
            cell = empty(NOT_GIVEN["discount"])
        else:
            cell = _over(lost, risk, partial(of, pays, rate), without_end=False)
        yield Line(name, text, cell, convention)


_DISCOUNTED: tuple[tuple[str, tuple[str, str], Callable[[float, float, float], float]], ...] = (
    ("churn_included", _INCLUDED, lambda m, d, c: m * (1 + d) / (d + c)),
    ("churn_excluded", _EXCLUDED, lambda m, d, c: m * (1 - c) / (d + c)),
    ("churn_end", _END, lambda m, d, c: m / (d + c)),
)


def table(lines: list[Line], asked: Asked, of: str) -> Table:
    """All of them; *of* says in which time m is brought and c lost."""
    return Table(
        id="formulas",
        title="Simple formulas, as if churn stayed",
        fields=(
            Field(id="formula", label="", unit=TEXT),
            Field(id="value", label="a customer", unit="money"),
            Field(id="convention", label="", unit=TEXT),
        ),
        rows=tuple(
            (Entry(text=one.measure), Entry(cell=one.cell), Entry(text=one.convention)) for one in lines
        ),
        caption=f"m: {asked.of} of a customer {of}; r = 1 - c; d: the discount rate of it (m / c: D. Skok; the others: Fader and Hardie 2012, "
        "note 024); limits are those of the churn alone. Churn falls with age, so these are too low for customers who have stayed, "
        "and too high for new ones",
    )


def _over(lost: int, risk: int, value: Callable[[float], float], *, without_end: bool = True) -> Cell:
    """*value* of the share that is lost; *without_end*, nothing is said where nobody was."""
    if not risk or not (lost or not without_end):
        return empty(_NOBODY_LEFT)
    low, high = intervals.wilson(lost, risk)
    upper = None if without_end and not low else value(low)
    return Cell(value=value(lost / risk), n=risk, interval=(value(high), upper), interval_type="kept")
