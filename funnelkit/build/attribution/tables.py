"""The tables of credit: by the main model, by all side by side, in money, and how far the models agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from funnelkit.build.attribution.kinds import OF
from funnelkit.build.attribution.request import ALL
from funnelkit.build.attribution.result import binomial
from funnelkit.build.entries import number
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import NO_DENOMINATOR, NO_SPEND_HERE, Reason
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.attribution.given import Model
    from funnelkit.build.attribution.result import Result

NAMES = {
    "first": "first touch",
    "last": "last touch",
    "last_non_direct": "last non-direct",
    "linear": "linear",
    "linear_distinct": "linear, distinct",
    "u_shaped": "U-shaped",
    "w_shaped": "W-shaped",
    "full_path": "full path",
    "j_shaped": "J-shaped",
    "inverse_j": "inverse J",
    "time_decay": "time decay",
    "markov": "Markov",
    "shapley": "Shapley",
    "shapley_rate": "Shapley of rates",
}


def credit(found: Result) -> Table:
    """The main model: conversions, share, money, and what each attributed conversion cost."""
    money, spent = found.money(found.main), bool(found.spending.cost)
    rows = [tuple(_credit(found, name, names, money, spent=spent)) for name, names in found.rows]
    rows += [tuple(_without(found, spent=spent)), tuple(_all(found, spent=spent))]
    value = (Field(id="value", label="value", unit="money"),) if money is not None else ()
    cost = (
        (
            Field(id="spend", label="spend", unit="money"),
            Field(id="cost", label=f"per attributed {_one(found)}", unit="money"),
        )
        if spent
        else ()
    )
    return Table(
        id="credit",
        title="Credit" if found.alike else f"Credit by {NAMES[found.main.name]}",
        caption=_convention(found),
        fields=(
            _named(found),
            Field(id="conversions", label=found.conversions.several, unit="count"),
            Field(id="share", label="share", unit="ratio"),
            Field(id="any_touch", label="with any touch of it", unit="count"),
            *value,
            *cost,
        ),
        rows=tuple(rows),
    )


def _one(found: Result) -> str:
    return OF[found.conversions.of][0]


def _named(found: Result) -> Field:
    return Field(id=found.asked.by, label=found.asked.by, unit=TEXT)


def _convention(found: Result) -> str:
    window = (
        f"touches up to {found.asked.window} days before, and after the conversion before it of the same person; "
        if found.journeys.whole
        else ""
    )
    ranges = {
        "wilson": "; ranges are Wilson's, narrower where credit is shared evenly, of money Student's",
        "bootstrap": "; ranges by drawing the journeys again",
    }
    return f"{window}each conversion is shared out once, so they add up to all{ranges.get(found.main.limited, '')}"


def _credit(found: Result, name: str, names: Sequence[str], money: object, *, spent: bool) -> Iterator[Entry]:
    cell = found.credit(found.main, names)
    yield Entry(text=name)
    yield Entry(cell=cell)
    yield Entry(cell=found.share(found.main, names))
    yield (
        Entry(cell=binomial(found.reached(names[0]), found.conversions.total, found.conversions.total))
        if len(names) == 1
        else Entry()
    )
    if isinstance(money, dict):
        yield Entry(cell=found.value(found.main, names))
    if spent:
        cost = sum(found.spending.cost.get(one, 0.0) for one in names)
        yield number(cost)
        few = bool(cost) and 0 < (cell.value or 0) < found.asked.request.min_n
        yield Entry(cell=_per(cost, cell), few=few)


def _per(cost: float, credit: Cell) -> Cell:
    """What a conversion of *credit* cost, with the limits that follow from its own."""
    if not cost:
        return stats.empty(NO_SPEND_HERE)
    if not credit.value or credit.value <= 0:
        return stats.empty(NO_DENOMINATOR)
    low, high = credit.interval or (0, None)
    limits = (cost / high, cost / low if low > 0 else None) if high else None
    return Cell(
        value=cost / credit.value,
        numerator=cost,
        denominator=credit.value,
        n=credit.n,
        interval=limits,
        interval_type=credit.interval_type if limits else None,
        unlimited=None if limits else credit.unlimited,
    )


def _without(found: Result, *, spent: bool) -> Iterator[Entry]:
    """The conversions without a touch."""
    alone, n = found.journeys.untouched, found.conversions.total
    yield Entry(text=found.alone)
    yield Entry(cell=binomial(alone.converted, n, n))
    yield Entry(cell=binomial(alone.converted, n))
    yield Entry()
    if found.conversions.unit:
        yield number(alone.value / found.conversions.unit)
    if spent:
        yield from (Entry(), Entry())


def _all(found: Result, *, spent: bool) -> Iterator[Entry]:
    n = found.conversions.total
    yield Entry(text=ALL)
    yield number(n, n)
    yield number(1.0, n)
    yield Entry(cell=binomial(found.touched, n, n))
    if found.conversions.unit:
        yield number(found.conversions.value / found.conversions.unit)
    if spent:
        cost = sum(found.spending.cost.values())
        yield number(cost)
        # Those of whom nothing is known are given to nobody, and cost nobody anything.
        yield Entry(cell=_per(cost, Cell(value=found.touched, n=found.touched)))


def models(found: Result) -> Table:
    """What each model gives, side by side, with the least and the most."""
    n = found.conversions.total
    alone = binomial(found.journeys.untouched.converted, n, n)
    gives = [Entry(cell=alone) if model.credit else Entry() for model in found.beside]
    everything = [number(n, n) if model.credit else Entry() for model in found.beside]
    rows = [
        (
            Entry(text=name),
            *(Entry(cell=found.credit(model, names)) for model in found.beside),
            *_range(found, names),
        )
        for name, names in found.rows
    ]
    rows.append((Entry(text=found.alone), *gives, Entry(), Entry()))
    rows.append((Entry(text=ALL), *everything, Entry(), Entry()))
    return Table(
        id="models",
        title="Models side by side",
        caption=f"{found.conversions.several} that each model gives; lowest and highest say how much hangs on the choice of model"
        + _odd(found),
        fields=(
            _named(found),
            *(Field(id=model.name, label=NAMES[model.name], unit="count") for model in found.beside),
            Field(id="lowest", label="lowest", unit="count"),
            Field(id="highest", label="highest", unit="count"),
        ),
        rows=tuple(rows),
    )


def _odd(found: Result) -> str:
    """What looks wrong in some models and is not."""
    said = ""
    chain = found.given.get("markov")
    if chain and any(given and not found.reached(name) for name, given in chain.conversions.items()):
        said += (
            "; Markov may give to what is in no path that converted: its journeys went on to others from which some converted, "
            "and the chain joins the steps of all journeys"
        )
    credit = found.given.get("shapley_rate")
    if credit and min(credit.conversions.values(), default=Fraction(0)) < 0:
        said += "; Shapley of rates is below zero where a lower share converts with it than without"
    return said


def _range(found: Result, names: Sequence[str]) -> tuple[Entry, Entry]:
    low, high = extremes(found, names)
    return number(low), number(high)


def extremes(found: Result, names: Sequence[str]) -> tuple[float, float]:
    """The least and the most that any model gives *names*."""
    given = [
        float(sum((credit.conversions.get(name, Fraction(0)) for name in names), Fraction(0)))
        for credit in found.given.values()
    ]
    return min(given), max(given)


def value(found: Result) -> Table | None:
    """The money by model, to the cent; None where conversions bring none."""
    unit = found.conversions.unit
    if not unit:
        return None
    giving = [model for model in found.beside if model.credit]
    alone, whole = found.journeys.untouched.value / unit, found.conversions.value / unit
    rows = [
        (
            Entry(text=name),
            *(Entry(cell=found.value(model, names)) for model in giving),
        )
        for name, names in found.rows
    ]
    rows.append((Entry(text=found.alone), *(number(alone) for _ in giving)))
    rows.append((Entry(text=ALL), *(number(whole) for _ in giving)))
    return Table(
        id="value",
        title="Value by model",
        caption="what the conversions brought, shared out to the cent; the missing cents of rounding go to the largest remainders",
        fields=(
            _named(found),
            *(Field(id=model.name, label=NAMES[model.name], unit="money") for model in giving),
        ),
        rows=tuple(rows),
    )


def agreement(found: Result) -> Table | None:
    """The share of the credit that two models give to the same; None for fewer than two models."""
    names = list(found.given)
    pairs = found.agreement.pairs
    if not pairs:
        return None

    def overlap(one: str, other: str) -> Entry:
        if one == other:
            return number(1.0)
        return number(pairs.get((one, other), pairs.get((other, one))))

    return Table(
        id="agreement",
        title="How far the models agree",
        caption="the share of the credit that two models give to the same: 100 % where they are equal, 0 % where nothing earns by both",
        fields=(
            Field(id="model", label="model", unit=TEXT),
            *(Field(id=name, label=NAMES[name], unit="ratio") for name in names),
        ),
        rows=tuple((Entry(text=NAMES[one]), *(overlap(one, other) for other in names)) for one in names),
    )


def reasons(models: Sequence[Model]) -> Iterator[tuple[str, Reason]]:
    """The models that give nothing, and why."""
    for model in models:
        if model.reason:
            yield NAMES[model.name], model.reason
