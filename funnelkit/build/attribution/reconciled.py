"""What ad platforms claim as conversions, beside what the CRM has of the same channels or campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from funnelkit.build.attribution.result import binomial
from funnelkit.build.entries import number
from funnelkit.errors import UsageError
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import NO_DENOMINATOR
from funnelkit.models.attribution.named import attribute
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.attribution.result import Result

_MODEL = "last_non_direct"


def table(found: Result) -> Table:
    """Claims against the CRM. Raises UsageError where no platform claims any."""
    if reason := found.spending.no_claim:
        raise UsageError(
            f"--reconcile compares what ad platforms claim, and none does: {reason.message}",
            hint="Load the ads' export with its column of conversions.",
        )
    names = [name for name in found.groups if found.spending.claimed.get(name)]
    earned = attribute(found.journeys.orders, _MODEL, found.asked.settings).conversions
    rows = [
        tuple(_row(found, name, found.spending.claimed[name], float(earned.get(name, 0)))) for name in names
    ]
    whole = sum(found.spending.claimed.get(name, 0.0) for name in names)
    given = float(sum((earned.get(name, Fraction(0)) for name in names), Fraction(0)))
    reached = _reached(found, names)
    rows.append(tuple(_cells("all that claim", whole, given, reached, found.conversions.total)))
    rows.append(tuple(_everything(found, whole)))
    return Table(
        id="reconcile",
        title="Claimed by platforms, and in the CRM",
        caption="platforms count by windows of their own, also after mere views, on the day of the click, and each for itself, so "
        "that two may claim one; the CRM's are by last non-direct touch, and with any touch",
        fields=(
            Field(id=found.asked.by, label=found.asked.by, unit=TEXT),
            Field(id="claimed", label="claimed", unit="count"),
            Field(id="last_non_direct", label=f"{found.conversions.several}, last non-direct", unit="count"),
            Field(id="any_touch", label="with any touch of it", unit="count"),
            Field(id="ratio", label="claimed over last non-direct", unit="multiple"),
            Field(id="ratio_any", label="claimed over any touch", unit="multiple"),
        ),
        rows=tuple(rows),
    )


def _row(found: Result, name: str, claimed: float, earned: float) -> Iterator[Entry]:
    return _cells(name, claimed, earned, found.reached(name), found.conversions.total)


def _everything(found: Result, claimed: float) -> Iterator[Entry]:
    """All claims against all that the CRM has, of which nothing is drawn and so nothing varies."""
    n = found.conversions.total
    seen = binomial(found.touched, n, n)
    yield Entry(text="all in the CRM")
    yield number(claimed)
    yield number(n, n)
    yield Entry(cell=seen)
    yield Entry(cell=Cell(value=claimed / n, numerator=claimed, denominator=n, n=n))
    yield Entry(cell=_ratio(claimed, seen))


def _reached(found: Result, names: list[str]) -> int:
    """The conversions that any of *names* touched, each once."""
    orders = found.journeys.orders.items()
    return sum(tally.converted for path, tally in orders if set(names) & set(path.channels))


def _cells(name: str, claimed: float, earned: float, reached: int, n: int) -> Iterator[Entry]:
    credit, seen = binomial(round(earned), n, n), binomial(reached, n, n)
    yield Entry(text=name)
    yield number(claimed)
    yield Entry(cell=credit)
    yield Entry(cell=seen)
    yield Entry(cell=_ratio(claimed, credit))
    yield Entry(cell=_ratio(claimed, seen))


def _ratio(claimed: float, credit: Cell) -> Cell:
    """*claimed* over *credit*, with the limits that follow from those of the latter."""
    if not credit.value or not credit.interval:
        return stats.empty(NO_DENOMINATOR)
    low, high = credit.interval
    assert high
    return Cell(
        value=claimed / credit.value,
        numerator=claimed,
        denominator=credit.value,
        n=credit.n,
        interval=(claimed / high, claimed / low if low > 0 else None),
        interval_type="wilson",
    )


def sentence(found: Result) -> str:
    """What the platforms claim together, against the CRM."""
    claimed = sum(found.spending.claimed.values())
    names = [name for name in found.groups if found.spending.claimed.get(name)]
    reached = _reached(found, names)
    return (
        f"Platforms claim {claimed:,.6g} conversions; of {found.conversions.total:,} {found.conversions.several} in the CRM "
        f"{reached:,} have a touch of them in their path: claims count by other windows and also after mere views."
    )
