"""The answer: what a customer has brought and is to bring, each with its range and its convention; in a table and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.ltv.entries import limited
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.contractual import Contractual
    from funnelkit.build.ltv.request import Asked
    from funnelkit.build.ltv.silence import Silence
    from funnelkit.build.ltv.within import Within
    from funnelkit.metrics.cell import Cell

HISTORIC, NEW, PRESENT, NEW_EVER, PRESENT_EVER = "historic", "new", "present", "new_ever", "present_ever"


class Line(Struct, frozen=True):
    """One value of a customer."""

    id: str
    measure: str
    cell: Cell
    convention: str


def historic(known: Within | None, asked: Asked) -> Iterator[Line]:
    """What customers have brought in as many months as are looked ahead, or fewer."""
    if known is not None:
        yield Line(
            HISTORIC,
            f"so far, first {_months(known.months) if known.months > 1 else 'month'}",
            known.mean((), asked),
            "historic",
        )


def of_silence(seen: Silence) -> Iterator[Line]:
    """What the model expects of a new customer, and of those who are known."""
    ahead, asked = seen.expecting, seen.asked
    if ahead is None or seen.choice.chosen is None:
        return
    found, name = seen.whole, seen.choice.chosen.label
    n, factor, months = found.customers, float(asked.margin), _months(asked.ahead)
    how = name + (
        " and Gamma-Gamma" if seen.amounts.params else ", times the mean amount of a repeat purchase"
    )
    first = seen.first(())
    yield _line(
        NEW,
        f"a new customer, {months}",
        limited(ahead.new_value(first), n, factor),
        how,
    )
    yield _line(
        PRESENT,
        f"a present customer, next {months}",
        limited(ahead.total_value(found), n, factor / n),
        how,
    )
    how = f"{how}, {_discounted(asked)}"
    if (ever := ahead.new_discounted(first)) is not None:
        yield _line(
            NEW_EVER,
            "a new customer, ever",
            limited(ever, n, factor),
            how,
        )
    if (ever := ahead.total_residual(found)) is not None:
        yield _line(
            PRESENT_EVER,
            "a present customer, all to come",
            limited(ever, n, factor / n),
            how,
        )


def of_contract(seen: Contractual) -> Iterator[Line]:
    """What the model expects of a new contract, and of those that run."""
    if seen.fitted is None or seen.choice.chosen is None:
        return
    asked = seen.asked
    name, months, n = seen.choice.chosen.label, _months(asked.ahead), seen.fitted.customers
    pays = seen.counted.payment(()) * float(asked.margin)
    there = sum(seen.counted.there(()).values())
    yield _line(
        NEW,
        f"a new customer, {months}",
        limited(seen.payments_of_new(), n, pays),
        f"{name}, mean payment",
    )
    if there:
        yield _line(
            PRESENT,
            f"a present customer, next {months}",
            limited(seen.payments_to_come(()), there, pays / there),
            f"{name}, mean payment",
        )
    if (ever := seen.discounted_of_new()) is not None:
        yield _line(
            NEW_EVER,
            "a new customer, ever",
            limited(ever, n, pays),
            f"{name}, {_discounted(asked)} (DEL)",
        )
    if there and (ever := seen.discounted_to_come(())) is not None:
        yield _line(
            PRESENT_EVER,
            "a present customer, all to come",
            limited(ever, there, pays / there),
            f"{name}, {_discounted(asked)} (DERL)",
        )


def table(lines: Sequence[Line], asked: Asked, present: str) -> Table:
    """All of them; *present* says who the present customers are."""
    return Table(
        id="value",
        title=f"What a customer is worth, in {asked.of}",
        fields=(
            Field(id="measure", label="", unit=TEXT),
            Field(id="value", label="a customer", unit="money"),
            Field(id="convention", label="by", unit=TEXT),
        ),
        rows=tuple(
            (Entry(text=one.measure), Entry(cell=one.cell), Entry(text=one.convention)) for one in lines
        ),
        caption=f"so far: less refunds, of customers who have so many months behind them, by days (12 months are 365) from that of the first purchase "
        f"on; a new customer: the same time to come, the first purchase included; a present one: {present}. Not discounted unless said. Limits of what is modelled are those of the "
        "expectation, from how little the parameters are known: single customers vary far more",
    )


PRESENT_SILENT = "of all who are known, those who have left included"
PRESENT_CONTRACT = "of those who have not left"


def _discounted(asked: Asked) -> str:
    rate = asked.request.discount
    return "" if rate is None else f"discounted at {float(rate):.3g} a year"


def _line(id: str, measure: str, entry: Entry, convention: str) -> Line:
    assert entry.cell is not None
    return Line(id, measure, entry.cell, convention)


def _months(n: int) -> str:
    return f"{n} month{'s' * (n != 1)}"
