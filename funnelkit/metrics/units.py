"""What a quotient of sums is made of, unit by unit: by day, by deal or by customer.

Its formula has a sum of measures above the line and one below it. How far these vary together follows
from the sums of products of every two measures over the units, which add up on any engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.metrics import daily, returning
from funnelkit.metrics.entries import Histogram, Measure
from funnelkit.metrics.reasons import ALL_ALIKE, NO_DAYS, NOT_ALL_DATED, Reason, few_units
from funnelkit.statistics import intervals, ratios
from funnelkit.statistics.ratios import PairSums

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.formula import Exact, Lookup
    from funnelkit.metrics.windows import Window

DAYS, DEALS, CUSTOMERS = "days", "deals", "customers"
UNITS = (DAYS, DEALS, CUSTOMERS)
Form = dict[str, Fraction]
"""How often each measure counts, in the metric's unit for one of the measure's smallest."""


class Spread(Struct, frozen=True):
    """How many units there are, and the sums of products of two measures over them, by id."""

    n: int
    products: Callable[[str, str], int]


def parts(metric: Metric, catalog: Catalog) -> Iterator[Measure | Histogram]:
    """What must be counted for the limits of *metric* beside what it needs itself."""
    if metric.interval not in UNITS or metric.formula is None:
        return
    if metric.cases:
        yield catalog.measures[metric.cases]
    for measure in (catalog.measures[name] for name in metric.formula.names if name in catalog.measures):
        if metric.interval == DAYS:
            yield by_day(measure)
        elif metric.interval == DEALS:
            yield _amounts(measure)
    if metric.interval == CUSTOMERS:
        base = catalog.measures[metric.formula.below[0]]
        yield from (replace(base, id=word, of_customers=word) for word in returning.PRODUCTS)


def by_day(measure: Measure) -> Measure:
    """*measure* with its days kept apart."""
    return replace(measure, id=f"{measure.id}_by_day", daily=True)


def limited(cell: Cell, evaluator: Evaluator, metric: Metric, key: Key, window: Window) -> Cell:
    """*cell* with the limits that its units set and the number of cases it rests on, or why it has no limits."""
    found = sums(evaluator, metric, key, window)
    n = _cases(evaluator, metric, key, window)
    if isinstance(found, Reason):
        return _of_cases(cell, metric, n) or replace(cell, n=n, unlimited=found)
    n = found.n if n is None else n
    units = found if metric.share else found.shifted(shift := _shift(evaluator, metric))
    if not ratios.supports(units, share=metric.share):
        return _of_cases(cell, metric, n) or replace(cell, n=n, unlimited=few_units(metric.interval or ""))
    if (limits := ratios.limits(units, share=metric.share)) is None:
        return replace(cell, n=n, unlimited=ALL_ALIKE)
    if not metric.share:
        limits = limits[0] + float(shift), limits[1] + float(shift)
    return replace(cell, n=n, interval=limits, interval_type=metric.interval)


def _of_cases(cell: Cell, metric: Metric, n: int | None) -> Cell | None:
    """*cell* with the limits that *n* cases set by themselves, where the files tell of too few days.

    What days have in common they leave out, as their type says. None where what is below the line is no number of cases.
    """
    if metric.interval != DAYS or not n or cell.denominator != n or cell.value is None:
        return None
    if metric.unit == "money":
        low, high = intervals.poisson(n)
        return replace(
            cell, n=n, interval=(cell.value * n / high, cell.value * n / low), interval_type="poisson"
        )
    if not isinstance(cell.numerator, int) or not 0 <= cell.numerator <= n:
        return None
    return replace(cell, n=n, interval=intervals.wilson(cell.numerator, n), interval_type="wilson")


def compared(
    metric: Metric, now: tuple[Evaluator, Key, Window], before: tuple[Evaluator, Key, Window]
) -> ratios.Difference | None:
    """*metric* in one place less in another; None where the units do not support a test."""
    found = [sums(evaluator, metric, key, window) for evaluator, key, window in (now, before)]
    sides = [
        side if metric.share else side.shifted(_shift(now[0], metric))
        for side in found
        if isinstance(side, PairSums)
    ]
    if len(sides) < 2 or not all(ratios.supports(side, share=metric.share) for side in sides):
        return None
    return ratios.difference(sides[0], sides[1], share=metric.share)


def sums(evaluator: Evaluator, metric: Metric, key: Key, window: Window) -> PairSums | Reason:
    """What stands above and below the line of *metric*, and how far both vary over its units."""
    top, bottom = _forms(evaluator, metric)
    names = tuple(dict.fromkeys((*top, *bottom)))
    spread = _SPREADS[metric.interval or ""](evaluator, names, key, window)
    if isinstance(spread, Reason):
        return spread
    totals = {name: _sum(evaluator, name, key, window) for name in names}
    return PairSums(
        spread.n,
        _total(top, totals),
        _total(bottom, totals),
        *(_products(a, b, spread) for a, b in ((top, top), (bottom, bottom), (top, bottom))),
    )


def _sum(evaluator: Evaluator, name: str, key: Key, window: Window) -> int:
    return evaluator.tally.sum(evaluator.catalog.measures[name], key, window)


def _total(form: Form, totals: dict[str, int]) -> Fraction:
    return sum((times * totals[name] for name, times in form.items()), start=Fraction(0))


def _products(first: Form, second: Form, spread: Spread) -> Fraction:
    pairs = product(first.items(), second.items())
    return sum((s * t * spread.products(a, b) for (a, s), (b, t) in pairs), start=Fraction(0))


def _cases(evaluator: Evaluator, metric: Metric, key: Key, window: Window) -> int | None:
    """How many cases *metric* rests on, where files tell."""
    if not metric.cases or metric.cases in evaluator.lacks:
        return None
    measure = evaluator.catalog.measures[metric.cases]
    found = _sum(evaluator, measure.id, key, window)
    return int(found // 10 ** evaluator.scale(measure.table, measure.column))


# -- the formula -----------------------------------------------------------------------------------


def _forms(evaluator: Evaluator, metric: Metric) -> tuple[Form, Form]:
    """What stands above the line of *metric*, and below it."""
    formula = metric.formula
    assert formula is not None
    if (known := evaluator.forms.get(formula.text)) is None:
        assert formula.numerator is not None
        assert formula.denominator is not None
        known = _form(formula.numerator, evaluator, metric), _form(formula.denominator, evaluator, metric)
        evaluator.forms[formula.text] = known
    return known


def _form(node: Callable[[Lookup], Exact | None], evaluator: Evaluator, metric: Metric) -> Form:
    assert metric.formula is not None
    known = evaluator.catalog.measures
    found: Form = {}
    for name in (name for name in metric.formula.names if name in known):

        def one(asked: str, name: str = name) -> Exact | None:
            return (int(asked == name), 1) if asked in known else evaluator.constant(asked)

        value = node(one)
        if value is not None and value[0]:
            measure = known[name]
            found[name] = Fraction(*value) / 10 ** evaluator.scale(measure.table, measure.column)
    return found


def _shift(evaluator: Evaluator, metric: Metric) -> Fraction:
    """What of the quotient is the same whatever happens: -1 where what is below the line is taken off above it."""
    top, bottom = _forms(evaluator, metric)
    if len(bottom) > 1:
        return Fraction(0)
    ((name, times),) = bottom.items()
    return top.get(name, Fraction(0)) / times


# -- the units -------------------------------------------------------------------------------------


def _of_days(evaluator: Evaluator, names: tuple[str, ...], key: Key, window: Window) -> Spread | Reason:
    known = {name: by_day(evaluator.catalog.measures[name]).id for name in names}
    found = evaluator.tally.daily
    table = found.between(tuple(known.values()), key, window)
    if any(sum(table.sums[of]) != _sum(evaluator, name, key, window) for name, of in known.items()):
        return NOT_ALL_DATED
    if all(found.is_ranged(of, key) for of in known.values()):
        # Days that are equal parts of one sum do not tell how days differ.
        return NO_DAYS
    return Spread(len(table.days), lambda a, b: daily.product(table, known[a], known[b]))


def _of_deals(evaluator: Evaluator, names: tuple[str, ...], key: Key, window: Window) -> Spread | Reason:
    moments = {
        name: evaluator.moments_of(_amounts(evaluator.catalog.measures[name]), key, window) for name in names
    }
    # No deal is won and lost, so that none counts in two measures.
    n = sum(found.n for found in moments.values())
    return Spread(n, lambda a, b: moments[a].squares if a == b else 0)


def _amounts(measure: Measure) -> Histogram:
    """The amounts that *measure* adds up, one by one."""
    return Histogram(
        id=f"{measure.id}_amounts",
        table=measure.table,
        of=measure.column or "",
        where=measure.where,
        date=measure.date or "",
        needs=measure.needs,
    )


def _of_customers(evaluator: Evaluator, names: tuple[str, ...], key: Key, window: Window) -> Spread | Reason:
    def word(name: str) -> str:
        return evaluator.catalog.measures[name].of_customers

    def counted(name: str) -> int:
        return evaluator.tally.of_customers(name, key, window)

    everyone = "paying" if "paying" in map(word, names) else "before"
    return Spread(counted(everyone), lambda a, b: returning.product(word(a), word(b), counted))


_SPREADS: dict[str, Callable[[Evaluator, tuple[str, ...], Key, Window], Spread | Reason]] = {
    DAYS: _of_days,
    DEALS: _of_deals,
    CUSTOMERS: _of_customers,
}
