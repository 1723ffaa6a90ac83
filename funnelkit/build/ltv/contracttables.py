"""The tables of customers under contract: who renews, and how the fitted curve goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.build.entries import dimensions, named, number
from funnelkit.build.ltv.entries import count, limited, plain
from funnelkit.metrics.cell import Cell
from funnelkit.statistics import intervals
from funnelkit.studies import Chart, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.contractual import Contractual


def survival(seen: Contractual) -> Table:
    """Each renewal: who came up for it, who renewed, and how many are left."""
    held = seen.followed is not seen.counted
    pays = seen.counted.prices.known * float(seen.asked.margin)
    rows = []
    for step in seen.steps():
        renewed = intervals.wilson(step.kept, step.risk) if step.risk else None
        share = Cell(
            value=step.kept / step.risk,
            numerator=round(step.kept),
            denominator=round(step.risk),
            n=round(step.risk),
            interval=renewed,
            interval_type="wilson",
        ) if step.risk else None  # fmt: skip
        rows.append(
            (
                number(step.at),
                count(step.risk) if step.risk else Entry(),
                Entry(cell=share),
                plain(step.survival),
                *([plain(step.later)] if held else []),
                plain(step.fitted),
                plain(float(pays[step.at])) if step.at < pays.size else Entry(),
            )
        )
    return Table(
        id="survival",
        title="Customers who are left after each renewal",
        fields=(
            Field(id="renewal", label=f"{seen.term}s", unit="count"),
            Field(id="risk", label="came up for it", unit="count"),
            Field(id="renewed", label="renewed", unit="ratio"),
            Field(id="survival", label="are left", unit="ratio"),
            *([Field(id="later", label="with what was held out", unit="ratio")] if held else []),
            Field(id="fitted", label="fitted", unit="ratio"),
            Field(id="payment", label="payment after it", unit="money"),
        ),
        rows=tuple(rows),
        caption="renewed: of those whose contract came up; are left: the product of these shares (Kaplan-Meier); of a "
        f"{seen.term.grain} that is not over nothing is counted; payment after it: the mean, of {seen.asked.of}, of those who "
        f"renewed, where {seen.asked.request.min_n} did (--min-n); the first payment: {float(pays[0]):,.2f}",
        chart=Chart(of=("survival", *(("later",) if held else ()), "fitted"), along="renewal"),
    )


def of_groups(seen: Contractual, by: tuple[str, ...]) -> Table:
    """The same of each group of customers, expected to renew as all do."""
    rows = []
    few = f"≈: of fewer than {seen.asked.request.min_n} (--min-n)"
    keys = sorted((key for key in seen.counted.counts if key), key=lambda key: (-_customers(seen, key), key))
    for key in keys[: seen.asked.request.top or len(keys)]:
        n, there = _customers(seen, key), sum(seen.counted.there(key).values())
        pays = seen.counted.payment(key) * float(seen.asked.margin)
        rows.append(
            (
                *named(key),
                count(n),
                Entry(
                    cell=Cell(
                        value=there / n,
                        numerator=there,
                        denominator=n,
                        n=n,
                        interval=intervals.wilson(there, n),
                        interval_type="wilson",
                    )
                ),
                plain(pays),
                *(_ahead(seen, key, there)),
            )
        )
    return Table(
        id="segments",
        title=f"Customers by {', '.join(by)}",
        fields=(
            *dimensions(by),
            Field(id="customers", label="customers", unit="count"),
            Field(id="there", label="still there", unit="ratio"),
            Field(id="payment", label=f"a {seen.term}", unit="money"),
            Field(id="value", label=f"{seen.asked.of} to come, each", unit="money"),
        ),
        names=len(by),
        rows=tuple(rows),
        caption="all groups are expected to renew as all customers do, by one fit; what they pay is their own mean; to come: payments by age of all, at the level of the group; "
        f"{few}",
    )


def _ahead(seen: Contractual, key: tuple[str, ...], there: int) -> Iterator[Entry]:
    if seen.fitted is None or not there:
        yield Entry()
        return
    few = there < seen.asked.request.min_n
    yield replace(limited(seen.value_to_come(key), there, float(seen.asked.margin) / there), few=few)


def _customers(seen: Contractual, key: tuple[str, ...]) -> int:
    return sum(seen.counted.counts[key].values())
