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
from funnelkit.metrics import catalog, intervals
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.reasons import NOT_GIVEN, Reason
from funnelkit.metrics.statistics import empty
from funnelkit.metrics.windows import Window
from funnelkit.periods import Period
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.request import Asked
    from funnelkit.dataset import Dataset

_METRICS = ("cltv_simple", "cltv_retention", "cltv_retention_excluded", "cltv_retention_end")
_NOBODY_LEFT = Reason("no_denominator", "nobody has left so far, and a value over no churn is without end")


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
        Line(one.id, one.label, counted.evaluator.cell(one, TOTAL, window), one.convention) for one in metrics
    ]


def of_contract(seen: Contractual) -> Iterator[Line]:
    """By what a contract pays a term and the share that is lost at a renewal, all renewals together."""
    asked, term, data = seen.asked, seen.term, seen.counted.survivors(())
    lost, risk = round(float(data.lost.sum())), round(float((data.lost + data.kept).sum()))
    pays = seen.counted.payment(()) * float(asked.margin)
    rate = asked.rate(term.days)
    how = f"m is {asked.of} a {term}, c the share lost at a renewal, r = 1 - c"
    yield Line(
        "churn_simple", "m / c", _over(lost, risk, lambda c: pays / c), f"{how}; not discounted (D. Skok)"
    )
    for name, text, of in _DISCOUNTED:
        if rate is None:
            cell = empty(NOT_GIVEN["discount"])
        else:
            cell = _over(lost, risk, partial(of, pays, rate), without_end=False)
        yield Line(name, text, cell, f"{how}; {_CONVENTIONS[name]} (Fader and Hardie 2012, note 024)")


_DISCOUNTED: tuple[tuple[str, str, Callable[[float, float, float], float]], ...] = (
    ("churn_included", "m (1 + d) / (1 + d - r)", lambda m, d, c: m * (1 + d) / (d + c)),
    ("churn_excluded", "m r / (1 + d - r)", lambda m, d, c: m * (1 - c) / (d + c)),
    ("churn_end", "m / (1 + d - r)", lambda m, d, c: m / (d + c)),
)
_CONVENTIONS = {
    "churn_included": "d a term, the first payment now and counted",
    "churn_excluded": "d a term, the first payment not counted",
    "churn_end": "d a term, each payment at the end of its term",
}


def table(lines: list[Line], asked: Asked) -> Table:
    """All of them."""
    return Table(
        id="formulas",
        title="Simple formulas, as if churn stayed",
        fields=(
            Field(id="formula", label="", unit=TEXT),
            Field(id="value", label="a customer", unit="money"),
            Field(id="convention", label="convention", unit=TEXT),
        ),
        rows=tuple(
            (Entry(text=one.measure), Entry(cell=one.cell), Entry(text=one.convention)) for one in lines
        ),
        caption=f"{asked.of}; limits are those of the churn alone. Churn falls with age, so these are too low for customers who have stayed, "
        "and too high for new ones",
    )


def _over(lost: int, risk: int, value: Callable[[float], float], *, without_end: bool = True) -> Cell:
    """*value* of the share that is lost; *without_end*, nothing is said where nobody was."""
    if not risk or not (lost or not without_end):
        return empty(_NOBODY_LEFT)
    low, high = intervals.wilson(lost, risk)
    upper = None if without_end and not low else value(low)
    return Cell(value=value(lost / risk), n=risk, interval=(value(high), upper), interval_type="kept")
