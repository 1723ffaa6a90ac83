"""The tables of customers who leave in silence: parameters, how well the model fits, how many are still there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from funnelkit.build.entries import dimensions, number
from funnelkit.build.ltv import against, silent
from funnelkit.build.ltv.entries import count, plain
from funnelkit.build.ltv.presence import ONCE
from funnelkit.rounding import percent
from funnelkit.studies import TEXT, Chart, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Expecting
    from funnelkit.build.ltv.silence import Silence

_BANDS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Limits of P(alive) between which customers are counted."""


def tables(seen: Silence, ahead: Expecting) -> Iterator[Table]:
    """All of them."""
    yield _alive(seen, ahead)
    if seen.held_out > 0:
        yield _held_out(seen, ahead)
    yield _over_time(seen, ahead)
    yield _by_frequency(seen, ahead)


def _alive(seen: Silence, ahead: Expecting) -> Table:
    """Customers by how likely they are still to be there."""
    found, factor = seen.whole, float(seen.asked.margin)
    alive, bought = ahead.alive(found), ahead.purchases(found)
    brings = ahead.amounts.of(found) * bought
    place = np.clip(np.searchsorted(_BANDS, alive, side="right") - 1, 0, len(_BANDS) - 2)
    rows = []
    for band in reversed(range(len(_BANDS) - 1)):
        of = place == band
        n = float(found.n[of].sum())
        rows.append(
            (
                Entry(text=f"{percent(_BANDS[band], 0)} to {percent(_BANDS[band + 1], 0)}"),
                count(n),
                plain(float(found.n[of] @ alive[of])),
                plain(float(found.n[of] @ bought[of])),
                plain(factor * float(brings[of].sum())),
                plain(factor * float(brings[of].sum()) / n if n else None),
            )
        )
    return Table(
        id="alive",
        title="Customers by the chance that they are still there",
        fields=(
            Field(id="chance", label="P(alive)", unit=TEXT),
            Field(id="customers", label="customers", unit="count"),
            Field(id="alive", label="of these still there", unit="number"),
            Field(id="purchases", label="purchases to come", unit="number"),
            Field(id="value", label=f"{seen.asked.of} to come", unit="money"),
            Field(id="each", label="a customer", unit="money"),
        ),
        rows=tuple(rows),
        caption=f"as of the end of the days that the model knows; to come: in {seen.asked.ahead} months after them, not discounted{_once(seen, ahead)}",
    )


def _once(seen: Silence, ahead: Expecting) -> str:
    """What the model takes for granted of those who bought once."""
    if ahead.id != ONCE:
        return ""
    n = float(seen.whole.n[seen.whole.x == 0].sum())
    return f"; {silent.LABELS[ONCE]} has the {n:,.0f} who bought once as still there, whatever their age: nobody leaves before a second purchase in it"


def _by_frequency(seen: Silence, ahead: Expecting) -> Table:
    """How many customers bought so often, and how many the model has."""
    rows = tuple(
        (
            Entry(text=f"{x}{'+' * (x == against.MOST)}"),
            count(actual),
            plain(expected),
        )
        for x, actual, expected in against.by_frequency(seen, ahead)
    )
    return Table(
        id="frequency",
        title="Customers by purchases after the first",
        fields=(
            Field(id="purchases", label="purchases", unit=TEXT),
            Field(id="actual", label="customers", unit="count"),
            Field(id="expected", label="expected", unit="number"),
        ),
        rows=rows,
        caption=f"{_thing(seen)} after the first one up to the last day that {silent.LABELS[ahead.id]} knows, and what it expects of as many customers as old",
        chart=Chart(of=("actual", "expected")),
    )


def _over_time(seen: Silence, ahead: Expecting) -> Table:
    """Repeat purchases as they added up, and as the model has them."""
    rows = tuple(
        (
            number(point.at),
            Entry(text="fitted" if point.fitted else "held out"),
            count(point.actual),
            plain(point.expected),
            plain(point.actual / point.expected if point.expected > 0 else None),
        )
        for point in against.over_time(seen, ahead)
    )
    return Table(
        id="tracking",
        title="Purchases after the first, added up over time",
        fields=(
            Field(id="at", label=seen.unit, unit="count"),
            Field(id="part", label="", unit=TEXT),
            Field(id="actual", label="actual", unit="count"),
            Field(id="expected", label="expected", unit="number"),
            Field(id="ratio", label="actual over expected", unit="ratio"),
        ),
        names=2,
        rows=rows,
        caption=f"of the customers who came in the days that the model knows, by {seen.unit} since the first of all",
        chart=Chart(of=("actual", "expected"), along="at"),
    )


def _held_out(seen: Silence, ahead: Expecting) -> Table:
    """What was expected in the days that were held out, and what happened, by purchases before."""
    found, expected = against.held_out(seen, ahead), ahead
    rows = [
        (
            Entry(text=f"{x}{'+' * (x == against.MOST)}"),
            count(n),
            plain(mean * n),
            plain(each * n),
            plain(mean),
            plain(each),
        )
        for x, n, mean, each in found.rows
    ]
    n = seen.whole.customers
    rows.append(
        (
            Entry(text="all"),
            count(n),
            count(found.actual),
            plain(found.expected),
            plain(found.actual / n),
            plain(found.expected / n),
        )
    )
    caption = f"{_thing(seen)} in {seen.held_out:,} {'occasions' if seen.occasions else 'days'} that {silent.LABELS[expected.id]} did not know"
    if found.correlation is not None:
        caption += (
            f"; correlation of what was expected of each customer and what each did {found.correlation:.3f}"
        )
    return Table(
        id="holdout",
        title="Expected and actual in what was held out",
        fields=(
            Field(id="before", label="purchases before", unit=TEXT),
            Field(id="customers", label="customers", unit="count"),
            Field(id="actual", label="actual", unit="count"),
            Field(id="expected", label="expected", unit="number"),
            Field(id="actual_each", label="actual each", unit="number"),
            Field(id="expected_each", label="expected each", unit="number"),
        ),
        rows=tuple(rows),
        caption=caption,
        chart=Chart(of=("actual_each", "expected_each")),
    )


def _thing(seen: Silence) -> str:
    return f"{seen.unit}s with a purchase" if seen.occasions else "days with a purchase"


def of_groups(seen: Silence) -> Table:
    """The same of each group of customers: with a fit of its own where it has enough who bought again, else with that of all."""
    from funnelkit.build.ltv.groups import rows

    return Table(
        id="segments",
        title=f"Customers by {', '.join(seen.found.by)}",
        fields=(
            *dimensions(seen.found.by),
            Field(id="customers", label="customers", unit="count"),
            Field(id="again", label="bought again", unit="ratio"),
            Field(id="alive", label="still there", unit="ratio"),
            Field(id="purchases", label="purchases to come, each", unit="number"),
            Field(id="value", label=f"{seen.asked.of} to come, each", unit="money"),
            Field(id="new", label=f"a new one in {seen.asked.ahead} months", unit="money"),
            Field(id="fit", label="fit", unit=TEXT),
        ),
        names=len(seen.found.by),
        rows=tuple(rows(seen)),
        caption="a group of which enough bought again has a fit of its own, the others are expected to be as all are; amounts of a purchase "
        f"vary around the mean of all; ≈: of fewer than {seen.asked.request.min_n} (--min-n)"
        + (_once(seen, seen.expecting) if seen.expecting else ""),
    )
