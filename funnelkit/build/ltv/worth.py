"""The answer: what a customer has brought and is to bring, each with its range and its convention; in a table and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.build.ltv import observed
from funnelkit.build.ltv.entries import limited
from funnelkit.build.ltv.mixture import Mixture
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Limited
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


def of_contract(seen: Mixture) -> Iterator[Line]:
    """What the models expect of a new contract, and of those that run; of each term too, where there are several."""
    told = seen.told
    if not told:
        return
    yield from _of_terms(seen, "")
    for one in told if len(told) > 1 else ():
        yield from _of_terms(Mixture((one,), beside=True), f" by the {one.term}")


def _of_terms(seen: Mixture, whose: str) -> Iterator[Line]:
    asked, told, fitted = seen.main.asked, seen.told, seen.fitted
    labels = (one.choice.chosen.label if one.choice.chosen else observed.LABEL for one in told)
    names = " and ".join(dict.fromkeys(labels)) + (" of each term" if len(told) > 1 else "")
    months, factor = _months(asked.ahead), float(asked.margin)
    n, there = sum(one.customers for one in told), sum(one.present for one in told)
    how = f"{names}, mean payments by age"

    def line(id: str, measure: str, found: Limited, n: int, convention: str) -> Line:
        return _line(id + whose.replace(" ", "_"), measure, limited(found, n, factor), convention)

    found = seen.of_new(lambda one: one.value_of_new() or _NOTHING)
    yield line(NEW, f"a new customer{whose}, {months}", found, n, how)
    if len(fitted) < len(told):
        # What was seen of renewals ends, and what present customers are still to bring lies beyond.
        return
    rates = all(one.discounted_of_new() is not None for one in fitted)
    if there:
        found = seen.of_present(lambda one: one.value_to_come(()))
        yield line(PRESENT, f"a present customer{whose}, next {months}", found, there, how)
    how = f"{names}, {_discounted(asked)}"
    if rates:
        found = seen.of_new(lambda one: one.discounted_of_new() or _NOTHING)
        yield line(NEW_EVER, f"a new customer{whose}, ever", found, n, f"{how} (DEL)")
    if rates and there:
        found = seen.of_present(lambda one: one.discounted_to_come(()) or _NOTHING)
        yield line(PRESENT_EVER, f"a present customer{whose}, all to come", found, there, f"{how} (DERL)")


_NOTHING = (0.0, 0.0, 0.0)


def table(lines: Sequence[Line], asked: Asked, present: str, widened: str) -> Table:
    """All of them; *present* says who the present customers are, *widened* what was made of what the model missed."""
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
        "expectation, from how little the parameters are known and how much first purchases or payments vary: single customers vary far more"
        + (f"; the model missed what was held out by{widened.removeprefix(':')}" if widened else ""),
    )


PRESENT_SILENT = "of all who are known, those who have left included"
PRESENT_CONTRACT = (
    "of those who have not left; payments are the mean of those who had been there as long, at ages that too few have "
    "reached (--min-n) that of the last before"
)


def _discounted(asked: Asked) -> str:
    rate = asked.request.discount
    return "" if rate is None else f"discounted at {float(rate):.3g} a year"


def _line(id: str, measure: str, entry: Entry, convention: str) -> Line:
    assert entry.cell is not None
    return Line(id, measure, entry.cell, convention)


def _months(n: int) -> str:
    return f"{n} month{'s' * (n != 1)}"
